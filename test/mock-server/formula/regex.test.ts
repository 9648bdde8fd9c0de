import { describe, expect, it } from "vitest";
import { matches, patternOf } from "../../../mock-server/formula/regex.ts";

const isMatch = (pattern: string, text: string): boolean => matches(patternOf(pattern), text);

describe("a pattern of REGEX", () => {
  it.each<[string, string, boolean]>([
    ["ERP-[0-9]+", "ERP-42", true],
    ["ERP-[0-9]+", "xERP-42", false],
    ["a|bc", "bc", true],
    ["a|bc", "ac", false],
    ["(ab){2,3}", "ababab", true],
    ["(ab){2,3}", "abababab", false],
    ["\\d{3}-\\d{2}", "123-45", true],
    ["[^\\s@]+@[^\\s@]+\\.[a-z]{2,}", "ann@acme.example", true],
    ["[A-Z&&[^AEIOU]]+", "XYZ", true],
    ["[A-Z&&[^AEIOU]]+", "XAZ", false],
    ["[]a]+", "]a", true],
    ["[a-]+", "a-", true],
    ["(?i)order", "OrDer", true],
    ["(?i)[a-f]+", "ABC", true],
    ["(?=.*\\d)(?=.*[a-z]).{6,}", "abc123", true],
    ["(?=.*\\d)(?=.*[a-z]).{6,}", "abcdef", false],
    ["(?!000)\\d{3}", "000", false],
    ["(?!000)\\d{3}", "001", true],
    ["^a.c$", "abc", true],
    ["a.c", "a\nc", false],
    ["\\bno\\b.*", "no way", true],
    ["\\p{L}+ \\p{Upper}\\p{Lower}*", "Åse Berg", true],
    ["\\Qa.b\\E", "a.b", true],
    ["\\Qa.b\\E", "axb", false],
    ["(?<year>\\d{4})", "2026", true],
    ["\\u0041\\x42", "AB", true],
    ["", "", true],
    [".?", "😀", true],
    ["a*?b+?", "aabb", true],
  ])("%s on %j is %j", (pattern, text, expected) => {
    expect(isMatch(pattern, text)).toBe(expected);
  });

  it.each([
    ["(", /'\)' is missing/],
    ["a)", /too many/],
    ["[a", /'\]' is missing/],
    ["*a", /nothing to repeat/],
    ["a{2,1}", /ends before it begins/],
    ["(a)\\1", /references to groups/],
    ["(?<=a)b", /looking back/],
    ["a++", /possessive/],
    ["\\p{Nonsense}", /not supported/],
    ["a{99999}", /Regex too complicated/],
    ["((a{1000}){1000}){1000}", /Regex too complicated/],
    ["((){5000}){5000}", /Regex too complicated/],
  ])("%s is refused", (pattern, reason) => {
    expect(() => patternOf(pattern)).toThrow(reason);
  });

  it.each([
    ["(a+)+$", `${"a".repeat(5000)}!`],
    ["(a|aa)+$", `${"a".repeat(5000)}!`],
    ["(.*,){12}P", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20"],
    ["(x+x+)+y", "x".repeat(5000)],
  ])("%s needs no more time than it is long", (pattern, text) => {
    const begun = performance.now();
    expect(isMatch(pattern, text)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it("that would look ahead too often says so", () => {
    expect(() => isMatch("((?=.*!).)*", "a".repeat(5000).concat("!"))).toThrow("Regex too complicated");
  });
});
