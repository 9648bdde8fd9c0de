import { describe, expect, it } from "vitest";
import { firstAfter, nextStartOf, sweepTimesOf, TICK_MS, waitForStart } from "../../../src/service/schedule.ts";

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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The time of day in a zone, to the second. */
function wallClock(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium" });
  return (ms) => format.format(ms);
}

/** The moments of a year at which a zone's clocks are changed, to the half hour. */
function changesOf(timeZone: string, year: number): readonly number[] {
  const clock = wallClock(timeZone);
  const offset = (ms: number): number => {
    const [hours = 0, minutes = 0] = clock(ms).split(":").map(Number);
    return (((hours * 60 + minutes - ms / MINUTE) % 1440) + 1440) % 1440;
  };
  const changes: number[] = [];
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += 24 * HOUR) {
    if (offset(day) === offset(day + 24 * HOUR)) continue;
    let ms = day;
    while (offset(ms) === offset(day)) ms += HOUR / 2;
    changes.push(ms);
  }
  return changes;
}

/** The starts between two moments, as a schedule that is asked after each start names them. */
function startsBetween(next: (nowMs: number) => number, fromMs: number, toMs: number): readonly number[] {
  const starts: number[] = [];
  for (let ms = next(fromMs); ms < toMs; ms = next(ms)) {
    expect(ms).toBeGreaterThan(starts.at(-1) ?? fromMs);
    starts.push(ms);
  }
  return starts;
}

describe("when clocks are changed", () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    // By half an hour.
    "Australia/Lord_Howe",
    "America/Santiago",
    // At midnight.
    "Asia/Beirut",
    // Around Ramadan, four times within these two years.
    "Africa/Casablanca",
  ];
  const changes = zones.flatMap((zone) =>
    [2026, 2027].flatMap((year) => changesOf(zone, year).map((ms) => [zone, new Date(ms).toISOString()] as const)),
  );

  it("each of the zones changes twice a year", () => {
    expect(changes).toHaveLength(zones.length * 4);
  });

  it.each(changes)(
    "every quarter, hour and 20 seconds start as often as the clock shows them: %s %s",
    (zone, change) => {
      const clock = wallClock(zone);
      const [fromMs, toMs] = [at(change) - 1.25 * HOUR, at(change) + 1.25 * HOUR];
      const shown = (stepMs: number, fits: RegExp): readonly number[] =>
        Array.from({ length: (toMs - fromMs) / stepMs - 1 }, (_, index) => fromMs + (index + 1) * stepMs).filter((ms) =>
          fits.test(clock(ms)),
        );

      const starts = (cron: string): readonly number[] => {
        const next = nextStartOf({ ...NO_JITTER, cron, timeZone: zone }, () => 0);
        return startsBetween((nowMs) => next(nowMs, null), fromMs, toMs);
      };

      expect(starts("*/15 * * * *")).toEqual(shown(MINUTE, /:(00|15|30|45):00$/));
      expect(starts("0 * * * *")).toEqual(shown(MINUTE, /:00:00$/));
      expect(starts("*/20 * * * * *")).toEqual(shown(20_000, /:(00|20|40)$/));
    },
  );

  it.each(changes)("a daily start and a daily sweep come once a day: %s %s", (zone, change) => {
    const [fromMs, toMs] = [at(change) - 60 * HOUR, at(change) + 60 * HOUR];
    const daily = nextStartOf({ ...NO_JITTER, cron: "30 2 * * *", timeZone: zone }, () => 0);
    const sweep = sweepTimesOf({ sweep: "30 1 * * *", timeZone: zone });

    const starts = startsBetween((nowMs) => daily(nowMs, null), fromMs, toMs);
    const sweeps = startsBetween((nowMs) => sweep?.(nowMs) ?? Number.NaN, fromMs, toMs);

    const days = (all: readonly number[]): ReadonlySet<string> =>
      new Set(all.map((ms) => new Date(ms).toLocaleDateString("en", { timeZone: zone })));
    expect([starts.length, days(starts).size]).toEqual([5, 5]);
    expect([sweeps.length, days(sweeps).size]).toEqual([5, 5]);
  });

  it.each(changes)("no start is due in the past, whenever it is asked for: %s %s", (zone, change) => {
    const next = nextStartOf({ ...NO_JITTER, cron: "*/15 * * * *", timeZone: zone }, () => 0);

    for (let nowMs = at(change) - 1.25 * HOUR; nowMs < at(change) + 1.25 * HOUR; nowMs += 97_000) {
      expect(next(nowMs, null) - nowMs).toBeGreaterThan(0);
      expect(next(nowMs, null) - nowMs).toBeLessThanOrEqual(15 * MINUTE);
    }
  });

  it("an expression that answers with the past is asked on until it names a time ahead", () => {
    // As croner 10 within a repeated hour: it answers as if the hour had just begun for the first time.
    const stuck = (fromMs: number): number => (fromMs < 60 * MINUTE ? 15 * MINUTE : 75 * MINUTE);

    expect(firstAfter(20 * MINUTE, stuck)).toBe(75 * MINUTE);
    expect(() => firstAfter(20 * MINUTE, () => 0)).toThrow(/no start after/);
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

  it("names the start again when the clock jumps back, so that it does not wait for hours", async () => {
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
