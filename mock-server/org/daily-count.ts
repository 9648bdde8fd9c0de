/** Counts something against an allowance of 24 hours, by the org's clock, in steps of one hour. */
import type { Clock } from "./port.ts";

const HOUR_MS = 60 * 60 * 1000;
const WINDOW_HOURS = 24;

/** What was used of one allowance in the last 24 hours. */
export class DailyCount {
  readonly #clock: Clock;
  readonly #hours = new Map<number, number>();
  #max: number;
  #used = 0;
  #hour = -1;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Used in the last 24 hours. */
  get used(): number {
    this.#forget();
    return this.#used;
  }

  /** What 24 hours allow. */
  get max(): number {
    return this.#max;
  }

  set max(allowance: number) {
    this.#max = allowance;
  }

  get remaining(): number {
    return Math.max(0, this.#max - this.used);
  }

  /** Counts. Returns false, and counts nothing, when the allowance was used up before. */
  charge(amount: number): boolean {
    this.#forget();
    if (this.#used >= this.#max) return false;
    this.#used += amount;
    this.#hours.set(this.#hour, (this.#hours.get(this.#hour) ?? 0) + amount);
    return true;
  }

  /** Forgets everything that was used. */
  reset(): void {
    this.#hours.clear();
    this.#used = 0;
  }

  #forget(): void {
    const hour = Math.floor(this.#clock.nowMs() / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    for (const [counted, amount] of this.#hours) {
      if (counted > hour - WINDOW_HOURS && counted <= hour) continue;
      this.#hours.delete(counted);
      this.#used -= amount;
    }
  }
}
