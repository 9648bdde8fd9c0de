/** Installs and removes the change log: the only thing that is ever added to the user's database, and only when asked. */
import { sql } from "kysely";
import { SyncError } from "../../errors.ts";
import { type Binding, bindCollection } from "./bind.ts";
import type { SqlConfig } from "./config.ts";
import { connectSql, type Db, externalError, tableRef } from "./connection.ts";
import { logProblems, unseenRows } from "./log-triggers.ts";
import {
  collectionTriggers,
  logName,
  logStatements,
  POSTGRES_LOG,
  POSTGRES_SCHEMA,
  quoted,
  SQLITE_IDENTITY,
  SQLITE_LOG,
  SQLITE_READERS,
  type TriggerDefinition,
} from "./triggers.ts";

/** What an installation did, by collection. */
export interface ChangeLogInstallation {
  /** Collections whose triggers were made or brought up to date. */
  readonly installed: readonly string[];
  /** Collections that had everything already. */
  readonly unchanged: readonly string[];
}

/**
 * Makes the change log and its triggers for every collection with `changes: { kind: changeLog }`.
 *
 * Can be repeated: what is there and up to date stays. A collection whose triggers had to be made is read again by its
 * feed, since changes may have passed unseen. Writes one table and triggers on SQLite (`order_sync_changes`); the schema
 * `order_sync_feed` and triggers on PostgreSQL. Never a column of the user's tables. One transaction: all or nothing.
 * Throws `EXTERNAL_REFUSED` when a table or column is missing or rights are, `EXTERNAL_UNREACHABLE` when there is no
 * database.
 */
export async function installChangeLog(config: SqlConfig): Promise<ChangeLogInstallation> {
  const connection = connectSql(config);
  try {
    const installed: string[] = [];
    const unchanged: string[] = [];
    const logged = Object.entries(config.collections).filter(([, one]) => one.changes.kind === "changeLog");
    const bindings: Binding[] = [];
    for (const [name, collection] of logged) bindings.push(await bindCollection(connection, name, collection));
    const problem = bindings.flatMap((binding) => binding.problems)[0];
    if (problem !== undefined) throw new SyncError("EXTERNAL_REFUSED", `${problem.place}: ${problem.message}`);
    await connection.db.transaction().execute(async (tx) => {
      for (const statement of logStatements(connection.dialect)) await sql.raw(statement).execute(tx);
      for (const { bound } of bindings) {
        if (bound === undefined) continue;
        const target = { connection, source: config.name, bound };
        const [unseen] = await unseenRows(target, tx);
        if (unseen !== undefined) throw new SyncError("EXTERNAL_REFUSED", `${unseen.place}: ${unseen.message}`);
        if ((await logProblems(target, tx)).length === 0) {
          unchanged.push(bound.name);
          continue;
        }
        for (const trigger of collectionTriggers(connection.dialect, config.name, bound)) {
          // Those that a swapped table has taken with it would go on logging what nobody reads any more.
          if (connection.dialect === "postgres") await dropElsewhere(tx, trigger);
          for (const statement of trigger.statements) await sql.raw(statement).execute(tx);
        }
        const log =
          connection.dialect === "postgres" ? tableRef(`${POSTGRES_SCHEMA}.${POSTGRES_LOG}`) : tableRef(SQLITE_LOG);
        const name = logName(config.name, bound.name);
        await sql`insert into ${log} (collection, natural_key, op) values (${name}, '[]', 'reset')`.execute(tx);
        installed.push(bound.name);
      }
    });
    return { installed, unchanged };
  } catch (error) {
    throw externalError(error, connection.place);
  } finally {
    await connection.db.destroy();
  }
}

async function dropElsewhere(db: Db, { name, table }: TriggerDefinition): Promise<void> {
  const { rows } = await sql<{ table: string }>`
    select tgrelid::regclass::text as "table" from pg_trigger
    where tgname = ${name} and tgparentid = 0 and tgrelid <> to_regclass(${quoted(table)})
  `.execute(db);
  // PostgreSQL has quoted the name where it must be.
  for (const other of rows) await sql`drop trigger ${sql.id(name)} on ${sql.raw(other.table)}`.execute(db);
}

/** Removes the change log of all sources in this database with all its triggers. The next poll reads everything again. */
export async function removeChangeLog(config: SqlConfig): Promise<void> {
  const connection = connectSql(config);
  try {
    await connection.db.transaction().execute(async (tx) => {
      if (connection.dialect === "postgres") {
        await sql`drop schema if exists ${sql.id(POSTGRES_SCHEMA)} cascade`.execute(tx);
        return;
      }
      const { rows } = await sql<{ name: string }>`
        select name from sqlite_master where type = 'trigger' and name like 'order\\_sync\\_%' escape '\\'
      `.execute(tx);
      for (const { name } of rows) await sql`drop trigger ${sql.id(name)}`.execute(tx);
      for (const table of [SQLITE_LOG, SQLITE_IDENTITY, SQLITE_READERS])
        await sql`drop table if exists ${sql.id(table)}`.execute(tx);
    });
  } catch (error) {
    throw externalError(error, connection.place);
  } finally {
    await connection.db.destroy();
  }
}
