import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { type KeyGround, keyGroundStatements, playKeyWorld } from "../../support/key-world.ts";
import { startPostgres } from "../../support/postgres.ts";

const TABLES = 200;
/** Tables of one test: a failing one is found sooner. */
const PART = 50;

const postgres = await startPostgres();
const server = typeof postgres === "string" ? undefined : postgres;
const reason = typeof postgres === "string" ? postgres : "on PostgreSQL";
const folder = mkdtempSync(join(tmpdir(), "order-sync-keys-"));
let client: pg.Client | undefined;

afterAll(async () => {
  await client?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const parts = Array.from({ length: TABLES / PART }, (_, part) => part * PART + 1);

async function missedRows(ground: KeyGround, from: number): Promise<readonly string[]> {
  const missed: string[] = [];
  for (let seed = from; seed < from + PART; seed += 1) {
    const world = await playKeyWorld(ground, seed);
    if (world.missed.length > 0) missed.push(`${world.shown}: rows ${world.missed.join(", ")} are missing`);
  }
  return missed;
}

describe("a feed on SQLite", () => {
  const path = join(folder, "erp.db");
  const database = new Database(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = off");
  const ground: KeyGround = {
    dialect: "sqlite",
    url: `file:${path}`,
    execute: async (statement) => {
      const prepared = database.prepare(statement);
      // The rows are what the statement asks for.
      if (prepared.reader) return prepared.all([]) as Record<string, unknown>[];
      prepared.run([]);
      return [];
    },
  };

  it.each(parts)("names every row of random tables, whatever its key is (%i and more)", async (from) => {
    expect(await missedRows(ground, from)).toEqual([]);
  });
});

describe.skipIf(server === undefined)(`a feed ${reason}`, () => {
  let ground: Promise<KeyGround> | undefined;
  const prepare = async (): Promise<KeyGround> => {
    const url = (await server?.scratch()) ?? "";
    const own = new pg.Client({
      connectionString: url,
      options: "-c TimeZone=Asia/Tokyo -c DateStyle=German -c extra_float_digits=-3",
    });
    client = own;
    await own.connect();
    for (const statement of keyGroundStatements("postgres")) await own.query(statement);
    return {
      dialect: "postgres",
      url,
      execute: async (statement) => (await own.query<Record<string, unknown>>(statement)).rows,
    };
  };

  it.each(parts)("names every row of random tables, whatever its key is (%i and more)", async (from) => {
    expect(await missedRows(await (ground ??= prepare()), from)).toEqual([]);
  });
});
