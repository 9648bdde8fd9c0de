/** Finds changes in the change log that triggers fill, after a first reading of all records. */
import { sql } from "kysely";
import type { NaturalKey } from "../../model/key.ts";
import type { ExternalChangePage, ExternalProblem } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import { type Db, readSnapshot, type SqlConnection, tableRef } from "./connection.ts";
import { encodeCursor, type LogPosition, type SqlCursor } from "./cursor.ts";
import { keyOrder, sortedTable } from "./key-order.ts";
import { existingKeys, keyOf, keyTexts, wholeKey } from "./read-records.ts";
import { collectionTriggers, logName, POSTGRES_LOG, POSTGRES_SCHEMA, SQLITE_LOG } from "./triggers.ts";
import type { Row } from "./values.ts";

/**
 * PostgreSQL: the oldest transaction that is open and may write to this database. No transaction before it can still
 * make anything visible. Transactions that provably belong to another database of the server do not count, or a nightly
 * job over there would hold up the feed; one that cannot be placed counts.
 */
const HORIZON = sql`
  coalesce(
    (select x from pg_snapshot_xip(pg_current_snapshot()) x
     where not exists (
       select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.transactionid = x::xid
         and a.datid <> (select d.oid from pg_database d where d.datname = current_database()))
     order by x limit 1),
    pg_snapshot_xmax(pg_current_snapshot()))`;

/** Rows that one call of `pruneLog` deletes at most, so that it never holds the user's database for long. */
export const PRUNE_ROWS_MAX = 10_000;

/** Prefix of the key's texts in a row. */
const KEY = "k_";

type ScanCursor = Extract<SqlCursor, { readonly feed: "scan" }>;

/** A collection of one source in one database. */
export interface LogTarget {
  readonly connection: SqlConnection;
  readonly source: string;
  readonly bound: BoundCollection;
}

interface LogRow {
  readonly seq: number | bigint;
  readonly xid: string;
  readonly natural_key: string;
  readonly op: string;
  readonly mark: string;
}

/**
 * The changes after a position; undefined starts with all records.
 *
 * SQLite has one writer at a time, so its sequence numbers are in the order of commits. On PostgreSQL a number may become
 * visible after a higher one; there only rows are read whose transaction is older than every open one, in the order of
 * (transaction, number), and nothing can appear behind the position any more. A long open transaction delays the feed
 * and loses nothing.
 */
export async function readLog(
  target: LogTarget,
  cursor: SqlCursor | undefined,
  limit: number,
): Promise<ExternalChangePage> {
  return readSnapshot(target.connection, async (db) => {
    if (cursor === undefined || cursor.feed === "column" || (await isBroken(target, db, cursor.log))) {
      return readScan(target, db, { behind: null, log: await logEnd(target.connection, db), limit });
    }
    if (cursor.feed === "scan") return readScan(target, db, { behind: cursor.behind, log: cursor.log, limit });
    return readTail(target, db, cursor.log, limit);
  });
}

/** The position before all records, with the log as it stands now. */
export async function startOfLog({ connection }: LogTarget): Promise<SqlCursor> {
  const log = await readSnapshot(connection, (db) => logEnd(connection, db));
  return { feed: "scan", behind: null, log };
}

/** Which triggers are missing, switched off or out of date. Empty when every change will be logged. */
export async function logProblems(
  target: LogTarget,
  db: Db = target.connection.db,
): Promise<readonly ExternalProblem[]> {
  const { connection, source, bound } = target;
  const wanted = collectionTriggers(connection.dialect, source, bound);
  const found = await installedTriggers(connection, db);
  const place = `external.collections.${bound.name}.changes`;
  if (wanted.every((trigger) => !found.has(trigger.name))) {
    const tables = [...new Set(wanted.map((trigger) => `"${trigger.table}"`))].join(" and ");
    return [
      { place, message: `the change log of table ${tables} is missing; run \`order-sync init --install-change-log\`` },
    ];
  }
  return wanted
    .filter((trigger) => found.get(trigger.name) !== trigger.evidence)
    .map((trigger) => ({
      place,
      message:
        `trigger "${trigger.name}" on table "${trigger.table}" ` +
        `${found.has(trigger.name) ? "is out of date or switched off" : "is missing"}; run \`order-sync init --install-change-log\``,
    }));
}

/** Deletes up to `PRUNE_ROWS_MAX` log rows below a position that will not be read again; the row at it stays as a mark. */
export async function pruneLog(target: LogTarget, cursor: SqlCursor | undefined): Promise<void> {
  if (cursor === undefined || cursor.feed === "column") return;
  const { connection } = target;
  const collection = logName(target.source, target.bound.name);
  const { xid, seq } = cursor.log;
  const log = logTable(connection);
  const below =
    connection.dialect === "postgres" ? sql`(xid, seq) < (${xid}::xid8, ${seq}::bigint)` : sql`seq < ${Number(seq)}`;
  await connection.db.transaction().execute(async (tx) => {
    await sql`
      delete from ${log} where seq in (
        select seq from ${log} where collection = ${collection} and ${below} order by seq limit ${PRUNE_ROWS_MAX})
    `.execute(tx);
  });
}

