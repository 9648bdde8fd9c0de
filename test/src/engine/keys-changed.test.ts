/** What users do to key fields in Salesforce: a record keeps its key, and the external system hears nothing of it. */
import { describe, expect, it } from "vitest";
import { adoptRecord, makeAnyway } from "../../../src/engine/held/adopt.ts";
import type { RecordId } from "../../../src/model/key.ts";
import { erpMapping, type MappingChanges } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

/** Everything that could make or delete something on account of a key is allowed. */
const OPEN = {
  Account: { create: { external: true }, delete: { salesforce: true, external: true } },
  Order: { create: { external: true }, delete: { salesforce: true, external: true } },
} satisfies MappingChanges;

async function keyed(shop: Shop): Promise<Readonly<Record<string, unknown>>> {
  const records = await shop.salesforce.query("SELECT Id, Name, ERP_Key__c FROM Account");
  return Object.fromEntries(records.map((record) => [String(record["Id"]), record["ERP_Key__c"]]));
}

async function shopWithTwo(options: { readonly uniqueKeys?: boolean } = {}): Promise<{
  readonly shop: Shop;
  readonly first: string;
  readonly second: string;
}> {
  const shop = await Shop.open(erpMapping(OPEN), options);
  shop.company(2);
  await shop.run();
  const [first, second] = await Promise.all(
    ["erp:Account:C0", "erp:Account:C1"].map(async (key) =>
      String((await shop.record("Account", key, "Name"))?.["Id"]),
    ),
  );
  return { shop, first: first ?? "", second: second ?? "" };
}

async function expectAsBefore(shop: Shop, ids: readonly string[]): Promise<void> {
  const [first = "", second = ""] = ids;
  expect(await keyed(shop)).toEqual({ [first]: "erp:Account:C0", [second]: "erp:Account:C1" });
  expect(shop.erp.rows("customers").map(({ key, fields }) => [key[0], fields["name"]])).toEqual([
    ["C0", "Customer 0"],
    ["C1", "Customer 1"],
  ]);
  const names = await shop.salesforce.query("SELECT Id, Name FROM Account ORDER BY Name");
  expect(names).toMatchObject([
    { Id: first, Name: "Customer 0" },
    { Id: second, Name: "Customer 1" },
  ]);
  const rest = await shop.run();
  expect(rest).toMatchObject({ writes: 0, held: [], openDeadLetters: 0 });
}

