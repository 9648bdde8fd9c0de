/** How many API calls work takes, as counts. */
import { describe, expect, it } from "vitest";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

describe("API calls", () => {
  it("a run at rest over five objects makes one call", async () => {
    const watched = { watch: true };
    const shop = await Shop.open(erpMapping({ Product2: watched, PricebookEntry: watched }));
    shop.batch(3);
    shop.order("O1", { state: "released" });
    await shop.run();
    await shop.run();

    expect(await shop.calls(() => shop.run())).toBe(1);
  });

  it("1,000 independent upserts take one write call", async () => {
    const shop = await Shop.open();
    for (let index = 0; index < 1_000; index += 1)
      shop.erp.put("customers", `C${index}`, { name: `Customer ${index}` });

    const report = await shop.run();

    expect(report.writes).toBe(1_000);
    expect(shop.writeCalls).toBe(1);
    expect(report.predictedWriteCalls).toBe(1);
  });

  it("1,001 take a second one", async () => {
    const shop = await Shop.open();
    for (let index = 0; index <= 1_000; index += 1)
      shop.erp.put("customers", `C${index}`, { name: `Customer ${index}` });

    await shop.run();

    expect(shop.writeCalls).toBe(2);
  });

  it("1,000 new orders with three lines and their activation take 14 write calls, atomic per order", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();
    for (let index = 0; index < 1_000; index += 1) shop.order(`O${index}`, { lines: 3, state: "released" });
    const before = shop.writeCalls;

    const report = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(report.writes).toBe(1_000);
    expect(shop.writeCalls - before).toBeLessThanOrEqual(14);
    const activated = await shop.salesforce.query("SELECT Id FROM Order WHERE StatusCode = 'Activated'");
    expect(activated).toHaveLength(1_000);
  }, 60_000);

  it("200 orders that changed in the ERP are read and written to Salesforce in three calls", async () => {
    const shop = await shopWithOrders(200);
    for (let index = 0; index < 200; index += 1) shop.erp.put("orders", `O${index}`, { note: "changed" });

    const calls = await shop.calls(() => shop.run());

    expect(calls).toBeLessThanOrEqual(3);
    const orders = await shop.salesforce.query("SELECT Description FROM Order");
    expect(orders.filter((order) => order["Description"] === "changed")).toHaveLength(200);
  });

  it("200 orders that changed in Salesforce are read and written to the ERP in three calls", async () => {
    const shop = await shopWithOrders(200);
    const orders = await shop.salesforce.query("SELECT Id FROM Order");
    const records = orders.map((order) => ({
      object: "Order",
      id: String(order["Id"]),
      values: { Description: "changed" },
    }));
    shop.save({ operation: "update", records });

    const calls = await shop.calls(() => shop.run());

    expect(calls).toBeLessThanOrEqual(3);
    expect(shop.erp.rows("orders").filter((row) => row.fields["note"] === "changed")).toHaveLength(200);
  });
});

async function shopWithOrders(count: number): Promise<Shop> {
  const shop = await Shop.open();
  shop.batch(1);
  for (let index = 0; index < count; index += 1) shop.order(`O${index}`);
  await shop.run();
  await shop.run();
  return shop;
}
