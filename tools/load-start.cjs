// Loads the start of the command, and spares the compiler's work where the code cache beside it is of this very version
// of V8. Elsewhere Node's own cache does that from the second start on, where Node has one (22.1 and later). The build
// puts this file in the place of the part that it loads.
const { readFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const filename = path.join(__dirname, "start-code.cjs");
const cached = fromCache();
if (cached === undefined) {
  enableCompileCache?.();
  module.exports = require(filename);
} else {
  cached.runInThisContext()(module.exports, require, module, filename, __dirname);
}

/** The compiled program; undefined where there is no cache or this V8 refuses it. */
function fromCache() {
  try {
    // The code is pure ASCII, which Latin-1 reads fastest.
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, "latin1")}\n})`;
    const cachedData = readFileSync(path.join(__dirname, "start-code.cache"));
    const script = new vm.Script(source, { filename, cachedData });
    return script.cachedDataRejected === true ? undefined : script;
  } catch {
    // Without the cache the program starts a little later.
    return undefined;
  }
}