describe("a key that a user changes", () => {
  it.each([
    ["to one that nobody has", "erp:Account:C-99"],
    ["to a text that is no key", "hello"],
    ["to nothing", null],
  ])("%s is put back, and told as a conflict", async (_how, held) => {
    const { shop, first, second } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: held });

    const report = await shop.run();

    expect(report.conflicts).toMatchObject([
      {
        key: "erp:Account:C0",
        field: "ERP_Key__c",
        salesforce: held,
        winner: "external",
        rule: "a record keeps its key",
      },
    ]);
    expect(report.written).toMatchObject([{ action: "restore key", count: 1 }]);
    await expectAsBefore(shop, [first, second]);
  });

  it("with the key of another record is put right on both, in one run", async () => {
    const { shop, first, second } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: null });
    shop.update("Account", second, { ERP_Key__c: "erp:Account:C0" });
    shop.update("Account", first, { ERP_Key__c: "erp:Account:C1" });

    const report = await shop.run();

    expect(report.conflicts.map(({ key, salesforce }) => [key, salesforce])).toEqual([
      ["erp:Account:C0", "erp:Account:C1"],
      ["erp:Account:C1", "erp:Account:C0"],
    ]);
    await expectAsBefore(shop, [first, second]);
  });

  it("is put back when only the external feed names one of the swapped records", async () => {
    const shop = await Shop.open(erpMapping({ Account: { watch: false, fields: toSalesforceOnly() } }));
    shop.company(2);
    await shop.run();
    const records = await Promise.all(
      ["erp:Account:C0", "erp:Account:C1"].map((key) => shop.record("Account", key, "Name")),
    );
    const [first = "", second = ""] = records.map((record) => String(record?.["Id"]));
    shop.update("Account", first, { ERP_Key__c: null });
    shop.update("Account", second, { ERP_Key__c: "erp:Account:C0" });
    shop.update("Account", first, { ERP_Key__c: "erp:Account:C1" });
    shop.erp.put("customers", "C0", { phone: "+45 1" });

    await shop.run();

    expect(await keyed(shop)).toEqual({ [first]: "erp:Account:C0", [second]: "erp:Account:C1" });
    expect(await shop.record("Account", "erp:Account:C0", "Name, Phone")).toMatchObject({
      Name: "Customer 0",
      Phone: "+45 1",
    });
  });

  it("to that of a new customer is put back before that one is made", async () => {
    const { shop, first, second } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: "erp:Account:C9" });
    shop.erp.put("customers", "C9", { name: "New" });

    await shop.run();

    const made = await shop.record("Account", "erp:Account:C9", "Name");
    expect(await keyed(shop)).toEqual({
      [first]: "erp:Account:C0",
      [second]: "erp:Account:C1",
      [String(made?.["Id"])]: "erp:Account:C9",
    });
    expect(await shop.record("Account", "erp:Account:C0", "Name")).toMatchObject({ Name: "Customer 0" });
    expect(made).toMatchObject({ Name: "New" });
    expect(shop.erp.rows("customers")).toHaveLength(3);
  });

  it("and moves to another record comes back, and the other one is none of ours", async () => {
    const { shop, first } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: null });
    const other = shop.insert("Account", { Name: "Other", ERP_Key__c: "erp:Account:C0" });

    await shop.run();

    expect(await shop.record("Account", "erp:Account:C0", "Name")).toMatchObject({ Id: first, Name: "Customer 0" });
    expect((await keyed(shop))[other]).not.toBe("erp:Account:C0");
    expect(shop.erp.row("customers", "C0")?.fields).toMatchObject({ name: "Customer 0" });
  });

  it("is still put back when the run dies after the other record let go of it", async () => {
    const { shop, first, second } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: null });
    shop.update("Account", second, { ERP_Key__c: "erp:Account:C0" });
    shop.update("Account", first, { ERP_Key__c: "erp:Account:C1" });
    let calls = 0;
    const salesforce = {
      ...shop.salesforce,
      execute: async (...given: Parameters<typeof shop.salesforce.execute>) => {
        const outcomes = await shop.salesforce.execute(...given);
        calls += 1;
        if (calls === 1) throw new Error("the process dies");
        return outcomes;
      },
    };
    await expect(shop.run({}, { salesforce })).rejects.toThrow("the process dies");

    await shop.run();

    await expectAsBefore(shop, [first, second]);
  });
});

describe("a copy of a record with its key, where the field is not unique", () => {
  it("is listed and left alone, and the record that it was copied from goes on", async () => {
    const { shop, first } = await shopWithTwo({ uniqueKeys: false });
    const copy = shop.insert("Account", { Name: "Customer 0 (copy)", ERP_Key__c: "erp:Account:C0" });
    shop.erp.put("customers", "C0", { phone: "+45 1" });

    const report = await shop.run();

    expect(report.held).toMatchObject([{ key: `Account ${copy}`, obstacles: [{ code: "KEY_COPIED" }] }]);
    expect(shop.erp.row("customers", "C0")?.fields).toMatchObject({ name: "Customer 0" });
    const phones = await shop.salesforce.query("SELECT Id, Phone FROM Account WHERE ERP_Key__c = 'erp:Account:C0'");
    expect(phones.find((record) => record["Id"] === first)).toMatchObject({ Phone: "+45 1" });
    expect(phones.find((record) => record["Id"] === copy)).toMatchObject({ Phone: null });

    shop.save({ operation: "delete", records: [{ object: "Account", id: copy, values: {} }] });
    const next = await shop.run();

    expect(next).toMatchObject({ writes: 0, openDeadLetters: 0 });
    expect(shop.erp.rows("customers")).toHaveLength(2);
  });

  it("is a copy also where it shows the very same values", async () => {
    const { shop } = await shopWithTwo({ uniqueKeys: false });
    const copy = shop.insert("Account", { Name: "Customer 0", ERP_Key__c: "erp:Account:C0" });

    const report = await shop.run();

    expect(report.held).toMatchObject([{ key: `Account ${copy}`, obstacles: [{ code: "KEY_COPIED" }] }]);
  });

  it("takes the record's place when a person says so", async () => {
    const { shop, first } = await shopWithTwo({ uniqueKeys: false });
    const copy = shop.insert("Account", { Name: "Customer 0, moved", ERP_Key__c: "erp:Account:C0" });
    await shop.run();

    await adoptRecord(answers(shop), shop.ports.mapping, { key: "erp:Account:C0", recordId: copy as RecordId });
    const report = await shop.run();

    expect(report.held).toMatchObject([{ key: `Account ${first}`, obstacles: [{ code: "KEY_COPIED" }] }]);
    expect(await shop.salesforce.query(`SELECT Name FROM Account WHERE Id = '${copy}'`)).toMatchObject([
      { Name: "Customer 0" },
    ]);
  });
});

