/**
 * Fields that the org fills by itself: categories, stamps, prices, dates, names (reference: order-domain §2.3, §2.4,
 * §2.9, §3.3, §4, §5.2). Computed after the client's values and the before triggers, before the rules look.
 */
import type { Transaction } from "../../org/port.ts";
import { multiply } from "../../schema/decimal.ts";
import type { Row } from "../../schema/definition.ts";
import { type Change, changes, numberOf, textOf } from "../change.ts";
import { activates, categoryOf, deactivates } from "./status.ts";

/** Fills the derived fields of a change, where its object has any. */
export function derive(change: Change, tx: Transaction): void {
  if (change.operation === "insert" && change.after["CurrencyIsoCode"] === null)
    change.after["CurrencyIsoCode"] = defaultCurrency(change, tx);
  DERIVATIONS[change.plan.name]?.(change, tx);
}

const DERIVATIONS: Readonly<Record<string, (change: Change, tx: Transaction) => void>> = {
  Order: deriveOrder,
  OrderItem: deriveOrderItem,
  Contract: deriveContract,
  PricebookEntry: derivePricebookEntry,
  Contact: deriveName,
  Lead: deriveName,
  Opportunity: deriveStage,
  OpportunityLineItem: derivePricedLine,
  QuoteLineItem: derivePricedLine,
  Case: deriveClosed,
  Task: deriveClosed,
  User: deriveName,
};

/**
 * Only in multicurrency orgs: an order product follows its order, an entry its product, everything else the user
 * (reference: order-domain §1.12 [fixture, doc]).
 */
function defaultCurrency({ plan, after }: Change, tx: Transaction): string | null {
  const parents: Readonly<Record<string, string | null>> = {
    OrderItem: textOf(tx.get("Order", textOf(after, "OrderId") ?? ""), "CurrencyIsoCode"),
    PricebookEntry: textOf(tx.get("Product2", textOf(after, "Product2Id") ?? ""), "CurrencyIsoCode"),
  };
  return (
    parents[plan.name] ??
    textOf(tx.get("User", tx.actor.userId), "DefaultCurrencyIsoCode") ??
    plan.field("CurrencyIsoCode")?.picklistValues?.[0]?.value ??
    null
  );
}

/** What a reduction order takes from its original where the client leaves it empty [doc for the account; rest memory]. */
const COPIED_FROM_ORIGINAL = ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode"] as const;

function deriveOrder(change: Change, tx: Transaction): void {
  const { after } = change;
  if (change.operation === "insert") {
    after["TotalAmount"] = 0;
    const original =
      after["IsReductionOrder"] === true ? tx.get("Order", textOf(after, "OriginalOrderId") ?? "") : undefined;
    if (original !== undefined)
      for (const field of COPIED_FROM_ORIGINAL) if (field in after) after[field] ??= original[field] ?? null;
  }
  deriveStatus(change, tx, tx.settings.clearActivationStamp);
}

function deriveContract(change: Change, tx: Transaction): void {
  const { after } = change;
  deriveStatus(change, tx, false);
  if (tx.settings.autoCalculateEndDate && (changes(change, "StartDate") || changes(change, "ContractTerm"))) {
    const start = textOf(after, "StartDate");
    const term = after["ContractTerm"];
    after["EndDate"] = start === null || typeof term !== "number" ? null : endOfTerm(start, term);
  }
}

/** StatusCode follows Status; activation leaves its stamp, again at each activation (reference: order-domain §2.4). */
function deriveStatus(change: Change, tx: Transaction, clearStamp: boolean): void {
  const { after } = change;
  after["StatusCode"] = categoryOf(change.plan, textOf(after, "Status"));
  if (activates(change)) {
    after["ActivatedDate"] = tx.now;
    after["ActivatedById"] = tx.actor.userId;
  } else if (clearStamp && deactivates(change)) {
    after["ActivatedDate"] = null;
    after["ActivatedById"] = null;
  }
}

function deriveOrderItem(change: Change, tx: Transaction): void {
  const { after, operation } = change;
  if (operation === "insert") {
    const order = tx.get("Order", textOf(after, "OrderId") ?? "");
    const entry = tx.get("PricebookEntry", textOf(after, "PricebookEntryId") ?? "");
    if (entry !== undefined) {
      after["ListPrice"] ??= entry["UnitPrice"] ?? null;
      after["Product2Id"] ??= entry["Product2Id"] ?? null;
    }
    after["AvailableQuantity"] = order?.["IsReductionOrder"] === true ? 0 : (after["Quantity"] ?? 0);
  } else if (
    changes(change, "Quantity") &&
    tx.get("Order", textOf(after, "OrderId") ?? "")?.["IsReductionOrder"] !== true
  ) {
    // A reduced order product cannot change its quantity, so nothing has been taken from this one.
    after["AvailableQuantity"] = after["Quantity"] ?? 0;
  }
  if (operation === "insert" || changes(change, "Quantity") || changes(change, "UnitPrice"))
    after["TotalPrice"] = totalPrice(after, tx);
}

/** More decimals than a product of two doubles has. */
const DIGITS = 36;
/** Decimals of a currency that names none. */
const SCALE = 2;

