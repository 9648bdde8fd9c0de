/** The state store: written once on Kysely, run on SQLite and PostgreSQL. */

import assert from "node:assert/strict";
import { type Kysely, sql, type Transaction } from "kysely";
import { sqliteCode } from "../database/sqlite-driver.ts";
import { SyncError } from "../errors.ts";
import type { BusinessKey, RecordId } from "../model/key.ts";
import type { Base, DeadLetter, Intent, Link, Parked } from "../sync/decision.ts";
import { fromBody, type LinkBody } from "./link-body.ts";
import type { JournalEntry, JournalQuery, Lease, RunRecord, StateBatch, StateStore, StoredConflict } from "./port.ts";
import {
  applyMigrations,
  NEWEST_VERSION,
  STATE_SCHEMA,
  type StateDialect,
  type StateTables,
  versionTableStatement,
} from "./schema.ts";
import { stateError } from "./state-error.ts";
import { SqlUpkeep, type StateUpkeep } from "./upkeep.ts";
import { stateVersion } from "./version.ts";
import { writeBatch } from "./write-batch.ts";

/** Keys per IN list: far below the limits of both dialects (32,766 and 65,535 parameters). */
export const IN_LIST_MAX = 500;
/** Number of the advisory lock that lets one process migrate at a time. Any fixed number of our own does. */
const MIGRATION_LOCK = 5_284_613_907;

/** What `counts()` counts, and where. */
const COUNTED = [
  { what: "links", table: "link", openOnly: false },
  { what: "bases", table: "base", openOnly: false },
  { what: "openConflicts", table: "conflict", openOnly: true },
  { what: "deadLetters", table: "dead_letter", openOnly: false },
  { what: "parked", table: "parked", openOnly: false },
] as const;

type Database = Kysely<StateTables>;

/** What the store is made of; `openStateStore` is the way to get one. */
export interface StateStoreParts {
  readonly db: Database;
  readonly dialect: StateDialect;
  /** Path or host and database, without password. */
  readonly place: string;
  /** The schema version found at opening. */
  readonly version: number;
}

/** `StateStore` on SQL. Every method turns the database's errors into `SyncError`s. */
export class SqlStateStore implements StateStore {
  readonly #db: Database;
  readonly #dialect: StateDialect;
  readonly #place: string;
  #version: number;
  readonly upkeep: StateUpkeep;

