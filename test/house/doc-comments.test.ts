/** Doc comments of the two packages: every name they export has one, and it says what a caller cannot see from the types. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Exported {
  readonly name: string;
  readonly file: string;
  /** The declaration, from its first line to the line that ends it. */
  readonly text: string;
  /** The comment above it; empty where there is none. */
  readonly doc: string;
}

const EXPORTED = ["src/index.ts", "mock-server/index.ts"].flatMap(exportsOf);
const named = (entries: readonly Exported[]) =>
  entries.map((entry): [string, Exported] => [`${entry.name} (${entry.file})`, entry]);

describe("the public names", () => {
  it("are found", () => {
    expect(EXPORTED.length).toBeGreaterThan(60);
  });

  it.each(named(EXPORTED))("%s has a comment that begins with a sentence", (_name, { doc }) => {
    expect(doc).toMatch(/^\/\*\*\s+(?:\*\s+)?[\w`"'][\s\S]*[.:)`]/);
  });

  it.each(named(EXPORTED.filter(({ text }) => /^export (?:async )?function/.test(text))))(
    "%s says how it fails, where it can",
    (_name, { doc, text }) => {
      const fails = /\bthrow new\b|: Promise</.test(text);
      expect(!fails || /throws?\b|rejects?\b|fails?\b|never/i.test(doc), doc).toBe(true);
    },
  );

  it.each(
    EXPORTED.filter(({ text }) => text.startsWith("export interface")).flatMap(({ name, text }) =>
      numbersOf(text).map(([member, doc]): [string, string, string] => [name, member, doc]),
    ),
  )("%s.%s says what it counts", (_name, member, doc) => {
    expect(UNIT.test(member) || /[a-z]{3}/.test(doc), "end the name in its unit, or write a comment").toBe(true);
  });
});

/** Names that say what they count: `timeoutMs`, `pageRows`, `apiCalls`. Others need a comment. */
const UNIT = /(?:Ms|Bytes|Rows|Calls)$/;

/** The members of an interface that are numbers, with their comments. */
function numbersOf(text: string): readonly (readonly [member: string, doc: string])[] {
  return [
    ...text.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?readonly (\w+)\??: number(?: \| null| \| undefined)?;/g),
  ].map(([, doc = "", member = ""]) => [member, doc] as const);
}

function exportsOf(entry: string): readonly Exported[] {
  const text = readFileSync(join(ROOT, entry), "utf8");
  return [...text.matchAll(/export (?:type )?\{([^}]+)\} from "([^"]+)"/g)].flatMap(([, names = "", from = ""]) => {
    const file = join(dirname(entry), from);
    return names
      .split(",")
      .map((name) => name.replace(/\btype\b/, "").trim())
      .filter((name) => name !== "")
      .map((name) => declarationOf(file, name));
  });
}

function declarationOf(file: string, name: string): Exported {
  const text = readFileSync(join(ROOT, file), "utf8");
  const start = text.search(
    new RegExp(`^export (?:async |abstract )?(?:function|class|interface|const|type) ${name}\\b`, "m"),
  );
  if (start < 0) return { name, file, text: "", doc: "" };
  const isBlock = /^export (?:async |abstract )?(?:function|class|interface)/.test(text.slice(start));
  const end = text.slice(start).search(isBlock ? /^\}/m : /;$/m);
  const doc = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*(?:\/\/ oxlint.*\s*)?$/.exec(text.slice(0, start))?.[0] ?? "";
  return { name, file, text: text.slice(start, start + Math.max(end, 0) + 1), doc };
}
