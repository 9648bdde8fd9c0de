// Writes the score, the rules, the switches and the guesses in docs/fidelity.md from the code. Works on dist/, so build first.
// `--check` only compares the parts that the build decides; the list of guesses is made of comments and is not compared.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { fidelityPage } from "../dist/mock-server/mock-org/fidelity-page.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = join(root, "docs/fidelity.md");

function typescriptFiles(folder) {
  return readdirSync(folder).flatMap((name) => {
    const place = join(folder, name);
    if (statSync(place).isDirectory()) return typescriptFiles(place);
    return name.endsWith(".ts") ? [place] : [];
  });
}

const sources = ["mock-server", "fixtures"]
  .flatMap((folder) => typescriptFiles(join(root, folder)))
  .map((file) => ({ path: relative(root, file), text: readFileSync(file, "utf8") }));
const withoutGuesses = (text) => text.replace(/<!-- guesses:[\s\S]*<!-- end of guesses -->/, "");

const page = readFileSync(path, "utf8");
const written = await fidelityPage(page, sources);
if (!process.argv.includes("--check")) writeFileSync(path, written);
else if (withoutGuesses(written) !== withoutGuesses(page)) {
  console.error("docs/fidelity.md is not up to date; run node tools/fidelity.mjs after npm run build");
  process.exit(1);
}
