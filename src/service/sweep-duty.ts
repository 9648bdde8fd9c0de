/** When a process that stays up sweeps: at the times of the configuration, and after a run that may have missed deletions. */
import { sweepPendingSinceMs } from "../engine/detect/pending-sweep.ts";
import type { SweepTimes } from "./schedule.ts";

/** Why a sweep is due. */
export type SweepReason = "schedule" | "unseen deletions";

/** Pause after a sweep that broke off or left something pending: it costs calls, and what hinders it takes time to mend. */
const AGAIN_MS = 3_600_000;

/** The times at which a service sweeps. */
export class SweepDuty {
  readonly #times: SweepTimes | null;
  #nextMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** `times` null: only a pending sweep is made. */
  constructor(times: SweepTimes | null, nowMs: number) {
    this.#times = times;
    this.#nextMs = times?.(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  /** Why a sweep should follow the last run; null where none is due. */
  due(cursors: Readonly<Record<string, string>>, nowMs: number): SweepReason | null {
    if (nowMs < this.#notBeforeMs) return null;
    if (sweepPendingSinceMs(cursors) !== null) return "unseen deletions";
    return nowMs >= this.#nextMs ? "schedule" : null;
  }

  /** A sweep begins; unless it goes through, the next one has to wait. */
  begin(startedMs: number): void {
    this.#notBeforeMs = startedMs + AGAIN_MS;
  }

  /** A sweep went through, which began at `startedMs`; `cursors` as they are after it. */
  done(cursors: Readonly<Record<string, string>>, startedMs: number): void {
    if (sweepPendingSinceMs(cursors) === null) this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.#nextMs = this.#times?.(startedMs) ?? Number.POSITIVE_INFINITY;
  }
}
