import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multiply, roundHalfUp, sum } from "../../../mock-server/schema/decimal.ts";

describe("decimal arithmetic", () => {
  it.each([
    [1.005, 2, 1.01],
    [-1.005, 2, -1.01],
    [2.675, 2, 2.68],
    [0.5, 0, 1],
    [-0.4, 0, 0],
    [1e-7, 2, 0],
    [1e21, 2, 1e21],
    [12.3, 2, 12.3],
  ])("rounds %d to %d decimals as %d, halves away from zero", (value, scale, expected) => {
    expect(roundHalfUp(value, scale)).toBe(expected);
  });

  it("never gives a negative zero", () => {
    expect(Object.is(roundHalfUp(-0.001, 2), 0)).toBe(true);
  });

  it.each([
    [3, 0.1, 2, 0.3],
    [1.15, 3, 2, 3.45],
    [0.07, 100, 2, 7],
    [-2.5, 19.99, 2, -49.98],
    [99999999.99, 99999.99, 2, 9999998999000],
  ])("multiplies %d by %d exactly", (a, b, scale, expected) => {
    expect(multiply(a, b, scale)).toBe(expected);
  });

  it("sums without the errors of binary fractions", () => {
    expect(sum([0.1, 0.2])).toBe(0.3);
    expect(sum(Array.from({ length: 1000 }, () => 0.01))).toBe(10);
    expect(sum([])).toBe(0);
    expect(sum([1e15, 0.25, -1e15])).toBe(0.25);
  });

  it("refuses what is no number", () => {
    expect(() => sum([Number.NaN])).toThrow(RangeError);
    expect(() => roundHalfUp(Number.POSITIVE_INFINITY, 2)).toThrow(RangeError);
  });

  it("sums cents in any order to the same amount", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 50 }), (cents) => {
        const expected = cents.reduce((total, cent) => total + cent, 0) / 100;
        const amounts = cents.map((cent) => cent / 100);
        expect(sum(amounts)).toBe(expected === 0 ? 0 : expected);
        expect(sum(amounts.toReversed())).toBe(sum(amounts));
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
