/** The first meeting of two systems that both hold the customers, products and orders already. */
import { describe, expect, it } from "vitest";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import { operationsOf } from "../../../src/sync/split.ts";
import { erpMapping, type MappingChanges } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const BY_NUMBER = [
  { field: "AccountNumber", external: "no", ignore: ["case", "blanks", "leadingZeros"] },
] satisfies MappingInput["objects"][string]["match"];
const MATCHED = { Account: { match: BY_NUMBER } } satisfies MappingChanges;

async function accounts(shop: Shop): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return await shop.salesforce.query("SELECT Id, Name, Phone, AccountNumber, ERP_Key__c FROM Account ORDER BY Name");
}

describe("customers that stand on both sides", () => {
  it("are tied together by the matched field, whatever its spelling, and none is made twice", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.erp.put("customers", "0042", { name: "Boats" });
    shop.erp.put("customers", "c-7", { name: "Mills", phone: "+48 7" });
    const boats = shop.insert("Account", { Name: "Boats Ltd", AccountNumber: "42", Phone: "+45 1" });
    const mills = shop.insert("Account", { Name: "Mills", AccountNumber: "C - 7" });

    const report = await shop.run();
    const second = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(await accounts(shop)).toMatchObject([
      { Id: boats, Name: "Boats", Phone: "+45 1", ERP_Key__c: "erp:Account:0042" },
      { Id: mills, Name: "Mills", Phone: "+48 7", ERP_Key__c: "erp:Account:c-7" },
    ]);
    expect(second.writes).toBe(0);
  });

  it("settle fields that differ by the policy, keep the loser on record, and fill what is empty from the other side", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.erp.put("customers", "42", { name: "Boats" });
    shop.insert("Account", { Name: "Boats Ltd", AccountNumber: "42", Phone: "+45 1" });

    const report = await shop.run();

    expect(report.conflicts).toMatchObject([
      { field: "Name", salesforce: "Boats Ltd", external: "Boats", winner: "external", rule: "policy external" },
    ]);
    expect(shop.erp.row("customers", "42")?.fields).toMatchObject({ name: "Boats", phone: "+45 1" });
  });

  it("are planned as adopted, with the record and the fields that told, and with the right number of calls", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.batch(3);
    const id = shop.insert("Account", { Name: "Customer 1", AccountNumber: "C1" });

    const plan = await makePlan(shop.ports, { holder: "test" });
    const calls = await shop.calls(() => shop.run());

    expect(plan.writes.filter(({ object }) => object === "Account").map(({ key, actions }) => [key, actions])).toEqual([
      ["erp:Account:C0", ["create"]],
      ["erp:Account:C1", ["adopt"]],
      ["erp:Account:C2", ["create"]],
    ]);
    const adopted = plan.writes.find(({ key }) => key === "erp:Account:C1");
    expect(adopted?.changes).toMatchObject([
      { field: "ERP_Key__c", to: "erp:Account:C1", rule: `${id} is adopted: matched by AccountNumber` },
    ]);
    expect(plan.calls.reading + plan.calls.writing).toBe(calls);
    expect(plan.unkeyed).toEqual([]);
  });

  it("are counted in the plan where the mapping names no match and records would be made beside them", async () => {
    const shop = await Shop.open();
    shop.batch(2);
    shop.insert("Account", { Name: "Customer 1", AccountNumber: "C1" });

    const plan = await makePlan(shop.ports, { holder: "test" });

    expect(plan.unkeyed).toEqual([
      { object: "Account", keyField: "ERP_Key__c", count: 1, matched: false, keyFormat: "erp:Account:<no>" },
    ]);
  });

  it("are told by the first run where the mapping names no match, and by no later one", async () => {
    const shop = await Shop.open();
    shop.batch(2);
    shop.insert("Account", { Name: "Customer 1", AccountNumber: "C1" });

    const { notices } = await shop.run();

    const message = expect.stringMatching(/^Account: 1 record carries no key .*duplicate.*order-sync check/);
    expect(notices).toMatchObject([{ code: "UNKEYED", message }]);
    shop.insert("Account", { Name: "Customer 3" });
    expect((await shop.run()).notices).toEqual([]);
  });

  it("are not told where the mapping names a match, or makes nothing in Salesforce", async () => {
    for (const mapping of [erpMapping(MATCHED), erpMapping({ Account: { create: { salesforce: false } } })]) {
      const shop = await Shop.open(mapping);
      shop.insert("Account", { Name: "Customer 1" });

      expect((await shop.run()).notices).toEqual([]);
    }
  });

  it("must agree in all matched fields, and an empty one agrees with nothing", async () => {
    const match = ["Name", { field: "Phone", ignore: ["nonDigits" as const] }];
    const shop = await Shop.open(erpMapping({ Account: { match } }));
    shop.erp.put("customers", "C1", { name: "Boats", phone: "+45 10 20" });
    shop.erp.put("customers", "C2", { name: "Mills" });
    const boats = shop.insert("Account", { Name: "Boats", Phone: "(45) 1020" });
    shop.insert("Account", { Name: "Boats", Phone: "(45) 3040" });
    shop.insert("Account", { Name: "Mills" });

    await shop.run();

    const keyed = (await accounts(shop)).filter((account) => account["ERP_Key__c"] !== null);
    expect(keyed).toHaveLength(2);
    expect(keyed.find((account) => account["Id"] === boats)).toMatchObject({ ERP_Key__c: "erp:Account:C1" });
    expect(await accounts(shop)).toHaveLength(4);
  });

  it("cost one call to see that the org has no unkeyed record, in a run that makes some", async () => {
    const with_ = await Shop.open(erpMapping(MATCHED));
    const without = await Shop.open();
    for (const shop of [with_, without]) shop.batch(1_200);

    const matched = await with_.calls(() => with_.run());
    const plain = await without.calls(() => without.run());

    expect(matched - plain).toBe(1);
    expect(await with_.calls(() => with_.run())).toBe(1);
  });
});

