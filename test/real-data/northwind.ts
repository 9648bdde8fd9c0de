/**
 * The Northwind sample as rows: read from CSV files whose traits are those of the real world. Addresses hold commas
 * without quotes, so a row may have one cell more than the header; `NULL` means empty; dates carry a time.
 */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { realData } from "./folder.ts";

/** One row by column name; null for `NULL`. */
export type NorthwindRow = Readonly<Record<string, string | null>>;

/** The four tables that an order needs. */
export interface Northwind {
  readonly customers: readonly NorthwindRow[];
  readonly products: readonly NorthwindRow[];
  readonly orders: readonly NorthwindRow[];
  readonly lines: readonly NorthwindRow[];
}

/** Reads the sample. */
export function readNorthwind(): Northwind {
  return {
    customers: table("customers.csv", "address"),
    products: table("products.csv", null),
    orders: table("orders.csv", "shipAddress"),
    lines: table("order-details.csv", null),
  };
}

/** A surplus cell comes from an unquoted comma in the address: the pieces are put together again. */
function table(file: string, address: string | null): readonly NorthwindRow[] {
  const rows: readonly (readonly string[])[] = parse(readFileSync(realData(`data/northwind/${file}`)), {
    bom: true,
    relax_column_count: true,
  });
  const [header = [], ...body] = rows;
  return body.map((cells) => {
    const at = address === null ? 0 : header.indexOf(address);
    const surplus = cells.length - header.length;
    const whole =
      surplus === 0
        ? cells
        : [...cells.slice(0, at), cells.slice(at, at + surplus + 1).join(","), ...cells.slice(at + surplus + 1)];
    return Object.fromEntries(header.map((name, index) => [name, cell(whole[index])]));
  });
}

function cell(text: string | undefined): string | null {
  return text === undefined || text === "NULL" ? null : text;
}
