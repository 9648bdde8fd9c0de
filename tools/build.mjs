// Compiles the package to dist/: JavaScript and type declarations, file by file; the mock-org command is bundled.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
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
