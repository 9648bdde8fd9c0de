/**
 * How values are written: in the type that the column really has, and spelled as the column spells them.
 *
 * What was read as a boolean, a number or a time is written back as what it was read from. Where the type alone does not
 * say how (a boolean in a text column, anything in a column of SQLite without a type), a value that is in the column is
 * the example.
 */
import { type RawBuilder, sql } from "kysely";
import type { ExternalValue } from "../../model/external-record.ts";
import type { ColumnInfo } from "./catalog.ts";
import { columnClass } from "./column-facts.ts";
import type { SqlConnection } from "./connection.ts";

/** A value that is in the column: its text, and how the database keeps it (SQLite's `typeof`, else `text`). */
export interface Example {
  readonly text: string;
  readonly storage: string;
}

/** Whether the value cannot be written before an example is known. */
export function needsExample(
  dialect: SqlConnection["dialect"],
  column: ColumnInfo,
  value: ExternalValue | undefined,
): boolean {
  if (value === null || value === undefined) return false;
  const sort = columnClass(dialect, column);
  if (typeof value === "boolean") return sort === "text" || dialect === "sqlite";
  return (
    sort === "untyped" || ((sort === "text" || dialect === "sqlite") && typeof value === "string" && MOMENT.test(value))
  );
}

/** A value as a parameter or an expression. PostgreSQL gets texts, which it reads as the column's type. */
export function encodeValue(
  dialect: SqlConnection["dialect"],
  column: ColumnInfo,
  value: ExternalValue,
  example: Example | undefined,
): ExternalValue | RawBuilder<unknown> {
  if (value === null) return null;
  const plain = typeof value === "boolean" ? spellBoolean(dialect, column, value, example) : respell(value, example);
  if (dialect === "postgres") {
    const text = String(plain);
    // What a text means as money depends on the server's locale; a numeric means the same everywhere.
    return columnClass(dialect, column) === "money" ? sql`cast(cast(${text} as numeric) as money)` : text;
  }
  return columnClass(dialect, column) === "untyped" ? inStorage(plain, example) : plain;
}

/** Blanks as the column takes them: '' where a text must not be null. */
export function emptyValue(dialect: SqlConnection["dialect"], column: ColumnInfo, useEmptyText: boolean): "" | null {
  return useEmptyText && !column.nullable && columnClass(dialect, column) === "text" ? "" : null;
}

function spellBoolean(
  dialect: SqlConnection["dialect"],
  column: ColumnInfo,
  value: boolean,
  example: Example | undefined,
): ExternalValue {
  const spelled = example?.storage === "text" ? spelledLike(example.text, value) : undefined;
  const sort = columnClass(dialect, column);
  if (sort === "text") return spelled ?? (shortText(column) ? digit(value) : String(value));
  if (dialect === "sqlite") return spelled ?? value;
  return sort === "number" || sort === "money" || sort === "bit" ? digit(value) : String(value);
}

function spelledLike(example: string, value: boolean): string | undefined {
  const text = example.trim();
  if (text === "0" || text === "1") return digit(value);
  if (!/^(true|false)$/i.test(text)) return undefined;
  const word = String(value);
  if (text === text.toUpperCase()) return word.toUpperCase();
  return text === text.toLowerCase() ? word : word.charAt(0).toUpperCase() + word.slice(1);
}

function digit(value: boolean): string {
  return value ? "1" : "0";
}

/** Too short for the word `false`. */
function shortText({ base }: ColumnInfo): boolean {
  const length = /\((\d+)\)/.exec(base)?.[1];
  return base === "character" || (length !== undefined && Number(length) < "false".length);
}

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A date or time as the example spells them, where both mean the same kind of time. */
function respell(value: Exclude<ExternalValue, null | boolean>, example: Example | undefined): ExternalValue {
  if (typeof value !== "string" || example?.storage !== "text") return value;
  const ours = MOMENT.exec(value);
  const theirs = MOMENT.exec(example.text);
  if (ours === null || theirs === null) return value;
  const [, day = "", separator, time = "", zone] = ours;
  const [, , theirSeparator, theirTime, theirZone] = theirs;
  if (theirSeparator === undefined || theirTime === undefined) return value;
  // A day in a column of moments is their midnight, if that is how the others are written.
  if (separator === undefined) {
    return /^00:00(:00)?$/.test(theirTime) ? `${day}${theirSeparator}${theirTime}${theirZone ?? ""}` : value;
  }
  const isUtc = (text: string | undefined): boolean => text !== undefined && /^(Z|[+-]00(:?00)?)$/.test(text);
  if (zone === undefined ? theirZone !== undefined : !isUtc(zone)) return value;
  const fraction = /\.\d+/.exec(value)?.[0] ?? "";
  const ourZone = isUtc(zone) && isUtc(theirZone) ? (theirZone ?? "") : (zone ?? "");
  return `${day}${theirSeparator}${time}${fraction}${ourZone}`;
}

/** A number as a number where the column's other values are numbers: SQLite takes 7 and '7' for different values. */
function inStorage(value: ExternalValue, example: Example | undefined): ExternalValue {
  if (typeof value !== "string" || (example?.storage !== "integer" && example?.storage !== "real")) return value;
  if (example.storage === "integer" && /^-?\d{1,18}$/.test(value)) return BigInt(value);
  const number = Number(value);
  return value.trim() !== "" && String(number) === value ? number : value;
}
