/**
 * What a saved record changes in others: Order.TotalAmount, the available quantities of reduced lines, prices and
 * names that entries take from the standard price and the product. All in the same transaction
 * (reference: order-domain §2.9, §3.4, §5.2).
 */
import type { Transaction } from "../../org/port.ts";
import { sum } from "../../schema/decimal.ts";
import type { FieldValue, Row } from "../../schema/definition.ts";
import { numberOf, type Saved, textOf } from "../change.ts";
import { mirroredFields } from "./derived.ts";
import { writeHistory } from "./history.ts";
import { customEntriesOf } from "./price-book.ts";
import { isActivated } from "./status.ts";
import { summariesMovedBy } from "./summary.ts";

/** Brings the records up to date that depend on the saved one. */
export function rollUp(saved: Saved, tx: Transaction): void {
  for (const { object, row, values } of summariesMovedBy(saved, tx)) change(tx, object, row, values);
  switch (saved.object) {
    case "OrderItem":
      return rollUpItem(saved, tx);
    case "Order":
      return rollUpReduction(saved, tx);
    case "PricebookEntry":
      return passOnStandardPrice(saved, tx);
    case "Product2":
    case "Pricebook2":
      return passOnToEntries(saved, tx);
    default:
  }
}

function rollUpItem(saved: Saved, tx: Transaction): void {
  const { operation, before, after } = saved;
  if (operation === "update") rollUpReducedQuantity(saved, tx);
  if (operation === "update" && before?.["TotalPrice"] === after["TotalPrice"]) return;
  const order = tx.get("Order", textOf(after, "OrderId") ?? "");
  if (order === undefined || order["IsDeleted"] === true) return;
  const gained = operation === "delete" ? 0 : numberOf(after, "TotalPrice");
  const lost = operation === "insert" ? 0 : numberOf(before, "TotalPrice");
  // A restored order brings its lines back one by one, and its own total may be of before: it is added up again.
  const total = operation === "undelete" ? exactTotal(order, tx) : totalAfter(order, gained, lost, tx);
  if (!tx.settings.touchParentOnItemDml && total === order["TotalAmount"]) return;
  const touched = tx.settings.touchParentOnItemDml
    ? { LastModifiedDate: tx.now, LastModifiedById: tx.actor.userId }
    : undefined;
  change(tx, "Order", order, { TotalAmount: total, ...touched });
}

/** Below this a sum of two amounts in cents is exact in a double; above, everything is added up again. */
const PLAIN_SUM_MAX = 1e12;

function totalAfter(order: Row, gained: number, lost: number, tx: Transaction): number {
  const before = numberOf(order, "TotalAmount");
  const parts = [before, gained, -lost];
  if (parts.some((part) => Math.abs(part) >= PLAIN_SUM_MAX)) return exactTotal(order, tx);
  return parts.every((part) => isCents(part)) ? cents(before + gained - lost) : sum(parts);
}

function exactTotal(order: Row, tx: Transaction): number {
  const items = tx.find("OrderItem", "OrderId", String(order["Id"]));
  return sum(items.filter((item) => item["IsDeleted"] !== true).map((item) => numberOf(item, "TotalPrice")));
}

/** The nearest cent, which is the exact sum of amounts in cents; never −0. */
function cents(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}

function isCents(value: number): boolean {
  return cents(value) === value + 0;
}

/** A reduction takes effect when its order is activated, and is given back when it is deactivated [doc; memory]. */
function rollUpReduction({ operation, before, after }: Saved, tx: Transaction): void {
  if (operation !== "update" || after["IsReductionOrder"] !== true || isActivated(before) === isActivated(after))
    return;
  for (const item of tx.find("OrderItem", "OrderId", String(after["Id"]))) {
    const original = tx.get("OrderItem", textOf(item, "OriginalOrderItemId") ?? "");
    if (item["IsDeleted"] === true || original === undefined) continue;
    const taken = isActivated(after) ? numberOf(item, "Quantity") : -numberOf(item, "Quantity");
    change(tx, "OrderItem", original, { AvailableQuantity: sum([numberOf(original, "AvailableQuantity"), taken]) });
  }
}

/** A line of an activated reduction order that takes more or less than before. */
function rollUpReducedQuantity({ before, after }: Saved, tx: Transaction): void {
  const original = tx.get("OrderItem", textOf(after, "OriginalOrderItemId") ?? "");
  const more = sum([numberOf(after, "Quantity"), -numberOf(before, "Quantity")]);
  if (original === undefined || more === 0 || !isActivated(tx.get("Order", textOf(after, "OrderId") ?? ""))) return;
  change(tx, "OrderItem", original, { AvailableQuantity: sum([numberOf(original, "AvailableQuantity"), more]) });
}

function passOnStandardPrice({ operation, before, after }: Saved, tx: Transaction): void {
  if (operation !== "update" || before?.["UnitPrice"] === after["UnitPrice"]) return;
  if (tx.get("Pricebook2", textOf(after, "Pricebook2Id") ?? "")?.["IsStandard"] !== true) return;
  for (const entry of customEntriesOf(after, tx))
    if (entry["UseStandardPrice"] === true)
      change(tx, "PricebookEntry", entry, { UnitPrice: after["UnitPrice"] ?? null, ...modifiedBy(tx) });
}

function passOnToEntries({ object, operation, before, after }: Saved, tx: Transaction): void {
  if (operation !== "update" || !["Name", "ProductCode", "IsArchived"].some((name) => before?.[name] !== after[name]))
    return;
  for (const entry of tx.find("PricebookEntry", `${object}Id`, String(after["Id"]))) {
    const mirrored = mirroredFields(entry, tx);
    if (Object.entries(mirrored).some(([name, value]) => entry[name] !== value))
      change(tx, "PricebookEntry", entry, mirrored);
  }
}

function modifiedBy(tx: Transaction): Readonly<Record<string, FieldValue>> {
  return { LastModifiedDate: tx.now, LastModifiedById: tx.actor.userId };
}

/** A change by the org itself: no rules and no triggers, but stamps and history. */
function change(tx: Transaction, object: string, row: Row, values: Readonly<Record<string, FieldValue>>): void {
  const after = { ...row, ...values, SystemModstamp: tx.now };
  tx.replace(object, after);
  const saved = { object, operation: "update", before: row, after } as const;
  writeHistory(saved, tx);
  // A master may be the child of another one. The relationships form no circle, so this ends.
  for (const next of summariesMovedBy(saved, tx)) change(tx, next.object, next.row, next.values);
}
