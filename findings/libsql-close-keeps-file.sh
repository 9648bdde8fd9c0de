#!/usr/bin/env bash
# Package:  libsql 0.5.29 (npm), the embedded SQLite.
# Behavior: close() leaves the file open while a statement prepared on that connection has not been collected as garbage,
#           although every call on the connection says that it is closed. A process that opens and closes a database again and
#           again, without much garbage of its own, runs out of file descriptors.
# Expected: As in better-sqlite3, whose API libsql follows: close() finalizes the statements and closes the file at once.
#           sqlite3_close_v2 keeps a connection with unfinalized statements as a zombie (https://www.sqlite.org/c3ref/close.html).
# Seen:     open descriptors of the file after close(): 0 without a prepared statement, 1 with one; after a collection: 0.
# Exit 0: seen as described. Exit 1: another behavior. Exit 2: the package could not be installed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
[ -d /proc/self/fd ] || { echo "this script counts descriptors in /proc, which only Linux has"; exit 2; }
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund libsql@0.5.29 || exit 2
cat > close.cjs <<'PROGRAM'
const { readdirSync, readlinkSync } = require("node:fs");
const Database = require("libsql");
const open = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith("shop.db");
    } catch {
      return false;
    }
  }).length;

const plain = new Database("shop.db");
plain.exec("create table orders (id integer primary key)");
plain.close();
const without = open();

(() => {
  const prepared = new Database("shop.db");
  prepared.prepare("select id from orders").all();
  prepared.close();
})();
const withOne = open();

setImmediate(() => {
  global.gc();
  setTimeout(() => {
    const collected = open();
    console.log(`open after close(): ${without} without a prepared statement, ${withOne} with one; after a collection: ${collected}`);
    process.exit(without === 0 && withOne === 1 && collected === 0 ? 0 : 1);
  }, 100);
});
PROGRAM
node --expose-gc close.cjs
