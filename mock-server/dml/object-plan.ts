/**
 * What the pipeline needs to know about an object, computed once from its definition and kept for its life.
 *
 * A save touches every one of these lists; deriving them from the catalog at each save would cost more than the save.
 */
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";

/** The lists and look-ups of one object. */
export interface ObjectPlan {
  readonly type: SObjectType;
  readonly name: string;
  /** A new record before anything was written: defaults where the schema gives them, null elsewhere. */
  readonly template: Row;
  /** Fields that an insert must fill, in describe order. */
  readonly required: readonly FieldDefinition[];
  /** Fields that may never become null, defaulted ones included. */
  readonly neverNull: ReadonlySet<string>;
  readonly references: readonly FieldDefinition[];
  /** References to the records that this one is a part of: masters, and the order of an order product. */
  readonly masters: readonly FieldDefinition[];
  readonly unique: readonly FieldDefinition[];
  readonly autoNumbers: readonly FieldDefinition[];
  /** Fields whose changes are kept in the object's history. */
  readonly tracked: readonly FieldDefinition[];
  /** Status value → category, for objects whose `Status` has categories. */
  readonly statusCategories: ReadonlyMap<string, string>;
  /** The field with this name in any letter case. */
  field(name: string): FieldDefinition | undefined;
  has(field: string): boolean;
}

const plans = new WeakMap<SObjectType, ObjectPlan>();

/** The plan of an object; the same one for the same type each time. */
export function planOf(type: SObjectType): ObjectPlan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const plan = compile(type);
  plans.set(type, plan);
  return plan;
}

/** Filled by the org after everything the client can say: never asked of a client, whatever the flags say. */
const STAMPS: ReadonlySet<string> = new Set([
  "Id",
  "IsDeleted",
  "CreatedDate",
  "CreatedById",
  "LastModifiedDate",
  "LastModifiedById",
  "SystemModstamp",
]);

/**
 * Fields that describe calls required and whose absence has a refusal of its own: ITM-3
 * (reference: order-domain §3.1 [forum]), so the generic message must leave them alone.
 */
const REQUIRED_BY_RULE: ReadonlySet<string> = new Set(["OrderItem.PricebookEntryId"]);

function compile(type: SObjectType): ObjectPlan {
  const stored = type.fields.filter((field) => field.type !== "address" && field.type !== "location");
  const byName = new Map(type.fields.map((field) => [field.name, field]));
  const mandatory = stored.filter(
    (field) =>
      field.nillable !== true &&
      field.type !== "boolean" &&
      field.createable === true &&
      !STAMPS.has(field.name) &&
      !REQUIRED_BY_RULE.has(`${type.name}.${field.name}`),
  );
  const trackedNames = new Set(type.definition.historyTracked ?? []);
  return {
    type,
    name: type.name,
    template: Object.freeze({
      ...Object.fromEntries(stored.map((field) => [field.name, defaultOf(field)])),
      ...(byName.has("RecordTypeId") && { RecordTypeId: defaultRecordType(type) }),
    }),
    required: mandatory.filter((field) => field.defaultedOnCreate !== true),
    neverNull: new Set(mandatory.map((field) => field.name)),
    references: stored.filter((field) => field.type === "reference"),
    masters: stored.filter(
      (field) =>
        field.masterDetail === true ||
        (type.definition.permissionsOf !== undefined && field.name === type.definition.controlledBy),
    ),
    unique: stored.filter((field) => field.unique === true),
    autoNumbers: stored.filter((field) => field.autoNumber !== undefined),
    tracked: stored.filter((field) => trackedNames.has(field.name)),
    statusCategories: new Map(
      (byName.get("Status")?.picklistValues ?? []).flatMap((value) =>
        value.group === undefined ? [] : [[value.value, value.group] as const],
      ),
    ),
    field: (name) => byName.get(name) ?? type.field(name),
    has: (name) => byName.has(name),
  };
}

function defaultOf(field: FieldDefinition): FieldValue {
  // A roll-up without children counts and sums to 0, and has no smallest or greatest value.
  if (field.summary !== undefined) return ["count", "sum"].includes(field.summary.operation) ? 0 : null;
  if (field.defaultValue !== undefined) return field.defaultValue;
  const chosen = field.picklistValues?.find((value) => value.defaultValue === true && value.active !== false);
  if (chosen !== undefined) return chosen.value;
  return field.type === "boolean" ? false : null;
}

/** A record without a record type of its own choice gets the default one [memory: platform §4]. */
function defaultRecordType(type: SObjectType): string | null {
  return type.definition.recordTypes?.find((recordType) => recordType.default === true)?.id ?? null;
}