describe("records that match several", () => {
  it("in Salesforce are listed and left alone until one of them is keyed by hand", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.erp.put("customers", "42", { name: "Boats" });
    const one = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    const two = shop.insert("Account", { Name: "Boats", AccountNumber: "0042" });

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:42", obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(report.unsynced[0]?.obstacles[0]?.message).toContain(one);
    expect(report.unsynced[0]?.obstacles[0]?.message).toContain(two);
    expect(await accounts(shop)).toHaveLength(2);

    shop.update("Account", two, { ERP_Key__c: "erp:Account:42" });
    const next = await shop.run();

    expect(next).toMatchObject({ unsynced: [], openDeadLetters: 0 });
    expect(await accounts(shop)).toHaveLength(2);
  });

  it("in the external system are listed, none is made and none is tied", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.erp.put("customers", "42", { name: "Boats" });
    shop.erp.put("customers", "0042", { name: "Boats, too" });
    shop.insert("Account", { Name: "Boats", AccountNumber: "42" });

    const report = await shop.run();

    expect(report.unsynced.map(({ key }) => key).sort()).toEqual(["erp:Account:0042", "erp:Account:42"]);
    expect(await accounts(shop)).toMatchObject([{ ERP_Key__c: null }]);
  });

  it("are named with the record that carries another key", async () => {
    const shop = await Shop.open(erpMapping({ Account: { match: [{ field: "AccountNumber", external: "no" }] } }));
    shop.erp.put("customers", "C1", { name: "Boats" });
    shop.insert("Account", { Name: "Boats", AccountNumber: "C1", ERP_Key__c: "erp:Account:C9" });
    shop.insert("Account", { Name: "Prospect" });

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:C1", obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(report.unsynced[0]?.obstacles[0]?.message).toContain("erp:Account:C9");
  });
});

