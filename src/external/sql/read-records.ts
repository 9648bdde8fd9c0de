/** Reads records with their lines by natural key. */
import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { sqlState } from "../../database/postgres.ts";
import type { ExternalRecord, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection, BoundLines, BoundTable } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { type Db, instructionOf, type SqlConnection, sqlFailure, tableRef } from "./connection.ts";
import { keysMatch } from "./key-match.ts";
import { sortedColumn, sortedTable } from "./key-order.ts";
import { keyText } from "./key-text.ts";
import { quotedColumn } from "./triggers.ts";
import { canonicalInstant, decodeFields, fieldItems, type Row, UnreadableValue } from "./values.ts";

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
    const rows = await apart(
      chunk,
      (part) => undoable(connection, db, () => look(part)),
      async (_key, error) => {
        if (!isNoKey(error)) throw error;
        return [];
      },
    );
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
    select ${keyTexts(connection, bound.key, KEY)}, ${fieldItems(connection, columns, FIELD)}
    from ${tableRef(bound.root.info.name)} where ${keysMatch(connection, bound.key, keys)} ${lockClause(target, bound.root)}
  `.execute(db);
  const found = rows.map((row) => keyOf(row, bound.key, KEY));
  const lines =
    bound.lines && found.length > 0 ? await readLines(target, bound.lines, found) : new Map<string, Lines>();
  return rows.map((row) => {
    const naturalKey = keyOf(row, bound.key, KEY);
    const own = lines.get(JSON.stringify(naturalKey)) ?? { read: [], unreadable: undefined };
    try {
      if (own.unreadable !== undefined) throw own.unreadable;
      return recordOf(bound, naturalKey, decodeFields(row, columns, FIELD), own.read);
    } catch (error) {
      if (error instanceof UnreadableValue) return unreadableRecord(naturalKey, error.message);
      throw error;
    }
  });
}

function recordOf(
  bound: BoundCollection,
  naturalKey: NaturalKey,
  values: ExternalRecord["fields"],
  own: readonly Line[],
): ExternalRecord {
  const fields = Object.fromEntries(bound.root.columns.map(({ name }) => [name, values[name] ?? null]));
  const valueOf = (column: ColumnInfo | undefined): ExternalValue => (column && values[column.name]) ?? null;
  return {
    naturalKey,
    fields,
    ...(bound.lines && { lines: own }),
    version: bound.version ? String(valueOf(bound.version.column)) : contentHash(fields, own),
    changedBy: textOrNull(valueOf(bound.changedBy)),
    changedAt: canonicalInstant(valueOf(bound.changedAt)),
  };
}

/** A record that is there, of which nothing but the key can be read. */
export function unreadableRecord(naturalKey: NaturalKey, reason: string): ExternalRecord {
  return { naturalKey, fields: {}, version: null, changedBy: null, changedAt: null, unreadable: reason };
}

/** The lines of one record, and why they cannot all be read. */
interface Lines {
  readonly read: Line[];
  unreadable: UnreadableValue | undefined;
}

type Line = NonNullable<ExternalRecord["lines"]>[number];

/** The lines of records by their keys as the record's table spells them. */
async function readLines(
  target: ReadTarget,
  lines: BoundLines,
  keys: readonly NaturalKey[],
): Promise<ReadonlyMap<string, Lines>> {
  const { connection } = target;
  const names = keys.map((key) => JSON.stringify(key));
  const read = async (owner: RawBuilder<unknown>, where: RawBuilder<unknown>): Promise<readonly Row[]> => {
    const { rows } = await sql<Row>`
      select ${keyTexts(connection, lines.parentKey, PARENT)}, ${keyTexts(connection, lines.key, KEY)},
        ${owner} as ${sql.id(OWNER)}, ${fieldItems(connection, lines.columns, FIELD)}
      from ${sortedTable(tableRef(lines.info.name))} where ${where}
      order by ${sql.join(lines.orderBy.map(sortedColumn))} ${lockClause(target, lines)}
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
  const byParent = new Map<string, Lines>();
  for (const row of rows) {
    const parent = ownerOf(row);
    const own = byParent.get(parent) ?? { read: [], unreadable: undefined };
    byParent.set(parent, own);
    const naturalKey = keyOf(row, lines.key, KEY);
    try {
      own.read.push({ naturalKey, fields: decodeFields(row, lines.columns, FIELD) });
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      own.unreadable = new UnreadableValue(`line ${naturalKey.join(", ")}: ${error.message}`);
    }
  }
  return byParent;
}

/**
 * Reads records one by one where the database refuses to read some of them: a row whose computed column raises an error
 * is there and cannot be read; a key that is not of the column's type names no row. `exists` looks for the key alone.
 */
export function tolerant(
  keys: readonly NaturalKey[],
  read: (keys: readonly NaturalKey[]) => Promise<readonly ExternalRecord[]>,
  exists: (key: NaturalKey) => Promise<boolean>,
): Promise<readonly ExternalRecord[]> {
  return apart(keys, read, async (key, error) => {
    if (!(await exists(key))) return [];
    return [unreadableRecord(key, `the database cannot read it: ${instructionOf(error)}; correct the record there`)];
  });
}

/** Reads all keys at once, or halves of them where the data of one are at fault; `alone` says what that one comes to. */
async function apart<R>(
  keys: readonly NaturalKey[],
  read: (keys: readonly NaturalKey[]) => Promise<readonly R[]>,
  alone: (key: NaturalKey, error: unknown) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const [first] = keys;
  if (first === undefined) return [];
  try {
    return await read(keys);
  } catch (error) {
    if (sqlFailure(error) !== "data") throw error;
    if (keys.length === 1) return alone(first, error);
    const half = Math.ceil(keys.length / 2);
    return [...(await apart(keys.slice(0, half), read, alone)), ...(await apart(keys.slice(half), read, alone))];
  }
}

/** Whether a text is no value of its column's type: a key like that names no row. */
function isNoKey(error: unknown): boolean {
  return /^22(P02|003|007|008|021)$/.test(sqlState(error) ?? "");
}

function lockClause({ connection, lock }: ReadTarget, { info }: BoundTable): RawBuilder<unknown> {
  // SQLite's writing transactions hold the only write lock from their start.
  return lock && info.lockable && connection.dialect === "postgres" ? sql`for update` : sql``;
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

function textOrNull(value: ExternalValue): string | null {
  return value === null ? null : String(value);
}
