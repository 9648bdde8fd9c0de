// Runs the benchmarks of test/bench: `npm run bench`, or `npm run bench -- soql` for one of them.
//
// Each module exports `run()` which gives rows { name, unit?, measured, baseline, ratio, target }. A ratio is measured ÷ baseline of the
// same run on the same machine; `target` is the largest ratio (or, without a baseline, the largest figure) that is acceptable,
// and `atLeast: true` turns it into the smallest one. Modules that export `direct = true` print what they like themselves.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const wanted = process.argv.slice(2);
const modules = readdirSync("test/bench")
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)));
if (modules.length === 0) {
  console.error(`no benchmark is called ${wanted.join(", ")}`);
  process.exit(2);
}
let missed = 0;
for (const file of modules) {
  const outfile = `dist/bench/${basename(file, ".ts")}.mjs`;
  const bundle = await rolldown({
    input: `test/bench/${file}`,
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    logLevel: "silent",
  });
  // What the code loads only when it is needed becomes part of the one file.
  await bundle.write({ file: outfile, format: "esm", codeSplitting: false });
  await bundle.close();
  console.log(`\n${basename(file, ".bench.ts")}`);
  const { run } = await import(pathToFileURL(outfile).href);
  for (const row of await run()) missed += print(row) ? 0 : 1;
}
console.log(missed === 0 ? "\nall targets met" : `\n${missed} target(s) missed`);

function print({ name, unit = "µs", measured, baseline, ratio, target, atLeast = false }) {
  const figure = ratio ?? measured;
  const met = target === null || (atLeast ? figure >= target : figure <= target);
  const cells = [
    name.padEnd(64),
    `${short(measured)} ${unit}`.padStart(14),
    baseline === null ? "".padStart(14) : `${short(baseline)} ${unit}`.padStart(14),
    ratio === null ? "".padStart(9) : `${ratio.toFixed(2)} ×`.padStart(9),
    target === null ? "" : `${atLeast ? "≥" : "≤"} ${target}`.padStart(8),
    target === null ? "" : met ? "met" : "MISSED",
  ];
  console.log(`  ${cells.join(" ")}`.trimEnd());
  return met;
}

function short(figure) {
  return figure >= 100 ? Math.round(figure).toLocaleString("en") : figure.toPrecision(3);
}
