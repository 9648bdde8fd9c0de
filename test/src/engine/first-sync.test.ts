/** The first meeting of two systems that both hold the customers, products and orders already. */
import { describe, expect, it } from "vitest";
import { makePlan } from "../../../src/engine/plan.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
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

    expect(report.held).toEqual([]);
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
    shop.company(3);
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
    shop.company(2);
    shop.insert("Account", { Name: "Customer 1", AccountNumber: "C1" });

    const plan = await makePlan(shop.ports, { holder: "test" });

    expect(plan.unkeyed).toEqual([
      { object: "Account", keyField: "ERP_Key__c", count: 1, matched: false, keyFormat: "erp:Account:<no>" },
    ]);
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
    for (const shop of [with_, without]) shop.company(1_200);

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

    expect(report.held).toMatchObject([{ key: "erp:Account:42", obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(report.held[0]?.obstacles[0]?.message).toContain(one);
    expect(report.held[0]?.obstacles[0]?.message).toContain(two);
    expect(await accounts(shop)).toHaveLength(2);

    shop.update("Account", two, { ERP_Key__c: "erp:Account:42" });
    const next = await shop.run();

    expect(next).toMatchObject({ held: [], openDeadLetters: 0 });
    expect(await accounts(shop)).toHaveLength(2);
  });

  it("in the external system are listed, none is made and none is tied", async () => {
    const shop = await Shop.open(erpMapping(MATCHED));
    shop.erp.put("customers", "42", { name: "Boats" });
    shop.erp.put("customers", "0042", { name: "Boats, too" });
    shop.insert("Account", { Name: "Boats", AccountNumber: "42" });

    const report = await shop.run();

    expect(report.held.map(({ key }) => key).sort()).toEqual(["erp:Account:0042", "erp:Account:42"]);
    expect(await accounts(shop)).toMatchObject([{ ERP_Key__c: null }]);
  });

  it("are named with the record that carries another key", async () => {
    const shop = await Shop.open(erpMapping({ Account: { match: [{ field: "AccountNumber", external: "no" }] } }));
    shop.erp.put("customers", "C1", { name: "Boats" });
    shop.insert("Account", { Name: "Boats", AccountNumber: "C1", ERP_Key__c: "erp:Account:C9" });
    shop.insert("Account", { Name: "Prospect" });

    const report = await shop.run();

    expect(report.held).toMatchObject([{ key: "erp:Account:C1", obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(report.held[0]?.obstacles[0]?.message).toContain("erp:Account:C9");
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

    expect(report.held).toEqual([]);
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

    expect(report.held).toMatchObject([{ key: `erp:Account:${copy}`, obstacles: [{ code: "MATCH_AMBIGUOUS" }] }]);
    expect(again.openDeadLetters).toBe(1);
    expect(shop.erp.rows("customers")).toHaveLength(1);

    shop.update("Account", copy, { AccountNumber: "43" });
    await shop.run();

    expect(shop.erp.rows("customers")).toHaveLength(2);
  });

  it("that waited under a key of its own is adopted when what stood in the way is gone", async () => {
    const shop = await Shop.open(erpMapping(both));
    shop.erp.put("customers", "0042", { name: "Boats" });
    const one = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    const two = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    await shop.run();
    shop.save({ operation: "delete", records: [{ object: "Account", id: two, values: {} }] });

    await shop.run();
    const last = await shop.run();

    expect(last).toMatchObject({ held: [], openDeadLetters: 0, writes: 0 });
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
    shop.company(1);

    const report = await shop.run();
    const second = await shop.run();

    expect(report.held).toEqual([]);
    expect(await shop.record("PricebookEntry", "erp:PricebookEntry:TEA", "UnitPrice")).toMatchObject({
      Id: entry,
      UnitPrice: 10,
    });
    expect(second.writes).toBe(0);
  });
});
