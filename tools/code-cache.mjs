// Writes V8's code cache of the mock-org command's start: the functions that a start calls, compiled. Another version of
// V8 refuses the cache and compiles for itself.
import { spawnSync } from "node:child_process";

// Started, asked once, written: the cache then holds what the first answer needs, and no more.
const SCRIPT = `
const { readFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { connect } = require("node:net");
const { dirname, join } = require("node:path");
const vm = require("node:vm");
const [, part] = process.argv;
process.argv = [process.argv[0], "mock-org", "start", "--port", "0", "--json"];
// The same text as in load-start.cjs, whose place this takes for once.
const filename = join(dirname(part), "start-code.cjs");
const source = "(function (exports, require, module, __filename, __dirname) {" + readFileSync(filename, "latin1") + "\\n})";
const script = new vm.Script(source, { filename });
const loaded = { exports: {} };
script.runInThisContext()(loaded.exports, createRequire(part), loaded, filename, dirname(part));
require.cache[part] = Object.assign(new module.constructor(part), { exports: loaded.exports, loaded: true });
process.stdout.write = (text) => {
  const { url, accessToken } = JSON.parse(text);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ask = (path) => socket.write("GET " + path + " HTTP/1.1\\r\\nHost: " + hostname + ":" + port + "\\r\\nAuthorization: Bearer " + accessToken + "\\r\\n\\r\\n");
  ask("/services/data");
  socket.once("data", () => {
    writeFileSync(join(dirname(part), "start-code.cache"), script.createCachedData());
    process.exit(0);
  });
  return true;
};
require(join(dirname(part), "..", "bin.cjs"));
`;

/** Writes the cache beside the part, whose loader gives its script. */
export function writeCodeCache(part) {
  const { status, stderr } = spawnSync(process.execPath, ["-e", SCRIPT, part], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the code cache of ${part} was not written: ${stderr}`);
}