describe("a Salesforce record that would be made in the external system", () => {
  const both = { Account: { match: BY_NUMBER, create: { external: true } } } satisfies MappingChanges;

  it("is tied to the one that is there", async () => {
    const shop = await Shop.open(erpMapping(both));
    shop.erp.put("customers", "0042", { name: "Boats" });
    const boats = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    const mills = shop.insert("Account", { Name: "Mills" });

    const report = await shop.run();
    const second = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(new Set(shop.erp.rows("customers").map(({ key }) => key[0]))).toEqual(new Set(["0042", mills]));
    expect(await shop.record("Account", "erp:Account:0042", "Name")).toMatchObject({ Id: boats });
    expect(second.writes).toBe(0);
  });

  it("is held back where that one is tied to another record: it may be a copy", async () => {
    const shop = await Shop.open(erpMapping(both));
    shop.erp.put("customers", "0042", { name: "Boats" });
    await shop.run();
    const copy = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });

    const report = await shop.run();
    const again = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: `erp:Account:${copy}`, obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(again.openDeadLetters).toBe(1);
    expect(shop.erp.rows("customers")).toHaveLength(1);

    shop.update("Account", copy, { AccountNumber: "43" });
    await shop.run();

    expect(shop.erp.rows("customers")).toHaveLength(2);
  });

  it("that waited under a key of its own is adopted when what was in the way is gone", async () => {
    const shop = await Shop.open(erpMapping(both));
    shop.erp.put("customers", "0042", { name: "Boats" });
    const one = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    const two = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    await shop.run();
    shop.save({ operation: "delete", records: [{ object: "Account", id: two, values: {} }] });

    await shop.run();
    const last = await shop.run();

    expect(last).toMatchObject({ unsynced: [], openDeadLetters: 0, writes: 0 });
    expect(await accounts(shop)).toMatchObject([{ Id: one, ERP_Key__c: "erp:Account:0042" }]);
    expect(shop.erp.rows("customers")).toHaveLength(1);
  });
});

describe("prices that stand on both sides", () => {
  const products = {
    Product2: { match: [{ field: "ProductCode", external: "sku", ignore: ["case"] }] },
  } satisfies MappingChanges;

  it("adopts the standard price of an adopted product, which Salesforce allows only once", async () => {
    const shop = await Shop.open(erpMapping(products));
    const [book] = await shop.salesforce.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
    const product = shop.insert("Product2", { Name: "Tea", ProductCode: "tea", IsActive: true });
    const entry = shop.insert("PricebookEntry", {
      Product2Id: product,
      Pricebook2Id: String(book?.["Id"]),
      UnitPrice: 9,
      IsActive: true,
    });
    shop.batch(1);

    const report = await shop.run();
    const second = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(await shop.record("PricebookEntry", "erp:PricebookEntry:TEA", "UnitPrice")).toMatchObject({
      Id: entry,
      UnitPrice: 10,
    });
    expect(second.writes).toBe(0);
  });
});

describe("a plan for an org that holds a part of the products", () => {
  it("looks for the prices of those that are there, and plans the others", async () => {
    const match = [{ field: "ProductCode", external: "sku" }];
    const shop = await Shop.open(erpMapping({ Product2: { match } }));
    const [book] = await shop.salesforce.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
    const Product2Id = shop.insert("Product2", { Name: "Tea", ProductCode: "TEA", IsActive: true });
    shop.insert("PricebookEntry", { Product2Id, Pricebook2Id: String(book?.["Id"]), UnitPrice: 10, IsActive: true });
    for (const sku of ["RICE", "TEA"]) shop.erp.put("products", sku, { name: sku, price: "10" });

    const plan = await makePlan(shop.ports, { holder: "test" });
    const calls = await shop.calls(() => shop.run());

    expect(plan.writes.map(({ key, actions }) => [key, actions])).toEqual([
      ["erp:Product2:RICE", ["create"]],
      ["erp:Product2:TEA", ["adopt", "update"]],
      ["erp:PricebookEntry:RICE", ["create"]],
      ["erp:PricebookEntry:TEA", ["adopt"]],
    ]);
    expect(plan.calls.reading + plan.calls.writing).toBe(calls);
  });
});

