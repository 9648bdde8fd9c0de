/** Finds changes in the change log that triggers fill, after a first reading of all records. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { NaturalKey } from "../../model/key.ts";
import type { ExternalChange, ExternalChangePage, ExternalRestart, ExternalWait } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import { takeCensus } from "./census.ts";
import { type Db, readSnapshot, tableRef } from "./connection.ts";
import { encodePosition, type LogPosition, type SqlCursor, type StoredPosition } from "./cursor.ts";
import { keyOrder, type Place, sortedTable } from "./key-order.ts";
import { type LogRow, logEnd, logRows, lostPlace, positionOf } from "./log-position.ts";
import { logWait } from "./log-wait.ts";
import { existingKeys, keyOf, keyTexts, wholeKey } from "./read-records.ts";
import { readSourceFingerprint, type SourceTarget, sourceChange } from "./source.ts";
import type { Row } from "./values.ts";

/** Prefix of the key's texts in a row. */
const KEY = "k_";

type ScanCursor = Extract<SqlCursor, { readonly feed: "scan" }>;

/** One page, before its position is written as text. */
interface LogPage {
  readonly changes: readonly ExternalChange[];
  readonly cursor: SqlCursor;
  readonly more: boolean;
  readonly restart?: ExternalRestart;
  readonly wait?: ExternalWait | undefined;
}

/**
 * The changes after a position; undefined starts with all records. So does a position that does not belong to the source
 * as it is now: the page says why (`restart`).
 *
 * SQLite has one writer at a time, so its sequence numbers are in the order of commits. On PostgreSQL a number may become
 * visible after a higher one; there only rows are read whose transaction is older than every open one, in the order of
 * (transaction, number), and nothing can appear behind the position any more. A long open transaction delays the feed
 * and loses nothing; the page says so (`wait`).
 */
export async function readLog(
  target: SourceTarget,
  position: StoredPosition | undefined,
  limit: number,
): Promise<ExternalChangePage> {
  return readSnapshot(target.connection, async (db) => {
    const source = await readSourceFingerprint(target, db);
    const restart =
      position === undefined
        ? undefined
        : (sourceChange(position.source ?? {}, source, target.bound.root.info.name) ??
          (await lost(target, db, position)));
    const cursor = restart === undefined ? position?.cursor : undefined;
    const { cursor: next, wait, ...page } = await readPage(target, db, cursor, limit);
    return {
      ...page,
      cursor: encodePosition(next, { source, reader: position?.reader ?? randomUUID() }),
      ...(restart && { restart }),
      ...(wait && { wait }),
    };
  });
}

/** The position before all records, with the log as it stands now. */
export async function startOfLog(target: SourceTarget): Promise<StoredPosition & { readonly cursor: SqlCursor }> {
  return readSnapshot(target.connection, async (db) => ({
    cursor: { feed: "scan", behind: null, log: await logEnd(target, db) },
    source: await readSourceFingerprint(target, db),
    reader: randomUUID(),
  }));
}

async function lost(target: SourceTarget, db: Db, { cursor }: StoredPosition): Promise<ExternalRestart | undefined> {
  if (cursor !== undefined && cursor.feed !== "column") return lostPlace(target, db, cursor.log);
  return {
    reason: "the stored position is not one of the change log: another feed or an earlier version has made it",
    deletesMissed: true,
  };
}

async function readPage(target: SourceTarget, db: Db, cursor: SqlCursor | undefined, limit: number): Promise<LogPage> {
  if (cursor === undefined || cursor.feed === "column")
    return readScan(target, db, { behind: null, log: await logEnd(target, db), limit });
  if (cursor.feed === "scan") return readScan(target, db, { behind: cursor.behind, log: cursor.log, limit });
  return readTail(target, db, cursor.log, limit);
}

