import { describe, expect, it } from "vitest";
import { callsByHour, callsChart } from "../../../src/observe/chart.ts";
import type { RunRecord } from "../../../src/state/port.ts";

const NOW = Date.parse("2026-03-01T12:20:00Z");
const run = (startedAt: string, apiCalls: number): RunRecord => ({
  id: startedAt,
  startedAtMs: Date.parse(startedAt),
  finishedAtMs: null,
  outcome: "done",
  apiCalls,
  predictedCalls: 0,
  error: null,
  counts: {},
});

describe("the calls of a day", () => {
  it("are in the hour in which their run started, oldest first", () => {
    const hours = callsByHour(
      [run("2026-03-01T12:00:00Z", 3), run("2026-03-01T12:19:59Z", 4), run("2026-02-28T13:00:00Z", 5)],
      NOW,
    );

    expect(hours).toHaveLength(24);
    expect(hours.at(-1)).toEqual({ fromMs: Date.parse("2026-03-01T12:00:00Z"), calls: 7 });
    expect(hours[0]).toEqual({ fromMs: Date.parse("2026-02-28T13:00:00Z"), calls: 5 });
  });

  it("leave out what is older than the oldest hour", () => {
    const hours = callsByHour([run("2026-02-28T12:59:59Z", 9)], NOW);

    expect(hours.every((hour) => hour.calls === 0)).toBe(true);
  });

  it("are told in words and as a table, too", async () => {
    const markup = String(await callsChart([run("2026-03-01T12:00:00Z", 7)], NOW));

    expect(markup).toContain("API calls by hour in the last 24 hours, 7 in all");
    expect(markup).toContain('<td>12:00</td><td class="number">7</td>');
  });
});
