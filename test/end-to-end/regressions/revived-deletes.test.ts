/** The pain: a deleted record comes back from the recycle bin, or the ERP makes it again, and ends up double or dead. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

const BOTH = { create: { external: true }, delete: { salesforce: true, external: true } };

it("an undeleted account comes back to the ERP under its own number", async () => {
  const shop = await Shop.open(erpMapping({ Account: BOTH }));
  shop.batch(2);
  await shop.run();
  const account = await shop.record("Account", "erp:Account:C0", "Name");
  const record = { object: "Account", id: String(account?.["Id"]), values: {} };
  shop.save({ operation: "delete", records: [record] });
  await shop.run();
  const deleted = shop.erp.row("customers", "C0");
  shop.save({ operation: "undelete", records: [record] });

  await shop.run();

  expect(deleted).toBeUndefined();
  expect(shop.erp.row("customers", "C0")?.fields["name"]).toBe("Customer 0");
  expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(2);
  expect((await shop.run()).writes).toBe(0);
});

it("an order that the ERP makes again gets one living record, beside the dead one", async () => {
  const shop = await Shop.open(erpMapping({ Order: BOTH }));
  shop.batch(1);
  shop.order("O1");
  await shop.run();
  shop.erp.remove("orders", "O1");
  await shop.run();
  shop.order("O1", { lines: 2 });

  await shop.run();
  await shop.run();

  expect(await shop.salesforce.query("SELECT Id FROM Order")).toHaveLength(1);
  expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(2);
  expect(shop.erp.row("orders", "O1")?.lines.size).toBe(2);
});
