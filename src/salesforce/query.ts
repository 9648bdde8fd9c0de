/** Queries: text, pages and the checks that no row is missing. Paging is done by hand; jsforce's autoFetch stops silently at 10,000 rows. */
import { SyncError } from "../errors.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { OrgCaller } from "./caller.ts";
import { CallFailure, isJsonObject } from "./failure.ts";

/** One page of a query. */
export interface QueryPage {
  readonly totalSize: number;
  readonly records: readonly SalesforceRecord[];
  /** Path of the next page; null on the last one. */
  readonly next: string | null;
}

/** A text as a SOQL literal with its quotes (SOQL reference, "Quoted String Escape Sequences"). */
export function soqlText(value: string): string {
  const escaped = value.replaceAll(/[\\'"\n\r\t\b\f]/g, (character) => ESCAPES[character] ?? character);
  return `'${escaped}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** The path of a query with its text encoded. `all`: soft-deleted rows too. */
export function queryPath(root: string, soql: string, all: boolean): string {
  return `${root}/${all ? "queryAll" : "query"}?q=${encodeURIComponent(soql)}`;
}

/** A page, or undefined when the body is not one. */
export function parseQueryPage(body: unknown): QueryPage | undefined {
  if (!isJsonObject(body)) return undefined;
  const { totalSize, records, nextRecordsUrl, done } = body;
  if (typeof totalSize !== "number" || !Array.isArray(records)) return undefined;
  return {
    totalSize,
    records: records.filter(isJsonObject),
    next: done !== false ? null : typeof nextRecordsUrl === "string" ? nextRecordsUrl : null,
  };
}

/** The server has forgotten a query's pages; only the query itself can go on, behind the last row or again. */
export class LocatorLost extends CallFailure {
  constructor(cause: CallFailure) {
    super(cause.failure, { cause });
    this.name = "LocatorLost";
  }
}

/** The first page of a query. Rejects with `CallFailure` or `SyncError`. */
export async function fetchPage(caller: OrgCaller, path: string, name: string): Promise<QueryPage> {
  const reply = await caller.attemptCall({ method: "GET", path }, { intent: "read", name });
  return parseQueryPage(reply.body) ?? refuseBody(name);
}

/** A further page of a query. Rejects with `LocatorLost`, another `CallFailure` or `SyncError`. */
export async function fetchNextPage(caller: OrgCaller, path: string, name: string): Promise<QueryPage> {
  try {
    return await fetchPage(caller, path, name);
  } catch (error) {
    throw error instanceof CallFailure && isLocatorError(error) ? new LocatorLost(error) : error;
  }
}

/**
 * Locators belong to the session that made them: one of an older session answers 401 for ever, although the new session
 * is good (reference: rest-api §3.3 [report]). Should the session be dead after all, the next query says so.
 */
function isLocatorError({ failure }: CallFailure): boolean {
  if (failure.kind !== "http") return false;
  if (failure.status === 401) return true;
  return failure.apiErrors.some(({ code }) => code === "INVALID_QUERY_LOCATOR" || code === "QUERY_LOCATOR_EXPIRED");
}

function refuseBody(name: string): never {
  throw new SyncError("SALESFORCE_UNAVAILABLE", `${name}: the reply is not a query result`);
}

/** A query that loses its pages this often meets an org in which it will never end. */
const RESTARTS_MAX = 3;

/**
 * Every row of a query, for sets that fit in memory. Starts again when the server forgets the pages; rejects with
 * `SALESFORCE_UNAVAILABLE` when the rows do not add up to the total that the server named.
 */
export async function queryAllRows(caller: OrgCaller, soql: string): Promise<readonly SalesforceRecord[]> {
  const name = "query";
  for (let restart = 0; ; restart += 1) {
    try {
      const first = await fetchPage(caller, queryPath(caller.connection.root, soql, false), name);
      // COUNT() names a total and returns no rows.
      if (first.records.length === 0 && COUNT_QUERY.test(soql)) return [];
      return await followPages(caller, first, name);
    } catch (error) {
      if (error instanceof LocatorLost && restart < RESTARTS_MAX) continue;
      throw error instanceof CallFailure ? caller.explain(error, name) : error;
    }
  }
}

const COUNT_QUERY = /^\s*SELECT\s+COUNT\(\s*\)/i;

/** The rows of a page and of all that follow it, checked against the total. */
export async function followPages(
  caller: OrgCaller,
  first: QueryPage,
  name: string,
): Promise<readonly SalesforceRecord[]> {
  const records = [...first.records];
  for (let { next } = first; next !== null; ) {
    const page = await fetchNextPage(caller, next, name);
    records.push(...page.records);
    next = page.next;
    if (page.records.length === 0 && next !== null) break;
  }
  if (records.length !== first.totalSize) {
    throw new SyncError(
      "SALESFORCE_UNAVAILABLE",
      `${name}: ${records.length} of ${first.totalSize} rows arrived; the rest was not sent`,
    );
  }
  return records;
}
