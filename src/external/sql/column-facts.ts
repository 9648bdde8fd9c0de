/** What the columns of a table can hold: their class, which says how values are written, and facts for preflight. */
import type { ExternalFieldFacts, ExternalFieldKind } from "../../model/external-facts.ts";
import type { ColumnInfo } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";
import { affinityOf } from "./key-text.ts";

/** How a column takes values. `untyped` (SQLite) keeps every value in the type that it comes in. */
export type ColumnClass = "boolean" | "number" | "money" | "bit" | "text" | "untyped" | "other";

/** Decimal digits that always survive in PostgreSQL's types (documentation, "Numeric Types"). */
const DIGITS: Readonly<Record<string, number>> = {
  smallint: 4,
  integer: 9,
  bigint: 18,
  real: 6,
  "double precision": 15,
};

/** The class of a column by its innermost type. */
export function columnClass(dialect: SqlConnection["dialect"], { base }: ColumnInfo): ColumnClass {
  return dialect === "sqlite" ? sqliteClass(base) : postgresClass(base);
}

/** Facts by column. */
export function columnFacts(
  dialect: SqlConnection["dialect"],
  columns: readonly ColumnInfo[],
): Readonly<Record<string, ExternalFieldFacts>> {
  return Object.fromEntries(columns.map((column) => [column.name, factsOf(dialect, column)]));
}

/** Facts of one column. */
export function factsOf(dialect: SqlConnection["dialect"], column: ColumnInfo): ExternalFieldFacts {
  const { type, nullable, hasDefault, generated, labels } = column;
  return {
    type: type === "" ? "any" : type,
    nullable,
    hasDefault,
    generated,
    ...(labels && { values: labels }),
    // SQLite enforces no sizes.
    ...(dialect === "postgres" && { ...postgresKind(column.base), ...postgresSize(column.base) }),
  };
}

function sqliteClass(base: string): ColumnClass {
  const affinity = affinityOf({ type: base });
  if (affinity === "text") return "text";
  // A STRICT table keeps every value of a column ANY as it comes.
  return affinity === "none" || base === "any" ? "untyped" : "number";
}

function postgresClass(base: string): ColumnClass {
  if (base === "boolean" || base === "money") return base;
  if (/^bit(\(1\))?$/.test(base)) return "bit";
  if (/^(smallint|integer|bigint|real|double precision|numeric\b.*)$/.test(base)) return "number";
  return /^(text|citext|name|bpchar|character\b.*)$/.test(base) ? "text" : "other";
}

function postgresKind(base: string): { readonly kind?: ExternalFieldKind } {
  const sort = postgresClass(base);
  if (sort === "text" || sort === "boolean") return { kind: sort };
  if (sort === "number" || sort === "money") return { kind: "number" };
  if (base === "date") return { kind: "date" };
  if (!base.startsWith("timestamp")) return {};
  return { kind: base.includes("with time zone") ? "moment" : "localTime" };
}

function postgresSize(base: string): Pick<ExternalFieldFacts, "length" | "precision" | "scale"> {
  const text = /^character(?: varying)?\((\d+)\)$/.exec(base);
  if (text !== null) return { length: Number(text[1]) };
  if (base === "character") return { length: 1 };
  const numeric = /^numeric\((\d+),(-?\d+)\)$/.exec(base);
  if (numeric !== null) return { precision: Number(numeric[1]), scale: Number(numeric[2]) };
  const precision = DIGITS[base];
  if (precision === undefined) return {};
  return base === "real" || base === "double precision" ? { precision } : { precision, scale: 0 };
}