describe("orders that stand on both sides", () => {
  const matched = {
    Account: { match: BY_NUMBER },
    Product2: { match: [{ field: "ProductCode", external: "sku", ignore: ["case" as const] }] },
    Order: { match: [{ field: "OrderReferenceNumber", external: "no" }, "AccountId"] },
  } satisfies MappingChanges;

  interface Old {
    readonly shop: Shop;
    readonly order: string;
    readonly entry: (sku: string) => string;
  }

  /** The same customer, two products with prices and one order on both sides; nothing is keyed. */
  async function oldOrder(lines: readonly { readonly sku: string; readonly quantity: number }[]): Promise<Old> {
    const shop = await Shop.open(erpMapping(matched));
    shop.erp.put("customers", "C0", { name: "Customer 0" });
    for (const sku of ["TEA", "RICE"]) shop.erp.put("products", sku, { name: sku, price: "10" });
    const [book] = await shop.salesforce.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
    const Pricebook2Id = String(book?.["Id"]);
    const account = shop.insert("Account", { Name: "Customer 0", AccountNumber: "C0" });
    const entries = new Map(
      ["TEA", "RICE"].map((sku) => {
        const Product2Id = shop.insert("Product2", { Name: sku, ProductCode: sku.toLowerCase(), IsActive: true });
        return [
          sku,
          shop.insert("PricebookEntry", { Product2Id, Pricebook2Id, UnitPrice: 10, IsActive: true }),
        ] as const;
      }),
    );
    const entry = (sku: string): string => entries.get(sku) ?? "";
    const order = shop.insert("Order", {
      AccountId: account,
      Pricebook2Id,
      EffectiveDate: "2026-03-01",
      Status: "Draft",
      OrderReferenceNumber: "O1",
    });
    for (const { sku, quantity } of lines) {
      shop.insert("OrderItem", { OrderId: order, PricebookEntryId: entry(sku), Quantity: quantity, UnitPrice: 10 });
    }
    return { shop, order, entry };
  }

  function erpOrder(shop: Shop, lines: readonly { readonly sku: string; readonly quantity: string }[]): void {
    const items = lines.map(({ sku, quantity }, index) => [String((index + 1) * 10), { sku, quantity, price: "10" }]);
    shop.erp.put("orders", "O1", { customer_no: "C0", date: "2026-03-01", state: "draft" }, Object.fromEntries(items));
  }

  async function lines(shop: Shop): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return await shop.salesforce.query("SELECT Id, ERP_Key__c, Quantity, OrderId FROM OrderItem ORDER BY ERP_Key__c");
  }

  it("are adopted with their lines, which are told apart by their price", async () => {
    const { shop, order } = await oldOrder([
      { sku: "RICE", quantity: 3 },
      { sku: "TEA", quantity: 2 },
    ]);
    erpOrder(shop, [
      { sku: "TEA", quantity: "2" },
      { sku: "RICE", quantity: "4" },
    ]);

    const report = await shop.run();
    const second = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(await shop.record("Order", "erp:Order:O1", "Status")).toMatchObject({ Id: order });
    expect(await lines(shop)).toMatchObject([
      { ERP_Key__c: "erp:OrderItem:O1:10", Quantity: 2, OrderId: order },
      { ERP_Key__c: "erp:OrderItem:O1:20", Quantity: 4, OrderId: order },
    ]);
    expect(report.conflicts.map(({ field, winner }) => [field, winner])).toContainEqual(["Quantity", "external"]);
    expect(second.writes).toBe(0);
  });

  it("get the lines that only the external system has, and equal lines need not be told apart", async () => {
    const { shop } = await oldOrder([
      { sku: "TEA", quantity: 2 },
      { sku: "TEA", quantity: 2 },
    ]);
    erpOrder(shop, [
      { sku: "TEA", quantity: "2" },
      { sku: "TEA", quantity: "2" },
      { sku: "RICE", quantity: "1" },
    ]);

    const report = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect((await lines(shop)).map((line) => line["ERP_Key__c"])).toEqual([
      "erp:OrderItem:O1:10",
      "erp:OrderItem:O1:20",
      "erp:OrderItem:O1:30",
    ]);
  });

  it("wait where both sides have lines that nothing tells apart, until a person puts them right", async () => {
    const { shop } = await oldOrder([
      { sku: "TEA", quantity: 2 },
      { sku: "TEA", quantity: 3 },
    ]);
    erpOrder(shop, [
      { sku: "TEA", quantity: "5" },
      { sku: "TEA", quantity: "3" },
      { sku: "TEA", quantity: "7" },
    ]);

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Order:O1", obstacles: [{ code: "MATCH_LINES" }] }]);
    expect(await lines(shop)).toHaveLength(2);

    const left = (await lines(shop)).find((line) => line["Quantity"] === 2);
    shop.update("OrderItem", String(left?.["Id"]), { ERP_Key__c: "erp:OrderItem:O1:10" });
    const next = await shop.run();

    expect(next).toMatchObject({ unsynced: [], openDeadLetters: 0 });
    expect((await lines(shop)).map((line) => line["Quantity"])).toEqual([5, 3, 7]);
  });

  it("are adopted once, also when the run dies between the adoption and its record", async () => {
    const { shop, order } = await oldOrder([{ sku: "TEA", quantity: 2 }]);
    erpOrder(shop, [{ sku: "TEA", quantity: "2" }]);
    const state = { ...dyingAfter(shop, "Order") };

    await expect(shop.run({}, state)).rejects.toThrow("the process dies");
    const next = await shop.run();
    const rest = await shop.run();

    expect(next.unsynced).toEqual([]);
    expect(rest.writes).toBe(0);
    expect(await shop.salesforce.query("SELECT Id FROM Order")).toEqual([expect.objectContaining({ Id: order })]);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(1);
    expect(await lines(shop)).toMatchObject([{ ERP_Key__c: "erp:OrderItem:O1:10" }]);
  });

  /** An org whose first write of the object lands, and then everything ends. */
  function dyingAfter(shop: Shop, object: string): { readonly salesforce: Shop["salesforce"] } {
    const execute: Shop["salesforce"]["execute"] = async (call, listener) => {
      const outcomes = await shop.salesforce.execute(call, listener);
      if (operationsOf(call).some((operation) => operation.object === object)) throw new Error("the process dies");
      return outcomes;
    };
    return { salesforce: { ...shop.salesforce, execute } };
  }
});

