/** Looks around in the user's database for `order-sync init`: tables, columns, keys, and the values of status columns. */
import { sql } from "kysely";
import { readTable, tableNames } from "./catalog.ts";
import { connectSql, type Db, externalFault, tableRef } from "./connection.ts";

/** One table as a starter configuration sees it. */
export interface SurveyedTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns that name a row; empty where nothing is unique. */
  readonly key: readonly string[];
  /** Other unique columns, for example a customer number beside a generated Id. */
  readonly otherKeys?: readonly (readonly string[])[];
  /** Values that occur in columns called state or status, at most 20 each. */
  readonly statuses: Readonly<Record<string, readonly string[]>>;
}

const STATUS_COLUMN = /^(order_?)?(state|status)$/i;
const VALUES_MAX = 20;
const LOCK_WAIT_MS = 5_000;

/** Reads nothing but the catalog and the distinct values of status columns. Throws `EXTERNAL_*`. */
export async function surveyDatabase(url: string): Promise<readonly SurveyedTable[]> {
  const connection = connectSql({ url, lockWaitMs: LOCK_WAIT_MS });
  try {
    const tables: SurveyedTable[] = [];
    for (const name of await tableNames(connection)) {
      const table = await readTable(connection, name);
      if (table === undefined || name.startsWith("order_sync")) continue;
      const columns = [...table.columns.keys()];
      const statuses: Record<string, readonly string[]> = {};
      for (const column of columns.filter((one) => STATUS_COLUMN.test(one))) {
        statuses[column] = await distinct(connection.db, name, column);
      }
      tables.push({ name, columns, key: table.uniqueKeys[0] ?? [], otherKeys: table.uniqueKeys.slice(1), statuses });
    }
    return tables;
  } catch (error) {
    throw externalFault(error, connection.place);
  } finally {
    await connection.db.destroy();
  }
}

async function distinct(db: Db, table: string, column: string): Promise<readonly string[]> {
  const { rows } = await sql<{ value: unknown }>`
    select distinct ${sql.id(column)} as value from ${tableRef(table)} where ${sql.id(column)} is not null
    order by 1 limit ${sql.lit(VALUES_MAX)}
  `.execute(db);
  return rows.map((row) => String(row.value));
}
