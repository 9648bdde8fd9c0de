/**
 * Writes the parts of `docs/fidelity.md` that the code and the facts know better than a person: the score, the rules, the
 * switches of open questions, and everything that rests on memory.
 *
 * Each part stands between two markers; what is between other lines stays as it is.
 */
import type { Behavior } from "../mock-server/conformance/behavior.ts";
import { runScoreCard } from "../mock-server/conformance/run.ts";
import { BEHAVIORS, reportOf } from "../mock-server/conformance/score-card.ts";
import { RULES } from "../mock-server/dml/rules/registry.ts";
import { createMockOrg } from "../mock-server/mock-org/mock-org.ts";
import type { OrgSettings } from "../mock-server/org/port.ts";
import { DEFAULT_SETTINGS } from "../mock-server/org/settings.ts";
import { OPEN_POINTS } from "../mock-server/soql/base/open-points.ts";
import type { Chapter } from "./facts.ts";
import { table } from "./reference-pages.ts";

/** The chapter of what rests on memory alone, and its sections that have lists of their own on the page. */
const PLATFORM = "platform";
const LISTS = ["12", "13"];

/** The page with its parts written again. Throws an `Error` where the page lacks the markers of a part. */
export async function fidelityPage(page: string, chapters: readonly Chapter[]): Promise<string> {
  const parts: readonly (readonly [name: string, text: string])[] = [
    ["score", await scorePart()],
    ["rules", rulesPart()],
    ["switches", switchesPart()],
    ["choices", listPart(chapters, "13")],
    ["guesses", guessesPart(chapters)],
    ["assumptions", listPart(chapters, "12")],
  ];
  return parts.reduce((written, [name, text]) => replacePart(written, name, text), page);
}

/** Runs the score card against a fresh mock org. */
async function scorePart(): Promise<string> {
  const org = await createMockOrg();
  const endpoint = {
    url: "http://localhost",
    token: org.openSession(),
    apiVersion: "62.0",
    fetch: async (url: string, init: RequestInit) => org.app.request(url, init),
  };
  const report = reportOf(await runScoreCard(endpoint, BEHAVIORS));
  await org.close();
  return `\`\`\`text\n${report}\n\`\`\`\n\n${table(
    ["chapter", "behaviors", "by evidence"],
    [...byChapter()].map(([chapter, behaviors]) => [chapter, String(behaviors.length), evidenceOf(behaviors)]),
  )}`;
}

function byChapter(): ReadonlyMap<string, readonly Behavior[]> {
  const chapters = new Map<string, Behavior[]>();
  for (const behavior of BEHAVIORS) {
    const chapter = behavior.id.replace(/-\d+$/, "");
    chapters.set(chapter, [...(chapters.get(chapter) ?? []), behavior]);
  }
  return chapters;
}

function evidenceOf(behaviors: readonly Behavior[]): string {
  const counts = new Map<string, number>();
  for (const { source } of behaviors) {
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
  activationStatusOnly: "the update that activates an order may change nothing else (order-domain §12 no. 1)",
  lockStartDateOnActivate: "the start date of an activated order is locked (order-domain §12 no. 2)",
  pricebookChangeWithoutItems: "an order without products may change its price book (order-domain §12 no. 3)",
  clearActivationStamp: "going back to draft empties ActivatedDate and ActivatedById (order-domain §12 no. 4)",
  touchParentOnItemDml: "a change of an order product stamps its order (order-domain §12 no. 6)",
  requireActiveProduct: "an order product needs an active product (order-domain §12 no. 7)",
  requireActivePricebook: "an order needs an active price book (order-domain §5.4)",
  roundStoredNumbers: "numbers and totals that come through an API are rounded to their scale (rest-api §5.2)",
};

function switchesPart(): string {
  const settings = Object.entries(DEFAULT_SETTINGS).flatMap(([name, value]) => {
    const meaning = SWITCHES[name as keyof OrgSettings];
    return meaning === undefined ? [] : [[`\`settings.${name}\``, String(value), meaning]];
  });
  const soql = Object.entries(OPEN_POINTS).map(([name, value]) => [
    `\`${name}\``,
    Array.isArray(value) ? value.join(", ") : String(value),
    "`mock-server/soql/base/open-points.ts`",
  ]);
  return table(["switch", "stands at", "what it decides, or where it stands"], [...settings, ...soql]);
}

/** The facts of one section of the chapter about the platform, as a list. */
function listPart(chapters: readonly Chapter[], section: string): string {
  const facts = chapters.find(({ name }) => name === PLATFORM)?.sections.find(({ id }) => id === section)?.facts ?? [];
  return facts.map(({ text }) => `- ${text}`).join("\n");
}

/** Every other fact that nothing confirms, by its section. */
function guessesPart(chapters: readonly Chapter[]): string {
  const rows = chapters.flatMap(({ name, sections }) =>
    sections.flatMap((section) =>
      (name === PLATFORM && LISTS.includes(section.id) ? [] : section.facts)
        .filter(({ mark }) => mark === "memory")
        .map(({ text }) => [`${name} §${section.id}`, section.title, text]),
    ),
  );
  return table(["section", "about", "what is assumed"], rows);
}

function replacePart(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: made by npm run generate -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/fidelity.md lacks the lines ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}
