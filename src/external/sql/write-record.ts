/** Writes one record with its lines in one transaction, if it still is what was read. */
import { type RawBuilder, sql } from "kysely";
import type {
  ExternalFields,
  ExternalLineChange,
  ExternalOperation,
  ExternalOutcome,
  ExternalRecord,
} from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection, BoundLines } from "./bind.ts";
import type { ColumnInfo, TableInfo } from "./catalog.ts";
import { type Db, instructionOf, type SqlConnection, sqlFailure, tableRef } from "./connection.ts";
import { type Example, emptyValue, encodeValue, needsExample } from "./encode.ts";
import { keysMatch } from "./key-match.ts";
import { asLocalTime } from "./local-time.ts";
import { lockHolder } from "./lock-holder.ts";
import { readRecords } from "./read-records.ts";
import { refusalReason } from "./refusal.ts";
import { isAsBefore, type Statement, untakenBy, untakenReason } from "./untaken.ts";
import { decodeFields, fieldItems, type Row, UnreadableValue } from "./values.ts";

/** How often a write that lost against another transaction (deadlock, lock) is tried in all. */
const ATTEMPTS_MAX = 3;

/** Limits for an operation on a table where a lock has cost its time already. */
const NO_WAIT = { lockMs: 20, statementMs: 5_000 };

interface WriteTarget {
  readonly connection: SqlConnection;
  readonly bound: BoundCollection;
  readonly db: Db;
}

/** How operations are applied. */
export interface WriteOptions {
  /** Blanks become '' in text columns that are NOT NULL. */
  readonly emptyForNull: boolean;
  /** Why an earlier operation on the table was locked: waiting has cost its time already. */
  readonly lockedBefore: string | undefined;
}

/** A record that is refused as it is; thrown to undo the transaction, never leaves this file. */
class Refusal extends Error {}

/**
 * Applies one operation as a transaction of its own.
 *
 * Throws the database's own error when the connection fails before anything was sent to be stored; after that the
 * outcome is `unknown`. Every other error is about this record, which is `refused`.
 */
export async function applyOperation(
  connection: SqlConnection,
  bound: BoundCollection,
  operation: ExternalOperation,
  options: WriteOptions,
): Promise<ExternalOutcome> {
  const { opId } = operation;
  for (let attempt = 1; ; attempt += 1) {
    let committing = false;
    try {
      return await connection.db.transaction().execute(async (db) => {
        if (options.lockedBefore !== undefined && connection.dialect === "postgres") {
          await sql`set local lock_timeout = ${sql.lit(NO_WAIT.lockMs)}`.execute(db);
          await sql`set local statement_timeout = ${sql.lit(NO_WAIT.statementMs)}`.execute(db);
        }
        const outcome = await write({ connection, bound, db }, operation, options);
        committing = true;
        return outcome;
      });
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", opId, reason: error.message };
      if (error instanceof RangeError) return { kind: "refused", opId, reason: error.message };
      const failure = sqlFailure(error);
      switch (failure) {
        case "data":
        case "statement":
        case "canceled":
          return { kind: "refused", opId, reason: refusalReason(error) };
        case "locked":
          return { kind: "locked", opId, reason: await lockedReason(connection, bound, operation, { error, options }) };
        case "contention":
          if (attempt === ATTEMPTS_MAX) return { kind: "stale", opId, reason: undoneReason(error) };
          break;
        case "connection":
          if (committing) return { kind: "unknown", opId, reason: instructionOf(error) };
          throw error;
        case undefined:
          throw error;
        default:
          return failure satisfies never;
      }
    }
  }
}

function undoneReason(error: unknown): string {
  return `the database undid the write ${ATTEMPTS_MAX} times, because other transactions were in its way (${instructionOf(error)}); nothing was written`;
}

async function lockedReason(
  connection: SqlConnection,
  bound: BoundCollection,
  { naturalKey }: ExternalOperation,
  { error, options }: { readonly error: unknown; readonly options: WriteOptions },
): Promise<string> {
  if (options.lockedBefore !== undefined) return options.lockedBefore;
  const what = `"${bound.root.info.name}" in ${connection.place} is locked by another program`;
  const holder = await lockHolder(connection, bound, naturalKey);
  return `${what}${holder === undefined ? "" : `, ${holder}`} (${instructionOf(error)}); nothing was written`;
}

