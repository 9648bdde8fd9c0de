/** Patterns of paths: what they fit, and that no pattern makes the org stand still. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { matchesPath } from "../../../mock-server/http/path-pattern.ts";

it.each([
  ["/limits", "/services/data/v62.0/limits", true],
  ["/limits", "/limits/recordCount", false],
  ["/sobjects/*", "/services/data/v62.0/sobjects/Account", true],
  ["/sobjects/*", "/services/data/v62.0/sobjects", true],
  ["/sobjects/*", "/services/data/v62.0/sobjects/Account/001", false],
  ["/sobjects/**", "/services/data/v62.0/sobjects/Account/001", true],
  ["/sobjects/*/describe", "/SOBJECTS/Order/Describe", true],
  ["/sobjects/*/describe", "/sobjects/a/b/describe", false],
  ["/a.c", "/abc", false],
  ["/a(b", "/a(b", true],
  ["/[ab]", "/a", false],
  ["/services/Soap/**", "/services/Soap/u/62.0", true],
  ["", "", true],
] as const)("the pattern %j and the path %j: %j", (pattern, path, fits) => {
  expect(matchesPath(pattern, path)).toBe(fits);
});

it("fits what the same pattern as a regular expression fits", () => {
  const parts = fc.array(fc.constantFrom("a", "b", "/", "*", "**"), { maxLength: 7 });
  const paths = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 7 });
  fc.assert(
    fc.property(parts, paths, (pattern, path) => {
      const source = pattern
        .join("")
        .replace(/\/\*$/, "(?:/[^/]*)?")
        .replace(/\*\*/g, "\u0000")
        .replace(/(?<!\))\*(?!\))/g, "[^/]*")
        .replaceAll("\u0000", ".*");
      expect(matchesPath(pattern.join(""), path.join(""))).toBe(new RegExp(`^${source}$`).test(path.join("")));
    }),
    { numRuns: 2_000, seed: 18 },
  );
});

it("takes a number of steps that the lengths bound, whatever the pattern", () => {
  const hostile = `${"*a".repeat(60)}b`;
  const path = `/${"a".repeat(4_000)}`;
  expect(matchesPath(hostile, path)).toBe(false);
  expect(matchesPath(`${"**a".repeat(60)}/`, path)).toBe(false);
  expect(matchesPath("**a".repeat(60), path)).toBe(true);
});
