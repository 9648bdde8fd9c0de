import { describe, expect, it } from "vitest";
import { castRoles, referenceTo } from "../../../src/config/starter-roles.ts";
import type { SurveyedTable } from "../../../src/external/sql/survey.ts";

/** `columns` in one text; the first is the key unless the facts say otherwise. */
function table(name: string, columns: string, facts: Partial<SurveyedTable> = {}): SurveyedTable {
  const names = columns.split(" ");
  return {
    name,
    columns: names,
    types: {},
    key: names.slice(0, 1),
    otherKeys: [],
    references: [],
    rows: 10,
    statuses: {},
    ...facts,
  };
}
const refersTo = (parent: string, column: string, to = "id"): SurveyedTable["references"][number] => ({
  columns: [column],
  table: parent,
  to: [to],
});

/** A bookkeeping system: customers stand behind a general table of parties, and `account` is the chart of accounts. */
const BOOKS = [
  table("account", "id accno description category contra"),
  table("account_heading", "id accno description"),
  table("party", "id name kind"),
  table("credit_account", "id party_id number", { references: [refersTo("party", "party_id")] }),
  table("oe", "id ordnumber transdate credit_account_id", {
    references: [refersTo("credit_account", "credit_account_id")],
  }),
  table("orderitems", "id trans_id parts_id qty sellprice"),
  table("parts", "id partnumber description sellprice"),
  table("asset_item", "id description"),
];
const SHOP = [
  table("sales.customer", "customerid name phone"),
  table("sales.salesorderheader", "salesorderid orderdate customerid", {
    references: [refersTo("sales.customer", "customerid", "customerid")],
  }),
  table("sales.salesorderdetail", "salesorderid lineno productid orderqty unitprice", {
    key: ["salesorderid", "lineno"],
    references: [
      refersTo("sales.salesorderheader", "salesorderid", "salesorderid"),
      refersTo("production.product", "productid", "productid"),
    ],
  }),
  table("purchasing.purchaseorderheader", "purchaseorderid orderdate vendorid status", {
    statuses: { status: ["1"] },
  }),
  table("purchasing.purchaseorderdetail", "purchaseorderid lineno productid orderqty unitprice", {
    key: ["purchaseorderid", "lineno"],
    references: [
      refersTo("purchasing.purchaseorderheader", "purchaseorderid", "purchaseorderid"),
      refersTo("production.product", "productid", "productid"),
    ],
  }),
  table("production.product", "productid name listprice"),
  table("production.productcategory", "productcategoryid name"),
];
const names = (cast: ReturnType<typeof castRoles>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(cast).map(([role, { table: sure }]) => [role, sure?.name]));

describe("the roles of tables", () => {
  it("never take the chart of accounts for the customers", () => {
    const cast = castRoles(BOOKS);

    expect(names(cast)).toEqual({ products: "parts" });
    expect(cast.customers.candidates.map((one) => one.table.name)).not.toContain("account");
    expect(cast.customers.candidates.map((one) => one.table.name)).toContain("credit_account");
  });

  it("say of each candidate what speaks for it and against it", () => {
    const { orders } = castRoles(BOOKS);

    expect(orders.because).toBe("oe comes nearest, but no table of lines refers to it");
    expect(orders.candidates[0]?.reasons).toEqual([
      "its name says orders",
      "but no table of lines refers to it",
      "it has a date",
    ]);
  });

  it("follow foreign keys, and tell sales orders from purchase orders", () => {
    expect(names(castRoles(SHOP))).toEqual({
      customers: "sales.customer",
      products: "production.product",
      orders: "sales.salesorderheader",
      lines: "sales.salesorderdetail",
    });
  });

  it("prefer the table in use to an empty one of the same shape", () => {
    const [customers, orders, lines, ...rest] = SHOP;
    if (customers === undefined || orders === undefined || lines === undefined)
      throw new Error("the shop is incomplete");
    const old = { ...customers, name: "archive.customer", rows: 0 };

    expect(castRoles([old, customers, orders, lines, ...rest]).customers.table?.name).toBe("sales.customer");
  });

  it("stay open where two tables look alike", () => {
    const { customers } = castRoles([
      ...SHOP.slice(1),
      table("crm.customer", "customerid name phone"),
      table("web.customer", "customerid name phone"),
    ]);

    expect(customers.table).toBeUndefined();
    expect(customers.because).toBe("crm.customer and web.customer look alike");
  });

  it("do not count a table that the login may not read, nor one without a unique key", () => {
    const hidden = SHOP.map((one) => (one.name === "sales.customer" ? { ...one, rows: null } : one));
    const keyless = SHOP.map((one) => (one.name === "production.product" ? { ...one, key: [] } : one));

    expect(castRoles(hidden).customers.table).toBeUndefined();
    expect(castRoles(keyless).products.table).toBeUndefined();
  });
});

describe("a reference", () => {
  it("gives the child's columns in the order of the parent's key", () => {
    const parent = table("stores", "region code", { key: ["region", "code"] });
    const child = table("orders", "id store_code store_region", {
      references: [{ columns: ["store_code", "store_region"], table: "stores", to: ["code", "region"] }],
    });

    expect(referenceTo(child, parent)).toEqual(["store_region", "store_code"]);
  });

  it("is not read off a bare id in both tables", () => {
    expect(referenceTo(table("orders", "id day"), table("customers", "id name"))).toBeUndefined();
    expect(referenceTo(table("orders", "id customer_id"), table("customers", "id name"))).toEqual(["customer_id"]);
    expect(referenceTo(table("Order", "Id CustomerId"), table("Customer", "Id Name"))).toEqual(["CustomerId"]);
  });
});
