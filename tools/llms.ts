/** Writes `docs/llms.txt`: what the project is and which page says what, for assistants that read it in the place of a person. */
import { readdirSync, readFileSync } from "node:fs";

/** The pages in the order in which a reader needs them; all others follow by name. */
const FIRST = [
  "getting-started.md",
  "operating.md",
  "configuration.md",
  "errors.md",
  "mock-org.md",
  "testing.md",
  "architecture.md",
];

/** The text of the file. Throws an `Error` where a page has no heading. */
export function llmsText(root: string): string {
  const pages = readdirSync(`${root}docs`).filter((file) => file.endsWith(".md"));
  const rank = (file: string): string => `${FIRST.includes(file) ? FIRST.indexOf(file) : 9} ${file}`;
  const lines = pages
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map((file) => {
      const { heading, first } = headOf(file, readFileSync(`${root}docs/${file}`, "utf8"));
      return `- [${heading}](${file})${first === "" ? "" : `: ${first}`}`;
    });
  return `# salesforce-order-sync

> order-sync keeps Orders, Order Products, Accounts and Contracts the same in Salesforce and in another system, both ways. mock-org is a Salesforce
> org that runs on a laptop. Two npm packages, TypeScript, Node >= 20.19.

Start with getting-started.md. Settings and error codes are generated from the code; a command is described by its \`--help\`. Facts about
Salesforce have an id and a source in reference/README.md. Branch on error codes, never on texts.

## Pages

${lines.join("\n")}
- [What is known about Salesforce](reference/README.md): facts with evidence, by chapter and section
- [Decisions](decisions/): one page for each choice that costs something
- [Examples](../examples/README.md): configurations for SQLite, PostgreSQL, HTTP, CSV and NDJSON; tests with Vitest, Jest, node:test and Python

## Optional

- [Changelog](../CHANGELOG.md)
- [Contributing](../CONTRIBUTING.md)
`;
}

/** A page's heading and the first sentence of its first paragraph. */
function headOf(file: string, text: string): { readonly heading: string; readonly first: string } {
  const heading = /^# (.+)$/m.exec(text)?.[1];
  if (heading === undefined) throw new Error(`docs/${file} has no heading`);
  const paragraph = text
    .slice(text.indexOf(heading) + heading.length)
    .split(/\n\s*\n/)
    .map((block) => block.replaceAll(/\s+/g, " ").trim())
    .find((block) => /^[A-Z`]/.test(block));
  const first = /^.*?\.(?= |$)/.exec(paragraph ?? "")?.[0] ?? "";
  return { heading, first: first.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replace(/:$/, ".") };
}
