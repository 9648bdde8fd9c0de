// Writes the table of rules in docs/fidelity.md from the rules of the save pipeline. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RULES } from "../dist/mock-server/dml/rules/registry.js";

const PAGE = fileURLToPath(new URL("../docs/fidelity.md", import.meta.url));
const BEGIN = "<!-- rules: written by tools/fidelity.mjs -->";
const END = "<!-- end of rules -->";

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const rows = RULES.map(
  (rule) =>
    `| ${rule.id} | ${rule.object} | ${cell(rule.when)} | \`${rule.code}\` | ${cell(rule.message)} | ${rule.certainty} | ${cell(rule.source)} |`,
);
const table = ["| id | object | refused when | code | message | certainty | source |", "|---|---|---|---|---|---|---|", ...rows].join("\n");

const page = readFileSync(PAGE, "utf8");
const start = page.indexOf(BEGIN);
const end = page.indexOf(END);
if (start < 0 || end < 0) throw new Error(`${PAGE} lacks its markers`);
const written = `${page.slice(0, start)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
if (process.argv.includes("--check")) {
  if (written !== page) {
    console.error("docs/fidelity.md is not up to date; run node tools/fidelity.mjs after npm run build");
    process.exit(1);
  }
} else {
  writeFileSync(PAGE, written);
}
