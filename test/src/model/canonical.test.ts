import { describe, expect, it } from "vitest";
import { type CanonicalOptions, canonicalValue } from "../../../src/model/canonical.ts";
import type { ValueKind } from "../../../src/model/value.ts";

const read = (kind: ValueKind, raw: unknown, options?: CanonicalOptions): unknown => {
  const result = canonicalValue(kind, raw, options);
  return result.ok ? result.value : `refused: ${result.problem}`;
};

describe("a canonical value", () => {
  it.each<[ValueKind, unknown, unknown]>([
    ["text", "  a\r\nb ", "a\nb"],
    ["text", "   ", null],
    ["text", 12, "12"],
    ["text", null, null],
    ["decimal", 1.5, "1.5"],
    ["decimal", "", null],
    ["boolean", "TRUE", true],
    ["boolean", 0, false],
    ["boolean", null, false],
    ["date", "2026-01-02T00:00:00.000Z", "2026-01-02"],
    ["instant", "2026-01-02T03:04:05.999+0000", "2026-01-02T03:04:05Z"],
    ["reference", "erp:Account:1", "erp:Account:1"],
  ])("of kind %s made of %s is %s", (kind, raw, value) => {
    expect(read(kind, raw)).toBe(value);
  });

  it("is made of big integers too", () => {
    expect(read("decimal", 90071992547409930n)).toBe("90071992547409930");
  });

  it("is rounded to the scale that its mapping names", () => {
    expect(read("decimal", "1.005", { scale: 2 })).toBe("1.01");
    expect(read("decimal", "1.005")).toBe("1.005");
  });

  it("fits the length of its field to the character", () => {
    expect(read("text", "äöü", { length: 3 })).toBe("äöü");
    expect(read("text", "äöü€", { length: 3 })).toBe("refused: has 4 characters; the field holds 3");
  });

  it.each<[ValueKind, unknown]>([
    ["decimal", "abc"],
    ["boolean", "maybe"],
    ["date", "31.12.2026"],
    ["instant", "noon"],
    ["text", { a: 1 }],
    ["text", ["a"]],
  ])("of kind %s cannot be made of %j", (kind, raw) => {
    expect(canonicalValue(kind, raw).ok).toBe(false);
  });
});
