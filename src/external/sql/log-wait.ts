/** Who holds back the change log: the open transaction behind which committed changes wait for their turn. */
import { sql } from "kysely";
import { type ExternalWait, WAITING_COUNTED_MAX } from "../port.ts";
import type { Db } from "./connection.ts";
import type { LogPosition } from "./cursor.ts";
import { HORIZON, logTable } from "./log-position.ts";
import type { SourceTarget } from "./source.ts";
import { logName } from "./triggers.ts";

type HolderRow = {
  readonly pid: number | null;
  readonly application: string | null;
  readonly user: string | null;
  readonly state: string | null;
  readonly age: string | null;
};

/**
 * What waits behind a position, and for whom; undefined where nothing waits. SQLite has one writer at a time and never
 * waits. A login without the right to see other users' sessions (pg_read_all_stats) learns the process, application and
 * user, not the beginning.
 */
export async function logWait(target: SourceTarget, db: Db, from: LogPosition): Promise<ExternalWait | undefined> {
  const { connection } = target;
  if (connection.dialect === "sqlite") return undefined;
  const collection = logName(target.source, target.bound.name);
  const waiting = await sql<{ changes: number; horizon: string; standby: boolean }>`
    select (select count(*)::int from (
        select from ${logTable(connection)}
        where collection = ${collection} and (xid, seq) > (${from.xid}::xid8, ${from.seq}::bigint) and xid >= ${HORIZON}
          -- Lines of another server, restored from its dump, may have numbers that this one has not reached.
          and xid < pg_snapshot_xmax(pg_current_snapshot())
        limit ${WAITING_COUNTED_MAX}) held) as changes,
      (${HORIZON})::text as horizon, pg_is_in_recovery() as standby
  `.execute(db);
  const { changes = 0, horizon = "0", standby = false } = waiting.rows[0] ?? {};
  if (changes === 0) return undefined;
  const { rows } = await sql<HolderRow>`
    select a.pid, a.application_name as application, a.usename as "user", a.state,
      (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint::text as age
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
      and l.transactionid = ${horizon}::xid8::xid
    union all
    select null, 'prepared transaction ' || gid, owner, 'prepared',
      (extract(epoch from clock_timestamp() - prepared) * 1000)::bigint::text
    from pg_prepared_xacts where database = current_database() and transaction = ${horizon}::xid8::xid
  `.execute(db);
  const { age = null, ...holder } = rows[0] ?? { pid: null, application: null, user: null, state: null };
  const told = standby ? { ...holder, application: "a session of the primary server" } : holder;
  return { changes, ageMs: age === null ? null : Number(age), holder: told };
}
