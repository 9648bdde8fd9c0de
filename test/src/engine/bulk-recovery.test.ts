/** A process that dies around a Bulk job, and the run that comes after it. */
import { describe, expect, it } from "vitest";
import { overrideState } from "../../../src/engine/context/state-views.ts";
import { Shop } from "./shop.ts";

/** Rows of the shop go by Bulk. */
const BY_BULK = { bulkRows: 2 };
/** Each step of a job takes so long on the org's clock. */
const PACE_MS = 5_000;

/** A process that is gone: it neither sends nor stores anything any more. */
class Death extends Error {}

interface Moment {
  readonly when: "before" | "after";
  readonly method: string;
  readonly path: RegExp;
  /** Whether the rows of the job reach Salesforce all the same. */
  readonly lands: boolean;
}

const MOMENTS: readonly (readonly [string, Moment])[] = [
  ["before the job is made", { when: "before", method: "POST", path: /ingest$/, lands: false }],
  ["after the job is made", { when: "after", method: "POST", path: /ingest$/, lands: false }],
  ["before the upload", { when: "before", method: "PUT", path: /batches$/, lands: false }],
  ["after the upload", { when: "after", method: "PUT", path: /batches$/, lands: false }],
  ["after the job is closed", { when: "after", method: "PATCH", path: /ingest\/\w+$/, lands: true }],
  ["while the job runs", { when: "after", method: "GET", path: /ingest\/\w+$/, lands: true }],
  ["before the results are read", { when: "before", method: "GET", path: /successfulResults$/, lands: true }],
];

describe("a process that dies", () => {
  it.each(MOMENTS)("%s: the next run brings everything over, and nothing twice", async (_, moment) => {
    const shop = await Shop.open(undefined, { bulkPaceMs: PACE_MS });
    shop.batch(5);
    await dieAt(shop, moment);

    const report = await shop.run(BY_BULK);

    expect(report).toMatchObject({ unsynced: [], recovered: 5 });
    expect(report.written.filter(({ object }) => object === "Account")).toHaveLength(moment.lands ? 0 : 1);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(5);
    expect(await shop.state.intents()).toEqual([]);
    expect((await shop.run(BY_BULK)).writes).toBe(0);
  });

  it("leaves a job that still runs: nothing is written before it has ended, and then its result counts", async () => {
    const shop = await Shop.open(undefined, { bulkPaceMs: PACE_MS });
    shop.batch(3);
    await shop.run(BY_BULK);
    for (const no of ["C0", "C1", "C2"]) shop.erp.put("customers", no, { city: "Bonn" });
    await dieAt(shop, { when: "after", method: "PATCH", path: /ingest\/\w+$/, lands: true }, 0);
    // While the job waits in the queue the ERP moves on: the old value must not arrive behind the new one.
    shop.erp.put("customers", "C0", { city: "Kiel" });

    await shop.run(BY_BULK);

    expect(await shop.record("Account", "erp:Account:C0", "BillingCity")).toMatchObject({ BillingCity: "Kiel" });
    expect(await shop.record("Account", "erp:Account:C1", "BillingCity")).toMatchObject({ BillingCity: "Bonn" });
    expect(shop.erp.row("customers", "C1")?.fields["city"]).toBe("Bonn");
  });

  it("after its rows landed: a user who puts the old value back meanwhile is not overruled", async () => {
    const shop = await Shop.open(undefined, { bulkPaceMs: PACE_MS });
    shop.batch(3);
    for (const no of ["C0", "C1", "C2"]) shop.erp.put("customers", no, { city: "Bonn" });
    await shop.run(BY_BULK);
    for (const no of ["C0", "C1", "C2"]) shop.erp.put("customers", no, { city: "Kiel" });
    await dieAt(shop, { when: "before", method: "GET", path: /successfulResults$/, lands: true });
    const account = await shop.record("Account", "erp:Account:C0", "BillingCity");
    const records = [{ object: "Account", id: String(account?.["Id"]), values: { BillingCity: "Bonn" } }];
    shop.save({ operation: "update", records });

    const report = await shop.run(BY_BULK);

    expect(account?.["BillingCity"]).toBe("Kiel");
    expect(report.unsynced).toEqual([]);
    expect(await shop.record("Account", "erp:Account:C0", "BillingCity")).toMatchObject({ BillingCity: "Bonn" });
    expect(shop.erp.row("customers", "C0")?.fields["city"]).toBe("Bonn");
  });

  it("before a job ended that never ends: the next run stops and writes nothing", async () => {
    const shop = await Shop.open(undefined, { bulkPaceMs: 100_000_000 });
    shop.batch(3);
    await dieAt(shop, { when: "after", method: "PATCH", path: /ingest\/\w+$/, lands: true });
    const writes = shop.writeCalls;

    await expect(shop.run(BY_BULK)).rejects.toMatchObject({ code: "SALESFORCE_UNAVAILABLE" });
    expect(shop.writeCalls).toBe(writes);
    expect(await shop.state.intents()).toHaveLength(3);
  });
});

/** Runs until the moment, from which on the process neither sends nor stores anything. */
async function dieAt(shop: Shop, moment: Moment, restMs = 60_000): Promise<void> {
  let dead = false;
  shop.watch = (when, request) => {
    dead ||= when === moment.when && request.method === moment.method && moment.path.test(request.path);
    if (dead) throw new Death(`${when} ${request.method} ${request.path}`);
  };
  const state = overrideState(shop.state, {
    commit: async (lease, batch) => {
      if (dead) throw new Death("nothing is stored any more");
      await shop.state.commit(lease, batch);
    },
  });
  await expect(shop.run(BY_BULK, { state }, restMs)).rejects.toThrow(Death);
  shop.watch = undefined;
}
