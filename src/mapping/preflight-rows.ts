/** Whether rows of one object, roots or lines, can be written as mapped: rights, key field, fields, required ones. */
import type { ObjectFacts } from "./facts.ts";
import type { FieldMapping, ObjectMapping } from "./mapping.ts";
import { checkField } from "./preflight-field.ts";
import { at, type PreflightProblem, when } from "./problem.ts";
import { STATUS_OBJECTS } from "./select.ts";

/** Roots or lines of a mapped object. */
export interface Rows {
  readonly place: string;
  readonly object: string;
  readonly keyField: string;
  readonly keyCase: ObjectMapping["keyCase"];
  readonly fields: readonly FieldMapping[];
  readonly creates: boolean;
  readonly deletes: boolean;
  /** The lines' field that refers to the root. */
  readonly parent: string | null;
}

/** Compares mapped rows with the description of their object; undefined: the org does not show it. */
export function checkRows(rows: Rows, described: ObjectFacts | undefined): readonly PreflightProblem[] {
  const { place, object } = rows;
  if (described === undefined) {
    return [
      at(
        place,
        `${object} does not exist in the org or the user cannot see it; grant read access, or take it out of the mapping`,
      ),
    ];
  }
  const writes = rows.fields.some((field) => field.direction !== "toExternal");
  return [
    ...when(
      rows.creates && !described.createable,
      place,
      `the user may not create ${object}; grant Create, or set create.salesforce to false`,
    ),
    ...when(
      writes && !described.updateable,
      place,
      `the user may not edit ${object}; grant Edit, or make every field toExternal`,
    ),
    ...when(
      rows.deletes && !described.deletable,
      place,
      `the user may not delete ${object}; grant Delete, or set delete.salesforce to false`,
    ),
    ...checkKeyField(rows, described),
    ...rows.fields.flatMap((field) => checkField(`${place}.fields.${field.field}`, field, described)),
    ...checkRequired(rows, described),
  ];
}

function checkKeyField(rows: Rows, described: ObjectFacts): readonly PreflightProblem[] {
  const place = `${rows.place}.keyField`;
  const field = described.fields.find((each) => each.name === rows.keyField);
  if (field === undefined) {
    return [
      at(
        place,
        `${rows.object}.${rows.keyField} does not exist or is hidden from the user; add a text field of 255 characters that is External ID and Unique`,
      ),
    ];
  }
  return [
    ...when(field.type !== "string", place, `${rows.keyField} is of the type ${field.type}; it must be a text field`),
    ...when(!field.externalId, place, `${rows.keyField} is not an External ID; tick External ID in its definition`),
    ...when(
      rows.keyCase === "exact" && field.unique && field.caseSensitive === false,
      place,
      `${rows.keyField} ignores case, so that two keys that differ in case only would be one record; tick "Treat ABC and abc as different values", or say keyCase: lower`,
    ),
    ...when(!field.unique, place, `${rows.keyField} is not unique; tick Unique, or two records could share a key`),
    ...when(
      !field.createable || !field.updateable,
      place,
      `${rows.keyField} is not writable for the user; grant field-level Edit access`,
    ),
    ...when(
      field.type === "string" && field.length < KEY_LENGTH_MIN,
      place,
      `${rows.keyField} holds ${field.length} characters; make it at least ${KEY_LENGTH_MIN}`,
    ),
  ];
}

/** Shorter key fields cannot hold source, object and natural key. */
const KEY_LENGTH_MIN = 40;

/** Fields that Salesforce demands although describe calls them nillable (reference: order-domain §2.3, §3.1, §5.2). */
const DEMANDED: Readonly<Record<string, readonly string[]>> = {
  Order: ["AccountId", "EffectiveDate"],
  OrderItem: ["Quantity", "UnitPrice", "PricebookEntryId"],
  Contract: ["AccountId"],
  PricebookEntry: ["UnitPrice", "Product2Id", "Pricebook2Id"],
};

function checkRequired(rows: Rows, described: ObjectFacts): readonly PreflightProblem[] {
  if (!rows.creates) return [];
  const mapped = new Set(rows.fields.filter((field) => field.direction !== "toExternal").map((field) => field.field));
  const demanded = DEMANDED[rows.object] ?? [];
  const required = described.fields.filter(
    (field) => field.createable && !field.nillable && field.defaultedOnCreate === false && field.type !== "boolean",
  );
  const names = [...new Set([...demanded, ...required.map((field) => field.name)])];
  const filled = new Set([...mapped, rows.keyField, "OwnerId", ...(rows.parent === null ? [] : [rows.parent])]);
  if (STATUS_OBJECTS.includes(rows.object)) filled.add("Status");
  if (mapped.has("Product2Id")) filled.add("PricebookEntryId");
  return names
    .filter((name) => !filled.has(name))
    .map((name) =>
      at(
        `${rows.place}.fields`,
        `leaves out ${name}, without which Salesforce makes no ${rows.object}; map it, or set create.salesforce to false`,
      ),
    );
}
