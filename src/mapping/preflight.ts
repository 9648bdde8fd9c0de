/**
 * Compares the whole mapping with what the org and the external system say about themselves, before a record moves.
 *
 * Pure: the descriptions come in as data. Every problem is listed, each with its place in the mapping and the way out.
 */

import type { FieldFacts, ObjectFacts, PreflightFacts } from "./facts.ts";
import type { FieldMapping, LinesMapping, Mapping, ObjectMapping } from "./mapping.ts";
import { scaleOf } from "./refine.ts";
import { STATUS_OBJECTS } from "./select.ts";

/** One thing that does not fit. */
export interface PreflightProblem {
  readonly place: string;
  readonly message: string;
}

/** The objects that a preflight needs described, lines included. */
export function describedObjects(mapping: Mapping): readonly string[] {
  return mapping.objects.flatMap((object) => [object.object, ...(object.lines === null ? [] : [object.lines.object])]);
}

/** Lists everything in the mapping that cannot work. Empty when all is well. */
export function preflight(mapping: Mapping, facts: PreflightFacts): readonly PreflightProblem[] {
  return mapping.objects.flatMap((object) => {
    const place = `mapping.objects.${object.object}`;
    const described = facts.objects.find((each) => each.name === object.object);
    const root: Rows = {
      place,
      object: object.object,
      keyField: object.keyField,
      keyCase: object.keyCase,
      fields: object.fields,
      creates: object.create.salesforce,
      deletes: object.delete.salesforce,
      parent: null,
    };
    return [
      ...checkRows(root, described),
      ...(described === undefined ? [] : checkRoot(object, place, described)),
      ...checkLines(object, object.lines, `${place}.lines`, facts),
      ...checkStatuses(object, place, facts),
      ...checkCollection(object, place, facts),
    ];
  });
}

/** The external fields that the mapping names and the collections do not have. Collections that do not tell are left out. */
export function missingExternalFields(
  mapping: Mapping,
  collections: PreflightFacts["collections"],
): readonly PreflightProblem[] {
  const facts: PreflightFacts = { objects: [], statuses: {}, collections };
  return mapping.objects.flatMap((object) => checkCollection(object, `mapping.objects.${object.object}`, facts));
}

