/** Places in the change log: where it ends now, and whether a stored place is still the one that it was. */
import { sql } from "kysely";
import type { ExternalRestart } from "../port.ts";
import type { Db, SqlConnection, tableRef } from "./connection.ts";
import type { LogPosition } from "./cursor.ts";
import type { SourceTarget } from "./source.ts";
import { logName, POSTGRES_LOG, POSTGRES_SCHEMA, SQLITE_LOG } from "./triggers.ts";

/**
 * PostgreSQL: the oldest transaction that is open and may write to this database. No transaction before it can still
 * make anything visible. Transactions that provably belong to another database of the server do not count, or a nightly
 * job over there would hold up the feed; one that cannot be placed counts. A standby does not list the transactions that
 * are open on its primary, only the oldest of them (PostgreSQL's GetSnapshotData keeps the rest out of the list).
 */
export const HORIZON = sql`
  case when pg_is_in_recovery() then pg_snapshot_xmin(pg_current_snapshot()) else coalesce(
    (select x from pg_snapshot_xip(pg_current_snapshot()) x
     where not exists (
       select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.transactionid = x::xid
         and a.datid <> (select d.oid from pg_database d where d.datname = current_database()))
     order by x limit 1),
    pg_snapshot_xmax(pg_current_snapshot())) end`;

/** One line of the log. */
export interface LogRow {
  readonly seq: number | bigint;
  readonly xid: string;
  readonly natural_key: string;
  readonly op: string;
  readonly mark: string;
}

/** The log's table. */
export function logTable({ dialect }: Pick<SqlConnection, "dialect">): ReturnType<typeof tableRef> {
  return dialect === "postgres" ? sql.id(POSTGRES_SCHEMA, POSTGRES_LOG) : sql.id(SQLITE_LOG);
}

/**
 * At most `limit` lines of a collection behind a position, in the order in which they may be read. Names in ORDER BY are
 * qualified: a bare name would mean the output column, where transaction numbers are texts and 1000 stands before 999.
 */
export async function logRows(
  target: SourceTarget,
  db: Db,
  from: LogPosition,
  limit: number,
): Promise<readonly LogRow[]> {
  const collection = logName(target.source, target.bound.name);
  const log = logTable(target.connection);
  const query =
    target.connection.dialect === "postgres"
      ? sql<LogRow>`
          select l.seq, l.xid::text as xid, l.natural_key, l.op, l.at::text as mark from ${log} l
          where l.collection = ${collection} and (l.xid, l.seq) > (${from.xid}::xid8, ${from.seq}::bigint)
            and l.xid < ${HORIZON}
          order by l.xid, l.seq limit ${limit}`
      : sql<LogRow>`
          select l.seq, '' as xid, l.natural_key, l.op, l.at as mark from ${log} l
          where l.collection = ${collection} and l.seq > ${Number(from.seq)} order by l.seq limit ${limit}`;
  const { rows } = await query.execute(db);
  return rows.map((row) => ({ ...row, natural_key: JSON.stringify(JSON.parse(row.natural_key)) }));
}

/** The place of a line. */
export function positionOf(row: LogRow): LogPosition {
  return { xid: row.xid, seq: String(row.seq), mark: row.mark };
}

/**
 * Where the log of a collection stands now: whatever is committed later lies behind this position. It is the last line
 * where there is one, which later shows that the log is still the same one.
 */
export async function logEnd(target: SourceTarget, db: Db): Promise<LogPosition> {
  const { connection } = target;
  const collection = logName(target.source, target.bound.name);
  const log = logTable(connection);
  if (connection.dialect === "postgres") {
    const { rows } = await sql<LogPosition>`
      select l.xid::text as xid, l.seq::text as seq, l.at::text as mark from ${log} l
      where l.collection = ${collection} and l.xid < ${HORIZON} order by l.xid desc, l.seq desc limit 1
    `.execute(db);
    if (rows[0] !== undefined) return rows[0];
    const horizon = await sql<{ xid: string }>`select (${HORIZON})::text as xid`.execute(db);
    return { xid: horizon.rows[0]?.xid ?? "0", seq: "0", mark: null };
  }
  const { rows } = await sql<LogPosition>`
    select '' as xid, cast(l.seq as text) as seq, l.at as mark from ${log} l
    where l.collection = ${collection} order by l.seq desc limit 1
  `.execute(db);
  return rows[0] ?? { xid: "", seq: String(await sqliteLastSeq(db)), mark: null };
}

/**
 * Why a place is not in the log any more: it was emptied or pruned, or it is an older one, restored from a backup.
 * Undefined where the place is still there. Changes behind a lost place may be missing, so everything is read again.
 */
export async function lostPlace(
  { connection }: Pick<SourceTarget, "connection">,
  db: Db,
  position: LogPosition,
): Promise<ExternalRestart | undefined> {
  if (connection.dialect === "postgres") {
    const { rows } = await sql<{ ahead: boolean }>`
      select ${position.xid}::xid8 > pg_snapshot_xmax(pg_current_snapshot()) as ahead
    `.execute(db);
    if (rows[0]?.ahead === true)
      return lost("the server's transaction numbers lie behind those of the last run: an older backup was put back");
  }
  if (position.mark === null) {
    if (connection.dialect === "postgres" || Number(position.seq) <= Number(await sqliteLastSeq(db))) return undefined;
    return lost("the change log is shorter than it was: it was emptied, or an older backup was put back");
  }
  const { rows } =
    connection.dialect === "postgres"
      ? await sql<{ mark: string }>`
          select at::text as mark from ${logTable(connection)} where seq = ${position.seq} and xid = ${position.xid}::xid8
        `.execute(db)
      : await sql<{ mark: string }>`
          select at as mark from ${logTable(connection)} where seq = ${Number(position.seq)}
        `.execute(db);
  if (rows[0]?.mark === position.mark) return undefined;
  return lost(
    "the change log does not hold the entry that was read last: it was emptied or pruned, or an older backup of the database or of the connector's state was put back",
  );
}

function lost(reason: string): ExternalRestart {
  return { reason, deletesMissed: true, isAnother: true };
}

async function sqliteLastSeq(db: Db): Promise<number | bigint> {
  const { rows } = await sql<{ seq: number | bigint }>`
    select seq from sqlite_sequence where name = ${SQLITE_LOG}
  `.execute(db);
  return rows[0]?.seq ?? 0;
}
