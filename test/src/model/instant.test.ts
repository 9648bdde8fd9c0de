import { describe, expect, it } from "vitest";
import { civilInZone, compareInstants, isZone, parseDate, parseInstant } from "../../../src/model/instant.ts";

const instant = (text: string, zone?: string): string => {
  const parsed = parseInstant(text, zone);
  return parsed.ok ? parsed.text : `refused: ${parsed.reason}`;
};

describe("a date", () => {
  it("drops a time behind it without shifting the day", () => {
    expect(parseDate("1996-07-04 00:00:00.000")).toEqual({ ok: true, text: "1996-07-04" });
    expect(parseDate("2026-03-01T23:59:59-11:00")).toEqual({ ok: true, text: "2026-03-01" });
  });

  it.each(["2026-02-29", "2026-13-01", "2026-00-10", "04.07.1996", "2026-1-1", ""])("%s is refused", (text) => {
    expect(parseDate(text).ok).toBe(false);
  });

  it("knows leap days", () => {
    expect(parseDate("2024-02-29").ok).toBe(true);
    expect(parseDate("1900-02-29").ok).toBe(false);
  });
});

describe("an instant", () => {
  it.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.000+0000", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.12Z"],
    ["2026-01-02 03:04+02:00", "2026-01-02T01:04:00Z"],
    ["2026-01-01T00:30:00+01", "2025-12-31T23:30:00Z"],
  ])("%s is %s", (text, canonical) => {
    expect(instant(text)).toBe(canonical);
  });

  it("without an offset needs a zone", () => {
    expect(instant("2026-07-01 12:00:00")).toContain("refused: has no offset");
    expect(instant("2026-07-01 12:00:00", "Europe/Berlin")).toBe("2026-07-01T10:00:00Z");
    expect(instant("2026-01-01 12:00:00", "Europe/Berlin")).toBe("2026-01-01T11:00:00Z");
  });

  it("in the hour that a clock change repeats is the first pass, in the one it skips the time after", () => {
    expect(instant("2026-10-25 02:30:00", "Europe/Berlin")).toBe("2026-10-25T00:30:00Z");
    expect(instant("2026-03-29 02:30:00", "Europe/Berlin")).toBe("2026-03-29T01:30:00Z");
  });

  it.each(["2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "yesterday"])(
    "%s is refused",
    (text) => {
      expect(parseInstant(text).ok).toBe(false);
    },
  );

  it("is ordered by time, also with fractions", () => {
    expect(compareInstants("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z")).toBeGreaterThan(0);
    expect(compareInstants("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z")).toBeLessThan(0);
    expect(compareInstants("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")).toBe(0);
  });

  it("shows the wall clock of a zone", () => {
    expect(civilInZone("2026-07-01T22:30:00Z", "Asia/Kolkata")).toMatchObject({ day: 2, hour: 4, minute: 0 });
    expect(isZone("Europe/Nowhere")).toBe(false);
  });
});
