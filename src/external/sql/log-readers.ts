/**
 * Who reads the change log, how far, and what may be deleted from it.
 *
 * Several connectors may read one log, for example production and a sandbox. Each is registered with its last stored
 * position, and lines are deleted only below the positions of all of them. One that has not been seen for
 * `READER_DAYS_MAX` days is forgotten, or it would hold the log for ever; should it come back, it finds its place gone and
 * reads everything again. A login that may not write registers nobody and deletes nothing.
 */
import { hostname } from "node:os";
import { sql } from "kysely";
import { sqlState } from "../../database/postgres.ts";
import { sqliteCode } from "../../database/sqlite-driver.ts";
import type { ExternalNotice } from "../port.ts";
import { type Db, readSnapshot, tableRef } from "./connection.ts";
import type { LogPosition, StoredPosition } from "./cursor.ts";
import { logTable } from "./log-position.ts";
import type { SourceTarget } from "./source.ts";
import { logName, POSTGRES_READERS, POSTGRES_SCHEMA, SQLITE_READERS } from "./triggers.ts";

/** Rows that one call of `acknowledgeLog` deletes at most, so that it never holds the user's database for long. */
export const PRUNE_ROWS_MAX = 10_000;
/** A reader that was not seen for this many days is forgotten. Salesforce's deletion log reaches back 15 days. */
export const READER_DAYS_MAX = 14;
/** At rest a reader says so seldom that it is there: a write of its own for each run would be too much. */
const SEEN_EVERY_MINUTES = 60;

/** Registers a position and deletes up to `PRUNE_ROWS_MAX` lines that no reader needs. Returns what people should know. */
export async function acknowledgeLog(
  target: SourceTarget,
  position: StoredPosition | undefined,
): Promise<readonly ExternalNotice[]> {
  const { cursor, reader } = position ?? {};
  if (cursor === undefined || cursor.feed === "column") return [];
  const { connection } = target;
  const log = new LogReaders(target, connection.db);
  try {
    // Nobody knows who else reads such a log.
    if (!(await readersExist(target))) return [olderLog(target)];
    if (reader === undefined || (await log.isSettled(reader, cursor.log))) return [];
    return await connection.db.transaction().execute(async (tx) => {
      const readers = new LogReaders(target, tx);
      await readers.register(reader, cursor.log);
      const forgotten = await readers.forget();
      await readers.prune(await readers.lowest(cursor.log));
      return forgotten;
    });
  } catch (error) {
    const notice = notWritable(target, error);
    if (notice === undefined) throw error;
    return [notice];
  }
}

/** The statements about one collection's readers. */
class LogReaders {
  readonly #target: SourceTarget;
  readonly #db: Db;
  readonly #postgres: boolean;
  readonly #collection: string;
  readonly #readers: ReturnType<typeof tableRef>;

  constructor(target: SourceTarget, db: Db) {
    this.#target = target;
    this.#db = db;
    this.#postgres = target.connection.dialect === "postgres";
    this.#collection = logName(target.source, target.bound.name);
    this.#readers = this.#postgres ? sql.id(POSTGRES_SCHEMA, POSTGRES_READERS) : sql.id(SQLITE_READERS);
  }

  /** Whether the reader stands there already, was seen lately, and nothing can be deleted. */
  async isSettled(reader: string, at: LogPosition): Promise<boolean> {
    return readSnapshot(this.#target.connection, async (db) => {
      const { rows } = await sql<{ reader: string }>`
        select reader from ${this.#readers}
        where collection = ${this.#collection} and reader = ${reader} and ${this.#isAt(at)}
          and seen_at > ${this.#ago({ minutes: SEEN_EVERY_MINUTES })}
      `.execute(db);
      if (rows.length === 0) return false;
      const lowest = await new LogReaders(this.#target, db).lowest(at);
      const below = await sql`
        select 1 from ${logTable(this.#target.connection)}
        where collection = ${this.#collection} and ${this.#isBelow(lowest)} limit 1
      `.execute(db);
      return below.rows.length === 0;
    });
  }

