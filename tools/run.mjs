// Runs a tool that is written in TypeScript: `node tools/run.mjs generate`. It is bundled first, because Node 20 cannot run it as it is.
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const [name, ...args] = process.argv.slice(2);
const file = `dist/tools/${name}.mjs`;
const bundle = await rolldown({
  input: `tools/${name}.ts`,
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  logLevel: "silent",
});
await bundle.write({ file, format: "esm", codeSplitting: false });
await bundle.close();
process.argv.splice(1, process.argv.length, file, ...args);
await import(pathToFileURL(file).href);