describe("two records with one key that nobody has told apart yet", () => {
  it("are listed, and nothing is written to either", async () => {
    const shop = await Shop.open(erpMapping(OPEN), { uniqueKeys: false });
    shop.company(1);
    shop.insert("Account", { Name: "One", ERP_Key__c: "erp:Account:C0" });
    shop.insert("Account", { Name: "Two", ERP_Key__c: "erp:Account:C0" });

    const report = await shop.run();

    expect(report.held).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "KEY_TWICE" }] }]);
    const names = await shop.salesforce.query("SELECT Name FROM Account ORDER BY Name");
    expect(names).toMatchObject([{ Name: "One" }, { Name: "Two" }]);
  });
});

describe("what a person says about a record", () => {
  const matched = {
    Account: { match: [{ field: "AccountNumber", external: "no", ignore: ["leadingZeros" as const] }] },
  } satisfies MappingChanges;

  async function doubtful(): Promise<{ readonly shop: Shop; readonly one: string; readonly two: string }> {
    const shop = await Shop.open(erpMapping(matched));
    shop.erp.put("customers", "42", { name: "Boats" });
    const one = shop.insert("Account", { Name: "Boats", AccountNumber: "42" });
    const two = shop.insert("Account", { Name: "Boats", AccountNumber: "042" });
    await shop.run();
    return { shop, one, two };
  }

  it("ties the key to the one that is named", async () => {
    const { shop, two } = await doubtful();

    await adoptRecord(answers(shop), shop.ports.mapping, { key: "erp:Account:42", recordId: two as RecordId });
    const report = await shop.run();

    expect(report).toMatchObject({ held: [], openDeadLetters: 0, written: [{ action: "adopt", count: 1 }] });
    expect(await shop.record("Account", "erp:Account:42", "Name")).toMatchObject({ Id: two });
    expect(await shop.run()).toMatchObject({ writes: 0 });
  });

  it("has a new one made where none of them is it", async () => {
    const { shop, one, two } = await doubtful();

    await makeAnyway(answers(shop), shop.ports.mapping, "erp:Account:42");
    const report = await shop.run();

    expect(report).toMatchObject({ held: [], openDeadLetters: 0 });
    const made = await shop.record("Account", "erp:Account:42", "Name");
    expect([one, two]).not.toContain(made?.["Id"]);
    expect(await shop.run()).toMatchObject({ writes: 0 });
  });

  it("gives a record the key of a renumbered one", async () => {
    const { shop, first, second } = await shopWithTwo();
    shop.erp.remove("customers", "C0");
    shop.erp.put("customers", "C10", { name: "Customer 0" });
    await adoptRecord(answers(shop), shop.ports.mapping, { key: "erp:Account:C10", recordId: first as RecordId });

    const report = await shop.run();

    expect(report.held).toEqual([]);
    expect(await keyed(shop)).toEqual({ [first]: "erp:Account:C10", [second]: "erp:Account:C1" });
    expect(await shop.run()).toMatchObject({ writes: 0 });
  });

  it("names a key of the mapping", async () => {
    const shop = await Shop.open();

    await expect(makeAnyway(answers(shop), shop.ports.mapping, "shop:Account:1")).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

function answers(shop: Shop): Parameters<typeof makeAnyway>[0] {
  return { state: shop.state, nowMs: shop.ports.nowMs, source: "erp", holder: "person" };
}

function toSalesforceOnly(): NonNullable<NonNullable<MappingChanges["Account"]>["fields"]> {
  return {
    Name: { from: "name", direction: "toSalesforce" },
    Phone: { from: "phone", direction: "toSalesforce" },
    BillingCity: { from: "city", direction: "toSalesforce" },
  };
}
