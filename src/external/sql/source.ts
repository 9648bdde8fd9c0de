/**
 * The signs by which a source is known again: server, database, table, triggers and log.
 *
 * A position is a number that another server, table or log may have given out too, so it is stored with the signs of the
 * source that issued it and used on no other one. A sign that the login may not see is left out, and what is missing on
 * either side is not compared.
 */
import { statSync } from "node:fs";
import { type RawBuilder, sql } from "kysely";
import { isConnectionFailure, sqlState } from "../../database/postgres.ts";
import { sqliteCode } from "../../database/sqlite-driver.ts";
import type { ExternalRestart } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import type { Db, SqlConnection } from "./connection.ts";
import { collectionTriggers, POSTGRES_IDENTITY, POSTGRES_SCHEMA, quoted, SQLITE_IDENTITY } from "./triggers.ts";

/** A sign by its name, as text. */
export type SourceFingerprint = Readonly<Partial<Record<SignName, string>>>;

/** What is compared, the most telling sign first. */
const SIGNS = [
  "log",
  "system",
  "database",
  "timeline",
  "file",
  "table",
  "lines",
  "key",
  "column",
  "triggers",
  "storage",
  "parts",
] as const;

/** What tells of another database or an older state of it. A table is emptied, swapped and loaded every day. */
const ANOTHER: ReadonlySet<SignName> = new Set(["system", "database", "timeline", "file"]);

type SignName = (typeof SIGNS)[number];

/** Whose signs are read. */
export interface SourceTarget {
  readonly connection: SqlConnection;
  readonly source: string;
  readonly bound: BoundCollection;
}

/** The signs of a collection's source as they are now, inside the caller's snapshot. */
export async function readSourceFingerprint(target: SourceTarget, db: Db): Promise<SourceFingerprint> {
  const { bound } = target;
  const { changes } = bound;
  const configured: SourceFingerprint = {
    key: JSON.stringify(bound.key.map(({ name }) => name)),
    ...(changes.kind === "column" && { column: changes.column }),
  };
  const found = await (target.connection.dialect === "postgres" ? postgresSigns(target, db) : sqliteSigns(target, db));
  return { ...configured, ...found };
}

/** Why a position of the source `was` means nothing in the source `now`; undefined where it is the same one. */
export function sourceChange(
  was: SourceFingerprint,
  now: SourceFingerprint,
  table: string,
): ExternalRestart | undefined {
  for (const sign of SIGNS) {
    const [before, after] = [was[sign], now[sign]];
    if (before === undefined || after === undefined || before === after) continue;
    if (sign === "parts" && onlyAdded(before, after))
      return { reason: `a partition was added to table "${table}", perhaps with records`, deletesMissed: false };
    const reason = reasonFor(sign, { before, after, table });
    return { reason, deletesMissed: true, ...(ANOTHER.has(sign) && { isAnother: true }) };
  }
  return undefined;
}

function reasonFor(
  sign: SignName,
  { before, after, table }: { readonly before: string; readonly after: string; readonly table: string },
): string {
  switch (sign) {
    case "log":
      return "the change log is not the one that was read before: it was removed and made again, or the database was replaced";
    case "system":
      return "the database is on another server than before (moved by a dump, copied, or upgraded)";
    case "database":
      return "external.url leads to another database than before";
    case "timeline":
      return `the database server went from timeline ${before} to ${after}: a failover, or an older backup was put back`;
    case "file":
      return "the database file was replaced by another one";
    case "table":
      return `"${table}" is not the table that was read before: it was made again or swapped, or the configuration names another one`;
    case "lines":
      return `the table of the lines of "${table}" is not the one that was read before`;
    case "key":
      return `the key of "${table}" was ${before} and is ${after} now`;
    case "column":
      return `changes of "${table}" were found by column "${before}" and are found by "${after}" now`;
    case "triggers":
      return `the triggers on "${table}" were switched off or made again, and changes may have passed them`;
    case "storage":
      return `the content of table "${table}" was replaced (TRUNCATE, or a command that rewrites it such as VACUUM FULL)`;
    case "parts":
      return `a partition was taken from table "${table}", or its content was replaced`;
  }
}

function onlyAdded(before: string, after: string): boolean {
  const now = new Set(after.split(" "));
  return before.split(" ").every((part) => part === "" || now.has(part));
}

interface PostgresSigns {
  readonly database: string | null;
  readonly table: string | null;
  readonly lines: string | null;
  readonly triggers: string | null;
  readonly storage: string | null;
  readonly parts: string | null;
}

