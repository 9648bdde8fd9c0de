/** Connects to the user's database and names its errors. */
import { existsSync } from "node:fs";
import { Kysely, type RawBuilder, sql } from "kysely";
import { isConnectionFailure, postgresDialect, sqlDetail, sqlState } from "../../database/postgres.ts";
import { sqliteCode, sqliteDialect } from "../../database/sqlite-driver.ts";
import { filePathOf, isPostgresUrl, placeOf } from "../../database/url.ts";
import { SyncError } from "../../errors.ts";
import type { SqlConfig } from "./config.ts";

/** The tables are the user's: nothing is known about them at compile time, so statements are `sql` templates. */
export type Db = Kysely<Record<never, never>>;

/** A connected database. */
export interface SqlConnection {
  readonly db: Db;
  readonly dialect: "sqlite" | "postgres";
  /** Path, or host and database; never the password. */
  readonly place: string;
}

/** What kind of failure a database error is, from the point of view of one write. */
export type SqlFailure =
  /** The database cannot be used: refused, reset, disk full, read-only. */
  | "connection"
  /** This row's data are refused: constraint, wrong type, too long, whatever a trigger or function raises. */
  | "data"
  /** Another transaction was in the way; the same again may succeed at once. */
  | "contention"
  /** Another transaction held a lock for longer than we wait. */
  | "locked"
  /** The database stopped the statement: it took too long, or somebody canceled it. */
  | "canceled"
  /** A table or column does not exist, or something else about the statement. */
  | "statement";

const CONNECTIONS_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 120_000;

/** Not SQLite, damaged or read-only; wrong user or password (class 28), no such database (3D). Waiting does not help. */
const WRONG_DATABASE = /^(SQLITE_(NOTADB|CORRUPT|READONLY|PERM|AUTH|CANTOPEN)|28|3D|25006)/;
/** SQLSTATEs of a statement that cannot work for any row: no such table or function, no right, not supported, wrong state. */
const WRONG_STATEMENT = /^(0A|25|26|34|3B|3F|42|55)/;

/** Opens the database of a configuration. Throws `EXTERNAL_UNREACHABLE` for a file that does not exist. */
export function connectSql(config: Pick<SqlConfig, "url" | "lockWaitMs">): SqlConnection {
  const place = placeOf(config.url);
  if (isPostgresUrl(config.url)) {
    const dialect = postgresDialect({
      url: config.url,
      connectionsMax: CONNECTIONS_MAX,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      lockWaitMs: config.lockWaitMs,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    return { db: new Kysely({ dialect }), dialect: "postgres", place };
  }
  const path = filePathOf(config.url);
  // Opening would make an empty database, and a wrong path would look like a system without records.
  if (path !== ":memory:" && !existsSync(path)) {
    throw new SyncError("EXTERNAL_UNREACHABLE", `External database ${path} does not exist; correct external.url.`, {
      context: { place },
    });
  }
  const onOpen = ["pragma foreign_keys = on"];
  const dialect = sqliteDialect({ path, lockWaitMs: config.lockWaitMs, onOpen });
  return { db: new Kysely({ dialect }), dialect: "sqlite", place };
}

/** Runs a read of several statements on one snapshot. */
export function readSnapshot<R>(connection: SqlConnection, work: (tx: Db) => Promise<R>): Promise<R> {
  const transaction = connection.db.transaction().setAccessMode("read only");
  // SQLite has no levels: its transactions always see one snapshot.
  return (connection.dialect === "postgres" ? transaction.setIsolationLevel("repeatable read") : transaction).execute(
    work,
  );
}

/** Tells what kind of failure a database error is; undefined when it is not the database's. */
export function sqlFailure(error: unknown): SqlFailure | undefined {
  const code = sqliteCode(error);
  if (code !== undefined) {
    if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE|ABORT)/.test(code)) return "data";
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "locked";
    return code === "SQLITE_ERROR" || code === "SQLITE_SCHEMA" ? "statement" : "connection";
  }
  // An exception of somebody's own is about the row, whatever code it chose.
  if (/ at RAISE$/m.test(sqlDetail(error)?.where ?? "")) return "data";
  const state = sqlState(error);
  // A function that reads a file or another server fails alone; only these end the transaction of whoever calls it.
  const isInside = sqlDetail(error)?.where !== undefined && !/^(53|57P)/.test(state ?? "");
  if (!isInside && isConnectionFailure(error)) return "connection";
  if (state === undefined) return undefined;
  if (state === "55P03") return "locked";
  // The limit may strike while the statement waits for a row; PostgreSQL names the row then.
  if (state === "57014") return /^while .* tuple /m.test(sqlDetail(error)?.where ?? "") ? "locked" : "canceled";
  if (/^40(001|P01)$/.test(state)) return "contention";
  // What a function or trigger runs is the row's fault: another row may take another way through it. Any code of its own
  // can be raised there, also one that PostgreSQL knows for something else.
  return WRONG_STATEMENT.test(state) && sqlDetail(error)?.where === undefined ? "statement" : "data";
}

/** What the database said. */
export function instructionOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `SyncError` for a failure that concerns the whole database; other errors are returned as they are. */
export function externalError(error: unknown, place: string): unknown {
  if (error instanceof SyncError) return error;
  const failure = sqlFailure(error);
  const said = instructionOf(error);
  if (failure === "connection" && WRONG_DATABASE.test(sqliteCode(error) ?? sqlState(error) ?? "")) {
    const message = `External database ${place} is not usable (${said}); correct external.url or the user's rights.`;
    return new SyncError("EXTERNAL_REFUSED", message, { cause: error, context: { place } });
  }
  if (failure === "canceled") {
    const message = `External database ${place} stopped a statement (${said}): it took too long, or somebody canceled it; the next run tries again.`;
    return new SyncError("EXTERNAL_UNREACHABLE", message, { cause: error, context: { place } });
  }
  if (failure === "connection" || failure === "contention" || failure === "locked") {
    const message =
      failure !== "connection"
        ? `External database ${place} is locked by another program (${said}); the next run tries again.`
        : `External database ${place} cannot be used (${said}); check external.url, the server and the network.`;
    return new SyncError("EXTERNAL_UNREACHABLE", message, { cause: error, context: { place } });
  }
  if (failure === undefined) return error;
  const message = `External database ${place} refuses a statement (${said}); run \`order-sync check\`.`;
  return new SyncError("EXTERNAL_REFUSED", message, { cause: error, context: { place } });
}

/** A quoted table name; `schema.table` names a table of that schema. */
export function tableRef(name: string): RawBuilder<unknown> {
  return sql.id(...name.split("."));
}
