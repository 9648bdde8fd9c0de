/** I15: wherever deletions may have been missed a sweep is pending, and what a feed says about itself reaches people. */
import { describe, expect, it } from "vitest";
import { reportText } from "../../../src/cli/report-text.ts";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import { runOnce } from "../../../src/engine/run/run.ts";
import { sweep } from "../../../src/engine/sweep/sweep.ts";
import { SyncError } from "../../../src/errors.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalChangePage, ExternalSystem } from "../../../src/external/port.ts";
import type { SyncStatus } from "../../../src/observe/status.ts";
import { readStatus } from "../../../src/service/status.ts";
import { Shop } from "./shop.ts";

const RESTART = { reason: "an older backup was put back", deletesMissed: true };
const HOLDER = { pid: 42, application: "month end", user: "ann", state: "idle in transaction" };

/** The shop's ERP, whose customers say something on their last page. */
function saying(shop: Shop, page: Partial<ExternalChangePage>, more: Partial<ExternalSystem> = {}): ExternalSystem {
  return overrideExternal(shop.erp, {
    changes: async (collection, cursor, limit) => {
      const found = await shop.erp.changes(collection, cursor, limit);
      return collection === "customers" && !found.more ? { ...found, ...page } : found;
    },
    ...more,
  });
}

async function statusOf({ ports }: Shop): Promise<SyncStatus> {
  return await readStatus(ports.state, ports.mapping, { nowMs: ports.nowMs(), dailyCalls: null, runs: 1 });
}

describe("a feed that is read again from the beginning", () => {
  it("is in the report and the journal, and a sweep is pending in every run until one has gone through", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();

    const first = await shop.run({}, { external: saying(shop, { restart: RESTART }) });
    const second = await shop.run();
    await sweep(shop.ports, { holder: "test" });
    const third = await shop.run();

    expect(first.restarts).toEqual([{ object: "Account", collection: "customers", ...RESTART }]);
    expect(reportText(first)).toMatch(/read again from the beginning: customers, because an older backup/);
    expect(await shop.state.journal({ key: "customers", limit: 9 })).toMatchObject([
      { object: "Account", event: "read again from the beginning", detail: RESTART },
    ]);
    expect(second.restarts).toEqual([]);
    expect(second.sweepPendingSinceMs).toBe(first.sweepPendingSinceMs);
    expect(reportText(second)).toMatch(/a sweep is pending: run order-sync sweep/);
    expect(third.sweepPendingSinceMs).toBeNull();
    expect(reportText(third)).not.toMatch(/sweep/);
  });

  it("has its sweep pending also where the run fails afterwards", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();
    const read: ExternalSystem["read"] = async () => {
      throw new SyncError("EXTERNAL_UNREACHABLE", "the server went away");
    };
    shop.erp.put("customers", "C0", { city: "Bonn" });
    const external = saying(shop, { restart: RESTART }, { read });

    await expect(runOnce({ ...shop.ports, external }, { holder: "test" })).rejects.toThrow("went away");

    expect((await statusOf(shop)).sweepPendingSinceMs).not.toBeNull();
  });

  it("needs no sweep where nothing can have vanished", async () => {
    const shop = await Shop.open();
    const external = saying(shop, { restart: { ...RESTART, deletesMissed: false } });

    const report = await shop.run({}, { external });

    expect(report.restarts).toHaveLength(1);
    expect(report.sweepPendingSinceMs).toBeNull();
  });

  it("leaves nothing behind in a plan, which says so too", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();

    const plan = await makePlan({ ...shop.ports, external: saying(shop, { restart: RESTART }) }, { holder: "test" });

    expect(plan.restarts).toEqual([{ object: "Account", collection: "customers", ...RESTART }]);
    expect((await statusOf(shop)).sweepPendingSinceMs).toBeNull();
  });
});

describe("a feed that waits for an open transaction", () => {
  it("says since when and for whom in the run and in status, which then knows no more than before", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();
    const sinceMs = shop.ports.nowMs() - 90_000;
    const external = saying(shop, { wait: { changes: 3, ageMs: 90_000, holder: HOLDER } });

    const report = await shop.run({}, { external });
    const waiting = await statusOf(shop);
    await shop.run();
    const after = await statusOf(shop);

    const wait = { changes: 3, sinceMs, holder: HOLDER };
    expect(report.waits).toEqual([{ object: "Account", collection: "customers", ...wait }]);
    expect(reportText(report)).toMatch(/holds back 3 changes of customers since .*process 42, month end, user ann/);
    const account = waiting.objects.find(({ object }) => object === "Account");
    expect(account).toMatchObject({ externalWait: wait, externalKnownToMs: sinceMs });
    expect(after.objects.every(({ externalWait }) => externalWait === null)).toBe(true);
  });

  it("counts from its first meeting where the database does not say since when, for as long as it is the same one", async () => {
    const shop = await Shop.open();
    const wait = { changes: 1, ageMs: null, holder: HOLDER };
    const firstMs = shop.ports.nowMs();
    await shop.run({}, { external: saying(shop, { wait }) });

    const again = await shop.run({}, { external: saying(shop, { wait }) });
    const secondMs = shop.ports.nowMs();
    const other = await shop.run({}, { external: saying(shop, { wait: { ...wait, holder: { ...HOLDER, pid: 43 } } }) });

    expect(again.waits[0]?.sinceMs).toBe(firstMs);
    expect(other.waits[0]?.sinceMs).toBe(secondMs);
  });

  it("is no news while the transaction is everyday traffic", async () => {
    const shop = await Shop.open();
    const external = saying(shop, { wait: { changes: 1, ageMs: 249, holder: HOLDER } });
    expect((await shop.run({}, { external })).waits).toEqual([]);
  });
});

it("what people should know is reported once, and is in status for as long as it is so", async () => {
  const shop = await Shop.open();
  const notice = { code: "LOG_READ_ONLY", message: "the login may only read" };
  const external = saying(shop, {}, { notices: () => [notice] });

  const first = await shop.run({}, { external });
  const second = await shop.run({}, { external });
  const standing = await statusOf(shop);
  await shop.run({}, { external: saying(shop, {}, { notices: () => [] }) });

  expect(first.notices).toEqual([notice]);
  expect(reportText(first)).toContain("the login may only read");
  expect(second.notices).toEqual([]);
  expect(standing.notices).toEqual([notice]);
  expect((await statusOf(shop)).notices).toEqual([]);
});
