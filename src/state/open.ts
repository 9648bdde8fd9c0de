/** Opens the connector's memory: an SQLite file or a PostgreSQL database. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely, sql } from "kysely";
import { postgresDialect } from "../database/postgres.ts";
import { sqliteDialect } from "../database/sqlite-driver.ts";
import { filePathOf, isPostgresUrl, placeOf } from "../database/url.ts";
import { SyncError } from "../errors.ts";
import type { StateStore } from "./port.ts";
import { STATE_SCHEMA, type StateDialect, type StateTables } from "./schema.ts";
import { stateError } from "./state-error.ts";
import { SqlStateStore } from "./store.ts";
import type { StateUpkeep } from "./upkeep.ts";
import { stateVersion } from "./version.ts";

/** An open store, with its upkeep. */
export interface OpenState extends StateStore {
  readonly upkeep: StateUpkeep;
}

/** How the store waits. */
export interface StateOptions {
  /** How long to wait for another process's lock before `STATE_LOCKED`. */
  readonly lockWaitMs?: number;
  /** PostgreSQL: connections of this process at most. */
  readonly connectionsMax?: number;
}

const LOCK_WAIT_MS = 10_000;
const CONNECTIONS_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * Opens the store at `url`: `file:path`, a plain path, or `postgres://user:password@host/database`.
 *
 * Makes the folder of a file that does not exist yet, and touches nothing else: `migrate()` makes the tables. On
 * PostgreSQL the tables live in the schema `order_sync`, one store per database. Throws `STATE_UNREADABLE` (not SQLite,
 * another program's database, newer than this program), `STATE_LOCKED` or `STATE_UNREACHABLE`.
 */
export async function openStateStore(url: string, options: StateOptions = {}): Promise<OpenState> {
  const place = placeOf(url);
  const dialect: StateDialect = isPostgresUrl(url) ? "postgres" : "sqlite";
  const db = connect(url, dialect, options);
  try {
    const version = await stateVersion(db, dialect, place);
    // The file is known to be ours from here on. In WAL mode readers and the writer do not wait for each other; a
    // commit is on the disk when it returns.
    if (dialect === "sqlite") await sql`pragma journal_mode = wal`.execute(db);
    return new SqlStateStore({ db, dialect, place, version });
  } catch (error) {
    await db.destroy();
    throw stateError(error, place);
  }
}

function connect(url: string, dialect: StateDialect, options: StateOptions): Kysely<StateTables> {
  const lockWaitMs = options.lockWaitMs ?? LOCK_WAIT_MS;
  if (dialect === "postgres") {
    return new Kysely<StateTables>({
      dialect: postgresDialect({
        url,
        connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        lockWaitMs,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      }),
    }).withSchema(STATE_SCHEMA);
  }
  const path = filePathOf(url);
  if (path === "") {
    throw new SyncError("STATE_UNREADABLE", 'state.url is empty; give a file such as "file:.order-sync/state.db".');
  }
  if (path !== ":memory:") makeFolder(path);
  return new Kysely<StateTables>({
    dialect: sqliteDialect({ path, lockWaitMs, onOpen: ["pragma synchronous = full", "pragma foreign_keys = on"] }),
  });
}

function makeFolder(path: string): void {
  try {
    // The store holds business data: only this user may look into a folder that we make.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SyncError(
      "STATE_UNREADABLE",
      `The folder of state file ${path} cannot be made; correct state.url or make the folder.`,
      { cause, context: { place: path } },
    );
  }
}
