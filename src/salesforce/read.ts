/**
 * Reads whole documents by key or Id: few calls for many records. Keys are chunked under the address limit, five queries
 * go into one composite, and further pages of rows and of child sets are followed until nothing is missing.
 */
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { OrgCaller } from "./caller.ts";
import { COMPOSITE_QUERIES_MAX, isGood, type Subrequest } from "./composite.ts";
import { lostPart, sendComposite } from "./composite-read.ts";
import { CallFailure, isJsonObject } from "./failure.ts";
import type { ReadRequest } from "./port.ts";
import { followPages, LocatorLost, parseQueryPage, queryPath, soqlText } from "./query.ts";

/** Keys of one query: about what fits under the address limit with ordinary keys (change-events §6.2 no. 9). */
const KEYS_PER_QUERY_MAX = 300;

/** Encoded query text: 16,384 bytes is the limit for address and headers together (rest-api §2.5 [doc]). */
const QUERY_BYTES_MAX = 14_000;

/** Reading is repeated as a whole when the server forgets the pages of one of its queries. */
const RESTARTS_MAX = 3;

/** The records that exist among those asked for, each once, in no particular order. Rejects with `SyncError`. */
export async function readRecords(caller: OrgCaller, request: ReadRequest): Promise<readonly SalesforceRecord[]> {
  const queries = readQueries(request);
  const byId = new Map<unknown, SalesforceRecord>();
  for (let start = 0; start < queries.length; start += COMPOSITE_QUERIES_MAX) {
    const batch = queries.slice(start, start + COMPOSITE_QUERIES_MAX);
    // Keys that differ only in case can match one record from two chunks.
    for (const record of await readBatch(caller, request, batch)) byId.set(record["Id"], record);
  }
  return [...byId.values()];
}

/** The queries of a read, each within the limits of keys and length. Pure. */
export function readQueries(request: ReadRequest): readonly string[] {
  const { by, children } = request;
  const field = by.kind === "field" ? by.field : "Id";
  const values = [...new Set<string>(by.kind === "field" ? by.values : by.ids)].filter((value) => value !== "");
  const items = withSystemFields(request.select);
  if (children !== undefined) {
    items.push(`(SELECT ${withSystemFields(children.select).join(", ")} FROM ${children.relationship})`);
  }
  const query = (literals: readonly string[]): string =>
    `SELECT ${items.join(", ")} FROM ${request.object} WHERE ${field} IN (${literals.join(", ")})`;
  const spareBytes = QUERY_BYTES_MAX - encodedBytes(query([]));
  return chunkBySize(values.map(soqlText), spareBytes).map(query);
}

/** Without `IsDeleted` a record in the recycle bin would look alive. */
function withSystemFields(select: readonly string[]): string[] {
  return [...new Set(["Id", "SystemModstamp", "IsDeleted", ...select])];
}

function chunkBySize(literals: readonly string[], bytesMax: number): readonly (readonly string[])[] {
  const chunks: string[][] = [];
  let current: string[] = [];
  let bytes = 0;
  for (const literal of literals) {
    const size = encodedBytes(`${literal}, `);
    if (current.length > 0 && (current.length >= KEYS_PER_QUERY_MAX || bytes + size > bytesMax)) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(literal);
    bytes += size;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

function encodedBytes(text: string): number {
  return encodeURIComponent(text).length;
}

async function readBatch(
  caller: OrgCaller,
  request: ReadRequest,
  queries: readonly string[],
): Promise<readonly SalesforceRecord[]> {
  const name = `read ${request.object}`;
  for (let restart = 0; ; restart += 1) {
    try {
      return await readBatchOnce(caller, request, queries, name);
    } catch (error) {
      if (error instanceof LocatorLost && restart < RESTARTS_MAX) continue;
      throw error instanceof CallFailure ? caller.explain(error, name) : error;
    }
  }
}

async function readBatchOnce(
  caller: OrgCaller,
  request: ReadRequest,
  queries: readonly string[],
  name: string,
): Promise<readonly SalesforceRecord[]> {
  const { root } = caller.connection;
  const subrequests = queries.map(
    (soql, index): Subrequest => ({
      method: "GET",
      url: queryPath(root, soql, request.includeDeleted),
      referenceId: `query${index}`,
    }),
  );
  const { replies } = await sendComposite(caller, subrequests, { name, refuse: (subreply) => !isGood(subreply) });
  const records: SalesforceRecord[] = [];
  for (const { referenceId } of subrequests) {
    const page = parseQueryPage(replies.get(referenceId)?.body);
    if (page === undefined) throw lostPart(referenceId);
    for (const record of await followPages(caller, page, name)) {
      records.push(await completeChildren(caller, record, request.children?.relationship, name));
    }
  }
  return records;
}

async function completeChildren(
  caller: OrgCaller,
  record: SalesforceRecord,
  relationship: string | undefined,
  name: string,
): Promise<SalesforceRecord> {
  if (relationship === undefined) return record;
  const children = record[relationship];
  const page = parseQueryPage(children);
  if (page === undefined || page.next === null || !isJsonObject(children)) return record;
  const records = await followPages(caller, page, `${name} ${relationship}`);
  return { ...record, [relationship]: { totalSize: records.length, done: true, records } };
}
