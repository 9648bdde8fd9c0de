/** Tells whose database this is and which version its schema has. */
import { type Kysely, sql } from "kysely";
import { SyncError } from "../errors.ts";
import { NEWEST_VERSION, STATE_SCHEMA, type StateDialect, type StateTables, VERSION_TABLE } from "./schema.ts";

/**
 * The schema version of the store: 0 when there is none yet.
 *
 * Throws `STATE_UNREADABLE` for a database that belongs to something else and for a version above `NEWEST_VERSION`.
 */
export async function stateVersion(db: Kysely<StateTables>, dialect: StateDialect, place: string): Promise<number> {
  const tables = dialect === "postgres" ? await postgresTables(db) : await sqliteTables(db);
  if (!tables.includes(VERSION_TABLE)) {
    if (tables.length === 0) return 0;
    throw new SyncError(
      "STATE_UNREADABLE",
      `State store ${place} belongs to another program (it has the table "${tables[0]}"); point state.url to a file or database of its own.`,
      { context: { place } },
    );
  }
  const { version } = await db
    .selectFrom(VERSION_TABLE)
    .select((e) => e.fn.coalesce(e.fn.max("version"), e.lit(0)).as("version"))
    .executeTakeFirstOrThrow();
  if (version > NEWEST_VERSION) {
    throw new SyncError(
      "STATE_UNREADABLE",
      `State store ${place} was written by a newer order-sync (schema ${version}, this one knows ${NEWEST_VERSION}); upgrade this installation.`,
      { context: { place, version } },
    );
  }
  return version;
}

async function sqliteTables(db: Kysely<StateTables>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name
  `.execute(db);
  return rows.map((row) => row.name);
}

async function postgresTables(db: Kysely<StateTables>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${STATE_SCHEMA} and c.relkind in ('r', 'p') order by c.relname
  `.execute(db);
  return rows.map((row) => row.name);
}
