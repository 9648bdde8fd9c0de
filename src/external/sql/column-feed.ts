/**
 * Finds changes by a column that grows: a timestamp or a version number.
 *
 * For databases where no trigger may be made. Its limits: deletes are not seen, a change of a line is seen only when it
 * moves the record's column, rows with an empty column are not seen, and a transaction that stays open longer than the
 * overlap may be missed. The sweep finds what this feed cannot.
 */
import { sql } from "kysely";
import type { ExternalChangePage } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import { readSnapshot, type SqlConnection, tableRef } from "./connection.ts";
import { encodeCursor, type SqlCursor } from "./cursor.ts";
import { keyColumn, keyOf, keyTexts } from "./read-records.ts";
import type { Row } from "./values.ts";

type ColumnCursor = Extract<SqlCursor, { readonly feed: "column" }>;

/** The position before all records. */
export const COLUMN_START: ColumnCursor = { feed: "column", low: null, settling: null, page: null };
const VALUE = "v_";

/**
 * One page of the records above the settled value.
 *
 * A value counts as settled when it was the highest one `overlapMs` ago: by then the transactions that were open when it
 * was seen have ended. Only this process's clock is used, and only to measure that span; it is never compared with the
 * column, so the column may hold any type that sorts. Until then the records above are nominated again in every round.
 */
export async function readColumnFeed(
  target: {
    readonly connection: SqlConnection;
    readonly bound: BoundCollection;
    readonly column: string;
    readonly overlapMs: number;
  },
  position: SqlCursor | undefined,
  options: { readonly limit: number; readonly nowMs: number },
): Promise<ExternalChangePage> {
  const { connection, bound } = target;
  const cursor = settle(position?.feed === "column" ? position : COLUMN_START, target.overlapMs, options.nowMs);
  const column = sql.id(target.column);
  const order = sql.join([column, ...bound.key.map((key) => keyColumn(connection, key))]);
  const above = cursor.low === null ? sql`` : sql`and ${column} > ${cursor.low}`;
  const after =
    cursor.page === null ? sql`` : sql`and (${order}) > (${sql.join([cursor.page.value, ...cursor.page.key])})`;
  const rows = await readSnapshot(connection, async (db) => {
    const found = await sql<Row>`
      select cast(${column} as text) as ${sql.id(VALUE)}, ${keyTexts(bound.key, "")}
      from ${tableRef(bound.root.info.name)} where ${column} is not null ${above} ${after}
      order by ${order} limit ${options.limit}
    `.execute(db);
    return found.rows;
  });
  const changes = rows.map((row) => ({ naturalKey: keyOf(row, bound.key, ""), deleted: false }));
  return { changes, ...nextPosition({ cursor, rows, bound, ...options }) };
}

function settle(cursor: ColumnCursor, overlapMs: number, nowMs: number): ColumnCursor {
  const { settling } = cursor;
  // A round under way goes on with the limits that it started with.
  if (settling === null || cursor.page !== null || nowMs - settling.seenAtMs < overlapMs) return cursor;
  return { ...cursor, low: settling.value, settling: null };
}

function nextPosition(facts: {
  readonly cursor: ColumnCursor;
  readonly rows: readonly Row[];
  readonly bound: BoundCollection;
  readonly limit: number;
  readonly nowMs: number;
}): { readonly cursor: string; readonly more: boolean } {
  const { cursor, rows, bound, limit, nowMs } = facts;
  const last = rows.at(-1);
  // The highest value counts from the start of the round: what was open then may still write below it.
  const startedAtMs = cursor.page?.startedAtMs ?? nowMs;
  if (last !== undefined && rows.length === limit) {
    const page = { value: String(last[VALUE]), key: [...keyOf(last, bound.key, "")], startedAtMs };
    return { cursor: encodeCursor({ ...cursor, page }), more: true };
  }
  const highest = last === undefined ? cursor.page?.value : String(last[VALUE]);
  const settling = cursor.settling ?? (highest === undefined ? null : { value: highest, seenAtMs: startedAtMs });
  return { cursor: encodeCursor({ ...cursor, settling, page: null }), more: false };
}
