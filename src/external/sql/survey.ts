/**
 * Looks around in the user's database for `order-sync init`: tables, columns, keys, foreign keys, row counts, and the
 * values of status columns. Reads the catalog as a whole, so that a database of a thousand tables takes a few statements.
 */
import { sql } from "kysely";
import { connectSql, type Db, externalError, type SqlConnection, tableRef } from "./connection.ts";

/** A reference that the database itself enforces. */
export interface SurveyedReference {
  readonly columns: readonly string[];
  /** The referenced table, named like `SurveyedTable.name`. */
  readonly table: string;
  /** The referenced columns, in the order of `columns`. */
  readonly to: readonly string[];
}

/** One table or view as a starter configuration sees it. */
export interface SurveyedTable {
  /** As the configuration would name it: with its schema unless that is on the search path. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Column → declared type in lower case. */
  readonly types: Readonly<Record<string, string>>;
  /** The columns that name a row, the primary key first; empty where nothing is unique. */
  readonly key: readonly string[];
  /** Other unique columns, for example a customer number beside a generated Id. */
  readonly otherKeys: readonly (readonly string[])[];
  readonly references: readonly SurveyedReference[];
  /** Rows, counted up to `ROWS_COUNTED_MAX`; null where the login may not read the table. */
  readonly rows: number | null;
  /** Values that occur in columns called state or status, at most 20 each. */
  readonly statuses: Readonly<Record<string, readonly string[]>>;
}

/** A count stops here: more rows say nothing more about a table's purpose, and the user's database is not ours to load. */
export const ROWS_COUNTED_MAX = 10_000;
/** Tables and views that are looked at. The largest ERP schemas known have some 1,500. */
const TABLES_MAX = 5_000;
const STATUS_COLUMN = /^(order_?)?(state|status)$/i;
const VALUES_MAX = 20;
const LOCK_WAIT_MS = 5_000;

/** Reads the catalog, row counts, and the distinct values of status columns. Throws `EXTERNAL_*`. */
export async function surveyDatabase(url: string): Promise<readonly SurveyedTable[]> {
  const connection = connectSql({ url, lockWaitMs: LOCK_WAIT_MS });
  try {
    const catalog =
      connection.dialect === "postgres" ? await readPostgres(connection.db) : await readSqlite(connection.db);
    const tables: SurveyedTable[] = [];
    for (const table of assemble(catalog)) tables.push(await withContent(connection, table));
    return tables;
  } catch (error) {
    throw externalError(error, connection.place);
  } finally {
    await connection.db.destroy();
  }
}

interface CatalogColumn {
  readonly table_name: string;
  readonly name: string;
  readonly type: string;
}
/** One column of a unique key or of a foreign key; rows of one key stand together, in the order of its columns. */
interface CatalogKeyColumn {
  readonly table_name: string;
  readonly key_name: string;
  readonly name: string;
  readonly is_primary: boolean | number;
}
interface CatalogReferenceColumn {
  readonly table_name: string;
  readonly key_name: string;
  readonly name: string;
  readonly to_table: string;
  /** Null on SQLite where the reference names no column: the primary key is meant. */
  readonly to_name: string | null;
}
interface Catalog {
  readonly tables: readonly { readonly name: string; readonly readable: boolean | number }[];
  readonly columns: readonly CatalogColumn[];
  readonly keys: readonly CatalogKeyColumn[];
  readonly references: readonly CatalogReferenceColumn[];
}

type EmptyTable = Omit<SurveyedTable, "statuses" | "rows"> & { readonly readable: boolean };

function assemble({ tables, columns, keys, references }: Catalog): readonly EmptyTable[] {
  const columnsOf = groupBy(columns, (row) => row.table_name);
  const keysOf = groupBy(keys, (row) => row.table_name);
  const referencesOf = groupBy(references, (row) => row.table_name);
  const primaryOf = (table: string): readonly string[] =>
    (keysOf.get(table) ?? []).filter((row) => Boolean(row.is_primary)).map((row) => row.name);
  return tables
    .filter(({ name }) => !/^order_sync(_|\.|$)/.test(name))
    .map(({ name, readable }) => {
      const own = columnsOf.get(name) ?? [];
      const unique = [...groupBy(keysOf.get(name) ?? [], (row) => row.key_name).values()];
      const primary = unique.find((rows) => rows.some((row) => Boolean(row.is_primary)));
      const others = unique.filter((rows) => rows !== primary).map((rows) => rows.map((row) => row.name));
      const [first = [], ...rest] = primary === undefined ? others : [primary.map((row) => row.name), ...others];
      return {
        name,
        readable: Boolean(readable),
        columns: own.map((column) => column.name),
        types: Object.fromEntries(own.map((column) => [column.name, column.type.toLowerCase()])),
        key: first,
        otherKeys: rest,
        references: [...groupBy(referencesOf.get(name) ?? [], (row) => row.key_name).values()].flatMap((rows) => {
          const [head] = rows;
          if (head === undefined) return [];
          const to = rows.flatMap((row) => row.to_name ?? []);
          return {
            columns: rows.map((row) => row.name),
            table: head.to_table,
            to: to.length > 0 ? to : primaryOf(head.to_table),
          };
        }),
      };
    });
}