async function write(
  target: WriteTarget,
  operation: ExternalOperation,
  { emptyForNull }: WriteOptions,
): Promise<ExternalOutcome> {
  const { opId, naturalKey, change, expectedVersion } = operation;
  requireKey(target.bound, naturalKey);
  const before = await readLocked(target, naturalKey);
  if (change.kind === "delete") {
    if (before === undefined) return { kind: "done", opId, version: null };
    if (expectedVersion !== null && before.version !== expectedVersion) return { kind: "stale", opId };
    await remove(target, naturalKey);
    const left = await readLocked(target, naturalKey);
    // Where rows are only marked as deleted, the row stays and changes.
    if (left !== undefined && isAsBefore(before, left))
      throw new Refusal(untakenReason(target.bound.root.info.name, "delete"));
    return { kind: "done", opId, version: null };
  }
  // A create that meets its record has landed before, or somebody else was faster: read again either way.
  if ((change.kind === "create") !== (before === undefined)) return { kind: "stale", opId };
  if (expectedVersion !== null && before?.version !== expectedVersion) return { kind: "stale", opId };
  const root =
    change.kind === "create"
      ? await insertRoot(target, { naturalKey, fields: change.fields, emptyForNull })
      : await updateRoot(target, { naturalKey, fields: change.fields, emptyForNull, before });
  const lines: Statement[] = [];
  for (const line of change.lines ?? [])
    lines.push(await writeLine(target, { naturalKey, line, before, emptyForNull }));
  const after = await readLocked(target, naturalKey);
  const untaken = untakenBy(target.bound, { before, after, root, lines });
  if (untaken !== undefined) throw new Refusal(untaken);
  if (change.kind === "create" && after !== undefined) requireSpelling(target.bound, naturalKey, after.naturalKey);
  return { kind: "done", opId, version: after?.version ?? null };
}

/** A record that the table spells in another way (7 for 007) would come back as another one, a second time. */
function requireSpelling(bound: BoundCollection, asked: NaturalKey, stored: NaturalKey): void {
  if (asked.every((part, index) => part === stored[index])) return;
  throw new Refusal(
    `table "${bound.root.info.name}" stores the key ${asked.join(", ")} as ${stored.join(", ")}; nothing was written, give the record the key ${stored.join(", ")}`,
  );
}

async function readLocked(target: WriteTarget, naturalKey: NaturalKey): Promise<ExternalRecord | undefined> {
  return (await readRecords({ ...target, lock: true }, [naturalKey]))[0];
}

async function remove({ connection, bound, db }: WriteTarget, naturalKey: NaturalKey): Promise<void> {
  const { lines, root, key } = bound;
  if (lines !== undefined) {
    await sql`delete from ${tableRef(lines.info.name)} where ${keysMatch(connection, lines.parentKey, [naturalKey])}`.execute(
      db,
    );
  }
  await sql`delete from ${tableRef(root.info.name)} where ${keysMatch(connection, key, [naturalKey])}`.execute(db);
}

interface RootWrite {
  readonly naturalKey: NaturalKey;
  readonly fields: ExternalFields;
  readonly emptyForNull: boolean;
  /** The record as it is; absent for a new one. */
  readonly before?: ExternalRecord | undefined;
}

async function insertRoot(target: WriteTarget, { naturalKey, fields, emptyForNull }: RootWrite): Promise<Statement> {
  const { bound, db } = target;
  const assigned = bound.key.find((column) => column.generated);
  if (assigned !== undefined) {
    throw new Refusal(
      `the database itself assigns "${assigned.name}" of "${bound.root.info.name}"; it cannot take our key`,
    );
  }
  const row = { table: bound.root.info, keyColumns: bound.key, key: naturalKey, emptyForNull };
  await insert(db, bound.root.info, [...keyValues(bound.key, naturalKey), ...(await fieldValues(target, row, fields))]);
  return { kind: "insert", key: naturalKey, fields };
}

/** Undefined where only lines are written. */
async function updateRoot(
  target: WriteTarget,
  { naturalKey, fields, emptyForNull, before }: RootWrite,
): Promise<Statement | undefined> {
  const { connection, bound, db } = target;
  const row = { table: bound.root.info, keyColumns: bound.key, key: naturalKey, emptyForNull, before: before?.fields };
  const values = await fieldValues(target, row, fields);
  const column = bound.version?.increment === true ? bound.version.column.name : undefined;
  const assignments = [
    ...values.map(([name, value]) => sql`${sql.id(name)} = ${value}`),
    ...(column === undefined ? [] : [sql`${sql.id(column)} = ${sql.id(column)} + 1`]),
  ];
  if (assignments.length === 0) return undefined;
  const rows = await update(db, bound.root.info, assignments, keysMatch(connection, bound.key, [naturalKey]));
  return { kind: "update", key: naturalKey, fields, rows };
}

