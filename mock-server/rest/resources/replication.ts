/** Which records changed or vanished in a span of time: `/updated` and `/deleted`. Source: rest-api §7.9, change-events §1.3. */
import { OrgError } from "../../errors.ts";
import { notFound } from "../../http/faults.ts";
import { ok, type RestContext, type RestHandler, type RestRequest } from "../../http/rest.ts";
import { wireInstant } from "../../org/clock.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import { visibleType } from "../record-body.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const UPDATED_DAYS = 30;
const DELETED_DAYS = 15;
/** More Ids are refused. */
const IDS_MAX = 600_000;

/** `GET /sobjects/{T}/updated?start=…&end=…`: inserts and updates, the records still being there. */
export const readUpdated: RestHandler = (context, request) => {
  const type = replicatedType(context, request);
  const span = readSpan(context, request, UPDATED_DAYS, "startDate cannot be more than 30 days ago");
  const ids: string[] = [];
  for (const row of context.tx.byStamp(type.name, wireInstant(span.startMs), wireInstant(span.endMs))) {
    if (row["IsDeleted"] === true || !context.tx.canSee(type.name, row)) continue;
    ids.push(String(row["Id"]));
    if (ids.length > IDS_MAX) throw tooManyIds();
  }
  return ok({ ids, latestDateCovered: latestCovered(context, span.endMs) });
};

/** `GET /sobjects/{T}/deleted?start=…&end=…`: records in the recycle bin by the time of their deletion. */
export const readDeleted: RestHandler = (context, request) => {
  const type = replicatedType(context, request);
  const span = readSpan(context, request, DELETED_DAYS, "startDate before org replication enabled date");
  const { recycleBin } = context.services.org;
  const deletions = recycleBin.deletions(type.name, wireInstant(span.startMs), wireInstant(span.endMs));
  const visible = deletions.filter(({ id }) => {
    // Of a record that is gone for good nobody can tell any more who saw it.
    const row = context.tx.get(type.name, id);
    return row === undefined || context.tx.canSee(type.name, row);
  });
  if (visible.length > IDS_MAX) throw tooManyIds();
  return ok({
    deletedRecords: visible.map(({ id, deletedDate }) => ({ deletedDate, id })),
    earliestDateAvailable: recycleBin.earliestDateAvailable ?? wireInstant(nowMs(context) - DELETED_DAYS * DAY_MS),
    latestDateCovered: latestCovered(context, span.endMs),
  });
};

function replicatedType(context: RestContext, request: RestRequest): SObjectType {
  const type = visibleType(context, request.segments[1] ?? "");
  if (type.definition.replicateable !== true) throw notFound();
  return type;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

function readSpan(context: RestContext, request: RestRequest, daysBack: number, tooEarly: string): Span {
  const startMs = minuteParameter(request.query, "start");
  const endMs = minuteParameter(request.query, "end");
  if (endMs - startMs < MINUTE_MS) throw badSpan("endDate must be at least 1 minute greater than startDate");
  if (startMs < nowMs(context) - daysBack * DAY_MS - MINUTE_MS) throw badSpan(tooEarly);
  return { startMs, endMs };
}

/** An ISO 8601 instant without its seconds. The refusals of missing and malformed ones are from memory. */
function minuteParameter(query: URLSearchParams, name: "start" | "end"): number {
  const text = query.get(name);
  if (text === null || text === "") {
    throw new OrgError(400, { code: "MISSING_ARGUMENT", message: `Missing required parameter: ${name}` });
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/.test(text)) {
    throw badSpan(`${name}Date is not a valid ISO 8601 date: ${text}`);
  }
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw badSpan(`${name}Date is not a valid ISO 8601 date: ${text}`);
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

/**
 * Everything up to here is in the answer for good: the end of the span, but not the running second, in which stamps can
 * still be given, and not past the start of an open long transaction.
 */
function latestCovered(context: RestContext, endMs: number): string {
  const settled = wireInstant(Math.min(endMs, nowMs(context) - 1000));
  const covered = context.services.org.latestDateCovered();
  return covered < settled ? covered : settled;
}

function nowMs(context: RestContext): number {
  return context.services.org.clock.nowMs();
}

function badSpan(message: string): OrgError {
  return new OrgError(400, { code: "INVALID_REPLICATION_DATE", message });
}

function tooManyIds(): OrgError {
  return new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message: `more than ${IDS_MAX} ids in the given period` });
}
