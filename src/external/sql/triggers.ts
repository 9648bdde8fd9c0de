/**
 * The change log: one table of our own and the triggers that fill it. Pure text.
 *
 * A line of the log names the collection, the natural key as a JSON array of texts, and `put`, `delete` or `reset` (the
 * log has a gap before this line: read everything again). A change of a line is a change of its record. A changed key is
 * a delete of the old and a put of the new one.
 */
import { createHash } from "node:crypto";
import type { BoundCollection } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { keyText } from "./key-text.ts";

/** The log's table on SQLite, where there are no schemas. */
export const SQLITE_LOG = "order_sync_changes";
/** The schema on PostgreSQL that holds the log and the trigger functions, and nothing else: drop it to remove all. */
export const POSTGRES_SCHEMA = "order_sync_feed";
/** The log's table on PostgreSQL, inside the schema. */
export const POSTGRES_LOG = "changes";
/** One row with a random name: tells this log from one that is made later. */
export const SQLITE_IDENTITY = "order_sync_identity";
/** The same on PostgreSQL, inside the schema. */
export const POSTGRES_IDENTITY = "identity";
/** Who reads the log and how far: nobody prunes what another one has not read. */
export const SQLITE_READERS = "order_sync_readers";
/** The same on PostgreSQL, inside the schema. */
export const POSTGRES_READERS = "readers";

/** One trigger with everything that makes it. */
export interface TriggerDefinition {
  readonly name: string;
  /** The table as the configuration names it. */
  readonly table: string;
  /** Drops an older form, then makes this one. */
  readonly statements: readonly string[];
  /** What the database shows of a trigger that is as it must be: its text on SQLite, its comment on PostgreSQL. */
  readonly evidence: string;
}

/** The statements that make the log where it is missing. */
export function logStatements(dialect: "sqlite" | "postgres"): readonly string[] {
  if (dialect === "sqlite") {
    return [
      `create table if not exists ${SQLITE_LOG} (
        seq integer primary key autoincrement, collection text not null, natural_key text not null, op text not null,
        at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))`,
      `create index if not exists ${SQLITE_LOG}_by_collection on ${SQLITE_LOG} (collection, seq)`,
      `create table if not exists ${SQLITE_IDENTITY} (id text not null)`,
      `insert into ${SQLITE_IDENTITY} (id) select lower(hex(randomblob(16))) where not exists (select 1 from ${SQLITE_IDENTITY})`,
      `create table if not exists ${SQLITE_READERS} (
        collection text not null, reader text not null, host text not null, seq integer not null,
        seen_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), primary key (collection, reader))`,
    ];
  }
  const log = `${POSTGRES_SCHEMA}.${POSTGRES_LOG}`;
  return [
    // `if not exists` would ask for the right to create schemas even where an administrator has made this one.
    `do $order_sync$ begin
      if not exists (select from pg_catalog.pg_namespace where nspname = '${POSTGRES_SCHEMA}') then
        create schema ${POSTGRES_SCHEMA};
      end if;
    end $order_sync$`,
    `create table if not exists ${log} (
      seq bigint generated always as identity primary key, collection text not null, natural_key text not null,
      op text not null, xid xid8 not null default pg_current_xact_id(), at timestamptz not null default clock_timestamp())`,
    `create index if not exists ${POSTGRES_LOG}_by_collection on ${log} (collection, xid, seq)`,
    `create table if not exists ${POSTGRES_SCHEMA}.${POSTGRES_IDENTITY} (id uuid not null)`,
    `insert into ${POSTGRES_SCHEMA}.${POSTGRES_IDENTITY} (id) select gen_random_uuid()
      where not exists (select from ${POSTGRES_SCHEMA}.${POSTGRES_IDENTITY})`,
    `create table if not exists ${POSTGRES_SCHEMA}.${POSTGRES_READERS} (
      collection text not null, reader text not null, host text not null, xid xid8 not null, seq bigint not null,
      seen_at timestamptz not null default clock_timestamp(), primary key (collection, reader))`,
  ];
}

/** The collection's name in the log: several sources may share a database. */
export function logName(source: string, collection: string): string {
  return `${source}:${collection}`;
}

/** Every trigger that a collection needs. */
export function collectionTriggers(
  dialect: "sqlite" | "postgres",
  source: string,
  bound: BoundCollection,
): readonly TriggerDefinition[] {
  const name = logName(source, bound.name);
  const roles = [
    { role: "root" as const, table: bound.root.info.name, key: bound.key },
    ...(bound.lines ? [{ role: "line" as const, table: bound.lines.info.name, key: bound.lines.parentKey }] : []),
  ];
  return roles.flatMap((role) => (dialect === "sqlite" ? sqliteTriggers(name, role) : postgresTriggers(name, role)));
}

interface Role {
  readonly role: "root" | "line";
  readonly table: string;
  /** The columns that hold the record's key. */
  readonly key: readonly ColumnInfo[];
}

