/**
 * One run of many workers, as its coordinator leads it: drain → lease → a run like any other, through the queue.
 *
 * Nothing of the run's progress is stored but what the single process stores too. When a coordinator is lost, the next one
 * waits for the jobs that are under way, throws away those that nobody took, and asks the feeds again from the cursors:
 * what is done by then is an echo and costs nothing.
 */

import type { RunReport } from "../engine/context/report.ts";
import { startHeartbeat } from "../engine/lease/heartbeat.ts";
import { LeaseKeeper, leaseName } from "../engine/lease/lease.ts";
import { conductRun } from "../engine/run/conduct.ts";
import { SyncError } from "../errors.ts";
import type { RunRecord } from "../state/port.ts";
import { LANES_MAX, type WorkerContext } from "./context.ts";
import { isAlive, throughQueue } from "./dispatch.ts";
import { laneName } from "./job.ts";
import { isOutage } from "./retry.ts";

/** The name of the coordinator's lease. */
export const roleName = (source: string): string => `coordinator:${source}`;

/** Who holds the lease of a run that is shared; behind it stands the run's Id. */
const SHARED = "workers:";
const STOPPED = "Its workers were told to end; the next run goes on";
const DRAIN_LOOK_MS = 500;
const RUNS_LOOKED_AT = 20;

/**
 * Leads one run under the coordinator's lease `role`. `ended` is aborted when this process must stop or lost the role.
 *
 * Throws what `runOnce` throws, and `LEASE_HELD` while a single process is running this synchronization.
 */
export async function leadRun(worker: WorkerContext, role: LeaseKeeper, ended: AbortSignal): Promise<RunReport> {
  const { ports, options } = worker;
  const runId = ports.newId();
  const objects = ports.mapping.objects.map((mapping) => mapping.object);
  await worker.queue.prepare(objects);
  const orphan = await takeOver(worker, ended);
  const lease = await takeRun(worker, role, runId);
  const heartbeat = startHeartbeat(options.leaseTtlMs, () => lease.renew());
  const over = AbortSignal.any([ended, heartbeat.lost]);
  try {
    if (orphan !== undefined) await closeOrphan(worker, lease, orphan, runId);
    const report = await conductRun({
      ports,
      options: { ...options, signal: over },
      runId,
      lease,
      executor: throughQueue(worker, over),
      // So that what the run used and did is known even if its coordinator is lost.
      keepRecord: (run) => lease.commit({ run }),
      failed: (run) => giveUpRun(worker, { lease, over, objects, run }),
    });
    await lease.release();
    return report;
  } finally {
    heartbeat.stop();
  }
}

/**
 * Ends the jobs of a run whose coordinator is gone: those that nobody took are removed, those under way are waited for.
 * Returns the Id of that run. Throws `LEASE_HELD` when a single process is running this synchronization.
 */
async function takeOver(worker: WorkerContext, ended: AbortSignal): Promise<string | undefined> {
  const { ports, options } = worker;
  const name = leaseName(ports.mapping.source);
  const former = await ports.state.leaseHolder(name);
  const shared = former?.holder.startsWith(SHARED) === true;
  if (shared) {
    await worker.queue.purge(ports.mapping.objects.map((mapping) => mapping.object));
    // Its lease keeps others out until the last job has ended.
    await drain(worker, ended, async () => {
      await ports.state.renewLease(former, options.leaseTtlMs, ports.nowMs());
    });
    await ports.state.releaseLease(former);
    return former.holder.slice(SHARED.length);
  }
  await drain(worker, ended, async () => {});
  return undefined;
}

/** Waits until no lane is in anybody's hands. */
async function drain(worker: WorkerContext, ended: AbortSignal, meanwhile: () => Promise<void>): Promise<void> {
  while (await anyLaneAlive(worker)) {
    ended.throwIfAborted();
    await meanwhile();
    await worker.queue.notifier.waitAfter("done", worker.queue.notifier.count("done"), DRAIN_LOOK_MS, ended);
  }
}

/** Whether somebody works on a job of this source. */
async function anyLaneAlive(worker: WorkerContext): Promise<boolean> {
  const { state, mapping } = worker.ports;
  const leases = await Promise.all(
    Array.from({ length: LANES_MAX }, (_, lane) => state.leaseHolder(laneName(mapping.source, lane))),
  );
  return leases.some((lease) => isAlive(worker, lease));
}

async function takeRun(worker: WorkerContext, role: LeaseKeeper, runId: string): Promise<LeaseKeeper> {
  const { ports, options } = worker;
  return await LeaseKeeper.take({
    state: ports.state,
    name: leaseName(ports.mapping.source),
    holder: SHARED + runId,
    ttlMs: options.leaseTtlMs,
    nowMs: ports.nowMs,
    under: [role.lease],
    ...(ports.holderIsGone === undefined ? {} : { holderIsGone: ports.holderIsGone }),
  });
}

async function closeOrphan(worker: WorkerContext, lease: LeaseKeeper, orphan: string, runId: string): Promise<void> {
  const run = await unfinished(worker, orphan, `Its coordinator ended; run ${runId} goes on`);
  if (run !== undefined) await lease.commit({ run });
}

async function unfinished(worker: WorkerContext, runId: string, error: string): Promise<RunRecord | undefined> {
  const run = (await worker.ports.state.runs(RUNS_LOOKED_AT)).find(({ id }) => id === runId);
  if (run === undefined || run.outcome !== "running") return undefined;
  return { ...run, outcome: "failed", finishedAtMs: worker.ports.nowMs(), error };
}

/**
 * What the last worker does before it leaves: closes the run that nobody goes on with, so that a single process can run at
 * once. Does nothing while another worker coordinates or works.
 */
export async function leaveRun(worker: WorkerContext): Promise<void> {
  const { state, mapping } = worker.ports;
  try {
    const lease = await state.leaseHolder(leaseName(mapping.source));
    if (lease?.holder.startsWith(SHARED) !== true) return;
    if ((await state.leaseHolder(roleName(mapping.source))) !== undefined || (await anyLaneAlive(worker))) return;
    const run = await unfinished(worker, lease.holder.slice(SHARED.length), STOPPED);
    if (run !== undefined) await state.commit(lease, { run });
    await state.releaseLease(lease);
  } catch (error) {
    // It runs out by itself.
    if (!(error instanceof SyncError)) throw error;
  }
}

/** Records the failure and lets others run, as soon as nobody works for this run any more. */
async function giveUpRun(
  worker: WorkerContext,
  run: {
    readonly lease: LeaseKeeper;
    readonly over: AbortSignal;
    readonly objects: readonly string[];
    readonly run: RunRecord;
  },
): Promise<void> {
  // Whoever stops now leaves the run, with the jobs under way, to the next coordinator.
  if (run.over.aborted) return;
  try {
    await run.lease.commit({ run: run.run });
    await worker.queue.purge(run.objects);
    await drain(worker, run.over, () => run.lease.keep());
    await run.lease.release();
  } catch (error) {
    // A lost lease or a broken store is what ended the run; the first error is the one to report.
    if (!(error instanceof SyncError)) throw error;
    if (isOutage(error)) worker.observe({ kind: "trouble", message: error.message });
  }
}
