/** Moments in columns that hold times without a zone. */
import { describe, expect, it } from "vitest";
import type { ColumnInfo } from "../../../src/external/sql/catalog.ts";
import { asLocalTime } from "../../../src/external/sql/local-time.ts";

const ZONE = "Europe/Copenhagen";

describe("a moment", () => {
  it("is written as the zone's clocks show it where the column has no zone", () => {
    expect(asLocalTime("2026-03-02T08:30:00Z", column("timestamp without time zone"), undefined, ZONE)).toBe(
      "2026-03-02T09:30:00",
    );
    expect(asLocalTime("2026-07-02T08:30:00Z", column("datetime"), undefined, ZONE)).toBe("2026-07-02T10:30:00");
  });

  it("is written as the zone's clocks show it where the column's other values name none", () => {
    const example = { text: "2026-01-01 10:00:00", storage: "text" };
    expect(asLocalTime("2026-03-02T08:30:00Z", column("text"), example, ZONE)).toBe("2026-03-02T09:30:00");
  });

  it.each([
    ["a column with a zone", "timestamp with time zone", undefined, ZONE],
    ["a text with an offset in the column", "text", { text: "2026-01-01T10:00:00Z", storage: "text" }, ZONE],
    ["no zone that is known", "timestamp without time zone", undefined, undefined],
  ])("stays a moment: %s", (_what, type, example, zone) => {
    expect(asLocalTime("2026-03-02T08:30:00Z", column(type), example, zone)).toBe("2026-03-02T08:30:00Z");
  });
});

it.each(["2026-03-02", "10", null, true])("anything else is left alone: %s", (value) => {
  expect(asLocalTime(value, column("timestamp without time zone"), undefined, ZONE)).toBe(value);
});

function column(type: string): ColumnInfo {
  return {
    name: "at",
    type,
    base: type,
    nullable: true,
    hasDefault: false,
    generated: false,
    binary: false,
    sorting: [],
  };
}
