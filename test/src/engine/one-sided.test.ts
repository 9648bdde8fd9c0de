/** Documents and lines that stand on one side only are left alone on purpose, and the run says so. */
import { expect, it } from "vitest";
import { merge } from "../../../mock-server/dml/merge.ts";
import { reportText } from "../../../src/cli/report-text.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

it("a run counts what one side has and the other does not get, by reason with examples, and not again at rest", async () => {
  const shop = await Shop.open(
    erpMapping({ Account: { filter: { external: { city: { not: ["Rome"] } } }, create: { salesforce: false } } }),
  );
  for (const no of ["C1", "C2", "C3", "C4", "C5", "C6", "C7"])
    shop.erp.put("customers", no, { name: no, city: "Oslo" });
  shop.erp.put("customers", "C8", { name: "C8", city: "Rome" });

  const report = await shop.run();
  const rest = await shop.run();

  expect(report.oneSided).toEqual([
    {
      object: "Account",
      code: "CREATE_NOT_ALLOWED",
      message: "exists in the external system only, and create.salesforce of Account is off",
      count: 7,
      examples: ["C1", "C2", "C3", "C4", "C5"].map((no) => ({ key: `erp:Account:${no}` })),
    },
    {
      object: "Account",
      code: "FILTERED",
      message: expect.stringContaining("filter"),
      count: 1,
      examples: [{ key: "erp:Account:C8" }],
    },
  ]);
  expect(reportText(report)).toContain(
    "one side  Account erp:Account:C1, erp:Account:C2, erp:Account:C3, erp:Account:C4, erp:Account:C5 and 2 more: CREATE_NOT_ALLOWED: exists in the external system only",
  );
  expect(rest.oneSided).toEqual([]);
});

it("a deletion that the mapping does not carry over is counted", async () => {
  const shop = await Shop.open(erpMapping({ Account: { delete: { salesforce: false, external: false } } }));
  shop.erp.put("customers", "C1", { name: "One", city: "Oslo" });
  await shop.run();
  shop.erp.remove("customers", "C1");

  const report = await shop.run();

  expect(report.oneSided).toMatchObject([
    { object: "Account", code: "DELETE_NOT_PROPAGATED", count: 1, examples: [{ key: "erp:Account:C1" }] },
  ]);
});

it("a customer that was merged away in Salesforce is counted", async () => {
  const shop = await Shop.open(erpMapping());
  shop.batch(2);
  await shop.run();
  const [master, loser] = (await shop.salesforce.query("SELECT Id FROM Account ORDER BY Name")).map((row) =>
    String(row["Id"]),
  );
  const { org } = shop.mock;
  const actor = org.actor("admin@mock.org");
  if (actor === undefined) throw new Error("there is an administrator");
  org.transaction(actor, (tx) => merge(tx, { object: "Account", masterId: String(master), loserIds: [String(loser)] }));

  const report = await shop.run();

  expect(report.oneSided).toEqual([
    {
      object: "Account",
      code: "MERGED_AWAY",
      message:
        "was merged into erp:Account:C0 in Salesforce; merge the two in the external system too, or delete this one there",
      count: 1,
      examples: [{ key: "erp:Account:C1" }],
    },
  ]);
});

it("lines that somebody made in Salesforce are listed with their order", async () => {
  const shop = await Shop.open(erpMapping());
  shop.batch(1);
  shop.order("O0");
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O0", "Status");
  const entry = await shop.record("PricebookEntry", "erp:PricebookEntry:TEA", "UnitPrice");
  shop.insert("OrderItem", {
    OrderId: String(order?.["Id"]),
    PricebookEntryId: String(entry?.["Id"]),
    Quantity: 1,
    UnitPrice: 1,
  });

  const report = await shop.run();

  expect(report.oneSided).toMatchObject([
    { object: "Order", code: "FOREIGN_LINES", count: 1, examples: [{ key: "erp:Order:O0" }] },
  ]);
});
