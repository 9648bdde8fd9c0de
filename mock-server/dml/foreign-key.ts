/**
 * Parents named by an external Id: `"Account": {"ERP__c": "C-1"}` instead of `AccountId`.
 *
 * Reference: rest-api §5.2 [doc, report], §7.6 [report]; order-domain §8.2.
 */
import { OrgError, type OrgFault } from "../errors.ts";
import type { FieldDefinition, Row } from "../schema/definition.ts";
import { to18 } from "../schema/record-id.ts";
import { parseValue } from "../schema/values.ts";
import type { SaveContext } from "./context.ts";

/**
 * The Id of the parent that the nested object names, null where it is null, or the fault.
 *
 * Throws an `OrgError` (400, JSON_PARSER_ERROR) where a polymorphic parent does not say its type first.
 */
export function resolveParent(
  context: SaveContext,
  reference: FieldDefinition,
  relationship: string,
  nested: unknown,
): string | null | OrgFault {
  if (nested === null) return null;
  if (typeof nested !== "object" || Array.isArray(nested)) throw new OrgError(400, notAnObject(nested));
  const entries = Object.entries(nested);
  const target = targetOf(reference, entries);
  const type = context.tx.catalog.object(target);
  if (type === undefined)
    return { code: "INVALID_TYPE", message: `sObject type '${target}' is not supported.`, fields: [reference.name] };
  const keys = entries.filter(([name]) => name !== "attributes");
  const [first] = keys;
  if (first === undefined || keys.length > 1) return notOneKey(type.name, keys.length);
  const [name, raw] = first;
  const key = type.field(name);
  if (key === undefined)
    return { code: "INVALID_FIELD", message: `No such column '${name}' on sobject of type ${type.name}` };
  if (key.externalId !== true && key.idLookup !== true)
    return {
      code: "INVALID_FIELD",
      message: `Field name provided, ${name} does not match an External ID for ${type.name}`,
    };
  const parsed = parseValue(key, raw, context.wire, context.tx);
  if (!parsed.ok) {
    if (parsed.scope === "request") throw new OrgError(400, parsed.fault);
    return parsed.fault;
  }
  const found = findByKey(context, type.name, key, parsed.value);
  if (found.length === 1) return String(found[0]?.["Id"]);
  if (found.length === 0)
    return {
      code: "INVALID_FIELD",
      message: `Foreign key external ID: ${String(raw)} not found for field ${key.name} in entity ${type.name}`,
      fields: [],
    };
  const ids = found.map((row) => row["Id"]).join(", ");
  return {
    code: "DUPLICATE_EXTERNAL_ID",
    message: `${key.name}: more than one record found for external id field: [${ids}]`,
    fields: [relationship],
  };
}

/** The live records that the user can see and whose key field has this value. */
export function findByKey(
  { tx }: SaveContext,
  object: string,
  key: FieldDefinition,
  value: Row[string] | undefined,
): readonly Row[] {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (key.type === "id") {
    const row = tx.get(object, to18(String(value)) ?? "");
    return row === undefined || row["IsDeleted"] === true || !tx.canSee(object, row) ? [] : [row];
  }
  const rows = tx.hasIndex(object, key.name)
    ? tx.find(object, key.name, value)
    : [...tx.rows(object)].filter((row) => row[key.name] === value);
  return rows.filter((row) => row["IsDeleted"] !== true && tx.canSee(object, row));
}

function targetOf(reference: FieldDefinition, entries: readonly (readonly [string, unknown])[]): string {
  const targets = reference.referenceTo ?? [];
  const [single] = targets;
  const [first] = entries;
  const attributes = entries.find(([name]) => name === "attributes")?.[1];
  const named =
    typeof attributes === "object" && attributes !== null && "type" in attributes ? String(attributes.type) : undefined;
  if (targets.length <= 1) return single ?? "";
  if (named === undefined || first?.[0] !== "attributes")
    throw new OrgError(400, {
      code: "JSON_PARSER_ERROR",
      message: "Nested object for polymorphic foreign key must have an attributes field before any other fields.",
    });
  return named;
}

/** [memory: platform §4] both texts. */
function notOneKey(entity: string, count: number): OrgFault {
  const message =
    count === 0
      ? `No external ID field provided in an external foreign key reference on entity: ${entity}`
      : `More than 1 field provided in an external foreign key reference on entity: ${entity}`;
  return { code: "INVALID_FIELD", message, fields: [] };
}

/** What a JSON body gets that has something else under a relationship's name (reference: rest-api §14.2 [report]). */
function notAnObject(value: unknown): OrgFault {
  const at = "[line:1, column:1]";
  const wrong = Array.isArray(value)
    ? "START_ARRAY value"
    : `${tokenOf(value)} value ${plainText(value)} or request may be missing a required field at`;
  return { code: "JSON_PARSER_ERROR", message: `Cannot deserialize instance of reference from ${wrong} ${at}` };
}

function tokenOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "VALUE_TRUE" : "VALUE_FALSE";
  return typeof value === "number" ? "VALUE_NUMBER_INT" : "VALUE_STRING";
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
