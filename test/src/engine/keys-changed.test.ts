/** What users do to key fields in Salesforce: a record keeps its key, and the external system hears nothing of it. */
import { describe, expect, it } from "vitest";
import { merge } from "../../../mock-server/dml/merge.ts";
import type { SaveInput } from "../../../mock-server/dml/port.ts";
import { adoptRecord, createRegardless } from "../../../src/engine/resolve/adopt.ts";
import type { RecordId } from "../../../src/model/key.ts";
import type { SalesforceRecord } from "../../../src/model/salesforce-record.ts";
import { erpMapping, type MappingChanges } from "../../support/erp-mapping.ts";
import { refusing, Shop } from "./shop.ts";

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
  shop.batch(2);
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
  expect(rest).toMatchObject({ writes: 0, unsynced: [], openDeadLetters: 0 });
}

describe("a key that a user changes", () => {
  it.each([
    ["to one that nobody has", "erp:Account:C-99"],
    ["to a text that is no key", "hello"],
    ["to nothing", null],
  ])("%s is put back, and told as a conflict", async (_how, unsynced) => {
    const { shop, first, second } = await shopWithTwo();
    shop.update("Account", first, { ERP_Key__c: unsynced });

    const report = await shop.run();

    expect(report.conflicts).toMatchObject([
      {
        key: "erp:Account:C0",
        field: "ERP_Key__c",
        salesforce: unsynced,
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
    shop.batch(2);
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

const MOVING = {
  ...OPEN,
  Contract: { create: { external: true }, delete: { salesforce: true, external: true } },
} satisfies MappingChanges;

/** Objects whose key a user may move, with a record of each and one more that is made in Salesforce. */
const MOVABLE = [
  {
    object: "Account",
    collection: "customers",
    prepare: (shop: Shop): string => {
      shop.batch(1);
      return "erp:Account:C0";
    },
    other: async (): Promise<SaveInput["values"]> => ({ Name: "Moved" }),
  },
  {
    object: "Contract",
    collection: "contracts",
    prepare: (shop: Shop): string => {
      shop.batch(1);
      shop.erp.put("contracts", "K0", { customer_no: "C0", state: "draft" });
      return "erp:Contract:K0";
    },
    other: async (shop: Shop): Promise<SaveInput["values"]> => ({
      AccountId: String((await shop.record("Account", "erp:Account:C0", "Name"))?.["Id"]),
      Status: "Draft",
    }),
  },
  {
    object: "Order",
    collection: "orders",
    prepare: (shop: Shop): string => {
      shop.batch(1);
      shop.order("O0");
      return "erp:Order:O0";
    },
    other: async (shop: Shop): Promise<SaveInput["values"]> => ({
      AccountId: String((await shop.record("Account", "erp:Account:C0", "Name"))?.["Id"]),
      EffectiveDate: "2026-03-01",
      Status: "Draft",
    }),
  },
] as const;

async function moveKey(
  { object, prepare, other }: (typeof MOVABLE)[number],
  unique = true,
): Promise<{ shop: Shop; key: string; first: string; second: string }> {
  const shop = await Shop.open(erpMapping(MOVING), { uniqueKeys: unique });
  const key = prepare(shop);
  await shop.run();
  const first = String((await shop.record(object, key, "ERP_Key__c"))?.["Id"]);
  if (unique) shop.update(object, first, { ERP_Key__c: null });
  const second = shop.insert(object, { ...(await other(shop)), ERP_Key__c: key });
  if (!unique) shop.update(object, first, { ERP_Key__c: null });
  return { shop, key, first, second };
}

async function* withoutKey(
  pages: AsyncIterable<readonly SalesforceRecord[]>,
  id: string,
): AsyncGenerator<readonly SalesforceRecord[]> {
  for await (const rows of pages) yield rows.map((row) => (row["Id"] === id ? { ...row, ERP_Key__c: null } : row));
}

describe.each(MOVABLE)("a key of $object that a user moves to a new record", (movable) => {
  const { object, collection, prepare, other } = movable;
  const moved = (unique = true): ReturnType<typeof moveKey> => moveKey(movable, unique);

  async function expectOne(shop: Shop, key: string, owner: string): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) await shop.run();
    expect((await shop.run()).writes).toBe(0);
    expect(shop.erp.rows(collection)).toHaveLength(1);
    expect(await shop.record(object, key, "ERP_Key__c")).toMatchObject({ Id: owner });
  }

  it.each([true, false])("comes back, and the new one waits for a person (unique field: %s)", async (unique) => {
    const { shop, key, first, second } = await moved(unique);

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: `${object} ${second}`, obstacles: [{ code: "KEY_MOVED" }] }]);
    await expectOne(shop, key, first);
    shop.update(object, second, { Description: "edited" });
    await expectOne(shop, key, first);
    expect((await shop.run()).openDeadLetters).toBe(1);
  });

  it("comes back when it was cleared in one run and typed into the new one before the next", async () => {
    const shop = await Shop.open(erpMapping(MOVING));
    const key = prepare(shop);
    await shop.run();
    const first = String((await shop.record(object, key, "ERP_Key__c"))?.["Id"]);
    shop.update(object, first, { ERP_Key__c: null });
    let isRefused = true;
    const stubborn = refusing(shop, (opId) => isRefused && opId.startsWith(key), {
      code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      message: "not now",
      fields: [],
    });
    await shop.run({}, stubborn);
    isRefused = false;
    const second = shop.insert(object, { ...(await other(shop)), ERP_Key__c: key });

    await expectOne(shop, key, first);
    expect(await shop.salesforce.query(`SELECT ERP_Key__c FROM ${object} WHERE Id = '${second}'`)).toMatchObject([
      { ERP_Key__c: null },
    ]);
  });

  it("makes no second one when the run dies right after the new one let go of it", async () => {
    const { shop, key, first } = await moved();
    const salesforce = {
      ...shop.salesforce,
      execute: async (...given: Parameters<typeof shop.salesforce.execute>) => {
        await shop.salesforce.execute(...given);
        throw new Error("the process dies");
      },
    };
    await expect(shop.run({}, { salesforce })).rejects.toThrow("the process dies");

    await expectOne(shop, key, first);
  });

  it("goes over to the new one when the old one is deleted before the run", async () => {
    const { shop, key, first, second } = await moved();
    shop.save({ operation: "delete", records: [{ object, id: first, values: {} }] });

    await expectOne(shop, key, second);
  });

  it("stands for nothing twice when the old one is deleted after the key came back", async () => {
    const { shop, first, second } = await moved();
    await shop.run();
    shop.save({ operation: "delete", records: [{ object, id: first, values: {} }] });
    await shop.run();
    shop.update(object, second, { Description: "edited" });
    await shop.run();

    expect(shop.erp.rows(collection)).toHaveLength(0);
  });

  it("comes back although the feed of events names the new record by its Id alone", async () => {
    const { shop, key, first, second } = await moved();
    const salesforce: typeof shop.salesforce = {
      ...shop.salesforce,
      poll: async (requests) =>
        (await shop.salesforce.poll(requests)).map((polled) => ({
          ...polled,
          pages: withoutKey(polled.pages, second),
        })),
    };
    await shop.run({}, { salesforce });

    await expectOne(shop, key, first);
  });

  it("is forgotten when the new one is deleted", async () => {
    const { shop, key, first, second } = await moved();
    await shop.run();
    shop.save({ operation: "delete", records: [{ object, id: second, values: {} }] });

    await expectOne(shop, key, first);
    expect((await shop.run()).openDeadLetters).toBe(0);
  });

  it("leaves the new one to be one of its own when a person gives it a key", async () => {
    const { shop, key, first, second } = await moved();
    await shop.run();
    const own = `erp:${object}:NEW`;
    await adoptRecord(answers(shop), shop.ports.mapping, { key: own, recordId: second as RecordId });
    await shop.run();

    expect(shop.erp.rows(collection).map(({ key: [no] }) => no)).toEqual([key.split(":")[2], "NEW"]);
    expect(await shop.record(object, own, "ERP_Key__c")).toMatchObject({ Id: second });
    expect(await shop.record(object, key, "ERP_Key__c")).toMatchObject({ Id: first });
    expect(await shop.run()).toMatchObject({ writes: 0, openDeadLetters: 0 });
  });
});

// The lines of an order keep their keys in the old one until that is deleted.
describe.each(MOVABLE.filter(({ object }) => object !== "Order"))("a moved key of $object", (movable) => {
  const { object, collection } = movable;

  it("goes over to the new one when a person says so", async () => {
    const { shop, key, second } = await moveKey(movable);
    await shop.run();
    await adoptRecord(answers(shop), shop.ports.mapping, { key, recordId: second as RecordId });
    await shop.run();

    expect(await shop.record(object, key, "ERP_Key__c")).toMatchObject({ Id: second });
    expect(shop.erp.rows(collection)).toHaveLength(1);
  });
});

describe("accounts of which one was given the other one's key", () => {
  it.each([
    ["before the run, into the old one", "first", false],
    ["before the run, into the new one", "second", false],
    ["after the key came back, into the old one", "first", true],
    ["after the key came back, into the new one", "second", true],
  ] as const)("stay one customer when they are merged %s", async (_how, survivor, isLater) => {
    const shop = await Shop.open(erpMapping(MOVING));
    shop.batch(1);
    await shop.run();
    const key = "erp:Account:C0";
    const first = String((await shop.record("Account", key, "Name"))?.["Id"]);
    shop.update("Account", first, { ERP_Key__c: null });
    const second = shop.insert("Account", { Name: "Moved", ERP_Key__c: key });
    if (isLater) await shop.run();
    const [master, loser] = survivor === "first" ? [first, second] : [second, first];
    mergeAccounts(shop, master, loser);
    for (let turn = 0; turn < 3; turn += 1) await shop.run();

    expect(shop.erp.rows("customers")).toHaveLength(1);
    expect(await shop.record("Account", key, "Name")).toMatchObject({ Id: master });
    expect(await shop.run()).toMatchObject({ writes: 0, openDeadLetters: 0 });
  });
});

describe("a copy of a record with its key, where the field is not unique", () => {
  it("is listed and left alone, and the record that it was copied from goes on", async () => {
    const { shop, first } = await shopWithTwo({ uniqueKeys: false });
    const copy = shop.insert("Account", { Name: "Customer 0 (copy)", ERP_Key__c: "erp:Account:C0" });
    shop.erp.put("customers", "C0", { phone: "+45 1" });

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: `Account ${copy}`, obstacles: [{ code: "KEY_COPIED" }] }]);
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

    expect(report.unsynced).toMatchObject([{ key: `Account ${copy}`, obstacles: [{ code: "KEY_COPIED" }] }]);
  });

  it("takes the record's place when a person says so", async () => {
    const { shop, first } = await shopWithTwo({ uniqueKeys: false });
    const copy = shop.insert("Account", { Name: "Customer 0, moved", ERP_Key__c: "erp:Account:C0" });
    await shop.run();

    await adoptRecord(answers(shop), shop.ports.mapping, { key: "erp:Account:C0", recordId: copy as RecordId });
    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: `Account ${first}`, obstacles: [{ code: "KEY_COPIED" }] }]);
    expect(await shop.salesforce.query(`SELECT Name FROM Account WHERE Id = '${copy}'`)).toMatchObject([
      { Name: "Customer 0" },
    ]);
  });
});