function sqliteTriggers(name: string, role: Role): readonly TriggerDefinition[] {
  const gone = role.role === "root" ? "delete" : "put";
  const log = (row: "old" | "new", op: string, condition = ""): string =>
    `insert into ${SQLITE_LOG} (collection, natural_key, op) select ${literal(name)}, ` +
    `json_array(${keyTexts("sqlite", row, role.key)}), '${op}' where ${present(row, role.key)}${condition};`;
  // Where case does not count for the column, it does for the key's text.
  const exact = (column: ColumnInfo): string => (column.sorting[0] === "own" ? "" : " collate binary");
  const parts = role.key.map(
    (column) => `old.${quotedColumn(column)}${exact(column)} is not new.${quotedColumn(column)}`,
  );
  const moved = ` and (${parts.join(" or ")})`;
  const bodies = {
    insert: [log("new", "put")],
    update: [log("old", gone, moved), log("new", "put")],
    delete: [log("old", gone)],
  };
  return Object.entries(bodies).map(([event, body]) => {
    const trigger = `order_sync_${shortHash(`${name}:${role.role}`)}_${role.role}_${event}`;
    const evidence = `CREATE TRIGGER ${trigger} after ${event} on ${quoted(role.table)} begin ${body.join(" ")} end`;
    return {
      name: trigger,
      table: role.table,
      statements: [`drop trigger if exists ${trigger}`, evidence],
      evidence,
    };
  });
}

function postgresTriggers(name: string, role: Role): readonly TriggerDefinition[] {
  const gone = role.role === "root" ? "delete" : "put";
  const insert = `insert into ${POSTGRES_SCHEMA}.${POSTGRES_LOG} (collection, natural_key, op)`;
  const log = (row: "old" | "new", op: string, condition: string): string =>
    `if ${condition} and ${present(row, role.key)} then
      ${insert} values (${literal(name)}, json_build_array(${keyTexts("postgres", row, role.key)})::text, '${op}');
    end if;`;
  const moved = role.key
    .map(
      (column) =>
        `cast(old.${quotedColumn(column)} as text) is distinct from cast(new.${quotedColumn(column)} as text)`,
    )
    .join(" or ");
  const rows = [
    log("old", gone, "tg_op = 'DELETE'"),
    // Only an update has both rows, so the comparison stands inside its own branch.
    `if tg_op = 'UPDATE' then ${log("old", gone, `(${moved})`)} end if;`,
    log("new", "put", "tg_op <> 'DELETE'"),
  ].join("\n    ");
  const truncated = `${insert} values (${literal(name)}, '[]', 'reset');`;
  return [
    postgresTrigger(name, role, { suffix: "row", event: "insert or update or delete", level: "row", body: rows }),
    postgresTrigger(name, role, { suffix: "truncate", event: "truncate", level: "statement", body: truncated }),
  ];
}

function postgresTrigger(
  name: string,
  role: Role,
  form: { readonly suffix: string; readonly event: string; readonly level: string; readonly body: string },
): TriggerDefinition {
  const trigger = `order_sync_${shortHash(`${name}:${role.role}`)}_${role.role}_${form.suffix}`;
  const routine = `${POSTGRES_SCHEMA}.${trigger}`;
  const table = quoted(role.table);
  // The owner of the log writes it, so the user's programs need no rights on it; dates, floats and bytes in keys look the
  // same in every session.
  const body = `create or replace function ${routine}() returns trigger language plpgsql security definer
    set search_path = pg_catalog set "TimeZone" = 'UTC' set "DateStyle" = 'ISO' set extra_float_digits = 1
    set "IntervalStyle" = 'postgres' set bytea_output = 'hex' as $order_sync$
  begin
    ${form.body}
    return null;
  end $order_sync$`;
  const create = `create trigger ${trigger} after ${form.event} on ${table} for each ${form.level} execute function ${routine}()`;
  const evidence = `order-sync ${shortHash(body + create)}`;
  return {
    name: trigger,
    table: role.table,
    statements: [
      `drop trigger if exists ${trigger} on ${table}`,
      body,
      create,
      // Also fires for rows that replication brings.
      `alter table ${table} enable always trigger ${trigger}`,
      `comment on trigger ${trigger} on ${table} is '${evidence}'`,
    ],
    evidence,
  };
}

function keyTexts(dialect: "sqlite" | "postgres", row: "old" | "new", key: readonly ColumnInfo[]): string {
  return key.map((column) => keyText(dialect, `${row}.${quotedColumn(column)}`, column)).join(", ");
}

/** A record without a whole key cannot be named. */
function present(row: "old" | "new", key: readonly ColumnInfo[]): string {
  return key.map((column) => `${row}.${quotedColumn(column)} is not null`).join(" and ");
}

/** A column's name as SQL text. */
export function quotedColumn({ name }: Pick<ColumnInfo, "name">): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table's name as SQL text; `schema.table` names a table of that schema. */
export function quoted(table: string): string {
  return table
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