async function writeLine(
  target: WriteTarget,
  change: {
    readonly naturalKey: NaturalKey;
    readonly line: ExternalLineChange;
    readonly before: ExternalRecord | undefined;
    readonly emptyForNull: boolean;
  },
): Promise<Statement> {
  const { connection, bound, db } = target;
  const { naturalKey, line, before, emptyForNull } = change;
  const lines = requireLines(bound);
  if (line.naturalKey.length !== lines.key.length) {
    throw new Refusal(`line key [${line.naturalKey.join(", ")}] must have ${lines.key.length} parts`);
  }
  const columns = [...lines.parentKey, ...lines.key];
  const key = [...naturalKey, ...line.naturalKey];
  const where = keysMatch(connection, columns, [key]);
  if (line.kind === "remove") {
    await sql`delete from ${tableRef(lines.info.name)} where ${where}`.execute(db);
    return { kind: "delete", key: line.naturalKey, fields: {} };
  }
  const name = JSON.stringify(line.naturalKey);
  const known = before?.lines?.find((each) => JSON.stringify(each.naturalKey) === name);
  const row = { table: lines.info, keyColumns: columns, key, emptyForNull, before: known?.fields };
  const values = await fieldValues(target, row, line.fields);
  const { fields } = line;
  if (known !== undefined) {
    const assignments = values.map(([column, value]) => sql`${sql.id(column)} = ${value}`);
    const rows = assignments.length === 0 ? undefined : await update(db, lines.info, assignments, where);
    return { kind: "update", key: line.naturalKey, fields, rows };
  }
  await insert(db, lines.info, [...keyValues(columns, key), ...values]);
  return { kind: "insert", key: line.naturalKey, fields };
}

type ColumnValue = readonly [column: string, value: unknown];

async function insert(db: Db, table: TableInfo, values: readonly ColumnValue[]): Promise<void> {
  await sql`
    insert into ${tableRef(table.name)} (${sql.join(values.map(([name]) => sql.id(name)))})
    values (${sql.join(values.map(([, value]) => value))})
  `.execute(db);
}

/** The number of rows that the database says it changed. */
async function update(
  db: Db,
  table: TableInfo,
  assignments: readonly RawBuilder<unknown>[],
  where: RawBuilder<unknown>,
): Promise<bigint | undefined> {
  const result = await sql`update ${tableRef(table.name)} set ${sql.join(assignments)} where ${where}`.execute(db);
  return result.numAffectedRows;
}

function keyValues(columns: readonly ColumnInfo[], key: NaturalKey): readonly ColumnValue[] {
  return columns.map((column, index) => [column.name, key[index] ?? ""]);
}

/** One row that is written. */
interface RowWrite {
  readonly table: TableInfo;
  readonly keyColumns: readonly ColumnInfo[];
  readonly key: NaturalKey;
  readonly emptyForNull: boolean;
  /** The row as it is; absent for a new one. */
  readonly before?: ExternalFields | undefined;
}

/**
 * The fields without the key's columns, which are in the natural key, in the columns' own types. A new row leaves to the
 * database what the database fills: computed columns, and defaults where there is no value. Refuses what the table cannot
 * take.
 */
async function fieldValues(
  target: WriteTarget,
  row: RowWrite,
  fields: ExternalFields,
): Promise<readonly ColumnValue[]> {
  const { table, keyColumns, key, before } = row;
  const { dialect } = target.connection;
  const values: ColumnValue[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const column = table.columns.get(name);
    if (column === undefined) throw new Refusal(`table "${table.name}" has no column "${name}"`);
    const part = keyColumns.findIndex((candidate) => candidate.name === name);
    if (part >= 0) {
      if (String(value) === key[part]) continue;
      throw new Refusal(`"${name}" is part of the key of "${table.name}" and cannot change to ${String(value)}`);
    }
    if (before === undefined && (column.generated || (value === null && column.hasDefault))) continue;
    if (column.generated) throw new Refusal(`column "${name}" of "${table.name}" is computed by the database`);
    const example = needsExample(dialect, column, value) ? await exampleOf(target, row, column) : undefined;
    const told = asLocalTime(value, column, example, target.bound.timeZone);
    values.push([
      name,
      told === null ? emptyValue(dialect, column, row.emptyForNull) : encodeValue(dialect, column, told, example),
    ]);
  }
  return values;
}

/** What is in the column: in the row itself, else in any other one. */
async function exampleOf(
  { connection, db }: WriteTarget,
  { table, keyColumns, key, before }: RowWrite,
  column: ColumnInfo,
): Promise<Example | undefined> {
  const own = before?.[column.name];
  const where =
    own === undefined || own === null
      ? sql`${sql.id(column.name)} is not null`
      : keysMatch(connection, keyColumns, [key]);
  const { rows } = await sql<Row>`
    select ${fieldItems(connection, [column], VALUE)},
      ${connection.dialect === "sqlite" ? sql`typeof(${sql.id(column.name)})` : sql`'text'`} as storage
    from ${tableRef(table.name)} where ${where} limit 1
  `.execute(db);
  const [found] = rows;
  if (found === undefined) return undefined;
  try {
    return { text: String(decodeFields(found, [column], VALUE)[column.name]), storage: String(found["storage"]) };
  } catch (error) {
    if (error instanceof UnreadableValue) return undefined;
    throw error;
  }
}

const VALUE = "v_";

function requireKey(bound: BoundCollection, key: NaturalKey): void {
  if (key.length === bound.key.length && key.every((part) => part !== "")) return;
  throw new Refusal(`key [${key.join(", ")}] of ${bound.name} must have ${bound.key.length} parts that are not empty`);
}

function requireLines(bound: BoundCollection): BoundLines {
  if (bound.lines === undefined) throw new Refusal(`collection "${bound.name}" has no lines`);
  return bound.lines;
}
