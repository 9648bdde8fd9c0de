/**
 * Refusals of the catalogue that whole stages of the pipeline enforce, not single rules: each says in which file.
 * Facts only; nothing here runs.
 */
import type { RuleFact } from "../rule.ts";

const NOT_WRITABLE =
  "Unable to create/update fields: {Fields}. Please check the security settings of this field and verify that it is " +
  "read/write for your profile or permission set.";

const RESTRICTED =
  "Your attempt to delete {Name} could not be completed because it is associated with the following {children}.: {names}\n";

export const STAGE_FACTS: readonly RuleFact[] = [
  fact("ORD-2", "REQUIRED_FIELD_MISSING", "Order", ["insert"], "an order has no start date or no status", {
    message: "Required fields are missing: [{Fields}]",
    fields: ["EffectiveDate", "Status"],
    source: "order-domain §2.1, §2.3 [fixture; shape memory]",
    certainty: "B",
    enforcedIn: "required.ts",
  }),
  fact(
    "ORD-15",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "Order",
    ["insert", "update"],
    "TotalAmount or another field of the org is written",
    {
      message: NOT_WRITABLE,
      fields: ["TotalAmount"],
      source: "order-domain §3.4, §7.4 [fixture, live]",
      certainty: "A",
      enforcedIn: "writable.ts",
    },
  ),
  fact("ORD-16", "INVALID_TYPE", "Order", ["insert", "update", "delete", "undelete"], "orders are switched off", {
    message: "sObject type 'Order' is not supported.",
    fields: [],
    source: "order-domain §1.15 [live: the code]",
    certainty: "B",
    enforcedIn: "access.ts",
  }),
  fact("ORD-17", "DELETE_FAILED", "Order", ["delete"], "an order is deleted that reduction orders refer to", {
    message: RESTRICTED,
    fields: [],
    source: "order-domain §1.14 [fixture], §6.3",
    certainty: "B",
    enforcedIn: "cascade.ts",
  }),
  fact("ORD-18", "ENTITY_IS_DELETED", "*", ["update", "delete"], "a deleted record is changed or deleted again", {
    message: "entity is deleted",
    fields: [],
    source: "order-domain §2.11 [live]",
    certainty: "A",
    enforcedIn: "target.ts",
  }),
  fact(
    "ITM-14",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "OrderItem",
    ["update"],
    "the order, entry or product of an order product changes",
    {
      message: NOT_WRITABLE,
      fields: ["OrderId", "PricebookEntryId"],
      source: "order-domain §3.6 [live]",
      certainty: "A",
      enforcedIn: "writable.ts",
    },
  ),
  fact(
    "CON-3",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "Contract",
    ["insert", "update"],
    "the computed end date of a contract is written",
    {
      message: NOT_WRITABLE,
      fields: ["EndDate"],
      source: "order-domain §4 [live/fixture]",
      certainty: "A",
      enforcedIn: "writable.ts",
    },
  ),
  fact(
    "PBE-4",
    "REQUIRED_FIELD_MISSING",
    "PricebookEntry",
    ["insert"],
    "an entry has no price, with UseStandardPrice too",
    {
      message: "Required fields are missing: [UnitPrice]",
      fields: ["UnitPrice"],
      source: "order-domain §5.2 [live]",
      certainty: "A",
      enforcedIn: "required.ts",
    },
  ),
  fact("PRD-1", "DELETE_FAILED", "Product2", ["delete"], "a product is deleted that order products use", {
    message: RESTRICTED,
    fields: [],
    source: "order-domain §5.3 [live; the label fixture]",
    certainty: "A",
    enforcedIn: "cascade.ts",
  }),
  fact(
    "ACC-1",
    "DELETE_FAILED",
    "Account",
    ["delete"],
    "an account is deleted that has activated contracts or orders",
    {
      message: RESTRICTED,
      fields: [],
      source: "order-domain §6.3 [fixture: the shape]",
      certainty: "A",
      enforcedIn: "cascade.ts",
    },
  ),
  fact("CON-6", "DELETE_FAILED", "Contract", ["delete"], "a contract is deleted that has activated orders", {
    message: RESTRICTED,
    fields: [],
    source: "order-domain §4 (unsure), §12 no. 9",
    certainty: "C",
    enforcedIn: "cascade.ts",
  }),
  fact("GEN-1", "REQUIRED_FIELD_MISSING", "*", ["insert", "update"], "required fields are empty", {
    message: "Required fields are missing: [{Fields}]",
    fields: [],
    source: "order-domain §8.3 [fixture: the shape], rest-api §14.3 [fixture]",
    certainty: "A",
    enforcedIn: "required.ts",
  }),
  fact("GEN-2", "DUPLICATE_VALUE", "*", ["insert", "update", "undelete"], "a unique value exists already", {
    message: "duplicate value found: {Field} duplicates value on record with id: {Id}",
    fields: [],
    source: "order-domain §8.2 [fixture]",
    certainty: "A",
    enforcedIn: "unique.ts",
  }),
  fact(
    "GEN-3",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "*",
    ["insert", "update"],
    "a validation rule of the org is broken",
    {
      message: "{the rule's text}",
      fields: [],
      source: "order-domain §8.3 [fixture: the shape]",
      certainty: "A",
      enforcedIn: "validation.ts",
    },
  ),
  fact("GEN-4", "STRING_TOO_LONG", "*", ["insert", "update"], "a text is longer than its field", {
    message: "{Label}: data value too large: {value} (max length={length})",
    fields: [],
    source: "order-domain §8.3 [fixture: the shape]",
    certainty: "A",
    enforcedIn: "decode.ts",
  }),
  fact(
    "GEN-5",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "*",
    ["insert", "update", "delete", "undelete"],
    "another row of an all-or-none request failed",
    {
      message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
      fields: [],
      source: "rest-api §9.4 [fixture]",
      certainty: "A",
      enforcedIn: "save.ts",
    },
  ),
  fact(
    "GEN-6",
    "PROCESSING_HALTED",
    "*",
    ["insert", "update", "delete"],
    "another subrequest of an all-or-none composite failed",
    {
      message: "The transaction was rolled back since another operation in the same transaction failed.",
      fields: [],
      source: "order-domain §11 [fixture]",
      certainty: "A",
      enforcedIn: "the composite resource, outside the save pipeline",
    },
  ),
  fact("ORD-19", "FAILED_ACTIVATION", "Order", ["update"], "Revenue Cloud's activation gates are not met", {
    message: "Enter the shipping address associated with the account, and try again.",
    fields: [],
    source: "order-domain §2.5 [live, v67]",
    certainty: "A",
    enforcedIn: "nothing: this org is one without Revenue Cloud",
  }),
];

function fact(
  id: string,
  code: string,
  object: string,
  on: RuleFact["on"],
  when: string,
  rest: Pick<RuleFact, "message" | "fields" | "source" | "certainty"> & { readonly enforcedIn: string },
): RuleFact {
  return { id, code, object, on, when, ...rest };
}
