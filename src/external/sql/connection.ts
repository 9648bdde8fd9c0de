/** Connects to the user's database and names its errors. */
import { existsSync } from "node:fs";
import { Kysely, type RawBuilder, sql } from "kysely";
import { isConnectionFailure, postgresDialect, sqlState } from "../../database/postgres.ts";
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
  /** The database cannot be used: refused, reset, locked by another program, disk full. */
  | "connection"
  /** This row's data are refused: constraint, wrong type, too long, a trigger's exception, row security. */
  | "data"
  /** Another transaction was in the way; the same again may succeed. */
  | "contention"
  /** A table or column does not exist, or something else about the statement. */
  | "statement";

const CONNECTIONS_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 120_000;

/** Not SQLite, damaged or read-only; wrong user or password (class 28), no such database (3D). Waiting does not help. */
const WRONG_DATABASE = /^(SQLITE_(NOTADB|CORRUPT|READONLY|PERM|AUTH|CANTOPEN)|28|3D)/;

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
    if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code)) return "data";
    return code === "SQLITE_ERROR" || code === "SQLITE_SCHEMA" ? "statement" : "connection";
  }
  if (isConnectionFailure(error)) return "connection";
  const state = sqlState(error);
  if (state === undefined) return undefined;
  // Integrity, data, check option, exceptions raised by triggers, row security.
  if (/^(22|23|44|P0)/.test(state) || state === "42501") return "data";
  return /^(40|55P03)/.test(state) ? "contention" : "statement";
}

/** The `SyncError` for a failure that concerns the whole database; other errors are returned as they are. */
export function externalFault(error: unknown, place: string): unknown {
  if (error instanceof SyncError) return error;
  const failure = sqlFailure(error);
  const said = error instanceof Error ? error.message : String(error);
  if (failure === "connection" && WRONG_DATABASE.test(sqliteCode(error) ?? sqlState(error) ?? "")) {
    const message = `External database ${place} is not usable (${said}); correct external.url or the user's rights.`;
    return new SyncError("EXTERNAL_REFUSED", message, { cause: error, context: { place } });
  }
  if (failure === "connection" || failure === "contention") {
    const locked = sqliteCode(error)?.startsWith("SQLITE_BUSY") === true || failure === "contention";
    const message = locked
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
