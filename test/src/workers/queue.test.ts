import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Job, type JobOutcome, NO_WORK } from "../../../src/workers/job.ts";
import { JOB_RETRIES_MAX, JobQueue } from "../../../src/workers/queue.ts";
import { startPostgres } from "../../support/postgres.ts";

const postgres = await startPostgres();
const skipped = typeof postgres === "string" ? ` (skipped: ${postgres})` : "";

const JOB: Job = {
  runId: "run-1",
  run: { name: "run:erp", holder: "workers:run-1", fence: 3, expiresAtMs: 10 },
  fingerprint: "f",
  object: "Order",
  lane: 2,
  feed: "external",
  recover: false,
  deletes: [],
  stopped: [],
  nominations: [{ key: "erp:Order:1" as never, recordId: null, deletedOn: null }],
};
const DONE: JobOutcome = {
  kind: "done",
  holder: "one",
  report: { ...NO_WORK, writes: 1, compared: 1, apiCalls: 2, predictedWriteCalls: 1 },
};

describe.skipIf(typeof postgres === "string")(`the queue${skipped}`, () => {
  let url: string;
  let queue: JobQueue;

  beforeAll(async () => {
    if (typeof postgres === "string") return;
    url = await postgres.database();
    queue = await JobQueue.open(url, "erp");
    await queue.prepare(["Account", "Order", "Contract", "Product2"]);
  });
  afterAll(async () => {
    await queue?.close();
    if (typeof postgres !== "string") await postgres.stop();
  });

  it("gives a job to one worker and tells what became of it", async () => {
    const id = queue.newJobId();
    await queue.send(id, JOB);
    expect(await queue.look("Order", id)).toEqual({ kind: "waiting" });

    const taken = await queue.take("Order");
    expect(taken).toEqual({ id, object: "Order", tries: 0, job: JOB });
    expect(await queue.take("Order")).toBeUndefined();
    expect(await queue.look("Order", id)).toMatchObject({ kind: "active" });

    if (taken !== undefined) await queue.end(taken, DONE);
    expect(await queue.look("Order", id)).toEqual({ kind: "ended", outcome: DONE });
  });

  it("keeps a job that is sent twice, because the reply got lost, once", async () => {
    const id = queue.newJobId();
    await queue.send(id, { ...JOB, object: "Account" });
    await queue.send(id, { ...JOB, object: "Account" });
    expect(await queue.take("Account")).toMatchObject({ id });
    expect(await queue.take("Account")).toBeUndefined();
  });

  it("gives a job that came back to others, but not without end", async () => {
    const id = queue.newJobId();
    await queue.send(id, { ...JOB, object: "Contract" });
    for (let tries = 0; tries <= JOB_RETRIES_MAX; tries += 1) {
      expect(await queue.take("Contract")).toMatchObject({ id, tries });
      await queue.giveBack("Contract", id, "its worker is gone");
    }
    expect(await queue.take("Contract")).toBeUndefined();
    expect(await queue.look("Contract", id)).toEqual({ kind: "exhausted" });
  });

  it("does not believe a worker whose job went back and was not taken yet", async () => {
    const id = queue.newJobId();
    await queue.send(id, { ...JOB, object: "Product2" });
    const taken = await queue.take("Product2");
    await queue.giveBack("Product2", id, "its worker seemed to be gone");
    if (taken !== undefined) await queue.end(taken, DONE);
    expect(await queue.look("Product2", id)).toEqual({ kind: "waiting" });
    await queue.purge(["Product2"]);
    expect(await queue.look("Product2", id)).toEqual({ kind: "lost" });
  });

  it("wakes those who wait in other processes, at once and only for what they wait for", async () => {
    const other = await JobQueue.open(url, "erp");
    const stranger = await JobQueue.open(url, "shop");
    try {
      // The bell rings once by itself when it begins to listen.
      for (const { notifier } of [queue, other, stranger]) await notifier.waitAfter("jobs", 0, 5_000);
      const before = { other: other.notifier.count("done"), stranger: stranger.notifier.count("done") };
      const start = performance.now();
      const woken = other.notifier.waitAfter("done", before.other, 5_000);
      await queue.notify("done");
      await woken;
      expect(performance.now() - start).toBeLessThan(2_500);
      expect(other.notifier.count("done")).toBe(before.other + 1);
      expect(stranger.notifier.count("done")).toBe(before.stranger);
    } finally {
      await other.close();
      await stranger.close();
    }
  });

  it("tells the database's time", async () => {
    expect(Math.abs((await queue.nowMs()) - Date.now())).toBeLessThan(5_000);
  });
});
