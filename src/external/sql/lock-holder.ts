/** Who holds the lock that a write waits for, where PostgreSQL tells. */
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection } from "./bind.ts";
import type { SqlConnection } from "./connection.ts";
import { readRecords } from "./read-records.ts";

/** A second, short wait for the lock, and when to look at it: PostgreSQL tells who blocks only while somebody waits. */
const PROBE_MS = 400;
const LOOK_AFTER_MS = 100;

interface Holder {
  readonly pid: number;
  readonly application: string;
  readonly user: string | null;
  readonly state: string | null;
  readonly seconds: number | null;
}

/** Names the transaction that keeps the record locked; undefined where nobody does any more, or it is unknown. */
export async function lockHolder(
  connection: SqlConnection,
  bound: BoundCollection,
  key: NaturalKey,
): Promise<string | undefined> {
  if (connection.dialect !== "postgres") return undefined;
  try {
    let holder: Holder | undefined;
    await connection.db
      .transaction()
      .execute(async (db) => {
        await sql`set local lock_timeout = ${sql.lit(PROBE_MS)}`.execute(db);
        const own = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
        const looking = delay(LOOK_AFTER_MS).then(async () => {
          holder = await blockerOf(connection, own.rows[0]?.pid ?? 0);
        });
        await Promise.allSettled([readRecords({ connection, bound, db, lock: true }, [key]), looking]);
        throw new Probed();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Probed)) throw error;
      });
    return holder === undefined ? undefined : shown(holder);
  } catch {
    // It is only for the message: whatever goes wrong here, the write was locked out.
    return undefined;
  }
}

/** Ends the transaction of the probe. */
class Probed extends Error {}

async function blockerOf(connection: SqlConnection, pid: number): Promise<Holder | undefined> {
  const { rows } = await sql<Holder>`
    select pid, coalesce(application_name, '') as application, usename as "user", state,
      extract(epoch from now() - xact_start)::int as seconds
    from pg_stat_activity where pid = any (pg_blocking_pids(${pid}::int)) order by xact_start limit 1
  `.execute(connection.db);
  return rows[0];
}

function shown({ pid, application, user, state, seconds }: Holder): string {
  const facts = [
    application === "" ? null : application,
    user === null ? null : `user ${user}`,
    state,
    seconds === null ? null : `open for ${seconds} s`,
  ].filter((fact) => fact !== null);
  return `backend ${pid}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}
