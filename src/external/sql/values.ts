/** Values between the database and the connector. */
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { ColumnInfo } from "./catalog.ts";

/** A row as the driver returns it. */
export type Row = Readonly<Record<string, string | number | bigint | boolean | Uint8Array | null>>;

/**
 * A column's value as the connector sees it.
 *
 * Decimals keep the digits that the database shows, a float becomes its shortest decimal text without an exponent, a
 * timestamp becomes `YYYY-MM-DDThh:mm:ss[.f]`, one with a time zone ends in Z. Bytes become hexadecimal text.
 */
export function decodeValue(value: Row[string] | undefined, column: ColumnInfo): ExternalValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : plainDecimal(value);
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (column.type.startsWith("timestamp")) return isoTimestamp(value);
  return /^(real|double precision)$/.test(column.type) ? plainDecimal(Number(value)) : value;
}

/** The fields of a row by column name. `prefix` stands before the names in the row. */
export function decodeFields(row: Row, columns: readonly ColumnInfo[], prefix: string): ExternalFields {
  return Object.fromEntries(
    columns.map((column) => [column.name, decodeValue(row[`${prefix}${column.name}`], column)]),
  );
}

/** A value as a parameter. PostgreSQL gets texts, which it reads as the column's type; SQLite gets the value. */
export function encodeValue(value: ExternalValue, dialect: "sqlite" | "postgres"): ExternalValue {
  return value === null || dialect === "sqlite" ? value : String(value);
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
