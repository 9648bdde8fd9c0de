/**
 * Sweeps that are pending: a run that may have missed deletions notes it in the state, in the very commit that moves its
 * position past what it has not seen. So neither a run that fails afterwards nor a process that ends forgets it.
 */
import { SyncError } from "../../errors.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts, type RunOptions } from "../context/ports.ts";
import { LeaseKeeper, leaseName } from "../lease/lease.ts";

/** Stands beside the positions of the feeds: the time of the run that may have missed something, or an empty text. */
const PENDING_SWEEP = "sweep:pending";

/** What a run commits with a position that it moves past deletions which no log tells any more. */
export function pendingSweep(nowMs: number): Readonly<Record<string, string>> {
  return { [PENDING_SWEEP]: new Date(nowMs).toISOString() };
}

/** Since when a sweep is pending, in epoch milliseconds; null where none is. */
export function sweepPendingSinceMs(cursors: Readonly<Record<string, string>>): number | null {
  const since = cursors[PENDING_SWEEP] ?? "";
  return since === "" ? null : Date.parse(since);
}

/**
 * A sweep went through that covers what was pending at that time; `cursors` is what it has settled besides. What a later
 * run has missed is pending still. Where somebody else is running just then, it stays pending as a whole: rather one
 * sweep too many.
 */
export async function settleSweep(
  ports: EnginePorts,
  request: Asker,
  settled: { readonly pendingSinceMs: number | null; readonly cursors: Readonly<Record<string, string>> },
): Promise<void> {
  const { pendingSinceMs } = settled;
  if (pendingSinceMs === null && Object.keys(settled.cursors).length === 0) return;
  const { state, mapping, nowMs, holderIsGone } = ports;
  try {
    const lease = await LeaseKeeper.take({
      state,
      name: leaseName(mapping.source),
      holder: `${request.holder}:sweep`,
      ttlMs: request.leaseTtlMs ?? DEFAULT_RUN_OPTIONS.leaseTtlMs,
      nowMs,
      ...(holderIsGone === undefined ? {} : { holderIsGone }),
    });
    try {
      const isOtherPending = sweepPendingSinceMs(await state.cursors()) !== pendingSinceMs;
      await lease.commit({ cursors: { ...settled.cursors, ...(isOtherPending ? {} : { [PENDING_SWEEP]: "" }) } });
    } finally {
      await lease.release();
    }
  } catch (error) {
    if (!(error instanceof SyncError && error.code === "LEASE_HELD")) throw error;
  }
}

/** Who sweeps. */
type Asker = Pick<RunOptions, "holder"> & Partial<Pick<RunOptions, "leaseTtlMs">>;
