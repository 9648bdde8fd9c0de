/** Accounts that users merge while one of them carries no key, or not yet. */
import { describe, expect, it } from "vitest";
import { merge } from "../../../mock-server/dml/merge.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const MATCHED = { match: [{ field: "AccountNumber", external: "no" }] };

function mergeAccounts(shop: Shop, master: string, losers: readonly string[]): void {
  const { org } = shop.mock;
  const actor = org.actor("admin@mock.org");
  if (actor === undefined) throw new Error("there is an administrator");
  org.transaction(actor, (tx) => merge(tx, { object: "Account", masterId: master, loserIds: losers }));
}

async function idOf(shop: Shop, key: string): Promise<string> {
  return String((await shop.record("Account", key, "Name"))?.["Id"]);
}

/** Two customers in both systems; a third one only waits to be adopted by its number. */
async function shopWithThird(createExternal: boolean): Promise<{ readonly shop: Shop; readonly third: string }> {
  const shop = await Shop.open(erpMapping({ Account: { ...MATCHED, create: { external: createExternal } } }));
  shop.batch(2);
  await shop.run();
  shop.erp.put("customers", "C2", { name: "Customer 2" });
  return { shop, third: shop.insert("Account", { Name: "Customer 2", AccountNumber: "C2" }) };
}

/** What a run leaves behind that met the limit of the day's calls when it was about to write the key. */
async function agreeUnsent(shop: Shop, third: string): Promise<void> {
  const lease = await shop.state.acquireLease({
    name: "run:erp",
    holder: "test",
    ttlMs: 1_000,
    nowMs: shop.ports.nowMs(),
  });
  if (lease === undefined) throw new Error("nobody else runs");
  const named = { object: "Account", key: "erp:Account:C2" as BusinessKey };
  await shop.state.commit(lease, {
    links: [{ ...named, recordId: third as RecordId, naturalKey: ["C2"], lineIds: {}, presence: { kind: "live" } }],
    bases: [
      {
        ...named,
        document: { ...named, fields: { Name: "Customer 2" } },
        salesforceStamp: null,
        externalVersion: null,
      },
    ],
    // Waiting together, the two are decided about in one pass.
    parked: ["erp:Account:C0", "erp:Account:C2"].map((key) => ({
      object: "Account",
      key: key as BusinessKey,
      obstacles: [{ code: "UNSENT", message: "was not sent" }],
      attempts: 0,
      sinceMs: shop.ports.nowMs(),
    })),
  });
  await shop.state.releaseLease(lease);
}

async function expectThirdKept(shop: Shop, third: string): Promise<void> {
  for (let run = 0; run < 2; run += 1) await shop.run();
  const rest = await shop.run();
  expect(rest).toMatchObject({ writes: 0, unsynced: [], openDeadLetters: 0 });
  expect(await shop.salesforce.query("SELECT Id, Name, ERP_Key__c FROM Account ORDER BY Name")).toMatchObject([
    { Name: "Customer 1", ERP_Key__c: "erp:Account:C1" },
    { Id: third, Name: "Customer 2", ERP_Key__c: "erp:Account:C2" },
  ]);
  expect(shop.erp.rows("customers").map(({ fields }) => fields["name"])).toEqual([
    "Customer 0",
    "Customer 1",
    "Customer 2",
  ]);
  const links = await shop.state.links("Account", ["erp:Account:C0", "erp:Account:C2"] as BusinessKey[]);
  expect([...links.values()]).toMatchObject([
    { recordId: null, presence: { kind: "mergedAway", into: "erp:Account:C2", isGone: false } },
    { recordId: third },
  ]);
}

describe.each([true, false])("an account that is merged into one without a key (create.external: %s)", (creates) => {
  it("leaves that one to the customer who is adopted in the same run", async () => {
    const { shop, third } = await shopWithThird(creates);
    mergeAccounts(shop, third, [await idOf(shop, "erp:Account:C0")]);

    await expectThirdKept(shop, third);
  });

  it("leaves that one to the customer whose key was agreed on and never sent", async () => {
    const { shop, third } = await shopWithThird(creates);
    await agreeUnsent(shop, third);
    mergeAccounts(shop, third, [await idOf(shop, "erp:Account:C0")]);

    await expectThirdKept(shop, third);
  });
});

describe("an account that is merged into one that stands for nobody", () => {
  it("takes it over, and of two such accounts the first one does: no key is written over another", async () => {
    const shop = await Shop.open(erpMapping({ Account: MATCHED }));
    shop.batch(3);
    await shop.run();
    const heir = shop.insert("Account", { Name: "Customer 0" });
    mergeAccounts(shop, heir, [await idOf(shop, "erp:Account:C0"), await idOf(shop, "erp:Account:C1")]);

    const written: unknown[] = [];
    const execute: typeof shop.salesforce.execute = (call, listener) => {
      written.push(...JSON.stringify(call).matchAll(/"ERP_Key__c":"([^"]+)"/g));
      return shop.salesforce.execute(call, listener);
    };
    for (let run = 0; run < 3; run += 1) await shop.run({}, { salesforce: { ...shop.salesforce, execute } });

    expect(written).toHaveLength(1);
    expect(await shop.record("Account", "erp:Account:C0", "Name")).toMatchObject({ Id: heir });
    expect(await shop.run()).toMatchObject({ writes: 0, openDeadLetters: 0 });
  });
});
