/** Turns what the databases throw into the connector's error, with the place and the way out. */
import { isConnectionFailure, sqlState } from "../database/postgres.ts";
import { sqliteCode } from "../database/sqlite-driver.ts";
import { type ErrorCode, SyncError } from "../errors.ts";

/** SQLSTATE: no such table, no such column, no such schema. */
const NO_SUCH_THING = ["42P01", "42703", "3F000"];
/** SQLSTATE: lock not available, deadlock, serialization failure. */
const LOCKED = ["55P03", "40P01", "40001"];
const DENIED = "42501";

/**
 * The `SyncError` for a failure of the state store at `place`.
 *
 * A `SyncError` stays what it is. Anything that is neither the database's nor the network's is a defect and is
 * returned unchanged.
 */
export function stateError(error: unknown, place: string): unknown {
  if (error instanceof SyncError) return error;
  const failure = (code: ErrorCode, message: string): SyncError =>
    new SyncError(code, message, { cause: error, context: { place } });
  const sqlite = sqliteCode(error);
  if (sqlite !== undefined) return sqliteError(sqlite, error, place, failure);
  const state = sqlState(error);
  if (isConnectionFailure(error)) {
    const why = error instanceof Error && error.message !== "" ? error.message : "no answer";
    return failure(
      "STATE_UNREACHABLE",
      `State database ${place} cannot be used (${why}); check state.url, the server and the network.`,
    );
  }
  if (state === undefined) return error;
  const said = error instanceof Error ? error.message : state;
  if (LOCKED.includes(state)) {
    return failure(
      "STATE_LOCKED",
      `State database ${place} is locked (${said}); let the other run finish, then try again.`,
    );
  }
  if (NO_SUCH_THING.includes(state)) {
    return failure(
      "STATE_UNREADABLE",
      `State database ${place} lacks its tables (${said}); run \`order-sync migrate\`.`,
    );
  }
  if (state === DENIED) {
    return failure(
      "STATE_UNREADABLE",
      `State database ${place} denies access (${said}); grant the user the right to create and use the schema order_sync.`,
    );
  }
  return failure("STATE_UNREADABLE", `State database ${place} refuses a statement (${state}: ${said}).`);
}

function sqliteError(
  code: string,
  error: unknown,
  place: string,
  failure: (code: ErrorCode, message: string) => SyncError,
): SyncError {
  const said = error instanceof Error ? error.message : code;
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return failure("STATE_LOCKED", `State file ${place} is locked by another process; let it finish or stop it.`);
  }
  if (code === "SQLITE_NOTADB") {
    return failure(
      "STATE_UNREADABLE",
      `State file ${place} is not an SQLite file; correct state.url or move the file away.`,
    );
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return failure(
      "STATE_UNREADABLE",
      `State file ${place} is damaged (${said}); restore a backup, or move the file away: the next run reads both sides again.`,
    );
  }
  if (code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_PERM")) {
    return failure(
      "STATE_UNREADABLE",
      `State file ${place} cannot be opened; it must be a file in a folder that this user may write to.`,
    );
  }
  if (code.startsWith("SQLITE_READONLY")) {
    return failure("STATE_UNREADABLE", `State file ${place} is read-only; give this user the right to write it.`);
  }
  if (code.startsWith("SQLITE_FULL") || code.startsWith("SQLITE_IOERR")) {
    return failure(
      "STATE_UNREACHABLE",
      `State file ${place} cannot be written (${said}); check the disk's space and health.`,
    );
  }
  return failure(
    "STATE_UNREADABLE",
    `State file ${place} refuses a statement (${said}); if its tables are missing, run \`order-sync migrate\`.`,
  );
}
