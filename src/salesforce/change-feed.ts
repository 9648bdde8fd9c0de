/**
 * The change feed: one composite call for up to five objects, and one more call for each further page.
 *
 * The call asks, in this order, `/updated` of each object (only for `latestDateCovered`), `/deleted`, and the rows since
 * the watermark. The horizon is not known before the call, so the row query has no upper end: rows newer than the horizon
 * are delivered as well, which is allowed because rows only nominate documents, but the cursor moves to the horizon and
 * no further, and those rows come again with the next poll (reference: change-events §1.4 step 3). What must hold is that
 * the rows are read after the horizon was taken; a composite runs its parts in order.
 */
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { BulkPolling } from "./bulk-job.ts";
import { openBulkQuery } from "./bulk-query.ts";
import type { OrgCaller } from "./caller.ts";
import { classify } from "./classify.ts";
import { apiErrorsOf, COMPOSITE_QUERIES_MAX, isGood, type Subreply, type Subrequest } from "./composite.ts";
import { type CompositeRead, lostPart, sendComposite } from "./composite-read.ts";
import type { OrgReply } from "./connection.ts";
import { CallFailure, isJsonObject, textOf } from "./failure.ts";
import { type ObjectPlan, OVERLAP_MS, planObject, replicationUrl } from "./poll-plan.ts";
import type { PolledObject, PollRequest } from "./port.ts";
import { fetchNextPage, fetchPage, LocatorLost, parseQueryPage, type QueryPage, queryPath } from "./query.ts";
import { parseRecordId } from "./record-id.ts";
import { encodeWatermark, horizonMs, markOf, parseInstantMs } from "./watermark.ts";

/**
 * A delivered row counts as settled only when its stamp is so much older than the horizon. In theory the horizon itself
 * would do; but which transactions Salesforce counts as long-running is not documented, and the overlap is worth nothing
 * if marks keep its rows away.
 */
const SETTLED_MS = 60_000;

/** More marks would make the cursor longer than the page it saves. */
const MARKS_MAX = 1_000;

/** A window that loses its pages this often meets an org in which it will never end. */
const RESTARTS_MAX = 20;

/** Settings of the feed. */
export interface ChangeFeedOptions {
  /** Epoch milliseconds; only before the server's own time is known. */
  readonly wallClockMs: () => number;
  readonly polling: BulkPolling;
  /** First loads of more rows than this go through a Bulk query job. */
  readonly bulkQueryRows: number;
}

/** Reads what changed. Remembers what the org refuses, so that it is not asked again. */
export class ChangeFeed {
  readonly #caller: OrgCaller;
  readonly #options: ChangeFeedOptions;
  /** False once a composite has refused `/updated`: it is then asked for separately, before the composite. */
  #updatedInComposite = true;
  /** Objects without `/updated`; their horizon keeps a wide distance instead. */
  readonly #withoutUpdated = new Set<string>();

  constructor(caller: OrgCaller, options: ChangeFeedOptions) {
    this.#caller = caller;
    this.#options = options;
  }

