/** The pain: the ERP changes an order that is activated, and Salesforce refuses with ENTITY_IS_LOCKED. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

async function activated(onActivated: "reopen" | "reduce" | "park"): Promise<Shop> {
  const settings = { enableReductionOrders: true, enableNegativeQuantity: true };
  const shop = await Shop.open(erpMapping({ Order: { onActivated } }), { settings });
  shop.batch(1);
  shop.order("O1", { lines: 2, state: "released" });
  await shop.run();
  return shop;
}

it("reopen: a new line comes in, and the order is activated again", async () => {
  const shop = await activated("reopen");
  shop.erp.put("orders", "O1", {}, { "30": { sku: "TEA", quantity: "5", price: "10" } });

  const report = await shop.run();

  expect(report.unsynced).toEqual([]);
  expect((await shop.record("Order", "erp:Order:O1", "StatusCode"))?.["StatusCode"]).toBe("Activated");
  expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(3);
});

it("park: the order waits and says what is locked", async () => {
  const shop = await activated("park");
  shop.erp.put("orders", "O1", {}, { "10": { quantity: "9" } });

  const report = await shop.run();

  expect(report.unsynced).toMatchObject([
    { key: "erp:Order:O1", how: "parked", obstacles: [{ code: "ORDER_ACTIVATED" }] },
  ]);
  expect(JSON.stringify(report.unsynced)).toContain("Quantity of line erp:OrderItem:O1:10");
});

it("park: it is written as soon as somebody has set the order back", async () => {
  const shop = await activated("park");
  shop.erp.put("orders", "O1", {}, { "10": { quantity: "9" } });
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O1", "Status");
  shop.save({
    operation: "update",
    records: [{ object: "Order", id: String(order?.["Id"]), values: { Status: "Draft" } }],
  });

  const report = await shop.run();

  expect(report.unsynced).toEqual([]);
  expect((await shop.record("OrderItem", "erp:OrderItem:O1:10", "Quantity"))?.["Quantity"]).toBe(9);
});

it("reduce: an order that was reduced is not set back to Draft, and says why", async () => {
  const shop = await activated("reduce");
  shop.erp.put("orders", "O1", {}, { "10": { quantity: "1" } });
  await shop.run();
  shop.erp.put("orders", "O1", { state: "draft" });

  const report = await shop.run();

  expect(report.unsynced).toMatchObject([
    { key: "erp:Order:O1", how: "parked", obstacles: [{ code: "ORDER_REDUCED" }] },
  ]);
  expect(report.writes).toBe(0);
  shop.erp.put("orders", "O1", { state: "released" });
  expect((await shop.run()).unsynced).toEqual([]);
});