interface Rows {
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

function checkRows(rows: Rows, described: ObjectFacts | undefined): readonly PreflightProblem[] {
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

function checkField(place: string, field: FieldMapping, described: ObjectFacts): readonly PreflightProblem[] {
  const facts = described.fields.find((each) => each.name === field.field);
  if (facts === undefined) {
    return [
      at(
        place,
        `${described.name}.${field.field} does not exist or is hidden from the user; correct the name, or grant field-level access`,
      ),
    ];
  }
  const written = field.direction !== "toExternal";
  return [
    ...when(
      written && facts.calculated,
      place,
      `is calculated by Salesforce and cannot be written; make it toExternal`,
    ),
    ...when(
      written && !facts.calculated && !facts.createable && !facts.updateable,
      place,
      `cannot be written by the user; grant field-level Edit access, or make it toExternal`,
    ),
    ...when(
      written && !facts.createable && facts.updateable && field.write === "fixed",
      place,
      `cannot be set when a record is made; make it toExternal`,
    ),
    ...when(
      written && facts.createable && !facts.updateable && field.write === "always" && field.direction === "both",
      place,
      `can only be set when a record is made; say createOnly: true or direction: toSalesforce`,
    ),
    ...checkType(place, field, facts),
    ...checkPicklist(place, field, facts),
  ];
}

/** Salesforce field types that each kind fits. */
const TYPES: Readonly<Record<FieldMapping["kind"], readonly string[]>> = {
  text: [
    "string",
    "textarea",
    "picklist",
    "multipicklist",
    "email",
    "phone",
    "url",
    "combobox",
    "id",
    "encryptedstring",
    "anyType",
    "reference",
  ],
  decimal: ["currency", "double", "percent", "int", "long"],
  boolean: ["boolean"],
  date: ["date"],
  instant: ["datetime"],
  reference: ["reference"],
};

function checkType(place: string, field: FieldMapping, facts: FieldFacts): readonly PreflightProblem[] {
  const { kind, reference } = field;
  const right = Object.entries(TYPES).find(([, types]) => types.includes(facts.type))?.[0];
  if (!TYPES[kind].includes(facts.type)) {
    const remedy =
      right === undefined
        ? "which is not supported; take the field out"
        : right === "reference"
          ? `a reference; say reference: ${facts.referenceTo[0] ?? "…"}`
          : `so say kind: ${right}`;
    return [at(place, `is mapped as ${kind}, but Salesforce has ${facts.type}, ${remedy}`)];
  }
  if (reference === null) {
    if (facts.type === "reference")
      return [
        at(
          place,
          `refers to ${facts.referenceTo.join(" or ")}; say reference: ${facts.referenceTo[0] ?? "…"}, because record Ids mean nothing to the external system`,
        ),
      ];
    const tooFine = kind === "decimal" && field.scale !== null && field.scale > scaleOf(facts);
    return when(
      tooFine,
      place,
      `has scale ${field.scale}, but Salesforce keeps ${scaleOf(facts)} digits after the point; say scale: ${scaleOf(facts)}`,
    );
  }
  return [
    ...when(
      !facts.referenceTo.includes(reference.object),
      place,
      `refers to ${facts.referenceTo.join(" or ")}, not to ${reference.object}`,
    ),
    ...when(
      facts.relationshipName !== null && facts.relationshipName !== reference.relationship,
      place,
      `has the relationship name ${facts.relationshipName}, not ${reference.relationship}; say relationship: ${facts.relationshipName}`,
    ),
  ];
}

function checkPicklist(place: string, field: FieldMapping, facts: FieldFacts): readonly PreflightProblem[] {
  const allowed = facts.restrictedValues;
  if (allowed === null || field.direction === "toExternal") return [];
  const unknown = field.possibleValues.filter((value) => !allowed.includes(value));
  return when(
    unknown.length > 0,
    place,
    `can become ${unknown.map((value) => `"${value}"`).join(", ")}, which the picklist does not have (${allowed.join(", ")}); add the value in Salesforce, or correct the table`,
  );
}

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

function checkRoot(object: ObjectMapping, place: string, described: ObjectFacts): readonly PreflightProblem[] {
  const known = new Set(described.fields.map((field) => field.name));
  const missing = Object.keys(object.filter.salesforce).filter((field) => !known.has(field));
  const reduces = object.onActivated === "reduce" && object.object === "Order";
  return [
    ...missing.map((field) =>
      at(`${place}.filter.salesforce.${field}`, `${object.object}.${field} does not exist or is hidden from the user`),
    ),
    ...when(
      !known.has(object.newKey),
      `${place}.newKey`,
      `${object.object}.${object.newKey} does not exist or is hidden from the user`,
    ),
    ...when(
      reduces && !writable(described, "IsReductionOrder"),
      `${place}.onActivated`,
      "is reduce, but the user may not make reduction orders; enable them and grant Create Reduction Orders, or say reopen or park",
    ),
  ];
}

function checkLines(
  object: ObjectMapping,
  lines: LinesMapping | null,
  place: string,
  facts: PreflightFacts,
): readonly PreflightProblem[] {
  if (lines === null) return [];
  const described = facts.objects.find((each) => each.name === lines.object);
  const problems = checkRows(
    {
      place,
      object: lines.object,
      keyField: lines.keyField,
      keyCase: object.keyCase,
      fields: lines.fields,
      creates: lines.direction !== "toExternal" && object.create.salesforce,
      deletes: false,
      parent: lines.parent,
    },
    described,
  );
  const parent = described?.fields.find((field) => field.name === lines.parent);
  const wrongParent = described !== undefined && parent?.referenceTo.includes(object.object) !== true;
  return [
    ...problems,
    ...when(wrongParent, `${place}.parent`, `${lines.object}.${lines.parent} is no reference to ${object.object}`),
  ];
}

function checkStatuses(object: ObjectMapping, place: string, facts: PreflightFacts): readonly PreflightProblem[] {
  const rows = facts.statuses[object.object] ?? [];
  if (!STATUS_OBJECTS.includes(object.object) || rows.length === 0) return [];
  const known = new Map(rows.map((row) => [row.value, row.category]));
  const status = object.fields.find((field) => field.field === "Status");
  const values = status === undefined || status.direction === "toExternal" ? [] : status.possibleValues;
  const draft = object.draftStatus;
  return [
    ...values
      .filter((value) => !known.has(value))
      .map((value) =>
        at(
          `${place}.fields.Status`,
          `can become "${value}", which is no ${object.object} status (${[...known.keys()].join(", ")})`,
        ),
      ),
    ...values
      .filter((value) => SYSTEM_CATEGORIES.includes(known.get(value) ?? ""))
      .map((value) =>
        at(
          `${place}.fields.Status`,
          `can become "${value}" of the category ${known.get(value)}, which only Salesforce itself sets`,
        ),
      ),
    ...when(
      draft !== null && known.get(draft) !== "Draft",
      `${place}.draftStatus`,
      `"${draft}" is no status of the category Draft (${rows
        .filter((row) => row.category === "Draft")
        .map((row) => row.value)
        .join(", ")})`,
    ),
    ...when(
      object.create.salesforce && ![...known.values()].includes("Draft"),
      place,
      "the org has no status of the category Draft; every new record starts in one",
    ),
  ];
}

const SYSTEM_CATEGORIES: readonly string[] = ["Canceled", "Expired", "Superseded"];

function checkCollection(object: ObjectMapping, place: string, facts: PreflightFacts): readonly PreflightProblem[] {
  const info = facts.collections.find((each) => each.collection === object.collection);
  if (info === undefined) return [];
  return [
    ...missingExternal(`${place}.naturalKey`, object.collection, object.naturalKey, info.fields),
    ...missingExternal(`${place}.filter.external`, object.collection, Object.keys(object.filter.external), info.fields),
    ...object.fields.flatMap((field) =>
      missingExternal(`${place}.fields.${field.field}`, object.collection, field.externalFields, info.fields),
    ),
    ...(object.lines?.fields ?? []).flatMap((field) =>
      missingExternal(
        `${place}.lines.fields.${field.field}`,
        `${object.collection} lines`,
        field.externalFields,
        info.lineFields,
      ),
    ),
    ...missingExternal(
      `${place}.lines.naturalKey`,
      `${object.collection} lines`,
      object.lines?.naturalKey ?? [],
      info.lineFields,
    ),
  ];
}

function missingExternal(
  place: string,
  where: string,
  names: readonly string[],
  known: Readonly<Record<string, string>> | undefined,
): readonly PreflightProblem[] {
  if (known === undefined) return [];
  return names
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) =>
      at(
        place,
        `${where} has no field "${name}" (${Object.keys(known).slice(0, NAMES_SHOWN_MAX).join(", ")}${Object.keys(known).length > NAMES_SHOWN_MAX ? ", …" : ""})`,
      ),
    );
}

const NAMES_SHOWN_MAX = 20;

function writable(described: ObjectFacts, name: string): boolean {
  return described.fields.some((field) => field.name === name && field.createable);
}

function when(condition: boolean, place: string, message: string): readonly PreflightProblem[] {
  return condition ? [at(place, message)] : [];
}

function at(place: string, message: string): PreflightProblem {
  return { place, message };
}
