/** Reads records with their lines by natural key. */
import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import type { ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection, BoundLines } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { type Db, type SqlConnection, sqlFailure, tableRef } from "./connection.ts";
import { keysMatch } from "./key-match.ts";
import { sortedColumn, sortedTable } from "./key-order.ts";
import { keyText } from "./key-text.ts";
import { quotedColumn } from "./triggers.ts";
import { canonicalInstant, decodeFields, decodeValue, type Row } from "./values.ts";

/** Records per statement: a composite key of eight columns stays below SQLite's depth limit for expressions. */
const KEYS_PER_STATEMENT_MAX = 100;
/** Prefixes of the names in a row, which keep the key's text apart from the columns. */
const FIELD = "f_";
const KEY = "k_";
const PARENT = "p_";
/** The place of a line's record among those that are read. */
const OWNER = "o_";

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

/**
 * The keys of the rows that these keys find, as `JSON.stringify`ed keys and as the table spells them. Inside a
 * transaction; keys that cannot be of the column's type find nothing.
 */
export async function existingKeys(target: ReadTarget, keys: readonly NaturalKey[]): Promise<ReadonlySet<string>> {
  const { connection, bound, db } = target;
  const found = new Set<string>();
  const wellFormed = keys.filter((key) => key.length === bound.key.length);
  const look = async (chunk: readonly NaturalKey[]): Promise<readonly Row[]> => {
    const { rows } = await sql<Row>`
      select ${keyTexts(connection, bound.key, KEY)} from ${tableRef(bound.root.info.name)}
      where ${keysMatch(connection, bound.key, chunk)}
    `.execute(db);
    return rows;
  };
  for (let start = 0; start < wellFormed.length; start += KEYS_PER_STATEMENT_MAX) {
    const chunk = wellFormed.slice(start, start + KEYS_PER_STATEMENT_MAX);
    const rows = await tolerant(chunk, (part) => undoable(connection, db, () => look(part)));
    for (const row of rows) found.add(JSON.stringify(keyOf(row, bound.key, KEY)));
  }
  return found;
}

/** Runs a statement whose failure must not end the transaction, as it does on PostgreSQL. */
async function undoable<R>({ dialect }: SqlConnection, db: Db, work: () => Promise<R>): Promise<R> {
  if (dialect === "sqlite") return work();
  await sql`savepoint order_sync_look`.execute(db);
  try {
    const result = await work();
    await sql`release savepoint order_sync_look`.execute(db);
    return result;
  } catch (error) {
    if (sqlFailure(error) === "data") await sql`rollback to savepoint order_sync_look`.execute(db);
    throw error;
  }
}

/** The condition that every part of the key has a value: a record without a whole key cannot be named. */
export function wholeKey(columns: readonly ColumnInfo[]): RawBuilder<unknown> {
  return sql.join(
    columns.map((column) => sql`${sql.id(column.name)} is not null`),
    sql` and `,
  );
}

/** Select items that give the key's parts as texts, spelled as the change log spells them. */
export function keyTexts(
  { dialect }: SqlConnection,
  columns: readonly ColumnInfo[],
  prefix: string,
): RawBuilder<unknown> {
  return sql.join(
    // By number: PostgreSQL cuts names at 63 bytes.
    columns.map(
      (column, index) =>
        sql`${sql.raw(keyText(dialect, quotedColumn(column), column))} as ${sql.id(`${prefix}${index}`)}`,
    ),
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
    select ${keyTexts(connection, bound.key, KEY)}, ${fieldItems(columns)} from ${tableRef(bound.root.info.name)}
    where ${keysMatch(connection, bound.key, keys)} ${lockClause(target)}
  `.execute(db);
  const found = rows.map((row) => keyOf(row, bound.key, KEY));
  const lines =
    bound.lines && found.length > 0 ? await readLines(target, bound.lines, found) : new Map<string, Line[]>();
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

/** The lines of records by their keys as the record's table spells them. */
async function readLines(
  target: ReadTarget,
  lines: BoundLines,
  keys: readonly NaturalKey[],
): Promise<ReadonlyMap<string, Line[]>> {
  const { connection } = target;
  const names = keys.map((key) => JSON.stringify(key));
  const read = async (owner: RawBuilder<unknown>, where: RawBuilder<unknown>): Promise<readonly Row[]> => {
    const { rows } = await sql<Row>`
      select ${keyTexts(connection, lines.parentKey, PARENT)}, ${keyTexts(connection, lines.key, KEY)},
        ${owner} as ${sql.id(OWNER)}, ${fieldItems(lines.columns)}
      from ${sortedTable(tableRef(lines.info.name))} where ${where}
      order by ${sql.join(lines.orderBy.map(sortedColumn))} ${lockClause(target)}
    `.execute(target.db);
    return rows;
  };
  const parentOf = (row: Row): string => JSON.stringify(keyOf(row, lines.parentKey, PARENT));
  const known = new Set(names);
  let rows = await read(sql`null`, keysMatch(connection, lines.parentKey, keys));
  let ownerOf = parentOf;
  if (rows.some((row) => !known.has(parentOf(row)))) {
    // The lines' table spells the key in another way (1.00 for 1, AB for Ab): the database says whose they are.
    const cases = keys.map(
      (key, index) => sql`when ${keysMatch(connection, lines.parentKey, [key])} then ${sql.lit(index)}`,
    );
    rows = await read(sql`case ${sql.join(cases, sql` `)} end`, keysMatch(connection, lines.parentKey, keys));
    ownerOf = (row) => names[Number(row[OWNER])] ?? "";
  }
  const byParent = new Map<string, Line[]>();
  for (const row of rows) {
    const parent = ownerOf(row);
    const line = { naturalKey: keyOf(row, lines.key, KEY), fields: decodeFields(row, lines.columns, FIELD) };
    const own = byParent.get(parent);
    if (own === undefined) byParent.set(parent, [line]);
    else own.push(line);
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
