/** What activating an order needs (reference: order-domain §2.4); all checks that fail are reported together (§2.5 [live]). */
import { type Change, changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";
import { activates, isActivated } from "./status.ts";

/** What the org itself changes when an order is activated. */
const CHANGED_BY_ACTIVATION: ReadonlySet<string> = new Set(["Status", "StatusCode", "ActivatedDate", "ActivatedById"]);

const otherField = (change: Change): string | undefined =>
  change.given.find((field) => !CHANGED_BY_ACTIVATION.has(field) && changes(change, field));

export const ORDER_ACTIVATION_RULES: readonly Rule[] = [
  {
    id: "ORD-24",
    code: "INSUFFICIENT_ACCESS_OR_READONLY",
    object: "Order",
    on: ["update"],
    when: "an order is activated without Activate Orders",
    message: "insufficient access rights on object id",
    fields: [],
    source: "order-domain §2.4 no. 1 [doc; code unsure]",
    certainty: "C",
    statusCode: 403,
    check: (change, tx) => !activates(change) || tx.actor.access.has("ActivateOrder"),
  },
  {
    id: "ORD-4",
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "an order without order products is activated",
    message: "An order must have at least one product.",
    fields: [],
    source: "order-domain §2.4 no. 3 [live ×3]",
    certainty: "A",
    together: true,
    check: (change, tx) =>
      !activates(change) || tx.find("OrderItem", "OrderId", change.id ?? "").some((item) => item["IsDeleted"] !== true),
  },
  {
    id: "ORD-5",
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "an order is activated whose contract is not activated",
    message: "The order's contract must be activated before the order can be activated.",
    fields: [],
    source: "order-domain §2.4 no. 4 [doc rule] (unsure text)",
    certainty: "C",
    together: true,
    check: (change, tx) => {
      const contractId = textOf(change.after, "ContractId");
      return !activates(change) || contractId === null || isActivated(tx.get("Contract", contractId));
    },
  },
  {
    id: "ORD-25",
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "other fields change in the update that activates the order (setting activationStatusOnly)",
    message: "You can't change other fields of an order while activating it.",
    fields: [],
    source: "order-domain §2.4 no. 5 [doc], §12 no. 1 (unsure)",
    certainty: "C",
    together: true,
    check: (change, tx) => !tx.settings.activationStatusOnly || !activates(change) || otherField(change) === undefined,
    explain: (change) => ({
      message: "You can't change other fields of an order while activating it.",
      fields: [otherField(change) ?? "Status"],
    }),
  },
];
