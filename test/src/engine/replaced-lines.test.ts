/** Order lines that get another product or another number in the ERP, against a real order life cycle. */
import { describe, expect, it } from "vitest";
import { overrideState } from "../../../src/engine/context/state-views.ts";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import type { BusinessKey } from "../../../src/model/key.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const KEY = "erp:Order:O1" as BusinessKey;

/** An order with two lines, tea and coffee, on which both sides agree. */
async function synced(mapping = erpMapping(), state = "draft"): Promise<Shop> {
  const shop = await Shop.open(mapping, { bulkPaceMs: 5_000 });
  shop.batch(1);
  shop.erp.put("products", "COF", { name: "Coffee", price: "7" });
  shop.order("O1", { lines: 1, state });
  shop.erp.put("orders", "O1", {}, { "20": { sku: "COF", quantity: "3", price: "7" } });
  await shop.run();
  return shop;
}

/** The lines as Salesforce shows them: number, product, quantity. */
async function lines(shop: Shop): Promise<readonly string[]> {
  const items = await shop.salesforce.query(
    "SELECT ERP_Key__c, PricebookEntry.Product2.Name, Quantity FROM OrderItem ORDER BY ERP_Key__c",
  );
  return items.map((item) => {
    const { PricebookEntry: price } = item as {
      readonly PricebookEntry: { readonly Product2: { readonly Name: string } };
    };
    return `${String(item["ERP_Key__c"]).split(":").at(-1)} ${price.Product2.Name} ${String(item["Quantity"])}`;
  });
}

describe("an order whose lines change their products in the ERP", () => {
  it.each(["draft", "released"])(
    "shows the same lines in Salesforce within one call, with the status %s",
    async (state) => {
      const shop = await synced(erpMapping(), state);
      shop.erp.put("orders", "O1", {}, { "10": { sku: "COF", quantity: "5", price: "7" } });
      const plan = await makePlan(shop.ports, { holder: "test" });
      const callsBefore = shop.writeCalls;
      const report = await shop.run();

      expect(await lines(shop)).toEqual(["10 Coffee 5", "20 Coffee 3"]);
      expect(plan.calls.writing).toBe(1);
      expect(shop.writeCalls - callsBefore).toBe(1);
      expect(plan.writes).toMatchObject([
        {
          key: KEY,
          changes: [
            { field: "PricebookEntryId", from: "erp:PricebookEntry:TEA", to: "erp:PricebookEntry:COF" },
            { field: "Quantity", from: "2", to: "5" },
            { field: "UnitPrice", from: "10", to: "7" },
          ],
        },
      ]);
      const order = await shop.record("Order", KEY, "Status");
      expect(order?.["Status"]).toBe(state === "draft" ? "Draft" : "Activated");
      expect(report.unsynced).toEqual([]);
      expect((await shop.run()).writes).toBe(0);
      const [entry] = await shop.state.journal({ key: KEY, limit: 1 });
      expect(JSON.stringify(entry?.detail)).toContain("the line is removed and added again");
    },
  );

  it.each([
    { activation: "inGraph" as const, bulkRows: null },
    { activation: "after" as const, bulkRows: null },
    { activation: "after" as const, bulkRows: 1 },
  ])(
    "shows them after lines were numbered again ($activation, Bulk from $bulkRows rows)",
    async ({ activation, bulkRows }) => {
      const shop = await synced(erpMapping({ Order: { activation } }), "released");
      shop.erp.put("orders", "O1", {}, { "10": { sku: "COF", quantity: "3", price: "7" }, "20": null });
      await shop.run({ bulkRows });
      expect(await lines(shop)).toEqual(["10 Coffee 3"]);
      expect((await shop.run({ bulkRows })).writes).toBe(0);
      expect((await shop.record("Order", KEY, "Status"))?.["Status"]).toBe("Activated");
    },
  );

  it("takes over a shift of fifty lines without counting it as deletions", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    shop.erp.put("products", "COF", { name: "Coffee", price: "7" });
    const sku = (index: number): string => (index % 2 === 0 ? "TEA" : "COF");
    const numbered = (from: number): Record<string, { sku: string; quantity: string; price: string }> =>
      Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [
          String(100 + index),
          { sku: sku(index + from), quantity: "1", price: "10" },
        ]),
      );
    shop.order("O1", { lines: 0 });
    shop.erp.put("orders", "O1", {}, numbered(0));
    await shop.run();
    shop.erp.put("orders", "O1", {}, { ...numbered(1), "159": null });
    await shop.run();
    const shown = await lines(shop);
    expect(shown).toHaveLength(59);
    expect(shown.slice(0, 2)).toEqual(["100 Coffee 1", "101 Tea 1"]);
    expect((await shop.run()).writes).toBe(0);
  });

  it.each(["inGraph", "after"] as const)(
    "comes out the same where the process dies after its write (%s)",
    async (activation) => {
      const shop = await synced(erpMapping({ Order: { activation } }));
      shop.erp.put("orders", "O1", {}, { "10": { sku: "COF", quantity: "5", price: "7" } });
      let isWriting = false;
      const state = overrideState(shop.state, {
        commit: async (lease, batch) => {
          if (isWriting) throw new Error("gone");
          await shop.state.commit(lease, batch);
          isWriting = batch.putIntents !== undefined;
        },
      });
      await expect(shop.run({}, { state })).rejects.toThrow("gone");
      const [item] = await shop.salesforce.query("SELECT Id FROM OrderItem WHERE ERP_Key__c LIKE '%:10'");
      shop.save({
        operation: "update",
        records: [{ object: "OrderItem", id: String(item?.["Id"]), values: { Quantity: 9 } }],
      });

      const report = await shop.run();

      expect(report.conflicts).toEqual([]);
      expect(await lines(shop)).toEqual(["10 Coffee 9", "20 Coffee 3"]);
      expect(shop.erp.row("orders", "O1")?.lines.get("10")).toMatchObject({ sku: "COF", quantity: "9" });
    },
  );

  it("keeps an edit of the old line that falls between reading and writing in a conflict", async () => {
    const shop = await synced();
    shop.erp.put("orders", "O1", {}, { "10": { sku: "COF", quantity: "2", price: "10" } });
    const execute: typeof shop.salesforce.execute = async (call, listener) => {
      const [item] = await shop.salesforce.query("SELECT Id FROM OrderItem WHERE ERP_Key__c LIKE '%:10'");
      shop.save({
        operation: "update",
        records: [{ object: "OrderItem", id: String(item?.["Id"]), values: { Quantity: 8 } }],
      });
      return await shop.salesforce.execute(call, listener);
    };
    const report = await shop.run({}, { salesforce: { ...shop.salesforce, execute } });
    expect(report.conflicts).toMatchObject([{ field: "Quantity", salesforce: "8", winner: "external" }]);
    expect(await lines(shop)).toEqual(["10 Coffee 2", "20 Coffee 3"]);
  });
});
