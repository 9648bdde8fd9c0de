/**
 * The one order of a collection's rows: what ORDER BY says, where the next page begins, and what a cursor keeps of a row.
 *
 * A page condition that compares in another way than ORDER BY sorts skips rows silently, so both are made from the same
 * terms here. Two rows with different keys are never equal in this order, and a place that was stored as text compares
 * just as the row did: PostgreSQL's texts are exact for the settings that our sessions have, SQLite's are not (a REAL
 * shows 15 digits, and 1, '1' and x'31' look alike), so there the storage class and all digits or bytes are kept.
 */
import assert from "node:assert/strict";
import { type RawBuilder, sql } from "kysely";
import type { ColumnInfo, SortTerm } from "./catalog.ts";
import type { SqlConnection } from "./connection.ts";
import type { Row } from "./values.ts";

/** The name of the table in statements that use an order. A qualified name never means an output column. */
const ROW = "r";
/** Prefixes of the select items that tell a row's place. */
const PLACE = "o_";
const CLASS = "c_";

/** Where a row stands: one text for each column of the order. */
export type Place = readonly string[];

/** An order over some columns of a table. */
export interface KeyOrder {
  /** What ORDER BY lists. */
  readonly orderBy: RawBuilder<unknown>;
  /** Select items that `placeOf` reads. */
  readonly items: RawBuilder<unknown>;
  /** Changes when columns are sorted in another way: a place of another order means nothing. */
  readonly signature: string;
  /** The condition that a row stands behind a place. */
  after(place: Place): RawBuilder<unknown>;
  /** The condition that a row stands at a place or behind it. */
  from(place: Place): RawBuilder<unknown>;
  /** The place of a row that was selected with `items`. */
  placeOf(row: Row): Place;
}

/** The order by these columns, none of which is empty in the rows that are sorted. */
export function keyOrder({ dialect }: Pick<SqlConnection, "dialect">, columns: readonly ColumnInfo[]): KeyOrder {
  const terms = columns.flatMap((column, index) => column.sorting.map((term) => ({ column, index, term })));
  const sorted = terms.map(({ column, term }) => sortTerm(dialect, column, term));
  const signature = columns.map((column) => `${column.name} ${column.type} ${column.sorting.join("+")}`).join(", ");
  const part = dialect === "sqlite" ? sqliteParameter : (text: string): RawBuilder<unknown> => sql`${text}`;
  const compare = (operator: ">" | ">=", place: Place): RawBuilder<unknown> => {
    assert(place.length === columns.length, "a place has one part for each column");
    const parts = terms.map(({ index }) => part(place[index] ?? ""));
    const [firstTerm, firstPart] = [sorted[0], parts[0]];
    assert(firstTerm !== undefined && firstPart !== undefined, "an order has columns");
    if (sorted.length === 1) return sql`${firstTerm} ${sql.raw(operator)} ${firstPart}`;
    // SQLite finds a row by an index only where plain columns are compared; elsewhere the first term brings it near.
    const near = dialect === "sqlite" ? sql`${firstTerm} >= ${firstPart} and ` : sql``;
    return sql`${near}(${sql.join(sorted)}) ${sql.raw(operator)} (${sql.join(parts)})`;
  };
  return {
    orderBy: sql.join(sorted),
    items: sql.join(columns.map((column, index) => placeItem(dialect, column, index))),
    signature,
    after: (place) => compare(">", place),
    from: (place) => compare(">=", place),
    placeOf: (row) => columns.map((_, index) => placePart(dialect, row, index)),
  };
}

/** A column of the sorted table, in a statement whose FROM is `sortedTable`. */
export function sortedColumn(column: ColumnInfo): RawBuilder<unknown> {
  return sql.id(ROW, column.name);
}

/** What a part of a place looks like to a user of the database. */
export function shownPart({ dialect }: Pick<SqlConnection, "dialect">, part: string): string {
  if (dialect === "postgres") return part;
  const [storageClass = "", shown = ""] = part.split(" ");
  return storageClass === "text" ? Buffer.from(shown, "hex").toString("utf8") : shown;
}

/** The table for FROM, under the name that the terms of an order use. */
export function sortedTable(table: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${table} as ${sql.id(ROW)}`;
}

function sortTerm(dialect: SqlConnection["dialect"], column: ColumnInfo, term: SortTerm): RawBuilder<unknown> {
  const plain = sortedColumn(column);
  switch (term) {
    case "own":
      return plain;
    case "bytes":
      return dialect === "sqlite" ? sql`${plain} collate binary` : sql`cast(${plain} as text) collate "C"`;
    case "nocase":
      return sql`${plain} collate nocase`;
    case "rtrim":
      return sql`${plain} collate rtrim`;
  }
}

function placeItem(dialect: SqlConnection["dialect"], column: ColumnInfo, index: number): RawBuilder<unknown> {
  const plain = sortedColumn(column);
  const name = sql.id(`${PLACE}${index}`);
  if (dialect === "postgres") return sql`cast(${plain} as text) as ${name}`;
  return sql`case typeof(${plain}) when 'text' then cast(${plain} as blob) else ${plain} end as ${name},
    typeof(${plain}) as ${sql.id(`${CLASS}${index}`)}`;
}

function placePart(dialect: SqlConnection["dialect"], row: Row, index: number): string {
  const value = row[`${PLACE}${index}`] ?? null;
  assert(value !== null, "a sorted row has a value in every column of the order");
  if (dialect === "postgres") return String(value);
  const shown = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
  return `${String(row[`${CLASS}${index}`])} ${shown}`;
}

/** A part of a place as SQLite had it. The plus sign takes the type affinity away, which would turn 5 into '5'. */
function sqliteParameter(part: string): RawBuilder<unknown> {
  const [storageClass = "", shown = ""] = part.split(" ");
  switch (storageClass) {
    case "integer":
      return sql`${BigInt(shown)}`;
    case "real":
      return sql`${Number(shown)}`;
    case "text":
      return sql`+cast(${Buffer.from(shown, "hex")} as text)`;
    default:
      return sql`${Buffer.from(shown, "hex")}`;
  }
}
