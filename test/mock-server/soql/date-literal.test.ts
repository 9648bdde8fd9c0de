/** Date literals as ranges of days, seen from Wednesday, 12 June 2024. */
import { describe, expect, it } from "vitest";
import { formatDay, instantOfDay } from "../../../mock-server/soql/base/calendar.ts";
import { daysOfLiteral, instantsOfDays } from "../../../mock-server/soql/base/date-literal.ts";
import { CALENDAR_FISCAL_YEAR } from "../../../mock-server/soql/base/fiscal-year.ts";

const WEDNESDAY = {
  nowMs: Date.UTC(2024, 5, 12, 10, 30),
  timeZone: "UTC",
  locale: "en_US",
  fiscalYear: CALENDAR_FISCAL_YEAR,
};

describe("a date literal covers", () => {
  it.each([
    ["YESTERDAY", null, "2024-06-11", "2024-06-12"],
    ["TODAY", null, "2024-06-12", "2024-06-13"],
    ["TOMORROW", null, "2024-06-13", "2024-06-14"],
    ["LAST_WEEK", null, "2024-06-02", "2024-06-09"],
    ["THIS_WEEK", null, "2024-06-09", "2024-06-16"],
    ["NEXT_WEEK", null, "2024-06-16", "2024-06-23"],
    ["LAST_MONTH", null, "2024-05-01", "2024-06-01"],
    ["THIS_MONTH", null, "2024-06-01", "2024-07-01"],
    ["NEXT_MONTH", null, "2024-07-01", "2024-08-01"],
    ["LAST_QUARTER", null, "2024-01-01", "2024-04-01"],
    ["THIS_QUARTER", null, "2024-04-01", "2024-07-01"],
    ["NEXT_QUARTER", null, "2024-07-01", "2024-10-01"],
    ["LAST_YEAR", null, "2023-01-01", "2024-01-01"],
    ["THIS_YEAR", null, "2024-01-01", "2025-01-01"],
    ["NEXT_YEAR", null, "2025-01-01", "2026-01-01"],
    ["LAST_90_DAYS", null, "2024-03-14", "2024-06-13"],
    ["NEXT_90_DAYS", null, "2024-06-13", "2024-09-11"],
    ["LAST_N_DAYS", 3, "2024-06-09", "2024-06-13"],
    ["LAST_N_DAYS", 0, "2024-06-12", "2024-06-13"],
    ["NEXT_N_DAYS", 3, "2024-06-13", "2024-06-16"],
    ["N_DAYS_AGO", 3, "2024-06-09", "2024-06-10"],
    ["LAST_N_WEEKS", 2, "2024-05-26", "2024-06-09"],
    ["NEXT_N_WEEKS", 2, "2024-06-16", "2024-06-30"],
    ["N_WEEKS_AGO", 2, "2024-05-26", "2024-06-02"],
    ["LAST_N_MONTHS", 6, "2023-12-01", "2024-06-01"],
    ["NEXT_N_MONTHS", 7, "2024-07-01", "2025-02-01"],
    ["N_MONTHS_AGO", 6, "2023-12-01", "2024-01-01"],
    ["LAST_N_QUARTERS", 2, "2023-10-01", "2024-04-01"],
    ["NEXT_N_QUARTERS", 2, "2024-07-01", "2025-01-01"],
    ["N_QUARTERS_AGO", 1, "2024-01-01", "2024-04-01"],
    ["LAST_N_YEARS", 2, "2022-01-01", "2024-01-01"],
    ["NEXT_N_YEARS", 2, "2025-01-01", "2027-01-01"],
    ["N_YEARS_AGO", 2, "2022-01-01", "2023-01-01"],
    ["LAST_FISCAL_QUARTER", null, "2024-01-01", "2024-04-01"],
    ["THIS_FISCAL_YEAR", null, "2024-01-01", "2025-01-01"],
    ["NEXT_N_FISCAL_QUARTERS", 1, "2024-07-01", "2024-10-01"],
    ["LAST_N_FISCAL_YEARS", 1, "2023-01-01", "2024-01-01"],
    ["N_FISCAL_YEARS_AGO", 1, "2023-01-01", "2024-01-01"],
  ] as const)("%s %s: %s up to but not including %s", (name, n, start, end) => {
    const range = daysOfLiteral(name, n, WEDNESDAY);
    expect([formatDay(range.startDay), formatDay(range.endDay)]).toEqual([start, end]);
  });

  it("days that stay comparable as text, however large its number", () => {
    const range = daysOfLiteral("LAST_N_YEARS", 1_000_000, WEDNESDAY);
    expect(formatDay(range.startDay)).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe("on a dateTime", () => {
  it("LAST_N_DAYS ends with the current second", () => {
    const range = daysOfLiteral("LAST_N_DAYS", 1, WEDNESDAY);
    expect(instantsOfDays(range, WEDNESDAY)).toEqual({
      startMs: Date.UTC(2024, 5, 11),
      endMs: Date.UTC(2024, 5, 12, 10, 30, 1),
    });
  });

  it("a day begins at midnight of the user, on both sides of a change of clocks", () => {
    const day = (month: number, date: number) => Date.UTC(2024, month - 1, date) / 86_400_000;
    expect(instantOfDay(day(3, 31), "Europe/Berlin")).toBe(Date.UTC(2024, 2, 30, 23));
    expect(instantOfDay(day(4, 1), "Europe/Berlin")).toBe(Date.UTC(2024, 2, 31, 22));
    expect(instantOfDay(day(6, 12), "America/Los_Angeles")).toBe(Date.UTC(2024, 5, 12, 7));
  });

  it("the user's day may be another than that of UTC", () => {
    const late = { ...WEDNESDAY, nowMs: Date.UTC(2024, 5, 12, 23), timeZone: "Asia/Tokyo" };
    expect(formatDay(daysOfLiteral("TODAY", null, late).startDay)).toBe("2024-06-13");
  });
});
