/** Order products (reference: order-domain §3). The lock of the order comes first, then price book, entry, quantity, price, dates. */
import type { Transaction } from "../../org/port.ts";
import type { Row } from "../../schema/definition.ts";
import { type Change, changes, numberOf, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";
import { DELETE_LOCKED, EDIT_LOCKED, isLater } from "./order.ts";
import { isActivated } from "./status.ts";

/** The order of an item. */
export function orderOf({ before, after }: Change, tx: Transaction): Row | undefined {
  return tx.get("Order", textOf(after, "OrderId") ?? textOf(before, "OrderId") ?? "");
}

const entryOf = ({ after }: Change, tx: Transaction) =>
  tx.get("PricebookEntry", textOf(after, "PricebookEntryId") ?? "");

/** What Enhanced Commerce Orders freezes (reference: order-domain §1.15 [doc]: price-affecting fields). */
const PRICE_FIELDS = ["Quantity", "UnitPrice"] as const;

const isReduction = (change: Change, tx: Transaction): boolean => orderOf(change, tx)?.["IsReductionOrder"] === true;

/** The label of the first field that an update changes, of those that the client or a trigger can set. */
const editedField = (change: Change) =>
  change.plan.type.fields.find((field) => field.updateable === true && changes(change, field.name));

export const ORDER_ITEM_RULES: readonly Rule[] = [
  {
    id: "ITM-9",
    code: "ENTITY_IS_LOCKED",
    object: "OrderItem",
    on: ["insert"],
    when: "an order product is added to an activated order",
    message: EDIT_LOCKED,
    fields: [],
    source: "order-domain §2.6 [live: code and tail; forum: whole text]",
    certainty: "A",
    check: (change, tx) => !isActivated(orderOf(change, tx)),
  },
  {
    id: "ITM-10",
    code: "DELETE_FAILED",
    object: "OrderItem",
    on: ["delete"],
    when: "an order product of an activated order is deleted",
    message: DELETE_LOCKED,
    fields: [],
    source: "order-domain §2.6 [live: start of text]",
    certainty: "A",
    check: (change, tx) => !isActivated(orderOf(change, tx)),
  },
  {
    id: "ITM-20",
    code: "ENTITY_IS_LOCKED",
    object: "OrderItem",
    on: ["update"],
    when: "an order product of an activated order is edited without Edit Activated Orders",
    message: EDIT_LOCKED,
    fields: [],
    source: "order-domain §2.6 [doc], §12 no. 17 (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      tx.actor.access.has("EditActivatedOrders") ||
      editedField(change) === undefined ||
      !isActivated(orderOf(change, tx)),
  },
  {
    id: "ITM-11",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["update"],
    when: "an order product is edited that an activated reduction order has reduced",
    message: "You can't update Quantity because the order product has been reduced.",
    fields: ["Quantity"],
    source: "order-domain §2.9 [forum text; code by analogy]",
    certainty: "B",
    check: (change, tx) => editedField(change) === undefined || !isReduced(change, tx),
    explain: (change) => {
      const field = editedField(change);
      const message = `You can't update ${field?.label ?? "Quantity"} because the order product has been reduced.`;
      return { message, fields: [field?.name ?? "Quantity"] };
    },
  },
  {
    id: "ITM-19",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["update"],
    when: "a price-affecting field changes on an activated order while Enhanced Commerce Orders is on",
    message: "You can't change {Label} of an order product whose order is activated.",
    fields: ["Quantity"],
    source: "order-domain §1.15 [doc rule] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !tx.settings.enableEnhancedCommerceOrders ||
      !PRICE_FIELDS.some((field) => changes(change, field)) ||
      !isActivated(orderOf(change, tx)),
    explain: (change) => {
      const field = PRICE_FIELDS.find((name) => changes(change, name)) ?? "Quantity";
      const label = change.plan.field(field)?.label ?? field;
      return { message: `You can't change ${label} of an order product whose order is activated.`, fields: [field] };
    },
  },
  {
    id: "ITM-2",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the order has no price book",
    message: "The order is missing a price book",
    fields: [],
    source: "order-domain §3.1 [live; the text may continue]",
    certainty: "B",
    check: (change, tx) =>
      orderOf(change, tx)?.["Pricebook2Id"] !== null ||
      (tx.settings.enableOptionalPricebook && change.after["PricebookEntryId"] === null),
  },
  {
    id: "ITM-3",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the price book entry is missing (with optional price books: the product too)",
    message:
      "field integrity exception: PricebookEntryId, unknown " +
      "(versions 3.0 and higher must specify pricebook entry id, others must specify product id)",
    fields: ["PricebookEntryId", "unknown"],
    source: "order-domain §3.1 [forum, with Salesforce's knowledge base]",
    certainty: "A",
    check: ({ after }, tx) =>
      after["PricebookEntryId"] !== null || (tx.settings.enableOptionalPricebook && after["Product2Id"] !== null),
  },
  {
    id: "ITM-4",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the entry belongs to another price book than the order's",
    message:
      "field integrity exception: PricebookEntryId " +
      "(pricebook entry is in a different pricebook than the one assigned to the order)",
    fields: ["PricebookEntryId"],
    source: "order-domain §3.2 [doc, live rule; text by analogy with opportunities]",
    certainty: "C",
    check: (change, tx) => {
      const entry = entryOf(change, tx);
      return entry === undefined || entry["Pricebook2Id"] === orderOf(change, tx)?.["Pricebook2Id"];
    },
  },
  {
    id: "ITM-5",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the entry, its product or its book is archived",
    message: "field integrity exception: PricebookEntryId (pricebook entry has been archived)",
    fields: ["PricebookEntryId"],
    source: "order-domain §3.2 [fixture]",
    certainty: "A",
    check: (change, tx) => entryOf(change, tx)?.["IsArchived"] !== true,
  },
  {
    id: "ITM-6",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the entry is inactive",
    message: "field integrity exception: PricebookEntryId (pricebook entry is inactive)",
    fields: ["PricebookEntryId"],
    source: "order-domain §3.2 (unsure text, by analogy)",
    certainty: "C",
    check: (change, tx) => entryOf(change, tx)?.["IsActive"] !== false,
  },
  {
    id: "ITM-16",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the product that was sent is not the entry's",
    message: "field integrity exception: Product2Id (product does not match the pricebook entry)",
    fields: ["Product2Id"],
    source: "order-domain §1.2 (unsure text)",
    certainty: "C",
    check: (change, tx) => {
      const entry = entryOf(change, tx);
      return entry === undefined || entry["Product2Id"] === change.after["Product2Id"];
    },
  },
  {
    id: "ITM-17",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the product is inactive (setting requireActiveProduct)",
    message: "field integrity exception: PricebookEntryId (product is inactive)",
    fields: ["PricebookEntryId"],
    source: "order-domain §5.3, §12 no. 7 (unsure)",
    certainty: "C",
    check: ({ after }, tx) =>
      !tx.settings.requireActiveProduct ||
      tx.get("Product2", textOf(after, "Product2Id") ?? "")?.["IsActive"] !== false,
  },
  {
    id: "ITM-23",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert"],
    when: "the entry's currency is not the order's",
    message:
      "field integrity exception: PricebookEntryId " +
      "(pricebook entry has a different currency than the one assigned to the order)",
    fields: ["PricebookEntryId"],
    source: "order-domain §3.2 [doc rule] (unsure text)",
    certainty: "C",
    check: (change, tx) => {
      if (!change.plan.has("CurrencyIsoCode")) return true;
      const entry = entryOf(change, tx);
      return entry === undefined || entry["CurrencyIsoCode"] === orderOf(change, tx)?.["CurrencyIsoCode"];
    },
  },
  {
    id: "ITM-7",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the quantity is zero (unless the setting enableZeroQuantity is on)",
    message: "Can't save order products with quantities of zero",
    fields: ["Quantity"],
    source: "order-domain §3.1 [live text; code unsure]",
    certainty: "B",
    check: (change, tx) =>
      change.after["Quantity"] !== 0 || tx.settings.enableZeroQuantity || !changes(change, "Quantity"),
  },
  {
    id: "ITM-8",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the quantity is negative on an ordinary order (unless the setting enableNegativeQuantity is on)",
    message: "Can't save order products with quantities of less than zero",
    fields: ["Quantity"],
    source: "order-domain §3.1 (unsure text, by analogy)",
    certainty: "C",
    check: (change, tx) =>
      numberOf(change.after, "Quantity") >= 0 ||
      tx.settings.enableNegativeQuantity ||
      !changes(change, "Quantity") ||
      isReduction(change, tx),
  },
  {
    id: "ITM-1",
    code: "REQUIRED_FIELD_MISSING",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "an order product has no unit price",
    message: "Order Products must have a Unit Price.",
    fields: [],
    source: "order-domain §3.1 [live text; code unsure]",
    certainty: "B",
    check: ({ after }) => after["UnitPrice"] !== null,
  },
  {
    id: "ITM-12",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the order product starts before its order",
    message: "Order Product Start Date can't be earlier than its order's start date.: Start Date",
    fields: ["ServiceDate"],
    source: "order-domain §3.5 [live rule] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !changes(change, "ServiceDate") || !isLater(orderOf(change, tx)?.["EffectiveDate"], change.after["ServiceDate"]),
  },
  {
    id: "ITM-13",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the order product ends after its order",
    message: "Order Product End Date can't be later than its order's end date.: End Date",
    fields: ["EndDate"],
    source: "order-domain §3.5 [live rule] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !changes(change, "EndDate") || !isLater(change.after["EndDate"], orderOf(change, tx)?.["EndDate"]),
  },
  {
    id: "ITM-18",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the order product ends before it starts",
    message: "Order Product End Date can't be earlier than its start date.: End Date",
    fields: ["EndDate"],
    source: "order-domain §3.5 [memory] (unsure)",
    certainty: "C",
    check: (change) =>
      !(changes(change, "ServiceDate") || changes(change, "EndDate")) ||
      !isLater(change.after["ServiceDate"], change.after["EndDate"]),
  },
];

/** True where an item of an activated reduction order takes from this one (reference: order-domain §2.9). */
function isReduced(change: Change, tx: Transaction): boolean {
  return tx
    .find("OrderItem", "OriginalOrderItemId", change.id ?? "")
    .some((item) => item["IsDeleted"] !== true && isActivated(tx.get("Order", textOf(item, "OrderId") ?? "")));
}
