// Runs the linter (with a check of the format) or the formatter: `node tools/lint.mjs lint|format`.
//
// They stand outside the package's lockfile because the registry lacks some of their platform packages: a lockfile that holds them
// breaks `npm ci`. The first call installs them, in the exact versions of tools/package.json.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const FOLDERS = ["src", "mock-server", "fixtures", "test", "examples", "tools"];
// The examples in JavaScript are written as a user of node:test or Jest writes them, without a word for the linter.
const EXAMPLES = ["--ignore-pattern", "examples/mock-org/*.mjs"];
const COMMANDS = {
  lint: [
    ["oxlint", ["--type-aware", "--deny-warnings", ...EXAMPLES, ...FOLDERS]],
    ["biome", ["check", ...FOLDERS]],
  ],
  format: [["biome", ["check", "--write", ...FOLDERS]]],
};
const commands = COMMANDS[process.argv[2]];
if (commands === undefined) {
  console.error("usage: node tools/lint.mjs lint|format");
  process.exit(2);
}
install();
// The type-aware linter looks for its partner on the PATH.
const env = { ...process.env, PATH: `${root}tools/node_modules/.bin:${process.env.PATH}` };
for (const [name, args] of commands) {
  const { status } = spawnSync(`tools/node_modules/.bin/${name}`, args, { stdio: "inherit", env });
  if (status !== 0) process.exit(status ?? 1);
}

function install() {
  if (["oxlint", "tsgolint", "biome"].every((name) => existsSync(`tools/node_modules/.bin/${name}`))) return;
  console.log("installing the linter and the formatter of tools/package.json");
  const { status } = spawnSync("npm", ["install", "--prefix", "tools", "--no-audit", "--no-fund", "--loglevel", "error"], { stdio: "inherit" });
  if (status === 0) return;
  console.error(`${process.argv[2]}: NOT DONE, oxlint and biome cannot be installed; npm install --prefix tools says why`);
  // Without the registry the rest can still be tested; where CI decides, nothing may be left out.
  process.exit(process.env.CI === undefined ? 0 : 1);
}
