/** Numbers of a JSON text with more digits than a double holds. */
import { describe, expect, it } from "vitest";
import { withExactNumbers } from "../../../src/salesforce/exact-numbers.ts";

describe("the numbers of an answer", () => {
  it.each([
    ['{"n":999999999999999999}', { n: "999999999999999999" }],
    ['{"n":-12345678901234.5678}', { n: "-12345678901234.5678" }],
    ['{"n":1.23456789012345678E17}', { n: "1.23456789012345678E17" }],
    ['[123456789012345678,{"a":[0.1,450.0]}]', ["123456789012345678", { a: [0.1, 450] }]],
  ])("keep all their digits: %s", (json, read) => {
    expect(JSON.parse(withExactNumbers(json))).toEqual(read);
  });

  it.each([
    '{"n":19.900000000000002}',
    '{"n":450.00000000000000}',
    '{"text":"card 1234567890123456789, \\"9999999999999999999\\""}',
    '{"totalSize":1,"done":true}',
  ])("stay numbers where a double holds them, and texts stay texts: %s", (json) => {
    expect(withExactNumbers(json)).toBe(json);
  });
});
