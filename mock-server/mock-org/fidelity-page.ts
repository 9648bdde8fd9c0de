/**
 * Writes the parts of `docs/fidelity.md` that the code knows better than a person: the score, the rules, the switches of open
 * questions, and everything that rests on memory.
 *
 * Each part stands between two markers; what is between other lines stays as it is.
 */
import type { Behaviour } from "../conformance/behaviour.ts";
import { runScoreCard } from "../conformance/run.ts";
import { BEHAVIOURS, reportOf } from "../conformance/score-card.ts";
import { RULES } from "../dml/rules/registry.ts";
import type { OrgSettings } from "../org/port.ts";
import { DEFAULT_SETTINGS } from "../org/settings.ts";
import { OPEN_POINTS } from "../soql/base/open-points.ts";
import { createMockOrg } from "./mock-org.ts";

/** A source file to search for guesses. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The page with its parts written anew. Throws an `Error` where the page lacks the markers of a part. */
export async function fidelityPage(page: string, sources: readonly SourceFile[]): Promise<string> {
  const parts: readonly (readonly [name: string, text: string])[] = [
    ["score", await scorePart()],
    ["rules", rulesPart()],
    ["switches", switchesPart()],
    ["guesses", guessesPart(sources)],
  ];
  return parts.reduce((written, [name, text]) => replacePart(written, name, text), page);
}

/** Runs the score card against a fresh mock org. */
async function scorePart(): Promise<string> {
  await using org = await createMockOrg();
  const endpoint = {
    url: "http://localhost",
    token: org.openSession(),
    apiVersion: "62.0",
    fetch: async (url: string, init: RequestInit) => org.app.request(url, init),
  };
  const report = reportOf(await runScoreCard(endpoint, BEHAVIOURS));
  return `\`\`\`text\n${report}\n\`\`\`\n\n${table(
    ["chapter", "behaviours", "by evidence"],
    [...byChapter()].map(([chapter, behaviours]) => [chapter, String(behaviours.length), evidenceOf(behaviours)]),
  )}`;
}

function byChapter(): ReadonlyMap<string, readonly Behaviour[]> {
  const chapters = new Map<string, Behaviour[]>();
  for (const behaviour of BEHAVIOURS) {
    const chapter = behaviour.id.replace(/-\d+$/, "");
    chapters.set(chapter, [...(chapters.get(chapter) ?? []), behaviour]);
  }
  return chapters;
}

function evidenceOf(behaviours: readonly Behaviour[]): string {
  const counts = new Map<string, number>();
  for (const { source } of behaviours) {
    const mark = /\[(\w+)/.exec(source)?.[1] ?? "none";
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return [...counts].map(([mark, count]) => `${mark} ${count}`).join(", ");
}

function rulesPart(): string {
  return table(
    ["id", "object", "refused when", "code", "message", "certainty", "source"],
    RULES.map((rule) => [
      rule.id,
      rule.object,
      rule.when,
      `\`${rule.code}\``,
      rule.message,
      rule.certainty,
      rule.source,
    ]),
  );
}

/** What a setting decides, where no source does; order-domain §12. */
const SWITCHES: Readonly<Partial<Record<keyof OrgSettings, string>>> = {
  activationStatusOnly: "the update that activates an order may change nothing else (§12 no. 1)",
  lockStartDateOnActivate: "the start date of an activated order is locked (§12 no. 2)",
  pricebookChangeWithoutItems: "an order without products may change its price book (§12 no. 3)",
  clearActivationStamp: "going back to draft empties ActivatedDate and ActivatedById (§12 no. 4)",
  touchParentOnItemDml: "a change of an order product stamps its order (§12 no. 6)",
  requireActiveProduct: "an order product needs an active product (§12 no. 7)",
  requireActivePricebook: "an order needs an active price book (§5.4)",
};

function switchesPart(): string {
  const settings = Object.entries(DEFAULT_SETTINGS).flatMap(([name, value]) => {
    const meaning = SWITCHES[name as keyof OrgSettings];
    return meaning === undefined ? [] : [[`\`settings.${name}\``, String(value), `order-domain: ${meaning}`]];
  });
  const soql = Object.entries(OPEN_POINTS).map(([name, value]) => [
    `\`${name}\``,
    Array.isArray(value) ? value.join(", ") : String(value),
    "`mock-server/soql/base/open-points.ts`",
  ]);
  return table(["switch", "stands at", "what it decides, or where it stands"], [...settings, ...soql]);
}

const GUESS = /\[memory[^\]]*\]|\(unsure[^)]*\)|from memory|is memory|are memory/i;

/** Every comment that admits a guess, with its file. */
function guessesPart(sources: readonly SourceFile[]): string {
  const lines = sources.flatMap(({ path, text }) => {
    const guesses = sentencesOf(text).filter((sentence) => GUESS.test(sentence));
    return [...new Set(guesses)].map((sentence) => `- \`${path}\`: ${sentence}`);
  });
  return lines.sort((a, b) => a.localeCompare(b, "en")).join("\n");
}

/** The sentences of a file's comments, each on one line. */
function sentencesOf(text: string): readonly string[] {
  const blocks = text.match(/\/\*\*?[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm) ?? [];
  return blocks.flatMap((block) => {
    const plain = block
      .split("\n")
      .map((line) => line.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/)\s?/, "").replace(/\*\/\s*$/, ""))
      .join(" ")
      .replace(/\s+/g, " ")
      .trim();
    return plain.split(/(?<=[.:])\s+(?=[A-Z`])/).map((sentence) => sentence.trim());
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function replacePart(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by tools/fidelity.mjs -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/fidelity.md lacks the lines ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}
