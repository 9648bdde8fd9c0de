/** Which access path a query takes, how many rows it reads, and what explain says of it. */
import { describe, expect, it } from "vitest";
import { explainQuery, runQuery } from "../../../mock-server/soql/query.ts";
import type { AccessPath } from "../../../mock-server/soql/run/plan.ts";
import { createShop, id, stamp } from "./shop.ts";

const context = createShop();
const plan = (soql: string) => runQuery(soql, context).plan;

describe("the access path", () => {
  it.each<[string, AccessPath]>([
    [`Id = '${id("Order", 3)}'`, { kind: "id", ids: [id("Order", 3)] }],
    [`Id = '${id("Order", 3).slice(0, 15)}'`, { kind: "id", ids: [id("Order", 3)] }],
    [`Id IN ('${id("Order", 3)}', '${id("Order", 1)}')`, { kind: "id", ids: [id("Order", 1), id("Order", 3)] }],
    [`Id = '${id("Order", 3)}' OR Id = '${id("Order", 1)}'`, { kind: "id", ids: [id("Order", 1), id("Order", 3)] }],
    [
      `AccountId = '${id("Account", 3)}' AND Status = 'Draft'`,
      { kind: "index", field: "AccountId", values: [id("Account", 3)] },
    ],
    [`SystemModstamp >= ${stamp(3)}`, { kind: "stamp", from: stamp(3), to: null }],
    [`SystemModstamp > ${stamp(3)} AND SystemModstamp <= ${stamp(5)}`, { kind: "stamp", from: stamp(3), to: stamp(5) }],
    [`Account.Id = '${id("Account", 3)}'`, { kind: "index", field: "AccountId", values: [id("Account", 3)] }],
    [`Account.Parent.Id = '${id("Account", 3)}'`, { kind: "index", field: "AccountId", values: [] }],
    ["Owner.Email = 'x@example.org'", { kind: "scan" }],
    ["Account.CreatedBy.Username = 'nobody'", { kind: "index", field: "AccountId", values: [] }],
    [
      `OwnerId = '${id("User", 1)}' AND AccountId = '${id("Account", 3)}'`,
      { kind: "index", field: "AccountId", values: [id("Account", 3)] },
    ],
    ["Status = 'Draft'", { kind: "scan" }],
    [`Id != '${id("Order", 3)}'`, { kind: "scan" }],
    [`Id = '${id("Order", 3)}' OR Status = 'Draft'`, { kind: "scan" }],
    [`AccountId IN ('${id("Account", 3)}', null)`, { kind: "scan" }],
  ])("for %s", (condition, path) => {
    expect(plan(`SELECT Id FROM Order WHERE ${condition}`).path).toEqual(path);
  });

  it("of a delta page reads its own rows only and sorts nothing", () => {
    const soql = `SELECT Id FROM Order WHERE SystemModstamp >= ${stamp(3)} ORDER BY SystemModstamp, Id LIMIT 2`;
    expect(plan(soql)).toMatchObject({ path: { kind: "stamp" }, ordered: true, rowsRead: 2, rowsReturned: 2 });
  });

  it("without a condition stops reading at the limit", () => {
    expect(plan("SELECT Id FROM Order LIMIT 4")).toMatchObject({ path: { kind: "scan" }, rowsRead: 4 });
    expect(plan("SELECT Id FROM Order ORDER BY Status LIMIT 4")).toMatchObject({ ordered: false, rowsRead: 10 });
  });

  it("of a selective semi-join goes by its values", () => {
    const soql = `SELECT Id FROM Order WHERE Id IN (SELECT OrderId FROM OrderItem WHERE Id = '${id("OrderItem", 4)}')`;
    expect(plan(soql)).toMatchObject({ path: { kind: "id", ids: [id("Order", 2)] }, rowsRead: 1, rowsReturned: 1 });
  });
});

describe("explain", () => {
  it("names the leading operation, cheapest plan first", () => {
    const { plans, sourceQuery } = explainQuery(`SELECT Id FROM Order WHERE Id = '${id("Order", 3)}'`, context);
    expect(plans.map((each) => each.leadingOperationType)).toEqual(["Index", "TableScan"]);
    expect(plans[0]).toMatchObject({ cardinality: 1, fields: ["Id"], sobjectCardinality: 10, sobjectType: "Order" });
    expect(sourceQuery).toContain("SELECT Id");
  });

  it("of an unindexed filter is a table scan", () => {
    const { plans } = explainQuery("SELECT Id FROM Order WHERE Status = 'Draft'", context);
    expect(plans.map((each) => each.leadingOperationType)).toEqual(["TableScan"]);
  });

  it("refuses what the query itself would refuse", () => {
    expect(() => explainQuery("SELECT Foo FROM Order", context)).toThrow("No such column 'Foo'");
  });
});