async function postgresSigns({ connection, source, bound }: SourceTarget, db: Db): Promise<SourceFingerprint> {
  const root = sql`to_regclass(${quoted(bound.root.info.name)})`;
  const lines = bound.lines === undefined ? sql`null` : sql`to_regclass(${quoted(bound.lines.info.name)})`;
  const logged = bound.changes.kind === "changeLog";
  const triggers = logged ? collectionTriggers(connection.dialect, source, bound).map(({ name }) => name) : [];
  // A trigger's row in the catalog is written again whenever the trigger is switched off or on: its transaction tells.
  const incarnations =
    triggers.length === 0
      ? sql`null`
      : sql`(select string_agg(t.oid || ':' || t.xmin, ' ' order by t.tgname) from pg_trigger t
             where t.tgname in (${sql.join(triggers)}) and t.tgrelid in (${root}, ${lines}))`;
  // The log sees a TRUNCATE. A table without one shows it by a new file; partitions show what passes their parent.
  const storage = logged ? sql`null` : sql`pg_relation_filenode(${root})::text`;
  const { rows } = await sql<PostgresSigns>`
    select (select oid::text from pg_database where datname = current_database()) as database,
      ${root}::oid::text as "table", ${lines}::oid::text as lines, ${incarnations} as triggers, ${storage} as storage,
      (select string_agg(leaf, ' ' order by leaf) from (
         select p.relid::oid || ':' || coalesce(pg_relation_filenode(p.relid), 0) as leaf
         from pg_class c, lateral pg_partition_tree(c.oid) p
         where c.oid in (${root}, ${lines}) and c.relkind = 'p' and p.isleaf) leaves) as parts
  `.execute(db);
  const hidden = await restrictedSigns(db, {
    system: sql`(select system_identifier::text from pg_control_system())`,
    timeline: sql`case when pg_is_in_recovery() then (select timeline_id::text from pg_control_checkpoint())
      else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int::text end`,
    ...(logged && { log: sql`(select id::text from ${sql.id(POSTGRES_SCHEMA, POSTGRES_IDENTITY)} limit 1)` }),
  });
  return { ...present(rows[0] ?? {}), ...hidden };
}

async function sqliteSigns({ connection, bound }: SourceTarget, db: Db): Promise<SourceFingerprint> {
  const names = { table: bound.root.info.name, ...(bound.lines && { lines: bound.lines.info.name }) };
  if (bound.changes.kind === "changeLog") {
    return {
      ...names,
      ...(await restrictedSigns(db, { log: sql`(select id from ${sql.id(SQLITE_IDENTITY)} limit 1)` })),
    };
  }
  const file = fileIdentity(connection);
  return file === undefined ? names : { ...names, file };
}

/** What tells one SQLite file from another at the same path; undefined where there is no file. */
export function fileIdentity({ dialect, place }: Pick<SqlConnection, "dialect" | "place">): string | undefined {
  if (dialect !== "sqlite") return undefined;
  const found = statSync(place, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : String(found.ino);
}

/** Signs that need a right, a newer server or a newer log: those that cannot be read are left out. */
async function restrictedSigns(
  db: Db,
  fingerprint: Readonly<Partial<Record<SignName, RawBuilder<unknown>>>>,
): Promise<SourceFingerprint> {
  const entries = Object.entries(fingerprint);
  const all = await attempt(db, entries);
  if (all !== undefined) return all;
  let found: SourceFingerprint = {};
  for (const entry of entries) found = { ...found, ...(await attempt(db, [entry])) };
  return found;
}

/** A failed statement ends a transaction on PostgreSQL, so each attempt has a savepoint. */
async function attempt(
  db: Db,
  fingerprint: readonly (readonly [string, RawBuilder<unknown>])[],
): Promise<SourceFingerprint | undefined> {
  const items = sql.join(fingerprint.map(([name, item]) => sql`${item} as ${sql.id(name)}`));
  await sql`savepoint order_sync_sign`.execute(db);
  try {
    const { rows } = await sql<Readonly<Record<string, string | null>>>`select ${items}`.execute(db);
    await sql`release savepoint order_sync_sign`.execute(db);
    return present(rows[0] ?? {});
  } catch (error) {
    const said = sqliteCode(error) ?? sqlState(error);
    if (said === undefined || isConnectionFailure(error) || /^SQLITE_(BUSY|IOERR|FULL|NOTADB|CORRUPT)/.test(said))
      throw error;
    await sql`rollback to savepoint order_sync_sign`.execute(db);
    return undefined;
  }
}

function present(row: { readonly [Name in SignName]?: string | null }): SourceFingerprint {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
}
