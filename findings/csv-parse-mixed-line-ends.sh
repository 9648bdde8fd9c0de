#!/usr/bin/env bash
# Package:  csv-parse 6.2.1
# Behavior: without `record_delimiter`, the first line end of a text counts for all of them. Rows that end otherwise are glued
#           together or keep a carriage return in their last value. A file to which two programs have written has both.
# Seen:     a,b\n1,2\r\n3,4\n gives the value "2\r"; a,b\r\n1,2\n3,4\r\n is one row too long and an error.
#           With record_delimiter: ["\r\n", "\n", "\r"] both are read right.
# Here:     src/external/files/csv.ts names all three.
# Exit:     0 as long as it behaves so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts csv-parse@6.2.1
cat > parse.mjs <<'JS'
import { parse } from "csv-parse/sync";
const read = (text, options) => {
  try {
    return JSON.stringify(parse(text, options));
  } catch (error) {
    return error.code;
  }
};
const unixFirst = "a,b\n1,2\r\n3,4\n";
const windowsFirst = "a,b\r\n1,2\n3,4\r\n";
const named = { record_delimiter: ["\r\n", "\n", "\r"] };
const seen = [read(unixFirst), read(windowsFirst), read(unixFirst, named), read(windowsFirst, named)];
for (const line of seen) console.log(line);
const right = '[["a","b"],["1","2"],["3","4"]]';
const asWritten = seen[0].includes("2\\r") && seen[1] !== right && seen[2] === right && seen[3] === right;
console.log(asWritten ? "as written down" : "this has changed");
process.exit(asWritten ? 0 : 1);
JS
node parse.mjs
