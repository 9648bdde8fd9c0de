/** Values between the database and the connector. */
import { type RawBuilder, sql } from "kysely";
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { ColumnInfo } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";

/** A row as the driver returns it. */
export type Row = Readonly<Record<string, string | number | bigint | boolean | Uint8Array | null>>;

/** A value that is there and cannot be read; its message names the column. */
export class UnreadableValue extends Error {}

/** Select items that `decodeFields` reads, by the place in the list: PostgreSQL cuts names at 63 bytes. */
export function fieldItems(
  { dialect }: Pick<SqlConnection, "dialect">,
  columns: readonly ColumnInfo[],
  prefix: string,
): RawBuilder<unknown> {
  return sql.join(columns.map((column, index) => sql`${fieldItem(dialect, column)} as ${sql.id(`${prefix}${index}`)}`));
}

function fieldItem(dialect: SqlConnection["dialect"], column: ColumnInfo): RawBuilder<unknown> {
  const item = sql.id(column.name);
  // Money shows a currency and groups, as the server's locale has them.
  if (dialect === "postgres") return column.base === "money" ? sql`cast(${item} as numeric)` : item;
  // Some texts that a file may hold are more than libsql 0.5.29 can read, so texts come as bytes and are decoded here.
  return sql`case typeof(${item}) when 'text' then cast(${item} as blob) when 'blob' then lower(hex(${item})) else ${item} end`;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array, column: ColumnInfo): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UnreadableValue(
      `the text in column "${column.name}" is not valid UTF-8 (it begins with the bytes ${Buffer.from(bytes.subarray(0, BYTES_SHOWN_MAX)).toString("hex")}); correct it there`,
    );
  }
}

const BYTES_SHOWN_MAX = 20;

/**
 * A column's value as the connector sees it.
 *
 * Decimals keep the digits that the database shows, a float becomes its shortest decimal text without an exponent, a
 * timestamp becomes `YYYY-MM-DDThh:mm:ss[.f]`, one with a time zone ends in Z. Throws `UnreadableValue`.
 */
export function decodeValue(value: Row[string] | undefined, column: ColumnInfo): ExternalValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : plainDecimal(value);
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  if (value instanceof Uint8Array) return decodeText(value, column);
  if (column.type.startsWith("timestamp")) return isoTimestamp(value);
  return /^(real|double precision)$/.test(column.type) ? plainDecimal(Number(value)) : value;
}

/** The fields of a row by column name, selected with `fieldItems` of the same columns. Throws `UnreadableValue`. */
export function decodeFields(row: Row, columns: readonly ColumnInfo[], prefix: string): ExternalFields {
  return Object.fromEntries(
    columns.map((column, index) => [column.name, decodeValue(row[`${prefix}${index}`], column)]),
  );
}

/** A canonical instant, a time without a zone as it is (`YYYY-MM-DDThh:mm:ss`), or null for what is neither. */
export function canonicalInstant(value: ExternalValue): string | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(
    String(value ?? ""),
  );
  if (match === null) return null;
  const [, date, time = "", fraction = "", zone] = match;
  if (zone === undefined) return `${date}T${time.length === 5 ? `${time}:00` : time}`;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const at = new Date(`${date}T${time.length === 5 ? `${time}:00` : time}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace(/\.000Z$/, "Z");
}

function isoTimestamp(text: string): string {
  return text.replace(/^(\d{4,}-\d\d-\d\d) /, "$1T").replace(/\+00(:00)?$/, "Z");
}

function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", lead = "", rest = "", exponent = "0"] = match;
  const digits = lead + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, "0")}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
