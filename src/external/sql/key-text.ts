/**
 * How a part of a key is spelled as text: the same in the change log and in every reading, or a record would have two
 * names. Pure text, because triggers are text.
 */
import type { ColumnInfo } from "./catalog.ts";

/** What SQLite makes of values in a column (datatype3 §3.1): the rules are tried in this order. */
export type Affinity = "integer" | "text" | "none" | "real" | "numeric";

/** The affinity of a column on SQLite by its declared type. */
export function affinityOf({ type }: Pick<ColumnInfo, "type">): Affinity {
  if (type.includes("int")) return "integer";
  if (/char|clob|text/.test(type)) return "text";
  if (type === "" || type.includes("blob")) return "none";
  return /real|floa|doub/.test(type) ? "real" : "numeric";
}

/**
 * The expression that spells `value`, which is the column in the form that the statement needs.
 *
 * SQLite shows a REAL with 15 digits: where they do not say which one it is, 17 do. Bytes that are no plain text are
 * spelled in hexadecimal.
 */
export function keyText(dialect: "sqlite" | "postgres", value: string, column: ColumnInfo): string {
  const text = `cast(${value} as text)`;
  if (dialect === "postgres") return text;
  const affinity = affinityOf(column);
  if (affinity === "integer" || affinity === "text") return text;
  const plain = `length(${text}) = length(${value}) and ${text} not glob '*[^ -~]*'`;
  return (
    `case typeof(${value}) when 'real' then case when cast(${text} as real) = ${value} then ${text} ` +
    `else printf('%!.17g', ${value}) end ` +
    `when 'blob' then case when ${plain} then ${text} else lower(hex(${value})) end else ${text} end`
  );
}
