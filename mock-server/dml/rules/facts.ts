/**
 * Refusals of the catalog that whole stages of the pipeline enforce, not single rules: each says in which file.
 * Facts only; nothing here runs.
 */
import { fact, type RuleFact } from "../rule.ts";
import { GENERAL_FACTS } from "./general-facts.ts";

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
  ...GENERAL_FACTS,
];
