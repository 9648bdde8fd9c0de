/** Reads records with their lines by natural key. */
import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import type { ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection, BoundLines } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { type Db, type SqlConnection, sqlFailure, tableRef } from "./connection.ts";
import { sortedColumn, sortedTable } from "./key-order.ts";
import { canonicalInstant, decodeFields, decodeValue, type Row } from "./values.ts";

/** Records per statement: a composite key of eight columns stays below SQLite's depth limit for expressions. */
const KEYS_PER_STATEMENT_MAX = 100;
/** Prefixes of the names in a row, which keep the key's text apart from the columns. */
const FIELD = "f_";
const KEY = "k_";
const PARENT = "p_";

/** What is read, and whether the rows are locked against other writers until the transaction ends. */
export interface ReadTarget {
  readonly connection: SqlConnection;
  readonly bound: BoundCollection;
  readonly db: Db;
  readonly lock: boolean;
}

/** The records with these keys, in any order. Two reads inside: give it a transaction for one snapshot. */
export async function readRecords(target: ReadTarget, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
  const records: ExternalRecord[] = [];
  const wellFormed = keys.filter((key) => key.length === target.bound.key.length);
  for (let start = 0; start < wellFormed.length; start += KEYS_PER_STATEMENT_MAX) {
    records.push(...(await readChunk(target, wellFormed.slice(start, start + KEYS_PER_STATEMENT_MAX))));
  }
  return records;
}

/** Which of these keys exist, as `JSON.stringify`ed keys. */
export async function existingKeys(target: ReadTarget, keys: readonly NaturalKey[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let start = 0; start < keys.length; start += KEYS_PER_STATEMENT_MAX) {
    const chunk = keys.slice(start, start + KEYS_PER_STATEMENT_MAX);
    const { rows } = await sql<Row>`
      select ${keyTexts(target.bound.key, KEY)} from ${tableRef(target.bound.root.info.name)}
      where ${keysMatch(target.connection, target.bound.key, chunk)}
    `.execute(target.db);
    for (const row of rows) found.add(JSON.stringify(keyOf(row, target.bound.key, KEY)));
  }
  return found;
}

/** The condition that a row has one of these keys. `keys` is not empty. */
export function keysMatch(
  connection: SqlConnection,
  columns: readonly ColumnInfo[],
  keys: readonly NaturalKey[],
): RawBuilder<unknown> {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) {
    return sql`${keyColumn(connection, only)} in (${sql.join(keys.map((key) => key[0] ?? ""))})`;
  }
  const oneKey = (key: NaturalKey): RawBuilder<unknown> =>
    sql`(${sql.join(
      columns.map((column, index) => sql`${keyColumn(connection, column)} = ${key[index] ?? ""}`),
      sql` and `,
    )})`;
  return sql`(${sql.join(keys.map(oneKey), sql` or `)})`;
}

/** A key column as it is compared and sorted. */
export function keyColumn(connection: SqlConnection, column: ColumnInfo): RawBuilder<unknown> {
  // SQLite compares a column without type affinity byte by byte with the parameter, and 1 is not '1'.
  const untyped = connection.dialect === "sqlite" && (column.type === "" || column.type.includes("blob"));
  return untyped ? sql`cast(${sql.id(column.name)} as text)` : sql`${sql.id(column.name)}`;
}

/** The condition that every part of the key has a value: a record without a whole key cannot be named. */
export function wholeKey(columns: readonly ColumnInfo[]): RawBuilder<unknown> {
  return sql.join(
    columns.map((column) => sql`${sql.id(column.name)} is not null`),
    sql` and `,
  );
}

/** Select items that give the key's parts as texts, spelled as the change log spells them. */
export function keyTexts(columns: readonly ColumnInfo[], prefix: string): RawBuilder<unknown> {
  return sql.join(
    // By number: PostgreSQL cuts names at 63 bytes.
    columns.map((column, index) => sql`cast(${sql.id(column.name)} as text) as ${sql.id(`${prefix}${index}`)}`),
  );
}

/** The natural key in a row; a part that is empty in the database is an empty text. */
export function keyOf(row: Row, columns: readonly ColumnInfo[], prefix: string): NaturalKey {
  return columns.map((_, index) => row[`${prefix}${index}`]?.toString() ?? "");
}

