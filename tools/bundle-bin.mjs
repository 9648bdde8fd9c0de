// Bundles the mock-org command as dist/mock-server/bin.cjs, so that `mock-org start` answers within twice the start of
// bare Node.
//
// Everything that the start needs goes into one file, hono included; what is loaded later stays in files of its own, and
// other packages stay outside. CommonJS, because Node's loader for modules costs a tenth of a start, and because V8's
// code cache can be handed to it. The library (dist/mock-server/index.js) is left file by file.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { rolldown } from "rolldown";
import { writeCodeCache } from "./code-cache.mjs";

const ENTRY = resolve("dist/mock-server/bin.js");
const FOLDER = "dist/mock-server/bin";
const BUNDLED_PACKAGES = /^@?hono(?:\/|$)/;
const HTTP2 = /^(?:node:)?http2$/;

/** @hono/node-server asks whether a request came over HTTP/2, which the mock org does not speak; the module is large. */
const withoutHttp2 = {
  name: "without-http2",
  resolveId: (id) => (HTTP2.test(id) ? "\0http2" : undefined),
  load: (id) =>
    id === "\0http2" ? "export class Http2ServerRequest {}\nexport const constants = { NGHTTP2_NO_ERROR: 0 };" : undefined,
};

const eager = staticImports(ENTRY);
eager.delete(ENTRY);
const bundle = await rolldown({
  input: { bin: ENTRY },
  platform: "node",
  external: (id) => !HTTP2.test(id) && !/^[./\0]/.test(id) && !BUNDLED_PACKAGES.test(id),
  plugins: [withoutHttp2],
  // Only WebSockets need it, and naming it loads all of Node's web classes from version 22 on.
  transform: { define: { "globalThis.CloseEvent": "undefined" } },
  logLevel: "warn",
});
rmSync(FOLDER, { recursive: true, force: true });
await bundle.write({
  dir: "dist/mock-server",
  format: "cjs",
  minify: true,
  entryFileNames: "[name].cjs",
  chunkFileNames: "bin/[name]-[hash].cjs",
  codeSplitting: {
    groups: [{ name: "start", test: (id) => eager.has(id) || /node_modules.@?hono|\0rolldown/.test(id) }],
  },
});
await bundle.close();

// The part of the start is loaded through the code cache, under the name by which the other parts know it.
const entry = readFileSync("dist/mock-server/bin.cjs", "utf8");
const start = /bin\/start-[\w-]+\.cjs/.exec(entry)?.[0];
if (start === undefined) throw new Error("dist/mock-server/bin.cjs loads no part called start");
const part = resolve("dist/mock-server", start);
// One byte a character: half of the work to read and to check. All of them are in texts and regular expressions.
const code = readFileSync(part, "utf8").replace(
  /[^\0-\x7f]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
);
writeFileSync(`${FOLDER}/start-code.cjs`, code);
copyFileSync("tools/load-start.cjs", part);
writeCodeCache(part);

// Whoever runs the file of the compiler gets the same program.
writeFileSync(
  ENTRY,
  '#!/usr/bin/env node\nimport { createRequire } from "node:module";\ncreateRequire(import.meta.url)("./bin.cjs");\n',
);

/** The files that loading this one loads at once, itself included. The compiler writes each import into one line. */
function staticImports(entry) {
  const found = new Set();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, specifier] of text.matchAll(/^(?:import|export) (?:[^"\n]* )?"(\.[^"]+)";?$/gm))
      queue.push(resolve(dirname(file), specifier));
  }
  return found;
}
