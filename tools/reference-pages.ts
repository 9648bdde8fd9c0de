/** Writes the pages of the reference, `docs/reference/*.md`, from their facts and from the citations in the code. */
import type { Citation } from "./citations.ts";
import { type Chapter, MARKS, type Section } from "./facts.ts";

/** One chapter as a page. Its lines that begin with "Used in:" depend on where the code cites it; all others on the facts alone. */
export function chapterPage(chapter: Chapter, citations: readonly Citation[]): string {
  const own = citations.filter((citation) => citation.chapter === chapter.name);
  const sections = chapter.sections.map((section) => sectionText(section, filesOf(section, own)));
  return [
    `<!-- Made from ${chapter.name}.yaml: npm run generate -->`,
    `# ${chapter.title}`,
    chapter.about,
    `Code cites a section as \`${chapter.name} §${chapter.sections[0]?.id ?? "1"}\`. What the marks mean is in [README.md](README.md).`,
    ...sections,
    "",
  ].join("\n\n");
}

/** The page that says what the chapters are. */
export function readmePage(chapters: readonly Chapter[]): string {
  return [
    "<!-- Made by tools/reference-pages.ts: npm run generate -->",
    "# What is known about Salesforce",
    "The facts that the code relies on, each with its evidence. They are written in our own words; the sources are public.",
    table(
      ["chapter", "what it holds", "facts", "from memory"],
      chapters.map((chapter) => {
        const facts = chapter.sections.flatMap((section) => section.facts);
        const guesses = facts.filter(({ mark }) => mark === "memory").length;
        return [`[${chapter.name}](${chapter.name}.md)`, chapter.about, String(facts.length), String(guesses)];
      }),
    ),
    table(["mark", "evidence"], Object.entries(MARKS)),
    "To add a fact, write it at the end of its section in the YAML file, with one mark, and cite the section in the code that relies on it " +
      "(`order-domain §2.4`, or `order-domain §2.4 no. 3` for one fact). Then run `npm run generate`.",
    "",
  ].join("\n\n");
}

function sectionText(section: Section, files: readonly string[]): string {
  const rows = section.facts.map(({ id, text, mark }) => [id, text, mark, mark === "memory" ? "" : section.source]);
  const used = files.length === 0 ? "nowhere by itself" : files.map((file) => `\`${file}\``).join(", ");
  return `## §${section.id} ${section.title}\n\n${table(["id", "fact", "mark", "source"], rows)}\n\nUsed in: ${used}`;
}

/** The files of the product that cite a section, then those of tests and documents. */
function filesOf(section: Section, citations: readonly Citation[]): readonly string[] {
  const files = citations
    .filter(({ sections: [from = "", to = from] }) => isWithin(section.id, from, to))
    .map(({ file }) => file);
  const rank = (file: string): string => (/^(?:src|mock-server|fixtures)\//.test(file) ? `0${file}` : `1${file}`);
  return [...new Set(files)].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function isWithin(id: string, from: string, to: string): boolean {
  if (from === to) return id === from;
  const [at, first, last] = [id, from, to].map(orderOf) as [number, number, number];
  return at >= first && at <= last;
}

/** 2.10 comes after 2.9. */
function orderOf(id: string): number {
  const [chapter = 0, section = 0] = id.split(".").map(Number);
  return chapter * 1_000 + section;
}

/** A table in Markdown; bars and line ends in cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
