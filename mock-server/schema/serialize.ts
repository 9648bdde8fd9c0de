/**
 * From what is stored to what a client gets: compound fields, and single values in CSV and XML.
 *
 * JSON needs nothing for a single value: rows hold JSON's own forms, except doubles (see `wire-double.ts`). Reference:
 * rest-api §5.1 and §5.3.
 */
import type { SObjectType } from "./catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "./definition.ts";
import { datetimeWithZ } from "./temporal.ts";
import { doubleText, isDoubleField, type WireDouble } from "./wire-double.ts";

/** A compound address or location as JSON shows it: keys in alphabetical order. */
export type CompoundValue = Readonly<Record<string, FieldValue | WireDouble>>;

/**
 * The value of an `address` or `location` field: its components under their short names, or null when all are empty.
 *
 * A component that the user may not see is absent from `type` and therefore from the value. `double` gives coordinates
 * the form of the wire.
 */
export function compoundOf(
  type: SObjectType,
  field: FieldDefinition,
  row: Row,
  double: (value: FieldValue) => FieldValue | WireDouble = (value) => value,
): CompoundValue | null {
  const parts = componentsOf(type, field).map((part) => {
    const value = row[part.name] ?? null;
    return [shortName(field, part), isDoubleField(part) ? double(value) : value] as const;
  });
  if (parts.every(([, value]) => value === null)) return null;
  return Object.fromEntries(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields that make up a compound field, in describe order. */
export function componentsOf(type: SObjectType, field: FieldDefinition): readonly FieldDefinition[] {
  return type.fields.filter((part) => part.compoundFieldName === field.name && part !== field);
}

/** One cell of a Bulk CSV result, not yet quoted; null is empty. */
export function csvText(field: FieldDefinition, value: FieldValue): string {
  if (value === null) return "";
  if (typeof value === "number") return field.type === "int" ? String(value) : doubleText(value);
  return field.type === "datetime" ? datetimeWithZ(String(value)) : String(value);
}

/** The text of one XML element, not yet escaped; null is a nil element and has no text. */
export function xmlText(field: FieldDefinition, value: FieldValue): string | null {
  if (value === null) return null;
  if (typeof value === "number") return field.type === "int" ? String(value) : doubleText(value);
  return field.type === "datetime" ? datetimeWithZ(String(value)) : String(value);
}

/** `BillingPostalCode` of `BillingAddress` → `postalCode`; `Site__Latitude__s` of `Site__c` → `latitude`. */
function shortName(compound: FieldDefinition, part: FieldDefinition): string {
  const location = /__(Latitude|Longitude)__s$/.exec(part.name)?.[1];
  const name = location ?? part.name.slice(compound.name.length - "Address".length);
  return name.charAt(0).toLowerCase() + name.slice(1);
}
