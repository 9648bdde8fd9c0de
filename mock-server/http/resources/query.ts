/** `/query` and `/queryAll`. Source: rest-api §8.1–8.4. */
import { OrgError } from "../../errors.ts";
import { visibleRecords } from "../../org/dataset.ts";
import type { QueryContext } from "../../soql/contract.ts";
import { explainQuery, runQuery } from "../../soql/query.ts";
import { notImplemented } from "../faults.ts";
import { pageRowsOf } from "../query-cursors.ts";
import { ok, type RestContext, type RestHandler, type RestRequest } from "../rest.ts";

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
    }),
  );

/** What the query engine needs to know about a request. */
export function queryContext(
  context: RestContext,
  request: Pick<RestRequest, "version">,
  { includeDeleted }: { readonly includeDeleted: boolean },
): QueryContext {
  const { tx, services } = context;
  return {
    catalog: tx.actor.access.catalog,
    data: visibleRecords(tx),
    nowMs: services.org.clock.nowMs(),
    userId: tx.actor.userId,
    timeZone: tx.actor.timeZone,
    locale: tx.actor.locale,
    apiVersion: request.version,
    includeDeleted,
  };
}

function answer(context: RestContext, request: RestRequest, scope: { readonly includeDeleted: boolean }) {
  const engine = queryContext(context, request, scope);
  const explain = request.query.get("explain");
  if (explain !== null) return ok({ plans: explainPlans(explain, engine), sourceQuery: explain });
  const soql = request.query.get("q");
  if (soql === null || soql.trim() === "") {
    // The code is documented, the text is from memory.
    throw new OrgError(400, { code: "MALFORMED_QUERY", message: "unexpected token: '<EOF>'" });
  }
  const result = runQuery(soql, engine);
  return ok(
    context.services.cursors.open({
      userId: context.tx.actor.userId,
      version: request.version,
      records: result.records,
      totalSize: result.totalSize,
      pageRows: pageRowsOf(request.header("sforce-query-options")),
    }),
  );
}

function explainPlans(text: string, engine: QueryContext): readonly unknown[] {
  // Ids of reports and list views may stand in the place of a query.
  if (/^00[BO]\w{12,15}$/.test(text)) throw notImplemented("explain of reports and list views");
  return explainQuery(text, engine);
}
