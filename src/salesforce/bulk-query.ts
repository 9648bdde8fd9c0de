/**
 * Bulk 2.0 queries, for first loads that are too large for pages of 2,000 rows (reference: rest-api §12).
 *
 * Cells are texts: an empty one becomes null, `true` and `false` become booleans, and numbers stay texts with all their
 * digits; canonical values are the same as from JSON. Parents become nested records.
 */
import { parse } from "csv-parse/sync";
import { SyncError } from "../errors.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import { type BulkPolling, changeJobState, waitForJob } from "./bulk-job.ts";
import type { OrgCaller } from "./caller.ts";
import { CallFailure, isJsonObject } from "./failure.ts";

/** Rows of one result page: it is held in memory while it is worked through. */
const PAGE_ROWS = 10_000;

/**
 * Runs a query job and returns its pages, or null when the org does not run it (refused, failed, or not ended in time):
 * the caller then pages. A failure after that rejects with `SyncError`.
 */
export async function openBulkQuery(
  caller: OrgCaller,
  soql: string,
  polling: BulkPolling,
): Promise<AsyncGenerator<readonly SalesforceRecord[], void> | null> {
  const jobs = `${caller.connection.root}/jobs/query`;
  try {
    const { body } = await caller.attemptCall(
      {
        method: "POST",
        path: jobs,
        json: { operation: "query", query: soql, contentType: "CSV", lineEnding: "LF", columnDelimiter: "COMMA" },
      },
      // A query job that is made twice only costs a job.
      { intent: "read", name: "create Bulk query" },
    );
    const jobId = isJsonObject(body) ? body["id"] : undefined;
    if (typeof jobId !== "string") return null;
    const job = `${jobs}/${jobId}`;
    const { state } = await waitForJob(caller, job, polling);
    if (state === "complete") return resultPages(caller, job);
    if (state === "running") await changeJobState(caller, job, "Aborted");
    return null;
  } catch (error) {
    // Whatever the org has against the job, paging is the way that always works.
    if (error instanceof CallFailure && error.failure.kind === "http") return null;
    throw error instanceof CallFailure ? caller.explain(error, "Bulk query") : error;
  }
}

async function* resultPages(caller: OrgCaller, job: string): AsyncGenerator<readonly SalesforceRecord[], void> {
  let locator: string | null = null;
  const seen = new Set<string>();
  do {
    const path = `${job}/results?maxRecords=${PAGE_ROWS}${locator === null ? "" : `&locator=${encodeURIComponent(locator)}`}`;
    const { body, headers } = await caller.call(
      { method: "GET", path, raw: true, headers: { accept: "text/csv" } },
      { intent: "read", name: "Bulk query results" },
    );
    const records = parseRecords(typeof body === "string" ? body : "");
    if (records.length > 0) yield records;
    // The literal text "null" stands on the last page (rest-api §12 [doc]).
    const next = headers["sforce-locator"] ?? "null";
    locator = next === "null" ? null : next;
    if (locator !== null && seen.has(locator)) {
      throw new SyncError("SALESFORCE_UNAVAILABLE", `${caller.host}: the pages of a Bulk query run in a circle`);
    }
    if (locator !== null) seen.add(locator);
  } while (locator !== null);
}

/** The records of one result page. */
export function parseRecords(csv: string): readonly SalesforceRecord[] {
  let rows: string[][];
  try {
    rows = parse(csv, { bom: true, skip_empty_lines: true, record_delimiter: ["\r\n", "\n"] });
  } catch (error) {
    throw new SyncError("SALESFORCE_UNAVAILABLE", "a page of a Bulk query is not readable as CSV", { cause: error });
  }
  const [header = [], ...lines] = rows;
  const paths = header.map((column) => column.split("."));
  return lines.map((cells) => {
    const record: Record<string, unknown> = {};
    for (const [index, path] of paths.entries()) place(record, path, cellValue(cells[index] ?? ""));
    return collapseParents(record);
  });
}

function cellValue(cell: string): string | boolean | null {
  if (cell === "") return null;
  return cell === "true" ? true : cell === "false" ? false : cell;
}

function place(record: Record<string, unknown>, path: readonly string[], value: string | boolean | null): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    record[name] = value;
    return;
  }
  const nested: Record<string, unknown> = isJsonObject(record[name]) ? { ...record[name] } : {};
  place(nested, rest, value);
  record[name] = nested;
}

/** A parent without any value is null, as in JSON. */
function collapseParents(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(record).map(([name, value]): [string, unknown] => {
    if (!isJsonObject(value)) return [name, value];
    const parent = collapseParents(value);
    return [name, Object.values(parent).every((part) => part === null) ? null : parent];
  });
  return Object.fromEntries(entries);
}
