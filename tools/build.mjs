// Compiles the package to dist/: JavaScript and type declarations, file by file.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
for (const bin of ["dist/src/cli/bin.js", "dist/mock-server/bin.js"]) {
  if (existsSync(bin)) chmodSync(bin, 0o755);
}
