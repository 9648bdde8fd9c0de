/** An order's amounts, recomputed from its lines and laid beside what is stored. */
import { numberOf } from "../dml/change.ts";
import { totalPrice } from "../dml/rules/derived.ts";
import type { Transaction } from "../org/port.ts";
import { sum } from "../schema/decimal.ts";
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
  const lines = tx
    .find("OrderItem", "OrderId", String(order["Id"]))
    .filter((row) => row["IsDeleted"] !== true || order["IsDeleted"] === true)
    .map(
      (row): LineTotal => ({
        row,
        product: productOf(tx, row),
        quantity: numberOf(row, "Quantity"),
        unitPrice: numberOf(row, "UnitPrice"),
        stored: numberOf(row, "TotalPrice"),
        recomputed: totalPrice(row, tx),
      }),
    );
  return { lines, stored: numberOf(order, "TotalAmount"), recomputed: sum(lines.map((line) => line.recomputed)) };
}

/** The name of a line's product, or the line's own number. */
export function productOf(tx: Transaction, line: Row): string {
  const product = tx.get("Product2", String(line["Product2Id"]));
  return String(product?.["Name"] ?? line["OrderItemNumber"] ?? line["Id"]);
}
