/** Words that must not come back, and sentences that have to be read twice. The words to use instead are in docs/glossary.md. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SELF = "test/house/plain-english.test.ts";
/** Names that earlier versions stored, and under which they are read once more. */
const STORED = "src/state/schema.ts";
/** Longer sentences have to be read twice. */
const SENTENCE_WORDS_MAX = 30;

/** What must not be written, with what to write in its place. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bowed\b|\bOwed\b|\w*(?:Owed|owed)SinceMs|sweep_owed/, "pending"],
  [/\btaken along\b|\btakenAlong\b|TAKEN_ALONG/i, "cascade-deleted"],
  [/\bdisplaced\b|\boverrun(?:s|ning)?\b|\bedited meanwhile\b|EDITED_MEANWHILE/i, "concurrent edit"],
  [/\bhalf[- ]way\b|\bPassingStatus\b/i, "transitional status"],
  [/\bcondemn(?:s|ed)?\b/i, "move to the dead letters"],
  [/\bforsaken\b/i, "abandoned"],
  [/\bfruitless\b/i, "consecutive failures"],
  [/\bcrew\b/i, "worker, context"],
  [/\bopenDoors?\b|\bStreamingDoor\b|\bLoginDesk\b|\bsettleDoors\b/, "gateway, authenticate, sign-in service"],
  [/\banew\b/i, "again"],
  [/\b(?:is|are|was|were|be|been) told\b(?! (?:apart|from|to |by |about))/i, "is reported, is logged, says"],
  [/\bstands? in (?!the way)|\bstood in\b/i, "is in, replaces"],
  [/\bso many\b(?! or| \w+ that)/i, "a number, a count"],
  [/\bby our hand\b|\bby hand of\b/i, "by us"],
  [/\bin doubt about\b/i, "unsure"],
];
/** Plural forms that do not agree with one: a text that puts a count before a plural without looking at the count. */
const SAYS_ONE_OF_MANY =
  /(?<![-.,§\d] ?|or )\b1 (?:documents|records|orders|lines|rows|values|calls|runs|conflicts|objects|fields|entries|files)\b/;

const tracked = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((path) =>
    /^(?:src|mock-server|docs|examples|deploy|schema)\/|^(?:README|CONTRIBUTING|SECURITY)\.md$/.test(path),
  )
  .filter((path) => /\.(?:ts|md|yaml|yml|json|mjs)$/.test(path) && path !== SELF && path !== STORED)
  // Names in a snapshot or a generated schema are the code's.
  .filter((path) => !path.endsWith("package.json"));

describe("code and documents", () => {
  it.each(BANNED.map(([pattern, instead]) => [instead, pattern] as const))(
    "say %s, and not the word that means it here only",
    (_, pattern) => {
      const found = tracked.flatMap((path) =>
        readFileSync(join(ROOT, path), "utf8")
          .split("\n")
          .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 140)}`] : [])),
      );
      expect(found).toEqual([]);
    },
  );

  it("never count one of many", () => {
    const found = tracked.filter((path) => SAYS_ONE_OF_MANY.test(readFileSync(join(ROOT, path), "utf8")));
    expect(found).toEqual([]);
  });
});

const PAGES = tracked.filter(
  (path) => /^(?:README|CONTRIBUTING|SECURITY)\.md$|^docs\/[a-z-]+\.md$/.test(path) && path !== "docs/fidelity.md",
);

describe("a page for users", () => {
  it.each(PAGES)("has no sentence of more than 30 words: %s", (page) => {
    const long = sentencesOf(readFileSync(join(ROOT, page), "utf8")).filter(
      (sentence) => sentence.split(/\s+/).length > SENTENCE_WORDS_MAX,
    );
    expect(long).toEqual([]);
  });
});

/** The sentences of a page's running text: without code, tables and headings; each entry of a list begins a new one. */
function sentencesOf(page: string): readonly string[] {
  const text = page
    .replace(/```[\s\S]*?```/g, "\n\n")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^\|.*$/gm, "\n")
    .replace(/^#.*$/gm, "\n")
    .replace(/`[^`\n]*(?:\n[^`\n]*)?`/g, "code")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:[-*]|\d+\.)\s/gm, "\n\n");
  return text
    .split(/\n\s*\n/)
    .flatMap((paragraph) =>
      paragraph
        .replace(/\s+/g, " ")
        .trim()
        .split(/(?<=[.!?:;])["')*]*\s+(?=[A-Z*"(«`c])/),
    )
    .filter((sentence) => sentence !== "");
}
