/** When a service sweeps: at its own times, and when a run may have missed deletions. */
import type { RunReport } from "./report.ts";
import type { SweepTimes } from "./schedule.ts";

/** Why a sweep is due. */
export type SweepReason = "schedule" | "unseen deletions";

/** Remembers what is due until a sweep has gone through. */
export class SweepDuty {
  readonly #times: SweepTimes | null;
  #nextMs: number;
  #isOwed = false;

  /** `times` null: only what runs have missed asks for a sweep. */
  constructor(times: SweepTimes | null, nowMs: number) {
    this.#times = times;
    this.#nextMs = times?.(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  /** Why a sweep should follow this run; null where none is due. */
  after({ unseenDeletes }: Pick<RunReport, "unseenDeletes">, nowMs: number): SweepReason | null {
    this.#isOwed ||= unseenDeletes.length > 0;
    if (this.#isOwed) return "unseen deletions";
    return nowMs >= this.#nextMs ? "schedule" : null;
  }

  /** A sweep went through, which began at `startedMs`. */
  done(startedMs: number): void {
    this.#isOwed = false;
    this.#nextMs = this.#times?.(startedMs) ?? Number.POSITIVE_INFINITY;
  }
}
