/** SOQL select lists: what has to be read of a record so that its view is complete. */
import type { FieldMapping, ObjectMapping } from "./mapping.ts";

/** Objects with a life cycle: their status has a category in `StatusCode` (reference: order-domain §2.1, §4). */
export const STATUS_OBJECTS: readonly string[] = ["Order", "Contract"];

/**
 * Select items of the root object, parent paths such as `Account.ERP_Key__c` included. `Id`, `SystemModstamp` and
 * `IsDeleted` are left to the reader, which always needs them.
 */
export function selectList(mapping: ObjectMapping): readonly string[] {
  return unique([
    mapping.keyField,
    ...mapping.fields.flatMap(itemsOf),
    ...(STATUS_OBJECTS.includes(mapping.object) ? ["Status", "StatusCode"] : []),
    // Only accounts can be merged among the mapped objects (reference: order-domain §6.5).
    ...(mapping.object === "Account" ? ["MasterRecordId"] : []),
    ...(mapping.object === "Order" && mapping.onActivated === "reduce" ? ["IsReductionOrder"] : []),
    ...Object.keys(mapping.filter.salesforce),
    ...mapping.match.map(({ field }) => field),
    mapping.newKey,
    "LastModifiedDate",
    "LastModifiedById",
  ]);
}

/**
 * Select items of the lines, for a child subquery and for polling the line object; the root's Id and key are among
 * them, so that a polled line names its document. Empty where the object has no lines.
 */
export function lineSelectList(mapping: ObjectMapping): readonly string[] {
  const lines = mapping.lines;
  if (lines === null) return [];
  return unique([
    lines.keyField,
    lines.parent,
    `${lines.parentRelationship}.${mapping.keyField}`,
    ...lines.fields.flatMap(itemsOf),
    ...lines.match.map(({ field }) => field),
    ...(mapping.onActivated === "reduce" ? ["AvailableQuantity"] : []),
    "LastModifiedDate",
    "LastModifiedById",
  ]);
}

/** Select items of what records of an object are matched by, and their Ids. */
export function matchSelectList(mapping: ObjectMapping): readonly string[] {
  return unique(mapping.match.flatMap((match) => (match.mapping === null ? [match.field] : itemsOf(match.mapping))));
}

function itemsOf(field: FieldMapping): readonly string[] {
  const reference = field.reference;
  if (reference === null || reference.keyField === null) return [field.field];
  return [field.field, `${reference.relationship}.${reference.keyField}`];
}

function unique(items: readonly string[]): readonly string[] {
  const implied = new Set(["Id", "SystemModstamp", "IsDeleted"]);
  return [...new Set(items)].filter((item) => !implied.has(item));
}
