/** The script for the owner of a database, run as the owner would, and then used by a login that owns nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { databaseScript, type ScriptRequest } from "../../../src/external/sql/script.ts";
import { startPostgres } from "../../support/postgres.ts";

const TABLES = [
  "create table orders (id integer primary key, note text)",
  "create table order_lines (order_id integer not null, pos integer not null, sku text, primary key (order_id, pos))",
  "insert into orders values (1, 'first')",
];
const WRITES: ScriptRequest["writes"] = {
  orders: {
    root: { insert: false, update: true, delete: false },
    lines: { insert: true, update: true, delete: true },
  },
};

function erpAt(url: string, schema = ""): SqlConfigInput {
  const lines = { table: `${schema}order_lines`, parentKey: ["order_id"], key: ["pos"] };
  return { kind: "sql", name: "erp", url, collections: { orders: { table: `${schema}orders`, key: ["id"], lines } } };
}

let closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

async function open(config: SqlConfigInput): Promise<ExternalSystem> {
  const external = await openExternal(sqlConfigSchema.parse(config));
  closing.push(() => external.close());
  return external;
}

async function namedKeys(external: ExternalSystem): Promise<readonly string[]> {
  const page = await external.changes("orders", null, 10);
  return page.changes.map(({ naturalKey }) => naturalKey.join());
}

describe("the script for an SQLite file", () => {
  it("makes the change log, changes no table, and can be run again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "order-sync-script-"));
    closing.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const file = join(folder, "erp.db");
    const database = new Database(file);
    closing.push(() => {
      database.close();
    });
    for (const statement of TABLES) database.exec(statement);
    const config = erpAt(`file:${file}`);

    const script = await databaseScript({ config: sqlConfigSchema.parse(config), writes: WRITES });
    expect(database.prepare("select name from sqlite_master where name like 'order_sync%'").all()).toEqual([]);
    database.exec(script);
    database.exec(script);

    const external = await open(config);
    expect((await external.check()).filter(({ warning }) => warning !== true)).toEqual([]);
    expect(await namedKeys(external)).toEqual(["1"]);
    expect(script).not.toContain("grant");
  });

  it("names a column that is missing instead of writing half a script", async () => {
    const folder = mkdtempSync(join(tmpdir(), "order-sync-script-"));
    closing.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const database = new Database(join(folder, "erp.db"));
    database.exec("create table orders (no integer primary key)");
    database.exec(TABLES[1] ?? "");
    database.close();

    await expect(
      databaseScript({ config: sqlConfigSchema.parse(erpAt(`file:${join(folder, "erp.db")}`)), writes: {} }),
    ).rejects.toThrow('table "orders" has no column "id"');
  });
});

const postgres = await startPostgres();
const server = typeof postgres === "string" ? undefined : postgres;
afterAll(async () => {
  await server?.stop();
});

describe.skipIf(server === undefined)(typeof postgres === "string" ? postgres : "the script for PostgreSQL", () => {
  it("lets a login that owns nothing read, write and prune, and no more than the mapping needs", async () => {
    const url = (await server?.scratch()) ?? "";
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    closing.push(() => owner.end());
    await owner.query("create schema shop; set search_path = shop");
    for (const statement of TABLES) await owner.query(statement);
    await owner.query("drop role if exists sync_script; create role sync_script login password 'sync-script'");
    const address = new URL(url);
    address.username = "sync_script";
    address.password = "sync-script";
    const config = erpAt(address.href, "shop.");
    // The owner writes the script for the other login: a new one cannot even look into the schema.
    const script = await databaseScript({
      config: sqlConfigSchema.parse(erpAt(url, "shop.")),
      writes: WRITES,
      role: "sync_script",
    });
    closing.push(async () => {
      await owner.query("drop owned by sync_script; drop role sync_script");
    });
    await owner.query(script);

    const external = await open(config);
    expect((await external.check()).filter(({ warning }) => warning !== true)).toEqual([]);
    expect(await namedKeys(external)).toEqual(["1"]);
    const { refuses, lineRefuses } = await external.info("orders");
    expect([refuses?.update, lineRefuses?.create, lineRefuses?.delete]).toEqual([undefined, undefined, undefined]);
    expect(refuses?.delete).toContain("may not delete");
  });
});
