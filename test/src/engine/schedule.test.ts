import { describe, expect, it } from "vitest";
import { nextStartOf, TICK_MS, waitForStart } from "../../../src/engine/schedule.ts";

const NO_JITTER = { jitter: "0s", timeZone: "UTC" };
const at = (instant: string): number => Date.parse(instant);

describe("when the next run starts", () => {
  it("counts an interval from the start of the last run", () => {
    const next = nextStartOf({ ...NO_JITTER, every: "5m" }, () => 0);

    expect(next(at("2026-03-01T08:01:00Z"), at("2026-03-01T08:00:00Z"))).toBe(at("2026-03-01T08:05:00Z"));
  });

  it("follows a run that took longer than the interval at once, and makes up for nothing", () => {
    const next = nextStartOf({ ...NO_JITTER, every: "5m" }, () => 0);

    expect(next(at("2026-03-01T09:00:00Z"), at("2026-03-01T08:00:00Z"))).toBe(at("2026-03-01T09:00:00Z"));
  });

  it("is five minutes where nothing is said", () => {
    expect(nextStartOf(NO_JITTER, () => 0)(0, 0)).toBe(300_000);
  });

  it("takes a cron expression in its time zone, also across the change to summer time", () => {
    const next = nextStartOf({ ...NO_JITTER, cron: "30 2 * * *", timeZone: "Europe/Berlin" }, () => 0);

    expect(new Date(next(at("2026-03-27T12:00:00Z"), null)).toISOString()).toBe("2026-03-28T01:30:00.000Z");
    // On 29 March 2026 there is no 02:30 in Berlin.
    expect(next(at("2026-03-28T12:00:00Z"), null)).toBeGreaterThan(at("2026-03-29T00:00:00Z"));
    expect(next(at("2026-03-28T12:00:00Z"), null)).toBeLessThanOrEqual(at("2026-03-30T00:30:00Z"));
  });

  it("puts a start off by less than the jitter", () => {
    const schedule = { ...NO_JITTER, every: "5m", jitter: "30s" };

    expect(nextStartOf(schedule, () => 0)(0, 0)).toBe(300_000);
    expect(nextStartOf(schedule, () => 0.999999)(0, 0)).toBe(330_000);
  });
});

describe("waiting for the start", () => {
  /** A clock that each sleep moves by `step`, or by what was asked. */
  function clock(startMs: number, steps: readonly number[] = []) {
    const state = { nowMs: startMs, sleeps: [] as number[] };
    return {
      state,
      around: {
        nowMs: () => state.nowMs,
        sleep: async (ms: number) => {
          state.nowMs += steps[state.sleeps.length] ?? ms;
          state.sleeps.push(ms);
        },
      },
    };
  }
  const never = new AbortController().signal;

  it("looks at the clock every second and ends at the start", async () => {
    const { state, around } = clock(0);

    await waitForStart(() => 3_500, null, around, never);

    expect(state.sleeps).toEqual([1_000, 1_000, 1_000, 500]);
  });

  it("ends at once after a machine slept through the start", async () => {
    const { state, around } = clock(0, [8 * 3_600_000]);

    await waitForStart(() => 60_000, null, around, never);

    expect(state.sleeps).toHaveLength(1);
  });

  it("names the start anew when the clock jumps back, so that it does not wait for hours", async () => {
    const { state, around } = clock(10_000_000, [TICK_MS, -9_000_000]);
    const named: number[] = [];

    await waitForStart(
      (nowMs) => nowMs + 5_000,
      null,
      around,
      never,
      (startMs) => named.push(startMs),
    );

    expect(named).toEqual([10_005_000, 1_006_000]);
    expect(state.nowMs).toBe(1_006_000);
  });

  it("ends when it is told to", async () => {
    const stop = new AbortController();
    const { state, around } = clock(0);
    const sleep = async (ms: number): Promise<void> => {
      await around.sleep(ms);
      if (state.sleeps.length === 2) stop.abort();
    };

    await waitForStart(() => Number.POSITIVE_INFINITY, null, { ...around, sleep }, stop.signal);

    expect(state.sleeps).toHaveLength(2);
  });
});
