/** Rows of a Bulk 2.0 ingest job as CSV, and its results as outcomes. Pure (reference: rest-api §11.5, §11.7). */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { SyncError } from "../errors.ts";
import type { ApiError, FailureClass, RowOperation, RowOutcome, WireValue } from "../model/salesforce-record.ts";
import type { CollectionPart } from "../sync/call.ts";
import { classifyApiErrors } from "./classify.ts";
import { parseRecordId } from "./record-id.ts";

/** Means "set to empty" in a cell; an empty cell means "leave as it is". */
const NULL_CELL = "#N/A";

/** One line of a result file, by column. */
export type ResultRow = Readonly<Record<string, string>>;

/** The three result files of a job that has ended. */
export interface JobResults {
  readonly successful: readonly ResultRow[];
  readonly failed: readonly ResultRow[];
  readonly unprocessed: readonly ResultRow[];
  /** How rows that were never attempted are treated, and why. */
  readonly unprocessedClass: FailureClass;
  readonly unprocessedReason: string;
}

/** The column that tells rows apart: the external-Id field, or Id. */
export function keyColumn(part: CollectionPart): string {
  return part.verb === "upsert" && part.keyField !== null ? part.keyField : "Id";
}

/** A header row and one row per operation; a field that a row does not change is an empty cell. */
export function bulkCsv(part: CollectionPart): string {
  const rows = part.operations.map((operation) => bulkCells(operation));
  const columns = [...new Set([keyColumn(part), ...rows.flatMap((cells) => Object.keys(cells))])];
  return stringify([columns, ...rows.map((cells) => columns.map((column) => cells[column] ?? ""))], {
    record_delimiter: "\n",
  });
}

/** Whether a job can say what the operation says: the text `#N/A` would empty the field. */
export function fitsBulk(operation: RowOperation): boolean {
  return operation.kind === "delete" || !Object.values(operation.fields).includes(NULL_CELL);
}

function bulkCells(operation: RowOperation): Record<string, string> {
  switch (operation.kind) {
    case "upsert":
      return { ...fieldCells(operation.fields), [operation.keyField]: operation.key };
    case "update":
      return { ...fieldCells(operation.fields), Id: operation.recordId };
    case "delete":
      return { Id: operation.recordId };
  }
}

function fieldCells(fields: Readonly<Record<string, WireValue>>): Record<string, string> {
  const cells: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === "") cells[name] = NULL_CELL;
    else if (typeof value !== "object") cells[name] = String(value);
    else if (value.kind === "byKey") cells[`${value.relationship}.${value.keyField}`] = value.key;
    else throw new RangeError(`operation ${value.opId} is referenced from a Bulk job; only graphs refer to operations`);
  }
  return cells;
}

/** A result file; a file of the header alone is no rows. */
export function parseResultFile(csv: string): readonly ResultRow[] {
  try {
    return parse(csv, { columns: true, bom: true, skip_empty_lines: true, record_delimiter: ["\r\n", "\n"] });
  } catch (error) {
    throw new SyncError("SALESFORCE_UNAVAILABLE", "a Bulk result file is not readable as CSV", { cause: error });
  }
}

/** One outcome per operation, in order, matched by key; a row that no file names is `unknown`. */
export function bulkOutcomes(part: CollectionPart, results: JobResults, jobId: string): readonly RowOutcome[] {
  const column = keyColumn(part);
  const successful = byKey(results.successful, column);
  const failed = byKey(results.failed, column);
  const unprocessed = byKey(results.unprocessed, column);
  return part.operations.map((operation): RowOutcome => {
    const { opId } = operation;
    const key = operation.kind === "upsert" ? operation.key : operation.recordId;
    const success = successful.get(key);
    if (success !== undefined) {
      const id = success["sf__Id"] ?? "";
      return { kind: "done", opId, recordId: parseRecordId(id), created: success["sf__Created"] === "true" };
    }
    const failure = failed.get(key);
    if (failure !== undefined) {
      const apiErrors = [parseBulkError(failure["sf__Error"] ?? "")];
      return { kind: "failed", opId, class: classifyApiErrors(apiErrors), apiErrors };
    }
    if (unprocessed.has(key)) {
      const apiErrors = [{ code: "UNPROCESSED", message: results.unprocessedReason, fields: [] }];
      return { kind: "failed", opId, class: results.unprocessedClass, apiErrors };
    }
    return { kind: "unknown", opId, reason: `Bulk job ${jobId} does not tell about this row` };
  });
}

function byKey(rows: readonly ResultRow[], column: string): ReadonlyMap<string, ResultRow> {
  return new Map(rows.map((row) => [row[column] ?? "", row]));
}

/** `CODE:message:fields --` (rest-api §2.2); the message may hold colons. */
export function parseBulkError(text: string): ApiError {
  const parts = /^([A-Z][A-Z0-9_]*):(.*):([^:]*?)\s*--\s*$/s.exec(text);
  if (parts === null) {
    const code = /^[A-Z][A-Z0-9_]*(?=:)/.exec(text)?.[0] ?? "UNKNOWN_EXCEPTION";
    return { code, message: text, fields: [] };
  }
  const [, code = "", message = "", fields = ""] = parts;
  return { code, message, fields: fields.split(/[,\s]+/).filter((field) => field !== "") };
}
