import { describe, expect, it } from "vitest";
import { type SourceFingerprint, sourceChange } from "../../../src/external/sql/source.ts";

const SIGNS: SourceFingerprint = {
  log: "a",
  system: "7001",
  database: "16384",
  timeline: "1",
  table: "16400",
  lines: "16410",
  key: '["id"]',
  triggers: "16500:740",
  parts: "1:1 2:2",
};

describe("a source is another one", () => {
  it.each([
    ["log", "b", /change log is not the one/],
    ["system", "7002", /another server/],
    ["database", "16385", /another database/],
    ["timeline", "2", /from timeline 1 to 2/],
    ["table", "16401", /"orders" is not the table/],
    ["lines", "16411", /lines of "orders"/],
    ["key", '["no"]', /key of "orders" was \["id"\] and is \["no"\]/],
    ["triggers", "16500:741", /switched off or made again/],
    ["parts", "1:1", /partition was taken/],
  ])("when its %s differs", (sign, value, reason) => {
    const change = sourceChange(SIGNS, { ...SIGNS, [sign]: value }, "orders");
    // A table is swapped and loaded every day; another database may never have had what is missing.
    const isAnother = ["system", "database", "timeline"].includes(sign);
    const told = { reason: expect.stringMatching(reason), deletesMissed: true };
    expect(change).toEqual(isAnother ? { ...told, isAnother } : told);
  });

  it("not when a sign cannot be seen any more, or was not seen before", () => {
    const { system: _hidden, ...fewer } = SIGNS;
    expect(sourceChange(SIGNS, fewer, "orders")).toBeUndefined();
    expect(sourceChange(fewer, SIGNS, "orders")).toBeUndefined();
    expect(sourceChange({}, SIGNS, "orders")).toBeUndefined();
  });

  it("and says the most telling reason when many signs differ", () => {
    const moved = { ...SIGNS, system: "7002", database: "5", table: "6", triggers: "7:8" };
    expect(sourceChange(SIGNS, moved, "orders")?.reason).toContain("another server");
  });
});
