/** Conditions that find rows by the texts of their keys, so that an index of the key serves. */
import { type RawBuilder, sql } from "kysely";
import type { NaturalKey } from "../../model/key.ts";
import type { ColumnInfo } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";
import { affinityOf } from "./key-text.ts";

const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The condition that a row has one of these keys. `keys` is not empty.
 *
 * The database compares: '007' finds the number 7, and where case does not count 'AB' finds 'Ab'. Whoever needs the very
 * text compares it with the key that is read.
 */
export function keysMatch(
  connection: SqlConnection,
  columns: readonly ColumnInfo[],
  keys: readonly NaturalKey[],
): RawBuilder<unknown> {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) {
    return matches(
      connection,
      only,
      keys.map((key) => key[0] ?? ""),
    );
  }
  const oneKey = (key: NaturalKey): RawBuilder<unknown> =>
    sql`(${sql.join(
      columns.map((column, index) => matches(connection, column, [key[index] ?? ""])),
      sql` and `,
    )})`;
  return sql`(${sql.join(keys.map(oneKey), sql` or `)})`;
}

function matches({ dialect }: SqlConnection, column: ColumnInfo, texts: readonly string[]): RawBuilder<unknown> {
  const values = texts.flatMap((text) =>
    dialect === "postgres" ? [postgresForm(column, text)] : storedForms(column, text),
  );
  return sql`${comparable(dialect, column)} in (${sql.join(values)})`;
}

function comparable(dialect: SqlConnection["dialect"], column: ColumnInfo): RawBuilder<unknown> {
  const plain = sql.id(column.name);
  if (dialect === "sqlite")
    return column.comparedIn === undefined ? plain : sql`${plain} collate ${sql.raw(column.comparedIn)}`;
  // An extension's type may have no operator that the search path shows; citext has text's then.
  const known = column.sorting[0] === "own" || /(^|\.)citext$/.test(column.type);
  return known ? plain : sql`cast(${plain} as text)`;
}

/** A number column of lines may show 1.00 where the record's key is 1, and PostgreSQL does not read that as a whole number. */
function postgresForm({ type }: ColumnInfo, text: string): string {
  return /^(smallint|integer|bigint)$/.test(type) ? text.replace(/^(-?\d+)\.0+$/, "$1") : text;
}

/** What a key's part may be in the file: a column without a type keeps 7, '7' and x'37' apart, and all are spelled 7. */
function storedForms(column: ColumnInfo, text: string): readonly unknown[] {
  const affinity = affinityOf(column);
  if (affinity === "integer" || affinity === "text") return [text];
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const bytes = /^(?:[0-9a-f]{2})+$/.test(text) ? [Buffer.from(text, "hex")] : [];
  return [text, ...integerForm(text), ...(Number.isFinite(number) ? [number] : []), Buffer.from(text), ...bytes];
}

function integerForm(text: string): readonly bigint[] {
  if (!INTEGER.test(text)) return [];
  const value = BigInt(text);
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? [value] : [];
}
