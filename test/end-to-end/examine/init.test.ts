/** The first minutes: `init` on tables that are not made for it. */
import { describe, expect, it } from "vitest";
import { withoutPassword } from "../../../src/cli/commands/init.ts";
import { starterConfig } from "../../../src/config/starter.ts";
import type { SurveyedTable } from "../../../src/external/sql/survey.ts";

const table = (name: string, columns: readonly string[], key: readonly string[]): SurveyedTable => ({
  name,
  columns,
  types: {},
  key,
  otherKeys: [],
  references: [],
  rows: 3,
  statuses: {},
});
const CUSTOMERS = table("customers", ["id", "customer_no", "name"], ["id"]);
const PRODUCTS = table("products", ["sku", "name", "price"], ["sku"]);
const LINES = table("order_lines", ["order_no", "line_no", "sku", "quantity", "unit_price"], ["order_no", "line_no"]);
const ORDERS = table("orders", ["order_no", "customer_no", "order_date"], ["order_no"]);

describe("a starter configuration", () => {
  it("knows customers by the unique column that orders refer to, not by a generated Id", () => {
    const text = starter([{ ...CUSTOMERS, otherKeys: [["customer_no"]] }, PRODUCTS, ORDERS, LINES]);

    expect(text).toContain("key: [customer_no]");
    expect(text).toContain("AccountId: { from: customer_no, reference: Account }");
  });

  it("says why orders are left out", () => {
    expect(starter([CUSTOMERS, PRODUCTS, ORDERS, LINES])).toContain(
      "# Order is left out: no column of orders was recognized as a reference to (id) of customers.",
    );
  });

  it.each([
    ["postgres://erp:s3cret@host:5432/shop", "postgres://erp:${EXTERNAL_PASSWORD}@host:5432/shop", "s3cret"],
    ["postgres://erp:p%40ss@host/shop", "postgres://erp:${EXTERNAL_PASSWORD}@host/shop", "p@ss"],
    ["postgres://erp:p@ss/word@host/shop", "postgres://erp:${EXTERNAL_PASSWORD}@host/shop", "p@ss/word"],
    ["postgres://erp:100%@host/shop", "postgres://erp:${EXTERNAL_PASSWORD}@host/shop", "100%"],
    ["postgres://erp:${PASSWORD}@host/shop", "postgres://erp:${PASSWORD}@host/shop", null],
    ["postgres://erp@host/shop", "postgres://erp@host/shop", null],
    ["file:erp.db", "file:erp.db", null],
  ])("holds no password: %s", (given, url, password) => {
    expect(withoutPassword(given)).toEqual({ url, password });
  });
});

function starter(tables: Parameters<typeof starterConfig>[0]["tables"]): string {
  return starterConfig({
    name: "erp",
    loginUrl: "http://127.0.0.1:4880",
    auth: "password",
    externalUrl: "file:erp.db",
    tables,
  }).text;
}
