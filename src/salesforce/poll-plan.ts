/** What a poll asks of each object: windows, queries and paths. Pure. */
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import { textOf } from "./failure.ts";
import type { PollRequest } from "./port.ts";
import {
  DELETED_REACH_MS,
  parseInstantMs,
  parseWatermark,
  type ReplicationWindow,
  replicationWindow,
  soqlInstant,
  UPDATED_REACH_MS,
  type Watermark,
} from "./watermark.ts";

/** At least one minute, because the replication resources truncate to minutes (change-events §1.4 step 1). */
export const OVERLAP_MS = 120_000;

/** What one object's part of a poll asks for. */
export interface ObjectPlan {
  readonly object: string;
  readonly index: number;
  readonly watermark: Watermark | null;
  readonly cursor: string | null;
  readonly updated: ReplicationWindow;
  /** Null on the first load: what was deleted before we came is nobody's business. */
  readonly deleted: ReplicationWindow | null;
  /** The row query, from the start of the window or behind a row. */
  readonly soql: (after: SalesforceRecord | null) => string;
  /** The same for a Bulk job, which is split among many workers only without an order. */
  readonly bulkSoql: (after: SalesforceRecord | undefined) => string;
}

/** Plans one object of a poll; `index` keeps its parts apart from those of other objects. */
export function planObject(request: PollRequest, index: number, serverNowMs: number): ObjectPlan {
  const watermark = parseWatermark(request.cursor);
  const fromMs = watermark?.atMs ?? serverNowMs - FIRST_LOAD_REACH_MS;
  return {
    object: request.object,
    index,
    watermark,
    cursor: request.cursor,
    updated: replicationWindow({ fromMs, serverNowMs, reachMs: UPDATED_REACH_MS }),
    deleted:
      watermark === null
        ? null
        : replicationWindow({ fromMs: fromMs - OVERLAP_MS, serverNowMs, reachMs: DELETED_REACH_MS }),
    soql: (after) => (watermark === null ? firstLoadQuery(request, after) : windowQuery(request, watermark, after)),
    bulkSoql: (after) => firstLoadQuery(request, after ?? null).replace(/ ORDER BY Id$/, ""),
  };
}

/** On the first load `/updated` is asked only for its horizon; the start just has to lie before open transactions. */
const FIRST_LOAD_REACH_MS = 3_600_000;

/** All live rows by Id: an order that no edit changes, so a page can be lost and found again. */
function firstLoadQuery(request: PollRequest, after: SalesforceRecord | null): string {
  const behind = after === null ? "" : ` WHERE Id > '${textOf(after, "Id")}'`;
  return `SELECT ${selectList(request)} FROM ${request.object}${behind} ORDER BY Id`;
}

/** Rows since the watermark, less the overlap, oldest first. */
function windowQuery(request: PollRequest, watermark: Watermark, after: SalesforceRecord | null): string {
  const select = `SELECT ${selectList(request)} FROM ${request.object}`;
  const order = "ORDER BY SystemModstamp, Id";
  const afterMs = after === null ? null : parseInstantMs(after["SystemModstamp"]);
  if (after === null || afterMs === null) {
    return `${select} WHERE SystemModstamp >= ${soqlInstant(watermark.atMs - OVERLAP_MS)} ${order}`;
  }
  const stamp = soqlInstant(afterMs);
  const id = textOf(after, "Id");
  return `${select} WHERE SystemModstamp > ${stamp} OR (SystemModstamp = ${stamp} AND Id > '${id}') ${order}`;
}

function selectList(request: PollRequest): string {
  return [...new Set(["Id", "SystemModstamp", "IsDeleted", ...request.select])].join(", ");
}

/** The path of `/updated` or `/deleted` for a window. */
export function replicationUrl(
  root: string,
  object: string,
  resource: "updated" | "deleted",
  window: ReplicationWindow,
): string {
  const start = encodeURIComponent(soqlInstant(window.startMs));
  const end = encodeURIComponent(soqlInstant(window.endMs));
  return `${root}/sobjects/${object}/${resource}/?start=${start}&end=${end}`;
}