async function withContent(connection: SqlConnection, { readable, ...table }: EmptyTable): Promise<SurveyedTable> {
  if (!readable) return { ...table, rows: null, statuses: {} };
  const statuses: Record<string, readonly string[]> = {};
  for (const column of table.columns.filter((one) => STATUS_COLUMN.test(one)))
    statuses[column] = await distinct(connection.db, table.name, column);
  return { ...table, rows: await countRows(connection.db, table.name), statuses };
}

async function countRows(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (select 1 from ${tableRef(table)} limit ${sql.lit(ROWS_COUNTED_MAX)}) some_rows
  `.execute(db);
  return Number(rows[0]?.n ?? 0);
}

async function distinct(db: Db, table: string, column: string): Promise<readonly string[]> {
  const { rows } = await sql<{ value: unknown }>`
    select distinct ${sql.id(column)} as value from ${tableRef(table)} where ${sql.id(column)} is not null
    order by 1 limit ${sql.lit(VALUES_MAX)}
  `.execute(db);
  return rows.map((row) => String(row.value));
}

/** Tables, partitioned tables and views that a sync can read, by the name that the configuration takes. */
const POSTGRES_TABLES = sql`
  select c.oid, case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema', 'order_sync_feed') and n.nspname not like 'pg\\_%'
    and has_schema_privilege(n.oid, 'usage')
  order by 2 limit ${sql.lit(TABLES_MAX)}`;

async function readPostgres(db: Db): Promise<Catalog> {
  const tables = await sql<Catalog["tables"][number]>`
    select name, has_table_privilege(oid, 'select') as readable from (${POSTGRES_TABLES}) t order by name
  `.execute(db);
  const columns = await sql<CatalogColumn>`
    select t.name as table_name, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from (${POSTGRES_TABLES}) t join pg_attribute a on a.attrelid = t.oid
    where a.attnum > 0 and not a.attisdropped order by t.name, a.attnum
  `.execute(db);
  const keys = await sql<CatalogKeyColumn>`
    select t.name as table_name, i.indexrelid::text as key_name, a.attname as name, i.indisprimary as is_primary
    from (${POSTGRES_TABLES}) t join pg_index i on i.indrelid = t.oid
      cross join lateral unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as k (attnum, place)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    order by t.name, not i.indisprimary, i.indexrelid, k.place
  `.execute(db);
  const references = await sql<CatalogReferenceColumn>`
    select t.name as table_name, f.oid::text as key_name, a.attname as name, r.name as to_table, b.attname as to_name
    from (${POSTGRES_TABLES}) t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
      join (${POSTGRES_TABLES}) r on r.oid = f.confrelid
      cross join lateral unnest(f.conkey, f.confkey) with ordinality as k (from_num, to_num, place)
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.from_num
      join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.to_num
    order by t.name, f.oid, k.place
  `.execute(db);
  return { tables: tables.rows, columns: columns.rows, keys: keys.rows, references: references.rows };
}

const SQLITE_TABLES = sql`
  select name, type from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'
  order by name limit ${sql.lit(TABLES_MAX)}`;

async function readSqlite(db: Db): Promise<Catalog> {
  const tables = await sql<Catalog["tables"][number]>`
    select name, 1 as readable from (${SQLITE_TABLES}) order by name
  `.execute(db);
  const columns = await sql<CatalogColumn>`
    select t.name as table_name, c.name, c.type from (${SQLITE_TABLES}) t, pragma_table_xinfo(t.name) c
    where c.hidden <> 1 order by t.name, c.cid
  `.execute(db);
  const primary = await sql<CatalogKeyColumn>`
    select t.name as table_name, 'primary key' as key_name, c.name, 1 as is_primary
    from (${SQLITE_TABLES}) t, pragma_table_xinfo(t.name) c where c.pk > 0 order by t.name, c.pk
  `.execute(db);
  const unique = await sql<CatalogKeyColumn>`
    select t.name as table_name, l.name as key_name, i.name, 0 as is_primary
    from (${SQLITE_TABLES}) t, pragma_index_list(t.name) l, pragma_index_info(l.name) i
    where t.type = 'table' and l."unique" = 1 and l.partial = 0 and l.origin <> 'pk'
      and not exists (select 1 from pragma_index_info(l.name) e where e.name is null)
    order by t.name, l.seq, i.seqno
  `.execute(db);
  const references = await sql<CatalogReferenceColumn>`
    select t.name as table_name, cast(f.id as text) as key_name, f."from" as name, f."table" as to_table, f."to" as to_name
    from (${SQLITE_TABLES}) t, pragma_foreign_key_list(t.name) f where t.type = 'table' order by t.name, f.id, f.seq
  `.execute(db);
  return {
    tables: tables.rows,
    columns: columns.rows,
    keys: [...primary.rows, ...unique.rows],
    references: references.rows,
  };
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  return groups;
}
