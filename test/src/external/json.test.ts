import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  atPointer,
  NumberText,
  numberText,
  parseJson,
  stringifyJson,
  withPointer,
} from "../../../src/external/json.ts";

describe("JSON with exact numbers", () => {
  it.each(["12.50", "9007199254740993", "0.30000000000000000001", "-0", "1E400", "1e2", "12345678901234567890.10"])(
    "gives %s back digit by digit",
    (digits) => {
      const text = `{"a":[${digits}]}`;
      const parsed = parseJson(text);
      expect(atPointer(parsed, "/a/0")).toEqual(new NumberText(digits));
      expect(stringifyJson(parsed)).toBe(text);
    },
  );

  it.each([
    ["12.5", 12.5],
    ["0", 0],
    ["-7", -7],
    ["9007199254740991", 9007199254740991],
  ])("parses %s as a plain number", (digits, value) => {
    expect(parseJson(digits)).toBe(value);
  });

  it("leaves digits inside texts and names alone", () => {
    const text = '{"1.50":"12.50 \\" 9007199254740993","x\\\\":"\\u00011.0"}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("refuses what is no JSON", () => {
    for (const text of ["", "{", "01", "1.", "[1,]", "nul", '"\n"']) expect(() => parseJson(text)).toThrow(SyntaxError);
    expect(numberText("1,5")).toBeUndefined();
    expect(numberText("")).toBeUndefined();
    expect(numberText("-1.50e-7")?.digits).toBe("-1.50e-7");
    expect(() => stringifyJson({ a: Number.NaN })).toThrow(RangeError);
  });

  it("means the same as JSON.parse for every document", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const exact = parseJson(text);
        expect(JSON.parse(stringifyJson(exact))).toEqual(JSON.parse(text));
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("a JSON pointer", () => {
  const document = { "a/b": { "m~n": [10, { c: null }] } };

  it("finds what stands there, and undefined where nothing does", () => {
    expect(atPointer(document, "")).toBe(document);
    expect(atPointer(document, "/a~1b/m~0n/1/c")).toBeNull();
    expect(atPointer(document, "/a~1b/m~0n/2")).toBeUndefined();
    expect(atPointer(document, "/constructor")).toBeUndefined();
  });

  it("sets a value without touching the old document", () => {
    expect(withPointer(document, "/a~1b/m~0n/1/c", 5)).toEqual({ "a/b": { "m~n": [10, { c: 5 }] } });
    expect(withPointer({}, "/x/y", 1)).toEqual({ x: { y: 1 } });
    expect(withPointer({ x: null }, "/x/y", 1)).toEqual({ x: { y: 1 } });
    expect(withPointer({}, "", 3)).toBe(3);
    expect(document["a/b"]["m~n"][1]).toEqual({ c: null });
  });
});