describe("two records with one key that nobody has told apart yet", () => {
  it("are listed, and nothing is written to either", async () => {
    const shop = await Shop.open(erpMapping(OPEN), { uniqueKeys: false });
    shop.batch(1);
    shop.insert("Account", { Name: "One", ERP_Key__c: "erp:Account:C0" });
    shop.insert("Account", { Name: "Two", ERP_Key__c: "erp:Account:C0" });

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "KEY_TWICE" }] }]);
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

    expect(report).toMatchObject({ unsynced: [], openDeadLetters: 0, written: [{ action: "adopt", count: 1 }] });
    expect(await shop.record("Account", "erp:Account:42", "Name")).toMatchObject({ Id: two });
    expect(await shop.run()).toMatchObject({ writes: 0 });
  });

  it("has a new one made where none of them is it", async () => {
    const { shop, one, two } = await doubtful();

    await createRegardless(answers(shop), shop.ports.mapping, "erp:Account:42");
    const report = await shop.run();

    expect(report).toMatchObject({ unsynced: [], openDeadLetters: 0 });
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

    expect(report.unsynced).toEqual([]);
    expect(await keyed(shop)).toEqual({ [first]: "erp:Account:C10", [second]: "erp:Account:C1" });
    expect(await shop.run()).toMatchObject({ writes: 0 });
  });

  it("names a key of the mapping", async () => {
    const shop = await Shop.open();

    await expect(createRegardless(answers(shop), shop.ports.mapping, "shop:Account:1")).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

function mergeAccounts(shop: Shop, master: string, loser: string): void {
  const { org } = shop.mock;
  const actor = org.actor("admin@mock.org");
  if (actor === undefined) throw new Error("there is an administrator");
  org.transaction(actor, (tx) => merge(tx, { object: "Account", masterId: master, loserIds: [loser] }));
}

function answers(shop: Shop): Parameters<typeof createRegardless>[0] {
  return { state: shop.state, nowMs: shop.ports.nowMs, source: "erp", holder: "person" };
}

function toSalesforceOnly(): NonNullable<NonNullable<MappingChanges["Account"]>["fields"]> {
  return {
    Name: { from: "name", direction: "toSalesforce" },
    Phone: { from: "phone", direction: "toSalesforce" },
    BillingCity: { from: "city", direction: "toSalesforce" },
  };
}
