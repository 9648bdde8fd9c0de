/** The pain: a record that was deleted for good leaves no row to poll, and lives on in the ERP (change-events §1.2 P8). */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it("a record that is gone from the recycle bin is deleted in the ERP too", async () => {
  const shop = await Shop.open(erpMapping({ Account: { delete: { external: true } } }));
  shop.batch(3);
  await shop.run();
  const account = await shop.record("Account", "erp:Account:C1", "Name");
  shop.save({ operation: "hardDelete", records: [{ object: "Account", id: String(account?.["Id"]), values: {} }] });

  await shop.run();

  expect(shop.erp.rows("customers").map((row) => row.key[0])).toEqual(["C0", "C2"]);
  expect((await shop.run()).writes).toBe(0);
});

it("a record that merely cannot be found is not deleted", async () => {
  const shop = await Shop.open(erpMapping({ Account: { delete: { salesforce: true, external: true } } }));
  shop.batch(1);
  await shop.run();
  const blind = { ...shop.salesforce, read: () => Promise.resolve([]) };
  shop.erp.put("customers", "C0", { name: "New name" });

  const report = await shop.run({}, { salesforce: blind });

  expect(report.unsynced).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "SALESFORCE_MISSING" }] }]);
  expect(shop.erp.row("customers", "C0")).toBeDefined();
  expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(1);
});
