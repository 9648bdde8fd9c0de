/** Query results as CSV lines: which queries Bulk answers, and how their values are written. Source: rest-api §5.3, §12. */
import { computedRecords } from "../org/computed-records.ts";
import type { Actor } from "../org/contract.ts";
import { visibleRecords } from "../org/dataset.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { FieldDefinition, FieldValue } from "../schema/definition.ts";
import { csvText } from "../schema/serialise.ts";
import type { BoundQuery, Column } from "../soql/bound.ts";
import type { PreparedQuery } from "../soql/query.ts";
import { type CsvForm, csvLine } from "./csv.ts";
import { bulkError } from "./job.ts";

/** One column of the result. */
export interface CsvColumn {
  readonly header: string;
  readonly path: readonly string[];
  /** The field whose scale and type decide the text; undefined for functions. */
  readonly field: FieldDefinition | undefined;
}

/** A query ready to run for somebody. */
export interface CsvQuery extends CsvForm {
  readonly actor: Actor;
  readonly prepared: PreparedQuery;
  readonly columns: readonly CsvColumn[];
  readonly apiVersion: number;
  readonly includeDeleted: boolean;
}

/** Runs a query in a transaction of its own; one line a record. */
export function queryCsv(org: MockOrgCore, query: CsvQuery): readonly string[] {
  const { actor, prepared, columns, apiVersion, includeDeleted } = query;
  return org.transaction(actor, (tx) => {
    const outcome = prepared.run({
      catalog: actor.access.catalog,
      data: computedRecords(tx, visibleRecords(tx)),
      nowMs: org.clock.nowMs(),
      userId: actor.userId,
      timeZone: actor.timeZone,
      locale: actor.locale,
      apiVersion,
      includeDeleted,
    });
    return outcome.records.map((record) => {
      const cells = columns.map((column) => cellOf(record, column));
      return csvLine(cells, query);
    });
  });
}

/** The CSV columns of a query, in the order of its select list; throws `OrgError` for what Bulk does not answer. */
export function bulkColumns(bound: BoundQuery): readonly CsvColumn[] {
  if (bound.kind !== "rows") {
    throw bulkError("API_ERROR", "Aggregate functions and GROUP BY not supported in Bulk Query");
  }
  if (bound.offset > 0) throw bulkError("API_ERROR", "OFFSET not supported in Bulk Query");
  return bound.columns.flatMap((column) => csvColumns(column, []));
}

function csvColumns(column: Column, above: readonly string[]): readonly CsvColumn[] {
  const path = [...above, column.key];
  switch (column.kind) {
    case "parent":
      return column.columns.flatMap((inner) => csvColumns(inner, path));
    case "children":
      throw bulkError("API_ERROR", "Aggregate Relationships not supported in Bulk V2 Query with CSV content type");
    case "typeOf":
      throw bulkError("API_ERROR", "TYPEOF not supported in Bulk Query");
    case "value": {
      const field = column.expression.kind === "field" ? column.expression.field : undefined;
      if (field?.type === "address" || field?.type === "location") {
        throw bulkError("API_ERROR", "Selecting compound data not supported in Bulk Query");
      }
      return [{ header: path.join("."), path, field }];
    }
  }
}

function cellOf(record: unknown, { path, field }: CsvColumn): string {
  let value: unknown = record;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return "";
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  if (!isFieldValue(value) || value === null) return "";
  return field === undefined ? String(value) : csvText(field, value);
}

function isFieldValue(value: unknown): value is FieldValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
