/** Counts API calls against the day's allowance. Source: rest-api §10.1, §10.3, §10.4. */

import { DailyCount } from "../org/daily-count.ts";
import type { Clock } from "../org/port.ts";

/** A generous allowance, as one recorded org shows it; a test of limits sets its own. */
export const DAILY_API_REQUESTS = 5_000_000;

/** The calls of the last 24 hours, by the org's clock, in steps of one hour. */
export class ApiUsage {
  readonly #calls: DailyCount;

  constructor(clock: Clock, max: number = DAILY_API_REQUESTS) {
    this.#calls = new DailyCount(clock, max);
  }

  /** Calls in the last 24 hours. */
  get used(): number {
    return this.#calls.used;
  }

  /** Calls that 24 hours allow. */
  get max(): number {
    return this.#calls.max;
  }

  set max(calls: number) {
    this.#calls.max = calls;
  }

  get remaining(): number {
    return this.#calls.remaining;
  }

  /** Counts calls. Returns false, and counts nothing, when the allowance was used up before. */
  charge(calls: number): boolean {
    return this.#calls.charge(calls);
  }

  /** The `Sforce-Limit-Info` header. */
  header(): string {
    return `api-usage=${this.used}/${this.max}`;
  }

  /** Forgets all calls. */
  reset(): void {
    this.#calls.reset();
  }
}
