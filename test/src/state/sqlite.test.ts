import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpenState, openStateStore, type StateOptions } from "../../../src/state/open.ts";
import { link, stateStoreContract } from "./contract-suite.ts";
import { upkeepContract } from "./upkeep-contract.ts";

let folder = "";
let opened: OpenState[] = [];
const path = (name = "state.db"): string => join(folder, name);

async function open(url: string, options: StateOptions = {}): Promise<OpenState> {
  const store = await openStateStore(url, options);
  opened.push(store);
  return store;
}

async function migrated(url: string): Promise<OpenState> {
  const store = await open(url);
  await store.migrate();
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-state-"));
});

afterEach(async () => {
  for (const store of opened) await store.close();
  opened = [];
  rmSync(folder, { recursive: true, force: true });
});

stateStoreContract("SQLite", { fresh: () => migrated(`file:${path()}`), again: () => open(path()) });
upkeepContract("SQLite", {
  fresh: () => migrated(`file:${path()}`),
  again: () => open(path()),
  execute: async (statements) => {
    const database = new Database(path());
    database.exec(statements);
    database.close();
  },
});

describe("an SQLite state file", () => {
  it("is made with its folder, and read back by a plain path and by a file URL", async () => {
    const store = await migrated(`file:${path("deep/er/state.db")}`);
    const lease = await store.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 });
    if (lease !== undefined) await store.commit(lease, { cursors: { feed: "1" } });

    expect(await (await open(path("deep/er/state.db"))).cursors()).toEqual({ feed: "1" });
    expect(await (await open(`file://${path("deep/er/state.db")}`)).cursors()).toEqual({ feed: "1" });
  });

  it("survives the process with everything that was committed", async () => {
    const store = await migrated(path());
    const lease = await store.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 });
    if (lease !== undefined) await store.commit(lease, { links: [link()] });

    // A crash leaves the database and its log behind, without closing anything.
    copyFileSync(path(), path("crashed.db"));
    copyFileSync(`${path()}-wal`, `${path("crashed.db")}-wal`);

    expect((await (await open(path("crashed.db"))).links("Order", [link().key])).size).toBe(1);
  });

  it("tells who holds the lease after a wait for it was given up", async () => {
    const held = { name: "sync", holder: "theirs", ttlMs: 60_000, nowMs: 0 };
    const theirs = await migrated(path());
    const ours = await open(path(), { lockWaitMs: 0 });
    expect(await ours.leaseHolder("sync")).toBeUndefined();
    const busy = new Database(path());
    busy.exec("begin immediate");
    await expect(ours.acquireLease({ ...held, holder: "ours" })).rejects.toMatchObject({ code: "STATE_LOCKED" });
    busy.exec("commit");
    busy.close();

    await theirs.acquireLease(held);

    expect(await ours.leaseHolder("sync")).toMatchObject({ holder: "theirs" });
  });

  it("is refused when it is not SQLite, and left as it is", async () => {
    writeFileSync(path(), "a letter, not a database\n".repeat(100));
    const before = readFileSync(path());

    await expect(open(path())).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: `State file ${path()} is not an SQLite file; correct state.url or move the file away.`,
    });

    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  it("is refused when it belongs to another program, and left as it is", async () => {
    const foreign = new Database(path());
    foreign.exec("create table invoices (id integer)");
    foreign.close();
    const before = readFileSync(path());

    await expect(open(path())).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining('belongs to another program (it has the table "invoices")'),
    });

    expect(readFileSync(path()).equals(before)).toBe(true);
    expect(existsSync(`${path()}-wal`)).toBe(false);
  });

  it("is refused when a newer version wrote it", async () => {
    await (await migrated(path())).close();
    opened = [];
    const newer = new Database(path());
    newer.exec("insert into order_sync_schema values (99, 'from the future', '2030-01-01')");
    newer.close();

    await expect(open(path())).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("schema 99"),
    });
  });

  it("says how to go on when it is damaged", async () => {
    const store = await migrated(path());
    const lease = await store.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 });
    if (lease !== undefined) await store.commit(lease, { links: [link()] });
    await store.close();
    opened = [];
    truncateSync(path(), 6000);

    const reading = open(path()).then((damaged) => damaged.links("Order", [link().key]));

    await expect(reading).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("is damaged"),
    });
  });

  it("says that its path is no file", async () => {
    await expect(open(folder)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("cannot be opened"),
    });
    await expect(open("")).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
    writeFileSync(path("file"), "");
    await expect(open(path("file/state.db"))).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("The folder of state file"),
    });
  });

  it("says that it lacks its tables before it is migrated", async () => {
    const store = await open(path());
    await expect(store.cursors()).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("order-sync migrate"),
    });
  });

  it("is reported as locked when another process writes for longer than the waiting time", async () => {
    const store = await migrated(path());
    const impatient = await open(path(), { lockWaitMs: 20 });
    const writer = new Database(path());
    writer.exec("begin immediate");

    const taking = impatient.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 });

    await expect(taking).rejects.toMatchObject({ code: "STATE_LOCKED", retry: "later" });
    expect(await impatient.cursors()).toEqual({});
    writer.exec("rollback");
    writer.close();
    expect(await store.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 })).toBeDefined();
  });

  it("waits for another writer of the same process without blocking it", async () => {
    const store = await migrated(path());
    const writer = new Database(path());
    writer.exec("begin immediate");

    const taking = store.acquireLease({ name: "sync", holder: "one", ttlMs: 1, nowMs: 0 });
    setImmediate(() => {
      writer.exec("commit");
      writer.close();
    });

    expect(await taking).toBeDefined();
  });
});
