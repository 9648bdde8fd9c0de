/**
 * When to sweep: at the times of the configuration, and after a run that may have missed deletions. Such a run notes in
 * the state that a sweep is owed, in the very commit that moves its position past what it has not seen: so neither a run
 * that fails afterwards nor a process that ends forgets it.
 */
import { SyncError } from "../errors.ts";
import { LeaseKeeper, leaseName } from "./lease.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts, type RunOptions } from "./ports.ts";
import type { SweepTimes } from "./schedule.ts";

/** Stands beside the positions of the feeds: the time of the run that may have missed something, or an empty text. */
const OWED = "sweep:owed";

/** What a run commits with a position that it moves past deletions which no log tells any more. */
export function owedSweep(nowMs: number): Readonly<Record<string, string>> {
  return { [OWED]: new Date(nowMs).toISOString() };
}

/** Since when a sweep is owed, in epoch milliseconds; null where none is. */
export function sweepOwedSinceMs(cursors: Readonly<Record<string, string>>): number | null {
  const since = cursors[OWED] ?? "";
  return since === "" ? null : Date.parse(since);
}

/**
 * A sweep went through that covers what was owed at that time; `cursors` is what it has settled beside that. What a later run has missed is owed still. Where somebody
 * else is running just then, it stays owed as a whole: rather one sweep too many.
 */
export async function settleSweep(
  ports: EnginePorts,
  request: Asker,
  settled: { readonly owedSinceMs: number | null; readonly cursors: Readonly<Record<string, string>> },
): Promise<void> {
  const { owedSinceMs } = settled;
  if (owedSinceMs === null && Object.keys(settled.cursors).length === 0) return;
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
      const isOtherOwed = sweepOwedSinceMs(await state.cursors()) !== owedSinceMs;
      await lease.commit({ cursors: { ...settled.cursors, ...(isOtherOwed ? {} : { [OWED]: "" }) } });
    } finally {
      await lease.release();
    }
  } catch (error) {
    if (!(error instanceof SyncError && error.code === "LEASE_HELD")) throw error;
  }
}

/** Who sweeps. */
type Asker = Pick<RunOptions, "holder"> & Partial<Pick<RunOptions, "leaseTtlMs">>;

/** Why a sweep is due. */
export type SweepReason = "schedule" | "unseen deletions";

/** Pause after a sweep that broke off or left something owed: it costs calls, and what hinders it takes time to mend. */
const AGAIN_MS = 3_600_000;

/** The times at which a service sweeps. */
export class SweepDuty {
  readonly #times: SweepTimes | null;
  #nextMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** `times` null: only a sweep that is owed is made. */
  constructor(times: SweepTimes | null, nowMs: number) {
    this.#times = times;
    this.#nextMs = times?.(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  /** Why a sweep should follow the last run; null where none is due. */
  due(cursors: Readonly<Record<string, string>>, nowMs: number): SweepReason | null {
    if (nowMs < this.#notBeforeMs) return null;
    if (sweepOwedSinceMs(cursors) !== null) return "unseen deletions";
    return nowMs >= this.#nextMs ? "schedule" : null;
  }

  /** A sweep begins; unless it goes through, the next one has to wait. */
  begin(startedMs: number): void {
    this.#notBeforeMs = startedMs + AGAIN_MS;
  }

  /** A sweep went through, which began at `startedMs`; `cursors` as they are after it. */
  done(cursors: Readonly<Record<string, string>>, startedMs: number): void {
    if (sweepOwedSinceMs(cursors) === null) this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.#nextMs = this.#times?.(startedMs) ?? Number.POSITIVE_INFINITY;
  }
}
