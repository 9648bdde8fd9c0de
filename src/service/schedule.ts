/**
 * When the next run starts: an interval or a cron expression, with jitter; and waiting that survives a suspended machine
 * and a clock that jumps.
 */
import assert from "node:assert/strict";
import { Cron } from "croner";
import { durationMs } from "../config/duration.ts";
import type { Config } from "../config/schema.ts";

/** Gives the start of the next run in epoch milliseconds; `lastStartMs` null before the first one. */
export type NextStart = (nowMs: number, lastStartMs: number | null) => number;

const DEFAULT_EVERY_MS = 300_000;
/** A cron expression that never comes again (a date in the past) is looked at again after a day. */
const NEVER_MS = 86_400_000;
/** How far on the expression is asked again when it names a time that has passed. */
const STEP_MS = 60_000;
/** Clocks go back by two hours at most; this is four, in steps. */
const STEPS_MAX = 240;

/** The rule of a configuration. `random` in [0, 1). */
export function nextStartOf(
  schedule: Omit<Config["schedule"], "changeEvents" | "sweep">,
  random: () => number,
): NextStart {
  const jitterMs = durationMs(schedule.jitter);
  const late = (): number => Math.floor(random() * (jitterMs + 1));
  if (schedule.cron !== undefined) {
    const next = cronTimes(schedule.cron, schedule.timeZone);
    return (nowMs) => next(nowMs) + late();
  }
  const everyMs = schedule.every === undefined ? DEFAULT_EVERY_MS : durationMs(schedule.every);
  // A run that took longer than the interval is followed at once, and missed starts are not made up for.
  return (nowMs, lastStartMs) => Math.max(nowMs, (lastStartMs ?? nowMs) + everyMs) + late();
}

/** The times of the sweeps in a configuration; null where none are asked for. */
export function sweepTimesOf({ sweep, timeZone }: Pick<Config["schedule"], "sweep" | "timeZone">): SweepTimes | null {
  return sweep === null ? null : cronTimes(sweep, timeZone);
}

/** Gives the first time after `nowMs`, both in epoch milliseconds. */
export type SweepTimes = (nowMs: number) => number;

function cronTimes(pattern: string, timezone: string): SweepTimes {
  const cron = new Cron(pattern, { paused: true, timezone });
  return (nowMs) => firstAfter(nowMs, (fromMs) => cron.nextRun(new Date(fromMs))?.getTime() ?? null);
}

/**
 * The first time after `nowMs` that a cron expression names; a day later when it names none. `next` may answer with a
 * time that has passed, as croner 10 did within the hour that clocks repeat when they go back: a start that is due in the
 * past would come at once, again and again. Then it is asked about later moments until the answer lies ahead.
 */
export function firstAfter(nowMs: number, next: (fromMs: number) => number | null): number {
  for (let step = 0; step <= STEPS_MAX; step += 1) {
    const startMs = next(nowMs + step * STEP_MS);
    if (startMs === null) return nowMs + NEVER_MS;
    if (startMs > nowMs) return startMs;
  }
  assert.fail(`A cron expression names no start after ${new Date(nowMs).toISOString()}`);
}

/** What waiting needs from outside. */
export interface WaitSurroundings {
  readonly nowMs: () => number;
  /** Resolves after this many milliseconds, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The clock is looked at this often: a timer does not run while the machine sleeps, and knows nothing of jumps. */
export const TICK_MS = 1_000;

/**
 * Waits until the clock shows the start that `next` names, or until `signal` is aborted.
 *
 * A clock that jumps forward, as after a suspension, ends the wait at the next tick. A clock that jumps back makes the
 * start be named again, so that nothing waits for a time that was reached before.
 */
export async function waitForStart(
  next: NextStart,
  lastStartMs: number | null,
  around: WaitSurroundings,
  signal: AbortSignal,
  onNamed: (startMs: number) => void = () => {},
): Promise<void> {
  let seenMs = around.nowMs();
  // An interval counts from the last start, unless that lies in what the clock now calls the future.
  let startMs = next(seenMs, lastStartMs !== null && lastStartMs <= seenMs ? lastStartMs : null);
  onNamed(startMs);
  while (!signal.aborted) {
    const now = around.nowMs();
    if (now < seenMs - TICK_MS) {
      startMs = next(now, null);
      onNamed(startMs);
    }
    seenMs = now;
    if (now >= startMs) return;
    await around.sleep(Math.min(TICK_MS, startMs - now), signal);
  }
}
