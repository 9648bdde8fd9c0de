/**
 * When the next run starts: an interval or a cron expression, with jitter; and waiting that survives a suspended machine
 * and a clock that jumps.
 */
import { Cron } from "croner";
import { durationMs } from "../config/duration.ts";
import type { Config } from "../config/schema.ts";

/** Gives the start of the next run in epoch milliseconds; `lastStartMs` null before the first one. */
export type NextStart = (nowMs: number, lastStartMs: number | null) => number;

const DEFAULT_EVERY_MS = 300_000;
/** A cron expression that never comes again (a date in the past) is looked at again after a day. */
const NEVER_MS = 86_400_000;

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
  return (nowMs) => cron.nextRun(new Date(nowMs))?.getTime() ?? nowMs + NEVER_MS;
}

/** What waiting needs from outside. */
export interface WaitSurroundings {
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The clock is looked at this often: a timer does not run while the machine sleeps, and knows nothing of jumps. */
export const TICK_MS = 1_000;

/**
 * Waits until the clock shows the start that `next` names, or until `signal` is aborted.
 *
 * A clock that jumps forward, as after a suspension, ends the wait at the next tick. A clock that jumps back makes the
 * start be named anew, so that nothing waits for a time that was reached before.
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