  constructor(parts: StateStoreParts) {
    const { db, dialect, place, version } = parts;
    this.#db = db;
    this.#dialect = dialect;
    this.#place = place;
    this.#version = version;
    this.upkeep = new SqlUpkeep({ db, dialect, place, isReady: () => this.#version === NEWEST_VERSION });
  }

  async migrate(): Promise<void> {
    if (this.#version === NEWEST_VERSION) return;
    this.#version = await this.#transaction(async (tx) => {
      if (this.#dialect === "postgres") {
        await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
        // `if not exists` would ask for the right to create schemas even where an administrator has made this one.
        const made = await sql`select from pg_catalog.pg_namespace where nspname = ${STATE_SCHEMA}`.execute(tx);
        if (made.rows.length === 0) await sql`create schema ${sql.id(STATE_SCHEMA)}`.execute(tx);
      }
      // Another process may have migrated while this one waited for the lock.
      const version = await stateVersion(tx, this.#dialect, this.#place);
      if (version === 0) await sql.raw(versionTableStatement(this.#dialect)).execute(tx);
      return applyMigrations(tx, this.#dialect, version);
    });
  }

  async acquireLease(request: {
    readonly name: string;
    readonly holder: string;
    readonly ttlMs: number;
    readonly nowMs: number;
  }): Promise<Lease | undefined> {
    const { name, holder, ttlMs, nowMs } = request;
    const expiresAtMs = nowMs + ttlMs;
    // Every taking gets a new fencing number, also by the same holder: a restarted process shuts its former self out.
    const row = await this.#transaction((tx) =>
      tx
        .insertInto("lease")
        .values({ name, holder, fence: 1, expires_at_ms: expiresAtMs })
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet((e) => ({ holder, fence: e("lease.fence", "+", 1), expires_at_ms: expiresAtMs }))
            .where((e) => e.or([e("lease.expires_at_ms", "<=", nowMs), e("lease.holder", "=", holder)])),
        )
        .returning(["fence"])
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : { name, holder, fence: row.fence, expiresAtMs };
  }

  async renewLease(lease: Lease, ttlMs: number, nowMs: number): Promise<Lease | undefined> {
    const expiresAtMs = nowMs + ttlMs;
    const row = await this.#transaction((tx) =>
      tx
        .updateTable("lease")
        .set({ expires_at_ms: expiresAtMs })
        .where("name", "=", lease.name)
        .where("fence", "=", lease.fence)
        .returning(["fence"])
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : { ...lease, expiresAtMs };
  }

  async releaseLease(lease: Lease): Promise<void> {
    // The number goes on: what is released cannot commit any more.
    await this.#transaction((tx) =>
      tx
        .updateTable("lease")
        .set((e) => ({ holder: "", fence: e("fence", "+", 1), expires_at_ms: 0 }))
        .where("name", "=", lease.name)
        .where("fence", "=", lease.fence)
        .execute(),
    );
  }

  async leaseHolder(name: string): Promise<Lease | undefined> {
    const row = await this.#read((db) =>
      db.selectFrom("lease").selectAll().where("name", "=", name).where("holder", "<>", "").executeTakeFirst(),
    );
    return row && { name: row.name, holder: row.holder, fence: row.fence, expiresAtMs: row.expires_at_ms };
  }

  async cursors(): Promise<Readonly<Record<string, string>>> {
    const rows = await this.#read((db) => db.selectFrom("feed_cursor").selectAll().orderBy("feed").execute());
    return Object.fromEntries(rows.map((row) => [row.feed, row.position]));
  }

  async links(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Link>> {
    const rows = await this.#chunked(keys, (db, chunk) =>
      db.selectFrom("link").select("body").where("object", "=", object).where("key", "in", chunk).execute(),
    );
    return new Map(rows.map((row) => fromBody(decode<LinkBody>(row))).map((link) => [link.key, link]));
  }

  async linksByRecordId(object: string, ids: readonly RecordId[]): Promise<ReadonlyMap<RecordId, Link>> {
    const rows = await this.#chunked(ids, (db, chunk) =>
      db.selectFrom("link").select("body").where("object", "=", object).where("record_id", "in", chunk).execute(),
    );
    const links = rows.map((row) => fromBody(decode<LinkBody>(row)));
    return new Map(links.flatMap((link) => (link.recordId === null ? [] : [[link.recordId, link] as const])));
  }

  async bases(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Base>> {
    const rows = await this.#chunked(keys, (db, chunk) =>
      db.selectFrom("base").select("body").where("object", "=", object).where("key", "in", chunk).execute(),
    );
    return new Map(rows.map((row) => decode<Base>(row)).map((base) => [base.key, base]));
  }

  async keys(object: string, after: BusinessKey | null, limit: number): Promise<readonly BusinessKey[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom("link")
        .select("key")
        .where("object", "=", object)
        .$if(after !== null, (query) => query.where("key", ">", after))
        .orderBy("key")
        .limit(limit)
        .execute(),
    );
    // What is in this column was a business key when it was written.
    return rows.map((row) => row.key as BusinessKey);
  }

