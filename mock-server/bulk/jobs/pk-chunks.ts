/**
 * PK chunking of Bulk API 1.0: one query becomes several, each over a range of record Ids.
 *
 * Source: Bulk API Developer Guide, PK Chunking: 100,000 records a chunk unless the client says otherwise, 250,000 at
 * most; deleted records count for the ranges; only queries without subqueries and without clauses after WHERE.
 */
import { to15, to18 } from "../../schema/record-id.ts";
import { parseQuery } from "../../soql/parse/parser.ts";

const CHUNK_RECORDS = 100_000;
const CHUNK_RECORDS_MAX = 250_000; // Salesforce limit

/** How a job's queries are split. */
export interface Chunking {
  readonly records: number;
  /** The Id of the first record; absent where the table begins. */
  readonly startRow: string | undefined;
}

/**
 * Reads `Sforce-Enable-PKChunking`: `true`, `false`, or `chunkSize=50000; startRow=001…`. Undefined where chunking is
 * off; a text says what is wrong or not supported.
 */
export function readChunking(header: string | undefined): Chunking | string | undefined {
  const text = header?.trim() ?? "";
  if (text === "" || /^false$/i.test(text)) return undefined;
  const members = new Map<string, string>();
  for (const part of /^true$/i.test(text) ? [] : text.split(";")) {
    const [name = "", value = ""] = part.split("=");
    members.set(name.trim().toLowerCase(), value.trim());
  }
  const size = members.get("chunksize");
  const records = size === undefined ? CHUNK_RECORDS : Number(size);
  if (!Number.isInteger(records) || records < 1) return `Invalid chunkSize: ${size}`;
  const startRow = members.get("startrow");
  if (startRow !== undefined && to18(startRow) === undefined) return `Invalid startRow: ${startRow}`;
  if (members.has("parent")) return "The parent of PK chunking is not supported by the mock org";
  const unknown = [...members.keys()].find((name) => name !== "chunksize" && name !== "startrow");
  if (unknown !== undefined) return `Unknown option of PK chunking: ${unknown}`;
  return { records: Math.min(records, CHUNK_RECORDS_MAX), startRow };
}

/**
 * The queries of the chunks. `ids` are those of all records of the object, deleted ones included, in order. A text says
 * why the query cannot be split.
 */
export function chunkQueries(soql: string, chunking: Chunking, ids: readonly string[]): readonly string[] | string {
  const query = parseQuery(soql);
  const { select, groupBy, orderBy, limit, offset } = query;
  const nested = select !== "count" && select.some((item) => item.kind === "subquery");
  if (nested || groupBy !== null || orderBy.length > 0 || limit !== null || offset !== null)
    return "PK chunking works only with queries that have no subquery and no clause after WHERE";
  const { startRow, records } = chunking;
  const from = startRow === undefined ? ids : ids.filter((id) => to15(id) >= to15(startRow));
  const queries: string[] = [];
  for (let at = 0; at < from.length; at += records) {
    const first = from[at] ?? "";
    const next = from[at + records];
    const last = from[Math.min(at + records, from.length) - 1] ?? "";
    queries.push(within(soql, to15(first), next === undefined ? successor(to15(last)) : to15(next)));
  }
  // A table without records has one empty chunk.
  return queries.length > 0 ? queries : [soql];
}

/** The query with its own conditions and the range of Ids. Before WHERE a query has no text in quotes. */
function within(soql: string, first: string, end: string): string {
  const range = `Id >= '${first}' AND Id < '${end}'`;
  const where = /\bwhere\b/i.exec(soql);
  if (where === null) return `${soql} WHERE ${range}`;
  const conditions = soql.slice(where.index + where[0].length).trim();
  return `${soql.slice(0, where.index)}WHERE (${conditions}) AND ${range}`;
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The next 15-character Id in order. */
function successor(id: string): string {
  let at = id.length - 1;
  while (at > 0 && id[at] === DIGITS.at(-1)) at -= 1;
  const digit = DIGITS[DIGITS.indexOf(id[at] ?? "0") + 1] ?? "0";
  return id.slice(0, at) + digit + "0".repeat(id.length - at - 1);
}
