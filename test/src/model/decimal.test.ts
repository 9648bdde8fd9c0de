import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareDecimals,
  multiplyDecimals,
  parseDecimal,
  roundDecimal,
  subtractDecimals,
} from "../../../src/model/decimal.ts";

describe("a canonical decimal", () => {
  it.each([
    ["1.50", "1.5"],
    ["+007", "7"],
    ["-0.00", "0"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1.25E-2", "0.0125"],
    ["12345678901234567890.123456789", "12345678901234567890.123456789"],
  ])("%s is written %s", (text, canonical) => {
    expect(parseDecimal(text)).toBe(canonical);
  });

  it.each(["", ".", "1,5", "1.2.3", "0x10", "NaN", "Infinity", "--1", "1e99999"])("%s is no decimal", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it("is its own canonical form", () => {
    const decimal = fc.tuple(fc.bigInt(), fc.nat(9)).map(([digits, exponent]) => `${digits}e-${exponent}`);
    fc.assert(
      fc.property(decimal, (text) => {
        const canonical = parseDecimal(text) ?? "";
        expect(parseDecimal(canonical)).toBe(canonical);
        expect(parseDecimal(`${canonical}${canonical.includes(".") ? "000" : ".000"}`)).toBe(canonical);
      }),
      { seed: 1 },
    );
  });
});

describe("decimal arithmetic", () => {
  it("is exact where doubles are not", () => {
    expect(multiplyDecimals("1.1", "1.1")).toBe("1.21");
    expect(subtractDecimals("1", "0.9")).toBe("0.1");
  });

  it("compares by value", () => {
    expect(compareDecimals("10", "9.99")).toBeGreaterThan(0);
    expect(compareDecimals("-1", "1")).toBeLessThan(0);
    expect(compareDecimals("1.50", "1.5")).toBe(0);
  });

  it.each([
    ["2.345", 2, "2.35"],
    ["2.344999", 2, "2.34"],
    ["-2.345", 2, "-2.35"],
    ["2.5", 0, "3"],
    ["0.004", 2, "0"],
    ["2.3", 2, "2.3"],
  ])("%s rounds half up to %i digits as %s", (text, scale, rounded) => {
    expect(roundDecimal(text, scale)).toBe(rounded);
  });
});
