// Compiles both packages to dist/: JavaScript and type declarations, file by file; the mock-org command is bundled. What belongs to the
// package mock-org is copied to mock-server/dist/, from where npm packs it.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

rmSync("dist", { recursive: true, force: true });
const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
const { status } = spawnSync(process.execPath, compiler, { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
await import("./bundle-bin.mjs");
for (const bin of ["dist/src/cli/bin.js", "dist/mock-server/bin.js", "dist/mock-server/bin.cjs"]) {
  if (existsSync(bin)) chmodSync(bin, 0o755);
}

rmSync("mock-server/dist", { recursive: true, force: true });
for (const folder of ["mock-server", "fixtures"]) cpSync(`dist/${folder}`, `mock-server/dist/${folder}`, { recursive: true });
// npm links a workspace's command only where its file is there when npm runs; and packages that were installed before there was a
// workspace lack the link of the package, too.
link("../mock-server", "node_modules/mock-org");
link("../mock-org/dist/mock-server/bin.cjs", "node_modules/.bin/mock-org");

function link(target, path) {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) symlinkSync(target, path);
}
