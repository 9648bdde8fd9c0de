/** Whether the external key can hold what names a record that was made in Salesforce. */
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../model/external-facts.ts";
import type { FieldFacts, ObjectFacts } from "./facts.ts";
import type { ObjectMapping } from "./mapping.ts";
import { at, type PreflightProblem } from "./problem.ts";

/** Characters of a record Id as the API shows it. */
const ID_LENGTH = 18;

/** Compares `newKey` with the column of the natural key; nothing where no records are made in the external system. */
export function checkNewKey(
  object: ObjectMapping,
  place: string,
  info: ExternalCollectionInfo,
  described: ObjectFacts | undefined,
): readonly PreflightProblem[] {
  const { naturalKey, newKey, create } = object;
  if (!create.external) return [];
  const wayOut = "set create.external to false";
  const [name, ...more] = naturalKey;
  if (name === undefined || more.length > 0) {
    const message = `${newKey} alone names a record that was made in Salesforce, but naturalKey has ${naturalKey.length} fields (${naturalKey.join(", ")}), so none can be made in the external system; ${wayOut}`;
    return [at(`${place}.newKey`, message)];
  }
  const facts = info.fields?.[name];
  if (facts === undefined) return [];
  const field = described?.fields.find((each) => each.name === newKey);
  const isId = newKey === "Id" || field?.type === "id" || field?.type === "reference";
  const column = `"${name}" (${facts.type})`;
  if (isId) {
    if (takesId(facts)) return [];
    const message = `is ${newKey}, ${ID_LENGTH} letters and digits, which ${column} cannot hold as a key; name a Salesforce field with values that fit, or ${wayOut}`;
    return [at(`${place}.newKey`, message)];
  }
  return field === undefined ? [] : doubts(`${place}.newKey`, field, facts, column);
}

function takesId({ kind, type, length, values, hasDefault }: ExternalFieldFacts): boolean {
  if (kind !== undefined && kind !== "text") return false;
  // SQLite's row number is the one integer that takes no text.
  const isRowNumber = kind === undefined && type === "integer" && hasDefault === true;
  return type !== "uuid" && values === undefined && !isRowNumber && (length ?? ID_LENGTH) >= ID_LENGTH;
}

/** What some values of a text field of Salesforce may not get through. */
function doubts(
  place: string,
  { name, type, length }: FieldFacts,
  facts: ExternalFieldFacts,
  column: string,
): readonly PreflightProblem[] {
  if (type !== "string") return [];
  const tells =
    facts.kind === "number"
      ? `${name} is a text, and ${column} takes numbers; a record made in Salesforce with another text becomes a dead letter`
      : facts.length !== undefined && length > facts.length
        ? `${name} holds ${length} characters, ${column} only ${facts.length}; a record made in Salesforce with a longer one becomes a dead letter`
        : undefined;
  return tells === undefined ? [] : [{ ...at(place, tells), warning: true }];
}
