/** `/query` and `/queryAll`. Source: rest-api §8.1–8.4. */
import { OrgError } from "../../errors.ts";
import { notImplemented } from "../../http/faults.ts";
import { HeldRecords } from "../../http/held-records.ts";
import { pageRowsOf } from "../../http/query-cursors.ts";
import { ok, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../../http/rest.ts";
import { RECENT_MAX } from "../../org/recently-viewed.ts";
import type { QueryContext } from "../../soql/base/port.ts";
import { explainQuery, type QueryOutcome } from "../../soql/query.ts";
import { queryColumns } from "./query-columns.ts";

/** `GET /query?q=…` and `/query?explain=…`. */
export const query: RestHandler = (context, request) => answer(context, request, { includeDeleted: false });

/** `GET /queryAll?q=…`: deleted records too. */
export const queryAll: RestHandler = (context, request) => answer(context, request, { includeDeleted: true });

/** `GET /query/{locator}`: the next page. */
export const queryMore: RestHandler = (context, request) =>
  ok(
    context.services.cursors.next(request.segments[1] ?? "", {
      userId: context.tx.actor.userId,
      version: request.version,
      tx: context.tx,
    }),
  );

/** What the query engine needs to know about a request. */
export function queryContext(
  context: RestContext,
  request: Pick<RestRequest, "version">,
  scope: { readonly includeDeleted: boolean; readonly records: HeldRecords },
): QueryContext {
  const { tx, services } = context;
  return {
    catalog: tx.actor.access.catalog,
    data: scope.records,
    nowMs: services.org.clock.nowMs(),
    userId: tx.actor.userId,
    timeZone: tx.actor.timeZone,
    locale: tx.actor.locale,
    apiVersion: request.version,
    includeDeleted: scope.includeDeleted,
    wireDoubles: true,
  };
}

function answer(context: RestContext, request: RestRequest, scope: { readonly includeDeleted: boolean }): RestResult {
  const records = new HeldRecords(context.tx);
  const engine = queryContext(context, request, { ...scope, records });
  const explain = request.query.get("explain");
  if (explain !== null) return ok(explainAnswer(explain, engine));
  const soql = request.query.get("q");
  // Reference: soql §2.
  if (soql === null) throw malformedQuery("A query string has to be specified");
  if (soql.trim() === "") throw malformedQuery("SOQL statements cannot be empty or null");
  const prepared = context.services.queries.prepare(soql, engine);
  if (request.query.get("columns") === "true") return ok(queryColumns(prepared.bound));
  const outcome = prepared.run(engine);
  noteLooks(context, outcome);
  context.services.journal.noteQuery(soql, outcome.plan);
  return ok(
    context.services.cursors.open(outcome, {
      userId: context.tx.actor.userId,
      version: request.version,
      pageRows: pageRowsOf(request.header("sforce-query-options")),
      records,
    }),
  );
}

/** FOR VIEW and FOR REFERENCE (reference: soql §5.10 [doc]): the first row ends at the head of the list. */
function noteLooks({ tx, services }: RestContext, { touched }: QueryOutcome): void {
  if (touched === null) return;
  const { object, mode } = touched;
  for (const id of touched.ids.slice(0, RECENT_MAX).toReversed())
    services.org.recentlyViewed.touch(tx.actor.userId, { object, id, mode, at: tx.now });
}

function malformedQuery(message: string): OrgError {
  return new OrgError(400, { code: "MALFORMED_QUERY", message });
}

function explainAnswer(text: string, engine: QueryContext): unknown {
  // Ids of reports and list views may appear in the place of a query.
  if (/^00[BO]\w{12,15}$/.test(text)) throw notImplemented("explain of reports and list views");
  return explainQuery(text, engine);
}
