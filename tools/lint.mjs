// Runs the linter or the formatter of tools/package.json where they are installed.
//
// They stand outside the package's lockfile because the registry lacks some of their platform packages: a
// lockfile that holds them breaks `npm ci`. Install them once with `npm install --prefix tools`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
// The examples in JavaScript are written as a user of node:test or Jest writes them, without a word for the linter.
const EXAMPLES = ["--ignore-pattern", "test/examples/*.mjs"];
const COMMANDS = {
  lint: ["oxlint", ["--type-aware", "--deny-warnings", ...EXAMPLES, "src", "mock-server", "fixtures", "test", "tools"]],
  format: ["biome", ["check", "--write", "src", "mock-server", "fixtures", "test", "tools"]],
};
const entry = COMMANDS[process.argv[2]];
if (entry === undefined) {
  console.error("usage: node tools/lint.mjs lint|format");
  process.exit(2);
}
const [name, args] = entry;
const bin = `tools/node_modules/.bin/${name}`;
if (!existsSync(bin)) {
  console.log(`${process.argv[2]}: skipped, ${name} is not installed (npm install --prefix tools)`);
  process.exit(0);
}
// The type-aware linter looks for its partner on the PATH.
const env = { ...process.env, PATH: `${root}tools/node_modules/.bin:${process.env.PATH}` };
process.exit(spawnSync(bin, args, { stdio: "inherit", env }).status ?? 1);
