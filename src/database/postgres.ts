/** Opens PostgreSQL for Kysely, with values that keep their exactness. */
import { type Dialect, PostgresDialect } from "kysely";
import pg from "pg";

/** How a pool of connections is made. */
export interface PostgresDialectOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** How many connections at most. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long a statement waits for another transaction's lock. */
  readonly lockWaitMs: number;
  /** How long one statement may run. */
  readonly statementTimeoutMs: number;
}

/** Object ids of PostgreSQL's built-in types, as in its catalog `pg_type`. */
const TYPE_OID = { bool: 16, int8: 20, int2: 21, int4: 23, oid: 26 };

const SESSION_SETTINGS =
  "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex -c client_min_messages=warning";

/**
 * A Kysely dialect for one PostgreSQL database.
 *
 * bool comes back as boolean, int2, int4 and oid as number, int8 as number or, beyond ±2^53, as bigint. Every other
 * type arrives as PostgreSQL's own text: `numeric` keeps all digits, dates and times are ISO texts, `timestamptz` is
 * shown in UTC.
 */
export function postgresDialect(options: PostgresDialectOptions): Dialect {
  const pool = new pg.Pool({
    connectionString: withSettings(options.url),
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockWaitMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    application_name: "order-sync",
    // An idle connection does not keep a program alive that has nothing else to do.
    allowExitOnIdle: true,
    types: { getTypeParser: (oid: number) => typeParser(oid) },
  });
  // The server may end a connection at any time, also between two statements of a transaction. An error event that
  // nobody hears would end the process; the pool forgets the connection, and the statement that needs it fails where
  // somebody waits for the answer.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  return new PostgresDialect({ pool });
}

/** The SQLSTATE of an error that PostgreSQL sent; undefined for network errors and others. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** What PostgreSQL says about an error beyond its message; null for other errors. */
export function sqlDetail(
  error: unknown,
): Pick<pg.DatabaseError, "column" | "constraint" | "detail" | "hint" | "where"> | null {
  return error instanceof pg.DatabaseError ? error : null;
}

/**
 * Whether the connection or the server, not the statement, is at fault: refused, reset, timed out, shut down, wrong
 * password, database missing, too many connections, disk full or broken, read-only. SQLSTATE classes 08, 28, 3D, 53, 57P,
 * 58, the code 25006, and errors without one.
 */
export function isConnectionFailure(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|28|3D|53|57P|58|25006)/.test(state);
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return true;
  if ("code" in error && typeof error.code === "string" && /^E[A-Z]+$|TLS|SSL|CERT|UNABLE_TO_/.test(error.code))
    return true;
  return /connection terminated|timeout exceeded when trying to connect|not queryable|server does not support SSL|password must be/i.test(
    error.message,
  );
}

/** The URL with our settings behind its own: texts of times and numbers look the same whatever the server's are. */
function withSettings(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.searchParams.set("options", `${url.searchParams.get("options") ?? ""} ${SESSION_SETTINGS}`.trim());
  // In a query a plus sign means a space only for HTML forms.
  return url.href.replaceAll("+", "%20");
}

function typeParser(oid: number): (text: string) => unknown {
  switch (oid) {
    case TYPE_OID.bool:
      return (text) => text === "t" || text === "true";
    case TYPE_OID.int2:
    case TYPE_OID.int4:
    case TYPE_OID.oid:
      return Number;
    case TYPE_OID.int8:
      return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));
    default:
      return (text) => text;
  }
}
