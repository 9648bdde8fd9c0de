/** The words for malformed JSON, whatever the text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrgError } from "../../../mock-server/errors.ts";
import { parseJson } from "../../../mock-server/http/json-syntax.ts";

describe("reading JSON", () => {
  it("gives what the engine gives for good text", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { seed: 1 },
    );
  });

  it("refuses every bad text with a place", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      "1",
      "-",
      "0",
      "1e",
      "true",
      "nul",
      "\\",
      "\n",
      " ",
      "\u0001",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        fc.pre(!isJson(text));
        const refusal = refusalOf(text);
        expect(refusal?.errorCode).toBe("JSON_PARSER_ERROR");
        expect(refusal?.faults[0].message).toMatch(/ at \[line:\d+, column:\d+\]$/);
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it("takes 1,000 levels and refuses 1,001", () => {
    const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    expect(refusalOf(nested(1_000))).toBeUndefined();
    expect(refusalOf(nested(1_001))?.faults[0].message).toContain("nesting depth (1001) exceeds the maximum");
  });

  function isJson(text: string): boolean {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }

  function refusalOf(text: string): OrgError | undefined {
    try {
      parseJson(text);
      return undefined;
    } catch (error) {
      if (error instanceof OrgError) return error;
      throw error;
    }
  }
});
