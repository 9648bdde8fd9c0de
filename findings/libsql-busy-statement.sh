#!/usr/bin/env bash
# Package:  libsql 0.5.29 (npm), the embedded SQLite.
# Behavior: A prepared statement that fails with SQLITE_BUSY is neither reset nor finalized. Until it is executed again or
#           the garbage collector finds it, SQLite counts it as running. A later transaction of that connection, begun and
#           filled without an error, then cannot be committed, and the read lock of any later read stays: in the default
#           journal mode no other program can write to the file any more.
# Expected: As in better-sqlite3, whose API libsql follows: a failed statement is reset, and the connection works on.
#           In SQLite a statement runs until it is reset or finalized (https://www.sqlite.org/c3ref/reset.html), and what
#           runs keeps its connection's locks (https://www.sqlite.org/lang_transaction.html).
# Seen:     commit: SQLITE_BUSY cannot commit transaction - SQL statements in progress
#           the other program's insert: SQLITE_BUSY database is locked
# Exit 0: seen as described. Exit 1: another behavior. Exit 2: the packages could not be installed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund libsql@0.5.29 || exit 2
cat > busy.cjs <<'PROGRAM'
const Database = require("libsql");
const other = new Database("shop.db");
other.exec("create table orders (id integer primary key, note text); insert into orders (note) values ('first')");
const ours = new Database("shop.db");
ours.prepare("select count(*) from orders").all();

const said = (name, work) => {
  try {
    work();
    console.log(`${name}: ok`);
    return "ok";
  } catch (error) {
    console.log(`${name}: ${error.code} ${error.message}`);
    return error.code;
  }
};
// Kept, as every cache of prepared statements keeps it.
const insert = ours.prepare("insert into orders (note) values (?)");
other.exec("begin immediate");
said("our insert while the other program writes", () => insert.run("ours"));
other.exec("commit");

// From here on nobody holds a lock.
said("our read", () => ours.prepare("select note from orders").all());
const theirs = said("the other program's insert", () => other.exec("insert into orders (note) values ('theirs')"));
said("begin", () => ours.prepare("begin immediate").run());
said("our other insert", () => ours.prepare("insert into orders (note) values ('again')").run());
const commit = said("commit", () => ours.prepare("commit").run());
process.exit(theirs === "SQLITE_BUSY" && commit === "SQLITE_BUSY" ? 0 : 1);
PROGRAM
node busy.cjs
