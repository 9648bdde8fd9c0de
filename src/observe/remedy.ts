/**
 * What a person can do about a record that Salesforce refused, by Salesforce's code. Our own obstacles carry the way out
 * in their message; Salesforce's messages often do not even name the right that is missing.
 *
 * Codes: reference order-domain §7.4 and §8, change-events §7.
 */

const RIGHTS =
  "the integration user lacks a right: assign the permission set Order_Sync (orders need Activate Orders, and Edit Activated Orders to be reopened), and see order-sync check; it is tried again by itself";

const REMEDIES: Readonly<Record<string, string>> = {
  INPUT_REJECTED:
    "it lies in the folder rejected beside its reason: put the corrected file into the folder in again; or order-sync dead-letters retry once the configuration reads it; or discard it",
  EXTERNAL_MISSING:
    "if it was deleted, order-sync sweep finds that out; if it is there, see order-sync check; order-sync dead-letters discard lets it be as it is",
  SALESFORCE_MISSING:
    "if it was deleted, order-sync sweep finds that out; order-sync dead-letters discard lets it be as it is; after a new start of a mock org, order-sync reset: the next run compares everything and makes what is missing",
  BOTH_MISSING: "if it was deleted, order-sync sweep finds that out; order-sync dead-letters discard forgets it",
  INSUFFICIENT_ACCESS_OR_READONLY: RIGHTS,
  INSUFFICIENT_ACCESS: RIGHTS,
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY:
    "the integration user may not use a record that this one refers to: share it, or give View All on its object",
  INVALID_FIELD:
    "the org has no such field, or hides it from the integration user: order-sync check names it; grant access or correct the mapping",
  STORAGE_LIMIT_EXCEEDED: "the org's data storage is full: delete or archive records, or buy storage",
  MIXED_DML_OPERATION: "the mapping writes a setup object beside business records, which the org refuses; take it out",
  INVALID_FIELD_FOR_INSERT_UPDATE:
    "grant field-level Edit access to the named fields, or map them toExternal; where IsReductionOrder is among them, this reduction order exists already and was set back to Draft: activate or delete it",
  FIELD_CUSTOM_VALIDATION_EXCEPTION:
    "a validation rule of the org refuses the values: correct them at their source, or the rule",
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: "a trigger or flow of the org failed on this record; the message names it",
  CANNOT_EXECUTE_FLOW_TRIGGER: "a flow of the org failed on this record; the message names it",
  DUPLICATE_VALUE:
    "another record holds a value that must be unique; the message names it: merge the two, or correct one",
  DUPLICATES_DETECTED:
    "a duplicate rule of the org found a twin: merge the two, or let the rule allow the integration user",
  STRING_TOO_LONG: "shorten the value at its source, or lengthen the field in Salesforce",
  REQUIRED_FIELD_MISSING: "fill the named field at its source, or map it",
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:
    "add the value to the picklist in Salesforce, or translate it in the mapping's table",
  FAILED_ACTIVATION: "the order or contract lacks something that activation needs; the message names it",
  ENTITY_IS_DELETED:
    "somebody deleted the record in Salesforce: restore it from the recycle bin, or delete it on the other side",
  INVALID_CROSS_REFERENCE_KEY: "a record that this one refers to is gone or not visible to the integration user",
  UNABLE_TO_LOCK_ROW: "somebody else is working on the same account; the next run tries again",
};

/** What to do, as a sentence without its full stop; null where the message says it already. */
export function remedyFor(code: string): string | null {
  return REMEDIES[code] ?? null;
}
