/**
 * One run of one process: lease → recover → detect → wave after wave (join → decide → sequence → execute → record).
 *
 * A run that dies anywhere leaves either an intent, which the next run looks up, or nothing, and then the feeds name the
 * key again.
 */
import { SyncError } from "../../errors.ts";
import type { RunRecord } from "../../state/port.ts";
import { inSpan } from "../../trace/span.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts, type RunOptions } from "../context/ports.ts";
import type { RunReport } from "../context/report.ts";
import { startHeartbeat } from "../lease/heartbeat.ts";
import { LeaseKeeper, leaseName } from "../lease/lease.ts";
import { conductRun } from "./conduct.ts";
import type { Executor } from "./executor.ts";
import { inProcess } from "./in-process.ts";

/** Options of `runOnce`: `holder` is required, the rest has defaults. */
export type RunRequest = Partial<RunOptions> & Pick<RunOptions, "holder">;

/**
 * Runs one round over all mapped objects and reports what it did.
 *
 * Throws `SyncError` when the run as a whole cannot be done (`LEASE_HELD`, `SALESFORCE_*`, `EXTERNAL_*`, `STATE_*`);
 * whatever had landed by then is recorded. Documents that were refused or wait are in the report, not exceptions; so are
 * objects that stood still because Salesforce refused all of their records alike.
 */
export async function runOnce(ports: EnginePorts, request: RunRequest): Promise<RunReport> {
  return await runWith(ports, request, inProcess());
}

/** A run like `runOnce` whose waves are carried out by `executor`. */
export async function runWith(ports: EnginePorts, request: RunRequest, executor: Executor): Promise<RunReport> {
  return await inSpan("order_sync.run", { "order_sync.source": ports.mapping.source }, async (span) => {
    const report = await leasedRun(ports, request, executor);
    span.setAttributes({
      "order_sync.written": report.writes,
      "order_sync.unsynced": report.unsynced.length,
      "order_sync.api_calls": report.apiCalls,
    });
    return report;
  });
}

async function leasedRun(ports: EnginePorts, request: RunRequest, executor: Executor): Promise<RunReport> {
  const options: RunOptions = { ...DEFAULT_RUN_OPTIONS, ...request };
  const runId = ports.newId();
  const lease = await LeaseKeeper.take({
    state: ports.state,
    name: leaseName(ports.mapping.source),
    holder: options.holder,
    ttlMs: options.leaseTtlMs,
    nowMs: ports.nowMs,
    ...(ports.holderIsGone === undefined ? {} : { holderIsGone: ports.holderIsGone }),
  });
  // A call may take longer than the lease lives. That it was lost is reported by the next commit.
  const heartbeat = startHeartbeat(options.leaseTtlMs, () => lease.keep());
  try {
    const failed = (run: RunRecord): Promise<void> => rememberFailure(lease, run);
    return await conductRun({ ports, options, runId, lease, executor, failed });
  } finally {
    heartbeat.stop();
    await lease.release();
  }
}

async function rememberFailure(lease: LeaseKeeper, run: RunRecord): Promise<void> {
  try {
    await lease.commit({ run });
  } catch (error) {
    // A lost lease or a broken store is what ended the run; the first error is the one to report.
    if (!(error instanceof SyncError)) throw error;
  }
}
