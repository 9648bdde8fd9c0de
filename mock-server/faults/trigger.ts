/** Counts the matches of one fault and decides at which of them it applies. */
import type { FaultCount } from "./fault.ts";

/** The counters of one fault. */
export class FaultTrigger {
  readonly #count: FaultCount;
  readonly #times: number;
  readonly #random: () => number;
  #seen = 0;
  #applied = 0;

  constructor(count: FaultCount) {
    this.#count = count;
    this.#times = count.times ?? (count.nth === undefined ? Number.POSITIVE_INFINITY : 1);
    this.#random = seededRandom(count.seed ?? 1);
  }

  /** Matches so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Times applied so far. */
  get applied(): number {
    return this.#applied;
  }

  /** True where it will not apply any more. */
  get spent(): boolean {
    return this.#applied >= this.#times;
  }

  /** Counts a match. True where the fault applies now. */
  hit(): boolean {
    this.#seen += 1;
    if (this.spent || this.#seen < (this.#count.nth ?? 1)) return false;
    // The dice are thrown at each match, so that an application does not depend on the limits.
    if (this.#count.chance !== undefined && this.#random() >= this.#count.chance) return false;
    this.#applied += 1;
    return true;
  }
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