describe("the keys of lines", () => {
  async function shopWithLines(): Promise<{ readonly shop: Shop; readonly first: string; readonly second: string }> {
    const shop = await Shop.open(erpMapping({ Order: { create: { external: true }, delete: { external: true } } }));
    shop.batch(1);
    shop.order("O1", { lines: 2 });
    await shop.run();
    const rows = await shop.salesforce.query("SELECT Id FROM OrderItem ORDER BY ERP_Key__c");
    return { shop, first: String(rows[0]?.["Id"]), second: String(rows[1]?.["Id"]) };
  }

  async function expectAsBefore(shop: Shop, first: string, second: string): Promise<void> {
    const rows = await shop.salesforce.query("SELECT Id, ERP_Key__c FROM OrderItem ORDER BY ERP_Key__c");
    expect(rows).toMatchObject([
      { Id: first, ERP_Key__c: "erp:OrderItem:O1:10" },
      { Id: second, ERP_Key__c: "erp:OrderItem:O1:20" },
    ]);
    expect([...(shop.erp.row("orders", "O1")?.lines.keys() ?? [])].sort()).toEqual(["10", "20"]);
    expect((await shop.run()).writes).toBe(0);
  }

  it.each([
    ["cleared", null],
    ["retyped", "erp:OrderItem:O1:99"],
    ["overwritten", "hello"],
  ])("that a user has %s are put back, and no line is removed or made", async (_how, unsynced) => {
    const { shop, first, second } = await shopWithLines();
    shop.update("OrderItem", first, { ERP_Key__c: unsynced });

    const report = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(report.written.map(({ action }) => action)).toContain("restore key");
    await expectAsBefore(shop, first, second);
  });

  it("that a user has swapped are put right within the order's one write", async () => {
    const { shop, first, second } = await shopWithLines();
    shop.update("OrderItem", first, { ERP_Key__c: null });
    shop.update("OrderItem", second, { ERP_Key__c: "erp:OrderItem:O1:10" });
    shop.update("OrderItem", first, { ERP_Key__c: "erp:OrderItem:O1:20" });

    await shop.run();

    await expectAsBefore(shop, first, second);
  });
});
