#!/usr/bin/env bash
# Package:  Node.js 20.20.2 (the script runs whatever `node` is)
# Behavior: new TextDecoder("windows-1252") decodes the bytes 80 to 9f as the control characters of Latin-1. The Encoding
#           Standard has the euro sign, curly quotes and dashes there. `fatal: true` changes nothing; windows-1250 is right.
# Seen:     byte 80 becomes U+0080 and not U+20AC; with windows-1250 it becomes U+20AC.
# Here:     src/external/files/encoding.ts puts the standard's characters in; Latin-1 files of ERPs hold them all the time.
# Exit:     0 as long as this Node behaves so.
set -euo pipefail
cat <<'JS' | node --input-type=module
const point = (encoding) => new TextDecoder(encoding, { fatal: true }).decode(Uint8Array.of(0x80)).codePointAt(0).toString(16);
const [western, central] = [point("windows-1252"), point("windows-1250")];
console.log(`node ${process.version}, ICU ${process.versions.icu}: byte 80 is U+${western} in windows-1252 and U+${central} in windows-1250`);
const asWritten = western === "80" && central === "20ac";
console.log(asWritten ? "as written down" : "this has changed");
process.exit(asWritten ? 0 : 1);
JS
