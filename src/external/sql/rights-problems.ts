/** What `check` says about the rights that every run needs: to read the tables and the change log. */
import { sql } from "kysely";
import type { ExternalProblem } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import { quotedName } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";
import { type TableRights, tableRights, tablesOf, unreadableColumns } from "./rights.ts";
import { POSTGRES_LOG, POSTGRES_SCHEMA } from "./triggers.ts";

/** Lists the missing rights of one collection; rights to write are reported by its facts, because not every mapping writes. */
export async function rightsProblems(
  connection: SqlConnection,
  bound: BoundCollection,
): Promise<readonly ExternalProblem[]> {
  if (connection.dialect === "sqlite") return [];
  const problems: ExternalProblem[] = [];
  const place = `external.collections.${bound.name}`;
  for (const table of tablesOf(bound)) {
    const rights = await tableRights(connection, table);
    const name = `"${table.info.name}"`;
    const hidden = unreadableColumns(rights, table);
    if (!rights.usesSchema) {
      const message = `the database user ${rights.user} may not use the schema of ${name}; grant usage on it`;
      problems.push({ place, message });
    } else if (hidden.length === table.columns.length) {
      problems.push({ place, message: `the database user ${rights.user} may not read ${name}; grant select on it` });
    } else if (hidden.length > 0) {
      const columns = hidden.map((column) => `"${column}"`).join(", ");
      const message = `the database user ${rights.user} may not read ${columns} of ${name}; grant select on it, or list the others under columns`;
      problems.push({ place, message });
    }
    if (rights.rowSecurity) {
      const message = `row security is on for ${name}: rows that its policies hide from ${rights.user} look as if they were not there`;
      problems.push({ place, message, warning: true });
    }
    if (bound.changes.kind === "changeLog")
      problems.push(...(await installProblems(connection, table.info.name, rights, place)));
  }
  if (bound.changes.kind === "changeLog") problems.push(...(await logRights(connection, place)));
  return problems;
}

/** Where the triggers are missing, somebody else has to install them. */
async function installProblems(
  connection: SqlConnection,
  table: string,
  { owns, owner, user }: TableRights,
  place: string,
): Promise<readonly ExternalProblem[]> {
  if (owns) return [];
  const { rows } = await sql<{ installed: boolean }>`
    select exists (select from pg_trigger t where t.tgname like 'order\\_sync\\_%' and t.tgrelid = to_regclass(${quotedName(table)})) as installed
  `.execute(connection.db);
  if (rows[0]?.installed === true) return [];
  const message = `table "${table}" belongs to ${owner}, and ${user} cannot install its change log; let ${owner} run what \`order-sync init --print-sql\` writes`;
  return [{ place: `${place}.changes`, message }];
}

async function logRights(connection: SqlConnection, place: string): Promise<readonly ExternalProblem[]> {
  const { rows } = await sql<{ user: string; uses: boolean; reads: boolean }>`
    select current_user::text as "user", has_schema_privilege(n.oid, 'USAGE') as uses,
      has_table_privilege(c.oid, 'SELECT') as reads
    from pg_namespace n join pg_class c on c.relnamespace = n.oid
    where n.nspname = ${POSTGRES_SCHEMA} and c.relname = ${POSTGRES_LOG}
  `.execute(connection.db);
  const [log] = rows;
  if (log === undefined || (log.uses && log.reads)) return [];
  const right = log.uses ? `select on ${POSTGRES_SCHEMA}.${POSTGRES_LOG}` : `usage on schema ${POSTGRES_SCHEMA}`;
  return [
    { place: `${place}.changes`, message: `the database user ${log.user} cannot read the change log; grant ${right}` },
  ];
}
