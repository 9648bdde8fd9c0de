// Bundles dist/mock-server/bin.js, so that `mock-org start` answers within twice the start of bare Node.
//
// Everything that the start needs goes into one file, hono included; what is loaded later stays in files of its own, and
// other packages stay outside. The library (dist/mock-server/index.js) is left file by file.
import { readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { rolldown } from "rolldown";

const ENTRY = resolve("dist/mock-server/bin.js");
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
const bundle = await rolldown({
  input: { bin: ENTRY },
  platform: "node",
  external: (id) => !HTTP2.test(id) && !/^[./\0]/.test(id) && !BUNDLED_PACKAGES.test(id),
  plugins: [withoutHttp2],
  logLevel: "warn",
});
rmSync("dist/mock-server/bin", { recursive: true, force: true });
await bundle.write({
  dir: "dist/mock-server",
  format: "esm",
  minify: true,
  entryFileNames: "[name].js",
  chunkFileNames: "bin/[name]-[hash].js",
  codeSplitting: {
    groups: [
      // The entry waits for the command at its top level; parts that are loaded meanwhile must not wait for the entry.
      { name: "start", test: (id) => id !== ENTRY && (eager.has(id) || /node_modules.@?hono/.test(id)) },
    ],
  },
});
await bundle.close();

/** The files that loading this one loads at once. The compiler writes each import into one line. */
function staticImports(entry) {
  const found = new Set();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, specifier] of text.matchAll(/^(?:import|export) [^"\n]*"(\.[^"]+)";?$/gm))
      queue.push(resolve(dirname(file), specifier));
  }
  return found;
}
