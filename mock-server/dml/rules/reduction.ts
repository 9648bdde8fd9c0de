/** Reduction orders: orders that take quantities back from one activated order (reference: order-domain §2.9). */
import type { Transaction } from "../../org/port.ts";
import { sum } from "../../schema/decimal.ts";
import type { Row } from "../../schema/definition.ts";
import { type Change, changes, numberOf, textOf } from "../change.ts";
import type { Rule, RuleFact } from "../rule.ts";
import { orderOf } from "./order-item.ts";
import { activates, isActivated } from "./status.ts";

const originalOf = ({ after }: Change, tx: Transaction) => tx.get("Order", textOf(after, "OriginalOrderId") ?? "");

const originalItemOf = (row: Row, tx: Transaction) => tx.get("OrderItem", textOf(row, "OriginalOrderItemId") ?? "");

const isReductionItem = (change: Change, tx: Transaction): boolean =>
  orderOf(change, tx)?.["IsReductionOrder"] === true;

/** All of these texts are ours: no source quotes them. */
const integrity = { code: "FIELD_INTEGRITY_EXCEPTION", certainty: "C" } as const satisfies Partial<RuleFact>;

/** The fields that a reduction order shares with its original. */
const SHARED = ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode"] as const;

export const REDUCTION_RULES: readonly Rule[] = [
  {
    id: "RED-1",
    code: "INVALID_FIELD_FOR_INSERT_UPDATE",
    object: "Order",
    on: ["insert"],
    when: "a reduction order is created while the feature is off or without Create Reduction Orders",
    message:
      "Unable to create/update fields: IsReductionOrder. Please check the security settings of this field and verify " +
      "that it is read/write for your profile or permission set.",
    fields: ["IsReductionOrder"],
    source: "order-domain §2.9 [doc rule] (unsure code)",
    certainty: "C",
    check: ({ after }, tx) =>
      after["IsReductionOrder"] !== true ||
      (tx.settings.enableReductionOrders && tx.actor.access.has("CreateReductionOrder")),
  },
  {
    id: "RED-2",
    ...integrity,
    object: "Order",
    on: ["insert"],
    when: "a reduction order names no original order, or an ordinary order names one",
    message: "A reduction order needs an original order, and only a reduction order can have one.",
    fields: ["OriginalOrderId"],
    source: "order-domain §2.9 [doc rule] (unsure text)",
    check: ({ after }) => (after["IsReductionOrder"] === true) === (after["OriginalOrderId"] !== null),
  },
  {
    id: "RED-3",
    ...integrity,
    object: "Order",
    on: ["insert"],
    when: "the original order is not activated, or is a reduction order itself",
    message: "You can only reduce an activated order that isn't a reduction order.",
    fields: ["OriginalOrderId"],
    source: "order-domain §2.9 [doc rule] (unsure text)",
    check: (change, tx) => {
      const original = originalOf(change, tx);
      return original === undefined || (isActivated(original) && original["IsReductionOrder"] !== true);
    },
  },
  {
    id: "RED-4",
    ...integrity,
    object: "Order",
    on: ["insert", "update"],
    when: "a reduction order has another account, contract, price book or currency than its original",
    message: "A reduction order must have the same {Field} as its original order.",
    fields: ["AccountId"],
    source: "order-domain §2.9 [doc for account; rest memory] (unsure text)",
    check: (change, tx) => differingField(change, tx) === undefined,
    explain: (change, tx) => {
      const field = differingField(change, tx) ?? "AccountId";
      return { message: `A reduction order must have the same ${field} as its original order.`, fields: [field] };
    },
  },
  {
    id: "RED-5",
    ...integrity,
    object: "OrderItem",
    on: ["insert"],
    when: "an order product of a reduction order names no product of the original order, or an ordinary one names any",
    message: "field integrity exception: OriginalOrderItemId (must be an order product of the original order)",
    fields: ["OriginalOrderItemId"],
    source: "order-domain §1.2, §2.9 [doc rule] (unsure text)",
    check: (change, tx) => {
      const original = originalItemOf(change.after, tx);
      if (!isReductionItem(change, tx)) return original === undefined;
      return original !== undefined && original["OrderId"] === orderOf(change, tx)?.["OriginalOrderId"];
    },
  },
  {
    id: "RED-6",
    ...integrity,
    object: "OrderItem",
    on: ["insert", "update"],
    when: "an order product of a reduction order has another entry or unit price than its original",
    message: "field integrity exception: OriginalOrderItemId (must have the same price book entry and unit price)",
    fields: ["OriginalOrderItemId"],
    source: "order-domain §2.9 [memory] (unsure text)",
    check: (change, tx) => {
      const { after } = change;
      const original = changes(change, "UnitPrice") ? originalItemOf(after, tx) : undefined;
      return (
        original === undefined ||
        (original["PricebookEntryId"] === after["PricebookEntryId"] && original["UnitPrice"] === after["UnitPrice"])
      );
    },
  },
  {
    id: "RED-7",
    ...integrity,
    object: "OrderItem",
    on: ["insert", "update"],
    when: "the quantity of an order product of a reduction order is not negative",
    message: "The quantity of an order product of a reduction order must be less than zero.",
    fields: ["Quantity"],
    source: "order-domain §2.9 [doc/forum rule] (unsure text)",
    check: (change, tx) => numberOf(change.after, "Quantity") < 0 || !isReductionItem(change, tx),
  },
  {
    id: "ITM-15",
    ...integrity,
    object: "OrderItem",
    on: ["insert", "update"],
    when: "a reduction takes more than the original order product has available",
    message: "You can't reduce more than the available quantity.",
    fields: ["Quantity"],
    source: "order-domain §2.9 [doc/forum rule] (unsure text)",
    check: (change, tx) => {
      const original = changes(change, "Quantity") ? originalItemOf(change.after, tx) : undefined;
      return original === undefined || -numberOf(change.after, "Quantity") <= availableTo(change, original, tx);
    },
  },
  {
    id: "RED-8",
    ...integrity,
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "a reduction order is activated whose reductions no longer fit the available quantities",
    message: "You can't reduce more than the available quantity.",
    fields: [],
    source: "order-domain §2.4 no. 6 [doc rule] (unsure text)",
    together: true,
    check: (change, tx) => !activates(change) || change.after["IsReductionOrder"] !== true || fits(change.id ?? "", tx),
  },
  {
    id: "RED-9",
    ...integrity,
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "a reduction order is activated after the feature was switched off",
    message: "You can't activate a reduction order while reduction orders are disabled.",
    fields: [],
    source: "order-domain §1.15 [doc rule] (unsure text)",
    together: true,
    check: (change, tx) =>
      !activates(change) || change.after["IsReductionOrder"] !== true || tx.settings.enableReductionOrders,
  },
];

/** What a line may take: the rest, and what it has taken itself where its order is activated already. */
function availableTo(change: Change, original: Row, tx: Transaction): number {
  const taken = isActivated(orderOf(change, tx)) ? -numberOf(change.before, "Quantity") : 0;
  return sum([numberOf(original, "AvailableQuantity"), taken]);
}

function differingField(change: Change, tx: Transaction): string | undefined {
  const original = originalOf(change, tx);
  if (original === undefined) return undefined;
  return SHARED.find((field) => change.plan.has(field) && change.after[field] !== original[field]);
}

/** Several lines may take from one original line: their sum counts. */
function fits(orderId: string, tx: Transaction): boolean {
  const taken = new Map<string, number>();
  for (const item of tx.find("OrderItem", "OrderId", orderId)) {
    const original = textOf(item, "OriginalOrderItemId");
    if (item["IsDeleted"] === true || original === null) continue;
    taken.set(original, sum([taken.get(original) ?? 0, -numberOf(item, "Quantity")]));
  }
  return [...taken].every(([id, quantity]) => quantity <= numberOf(tx.get("OrderItem", id), "AvailableQuantity"));
}