  /** One call for each five objects. Rejects with `SyncError`. */
  async poll(requests: readonly PollRequest[]): Promise<readonly PolledObject[]> {
    const polled: PolledObject[] = [];
    for (let start = 0; start < requests.length; start += COMPOSITE_QUERIES_MAX) {
      polled.push(...(await this.#pollGroup(requests.slice(start, start + COMPOSITE_QUERIES_MAX))));
    }
    return polled;
  }

  async #pollGroup(requests: readonly PollRequest[]): Promise<readonly PolledObject[]> {
    await this.#caller.session();
    const serverNowMs = this.#caller.connection.serverNowMs ?? this.#options.wallClockMs();
    const plans = requests.map((request, index) => planObject(request, index, serverNowMs));
    try {
      const coveredMs = this.#updatedInComposite ? new Map<string, number>() : await this.#readCovered(plans);
      const { reply, replies } = await this.#send(plans);
      this.#learnRefusals(plans, replies);
      return plans.map((plan) => this.#polledObject(plan, reply, replies, coveredMs.get(plan.object) ?? null));
    } catch (error) {
      throw error instanceof CallFailure ? this.#caller.explain(error, "poll") : error;
    }
  }

  /** `latestDateCovered` of each object, one call each: the slow way, for orgs that refuse it in a composite. */
  async #readCovered(plans: readonly ObjectPlan[]): Promise<ReadonlyMap<string, number>> {
    const covered = new Map<string, number>();
    for (const plan of plans) {
      if (this.#withoutUpdated.has(plan.object)) continue;
      try {
        const { body } = await this.#caller.attemptCall(
          { method: "GET", path: this.#updatedUrl(plan) },
          { intent: "read", name: `updated ${plan.object}` },
        );
        const ms = isJsonObject(body) ? parseInstantMs(body["latestDateCovered"]) : null;
        if (ms !== null) covered.set(plan.object, ms);
      } catch (error) {
        if (!(error instanceof CallFailure) || !isRefusal(error)) throw error;
        this.#withoutUpdated.add(plan.object);
      }
    }
    return covered;
  }

  async #send(plans: readonly ObjectPlan[]): Promise<CompositeRead> {
    try {
      return await this.#sendOnce(plans);
    } catch (error) {
      if (!this.#updatedInComposite || !(error instanceof CallFailure) || !isRefusal(error)) throw error;
      // Perhaps the whole request was refused because of `/updated` in it; if not, the second refusal says so.
      this.#updatedInComposite = false;
      return await this.#sendOnce(plans);
    }
  }

  async #sendOnce(plans: readonly ObjectPlan[]): Promise<CompositeRead> {
    const { root } = this.#caller.connection;
    const subrequests: Subrequest[] = [];
    if (this.#updatedInComposite) {
      for (const plan of plans) {
        if (this.#withoutUpdated.has(plan.object)) continue;
        subrequests.push({ method: "GET", url: this.#updatedUrl(plan), referenceId: `updated${plan.index}` });
      }
    }
    for (const plan of plans) {
      if (plan.deleted === null) continue;
      const url = replicationUrl(root, plan.object, "deleted", plan.deleted);
      subrequests.push({ method: "GET", url, referenceId: `deleted${plan.index}` });
    }
    for (const plan of plans) {
      const url = queryPath(root, plan.soql(null), plan.watermark !== null);
      subrequests.push({ method: "GET", url, referenceId: `rows${plan.index}` });
    }
    return await sendComposite(this.#caller, subrequests, { name: "poll", refuse: () => false });
  }

  #updatedUrl(plan: ObjectPlan): string {
    return replicationUrl(this.#caller.connection.root, plan.object, "updated", plan.updated);
  }

  #polledObject(
    plan: ObjectPlan,
    reply: OrgReply,
    replies: ReadonlyMap<string, Subreply>,
    separateMs: number | null,
  ): PolledObject {
    const page = parseRows(this.#caller, plan, replies.get(`rows${plan.index}`));
    const latestDateCoveredMs = separateMs ?? coveredIn(replies.get(`updated${plan.index}`));
    const horizon = horizonMs({ latestDateCoveredMs, serverDateMs: reply.serverDateMs, elapsedMs: reply.elapsedMs });
    const deletions = parseDeletions(plan, replies.get(`deleted${plan.index}`));
    const seen = new Set(plan.watermark?.seen);
    const isNew = (id: string, stamp: string): boolean => !seen.has(markOf(id, stamp));
    const final = latestDateCoveredMs !== null && page.next === null;
    return {
      object: plan.object,
      cursor: nextCursor(plan, horizon, final ? marksOf(page, deletions) : []),
      pages: this.#pages(plan, page, isNew),
      deletedIds: deletions.deleted.filter(({ id, at }) => isNew(id, at)).map(({ id }) => parseRecordId(id)),
      deletesComplete: deletions.complete,
    };
  }

  /** One refused `/updated` among good ones speaks against its object, all of them against asking in a composite. */
  #learnRefusals(plans: readonly ObjectPlan[], replies: ReadonlyMap<string, Subreply>): void {
    const asked = plans.filter((plan) => replies.has(`updated${plan.index}`));
    const refused = asked.filter((plan) => refusesUpdated(replies.get(`updated${plan.index}`)));
    for (const plan of refused) {
      const subreply = replies.get(`updated${plan.index}`);
      if (subreply?.status === 404 || refused.length < asked.length) this.#withoutUpdated.add(plan.object);
      else this.#updatedInComposite = false;
    }
  }

  #pages(plan: ObjectPlan, first: QueryPage, isNew: IsNew): AsyncIterable<readonly SalesforceRecord[]> {
    return { [Symbol.asyncIterator]: () => this.#walk(plan, first, isNew) };
  }

  async *#walk(plan: ObjectPlan, first: QueryPage, isNew: IsNew): AsyncGenerator<readonly SalesforceRecord[], void> {
    const name = `poll ${plan.object}`;
    let page = first;
    let last: SalesforceRecord | null = null;
    let restarts = 0;
    if (plan.watermark === null && first.next !== null && first.totalSize > this.#options.bulkQueryRows) {
      const rest = await openBulkQuery(this.#caller, plan.bulkSoql(first.records.at(-1)), this.#options.polling);
      if (rest !== null) {
        yield first.records;
        yield* rest;
        return;
      }
    }
    for (;;) {
      last = page.records.at(-1) ?? last;
      const fresh = page.records.filter((row) => isNew(textOf(row, "Id"), textOf(row, "SystemModstamp")));
      if (fresh.length > 0) yield fresh;
      if (page.next === null) return;
      try {
        page = await fetchNextPage(this.#caller, page.next, name);
      } catch (error) {
        if (!(error instanceof LocatorLost) || restarts >= RESTARTS_MAX) {
          throw error instanceof CallFailure ? this.#caller.explain(error, name) : error;
        }
        restarts += 1;
        page = await this.#restart(plan, last, name);
      }
    }
  }

  /** The server forgot the pages (a new session, or days of waiting): go on behind the last row. */
  async #restart(plan: ObjectPlan, last: SalesforceRecord | null, name: string): Promise<QueryPage> {
    const path = queryPath(this.#caller.connection.root, plan.soql(last), plan.watermark !== null);
    try {
      return await fetchPage(this.#caller, path, name);
    } catch (error) {
      throw error instanceof CallFailure ? this.#caller.explain(error, name) : error;
    }
  }
}

function coveredIn(subreply: Subreply | undefined): number | null {
  if (subreply === undefined || !isGood(subreply) || !isJsonObject(subreply.body)) return null;
  return parseInstantMs(subreply.body["latestDateCovered"]);
}

function refusesUpdated(subreply: Subreply | undefined): boolean {
  if (subreply === undefined || isGood(subreply)) return false;
  // These codes say something about the dates, not about the resource.
  return !apiErrorsOf(subreply).some(({ code }) => code === "INVALID_REPLICATION_DATE" || code === "EXCEEDED_ID_LIMIT");
}

type IsNew = (id: string, stamp: string) => boolean;

function parseRows(caller: OrgCaller, plan: ObjectPlan, subreply: Subreply | undefined): QueryPage {
  const page = subreply !== undefined && isGood(subreply) ? parseQueryPage(subreply.body) : undefined;
  if (page !== undefined) return page;
  throw caller.explain(
    subreply === undefined
      ? lostPart(`the rows of ${plan.object}`)
      : new CallFailure({
          kind: "http",
          status: subreply.status,
          apiErrors: apiErrorsOf(subreply),
          html: false,
          retryAfterMs: null,
        }),
    `poll ${plan.object}`,
  );
}

interface Deletions {
  readonly deleted: readonly { readonly id: string; readonly at: string }[];
  readonly complete: boolean;
}

function parseDeletions(plan: ObjectPlan, subreply: Subreply | undefined): Deletions {
  if (plan.deleted === null) return { deleted: [], complete: true };
  if (subreply === undefined || !isGood(subreply) || !isJsonObject(subreply.body)) {
    // Too far back, too many, or not replicable: deletions can have been missed, so a sweep must look.
    return { deleted: [], complete: false };
  }
  const { deletedRecords, earliestDateAvailable } = subreply.body;
  const earliestMs = parseInstantMs(earliestDateAvailable);
  const neededMs = plan.watermark?.atMs ?? 0;
  return {
    deleted: (Array.isArray(deletedRecords) ? deletedRecords : []).flatMap((entry) =>
      isJsonObject(entry) ? [{ id: textOf(entry, "id"), at: textOf(entry, "deletedDate") }] : [],
    ),
    complete: !plan.deleted.clamped && (earliestMs === null || earliestMs <= neededMs),
  };
}

/** The old cursor when time stood still, else the horizon with the marks of what the next window shows again. */
function nextCursor(plan: ObjectPlan, horizon: number | null, marks: readonly Marked[]): string {
  const { watermark, cursor } = plan;
  if (horizon === null || (watermark !== null && horizon <= watermark.atMs)) {
    // A first load that no horizon bounds must be done again; the epoch keeps every row in the next window.
    return cursor ?? encodeWatermark({ atMs: 0, seen: [] });
  }
  const fromMs = horizon - OVERLAP_MS - MINUTE_MS;
  const again = marks.filter(({ atMs }) => atMs !== null && atMs <= horizon - SETTLED_MS && atMs >= fromMs);
  return encodeWatermark({
    atMs: horizon,
    seen: again.length > MARKS_MAX ? [] : again.map(({ mark }) => mark),
  });
}

/** `/deleted` truncates its start to the minute, so it repeats up to one minute more than the rows do. */
const MINUTE_MS = 60_000;

interface Marked {
  readonly atMs: number | null;
  readonly mark: string;
}

function marksOf(page: QueryPage, deletions: Deletions): readonly Marked[] {
  const rows = page.records.map((row) => ({ id: textOf(row, "Id"), at: textOf(row, "SystemModstamp") }));
  return [...rows, ...deletions.deleted].map(({ id, at }) => ({ atMs: parseInstantMs(at), mark: markOf(id, at) }));
}

/** A refusal of what was asked, as opposed to a limit or a dead session, which say nothing about it. */
function isRefusal({ failure }: CallFailure): boolean {
  if (failure.kind !== "http" || failure.status < 400 || failure.status >= 500) return false;
  return !["retry", "slow", "login"].includes(classify(failure, "read"));
}
