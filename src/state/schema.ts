/**
 * The tables of the state store and its numbered migrations.
 *
 * A document is one JSON text; only what is searched for has a column of its own. Migrations go forward only: an older
 * version of the tool refuses a newer store. On PostgreSQL everything is in the schema `order_sync`.
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";

/** The two SQL dialects that the store runs on. */
export type StateDialect = "sqlite" | "postgres";

/** The schema on PostgreSQL. */
export const STATE_SCHEMA = "order_sync";
/** The table that makes a database ours; it holds one row for each applied migration. */
export const VERSION_TABLE = "order_sync_schema";

/** Columns by table. `body` columns are JSON texts of the model's types. */
export interface StateTables {
  readonly [VERSION_TABLE]: { readonly version: number; readonly name: string; readonly applied_at: string };
  readonly lease: {
    readonly name: string;
    readonly holder: string;
    readonly fence: number;
    readonly expires_at_ms: number;
  };
  readonly feed_cursor: { readonly feed: string; readonly position: string };
  readonly link: {
    readonly object: string;
    readonly key: string;
    readonly record_id: string | null;
    readonly body: string;
  };
  readonly base: { readonly object: string; readonly key: string; readonly body: string };
  readonly intent: { readonly id: string; readonly started_at_ms: number; readonly body: string };
  readonly conflict: {
    readonly id: string;
    readonly object: string;
    readonly at_ms: number;
    readonly resolved_at_ms: number | null;
    readonly body: string;
  };
  readonly dead_letter: { readonly object: string; readonly key: string; readonly body: string };
  readonly parked: { readonly object: string; readonly key: string; readonly body: string };
  readonly journal: {
    readonly at_ms: number;
    readonly run_id: string;
    readonly object: string;
    readonly key: string;
    readonly event: string;
    readonly side: string | null;
    readonly detail: string;
  };
  readonly run: { readonly id: string; readonly started_at_ms: number; readonly body: string };
  /** Small secrets that we were handed, encrypted with one that only the configuration knows. */
  readonly sealed: { readonly name: string; readonly body: string };
  /** API calls of all processes, counted by the slice of time in which they were asked for. */
  readonly api_call: { readonly slice_ms: number; readonly calls: number };
}

/** Length of a slice of `api_call`: the rolling 24 hours roll in such steps. */
export const CALL_SLICE_MS = 600_000;

/** One step of the schema. Statements run in order, in one transaction with the entry in the version table. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (dialect: StateDialect) => readonly string[];
}

const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "first tables", statements: firstTables },
  { version: 2, name: "upkeep", statements: upkeepTables },
  { version: 3, name: "names in bodies", statements: newNames },
];

/** The newest schema version that this program knows. */
export const NEWEST_VERSION = MIGRATIONS.length;

/**
 * Applies every migration above `version` inside the caller's transaction.
 *
 * The version table must exist. Returns the version afterwards.
 */
export async function applyMigrations(
  db: Kysely<StateTables>,
  dialect: StateDialect,
  version: number,
): Promise<number> {
  for (const migration of MIGRATIONS.filter((candidate) => candidate.version > version)) {
    for (const statement of migration.statements(dialect)) await sql.raw(statement).execute(db);
    await db
      .insertInto(VERSION_TABLE)
      .values({ version: migration.version, name: migration.name, applied_at: new Date().toISOString() })
      .execute();
  }
  return Math.max(version, NEWEST_VERSION);
}

/** The statement that makes the version table where it is missing. */
export function versionTableStatement(dialect: StateDialect): string {
  return `create table if not exists ${qualified(dialect, VERSION_TABLE)}
    (version integer primary key, name text not null, applied_at text not null)`;
}

/** Keys sort and compare byte by byte on both dialects, whatever the database's locale. */
function keyType(dialect: StateDialect): string {
  return dialect === "postgres" ? 'text collate "C"' : "text";
}

