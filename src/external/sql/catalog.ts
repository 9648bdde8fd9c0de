/** Reads what the database knows about a table: its columns, their types, and what is unique. */
import { sql } from "kysely";
import type { Db, SqlConnection } from "./connection.ts";

/**
 * One step of a column's order, coarse to fine. `own`: as the database sorts the column. `bytes`: by the bytes of its
 * text. `nocase`, `rtrim`: SQLite's collations of these names.
 */
export type SortTerm = "own" | "bytes" | "nocase" | "rtrim";

/** One column as the database declares it. */
export interface ColumnInfo {
  readonly name: string;
  /** The declared type in lower case, for example `numeric(10,2)`; empty where SQLite's column has none. */
  readonly type: string;
  /** The type without its domain: what the values are made of. The same as `type` on SQLite. */
  readonly base: string;
  readonly nullable: boolean;
  /** Computed by the database: can be read, not written. */
  readonly generated: boolean;
  /** Filled by the database in a new row that comes without it. */
  readonly hasDefault: boolean;
  /** The labels of an enum. */
  readonly labels?: readonly string[];
  readonly binary: boolean;
  /**
   * By what rows are sorted so that different values are never equal, and an index of the column serves where it can.
   * More than `own` where the column's own order takes different texts for equal, or cannot be relied on.
   */
  readonly sorting: readonly SortTerm[];
  /** SQLite: the collation in which the column is compared, where it is not its own: that of the key it refers to. */
  readonly comparedIn?: "nocase" | "rtrim";
}

/** One table or view. */
export interface TableInfo {
  /** As the configuration names it. */
  readonly name: string;
  readonly kind: "table" | "view";
  readonly columns: ReadonlyMap<string, ColumnInfo>;
  /** Sets of columns that are unique together. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Which writes it takes at all, by itself or by a trigger that stands in; rights apart. */
  readonly takes: Readonly<Record<"create" | "update" | "delete", boolean>>;
  /** False for a view whose rows cannot be locked. */
  readonly lockable: boolean;
}

/** The table or view of that name; undefined when there is none. */
export async function readTable(connection: SqlConnection, name: string): Promise<TableInfo | undefined> {
  return connection.dialect === "postgres" ? postgresTable(connection.db, name) : sqliteTable(connection.db, name);
}

/** A table's name as PostgreSQL's functions read it: every part in quotes. */
export function quotedName(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}

/** Tables and views of the database, for hints. At most 200. */
export async function tableNames(connection: SqlConnection): Promise<readonly string[]> {
  const query =
    connection.dialect === "postgres"
      ? sql<{ name: string }>`
          select case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end as name
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
            and n.nspname not like 'pg\\_toast%' order by 1 limit 200`
      : sql<{ name: string }>`select name from sqlite_master where type in ('table', 'view') order by name limit 200`;
  return (await query.execute(connection.db)).rows.map((row) => row.name);
}

async function sqliteTable(db: Db, name: string): Promise<TableInfo | undefined> {
  const found = await sql<{ type: string; collated: number }>`
    select type, type = 'view' or sql like '%collate%' as collated
    from sqlite_master where name = ${name} and type in ('table', 'view')
  `.execute(db);
  const kind = found.rows[0]?.type;
  // No pragma tells the collation of a column. Where the table's text names none, every column has the usual one.
  const collated = found.rows[0]?.collated === 1;
  if (kind === undefined) return undefined;
  const columns = await sql<SqliteColumn>`
    select name, lower(type) as type, "notnull", pk, hidden, dflt_value is not null as defaulted
    from pragma_table_xinfo(${name}) where hidden <> 1
  `.execute(db);
  const indexed = await sql<{ index_name: string; name: string; collation: string }>`
    select l.name as index_name, i.name as name, lower(i.coll) as collation
    from pragma_index_list(${name}) l, pragma_index_xinfo(l.name) i
    where l."unique" = 1 and l.partial = 0 and i.key = 1
  `.execute(db);
  const sorting = (column: string): readonly SortTerm[] => {
    if (!collated) return ["own"];
    // Rows are told apart by a unique index, and it serves only an order in its own collation.
    const collation = indexed.rows.find((row) => row.name === column)?.collation;
    return collation === "nocase" || collation === "rtrim" ? [collation, "bytes"] : ["bytes"];
  };
  const primary = columns.rows.filter((row) => row.pk > 0).map((row) => row.name);
  const byIndex = new Map<string, string[]>();
  for (const row of indexed.rows) byIndex.set(row.index_name, [...(byIndex.get(row.index_name) ?? []), row.name]);
  return {
    name,
    kind: kind === "view" ? "view" : "table",
    columns: new Map(
      columns.rows.map((row) => [
        row.name,
        {
          name: row.name,
          type: row.type,
          base: row.type,
          nullable: row.notnull === 0 && row.pk === 0,
          generated: row.hidden > 1,
          // A lone integer primary key is the row's number, which SQLite assigns.
          hasDefault: row.defaulted === 1 || (row.type === "integer" && primary.length === 1 && row.pk === 1),
          binary: row.type.includes("blob"),
          sorting: sorting(row.name),
        },
      ]),
    ),
    uniqueKeys: [...(primary.length > 0 ? [primary] : []), ...byIndex.values()],
    takes: await sqliteTakes(db, name, kind === "view"),
    lockable: true,
  };
}

