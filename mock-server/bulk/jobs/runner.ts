/**
 * Runs the steps of jobs outside of requests, paced by the org's clock.
 *
 * Without a pace a step follows the other as soon as the process is free, so that requests are answered in between.
 * With one, each step waits for its time on the org's clock: a test that holds the clock decides how far a job comes.
 */
import type { ManualClock } from "../../org/clock.ts";

/** Does one step and tells whether another one is to come. */
export type Step = () => boolean;

/** Runs steps for one org. */
export class StepRunner {
  readonly #clock: ManualClock;
  /** Milliseconds of the org's clock before each step. */
  readonly #paceMs: number;
  #stopped = false;

  constructor(clock: ManualClock, paceMs: number) {
    this.#clock = clock;
    this.#paceMs = paceMs;
  }

  /** Runs a step and those that follow it. */
  start(step: Step): void {
    if (this.#paceMs <= 0) {
      setImmediate(() => this.#run(step));
      return;
    }
    const dueMs = this.#clock.nowMs() + this.#paceMs;
    let ran = false;
    const once = (): void => {
      if (ran) return;
      ran = true;
      this.#run(step);
    };
    const takeBack = this.#clock.at(dueMs, once);
    // A running clock has nobody to move it.
    if (this.#clock.state.kind === "running") {
      setTimeout(() => {
        takeBack();
        once();
      }, this.#paceMs).unref();
    }
  }

  /** Runs nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  #run(step: Step): void {
    if (!this.#stopped && step()) this.start(step);
  }
}
