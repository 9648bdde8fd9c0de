/**
 * The mapping as people write it: the `mapping` part of the configuration file, as a zod schema.
 *
 * The schema checks shapes and gives defaults; `compile.ts` checks what the parts mean together.
 */
import { z } from "zod";

const name = z.string().min(1);
const apiName = z
  .string()
  .regex(/^[A-Za-z]\w*$/, "is not an API name; expected letters, digits and underscores, for example ERP_Key__c");
const names = z.array(name).min(1);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const side = z.enum(["salesforce", "external"]);
const direction = z.enum(["both", "toSalesforce", "toExternal"]);

const picklistConvert = z.strictObject({
  picklist: z.record(z.string(), z.string()).describe("External value → Salesforce value."),
  otherwise: z.enum(["refuse", "keep"]).default("refuse").describe("What happens to a value that is not in the table."),
});
const dateConvert = z.strictObject({
  date: z.strictObject({
    format: name
      .optional()
      .describe("Pattern of yyyy, MM, dd, HH, mm, ss; default YYYY-MM-DD, a time behind it is cut off."),
    zone: name.optional().describe("The external value is an instant; the date is the one in this IANA zone."),
  }),
});
const datetimeConvert = z.strictObject({
  datetime: z.strictObject({
    zone: name.optional().describe("IANA zone of external times without an offset."),
    format: name.optional().describe("Pattern of yyyy, MM, dd, HH, mm, ss; default ISO 8601."),
  }),
});
const decimalConvert = z.strictObject({
  decimal: z.strictObject({
    decimalSeparator: z.enum([".", ","]).default("."),
    groupSeparator: z.enum([".", ",", " ", "'"]).optional(),
  }),
});
const booleanConvert = z.strictObject({
  boolean: z.strictObject({ true: z.array(scalar).min(1), false: z.array(scalar).min(1) }),
});
const functionConvert = z.strictObject({
  function: z
    .union([name, z.strictObject({ toSalesforce: name, toExternal: name })])
    .describe("Names of functions of the configuration module."),
});

/** A named converter: exactly one of the kinds. */
export const convertSchema = z.union([
  picklistConvert,
  dateConvert,
  datetimeConvert,
  decimalConvert,
  booleanConvert,
  functionConvert,
]);

/** One field: an external field's name, or the long form. */
export const fieldSchema = z.union([
  name,
  z.strictObject({
    from: z.union([name, names]).optional().describe("External field, or the natural key fields of a reference."),
    constant: scalar.optional().describe("The same value for every record; for a reference a natural key."),
    concat: names.optional().describe("External fields joined by `separator`; empty ones are left out."),
    separator: z.string().default(" "),
    addressLines: names.optional().describe("External fields that hold one line each of a multi-line text."),
    discounted: z
      .strictObject({ price: name, discount: name, as: z.enum(["fraction", "percent"]).default("fraction") })
      .optional()
      .describe("Price × (1 − discount)."),
    direction: direction.optional(),
    owner: side.optional().describe("Who wins when both sides changed the field; default: the object's policy."),
    kind: z.enum(["text", "decimal", "boolean", "date", "instant"]).optional(),
    scale: z.int().min(0).max(18).optional().describe("Digits after the point of a decimal."),
    createOnly: z.boolean().default(false).describe("Written when the record is made, left alone afterwards."),
    reference: apiName.optional().describe("The sObject that the field refers to; it must be mapped too."),
    relationship: apiName.optional().describe("Relationship name; default: AccountId → Account, X__c → X__r."),
    convert: convertSchema.optional(),
  }),
]);

const fields = z.record(apiName, fieldSchema);

/** Conditions on one record: every one must hold. A scalar means equal, a list means one of. */
export const filterSchema = z.record(
  name,
  z.union([
    scalar,
    z.array(scalar).min(1),
    z.strictObject({ not: z.array(scalar).min(1) }),
    z.strictObject({ present: z.boolean() }),
  ]),
);

