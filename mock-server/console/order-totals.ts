/** An order's amounts, recomputed from its lines and laid beside what is stored. */
import type { Transaction } from "../org/port.ts";
import { multiply, sum } from "../schema/decimal.ts";
import type { Row } from "../schema/definition.ts";

/** One line. */
export interface LineTotal {
  readonly row: Row;
  readonly product: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly stored: number;
  readonly recomputed: number;
}

/** A whole order. */
export interface OrderTotals {
  readonly lines: readonly LineTotal[];
  readonly stored: number;
  readonly recomputed: number;
}

/** Adds up an order's live lines. */
export function totalsOf(tx: Transaction, order: Row): OrderTotals {
  const scale = tx.catalog.object("OrderItem")?.field("TotalPrice")?.scale ?? 2;
  const lines = tx
    .find("OrderItem", "OrderId", String(order["Id"]))
    .filter((row) => row["IsDeleted"] !== true || order["IsDeleted"] === true)
    .map((row): LineTotal => {
      const quantity = numberIn(row, "Quantity");
      const unitPrice = numberIn(row, "UnitPrice");
      return {
        row,
        product: productOf(tx, row),
        quantity,
        unitPrice,
        stored: numberIn(row, "TotalPrice"),
        recomputed: multiply(quantity, unitPrice, scale),
      };
    });
  return { lines, stored: numberIn(order, "TotalAmount"), recomputed: sum(lines.map((line) => line.recomputed)) };
}

/** The name of a line's product, or the line's own number. */
export function productOf(tx: Transaction, line: Row): string {
  const product = tx.get("Product2", String(line["Product2Id"]));
  return String(product?.["Name"] ?? line["OrderItemNumber"] ?? line["Id"]);
}

function numberIn(row: Row, field: string): number {
  const value = row[field];
  return typeof value === "number" ? value : 0;
}
