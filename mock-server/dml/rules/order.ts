/** Orders while they are drafts, and what stays locked once they are activated (reference: order-domain §2.2–§2.8, §2.11). */
import type { Transaction } from "../../org/port.ts";
import { type Change, changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";
import { ACTIVATED, categoryOf, DRAFT, deactivates, isActivated } from "./status.ts";

/** Reference: order-domain §2.6 [live, v67 body]. */
export const DELETE_LOCKED =
  "unable to modify activated or superseded order: cannot delete order, or add or remove order products";

/** The same lock as an insert or edit shows it; two blanks after the colon [forum: an Apex emulator's output]. */
export const EDIT_LOCKED =
  "Unable to modify activated or superseded Order:  cannot delete Order, or add or remove Order Products";

/** What an activated order never gets again, with any permission (reference: order-domain §2.6 [doc]). */
const LOCKED_WHEN_ACTIVATED = ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode"] as const;

const lockedField = (change: Change): string | undefined =>
  LOCKED_WHEN_ACTIVATED.find((field) => change.plan.has(field) && changes(change, field));

const contractOf = ({ after }: Change, tx: Transaction) => tx.get("Contract", textOf(after, "ContractId") ?? "");

/** Only a new pairing is checked: contracts and dates of old orders may have moved since. */
const pairsWithContract = (change: Change, ...fields: readonly string[]): boolean =>
  change.after["ContractId"] !== null && ["ContractId", ...fields].some((field) => changes(change, field));

const hasItems = (orderId: string | null, tx: Transaction): boolean =>
  orderId !== null && tx.find("OrderItem", "OrderId", orderId).some((item) => item["IsDeleted"] !== true);

export const ORDER_RULES: readonly Rule[] = [
  {
    id: "ORD-1",
    code: "REQUIRED_FIELD_MISSING",
    object: "Order",
    on: ["insert", "update"],
    when: "an order has no account",
    message: "Select an account.",
    fields: [],
    source: "order-domain §2.3 [live ×2]",
    certainty: "A",
    check: ({ after }) => after["AccountId"] !== null,
  },
  {
    id: "ORD-6",
    code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    object: "Order",
    on: ["insert", "update"],
    when: "the status belongs to a category that only Salesforce's own processes set (Canceled, Expired, Superseded)",
    message: "Status: bad value for restricted picklist field: {value}",
    fields: ["Status"],
    source: "order-domain §1.11, §2.2 [live]",
    certainty: "A",
    check: (change) => {
      if (!changes(change, "Status")) return true;
      const category = categoryOf(change.plan, textOf(change.after, "Status"));
      return category === DRAFT || category === ACTIVATED;
    },
    explain: ({ after }) => ({ message: `Status: bad value for restricted picklist field: ${after["Status"]}` }),
  },
  {
    id: "ORD-3",
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["insert"],
    when: "an order is created with a status outside the Draft category",
    message: "For a new or cloned order, choose Draft. An Activated order's status can't be edited.",
    fields: [],
    source: "order-domain §2.2 [live ×3]",
    certainty: "A",
    check: ({ after }) => after["StatusCode"] === DRAFT,
  },
  {
    id: "ORD-8",
    code: "ENTITY_IS_LOCKED",
    object: "Order",
    on: ["update"],
    when: "an activated order is edited without Edit Activated Orders",
    message: EDIT_LOCKED,
    fields: [],
    source: "order-domain §2.6 [fixture: the code], §12 no. 17 (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !isActivated(change.before) ||
      tx.actor.access.has("EditActivatedOrders") ||
      !change.plan.type.fields.some((field) => changes(change, field.name)),
  },
  {
    id: "ORD-7",
    code: "DELETE_FAILED",
    object: "Order",
    on: ["delete"],
    when: "an activated order is deleted",
    message: DELETE_LOCKED,
    fields: [],
    source: "order-domain §2.6 [live ×3]",
    certainty: "A",
    check: ({ before }) => !isActivated(before),
  },
  {
    id: "ORD-13",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["update"],
    when: "the account, contract, price book or currency of an activated order changes",
    message: "You can't change the {Label} of an activated order.",
    fields: ["AccountId"],
    source: "order-domain §2.6 [doc], §11 (no text)",
    certainty: "C",
    check: (change) => !isActivated(change.before) || lockedField(change) === undefined,
    explain: (change) => {
      const field = lockedField(change) ?? "AccountId";
      const label = (change.plan.field(field)?.label ?? field).replace(/ ID$/, "").toLowerCase();
      return { message: `You can't change the ${label} of an activated order.`, fields: [field] };
    },
  },
  {
    id: "ORD-26",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["update"],
    when: "the start date of an activated order changes (setting lockStartDateOnActivate)",
    message: "You can't change the start date of an activated order.",
    fields: ["EffectiveDate"],
    source: "order-domain §2.6 [forum], §12 no. 2 (unsure)",
    certainty: "C",
    check: (change, tx) =>
      !tx.settings.lockStartDateOnActivate || !isActivated(change.before) || !changes(change, "EffectiveDate"),
  },
  {
    id: "ORD-14",
    code: "FAILED_ACTIVATION",
    object: "Order",
    on: ["update"],
    when: "an order with reduction orders leaves the Activated category",
    message: "You can't deactivate an order that has reduction orders.",
    fields: [],
    source: "order-domain §2.7 [doc] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !deactivates(change) ||
      !tx.find("Order", "OriginalOrderId", change.id ?? "").some((order) => order["IsDeleted"] !== true),
  },
  {
    id: "ORD-12",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["update"],
    when: "the price book of an order is changed or removed (setting pricebookChangeWithoutItems allows it without items)",
    message: "You can't change or remove the price book of an order.",
    fields: ["Pricebook2Id"],
    source: "order-domain §2.6 [doc], §12 no. 3 (unsure)",
    certainty: "C",
    check: (change, tx) => {
      if (change.before?.["Pricebook2Id"] === null || !changes(change, "Pricebook2Id")) return true;
      return tx.settings.pricebookChangeWithoutItems && !hasItems(change.id, tx);
    },
  },
  {
    id: "ORD-27",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["update"],
    when: "the currency of an order with products changes",
    message: "You can't change the currency of an order that has products.",
    fields: ["CurrencyIsoCode"],
    source: "order-domain §1.12, §2.6 [doc for clones; memory]",
    certainty: "C",
    check: (change, tx) =>
      !change.plan.has("CurrencyIsoCode") || !changes(change, "CurrencyIsoCode") || !hasItems(change.id, tx),
  },
  {
    id: "ORD-28",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "an order gets an inactive price book (setting requireActivePricebook)",
    message: "field integrity exception: Pricebook2Id (pricebook is inactive)",
    fields: ["Pricebook2Id"],
    source: "order-domain §5.4 (unsure)",
    certainty: "C",
    check: (change, tx) =>
      !tx.settings.requireActivePricebook ||
      !changes(change, "Pricebook2Id") ||
      tx.get("Pricebook2", textOf(change.after, "Pricebook2Id") ?? "")?.["IsActive"] !== false,
  },
  {
    id: "ORD-11",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "the contract belongs to another account",
    message: "The order's account must match its contract's account.",
    fields: ["ContractId"],
    source: "order-domain §2.3, §2.6 [doc rule] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !pairsWithContract(change, "AccountId") || contractOf(change, tx)?.["AccountId"] === change.after["AccountId"],
  },
  {
    id: "ORD-22",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "an order with a price book is assigned a contract that does not have that price book",
    message: "The order's price book must match its contract's price book.",
    fields: ["ContractId"],
    source: "order-domain §2.6 [doc rule] (unsure text)",
    certainty: "C",
    check: (change, tx) => {
      if (!changes(change, "ContractId") || change.after["ContractId"] === null) return true;
      const book = change.after["Pricebook2Id"];
      const bookOfContract = contractOf(change, tx)?.["Pricebook2Id"] ?? null;
      // The documented rule is about assigning a contract to a stored order; a create with a contract that has no
      // price book is the common case and passes.
      const passesEmpty = change.operation === "insert" && bookOfContract === null;
      return book === null || passesEmpty || bookOfContract === book;
    },
  },
  {
    id: "ORD-23",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "an order gets a contract in another currency",
    message: "The order's currency must match its contract's currency.",
    fields: ["ContractId"],
    source: "order-domain §1.12 [doc rule] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !change.plan.has("CurrencyIsoCode") ||
      !pairsWithContract(change) ||
      contractOf(change, tx)?.["CurrencyIsoCode"] === change.after["CurrencyIsoCode"],
  },
  {
    id: "ORD-9",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "the order starts after its contract ends",
    message: "Order Start Date can't be later than its contract's end date.: Order Start Date",
    fields: ["EffectiveDate"],
    source: "order-domain §2.3 [forum: REST body]",
    certainty: "A",
    check: (change, tx) =>
      !pairsWithContract(change, "EffectiveDate") ||
      !isLater(change.after["EffectiveDate"], contractOf(change, tx)?.["EndDate"]),
  },
  {
    id: "ORD-10",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "the order starts before its contract starts",
    message: "Order Start Date can't be earlier than the contract's start date.: Order Start Date",
    fields: ["EffectiveDate"],
    source: "order-domain §2.3 [fixture: re-raised text; code by analogy]",
    certainty: "B",
    check: (change, tx) =>
      !pairsWithContract(change, "EffectiveDate") ||
      !isLater(contractOf(change, tx)?.["StartDate"], change.after["EffectiveDate"]),
  },
  {
    id: "ORD-20",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["insert", "update"],
    when: "the order ends before it starts",
    message: "Order End Date can't be earlier than its start date.: Order End Date",
    fields: ["EndDate"],
    source: "order-domain §2.3, §2.8 (unsure)",
    certainty: "C",
    check: (change) =>
      !(changes(change, "EffectiveDate") || changes(change, "EndDate")) ||
      !isLater(change.after["EffectiveDate"], change.after["EndDate"]),
  },
  {
    id: "ORD-21",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "Order",
    on: ["update"],
    when: "new dates of an order leave one of its products outside",
    message: "The order's dates must include the dates of its order products.: {Label}",
    fields: ["EffectiveDate"],
    source: "order-domain §2.8 (unsure)",
    certainty: "C",
    check: (change, tx) => strandedBy(change, tx) === undefined,
    explain: (change, tx) => {
      const field = strandedBy(change, tx) ?? "EffectiveDate";
      const label = change.plan.field(field)?.label ?? field;
      return { message: `The order's dates must include the dates of its order products.: ${label}`, fields: [field] };
    },
  },
];

/** True where both dates are given and the first lies after the second. */
export function isLater(first: unknown, second: unknown): boolean {
  return typeof first === "string" && typeof second === "string" && first > second;
}

/** The order's date field whose new value leaves an order product outside. */
function strandedBy(change: Change, tx: Transaction): string | undefined {
  const start = changes(change, "EffectiveDate");
  const end = changes(change, "EndDate");
  if ((!start && !end) || change.id === null) return undefined;
  const items = tx.find("OrderItem", "OrderId", change.id).filter((item) => item["IsDeleted"] !== true);
  if (start && items.some((item) => isLater(change.after["EffectiveDate"], item["ServiceDate"])))
    return "EffectiveDate";
  if (end && items.some((item) => isLater(item["EndDate"], change.after["EndDate"]))) return "EndDate";
  return undefined;
}