async function readChunk(target: ReadTarget, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
  const { connection, bound, db } = target;
  const extra = [bound.version?.column, bound.changedBy, bound.changedAt].filter((column) => column !== undefined);
  const columns = distinct([...bound.root.columns, ...extra]);
  const { rows } = await sql<Row>`
    select ${keyTexts(bound.key, KEY)}, ${fieldItems(columns)} from ${tableRef(bound.root.info.name)}
    where ${keysMatch(connection, bound.key, keys)} ${lockClause(target)}
  `.execute(db);
  const lines = bound.lines && rows.length > 0 ? await readLines(target, bound.lines, keys) : new Map<string, Line[]>();
  return rows.map((row) => {
    const naturalKey = keyOf(row, bound.key, KEY);
    const fields = decodeFields(row, bound.root.columns, FIELD);
    const own = lines.get(JSON.stringify(naturalKey)) ?? [];
    const value = (column: ColumnInfo): ReturnType<typeof decodeValue> => decodeValue(row[FIELD + column.name], column);
    return {
      naturalKey,
      fields,
      ...(bound.lines && { lines: own }),
      version: bound.version ? String(value(bound.version.column)) : contentHash(fields, own),
      changedBy: bound.changedBy ? textOrNull(value(bound.changedBy)) : null,
      changedAt: bound.changedAt ? canonicalInstant(value(bound.changedAt)) : null,
    };
  });
}

type Line = NonNullable<ExternalRecord["lines"]>[number];

async function readLines(
  target: ReadTarget,
  lines: BoundLines,
  keys: readonly NaturalKey[],
): Promise<ReadonlyMap<string, Line[]>> {
  const { rows } = await sql<Row>`
    select ${keyTexts(lines.parentKey, PARENT)}, ${keyTexts(lines.key, KEY)}, ${fieldItems(lines.columns)}
    from ${sortedTable(tableRef(lines.info.name))} where ${keysMatch(target.connection, lines.parentKey, keys)}
    order by ${sql.join(lines.orderBy.map(sortedColumn))} ${lockClause(target)}
  `.execute(target.db);
  const byParent = new Map<string, Line[]>();
  for (const row of rows) {
    const parent = JSON.stringify(keyOf(row, lines.parentKey, PARENT));
    const line = { naturalKey: keyOf(row, lines.key, KEY), fields: decodeFields(row, lines.columns, FIELD) };
    const known = byParent.get(parent);
    if (known === undefined) byParent.set(parent, [line]);
    else known.push(line);
  }
  return byParent;
}

/** Reads keys one by one where PostgreSQL cannot read one of them as the column's type: such a record cannot exist. */
export async function tolerant<R>(
  keys: readonly NaturalKey[],
  read: (keys: readonly NaturalKey[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  if (keys.length === 0) return [];
  try {
    return await read(keys);
  } catch (error) {
    if (sqlFailure(error) !== "data") throw error;
    if (keys.length === 1) return [];
    const half = Math.ceil(keys.length / 2);
    return [...(await tolerant(keys.slice(0, half), read)), ...(await tolerant(keys.slice(half), read))];
  }
}

function fieldItems(columns: readonly ColumnInfo[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql`${sql.id(column.name)} as ${sql.id(FIELD + column.name)}`));
}

function lockClause(target: ReadTarget): RawBuilder<unknown> {
  // SQLite's writing transactions hold the only write lock from their start.
  return target.lock && target.connection.dialect === "postgres" ? sql`for update` : sql``;
}

/** Hash of everything that is read of a record: it changes exactly when a value, a line or the set of lines changes. */
function contentHash(fields: ExternalRecord["fields"], lines: readonly Line[]): string {
  const sorted = lines.map((line) => [line.naturalKey, Object.entries(line.fields)] as const);
  sorted.sort((a, b) => (JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1));
  const text = JSON.stringify([Object.entries(fields), sorted], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function distinct(columns: readonly ColumnInfo[]): readonly ColumnInfo[] {
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

function textOrNull(value: ReturnType<typeof decodeValue>): string | null {
  return value === null ? null : String(value);
}