/** The price of an order product: the exact product, or rounded to its field's scale where the org rounds. */
export function totalPrice(item: Row, { catalog, settings }: Pick<Transaction, "catalog" | "settings">): number {
  const scale = settings.roundStoredNumbers
    ? (catalog.object("OrderItem")?.field("TotalPrice")?.scale ?? SCALE)
    : DIGITS;
  return multiply(numberOf(item, "UnitPrice"), numberOf(item, "Quantity"), scale);
}

function derivePricebookEntry(change: Change, tx: Transaction): void {
  if (change.operation === "insert") Object.assign(change.after, mirroredFields(change.after, tx));
}

/** What an entry shows of its product and book (reference: order-domain §5.2 [doc]). */
export function mirroredFields(entry: Row, tx: Transaction): Row {
  const product = tx.get("Product2", textOf(entry, "Product2Id") ?? "");
  const book = tx.get("Pricebook2", textOf(entry, "Pricebook2Id") ?? "");
  return {
    Name: product?.["Name"] ?? null,
    ProductCode: product?.["ProductCode"] ?? null,
    IsArchived: product?.["IsArchived"] === true || book?.["IsArchived"] === true,
  };
}

/** The names of the forecast categories, which setup may change in an org [memory: platform §1]. */
const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  Omitted: "Omitted",
  Pipeline: "Pipeline",
  BestCase: "Best Case",
  MostLikely: "Most Likely",
  Forecast: "Commit",
  Closed: "Closed",
};

/** What the stage of an opportunity says about it; probability and category only where the client gives none. */
function deriveStage(change: Change): void {
  const { after, given, operation, plan } = change;
  const name = textOf(after, "StageName");
  const stage = plan.field("StageName")?.picklistValues?.find((each) => each.value === name);
  after["IsClosed"] = stage?.closed === true;
  after["IsWon"] = stage?.won === true;
  if (operation === "insert" || changes(change, "StageName")) {
    if (!given.includes("Probability")) after["Probability"] = stage?.probability ?? null;
    after["ForecastCategory"] = stage?.forecastCategory ?? "Pipeline";
    if (!given.includes("ForecastCategoryName"))
      after["ForecastCategoryName"] = CATEGORY_NAMES[String(after["ForecastCategory"])] ?? null;
  }
  const amount = after["Amount"];
  const probability = after["Probability"];
  after["ExpectedRevenue"] =
    typeof amount === "number" && typeof probability === "number" ? multiply(amount, probability / 100, SCALE) : null;
  const [year = 0, month = 1] = (textOf(after, "CloseDate") ?? "").split("-").map(Number);
  after["FiscalYear"] = year === 0 ? null : year;
  after["FiscalQuarter"] = year === 0 ? null : Math.ceil(month / 3);
}

/** Product, list price and total of a line of an opportunity or quote [memory: platform §1]. */
function derivePricedLine({ after, operation, given }: Change, tx: Transaction): void {
  const entry = tx.get("PricebookEntry", textOf(after, "PricebookEntryId") ?? "");
  if (operation === "insert" && entry !== undefined) {
    after["Product2Id"] ??= entry["Product2Id"] ?? null;
    after["ListPrice"] = entry["UnitPrice"] ?? null;
    if ("ProductCode" in after) after["ProductCode"] = entry["ProductCode"] ?? null;
  }
  const quantity = numberOf(after, "Quantity");
  if (given.includes("TotalPrice") && !given.includes("UnitPrice") && quantity !== 0)
    after["UnitPrice"] = numberOf(after, "TotalPrice") / quantity;
  const subtotal = multiply(numberOf(after, "UnitPrice"), quantity, SCALE);
  after["Subtotal"] = subtotal;
  after["TotalPrice"] = multiply(subtotal, 1 - numberOf(after, "Discount") / 100, SCALE);
}

/** Whether a case or task is closed follows from its status, which may leave a stamp. */
function deriveClosed({ after, before, plan }: Change, tx: Transaction): void {
  const status = textOf(after, "Status");
  const closed = plan.field("Status")?.picklistValues?.find((each) => each.value === status)?.closed === true;
  after["IsClosed"] = closed;
  const stamp = plan.has("ClosedDate") ? "ClosedDate" : "CompletedDateTime";
  if (!closed) after[stamp] = null;
  else if (before?.["IsClosed"] !== true) after[stamp] = tx.now;
}

function deriveName({ after }: Change): void {
  const parts = [textOf(after, "FirstName"), textOf(after, "LastName")].filter((part) => part !== null);
  after["Name"] = parts.length === 0 ? null : parts.join(" ");
}

/**
 * The last day of a term of months: `2026-08-01` and 12 give `2027-07-31` (reference: order-domain §4 [live]).
 * A start at the end of a month is moved to the last day of a shorter month first (unsure).
 */
export function endOfTerm(start: string, months: number): string {
  const [year = 0, month = 1, day = 1] = start.split("-").map(Number);
  const target = new Date(Date.UTC(year, month - 1 + months, 1));
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(day, lastDay) - 1);
  return target.toISOString().slice(0, 10);
}