/** One page of all records, in the order of their keys. A row that is inserted or deleted meanwhile moves no other. */
async function readScan(
  target: SourceTarget,
  db: Db,
  scan: { readonly behind: ScanCursor["behind"]; readonly log: LogPosition; readonly limit: number },
): Promise<LogPage> {
  const { connection, bound } = target;
  const order = keyOrder(connection, bound.key);
  // A key that was given another type or collation meanwhile is sorted in another way: from the beginning, then.
  const behind = scan.behind?.order === order.signature ? scan.behind : null;
  const pageBehind = async (place: Place | null, limit: number): Promise<readonly Row[]> => {
    const found = await sql<Row>`
      select ${keyTexts(connection, bound.key, KEY)}, ${order.items} from ${sortedTable(tableRef(bound.root.info.name))}
      where ${wholeKey(bound.key)} ${place === null ? sql`` : sql`and ${order.after(place)}`}
      order by ${order.orderBy} limit ${limit}
    `.execute(db);
    return found.rows;
  };
  const rows = await pageBehind(behind?.place ?? null, scan.limit);
  const last = rows.at(-1);
  const seen = behind === null ? rows.length : behind.seen === undefined ? undefined : behind.seen + rows.length;
  const changes = rows.map((row) => ({ naturalKey: keyOf(row, bound.key, KEY), deleted: false }));
  if (last !== undefined && rows.length === scan.limit) {
    const next = { order: order.signature, place: [...order.placeOf(last)], ...(seen !== undefined && { seen }) };
    return { changes, cursor: { feed: "scan", behind: next, log: scan.log }, more: true };
  }
  const countAgain = (): ((limit: number) => Promise<number>) => {
    let place: Place | null = null;
    return async (limit) => {
      const found = await pageBehind(place, limit);
      const end = found.at(-1);
      if (end !== undefined) place = order.placeOf(end);
      return found.length;
    };
  };
  return {
    changes,
    cursor: { feed: "log", log: scan.log },
    // The log may hold what happened since its start; its own page tells.
    more: true,
    ...(seen !== undefined && { census: await takeCensus(db, bound, { named: seen, countAgain }) }),
  };
}

async function readTail(target: SourceTarget, db: Db, from: LogPosition, limit: number): Promise<LogPage> {
  const rows = await logRows(target, db, from, limit);
  const gap = rows.findIndex((row) => row.op === "reset");
  if (gap === 0) return readAfterGap(target, db, rows, limit);
  // What was logged before a gap is reported first: it may hold deletions, which reading everything again cannot show.
  const told = gap < 0 ? rows : rows.slice(0, gap);
  const last = told.at(-1);
  const deletes = new Map<string, boolean>();
  for (const row of told) {
    // A delete counts even when a line's change follows: cascades log the lines after their record.
    deletes.set(row.natural_key, deletes.get(row.natural_key) === true || row.op === "delete");
  }
  const names = [...deletes.keys()];
  // Deleted and made again since: such a record is not gone. And lines may spell the key in another way than its record.
  const asked = respells(target.bound) ? names : names.filter((name) => deletes.get(name) === true);
  const alive =
    asked.length === 0
      ? new Set<string>()
      : await existingKeys(
          { ...target, db, lock: false },
          asked.map((name) => JSON.parse(name) as NaturalKey),
        );
  // A line whose record is not there says nothing: when the record comes, or went, it has an entry of its own.
  const named = names.filter((name) => deletes.get(name) === true || alive.has(name) || !respells(target.bound));
  const changed = [...new Set([...named, ...alive])];
  const log = last === undefined ? from : positionOf(last);
  const more = gap > 0 || rows.length === limit;
  return {
    changes: changed.map((name) => ({
      naturalKey: JSON.parse(name) as NaturalKey,
      deleted: deletes.get(name) === true && !alive.has(name),
    })),
    cursor: { feed: "log", log },
    more,
    wait: more ? undefined : await logWait(target, db, log),
  };
}

/** The log has a gap: the table was truncated, or the triggers had to be made again. The last gap in sight counts. */
async function readAfterGap(target: SourceTarget, db: Db, rows: readonly LogRow[], limit: number): Promise<LogPage> {
  const gap = rows.findLast((row) => row.op === "reset");
  const log = gap === undefined ? await logEnd(target, db) : positionOf(gap);
  const restart = {
    reason: `the change log has a gap: table "${target.bound.root.info.name}" or that of its lines was truncated, or the triggers were installed again`,
    deletesMissed: true,
  };
  return { ...(await readScan(target, db, { behind: null, log, limit })), restart };
}

/** Whether the lines' table may spell a record's key in another way than the record's own: 1.00 for 1, AB for Ab. */
function respells({ key, lines }: BoundCollection): boolean {
  return key.some((column, index) => {
    const parent = lines?.parentKey[index];
    return (
      parent !== undefined && (parent.type !== column.type || column.sorting.length > 1 || parent.sorting.length > 1)
    );
  });
}
