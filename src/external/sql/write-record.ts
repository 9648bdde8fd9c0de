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
import { type Db, type SqlConnection, sqlFailure, tableRef } from "./connection.ts";
import { keysMatch } from "./key-match.ts";
import { readRecords } from "./read-records.ts";
import { encodeValue } from "./values.ts";

/** How often a write that lost against another transaction (deadlock, lock) is tried in all. */
const ATTEMPTS_MAX = 3;

interface WriteTarget {
  readonly connection: SqlConnection;
  readonly bound: BoundCollection;
  readonly db: Db;
}

/** A record that is refused as it is; thrown to undo the transaction, never leaves this file. */
class Refusal extends Error {}

/**
 * Applies one operation as a transaction of its own.
 *
 * Throws the database's own error when the connection fails before anything was sent to be stored; after that the
 * outcome is `unknown`.
 */
export async function applyOperation(
  connection: SqlConnection,
  bound: BoundCollection,
  operation: ExternalOperation,
): Promise<ExternalOutcome> {
  const { opId } = operation;
  for (let attempt = 1; ; attempt += 1) {
    let committing = false;
    try {
      return await connection.db.transaction().execute(async (db) => {
        const outcome = await write({ connection, bound, db }, operation);
        committing = true;
        return outcome;
      });
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", opId, reason: error.message };
      const failure = sqlFailure(error);
      const said = error instanceof Error ? error.message : String(error);
      if (failure === "data" || error instanceof RangeError) return { kind: "refused", opId, reason: said };
      if (failure === "connection" && committing) return { kind: "unknown", opId, reason: said };
      if (failure !== "contention") throw error;
      if (attempt === ATTEMPTS_MAX) return { kind: "stale", opId };
    }
  }
}

async function write(target: WriteTarget, operation: ExternalOperation): Promise<ExternalOutcome> {
  const { opId, naturalKey, change, expectedVersion } = operation;
  requireKey(target.bound, naturalKey);
  const before = await readLocked(target, naturalKey);
  if (change.kind === "delete") {
    if (before === undefined) return { kind: "done", opId, version: null };
    if (expectedVersion !== null && before.version !== expectedVersion) return { kind: "stale", opId };
    await remove(target, naturalKey);
    return { kind: "done", opId, version: null };
  }
  // A create that meets its record has landed before, or somebody else was faster: read again either way.
  if ((change.kind === "create") !== (before === undefined)) return { kind: "stale", opId };
  if (expectedVersion !== null && before?.version !== expectedVersion) return { kind: "stale", opId };
  if (change.kind === "create") await insertRoot(target, naturalKey, change.fields);
  else await updateRoot(target, naturalKey, change.fields);
  for (const line of change.lines ?? []) await writeLine(target, { naturalKey, line, before });
  const after = await readLocked(target, naturalKey);
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

async function insertRoot(
  { connection, bound, db }: WriteTarget,
  key: NaturalKey,
  fields: ExternalFields,
): Promise<void> {
  const assigned = bound.key.find((column) => column.generated);
  if (assigned !== undefined) {
    throw new Refusal(
      `the database itself assigns "${assigned.name}" of "${bound.root.info.name}"; it cannot take our key`,
    );
  }
  const values = [...keyValues(bound.key, key), ...fieldValues(connection, bound.root.info, fields, bound.key, key)];
  await insert(db, bound.root.info, values);
}

async function updateRoot(
  { connection, bound, db }: WriteTarget,
  key: NaturalKey,
  fields: ExternalFields,
): Promise<void> {
  const values = fieldValues(connection, bound.root.info, fields, bound.key, key);
  const column = bound.version?.increment === true ? bound.version.column.name : undefined;
  const assignments = [
    ...values.map(([name, value]) => sql`${sql.id(name)} = ${value}`),
    ...(column === undefined ? [] : [sql`${sql.id(column)} = ${sql.id(column)} + 1`]),
  ];
  await update(db, bound.root.info, assignments, keysMatch(connection, bound.key, [key]));
}

async function writeLine(
  { connection, bound, db }: WriteTarget,
  change: {
    readonly naturalKey: NaturalKey;
    readonly line: ExternalLineChange;
    readonly before: ExternalRecord | undefined;
  },
): Promise<void> {
  const { naturalKey, line, before } = change;
  const lines = requireLines(bound);
  if (line.naturalKey.length !== lines.key.length) {
    throw new Refusal(`line key [${line.naturalKey.join(", ")}] must have ${lines.key.length} parts`);
  }
  const columns = [...lines.parentKey, ...lines.key];
  const key = [...naturalKey, ...line.naturalKey];
  const where = keysMatch(connection, columns, [key]);
  if (line.kind === "remove") {
    await sql`delete from ${tableRef(lines.info.name)} where ${where}`.execute(db);
    return;
  }
  const values = fieldValues(connection, lines.info, line.fields, columns, key);
  const name = JSON.stringify(line.naturalKey);
  if (before?.lines?.some((known) => JSON.stringify(known.naturalKey) === name) === true) {
    const assignments = values.map(([column, value]) => sql`${sql.id(column)} = ${value}`);
    await update(db, lines.info, assignments, where);
  } else {
    await insert(db, lines.info, [...keyValues(columns, key), ...values]);
  }
}

type ColumnValue = readonly [column: string, value: unknown];

async function insert(db: Db, table: TableInfo, values: readonly ColumnValue[]): Promise<void> {
  await sql`
    insert into ${tableRef(table.name)} (${sql.join(values.map(([name]) => sql.id(name)))})
    values (${sql.join(values.map(([, value]) => value))})
  `.execute(db);
}

async function update(
  db: Db,
  table: TableInfo,
  assignments: readonly RawBuilder<unknown>[],
  where: RawBuilder<unknown>,
): Promise<void> {
  if (assignments.length === 0) return;
  await sql`update ${tableRef(table.name)} set ${sql.join(assignments)} where ${where}`.execute(db);
}

function keyValues(columns: readonly ColumnInfo[], key: NaturalKey): readonly ColumnValue[] {
  return columns.map((column, index) => [column.name, key[index] ?? ""]);
}

/** The fields without the key's columns, which stand in the natural key. Refuses what the table cannot take. */
function fieldValues(
  connection: SqlConnection,
  table: TableInfo,
  fields: ExternalFields,
  keyColumns: readonly ColumnInfo[],
  key: NaturalKey,
): readonly ColumnValue[] {
  return Object.entries(fields).flatMap(([name, value]): readonly ColumnValue[] => {
    const column = table.columns.get(name);
    if (column === undefined) throw new Refusal(`table "${table.name}" has no column "${name}"`);
    const part = keyColumns.findIndex((candidate) => candidate.name === name);
    if (part >= 0) {
      if (String(value) === key[part]) return [];
      throw new Refusal(`"${name}" is part of the key of "${table.name}" and cannot change to ${String(value)}`);
    }
    if (column.generated) throw new Refusal(`column "${name}" of "${table.name}" is computed by the database`);
    return [[name, encodeValue(value, connection.dialect)]];
  });
}

function requireKey(bound: BoundCollection, key: NaturalKey): void {
  if (key.length === bound.key.length && key.every((part) => part !== "")) return;
  throw new Refusal(`key [${key.join(", ")}] of ${bound.name} must have ${bound.key.length} parts that are not empty`);
}

function requireLines(bound: BoundCollection): BoundLines {
  if (bound.lines === undefined) throw new Refusal(`collection "${bound.name}" has no lines`);
  return bound.lines;
}
