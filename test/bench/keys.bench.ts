/**
 * Ten thousand random tables on each dialect, with keys of every type, read page by page while rows come and go: how many
 * rows no page named. `KEY_TABLES` and `KEY_SEED` choose another number of tables and the first seed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import pg from "pg";
import { type KeyGround, keyGroundStatements, playKeyWorld } from "../support/key-world.ts";
import { startPostgres } from "../support/postgres.ts";
import type { BenchRow } from "./bench-row.ts";

const TABLES = Number(process.env["KEY_TABLES"] ?? 10_000);
const FIRST_SEED = Number(process.env["KEY_SEED"] ?? 1_000);

/** Runs everything; takes about half an hour. */
export async function run(): Promise<readonly BenchRow[]> {
  return [await onSqlite(), ...(await onPostgres())];
}

async function play(name: string, ground: KeyGround): Promise<BenchRow> {
  let missed = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + TABLES; seed += 1) {
    const world = await playKeyWorld(ground, seed);
    missed += world.missed.length;
    // libsql closes its files when its statements are collected as garbage.
    if (seed % 100 === 0) globalThis.gc?.();
    if (world.missed.length > 0) console.log(`${world.shown}: rows ${world.missed.join(", ")} are missing`);
  }
  const what = `rows missed of ${TABLES.toLocaleString("en")} random tables on ${name}`;
  return { name: what, unit: "rows", measured: missed, baseline: null, ratio: null, target: 0 };
}

async function onSqlite(): Promise<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), "keys-bench-"));
  const path = join(folder, "erp.db");
  const database = new Database(path);
  try {
    database.exec("pragma journal_mode = wal; pragma synchronous = off");
    return await play("SQLite", {
      dialect: "sqlite",
      url: `file:${path}`,
      execute: async (statement) => {
        const prepared = database.prepare(statement);
        // The rows are what the statement asks for.
        if (prepared.reader) return prepared.all([]) as Record<string, unknown>[];
        prepared.run([]);
        return [];
      },
    });
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onPostgres(): Promise<readonly BenchRow[]> {
  const server = await startPostgres();
  if (typeof server === "string") {
    console.log(server);
    return [];
  }
  const url = await server.scratch();
  const client = new pg.Client({ connectionString: url, options: "-c TimeZone=Asia/Tokyo -c DateStyle=German" });
  await client.connect();
  try {
    for (const statement of keyGroundStatements("postgres")) await client.query(statement);
    const execute: KeyGround["execute"] = async (statement) =>
      (await client.query<Record<string, unknown>>(statement)).rows;
    return [await play("PostgreSQL", { dialect: "postgres", url, execute })];
  } finally {
    await client.end();
    await server.stop();
  }
}
