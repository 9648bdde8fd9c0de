/**
 * Values for the fields that a team requires of its records and that a seed, written for a plain org, knows nothing of.
 */
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue } from "../schema/definition.ts";

/** What a made-up value may depend on. */
export interface Occasion {
  /** Grows with each record, so that values of unique fields differ. */
  readonly number: number;
  /** The org's day, `YYYY-MM-DD`. */
  readonly today: string;
  /** The Id of any record of one of these objects; undefined where the org has none. */
  readonly anyOf: (objects: readonly string[]) => string | undefined;
}

/**
 * Values for the custom fields that an insert must bring and `values` does not: texts, numbers and dates that say they
 * were made up, the first value of a picklist, any record of a lookup's object. A lookup without a record stays out.
 */
export function requiredValues(
  type: SObjectType,
  values: Readonly<Record<string, unknown>>,
  occasion: Occasion,
): Readonly<Record<string, FieldValue>> {
  const given = new Set(Object.keys(values).map((name) => name.toLowerCase()));
  const made: Record<string, FieldValue> = {};
  for (const field of type.fields) {
    if (!isRequired(field) || given.has(field.name.toLowerCase())) continue;
    const value = valueOf(field, occasion);
    if (value !== undefined) made[field.name] = value;
  }
  return made;
}

function isRequired(field: FieldDefinition): boolean {
  const { custom, nillable, createable, defaultedOnCreate, type } = field;
  return (
    custom === true && createable === true && nillable !== true && defaultedOnCreate !== true && type !== "boolean"
  );
}

function valueOf(field: FieldDefinition, { number, today, anyOf }: Occasion): FieldValue | undefined {
  switch (field.type) {
    case "picklist":
    case "multipicklist":
      return (field.picklistValues ?? []).find((each) => each.active !== false)?.value ?? "Seed";
    case "int":
    case "double":
    case "currency":
    case "percent": {
      const whole = Math.min((field.precision ?? 18) - (field.scale ?? 0), 9);
      return number % 10 ** Math.max(whole, 1);
    }
    case "date":
      return today;
    case "datetime":
      return `${today}T00:00:00.000+0000`;
    case "time":
      return "09:00:00.000Z";
    case "email":
      return `seed-${number}@example.com`;
    case "url":
      return `https://example.com/${number}`;
    case "reference":
      return anyOf(field.referenceTo ?? []);
    default:
      return `Seed ${number}`.slice(-(field.length ?? 255));
  }
}
