import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { businessKey } from "../../../src/model/business-key.ts";
import { SyncMetrics } from "../../../src/observe/metrics.ts";
import { addProbes } from "../../../src/observe/probes.ts";
import type { SyncStatus } from "../../../src/observe/status.ts";
import { WorkerTelemetry } from "../../../src/workers/telemetry.ts";

const STATUS: SyncStatus = {
  source: "erp",
  atMs: 10_000,
  running: null,
  objects: [
    {
      object: "Order",
      collection: "orders",
      watched: true,
      linked: 4,
      parked: 1,
      deadLetters: 2,
      openConflicts: 0,
      salesforceKnownToMs: 4_000,
      externalKnownToMs: 9_000,
      externalWait: {
        changes: 2,
        sinceMs: 3_000,
        holder: { pid: 42, application: null, user: "ann", state: "idle in transaction" },
      },
    },
  ],
  runs: [],
  unfinishedIntents: 0,
  sweepPendingSinceMs: null,
  notices: [],
  lastGoodRunAtMs: null,
  callsOfTheDay: 12,
  dailyCalls: null,
};

describe("what a worker shows of itself", () => {
  let telemetry: WorkerTelemetry;
  let app: Hono;
  const ask = async (path: string) => await app.request(path);
  const ready = async () => (await ask("/readyz")).json();

  beforeEach(() => {
    const metrics = new SyncMetrics();
    telemetry = new WorkerTelemetry(metrics, () => 10_000);
    app = new Hono();
    addProbes(app, {
      metrics,
      status: async () => STATUS,
      service: () => telemetry.state({ calls: 3, used: 40, limit: 100 }),
    });
  });

  it("is its jobs, its retries and the runs that it leads, beside what the state tells", async () => {
    telemetry.sawWorker({ kind: "jobTaken", object: "Order", lane: 0, documents: 2 });
    telemetry.sawEngine({ kind: "written", object: "Order", key: KEY, side: "salesforce", actions: ["create"] });
    telemetry.sawRetry({ call: "query", attempt: 1, waitMs: 1, reason: "HTTP 503" });
    const running = await ready();
    telemetry.sawWorker({ kind: "jobEnded", object: "Order", lane: 0, outcome: "done" });
    telemetry.sawWorker({ kind: "runFailed", code: "EXTERNAL_UNREACHABLE", message: "the ERP is away" });

    const text = await (await ask("/metrics")).text();

    // Nobody has measured it, and a 0 would ring an alarm.
    expect(text).not.toMatch(/^order_sync_last_success_timestamp_seconds/m);
    expect(running).toMatchObject({ ready: true, state: "running" });
    expect(text).toContain('order_sync_records_total{object="Order",side="salesforce",action="create"} 1');
    expect(text).toContain('order_sync_retries_total{reason="HTTP 503"} 1');
    expect(text).toContain('order_sync_runs_total{outcome="failed",code="EXTERNAL_UNREACHABLE"} 1');
    expect(text).toContain('order_sync_lag_seconds{object="Order",side="salesforce"} 6');
    expect(text).toContain('order_sync_external_wait_seconds{object="Order"} 7');
    expect(text).toContain("order_sync_org_api_calls_remaining 60");
    expect(text).toContain("order_sync_halted 0");
  });

  it("is not ready after a failed run, and ready again when a job is done", async () => {
    telemetry.sawWorker({ kind: "runFailed", code: "MAPPING_INVALID", message: "a field is missing" });
    const failed = await ask("/readyz");
    telemetry.sawWorker({ kind: "jobEnded", object: "Order", lane: 0, outcome: "done" });

    expect(failed.status).toBe(503);
    expect(await failed.json()).toMatchObject({ trouble: "MAPPING_INVALID: a field is missing" });
    expect((await ask("/readyz")).status).toBe(200);
    expect((await ask("/healthz")).status).toBe(200);
  });

  it("is that it stands still for as long as it coordinates", async () => {
    telemetry.sawWorker({ kind: "halted", code: "SALESFORCE_LOGIN", message: "refused" });
    expect(await (await ask("/metrics")).text()).toContain("order_sync_halted 1");
    expect(await ready()).toMatchObject({ ready: false, state: "halted" });

    telemetry.sawWorker({ kind: "coordinating", on: false });
    expect(await ready()).toMatchObject({ state: "idle" });
  });
});

const KEY = businessKey("erp", "Order", ["1"]);
