/** Patterns that make a backtracking matcher run for years must be decided at once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileLike, matchesPieces } from "../../../mock-server/soql/run/like.ts";
import { compileSearchText } from "../../../mock-server/soql/sosl/search-text.ts";

/** Processor time, far above what a linear matcher needs, far below what a backtracking one does. */
const AT_ONCE_MS = 250;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function like(pattern: string, text: string, caseSensitive = false): boolean {
  const test = compileLike(pattern, caseSensitive);
  if (test.kind !== "pieces") throw new Error(`${pattern} needs no pieces`);
  return matchesPieces(test.pieces, caseSensitive ? text : text.toLowerCase());
}

/** Tries every way in which the pattern could be the text. */
function tried(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "%") return tried(rest, text) || (text.length > 0 && tried(pattern, text.slice(1)));
  return text.length > 0 && (first === "_" || first === text[0]) && tried(rest, text.slice(1));
}

describe("a pattern full of wildcards", () => {
  it("is decided at once by LIKE", () => {
    const started = processorMs();
    expect(like(`${"%a".repeat(30)}%b`, "a".repeat(100_000))).toBe(false);
    expect(like(`${"%_a".repeat(30)}%b_`, "a".repeat(100_000))).toBe(false);
    expect(like(`${"%_".repeat(5_000)}b`, "a".repeat(10_000))).toBe(false);
    expect(processorMs() - started).toBeLessThan(AT_ONCE_MS);
  });

  it("is decided at once by a search", () => {
    const test = compileSearchText(`${"a*".repeat(30)}b`);
    const started = processorMs();
    expect(test("a".repeat(100_000))).toBe(false);
    expect(test(`${"a".repeat(100)}b`)).toBe(true);
    expect(processorMs() - started).toBeLessThan(AT_ONCE_MS);
  });
});

describe("LIKE", () => {
  it.each([
    ["a%b%c", "abc", true],
    ["a%b%c", "aXbXbXc", true],
    ["a%b%c", "aXcXb", false],
    ["%a%", "bab", true],
    ["%a%b", "ab", true],
    ["%a%b", "abx", false],
    ["%ab%ab", "abab", true],
    ["%ab%ab", "aab", false],
    ["%ab%ab", "ab", false],
    ["_%_", "ab", true],
    ["_%_", "a", false],
    ["%_", "", false],
    ["%_%_%", "x", false],
    ["%_%_%", "xy", true],
    ["a_c", "abc", true],
    ["a%_c", "ac", false],
    ["a%_c", "abc", true],
    ["A%B%C", "a\nb\nc", true],
    ["%1%2", "102", true],
    ["%aab%b", "aaabb", true],
  ])("%j against %j is %s", (pattern, text, expected) => {
    const test = compileLike(pattern, false);
    const found = test.kind === "pieces" ? matchesPieces(test.pieces, text.toLowerCase()) : text.includes(test.text);
    expect(found).toBe(expected);
  });

  it.each(["a-00_", "a/b_", "[a]_", "(_", "\\\\_", "^_$", "{_}", "a|_", "_+?", "😀_"])(
    "%s is no pattern of another language",
    (pattern) => {
      const text = pattern.replaceAll("\\\\", "\\").replace("_", "x");
      expect(like(pattern, text)).toBe(true);
      expect(like(pattern, `${text}y`)).toBe(false);
    },
  );

  it("decides as a matcher does that tries everything", () => {
    const letters = (...from: readonly string[]) => fc.array(fc.constantFrom(...from), { maxLength: 8 });
    fc.assert(
      fc.property(letters("a", "b", "%", "_", "😀", "-"), letters("a", "b", "😀", "-"), (pattern, text) => {
        const test = compileLike(pattern.join(""), true);
        if (test.kind === "pieces") expect(matchesPieces(test.pieces, text.join(""))).toBe(tried(pattern, text));
      }),
      { numRuns: 3_000 },
    );
  });

  it("keeps letter case where the field does", () => {
    expect(like("a%B%c", "aBc", true)).toBe(true);
    expect(like("a%B%c", "abc", true)).toBe(false);
  });
});

describe("a search word with wildcards", () => {
  it.each([
    ["ab*d", "abcd", true],
    ["ab*d", "abcde", false],
    ["ab*d*", "abcde", true],
    ["ab?d", "abcd", true],
    ["ab?d", "abd", false],
    ['"ab* cd*e"', "abx cdye z", true],
    ['"ab* cd*e"', "abx y cde", false],
    ["a*b*b", "xab abb", true],
    ["a*b*b", "ab b", false],
  ])("%s against %j is %s", (search, text, expected) => {
    expect(compileSearchText(search)(text)).toBe(expected);
  });
});