  async intents(): Promise<readonly Intent[]> {
    const rows = await this.#read((db) =>
      db.selectFrom("intent").select("body").orderBy("started_at_ms").orderBy("id").execute(),
    );
    return rows.map((row) => decode<Intent>(row));
  }

  async parked(object?: string): Promise<readonly Parked[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom("parked")
        .select("body")
        .$if(object !== undefined, (query) => query.where("object", "=", object ?? ""))
        .orderBy("object")
        .orderBy("key")
        .execute(),
    );
    return rows.map((row) => decode<Parked>(row));
  }

  async deadLetters(object?: string): Promise<readonly DeadLetter[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom("dead_letter")
        .select("body")
        .$if(object !== undefined, (query) => query.where("object", "=", object ?? ""))
        .orderBy("object")
        .orderBy("key")
        .execute(),
    );
    return rows.map((row) => decode<DeadLetter>(row));
  }

  async conflicts(query: { readonly open?: boolean; readonly limit: number }): Promise<readonly StoredConflict[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom("conflict")
        .select("body")
        .$if(query.open === true, (select) => select.where("resolved_at_ms", "is", null))
        .$if(query.open === false, (select) => select.where("resolved_at_ms", "is not", null))
        .orderBy("at_ms", "desc")
        .orderBy("id", "desc")
        .limit(query.limit)
        .execute(),
    );
    // JSON drops a property that is undefined, which here means that the value is not known.
    return rows.map((row) => ({
      base: undefined,
      salesforce: undefined,
      external: undefined,
      ...decode<Omit<StoredConflict, "base" | "salesforce" | "external">>(row),
    }));
  }

  async journal(query: JournalQuery): Promise<readonly JournalEntry[]> {
    const { object, key, runId, sinceMs } = query;
    const rows = await this.#read((db) =>
      db
        .selectFrom("journal")
        .selectAll()
        .$if(object !== undefined, (select) => select.where("object", "=", object ?? ""))
        .$if(key !== undefined, (select) => select.where("key", "=", key ?? ""))
        .$if(runId !== undefined, (select) => select.where("run_id", "=", runId ?? ""))
        .$if(sinceMs !== undefined, (select) => select.where("at_ms", ">=", sinceMs ?? 0))
        .orderBy(sql.ref("seq"), "desc")
        .limit(query.limit)
        .execute(),
    );
    return rows.map((row) => ({
      atMs: row.at_ms,
      runId: row.run_id,
      object: row.object,
      key: row.key as BusinessKey,
      event: row.event,
      side: row.side as JournalEntry["side"],
      detail: JSON.parse(row.detail) as JournalEntry["detail"],
    }));
  }

  async runs(limit: number): Promise<readonly RunRecord[]> {
    const rows = await this.#read((db) =>
      db.selectFrom("run").select("body").orderBy("started_at_ms", "desc").orderBy("id", "desc").limit(limit).execute(),
    );
    return rows.map((row) => decode<RunRecord>(row));
  }

  async counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    const counted = await this.#read((db) =>
      Promise.all(
        COUNTED.map(async ({ table, what, openOnly }) => ({
          what,
          rows: await db
            .selectFrom(table)
            .select(["object", (e) => e.fn.countAll<number>().as("count")])
            .$if(openOnly, (query) => query.where(sql.ref("resolved_at_ms"), "is", null))
            .groupBy("object")
            .execute(),
        })),
      ),
    );
    const counts: Record<string, Record<string, number>> = {};
    for (const { what, rows } of counted) {
      for (const { object, count } of rows) {
        const ofObject = counts[object] ?? Object.fromEntries(COUNTED.map((entry) => [entry.what, 0]));
        counts[object] = { ...ofObject, [what]: count };
      }
    }
    return counts;
  }

  async lineCount(object: string): Promise<number> {
    const keys =
      this.#dialect === "sqlite"
        ? sql<number>`coalesce(sum((select count(*) from json_each(body, '$.lineIds'))), 0)`
        : sql<number>`coalesce(sum((select count(*) from json_object_keys(body::json -> 'lineIds'))), 0)`;
    const row = await this.#read((db) =>
      db.selectFrom("link").select(keys.as("count")).where("object", "=", object).executeTakeFirst(),
    );
    return Number(row?.count ?? 0);
  }

  async commit(lease: Lease, batch: StateBatch): Promise<void> {
    await this.#transaction(async (tx) => {
      for (const required of [lease, ...(batch.under ?? [])]) await this.#mustHold(tx, required);
      await writeBatch(tx, batch);
    });
  }

  async close(): Promise<void> {
    try {
      // Moves everything into the main file, so that a copy of it alone is a whole backup.
      if (this.#dialect === "sqlite") await sql`pragma wal_checkpoint(truncate)`.execute(this.#db);
    } catch (error) {
      // Nothing is lost: the log beside the file keeps it. Whoever closes because of a fault wants to hear that fault.
      if (sqliteCode(error) === undefined) throw error;
    } finally {
      await this.#db.destroy();
    }
  }

  async #mustHold(tx: Transaction<StateTables>, lease: Lease): Promise<void> {
    const held = await tx
      .selectFrom("lease")
      .select(["fence", "holder"])
      .where("name", "=", lease.name)
      // Holds off a new holder until this commit is through; several commits of one holder do not wait.
      .$if(this.#dialect === "postgres", (query) => query.forShare())
      .executeTakeFirst();
    if (held?.fence === lease.fence) return;
    const newHolder = held === undefined || held.holder === "" ? "nobody" : held.holder;
    throw new SyncError(
      "LEASE_LOST",
      `Lease "${lease.name}" of ${lease.holder} is no longer valid (held by ${newHolder}); nothing was stored.`,
      { context: { lease: lease.name, fence: lease.fence } },
    );
  }

  async #chunked<K, R>(
    keys: readonly K[],
    query: (db: Database, chunk: readonly K[]) => Promise<readonly R[]>,
  ): Promise<readonly R[]> {
    const distinct = [...new Set(keys)];
    const rows: R[] = [];
    for (let start = 0; start < distinct.length; start += IN_LIST_MAX) {
      const chunk = distinct.slice(start, start + IN_LIST_MAX);
      rows.push(...(await this.#read((db) => query(db, chunk))));
    }
    return rows;
  }

  async #read<R>(query: (db: Database) => Promise<R>): Promise<R> {
    try {
      return await query(this.#db);
    } catch (error) {
      throw stateError(error, this.#place);
    }
  }

  async #transaction<R>(work: (tx: Transaction<StateTables>) => Promise<R>): Promise<R> {
    try {
      return await this.#db.transaction().execute(work);
    } catch (error) {
      throw stateError(error, this.#place);
    }
  }
}

/** Reads back what `writeBatch` stored: the same program wrote it with the same type. */
function decode<T>(row: { readonly body: string }): T {
  const value: unknown = JSON.parse(row.body);
  assert(typeof value === "object" && value !== null, "a stored body is a JSON object");
  return value as T;
}
