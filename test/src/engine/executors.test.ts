/** What every executor of a run's waves keeps: in one process, through the queue of many, and as a dry run. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_RUN_OPTIONS, type EnginePorts, type RunOptions } from "../../../src/engine/context/ports.ts";
import type { RunReport, UnsyncedDocument } from "../../../src/engine/context/report.ts";
import { LeaseKeeper } from "../../../src/engine/lease/lease.ts";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import { runOnce } from "../../../src/engine/run/run.ts";
import { SyncError } from "../../../src/errors.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import { openStateStore } from "../../../src/state/open.ts";
import type { StateStore } from "../../../src/state/port.ts";
import { takeJobs } from "../../../src/workers/consumer.ts";
import type { WorkerContext } from "../../../src/workers/context.ts";
import { JobQueue } from "../../../src/workers/queue.ts";
import { leadRun, roleName } from "../../../src/workers/round.ts";
import { MemoryState } from "../../simulation/memory-state.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { startPostgres } from "../../support/postgres.ts";
import { refusing, Shop } from "./shop.ts";

/** What a run did, or would do. */
interface Outcome {
  /** Documents by object, side and action. */
  readonly written: Readonly<Record<string, number>>;
  readonly unsynced: readonly UnsyncedDocument[];
}

type Changes = { readonly request?: Partial<RunOptions>; readonly ports?: Partial<EnginePorts> };

const postgres = await startPostgres();
const MAPPING = erpMapping({ Account: { delete: { salesforce: true } } });
const REST_MS = 250_000;

let shop: Shop;
let state: StateStore;

afterAll(async () => {
  if (typeof postgres !== "string") await postgres.stop();
});
afterEach(async () => {
  await shop.mock.close();
  await state.close();
});

interface Kind {
  readonly name: string;
  readonly skip: boolean;
  readonly open: (mapping: MappingInput, options?: Parameters<typeof Shop.open>[1]) => Promise<void>;
  readonly run: (changes?: Changes) => Promise<RunReport>;
}

const IN_PROCESS: Kind = {
  name: "in this process",
  skip: false,
  open: async (mapping, options) => {
    shop = await Shop.open(mapping, options);
    state = new MemoryState();
  },
  run: ({ request = {}, ports = {} } = {}) =>
    runOnce({ ...shop.ports, state, ...ports }, { holder: "one", ...request }),
};

const THROUGH_QUEUE: Kind = {
  name: `through the queue${typeof postgres === "string" ? ` (skipped: ${postgres})` : ""}`,
  skip: typeof postgres === "string",
  open: async (mapping, options) => {
    if (typeof postgres === "string") return;
    url = await postgres.scratch();
    shop = await Shop.open(mapping, options);
    state = await openStateStore(url);
    await state.migrate();
  },
  run: runThroughQueue,
};
let url = "";

/** One worker that coordinates and works. */
async function runThroughQueue({ request = {}, ports = {} }: Changes = {}): Promise<RunReport> {
  const queue = await JobQueue.open(url, "erp");
  const noMore = new AbortController();
  const own = { ...shop.ports, nowMs: Date.now, newId: () => crypto.randomUUID().replaceAll("-", ""), state, ...ports };
  const options = { ...DEFAULT_RUN_OPTIONS, holder: "one", ...request };
  const quiet = { fingerprint: "f", observe: () => {}, afterRun: async () => {} };
  const worker: WorkerContext = { ports: own, options, queue, ...quiet };
  const lease = { state, name: roleName("erp"), holder: "one", ttlMs: options.leaseTtlMs, nowMs: Date.now };
  const role = await LeaseKeeper.take(lease);
  await queue.prepare(own.mapping.objects.map(({ object }) => object));
  const hand = takeJobs(worker, { noMore: noMore.signal, putDown: noMore.signal });
  try {
    return await leadRun(worker, role, noMore.signal);
  } finally {
    noMore.abort(new Error("one run is enough"));
    await hand;
    await role.release();
    await queue.close();
  }
}

/** Runs, and lets time pass, so that the next run's windows hold only what is new. */
async function rested<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } finally {
    shop.mock.clock.advance({ ms: REST_MS });
  }
}

async function outcomeOf(kind: Kind, changes?: Changes): Promise<Outcome> {
  const { written, unsynced } = await rested(() => kind.run(changes));
  const counts = written.map(({ object, side, action, count }) => [`${object} ${side} ${action}`, count]);
  return { written: Object.fromEntries(counts), unsynced };
}

/** What a dry run on what a run in this process has left says. */
async function dryOutcome({ request = {}, ports = {} }: Changes = {}): Promise<Outcome> {
  const plan = await makePlan({ ...shop.ports, state, ...ports }, { holder: "dry", ...request });
  const written: Record<string, number> = {};
  for (const { object, side, actions } of plan.writes)
    for (const action of actions) {
      const name = `${object} ${side} ${action}`;
      written[name] = (written[name] ?? 0) + 1;
    }
  return { written, unsynced: plan.unsynced };
}

const EXECUTORS = [
  { ...IN_PROCESS, outcome: (changes?: Changes) => outcomeOf(IN_PROCESS, changes) },
  { ...THROUGH_QUEUE, outcome: (changes?: Changes) => outcomeOf(THROUGH_QUEUE, changes) },
  { ...IN_PROCESS, name: "as a dry run", outcome: dryOutcome },
];

