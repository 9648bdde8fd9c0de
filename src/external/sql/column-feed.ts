/**
 * Finds changes by a column that grows: a timestamp or a version number.
 *
 * For databases where no trigger may be made. Its limits: deletes are not seen, a change of a line is seen only when it
 * moves the record's column, rows with an empty column are not seen, and a transaction that stays open longer than the
 * overlap may be missed. The sweep finds what this feed cannot.
 */
import assert from "node:assert/strict";
import { sql } from "kysely";
import type { ExternalCensus, ExternalChangePage, ExternalRestart } from "../port.ts";
import { takeCensus } from "./census.ts";
import { type Db, readSnapshot, tableRef } from "./connection.ts";
import { encodePosition, type SqlCursor, type StoredPosition } from "./cursor.ts";
import { keyOrder, type Place, shownPart, sortedColumn, sortedTable } from "./key-order.ts";
import { keyOf, keyTexts, wholeKey } from "./read-records.ts";
import { readSourceFingerprint, type SourceTarget, sourceChange } from "./source.ts";
import type { Row } from "./values.ts";

type ColumnCursor = Extract<SqlCursor, { readonly feed: "column" }>;

/** The position before all records, whatever their order. */
const COLUMN_START: ColumnCursor = {
  feed: "column",
  order: "",
  emptyRead: false,
  low: null,
  settling: null,
  page: null,
};
/** Prefix of the key's texts in a row. */
const KEY = "k_";
/** A day, or a time at a full quarter of an hour: a column of such values may take the highest one again for long. */
const COARSE_VALUE = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:(?:00|15|30|45)(?::00(?:\.0+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Where the column feed reads. */
interface ColumnTarget extends SourceTarget {
  readonly column: string;
  readonly overlapMs: number;
}

/** The position before all records, which belongs to this source. */
export async function startOfColumn(target: SourceTarget): Promise<string> {
  return readSnapshot(target.connection, async (db) =>
    encodePosition(COLUMN_START, { source: await readSourceFingerprint(target, db) }),
  );
}

/**
 * One page of the records above the settled value. The first round also reads the rows whose column is empty.
 *
 * A value counts as settled when it was the highest one `overlapMs` ago: by then the transactions that were open when it
 * was seen have ended. Only this process's clock is used, and only to measure that span; it is never compared with the
 * column, so the column may hold any type that sorts. Until then the records above are nominated again in every round.
 * A settled day is read again for as long as it is the highest one: more rows may get it.
 */
export async function readColumnFeed(
  target: ColumnTarget,
  position: StoredPosition | undefined,
  options: { readonly limit: number; readonly nowMs: number },
): Promise<ExternalChangePage> {
  const { connection, bound } = target;
  const { limit, nowMs } = options;
  const reader = columnReader(target);
  return readSnapshot(connection, async (db) => {
    const source = await readSourceFingerprint(target, db);
    const stored = position?.cursor?.feed === "column" ? position.cursor : undefined;
    const restart =
      position === undefined
        ? undefined
        : (sourceChange(position.source ?? {}, source, bound.root.info.name) ?? (await lost(db, reader, stored)));
    // Places in another order (the column or the key has another type now) mean nothing: from the beginning, then.
    const known = restart === undefined && stored?.order === reader.signature ? stored : COLUMN_START;
    const settled = settle({ ...known, order: reader.signature }, target.overlapMs, nowMs);
    const cursor = (await isGone(db, reader, settled.settling?.value)) ? { ...settled, settling: null } : settled;
    const { rows, emptyRead, place } = await rowsOf(db, reader, cursor, limit);
    const changes = rows.map((row) => ({ naturalKey: keyOf(row, bound.key, KEY), deleted: false }));
    const page = (next: ColumnCursor, census?: ExternalCensus): ExternalChangePage => ({
      changes,
      cursor: encodePosition(next, { source }),
      more: next.page !== null,
      ...(census && { census }),
      ...(restart && { restart }),
    });
    // The highest value counts from the start of the round: what was open then may still write below it.
    const startedAtMs = cursor.page?.startedAtMs ?? nowMs;
    // Only the first round reads all records: later ones leave those with an empty column out.
    const before = cursor.page !== null ? cursor.page.seen : cursor.emptyRead ? undefined : 0;
    const seen = before === undefined ? undefined : before + rows.length;
    if (place !== undefined && rows.length === limit) {
      const next = { place: [...place], startedAtMs, ...(seen !== undefined && { seen }) };
      return page({ ...cursor, emptyRead, page: next });
    }
    const highest = emptyRead && place !== undefined ? place[0] : pageValue(cursor);
    const settling = cursor.settling ?? (highest === undefined ? null : { value: highest, seenAtMs: startedAtMs });
    const countAgain = (): ((rowsMax: number) => Promise<number>) => {
      let at: ColumnCursor = { ...COLUMN_START, order: reader.signature };
      return async (rowsMax) => {
        const found = await rowsOf(db, reader, at, rowsMax);
        if (found.place !== undefined)
          at = { ...at, emptyRead: found.emptyRead, page: { place: [...found.place], startedAtMs } };
        return found.rows.length;
      };
    };
    const census = seen === undefined ? undefined : await takeCensus(db, bound, { named: seen, countAgain });
    return page({ ...cursor, emptyRead: true, settling, page: null }, census);
  });
}

/** The rows of one page, the place of the last one, and whether that place is behind the rows with an empty column. */
async function rowsOf(
  db: Db,
  reader: ColumnReader,
  cursor: ColumnCursor,
  limit: number,
): Promise<{ readonly rows: readonly Row[]; readonly emptyRead: boolean; readonly place: Place | undefined }> {
  const empty = cursor.emptyRead ? [] : await reader.emptyRows(db, cursor, limit);
  const valued = empty.length === limit ? [] : await reader.valuedRows(db, cursor, limit - empty.length);
  const last = valued.at(-1) ?? empty.at(-1);
  return {
    rows: [...empty, ...valued],
    emptyRead: cursor.emptyRead || valued.length > 0,
    place: last === undefined ? undefined : reader.placeOf(last, valued.length > 0),
  };
}

type ColumnReader = ReturnType<typeof columnReader>;

/** Why a place means nothing any more although the table is the same one; undefined where it still does. */
async function lost(
  db: Db,
  reader: ColumnReader,
  cursor: ColumnCursor | undefined,
): Promise<ExternalRestart | undefined> {
  if (cursor === undefined) {
    const reason = "the stored position is not one of the column feed: another feed or an earlier version has made it";
    return { reason, deletesMissed: true };
  }
  // A value that was the highest one can only be gone with its rows: an older backup has lower ones, and what is
  // written from then on may stay below it.
  if (cursor.order !== reader.signature || !(await isGone(db, reader, cursor.low ?? undefined))) return undefined;
  const reason = `no record has a ${reader.column} as high as before: an older backup was put back, or the newest records were deleted`;
  return { reason, deletesMissed: true };
}

async function isGone(db: Db, reader: ColumnReader, value: string | undefined): Promise<boolean> {
  return value !== undefined && !(await reader.reaches(db, value));
}

/** The value of the last row of the page before; undefined where that row had none. */
function pageValue({ emptyRead, page }: ColumnCursor): string | undefined {
  return emptyRead ? page?.place[0] : undefined;
}

/** The statements of one collection's feed. */
function columnReader({ connection, bound, column: name }: ColumnTarget): {
  readonly column: string;
  readonly signature: string;
  /** Whether a row has this value or a higher one. */
  readonly reaches: (db: Db, value: string) => Promise<boolean>;
  readonly emptyRows: (db: Db, cursor: ColumnCursor, limit: number) => Promise<readonly Row[]>;
  readonly valuedRows: (db: Db, cursor: ColumnCursor, limit: number) => Promise<readonly Row[]>;
  readonly placeOf: (row: Row, valued: boolean) => Place;
} {
  const column = bound.root.info.columns.get(name);
  assert(column !== undefined, "a bound collection's column exists");
  const byKey = keyOrder(connection, bound.key);
  const byValue = keyOrder(connection, [column]);
  const order = keyOrder(connection, [column, ...bound.key]);
  const table = sortedTable(tableRef(bound.root.info.name));
  return {
    column: name,
    signature: order.signature,
    reaches: async (db, value) => {
      const found = await sql`
        select 1 as found from ${table} where ${sortedColumn(column)} is not null and ${byValue.from([value])} limit 1
      `.execute(db);
      return found.rows.length > 0;
    },
    placeOf: (row, valued) => (valued ? order : byKey).placeOf(row),
    emptyRows: async (db, { page }, limit) => {
      const found = await sql<Row>`
        select ${keyTexts(connection, bound.key, KEY)}, ${byKey.items} from ${table}
        where ${sortedColumn(column)} is null and ${wholeKey(bound.key)}
          ${page === null ? sql`` : sql`and ${byKey.after(page.place)}`}
        order by ${byKey.orderBy} limit ${limit}
      `.execute(db);
      return found.rows;
    },
    valuedRows: async (db, { emptyRead, low, page }, limit) => {
      const again = low !== null && COARSE_VALUE.test(shownPart(connection, low));
      const found = await sql<Row>`
        select ${keyTexts(connection, bound.key, KEY)}, ${order.items} from ${table}
        where ${sortedColumn(column)} is not null and ${wholeKey(bound.key)}
          ${low === null ? sql`` : sql`and ${again ? byValue.from([low]) : byValue.after([low])}`}
          ${page === null || !emptyRead ? sql`` : sql`and ${order.after(page.place)}`}
        order by ${order.orderBy} limit ${limit}
      `.execute(db);
      return found.rows;
    },
  };
}

function settle(cursor: ColumnCursor, overlapMs: number, nowMs: number): ColumnCursor {
  const { settling } = cursor;
  // A round under way goes on with the limits that it started with.
  if (settling === null || cursor.page !== null || nowMs - settling.seenAtMs < overlapMs) return cursor;
  return { ...cursor, low: settling.value, settling: null };
}
