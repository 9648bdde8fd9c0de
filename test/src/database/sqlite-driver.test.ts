import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteDialect } from "../../../src/database/sqlite-driver.ts";

type Db = Kysely<Record<never, never>>;

let folder = "";
let closing: (() => Promise<unknown> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-driver-"));
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  rmSync(folder, { recursive: true, force: true });
});

/** A file with one row, our connection that waits for nobody, and another program's connection. */
function scene(journal: string): { readonly path: string; readonly ours: Db; readonly theirs: Database.Database } {
  const path = join(folder, "erp.db");
  const theirs = new Database(path);
  closing.push(() => void theirs.close());
  theirs.exec(`pragma journal_mode = ${journal}; create table t (id integer primary key, v text)`);
  theirs.exec("insert into t values (1, 'first')");
  const ours: Db = new Kysely({ dialect: sqliteDialect({ path, lockWaitMs: 0, onOpen: [] }) });
  closing.push(() => ours.destroy());
  return { path, ours, theirs };
}

const values = async (db: Db): Promise<string> => {
  const { rows } = await sql<{ v: string }>`select v from t order by id`.execute(db);
  return rows.map((row) => row.v).join();
};
const insert = (db: Db, v: string) => sql`insert into t (v) values (${v})`.execute(db);
const busy = { code: expect.stringMatching(/^SQLITE_BUSY/) };

describe.each(["delete", "wal"])("a connection to an SQLite file in journal mode %s that lost a lock", (journal) => {
  it("reads what others commit later, and lets them commit, after a write of its own gave up", async () => {
    const { ours, theirs } = scene(journal);
    expect(await values(ours)).toBe("first");
    theirs.exec("begin immediate");
    await expect(insert(ours, "ours")).rejects.toMatchObject(busy);
    theirs.exec("insert into t (v) values ('theirs'); commit");

    expect(await values(ours)).toBe("first,theirs");
    theirs.exec("insert into t (v) values ('again')");

    expect(await values(ours)).toBe("first,theirs,again");
  });

  it("starts and commits transactions after one that could not start", async () => {
    const { ours, theirs } = scene(journal);
    await values(ours);
    theirs.exec("begin immediate");
    await expect(ours.transaction().execute((tx) => insert(tx, "ours"))).rejects.toMatchObject(busy);
    theirs.exec("insert into t (v) values ('theirs'); commit");
    expect(await values(ours)).toBe("first,theirs");

    await ours.transaction().execute((tx) => insert(tx, "ours"));
    theirs.exec("insert into t (v) values ('again')");

    expect(await values(ours)).toBe("first,theirs,ours,again");
  });

  it("never runs a statement after it gave up", async () => {
    const { ours, theirs } = scene(journal);
    await values(ours);
    theirs.exec("begin immediate");
    for (const v of ["a", "b", "c"]) await expect(insert(ours, v)).rejects.toMatchObject(busy);
    theirs.exec("rollback");

    expect(await values(ours)).toBe("first");
    await insert(ours, "d");
    expect(await values(ours)).toBe("first,d");
  });
});

describe("an SQLite connection that lost a lock", () => {
  it("goes on reading in the default journal mode after a read gave up", async () => {
    const { ours, theirs } = scene("delete");
    await values(ours);
    theirs.exec("begin exclusive");
    await expect(values(ours)).rejects.toMatchObject(busy);
    await expect(sql`select count(*) from t where v = ${"x"}`.execute(ours)).rejects.toMatchObject(busy);
    theirs.exec("insert into t (v) values ('theirs'); commit");

    expect(await values(ours)).toBe("first,theirs");
    theirs.exec("insert into t (v) values ('again')");
    expect(await values(ours)).toBe("first,theirs,again");
  });

  it("goes on reading a WAL file that somebody had for himself", async () => {
    const { ours, theirs } = scene("wal");
    const read = () => ours.transaction().setAccessMode("read only").execute(values);
    // In this mode a WAL file belongs to one connection, readers included.
    theirs.exec("pragma locking_mode = exclusive; insert into t (v) values ('theirs')");
    await expect(read()).rejects.toMatchObject(busy);
    theirs.exec("pragma locking_mode = normal; select count(*) from t");

    expect(await read()).toBe("first,theirs");
    theirs.exec("insert into t (v) values ('again')");
    expect(await read()).toBe("first,theirs,again");
  });

  it("undoes a transaction that a reader kept from committing, and commits the next one", async () => {
    const { ours, theirs } = scene("delete");
    theirs.exec("begin; select v from t");
    await expect(ours.transaction().execute((tx) => insert(tx, "ours"))).rejects.toMatchObject(busy);

    theirs.exec("commit; insert into t (v) values ('theirs')");
    expect(await values(ours)).toBe("first,theirs");
    await ours.transaction().execute((tx) => insert(tx, "ours"));

    expect(await values(ours)).toBe("first,theirs,ours");
  });

  it("goes on beside a process that had held the lock", async () => {
    const { path, ours, theirs } = scene("delete");
    await values(ours);
    const libsql = createRequire(import.meta.url).resolve("libsql");
    const program = `const db = new (require(${JSON.stringify(libsql)}))(${JSON.stringify(path)});
      db.exec("begin exclusive; insert into t (v) values ('theirs')");
      process.stdout.write("locked");
      process.stdin.once("data", () => { db.exec("commit"); db.close(); process.exit(0); });`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
    closing.push(() => void child.kill());
    await once(child.stdout, "data");
    await expect(insert(ours, "ours")).rejects.toMatchObject(busy);
    await expect(values(ours)).rejects.toMatchObject(busy);
    child.stdin.write("go");
    await once(child, "exit");

    expect(await values(ours)).toBe("first,theirs");
    theirs.exec("insert into t (v) values ('again')");
    await insert(ours, "ours");
    expect(await values(ours)).toBe("first,theirs,again,ours");
  });
});
