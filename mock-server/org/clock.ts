/**
 * Time as an input: a clock that stands still, or runs along with real time at a distance, and can be moved by hand.
 *
 * What should happen at an instant of this clock is registered with `at` and runs, in order of its instant, when the
 * clock is moved past it or `settle` is called. Nothing here waits: who runs a clock in real time calls `settle`.
 */
import assert from "node:assert/strict";
import type { Clock } from "./port.ts";

/** How far to move a clock. The parts add up; negative parts move it back. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly ms?: number;
}

/** Where a clock stands: at an instant, or at a distance from real time. Milliseconds. */
export type ClockState =
  | { readonly kind: "frozen"; readonly atMs: number }
  | { readonly kind: "running"; readonly offsetMs: number };

/** Most timers that one call of `settle` or `advance` runs: a timer that sets itself again for now would never end. */
const TIMERS_PER_SETTLE_MAX = 100_000;

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** A clock under control. Whoever only reads time takes it as `Clock`. */
export class ManualClock implements Clock {
  readonly #realNowMs: () => number;
  #state: ClockState;
  /** In order of (dueMs, sequence). */
  #timers: Timer[] = [];
  #sequence = 0;

  /** By default it runs with real time; `realNowMs` is where real time comes from. */
  constructor(state: ClockState = { kind: "running", offsetMs: 0 }, realNowMs: () => number = Date.now) {
    this.#state = state;
    this.#realNowMs = realNowMs;
  }

  nowMs(): number {
    return this.#state.kind === "frozen" ? this.#state.atMs : this.#realNowMs() + this.#state.offsetMs;
  }

  get state(): ClockState {
    return this.#state;
  }

  /** The instant of the next timer, for a host that wakes up in real time; undefined when there is none. */
  get nextDueMs(): number | undefined {
    return this.#timers[0]?.dueMs;
  }

  /** Stops the clock where it stands, or at the given instant. */
  freeze(atMs: number = this.nowMs()): void {
    this.#state = { kind: "frozen", atMs };
    this.settle();
  }

  /** Lets the clock run with real time from where it stands. */
  run(): void {
    this.#state = { kind: "running", offsetMs: this.nowMs() - this.#realNowMs() };
  }

  /** Moves the clock to an instant, forward or back, running what falls due on the way. */
  set(instantMs: number): void {
    assert(Number.isFinite(instantMs), "a clock is set to a finite number of milliseconds");
    this.#runDue(instantMs);
    this.#place(instantMs);
  }

  /** Moves the clock by a duration, running what falls due on the way, each timer at its own instant. */
  advance(duration: Duration): void {
    this.set(this.nowMs() + durationMs(duration));
  }

  /** Runs what is due by now, in order of its instant. */
  settle(): void {
    this.#runDue(this.nowMs());
  }

  /** Runs `task` once when the clock reaches the instant. Returns the function that takes it back. */
  at(instantMs: number, task: () => void): () => void {
    this.#sequence += 1;
    const timer: Timer = { dueMs: instantMs, sequence: this.#sequence, run: task };
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1]?.dueMs ?? 0) > instantMs) place -= 1;
    this.#timers.splice(place, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Puts the clock where another stood. Timers stay as they are and nothing runs. */
  restore(state: ClockState): void {
    this.#state = state;
  }

  /** A clock that stands where this one does, without its timers. */
  fork(): ManualClock {
    return new ManualClock(this.#state, this.#realNowMs);
  }

  #runDue(untilMs: number): void {
    for (let runs = 0; ; runs += 1) {
      const [timer] = this.#timers;
      if (timer === undefined || timer.dueMs > untilMs) return;
      assert(runs < TIMERS_PER_SETTLE_MAX, "timers that fall due at once come to an end");
      this.#timers.shift();
      if (timer.dueMs > this.nowMs()) this.#place(timer.dueMs);
      timer.run();
    }
  }

  #place(instantMs: number): void {
    this.#state =
      this.#state.kind === "frozen"
        ? { kind: "frozen", atMs: instantMs }
        : { kind: "running", offsetMs: instantMs - this.#realNowMs() };
  }
}

/** A clock that stands still at an instant. */
export function frozenClock(atMs: number): ManualClock {
  return new ManualClock({ kind: "frozen", atMs });
}

/** The sum of a duration's parts in milliseconds. */
export function durationMs(duration: Duration): number {
  const { days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 } = duration;
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

/** An instant as Salesforce stores stamps: UTC, cut to the second (reference: change-events §1.1). */
export function wireInstant(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 19)}.000+0000`;
}