describe.each(EXECUTORS.filter(({ skip }) => !skip))("a run $name", ({ open, run, outcome }) => {
  beforeEach(() => open(MAPPING));

  it("writes parents before what refers to them, in one run", async () => {
    shop.batch(2);
    shop.order("A1", { lines: 2, state: "released" });

    expect(await outcome()).toEqual({
      written: {
        "Account salesforce create": 2,
        "Product2 salesforce create": 1,
        "PricebookEntry salesforce create": 1,
        "Order salesforce create": 1,
        "Order salesforce lines": 1,
        "Order salesforce activate": 1,
      },
      unsynced: [],
    });
  });

  it("holds what has no usable key, and lets the rest go on", async () => {
    shop.batch(1);
    shop.erp.put("customers", "x".repeat(300), { name: "Nobody" });

    const { written, unsynced } = await outcome();

    expect(written).toMatchObject({ "Account salesforce create": 1 });
    expect(unsynced).toMatchObject([{ how: "rejected", obstacles: [{ code: "KEY_UNUSABLE" }] }]);
  });

  it("makes a handful of deletions at once", async () => {
    await withCustomers(40, run);
    remove(3);

    expect(await outcome()).toEqual({ written: { "Account salesforce delete": 3 }, unsynced: [] });
  });

  it("makes more of them together, once all are known and few enough", async () => {
    await withCustomers(40, run);
    remove(15);

    expect(await outcome({ request: { deleteShare: 0.5, passDocuments: 4 } })).toEqual({
      written: { "Account salesforce delete": 15 },
      unsynced: [],
    });
  });

  it("makes none of them where they are too many", async () => {
    await withCustomers(40, run);
    remove(15);

    await expect(outcome({ request: { passDocuments: 4 } })).rejects.toMatchObject({ code: "DELETE_GUARD" });
    expect(await shop.salesforce.query("SELECT Id FROM Account WHERE ERP_Key__c != null")).toHaveLength(
      // What comes before the limit is known goes at once, and no more: an executor may make a handful, or none.
      40 - deletedBefore(await state.runs(1)),
    );
  });

  it("does nothing where nothing has moved", async () => {
    await withCustomers(3, run);

    expect(await outcome()).toEqual({ written: {}, unsynced: [] });
  });
});

describe.each(EXECUTORS.slice(0, 2).filter(({ skip }) => !skip))("a run $name, which writes,", ({ open, run }) => {
  it("notes that a sweep is pending with the position that passes deletions which no log tells", async () => {
    await open(MAPPING);
    await withCustomers(2, run);
    const poll: EnginePorts["salesforce"]["poll"] = async (requests) =>
      (await shop.salesforce.poll(requests)).map((polled) => ({ ...polled, deletesComplete: false }));

    const report = await rested(() => run({ ports: { salesforce: { ...shop.salesforce, poll } } }));

    expect(report.unseenDeletes).toContain("Account");
    expect(report.sweepPendingSinceMs).not.toBeNull();
  });

  it("stores Salesforce's position before it makes what the external feed names, so that no deletion is missed", async () => {
    await open(MAPPING);
    shop.batch(1);
    const limited = new SyncError("SALESFORCE_LIMIT", "no calls are left");
    const salesforce = { ...shop.salesforce, execute: () => Promise.reject(limited) };

    await expect(run({ ports: { salesforce } })).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });

    expect(await state.cursors()).toHaveProperty(["salesforce:Account"]);
  });

  it("looks again in the same run at values that may be kept otherwise", async () => {
    await open(erpMapping({ Account: { fields: { AnnualRevenue: "city", BillingCity: null } } }), {
      settings: { roundStoredNumbers: true },
    });
    shop.batch(1);
    shop.erp.put("customers", "C0", { name: "Customer", city: "1234.56" });

    const report = await rested(() => run());

    expect(report.keptOtherwise).toMatchObject([{ field: "AnnualRevenue", count: 1 }]);
  });

  it("makes no further wave of an object that has to stand still, and leaves its positions", async () => {
    await open(MAPPING);
    shop.batch(6);
    const apiError = { code: "INVALID_FIELD", message: "no such field", fields: [] };
    const refused = refusing(shop, (opId) => opId.includes(":Account:"), apiError);

    const stopped = await rested(() => run({ request: { passDocuments: 2 }, ports: refused }));
    const position = (await state.cursors())["external:customers:Account"];
    const after = await rested(() => run());

    expect(stopped.stopped).toMatchObject([{ object: "Account", code: "INVALID_FIELD" }]);
    expect(position).toMatch(/^start:/);
    expect(after.written).toContainEqual({ object: "Account", side: "salesforce", action: "create", count: 6 });
  });

  it("counts a document once that it holds twice", async () => {
    await open(MAPPING);
    shop.batch(1);
    shop.order("A1", { customer: "C9" });

    const report = await rested(() => run());

    expect(report.unsynced.map(({ object, how }) => [object, how])).toEqual([["Order", "parked"]]);
  });
});

describe("a dry run", () => {
  it("leaves the state as it was", async () => {
    await IN_PROCESS.open(MAPPING);
    await withCustomers(2, IN_PROCESS.run);
    shop.erp.put("customers", "C0", { name: "Renamed" });
    const before = [await state.cursors(), await state.counts(), await state.journal({ limit: 100 })];

    await dryOutcome();

    expect([await state.cursors(), await state.counts(), await state.journal({ limit: 100 })]).toEqual(before);
  });
});

async function withCustomers(count: number, run: Kind["run"]): Promise<void> {
  shop.batch(count);
  await rested(() => run());
  await rested(() => run());
}

function remove(count: number): void {
  for (let index = 0; index < count; index += 1) shop.erp.remove("customers", `C${index}`);
}

function deletedBefore([last]: Awaited<ReturnType<StateStore["runs"]>>): number {
  return last?.outcome === "failed" ? (last.counts["Account salesforce delete"] ?? 0) : 0;
}
