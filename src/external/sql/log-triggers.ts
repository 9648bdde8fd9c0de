/** Whether the triggers that fill the change log are where they must be. */
import { sql } from "kysely";
import type { ExternalProblem } from "../port.ts";
import type { Db, SqlConnection } from "./connection.ts";
import type { SourceTarget } from "./source.ts";
import { collectionTriggers, quoted } from "./triggers.ts";

const REMEDY = "run `order-sync init --install-change-log`";

/** A trigger of ours as the database shows it. */
interface InstalledTrigger {
  readonly name: string;
  /** The table that it watches: PostgreSQL's number of it, SQLite's name. */
  readonly table: string;
  /** The same for people. */
  readonly shown: string;
  /** As in `TriggerDefinition`; `off` for a trigger that does not always fire. */
  readonly evidence: string;
}

/** Which triggers are missing, switched off or out of date. Empty when every change will be logged. */
export async function logProblems(
  { connection, source, bound }: SourceTarget,
  db: Db = connection.db,
): Promise<readonly ExternalProblem[]> {
  const unseen = await unseenRows({ connection, source, bound }, db);
  if (unseen.length > 0) return unseen;
  const wanted = collectionTriggers(connection.dialect, source, bound);
  const installed = await installedTriggers(connection, db);
  const numbers = await tableNumbers(connection, db, [...new Set(wanted.map(({ table }) => table))]);
  const place = `external.collections.${bound.name}.changes`;
  const named = (name: string): readonly InstalledTrigger[] => installed.filter((one) => one.name === name);
  if (wanted.every((trigger) => named(trigger.name).length === 0)) {
    const tables = [...new Set(wanted.map((trigger) => `"${trigger.table}"`))].join(" and ");
    return [{ place, message: `the change log of table ${tables} is missing; ${REMEDY}` }];
  }
  return wanted.flatMap((trigger) => {
    const subject = `trigger "${trigger.name}"`;
    const found = named(trigger.name);
    const here = found.find((one) => one.table === (numbers.get(trigger.table) ?? trigger.table));
    if (here?.evidence === trigger.evidence) return [];
    const elsewhere = found[0];
    if (here === undefined && elsewhere !== undefined) {
      const swapped = `${subject} watches table ${elsewhere.shown}, not table "${trigger.table}" (was it swapped by a rename?)`;
      return [{ place, message: `${swapped}; ${REMEDY}` }];
    }
    const state = here === undefined ? "is missing" : "is out of date or switched off";
    return [{ place, message: `${subject} on table "${trigger.table}" ${state}; ${REMEDY}` }];
  });
}

/**
 * Why triggers on a table would not see all changes of the rows that a reading of it shows: PostgreSQL fires the triggers of
 * a child table and not of its parent for a child's rows, and none for rows on a foreign server (CREATE TRIGGER, Notes).
 * A partitioned table hands its row triggers on to its partitions, so it is fine.
 */
export async function unseenRows(
  { connection, bound }: SourceTarget,
  db: Db = connection.db,
): Promise<readonly ExternalProblem[]> {
  if (connection.dialect === "sqlite") return [];
  const place = `external.collections.${bound.name}.changes`;
  const problems: ExternalProblem[] = [];
  for (const { info } of [bound.root, ...(bound.lines === undefined ? [] : [bound.lines])]) {
    const { rows } = await sql<{ name: string; foreign: boolean }>`
      with recursive below as (
        select i.inhrelid as oid from pg_inherits i where i.inhparent = to_regclass(${quoted(info.name)})
        union select i.inhrelid from pg_inherits i join below b on i.inhparent = b.oid)
      select c.oid::regclass::text as name, c.relkind = 'f' as "foreign" from below b join pg_class c on c.oid = b.oid
      where c.relkind = 'f' or not c.relispartition order by 1 limit 1
    `.execute(db);
    const [child] = rows;
    if (child === undefined) continue;
    const why = child.foreign
      ? `${child.name} is on another server, where no trigger of ours sees its rows change`
      : `${child.name} inherits from it, and triggers of the parent do not see its rows change`;
    problems.push({
      place,
      message: `table "${info.name}" cannot have a change log: ${why}; use changes: { kind: column, column: … }, or name ${child.name} as a collection of its own`,
    });
  }
  return problems;
}

/** All triggers of ours in the database, those that partitions inherit left out. */
async function installedTriggers(connection: SqlConnection, db: Db): Promise<readonly InstalledTrigger[]> {
  const query =
    connection.dialect === "postgres"
      ? sql<InstalledTrigger>`
          select tgname as name, tgrelid::text as "table", tgrelid::regclass::text as shown,
            case when tgenabled = 'A' then coalesce(obj_description(oid, 'pg_trigger'), '') else 'off' end as evidence
          from pg_trigger where tgname like 'order\\_sync\\_%' and not tgisinternal and tgparentid = 0`
      : sql<InstalledTrigger>`
          select name, tbl_name as "table", tbl_name as shown, sql as evidence from sqlite_master
          where type = 'trigger' and name like 'order\\_sync\\_%' escape '\\'`;
  return (await query.execute(db)).rows;
}

async function tableNumbers(
  { dialect }: SqlConnection,
  db: Db,
  tables: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const numbers = new Map<string, string>();
  if (dialect === "sqlite") return numbers;
  for (const table of tables) {
    const { rows } = await sql<{ number: string | null }>`
      select to_regclass(${quoted(table)})::oid::text as number
    `.execute(db);
    numbers.set(table, rows[0]?.number ?? "none");
  }
  return numbers;
}
