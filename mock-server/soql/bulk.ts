/**
 * What Bulk API queries may not contain, and their results as columns and cells.
 *
 * Source: reference: soql §11, rest-api §12 and §5.3.
 */
import { OrgError } from "../errors.ts";
import { csvText } from "../schema/serialize.ts";
import { WireDouble } from "../schema/wire-double.ts";
import { OPEN_POINTS } from "./base/open-points.ts";
import type { JsonObject, JsonValue } from "./base/port.ts";
import type { BoundExpression, Column } from "./bind/bound.ts";
import { fieldGroupOf } from "./bind/fields-function.ts";
import { parseQuery } from "./parse/parser.ts";
import type { PreparedQuery } from "./query.ts";

/** Refuses what Bulk API 2.0 cannot answer: compound fields, sub-selects, aggregates, OFFSET and TYPEOF. */
export function assertBulkQuery({ bound, soql }: PreparedQuery): void {
  const { select } = parseQuery(soql);
  for (const item of select === "count" ? [] : select) {
    const group = fieldGroupOf(item, soql);
    if (group === undefined || group === "standard") continue;
    const message = "The SOQL FIELDS function is not supported with an unbounded set of fields in this API.";
    throw new OrgError(400, { code: "MALFORMED_QUERY", message });
  }
  if (bound.kind !== "rows") throw refusal("Aggregate functions and GROUP BY not supported in Bulk Query");
  if (bound.offset > 0) throw refusal("OFFSET not supported in Bulk Query");
  bound.columns.forEach(checkColumn);
}

/** The header of the CSV result: fields in the order of the select list, parents as `Account.Name`. */
export function csvHeader({ bound }: PreparedQuery): readonly string[] {
  return bound.columns.flatMap((column) => headerOf(column, ""));
}

/** The cells of one record in the order of `csvHeader`; null is the empty cell. Not yet quoted. */
export function csvRow({ bound }: PreparedQuery, record: JsonObject): readonly string[] {
  return bound.columns.flatMap((column) => cellsOf(column, record));
}

function checkColumn(column: Column): void {
  switch (column.kind) {
    case "value":
      if (isCompound(column.expression)) throw refusal("Selecting compound data not supported in Bulk Query");
      return;
    case "parent":
      column.columns.forEach(checkColumn);
      return;
    case "children":
      throw refusal("Aggregate Relationships not supported in Bulk V2 Query with CSV content type");
    case "typeOf":
      throw refusal("TYPEOF not supported in Bulk Query");
  }
}

function headerOf(column: Column, prefix: string): readonly string[] {
  if (column.kind === "parent") return column.columns.flatMap((inner) => headerOf(inner, `${prefix}${column.key}.`));
  return [prefix + column.key];
}

function cellsOf(column: Column, record: JsonObject | null): readonly string[] {
  const value = record?.[column.key] ?? null;
  if (column.kind === "parent") return column.columns.flatMap((inner) => cellsOf(inner, asRecord(value)));
  if (value instanceof WireDouble) return [String(value)];
  if (value === null || typeof value === "object") return [""];
  // A function's result is not a stored value: toLabel and FORMAT give text.
  const isStored = column.kind === "value" && column.expression.kind === "field";
  return [isStored ? csvText(column.expression.field, value) : String(value)];
}

function asRecord(value: JsonValue): JsonObject | null {
  return typeof value === "object" && value !== null && !(value instanceof WireDouble) && !isList(value) ? value : null;
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isCompound(expression: BoundExpression): boolean {
  return expression.kind === "field" && (expression.field.type === "address" || expression.field.type === "location");
}

function refusal(message: string): OrgError {
  return new OrgError(400, { code: OPEN_POINTS.bulkRefusalCode, message });
}
