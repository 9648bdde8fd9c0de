/**
 * Everything that the owner of a database has to run before the first sync, as a script for their own tools: the change
 * log with its triggers, and the rights of the connector's login. Nothing is changed here; the catalog is read.
 */
import { sql } from "kysely";
import { SyncError } from "../../errors.ts";
import { type BoundCollection, bindCollection } from "./bind.ts";
import type { SqlConfig } from "./config.ts";
import { connectSql, externalError, type SqlConnection } from "./connection.ts";
import { unseenRows } from "./log-triggers.ts";
import {
  collectionTriggers,
  logName,
  logStatements,
  POSTGRES_LOG,
  POSTGRES_READERS,
  POSTGRES_SCHEMA,
  quoted,
  SQLITE_LOG,
} from "./triggers.ts";

/** What a mapping does to one table. */
export interface TableWrites {
  readonly insert: boolean;
  readonly update: boolean;
  readonly delete: boolean;
}

/** What a mapping does to a collection's table and to its lines' table. Reading is always needed. */
export interface CollectionWrites {
  readonly root: TableWrites;
  readonly lines: TableWrites;
}

/** Who gets the rights, and which. */
export interface ScriptRequest {
  readonly config: SqlConfig;
  /** Collection → what is written there; a collection that is missing is only read. */
  readonly writes: Readonly<Record<string, CollectionWrites>>;
  /** PostgreSQL: the role that the connector signs in as; by default the one of `config.url`. */
  readonly role?: string;
}

/**
 * The script, one transaction. It can be run again: what is there stays, and each feed is then read from its beginning.
 *
 * On SQLite there are no roles, so only the change log is in it. Throws `EXTERNAL_REFUSED` when a table or column is
 * missing, `EXTERNAL_UNREACHABLE` when there is no database.
 */
export async function databaseScript({ config, writes, role }: ScriptRequest): Promise<string> {
  const connection = connectSql(config);
  try {
    const bound = await bindAll(connection, config);
    const logged = bound.filter(({ changes }) => changes.kind === "changeLog");
    for (const one of logged) {
      const [unseen] = await unseenRows({ connection, source: config.name, bound: one }, connection.db);
      if (unseen !== undefined) throw new SyncError("EXTERNAL_REFUSED", `${unseen.place}: ${unseen.message}`);
    }
    const log = logged.length === 0 ? [] : changeLog(connection, config.name, logged);
    const rights =
      connection.dialect === "sqlite"
        ? []
        : grants(role ?? (await currentUser(connection)), { bound, writes, log: logged.length > 0 });
    const owner = connection.dialect === "sqlite" ? "" : " Run it as the owner of the tables.";
    return [
      `-- What order-sync needs in ${connection.place}: ${logged.length > 0 ? "its change log, and " : ""}${rights.length > 0 ? "the rights of its login" : "nothing else"}.${owner}`,
      "-- It adds no column to any table. `order-sync init --remove-change-log` takes the change log away again.",
      "begin;",
      ...log,
      ...rights,
      "commit;",
      "",
    ].join("\n");
  } catch (error) {
    throw externalError(error, connection.place);
  } finally {
    await connection.db.destroy();
  }
}

async function bindAll(connection: SqlConnection, config: SqlConfig): Promise<readonly BoundCollection[]> {
  const bound: BoundCollection[] = [];
  for (const [name, collection] of Object.entries(config.collections)) {
    const binding = await bindCollection(connection, name, collection);
    const problem = binding.problems.find(({ warning }) => warning !== true);
    if (binding.bound === undefined || problem !== undefined)
      throw new SyncError("EXTERNAL_REFUSED", `${problem?.place ?? name}: ${problem?.message ?? "cannot be read"}`);
    bound.push(binding.bound);
  }
  return bound;
}

function changeLog({ dialect }: SqlConnection, source: string, bound: readonly BoundCollection[]): readonly string[] {
  const log = dialect === "postgres" ? `${POSTGRES_SCHEMA}.${POSTGRES_LOG}` : SQLITE_LOG;
  return [
    "",
    "-- The change log.",
    ...logStatements(dialect).map(terminated),
    ...bound.flatMap((one) => [
      "",
      `-- Changes of ${one.root.info.name}${one.lines === undefined ? "" : ` and its lines in ${one.lines.info.name}`}.`,
      ...collectionTriggers(dialect, source, one).flatMap(({ statements }) => statements.map(terminated)),
      // What happened before the triggers stood is not in the log: the feed starts with all rows.
      `insert into ${log} (collection, natural_key, op) values ('${logName(source, one.name)}', '[]', 'reset');`,
    ]),
  ];
}

function grants(
  role: string,
  facts: {
    readonly bound: readonly BoundCollection[];
    readonly writes: ScriptRequest["writes"];
    readonly log: boolean;
  },
): readonly string[] {
  const login = `"${role.replaceAll('"', '""')}"`;
  const rights = new Map<string, Set<string>>();
  const allow = (table: string, writes: TableWrites | undefined): void => {
    const known = rights.get(table) ?? new Set(["select"]);
    for (const right of ["insert", "update", "delete"] as const) if (writes?.[right] === true) known.add(right);
    // A row is locked before it is written, and locking asks for the right to update.
    if (known.size > 1) known.add("update");
    rights.set(table, known);
  };
  for (const { name, root, lines } of facts.bound) {
    allow(root.info.name, facts.writes[name]?.root);
    if (lines !== undefined) allow(lines.info.name, facts.writes[name]?.lines);
  }
  const schemas = new Set(
    [...rights.keys()].filter((name) => name.includes(".")).map((name) => name.split(".")[0] ?? ""),
  );
  return [
    "",
    "-- The rights of the connector's login.",
    ...[...schemas].map((schema) => `grant usage on schema ${quoted(schema)} to ${login};`),
    ...[...rights].map(([table, kinds]) => `grant ${[...kinds].join(", ")} on ${quoted(table)} to ${login};`),
    ...(facts.log
      ? [
          `grant usage on schema ${POSTGRES_SCHEMA} to ${login};`,
          `grant select on all tables in schema ${POSTGRES_SCHEMA} to ${login};`,
          "-- Without the next two the log is never pruned, and grows for ever.",
          `grant delete on ${POSTGRES_SCHEMA}.${POSTGRES_LOG} to ${login};`,
          `grant insert, update, delete on ${POSTGRES_SCHEMA}.${POSTGRES_READERS} to ${login};`,
        ]
      : []),
  ];
}

async function currentUser({ db }: SqlConnection): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_user::text as name`.execute(db);
  return rows[0]?.name ?? "";
}

function terminated(statement: string): string {
  return `${statement.trim()};`;
}