function firstTables(dialect: StateDialect): readonly string[] {
  const key = keyType(dialect);
  const sequence =
    dialect === "postgres" ? "bigint generated always as identity primary key" : "integer primary key autoincrement";
  const table = (name: string, columns: string): string => `create table ${qualified(dialect, name)} (${columns})`;
  const index = (name: string, target: string, columns: string): string =>
    `create index ${name} on ${qualified(dialect, target)} (${columns})`;
  return [
    table(
      "lease",
      `name ${key} primary key, holder text not null, fence bigint not null, expires_at_ms bigint not null`,
    ),
    table("feed_cursor", `feed ${key} primary key, position text not null`),
    table(
      "link",
      `object ${key} not null, key ${key} not null, record_id ${key}, body text not null, primary key (object, key)`,
    ),
    index("link_by_record_id", "link", "object, record_id"),
    table("base", `object ${key} not null, key ${key} not null, body text not null, primary key (object, key)`),
    table("intent", `id ${key} primary key, started_at_ms bigint not null, body text not null`),
    table(
      "conflict",
      `id ${key} primary key, object ${key} not null, at_ms bigint not null, resolved_at_ms bigint, body text not null`,
    ),
    index("conflict_by_time", "conflict", "at_ms, id"),
    table("dead_letter", `object ${key} not null, key ${key} not null, body text not null, primary key (object, key)`),
    table("parked", `object ${key} not null, key ${key} not null, body text not null, primary key (object, key)`),
    table(
      "journal",
      `seq ${sequence}, at_ms bigint not null, run_id ${key} not null, object ${key} not null, key ${key} not null,
       event text not null, side text, detail text not null`,
    ),
    index("journal_by_key", "journal", "key, seq"),
    index("journal_by_run", "journal", "run_id, seq"),
    table("run", `id ${key} primary key, started_at_ms bigint not null, body text not null`),
    index("run_by_time", "run", "started_at_ms, id"),
  ];
}

/** Members and codes that stored bodies of version 2 have under other names: table, old text, new text. */
const RENAMED: readonly (readonly [string, string, string])[] = [
  ["base", '"displaced":', '"unsettledEdits":'],
  ["base", '"passing":', '"transitional":'],
  ["base", '"apart":', '"keptOnOneSide":'],
  ["intent", '"passing":', '"transitional":'],
  ["link", '"takenAlong":', '"cascadeDeleted":'],
  ["dead_letter", '"faults":', '"apiErrors":'],
  ...["dead_letter", "parked"].flatMap((table) =>
    [
      ["TAKEN_ALONG", "CASCADE_DELETED"],
      ["EDITED_MEANWHILE", "CONCURRENT_EDIT"],
      ["MADE_MEANWHILE", "CREATED_CONCURRENTLY"],
      ["LINE_DELETE_HELD", "LINE_DELETE_LIMIT"],
      ["DELETE_HELD", "DELETE_LIMIT"],
      ["KEY_HELD", "KEY_IN_USE"],
    ].map(([from, to]) => [table, `"code":"${from}"`, `"code":"${to}"`] as const),
  ),
];

/**
 * Gives stored bodies the names that this version reads. A value that contains such a text has its quotes escaped, so only
 * names of members are met.
 */
function newNames(dialect: StateDialect): readonly string[] {
  const renamed = RENAMED.map(
    ([table, from, to]) =>
      `update ${qualified(dialect, table)} set body = replace(body, '${from}', '${to}') where body like '%${from}%'`,
  );
  return [
    ...renamed,
    `update ${qualified(dialect, "feed_cursor")} set feed = 'sweep:pending' where feed = 'sweep:owed'`,
    `update ${qualified(dialect, "journal")} set event = 'concurrent edit' where event = 'edited meanwhile'`,
  ];
}

/** What pruning looks up by age, a place for handed-out secrets, and the count of calls, begun with what runs remember. */
function upkeepTables(dialect: StateDialect): readonly string[] {
  const table = (name: string): string => qualified(dialect, name);
  const calls = dialect === "postgres" ? "(body::jsonb ->> 'apiCalls')::bigint" : "json_extract(body, '$.apiCalls')";
  return [
    `create index journal_by_time on ${table("journal")} (at_ms)`,
    `create index conflict_by_settling on ${table("conflict")} (resolved_at_ms)`,
    `create table ${table("sealed")} (name ${keyType(dialect)} primary key, body text not null)`,
    `create table ${table("api_call")} (slice_ms bigint primary key, calls bigint not null)`,
    `insert into ${table("api_call")} (slice_ms, calls)
     select started_at_ms / ${CALL_SLICE_MS} * ${CALL_SLICE_MS}, sum(${calls}) from ${table("run")} group by 1`,
  ];
}

function qualified(dialect: StateDialect, name: string): string {
  return dialect === "postgres" ? `${STATE_SCHEMA}.${name}` : name;
}
