/** What is made from the code and from the facts: each file with its text. `npm run generate` writes them, a test compares them. */
import { readdirSync, readFileSync } from "node:fs";
import { seedCalled } from "../mock-server/seeds/named-seeds.ts";
import { configJsonSchema, configurationReference, errorReference } from "../src/config/reference.ts";
import { type Citation, citationsIn } from "./citations.ts";
import { type Chapter, readChapters } from "./facts.ts";
import { fidelityPage } from "./fidelity-page.ts";
import { llmsText } from "./llms.ts";
import { metadataPage } from "./metadata-page.ts";
import { prebuild, prebuiltFile } from "./prebuild.ts";
import { chapterPage, readmePage } from "./reference-pages.ts";

/** The folder of the facts, from the project's. */
export const FACTS = "docs/reference";

/** Every generated file by its path. `root` is the project's folder with a slash at the end. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const chapters = readChapters(`${root}${FACTS}`);
  const citations = allCitations(root, chapters);
  return new Map([
    ["schema/order-sync.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ["docs/configuration.md", configurationReference()],
    ["docs/errors.md", errorReference()],
    ["fixtures/orgs/demo-records.ts", prebuiltFile(await prebuild(await seedCalled("demo")))],
    ...chapters.map((chapter): [string, string] => [`${FACTS}/${chapter.name}.md`, chapterPage(chapter, citations)]),
    [`${FACTS}/README.md`, readmePage(chapters)],
    ["docs/metadata.md", metadataPage(readFileSync(`${root}docs/metadata.md`, "utf8"))],
    ["docs/llms.txt", llmsText(root)],
    ["docs/fidelity.md", await fidelityPage(readFileSync(`${root}docs/fidelity.md`, "utf8"), chapters)],
  ]);
}

/** The citations of code, documents and tests. Generated pages only repeat them. */
export function allCitations(root: string, chapters: readonly Chapter[]): readonly Citation[] {
  const names = chapters.map(({ name }) => name);
  return sourceFiles(root).flatMap((file) => citationsIn(file, readFileSync(`${root}${file}`, "utf8"), names));
}

const TEXTS = /\.(?:ts|mjs|cjs|md|yaml|yml|json|txt|sh)$/;
const FOLDERS = ["src", "mock-server", "fixtures", "test", "tools", "docs", "examples", "findings"];
/** Made from the others, or about citations as such. */
const LEFT_OUT =
  /^docs\/(?:reference\/.*|fidelity\.md)$|^tools\/citations\.ts$|\/(?:dist|node_modules)\/|\/citations\.test\.ts$/;

/** The texts of the project that people write. */
export function sourceFiles(root: string): readonly string[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  return ["README.md", "CHANGELOG.md", ...below].filter((file) => TEXTS.test(file) && !LEFT_OUT.test(file)).sort();
}