const matchIgnore = z.enum(["case", "blanks", "leadingZeros", "punctuation", "nonDigits"]);
const matchSchema = z
  .array(
    z.union([
      apiName,
      z.strictObject({
        field: apiName.describe("Salesforce field that is compared."),
        external: name
          .optional()
          .describe("External field that it is compared with, as text; default: what the field is mapped from."),
        ignore: z
          .array(matchIgnore)
          .default([])
          .describe(
            "What may differ: case; blanks (all of them); leadingZeros; punctuation (whatever is no letter or digit); nonDigits (only digits count, for telephone numbers).",
          ),
      }),
    ]),
  )
  .min(1);

const linesSchema = z.strictObject({
  object: apiName.default("OrderItem"),
  relationship: apiName.default("OrderItems").describe("Child relationship of the root object."),
  parent: apiName.default("OrderId").describe("The line's field that refers to the root."),
  keyField: apiName,
  naturalKey: names.describe("External line fields that tell the lines of one document apart."),
  direction: direction.optional().describe("Which way lines are added and removed; default: the object's direction."),
  foreign: z.enum(["keep", "park"]).default("keep").describe("What happens when somebody made lines in Salesforce."),
  match: matchSchema
    .optional()
    .describe(
      "Fields by which the lines of an adopted document are recognized; all must agree. Default: the price or product.",
    ),
  fields,
});

/** One mapped object. */
export const objectSchema = z.strictObject({
  collection: name.describe("Table, resource or folder of the external system."),
  keyField: apiName.describe("Unique external-Id field of the sObject that holds the business key."),
  naturalKey: names.describe("External fields that name a record."),
  keyCase: z.enum(["exact", "lower"]).default("exact").describe("lower: the natural key ignores case."),
  newKey: apiName.default("Id").describe("Salesforce field that names a record which was made in Salesforce."),
  direction: direction.optional(),
  policy: z.enum(["salesforce", "external", "newest", "manual"]).default("salesforce"),
  create: z
    .strictObject({ salesforce: z.boolean().default(true), external: z.boolean().default(false) })
    .prefault({})
    .describe("On which side records may be made."),
  delete: z
    .strictObject({ salesforce: z.boolean().default(false), external: z.boolean().default(false) })
    .prefault({})
    .describe("On which side records are deleted after they were deleted on the other."),
  onActivated: z.enum(["reopen", "reduce", "park"]).default("park"),
  activation: z.enum(["inGraph", "after"]).default("inGraph"),
  draftStatus: name
    .optional()
    .describe("Status of a new record before activation; default: the Draft status of the org."),
  absent: z
    .enum(["unknown", "empty"])
    .default("unknown")
    .describe("What a missing property of an external record means."),
  emptyTexts: z.array(z.string()).default([]).describe("External texts that mean empty, for example NULL."),
  filter: z
    .strictObject({ external: filterSchema.default({}), salesforce: filterSchema.default({}) })
    .prefault({})
    .describe("Records that do not pass are left alone on both sides."),
  match: matchSchema
    .optional()
    .describe(
      "Fields by which records that stand on both sides without a key are recognized as the same and tied together, instead of being made twice; all must agree, and exactly one record on each side. Default: nothing; for PricebookEntry its product and price book, which Salesforce allows only once.",
    ),
  watch: z
    .boolean()
    .optional()
    .describe("Poll the Salesforce side; default: when anything flows to the external system."),
  fields,
  lines: linesSchema.optional(),
});

/** The whole mapping: the source system's name and the objects by API name. */
export const mappingSchema = z.strictObject({
  source: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/, "must be lower case letters, digits, - and _, for example erp")
    .describe("Name of the external system; every key starts with it, so it must never change."),
  objects: z.record(apiName, objectSchema),
});

/** The mapping before defaults, as a config file holds it. */
export type MappingInput = z.input<typeof mappingSchema>;
/** The mapping with defaults. */
export type MappingSpec = z.output<typeof mappingSchema>;
/** One object of the mapping with defaults. */
export type ObjectSpec = z.output<typeof objectSchema>;
/** The lines of an object with defaults. */
export type LinesSpec = z.output<typeof linesSchema>;
/** The fields by which records are matched. */
export type MatchSpec = z.output<typeof matchSchema>;
/** One field: its short or long form. */
export type FieldSpec = z.output<typeof fieldSchema>;
/** A converter. */
export type ConvertSpec = z.output<typeof convertSchema>;
/** Conditions on a record. */
export type FilterSpec = z.output<typeof filterSchema>;
