/** Counts API calls against the day's allowance. Source: rest-api §10.1, §10.3, §10.4. */
import type { Clock } from "../org/contract.ts";

const HOUR_MS = 60 * 60 * 1000;
const WINDOW_HOURS = 24;

/** A generous allowance, as one recorded org shows it; a test of limits sets its own. */
export const DAILY_API_REQUESTS = 5_000_000;

/** The calls of the last 24 hours, by the org's clock, in steps of one hour. */
export class ApiUsage {
  readonly #clock: Clock;
  readonly #hours = new Map<number, number>();
  #max: number;
  #used = 0;
  #hour = -1;

  constructor(clock: Clock, max: number = DAILY_API_REQUESTS) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Calls in the last 24 hours. */
  get used(): number {
    this.#forget();
    return this.#used;
  }

  /** Calls that 24 hours allow. */
  get max(): number {
    return this.#max;
  }

  set max(calls: number) {
    this.#max = calls;
  }

  get remaining(): number {
    return Math.max(0, this.#max - this.used);
  }

  /** Counts calls. Returns false, and counts nothing, when the allowance was used up before. */
  charge(calls: number): boolean {
    this.#forget();
    if (this.#used >= this.#max) return false;
    this.#used += calls;
    this.#hours.set(this.#hour, (this.#hours.get(this.#hour) ?? 0) + calls);
    return true;
  }

  /** The `Sforce-Limit-Info` header. */
  header(): string {
    return `api-usage=${this.#used}/${this.#max}`;
  }

  /** Forgets all calls. */
  reset(): void {
    this.#hours.clear();
    this.#used = 0;
  }

  #forget(): void {
    const hour = Math.floor(this.#clock.nowMs() / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    for (const [counted, calls] of this.#hours) {
      if (counted > hour - WINDOW_HOURS && counted <= hour) continue;
      this.#hours.delete(counted);
      this.#used -= calls;
    }
  }
}
