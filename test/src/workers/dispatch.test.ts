/** The coordinator's side: jobs of workers that are gone, or that end the run, with a real queue and workers played by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MatchCache } from "../../../src/engine/context/match-cache.ts";
import { RunMemory } from "../../../src/engine/context/memory.ts";
import { joinParts, type PartReport } from "../../../src/engine/context/part.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts } from "../../../src/engine/context/ports.ts";
import { LeaseKeeper } from "../../../src/engine/lease/lease.ts";
import { objectMapping } from "../../../src/mapping/mapping.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import type { BusinessKey } from "../../../src/model/key.ts";
import { openStateStore } from "../../../src/state/open.ts";
import type { StateStore } from "../../../src/state/port.ts";
import type { WorkerEvent } from "../../../src/workers/context.ts";
import { dispatch, type Round, WORKERS_LOST } from "../../../src/workers/dispatch.ts";
import { keysOf, laneName, NO_WORK } from "../../../src/workers/job.ts";
import { JOB_RETRIES_MAX, JobQueue, type TakenJob } from "../../../src/workers/queue.ts";
import { compiled } from "../../support/erp-mapping.ts";
import { startPostgres } from "../../support/postgres.ts";

const postgres = await startPostgres();
const skipped = typeof postgres === "string" ? ` (skipped: ${postgres})` : "";
const KEY = businessKey("erp", "Account", ["1"]);
const OTHER = businessKey("erp", "Account", ["2"]);

describe.skipIf(typeof postgres === "string")(`the coordinator${skipped}`, () => {
  let state: StateStore;
  let queue: JobQueue;
  let round: Round;
  let ended: AbortController;
  let aheadMs: number;
  let events: WorkerEvent[];
  let parts: PartReport[];

  beforeAll(async () => {
    if (typeof postgres === "string") return;
    const url = await postgres.database();
    state = await openStateStore(url);
    await state.migrate();
    queue = await JobQueue.open(url, "erp");
    await queue.prepare(["Account"]);
  });
  afterAll(async () => {
    await queue?.close();
    await state?.close();
    if (typeof postgres !== "string") await postgres.stop();
  });
  beforeEach(async () => {
    aheadMs = 0;
    events = [];
    parts = [];
    ended = new AbortController();
    round = await openRound();
  });
  afterEach(async () => {
    ended.abort(new Error("the test is over"));
    await round.context.lease.release();
    await queue.purge(["Account"]);
  });

  it("gives the job of a worker on another machine to the next one when its lease runs out", async () => {
    const barrier = send();
    const first = await take();
    await state.acquireLease({ name: laneName("erp", 0), holder: "elsewhere:1:1", ttlMs: 20_000, nowMs: now() });
    aheadMs = 10_000;
    await queue.notify("done");
    expect(await queue.look("Account", first.id)).toMatchObject({ kind: "active" });
    aheadMs = 30_000;
    await queue.notify("done");
    while (events.length === 0) await queue.notifier.waitAfter("jobs", queue.notifier.count("jobs"), 100);
    // With a clock ahead of the queue's, the next worker would seem to be gone as well.
    aheadMs = 0;

    const second = await take();
    await queue.end(second, { kind: "done", holder: "third", report: { ...NO_WORK, writes: 1, apiCalls: 4 } });
    await queue.notify("done");
    await barrier;

    expect(second).toMatchObject({ id: first.id, tries: 1, job: first.job });
    expect(events).toEqual([{ kind: "jobGivenBack", object: "Account", lane: 0 }]);
    expect(did().writes).toBe(1);
    expect(did().apiCalls).toBe(4);
  });

  it("makes a dead letter of a record that no worker survived", async () => {
    const barrier = send();
    for (let tries = 0; tries <= JOB_RETRIES_MAX; tries += 1) await loseWorker(await take());
    await barrier;

    expect(await state.deadLetters("Account")).toMatchObject([{ key: KEY, obstacles: [{ code: WORKERS_LOST }] }]);
    expect(await state.journal({ key: KEY, limit: 1 })).toMatchObject([{ event: "rejected" }]);
    expect(did().unsynced).toHaveLength(1);
  });

  it("parts a job that no worker survives, so that the neighbors of a poisonous record go on", async () => {
    const barrier = send(20);
    const compared = new Set<BusinessKey>();
    for (let jobs = 0; jobs < 40 && compared.size < 19; jobs += 1) {
      const taken = await take();
      const keys = taken.job === undefined ? [] : keysOf(taken.job);
      if (keys.includes(KEY)) await loseWorker(taken);
      else {
        for (const key of keys) compared.add(key);
        await queue.end(taken, { kind: "done", holder: "me", report: { ...NO_WORK, compared: keys.length } });
        await queue.notify("done");
      }
    }
    await barrier;

    expect(did().compared).toBe(19);
    expect((await state.deadLetters("Account")).map(({ key }) => key)).toEqual([KEY]);
  });

  it("lets the keys of a job wait that vanished from the queue", async () => {
    const seen = queue.notifier.count("jobs");
    const barrier = send();
    await queue.notifier.waitAfter("jobs", seen, 10_000);
    await queue.purge(["Account"]);
    await queue.notify("done");
    await barrier;

    expect(await state.parked("Account")).toMatchObject([{ key: KEY, obstacles: [{ code: WORKERS_LOST }] }]);
    expect(await state.journal({ key: KEY, limit: 1 })).toMatchObject([{ event: "parked" }]);
  });

  it("ends the run with the error of a job, after every job that had begun has ended", async () => {
    const barrier = send(520);
    const outcome = barrier.then(
      () => "done",
      (error: unknown) => error,
    );
    const first = await take();
    const second = await take();
    const failed = { kind: "failed", holder: "me", report: NO_WORK, message: "limit reached" } as const;
    await queue.end(first, { ...failed, code: "SALESFORCE_LIMIT" });
    await queue.notify("done");
    expect(
      await Promise.race([outcome, queue.notifier.waitAfter("jobs", queue.notifier.count("jobs"), 300)]),
    ).toBeUndefined();
    await queue.end(second, { kind: "done", holder: "me", report: { ...NO_WORK, compared: 20 } });
    await queue.notify("done");

    expect(await outcome).toMatchObject({ code: "SALESFORCE_LIMIT", message: "limit reached" });
    expect(did().compared).toBe(20);
    expect(await queue.take("Account")).toBeUndefined();
  });

  it("sends no further job of an object that has to stand still, and lets the run go on", async () => {
    const barrier = send(1_200);
    const taken = await take();
    const stopped = [{ object: "Account", code: "INVALID_FIELD", message: "all were refused" }];
    await queue.end(taken, { kind: "done", holder: "me", report: { ...NO_WORK, stopped } });
    await queue.notify("done");
    const others = await takeAll();
    for (const other of others) await queue.end(other, { kind: "done", holder: "me", report: NO_WORK });
    await queue.notify("done");
    await barrier;

    expect(did().stopped).toEqual(stopped);
    expect(await queue.take("Account")).toBeUndefined();
  });

  it("stops when a worker says that the run is over", async () => {
    const barrier = expect(send()).rejects.toMatchObject({ code: "LEASE_LOST" });
    const taken = await take();
    await queue.end(taken, { kind: "stale" });
    await queue.notify("done");
    await barrier;
  });

  it("stops waiting when it must end", async () => {
    const barrier = expect(send()).rejects.toThrow("told to end");
    await take();
    ended.abort(new Error("told to end"));
    await barrier;
  });

  async function loseWorker(taken: TakenJob): Promise<void> {
    await queue.giveBack("Account", taken.id, "gone");
    await queue.notify("done");
  }

  function now(): number {
    return Date.now() + aheadMs;
  }

  /** What the jobs did so far. */
  function did(): PartReport {
    return joinParts(parts);
  }

  async function send(documents = 1): Promise<void> {
    const keys = Array.from({ length: documents }, (_, index) =>
      index === 0 ? KEY : index === 1 ? OTHER : businessKey("erp", "Account", [String(index + 1)]),
    );
    const items = keys.map((key) => ({
      nomination: { key, recordId: null, deletedOn: null },
      feed: "external" as const,
    }));
    const mapping = objectMapping(MAPPING, "Account");
    const work = { items, unkeyed: [], cursors: {}, recover: false, stopped: [] };
    const result = await dispatch(round, { ...work, mapping, deletions: { records: 10, lines: 50 } });
    parts.push(...result.parts);
    if (result.failure !== null) throw result.failure;
  }

  async function take(): Promise<TakenJob> {
    for (;;) {
      const seen = queue.notifier.count("jobs");
      const taken = await queue.take("Account");
      if (taken !== undefined) return taken;
      await queue.notifier.waitAfter("jobs", seen, 100);
    }
  }

  async function takeAll(): Promise<readonly TakenJob[]> {
    const taken: TakenJob[] = [];
    for (;;) {
      const next = await queue.take("Account");
      if (next === undefined) return taken;
      taken.push(next);
    }
  }

  async function openRound(): Promise<Round> {
    const unused = {} as EnginePorts;
    const ports: EnginePorts = { ...unused, mapping: MAPPING, state, nowMs: now, observe: () => {} };
    const options = { ...DEFAULT_RUN_OPTIONS, holder: "me" };
    const lease = await LeaseKeeper.take({
      state,
      name: "run:erp",
      holder: "workers:r",
      ttlMs: 60_000,
      nowMs: now,
    });
    const context = {
      ports,
      options,
      runId: "r",
      identity: { organizationId: "", userId: "", username: "", instanceUrl: "" },
      lease,
      memory: await RunMemory.load(state),
      matches: new MatchCache(),
    };
    const observe = (event: WorkerEvent) => events.push(event);
    const worker = { ports, options, queue, fingerprint: "f", observe, afterRun: async () => {} };
    return { worker, context, ended: ended.signal };
  }
});

const MAPPING = compiled({
  source: "erp",
  objects: {
    Account: { collection: "customers", keyField: "Key__c", naturalKey: ["no"], fields: { Name: "name" } },
  },
});