  async register(reader: string, at: LogPosition): Promise<void> {
    const xid = this.#postgres ? sql`, ${at.xid}::xid8` : sql``;
    await sql`
      insert into ${this.#readers} (collection, reader, host, seq${sql.raw(this.#postgres ? ", xid" : "")})
      values (${this.#collection}, ${reader}, ${hostname()}, ${this.#seq(at)}${xid})
      on conflict (collection, reader) do update set host = excluded.host, seq = excluded.seq,
        ${sql.raw(this.#postgres ? "xid = excluded.xid," : "")} seen_at = ${this.#now()}
    `.execute(this.#db);
  }

  /** Forgets the readers that have stayed away for too long, and names them. */
  async forget(): Promise<readonly ExternalNotice[]> {
    const { rows } = await sql<{ reader: string; host: string; seen: string }>`
      delete from ${this.#readers}
      where collection = ${this.#collection} and seen_at <= ${this.#ago({ days: READER_DAYS_MAX })}
      returning reader, host, cast(seen_at as text) as seen
    `.execute(this.#db);
    return rows.map(({ reader, host, seen }) => ({
      code: `READER_FORGOTTEN ${this.#collection} ${reader}`,
      message: `another connector that read the changes of ${this.#target.bound.name} (from host ${host}) was last seen ${seen}; the change log is no longer kept for it, and if it comes back it reads everything again`,
    }));
  }

  /** The lowest position of all readers. */
  async lowest(own: LogPosition): Promise<LogPosition> {
    const xid = sql.raw(this.#postgres ? "r.xid::text" : "''");
    const order = sql.raw(this.#postgres ? "r.xid, r.seq" : "r.seq");
    const { rows } = await sql<{ xid: string; seq: string }>`
      select ${xid} as xid, cast(r.seq as text) as seq from ${this.#readers} r
      where r.collection = ${this.#collection} and r.seen_at > ${this.#ago({ days: READER_DAYS_MAX })}
      order by ${order} limit 1
    `.execute(this.#db);
    const [first] = rows;
    return first === undefined ? own : { ...first, mark: null };
  }

  /** Deletes lines below a position, the oldest first; the line at it stays as a mark. */
  async prune(lowest: LogPosition): Promise<void> {
    const log = logTable(this.#target.connection);
    const order = sql.raw(this.#postgres ? "xid, seq" : "seq");
    await sql`
      delete from ${log} where seq in (
        select seq from ${log} where collection = ${this.#collection} and ${this.#isBelow(lowest)}
        order by ${order} limit ${PRUNE_ROWS_MAX})
    `.execute(this.#db);
  }

  #isBelow(at: LogPosition) {
    return this.#postgres ? sql`(xid, seq) < (${at.xid}::xid8, ${at.seq}::bigint)` : sql`seq < ${Number(at.seq)}`;
  }

  #isAt(at: LogPosition) {
    return this.#postgres ? sql`xid = ${at.xid}::xid8 and seq = ${at.seq}::bigint` : sql`seq = ${Number(at.seq)}`;
  }

  #seq(at: LogPosition) {
    return this.#postgres ? sql`${at.seq}::bigint` : sql`${Number(at.seq)}`;
  }

  #now() {
    return sql.raw(this.#postgres ? "clock_timestamp()" : "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')");
  }

  #ago({ days = 0, minutes = 0 }: { readonly days?: number; readonly minutes?: number }) {
    return sql.raw(
      this.#postgres
        ? `clock_timestamp() - interval '${days} days ${minutes} minutes'`
        : `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-${days} days', '-${minutes} minutes')`,
    );
  }
}

/** A log that an earlier version has made knows no readers. Asked of the catalog, which every login may read. */
async function readersExist({ connection }: SourceTarget): Promise<boolean> {
  const query =
    connection.dialect === "postgres"
      ? sql`select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = ${POSTGRES_SCHEMA} and c.relname = ${POSTGRES_READERS}`
      : sql`select 1 from sqlite_master where type = 'table' and name = ${SQLITE_READERS}`;
  return (await query.execute(connection.db)).rows.length > 0;
}

function olderLog({ connection }: SourceTarget): ExternalNotice {
  return {
    code: "LOG_OLDER",
    message: `the change log in ${connection.place} was made by an earlier version, which did not know who reads it, so its old lines are not deleted; \`order-sync init --install-change-log\` brings it up to date and loses nothing`,
  };
}

/** The notice for a login that may not write; undefined for every other failure. */
function notWritable({ connection }: SourceTarget, error: unknown): ExternalNotice | undefined {
  const code = sqlState(error) ?? sqliteCode(error) ?? "";
  // Read-only transaction (a setting of the login, or a standby); no right on the table; a file that is read-only.
  if (code !== "25006" && code !== "42501" && !code.startsWith("SQLITE_READONLY")) return undefined;
  const grants =
    connection.dialect === "postgres"
      ? ` (it takes SELECT, DELETE on ${POSTGRES_SCHEMA}.changes and SELECT, INSERT, UPDATE, DELETE on ${POSTGRES_SCHEMA}.${POSTGRES_READERS})`
      : "";
  return {
    code: "LOG_READ_ONLY",
    message: `the login may only read in ${connection.place}: old lines of the change log are not deleted and it grows, unless another login deletes them${grants}; if others delete lines that this connector has not read yet, it reads everything again`,
  };
}