/** One page of all records, in the order of their keys. A row that is inserted or deleted meanwhile moves no other. */
async function readScan(
  target: LogTarget,
  db: Db,
  scan: { readonly behind: ScanCursor["behind"]; readonly log: LogPosition; readonly limit: number },
): Promise<ExternalChangePage> {
  const { connection, bound } = target;
  const order = keyOrder(connection, bound.key);
  // A key that was given another type or collation meanwhile is sorted in another way: from the beginning, then.
  const place = scan.behind?.order === order.signature ? scan.behind.place : null;
  const { rows } = await sql<Row>`
    select ${keyTexts(connection, bound.key, KEY)}, ${order.items} from ${sortedTable(tableRef(bound.root.info.name))}
    where ${wholeKey(bound.key)} ${place === null ? sql`` : sql`and ${order.after(place)}`}
    order by ${order.orderBy} limit ${scan.limit}
  `.execute(db);
  const last = rows.at(-1);
  const behind = { order: order.signature, place: last === undefined ? [] : [...order.placeOf(last)] };
  const more = last !== undefined && rows.length === scan.limit;
  return {
    changes: rows.map((row) => ({ naturalKey: keyOf(row, bound.key, KEY), deleted: false })),
    cursor: encodeCursor(more ? { feed: "scan", behind, log: scan.log } : { feed: "log", log: scan.log }),
    // The log may hold what happened since its start; its own page tells.
    more: true,
  };
}

async function readTail(target: LogTarget, db: Db, from: LogPosition, limit: number): Promise<ExternalChangePage> {
  const rows = await logRows(target, db, from, limit);
  const reset = rows.find((row) => row.op === "reset");
  if (reset !== undefined) return readScan(target, db, { behind: null, log: positionOf(reset), limit });
  const last = rows.at(-1);
  const deletes = new Map<string, boolean>();
  for (const row of rows) {
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
  const told = names.filter((name) => deletes.get(name) === true || alive.has(name) || !respells(target.bound));
  const changed = [...new Set([...told, ...alive])];
  return {
    changes: changed.map((name) => ({
      naturalKey: JSON.parse(name) as NaturalKey,
      deleted: deletes.get(name) === true && !alive.has(name),
    })),
    cursor: encodeCursor({ feed: "log", log: last === undefined ? from : positionOf(last) }),
    more: rows.length === limit,
  };
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

async function logRows(target: LogTarget, db: Db, from: LogPosition, limit: number): Promise<readonly LogRow[]> {
  const { connection, source, bound } = target;
  const collection = logName(source, bound.name);
  const query =
    connection.dialect === "postgres"
      ? sql<LogRow>`
          select seq, xid::text as xid, natural_key, op, at::text as mark
          from ${logTable(connection)}
          where collection = ${collection} and (xid, seq) > (${from.xid}::xid8, ${from.seq}::bigint)
            and xid < ${HORIZON}
          order by xid, seq limit ${limit}`
      : sql<LogRow>`
          select seq, '' as xid, natural_key, op, at as mark from ${logTable(connection)}
          where collection = ${collection} and seq > ${Number(from.seq)} order by seq limit ${limit}`;
  const { rows } = await query.execute(db);
  return rows.map((row) => ({ ...row, natural_key: JSON.stringify(JSON.parse(row.natural_key)) }));
}

function positionOf(row: LogRow): LogPosition {
  return { xid: row.xid, seq: String(row.seq), mark: row.mark };
}

/** Where the log stands now: whatever is committed later lies behind this position. */
async function logEnd(connection: SqlConnection, db: Db): Promise<LogPosition> {
  if (connection.dialect === "postgres") {
    const { rows } = await sql<{ xid: string }>`select ${HORIZON}::text as xid`.execute(db);
    return { xid: rows[0]?.xid ?? "0", seq: "0", mark: null };
  }
  return { xid: "", seq: String(await sqliteLastSeq(db)), mark: null };
}

/**
 * Whether the log is not the one that the position was made in: emptied, made anew, or restored from a backup.
 * Then changes may be missing from it, and everything is read again.
 */
async function isBroken(target: LogTarget, db: Db, position: LogPosition): Promise<boolean> {
  const { connection } = target;
  if (position.mark !== null) {
    const mark = connection.dialect === "postgres" ? sql`at::text` : sql`at`;
    const { rows } = await sql<{ mark: string }>`
      select ${mark} as mark from ${logTable(connection)} where seq = ${connection.dialect === "postgres" ? position.seq : Number(position.seq)}
    `.execute(db);
    return rows[0]?.mark !== position.mark;
  }
  if (connection.dialect === "postgres") {
    const { rows } = await sql<{ ahead: boolean }>`
      select ${position.xid}::xid8 > pg_snapshot_xmax(pg_current_snapshot()) as ahead
    `.execute(db);
    return rows[0]?.ahead === true;
  }
  return Number(position.seq) > Number(await sqliteLastSeq(db));
}

async function sqliteLastSeq(db: Db): Promise<number | bigint> {
  const { rows } = await sql<{ seq: number | bigint }>`
    select seq from sqlite_sequence where name = ${SQLITE_LOG}
  `.execute(db);
  return rows[0]?.seq ?? 0;
}

/** Evidence by trigger name; a trigger that does not always fire has none. */
async function installedTriggers(connection: SqlConnection, db: Db): Promise<ReadonlyMap<string, string>> {
  const query =
    connection.dialect === "postgres"
      ? sql<{ name: string; evidence: string }>`
          select tgname as name,
            case when tgenabled = 'A' then coalesce(obj_description(oid, 'pg_trigger'), '') else 'off' end as evidence
          from pg_trigger where tgname like 'order\\_sync\\_%' and not tgisinternal`
      : sql<{ name: string; evidence: string }>`
          select name, sql as evidence from sqlite_master where type = 'trigger' and name like 'order\\_sync\\_%' escape '\\'`;
  return new Map((await query.execute(db)).rows.map((row) => [row.name, row.evidence]));
}

function logTable(connection: SqlConnection): ReturnType<typeof tableRef> {
  return connection.dialect === "postgres" ? sql.id(POSTGRES_SCHEMA, POSTGRES_LOG) : sql.id(SQLITE_LOG);
}