async function sqliteTakes(db: Db, name: string, isView: boolean): Promise<TableInfo["takes"]> {
  if (!isView) return { create: true, update: true, delete: true };
  const { rows } = await sql<{ sql: string }>`
    select sql from sqlite_master where type = 'trigger' and tbl_name = ${name}
  `.execute(db);
  const takes = (event: string): boolean =>
    rows.some((row) => new RegExp(`\\binstead\\s+of\\s+${event}\\b`, "i").test(row.sql));
  return { create: takes("insert"), update: takes("update"), delete: takes("delete") };
}

interface SqliteColumn {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
  readonly hidden: number;
  readonly defaulted: number;
}

interface PostgresColumn {
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly notnull: boolean;
  readonly generated: boolean;
  readonly defaulted: boolean;
  /** A JSON array; null for what is no enum. */
  readonly labels: string | null;
  readonly sortable: boolean;
  readonly deterministic: boolean;
}

/** The bits of `pg_relation_is_updatable`: one shifted by the command's number (UPDATE 2, INSERT 3, DELETE 4). */
const TAKES = { update: 1 << 2, insert: 1 << 3, delete: 1 << 4 };

async function postgresTable(db: Db, name: string): Promise<TableInfo | undefined> {
  const found = await sql<{ oid: number; relkind: string; takes: number; takes_itself: number }>`
    select c.oid, c.relkind, pg_relation_is_updatable(c.oid, true) as takes,
      pg_relation_is_updatable(c.oid, false) as takes_itself
    from pg_class c
    where c.oid = to_regclass(${quotedName(name)}) and c.relkind in ('r', 'p', 'v', 'm', 'f')
  `.execute(db);
  const table = found.rows[0];
  if (table === undefined) return undefined;
  // A domain may stand on a domain; the innermost type is the one that holds values.
  const columns = await sql<PostgresColumn>`
    with recursive base as (
      select attnum, atttypid as type, atttypmod as typmod, attnotnull as "notnull", atthasdef or attidentity <> '' as defaulted
      from pg_attribute where attrelid = ${table.oid} and attnum > 0 and not attisdropped
      union all
      select b.attnum, t.typbasetype, t.typtypmod, b."notnull" or t.typnotnull, b.defaulted or t.typdefault is not null
      from base b join pg_type t on t.oid = b.type where t.typtype = 'd')
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, format_type(b.type, b.typmod) as base,
      b."notnull", b.defaulted, (a.attgenerated <> '' or a.attidentity = 'a' or
        -- A view that can be written may have columns that are computed from others.
        (${table.relkind} = 'v' and ${table.takes} <> 0 and not pg_column_is_updatable(${table.oid}::oid::regclass, a.attnum, true))
      ) as generated,
      (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = b.type)::text as labels,
      -- The operators of an extension's type are found by the search path, which may show text's instead.
      (t.typtype in ('e', 'r') or (t.typnamespace = 'pg_catalog'::regnamespace and (
        t.oid = 'varchar'::regtype or exists (
          select from pg_opclass o join pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
          where o.opcdefault and o.opcintype = t.oid)))) as sortable,
      coalesce(c.collisdeterministic, true) as deterministic
    from pg_attribute a
      join base b on b.attnum = a.attnum join pg_type t on t.oid = b.type and t.typtype <> 'd'
      left join pg_collation c on c.oid = a.attcollation
    where a.attrelid = ${table.oid} order by a.attnum
  `.execute(db);
  const unique = await sql<{ columns: string }>`
    select (select json_agg(a.attname) from pg_attribute a
            where a.attrelid = i.indrelid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))::text as columns
    from pg_index i
    where i.indrelid = ${table.oid} and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  `.execute(db);
  return {
    name,
    kind: table.relkind === "v" || table.relkind === "m" || table.relkind === "f" ? "view" : "table",
    columns: new Map(
      columns.rows.map((row) => [
        row.name,
        {
          name: row.name,
          type: row.type,
          base: row.base,
          nullable: !row.notnull,
          generated: row.generated,
          hasDefault: row.defaulted,
          ...(row.labels !== null && { labels: JSON.parse(row.labels) as readonly string[] }),
          binary: row.base === "bytea",
          sorting: row.sortable ? (row.deterministic ? ["own"] : ["own", "bytes"]) : ["bytes"],
        },
      ]),
    ),
    uniqueKeys: unique.rows.map((row) => JSON.parse(row.columns) as readonly string[]),
    takes: {
      create: (table.takes & TAKES.insert) !== 0,
      update: (table.takes & TAKES.update) !== 0,
      delete: (table.takes & TAKES.delete) !== 0,
    },
    lockable: table.relkind !== "v" || (table.takes_itself & TAKES.update) !== 0,
  };
}
