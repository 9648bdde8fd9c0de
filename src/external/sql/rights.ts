/** What the database lets this user do with a table, and what the table itself takes. */
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { sql } from "kysely";
import type { ExternalFieldFacts, WriteRefusals } from "../../model/external-facts.ts";
import type { BoundCollection, BoundTable } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { quotedName } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";

/** The rights on one table; on SQLite, which has none, those of the file. */
export interface TableRights {
  readonly user: string;
  readonly owner: string;
  /** Whether the user may act as the owner, who alone can install triggers that always fire. */
  readonly owns: boolean;
  readonly usesSchema: boolean;
  /** True where policies may hide rows from the user. */
  readonly rowSecurity: boolean;
  /** True where nothing can be written at all: a standby, a read-only login or file. */
  readonly readOnly: boolean;
  readonly insert: boolean;
  readonly delete: boolean;
  /** The right to update at least one column, which locking a row asks for as well. */
  readonly lock: boolean;
  /** Columns without the right. */
  readonly unselectable: readonly string[];
  readonly uninsertable: readonly string[];
  readonly unupdatable: readonly string[];
  /** Columns that are filled from a sequence which the user may not use. */
  readonly withoutSequence: readonly string[];
}

/** Asks the database. Reads the catalog only. */
export async function tableRights(connection: SqlConnection, table: BoundTable): Promise<TableRights> {
  return connection.dialect === "sqlite" ? fileRights(connection.place) : postgresRights(connection, table.info.name);
}

/** Columns that are read and may not be. */
export function unreadableColumns(rights: TableRights, { columns }: BoundTable): readonly string[] {
  const hidden = new Set(rights.unselectable);
  return columns.map(({ name }) => name).filter((name) => hidden.has(name));
}

/** Why writes of a kind cannot work on a table. */
export function refusalsOf(rights: TableRights, table: BoundTable, filled: readonly ColumnInfo[]): WriteRefusals {
  const { info } = table;
  const name = `"${info.name}"`;
  if (rights.readOnly) {
    const reason = `${name} cannot be written, because the database is read-only for this login; use another one`;
    return { create: reason, update: reason, delete: reason };
  }
  const view = `the view ${name} cannot be written; give it INSTEAD OF triggers or name its table`;
  const without = (missing: readonly string[]): string | undefined =>
    missing.length === 0
      ? undefined
      : `the database user ${rights.user} may not ${missing.join(" and ")} ${name}; grant ${missing.join(", ")} on it`;
  const lock = rights.lock ? [] : ["update"];
  const create =
    (info.takes.create ? without([...(rights.insert ? [] : ["insert"]), ...lock]) : view) ??
    unfilled(rights, table, filled);
  const update = info.takes.update ? without(lock) : view;
  const remove = info.takes.delete ? without([...(rights.delete ? [] : ["delete"]), ...lock]) : view;
  return { ...(create && { create }), ...(update && { update }), ...(remove && { delete: remove }) };
}

/** Columns of a new row for which there would be no value, whatever the mapping says. */
function unfilled(
  rights: TableRights,
  { info, columns }: BoundTable,
  filled: readonly ColumnInfo[],
): string | undefined {
  const assigned = filled.find(({ generated }) => generated);
  if (assigned !== undefined)
    return `the database itself assigns "${assigned.name}" of "${info.name}", so no record can be made there with a key of ours`;
  const known = new Set([...columns, ...filled].map(({ name }) => name));
  const unread = [...info.columns.values()].find(
    ({ name, nullable, hasDefault, generated }) => !known.has(name) && !nullable && !hasDefault && !generated,
  );
  if (unread !== undefined)
    return `column "${unread.name}" of "${info.name}" must have a value, has no default and is not read; give it a default`;
  const [sequence] = rights.withoutSequence;
  return sequence === undefined
    ? undefined
    : `the database user ${rights.user} may not use the sequence of "${sequence}" of "${info.name}"; grant usage on it`;
}

/** The facts of columns with what the user may not write. */
export function withRights(
  facts: Readonly<Record<string, ExternalFieldFacts>>,
  rights: TableRights,
): Readonly<Record<string, ExternalFieldFacts>> {
  const insert = new Set(rights.uninsertable);
  const update = new Set(rights.unupdatable);
  return Object.fromEntries(
    Object.entries(facts).map(([name, one]) => [
      name,
      {
        ...one,
        ...(rights.insert && insert.has(name) && { creatable: false as const }),
        ...(rights.lock && update.has(name) && { updatable: false as const }),
      },
    ]),
  );
}

/** The tables of a collection. */
export function tablesOf({ root, lines }: BoundCollection): readonly BoundTable[] {
  return lines === undefined ? [root] : [root, lines];
}

interface RightsRow extends Omit<TableRights, "unselectable" | "uninsertable" | "unupdatable" | "withoutSequence"> {
  /** JSON arrays. */
  readonly unselectable: string;
  readonly uninsertable: string;
  readonly unupdatable: string;
  readonly withoutSequence: string;
}

async function postgresRights(connection: SqlConnection, table: string): Promise<TableRights> {
  const without = (right: string) => sql`
    coalesce((select json_agg(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and not has_column_privilege(c.oid, a.attnum, ${sql.lit(right)})), '[]'::json)::text`;
  const { rows } = await sql<RightsRow>`
    select current_user::text as "user", pg_get_userbyid(c.relowner)::text as owner,
      pg_has_role(c.relowner, 'USAGE') as owns, has_schema_privilege(c.relnamespace, 'USAGE') as "usesSchema",
      row_security_active(c.oid) as "rowSecurity",
      (current_setting('transaction_read_only') = 'on' or pg_is_in_recovery()) as "readOnly",
      has_any_column_privilege(c.oid, 'INSERT') as insert, has_table_privilege(c.oid, 'DELETE') as delete,
      has_any_column_privilege(c.oid, 'UPDATE') as lock,
      ${without("SELECT")} as unselectable, ${without("INSERT")} as uninsertable, ${without("UPDATE")} as unupdatable,
      coalesce((select json_agg(a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atthasdef and a.attidentity = ''
          and not has_sequence_privilege(pg_get_serial_sequence(${quotedName(table)}, a.attname), 'USAGE')
        ), '[]'::json)::text as "withoutSequence"
    from pg_class c where c.oid = to_regclass(${quotedName(table)})
  `.execute(connection.db);
  const [row] = rows;
  if (row === undefined) throw new Error(`table ${table} vanished`);
  const names = (text: string): readonly string[] => JSON.parse(text) as readonly string[];
  return {
    ...row,
    unselectable: names(row.unselectable),
    uninsertable: names(row.uninsertable),
    unupdatable: names(row.unupdatable),
    withoutSequence: names(row.withoutSequence),
  };
}

function fileRights(path: string): TableRights {
  const may = !isReadOnly(path);
  return {
    user: "",
    owner: "",
    owns: true,
    usesSchema: true,
    rowSecurity: false,
    readOnly: !may,
    insert: may,
    delete: may,
    lock: may,
    unselectable: [],
    uninsertable: [],
    unupdatable: [],
    withoutSequence: [],
  };
}

function isReadOnly(path: string): boolean {
  if (path === ":memory:") return false;
  try {
    accessSync(path, constants.W_OK);
    // SQLite makes its journal beside the file.
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch {
    return true;
  }
}
