/**
 * Runs Kysely on libsql's embedded SQLite.
 *
 * Kysely brings a SQLite driver, but some facts of libsql 0.5 ask for our own: a bound JavaScript number always becomes
 * REAL (7 in a TEXT column turns into "7.0"), a boolean cannot be bound, and integers beyond 2^53 are
 * rounded unless asked for. Waiting for a lock is done here too, between attempts and without blocking the event loop:
 * SQLite's own busy handler would sleep inside the process that may hold the lock. And a statement that lost a lock has to
 * be ended by us (`#endStatement`).
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import Database from "libsql";

/** How the driver waits for other writers, and what happens once per connection. */
export interface SqliteDialectOptions {
  readonly path: string;
  /** How long a statement waits for another connection's lock. */
  readonly lockWaitMs: number;
  /** Statements for the fresh connection, for example pragmas. */
  readonly onOpen: readonly string[];
}

/** First and longest pause between two attempts to get a lock. */
const LOCK_PAUSE_MS = { first: 2, most: 50 };
/** Prepared statements kept per connection; the oldest goes first. */
const STATEMENTS_MAX = 200;
/** Two rows without any table: it runs, and takes no lock, from its first row to its second. */
const TWO_ROWS = "select 1 union all select 2";

/**
 * A Kysely dialect for one SQLite file.
 *
 * Rows come back with INTEGER as number, or as bigint beyond ±2^53, REAL as number, BLOB as Uint8Array.
 * A transaction starts with `begin immediate`, one with access mode "read only" with a deferred `begin`.
 */
export function sqliteDialect(options: SqliteDialectOptions): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new LibsqlDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite's code of an error, for example `SQLITE_BUSY`; undefined for errors that are not SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_")) return error.code;
  // libsql reports a file that cannot be opened without a code: `ConnectionFailed("Unable to open … : 14")`.
  return error.message.startsWith("ConnectionFailed") ? "SQLITE_CANTOPEN" : undefined;
}

class LibsqlDriver implements Driver {
  readonly #options: SqliteDialectOptions;
  #connection: LibsqlConnection | undefined;
  #lastInLine: Promise<void> = Promise.resolve();
  #leave: () => void = () => {};

  constructor(options: SqliteDialectOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    const database = new Database(this.#options.path);
    const connection = new LibsqlConnection(database, this.#options.lockWaitMs);
    try {
      for (const statement of this.#options.onOpen) await connection.executeQuery(CompiledQuery.raw(statement));
    } catch (error) {
      database.close();
      throw error;
    }
    this.#connection = connection;
  }

  /** There is one connection; callers queue for it. */
  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#lastInLine;
    let leave = (): void => {};
    this.#lastInLine = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    this.#leave = leave;
    if (this.#connection === undefined) throw new Error("the database connection is not open");
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begin = settings.accessMode === "read only" ? "begin" : "begin immediate";
    await connection.executeQuery(CompiledQuery.raw(begin));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(): Promise<void> {
    // SQLite has undone the transaction by itself after a full disk, an I/O error or a RAISE(ROLLBACK).
    if (this.#connection?.inTransaction === true) await this.#connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(): Promise<void> {
    this.#leave();
  }

  async destroy(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

class LibsqlConnection implements DatabaseConnection {
  readonly #database: Database.Database;
  readonly #lockWaitMs: number;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(database: Database.Database, lockWaitMs: number) {
    this.#database = database;
    this.#lockWaitMs = lockWaitMs;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const parameters = query.parameters.map(encodeParameter);
    const deadlineMs = performance.now() + this.#lockWaitMs;
    for (let pauseMs = LOCK_PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * 2, LOCK_PAUSE_MS.most)) {
      try {
        return this.#execute<R>(query.sql, parameters);
      } catch (error) {
        // A stale snapshot does not become fresh by waiting; every other lock may go away.
        const waits = sqliteCode(error)?.startsWith("SQLITE_BUSY") && sqliteCode(error) !== "SQLITE_BUSY_SNAPSHOT";
        if (waits !== true || performance.now() >= deadlineMs) {
          this.#endStatement(query.sql, error);
          throw error;
        }
      }
      await delay(pauseMs);
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("streaming is not supported; read in pages");
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #execute<R>(sql: string, parameters: unknown[]): QueryResult<R> {
    const statement = this.#prepare(sql);
    if (statement.reader) {
      const rows = statement.all(parameters).map(decodeRow);
      // The caller's query builder knows the row's type; this is the one place where rows enter.
      return { rows: rows as R[] };
    }
    const { changes } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  /**
   * Ends a statement that gave up waiting for a lock.
   *
   * SQLite keeps such a statement running, so that it can be stepped again, and libsql 0.5.29 neither resets nor finalizes
   * it. While one statement runs, the connection gives up no read lock: in the default journal mode nobody can commit any
   * more, in WAL mode every later read sees the old snapshot. `run` begins with the reset that is wanted; the interrupt,
   * which another running statement keeps alive, ends the new execution before its first step. A transaction that cannot
   * be committed is rolled back by that, which is what its owner does next.
   */
  #endStatement(sql: string, error: unknown): void {
    const statement = this.#statements.get(sql);
    if (statement === undefined || sqliteCode(error)?.startsWith("SQLITE_BUSY") !== true) return;
    this.#statements.delete(sql);
    const running = this.#database.prepare(TWO_ROWS);
    running.iterate([]);
    // libsql's types leave this method out; its documentation and its code have it.
    (this.#database as Database.Database & { interrupt(): void }).interrupt();
    for (const one of [() => statement.run([]), () => running.get([])]) {
      try {
        one();
      } catch (interrupted) {
        if (sqliteCode(interrupted) !== "SQLITE_INTERRUPT") throw interrupted;
      }
    }
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    if (statement.reader) statement.safeIntegers(true);
    const oldest = this.#statements.size < STATEMENTS_MAX ? undefined : this.#statements.keys().next().value;
    if (oldest !== undefined) this.#statements.delete(oldest);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function encodeParameter(value: unknown): unknown {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return value;
}

function decodeRow(row: unknown): unknown {
  if (typeof row !== "object" || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decodeValue(value)]));
}

function decodeValue(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
