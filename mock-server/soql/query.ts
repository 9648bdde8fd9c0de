/**
 * Entry point of the query language: a statement and a context in, a result out.
 *
 * ```ts
 * const prepared = prepareQuery("SELECT Id FROM Order WHERE Status = 'Draft'", { catalog, apiVersion: 62 });
 * const outcome = prepared.run(context);
 * outcome.page(0, 2000);
 * ```
 */

import type { JsonObject, QueryContext } from "./base/port.ts";
import { type BindSetting, bindQuery } from "./bind/bind.ts";
import type { BoundQuery } from "./bind/bound.ts";
import { compileQuery } from "./run/execute.ts";
import { type ExplainResult, explainBound } from "./run/explain.ts";
import type { AccessPath } from "./run/plan.ts";
import type { Locate, RecordSet } from "./run/serialize.ts";

/** How a query was answered. */
export interface QueryPlanReport {
  readonly object: string;
  readonly path: AccessPath;
  /** True where rows came in the wanted order, so that nothing was sorted. */
  readonly ordered: boolean;
  /** Rows of the driving object that were looked at. */
  readonly rowsRead: number;
  readonly rowsReturned: number;
}

/**
 * A result. The list of its rows is fixed when the query has run: pages of it neither lose nor double a row, whatever
 * changes meanwhile; parents and children are read when the page is made.
 */
export interface QueryOutcome extends RecordSet {
  readonly kind: BoundQuery["kind"];
  readonly plan: QueryPlanReport;
  /** For FOR VIEW and FOR REFERENCE: what the query touches, and the rows that it returned. */
  readonly touched: {
    readonly mode: "view" | "reference";
    readonly object: string;
    readonly ids: readonly string[];
  } | null;
  /** Every record at once, for small results and for `COUNT()`, which has none. */
  readonly records: readonly JsonObject[];
  page(from: number, size: number, locate?: Locate): readonly JsonObject[];
}

/** A statement that has been parsed, bound and compiled for one catalog; it may be run often. */
export interface PreparedQuery {
  readonly soql: string;
  readonly bound: BoundQuery;
  run(context: QueryContext): QueryOutcome;
}

/** Prepares a statement. Throws `OrgError` 400 where it is refused. Valid as long as the catalog and the version are. */
export function prepareQuery(soql: string, setting: BindSetting): PreparedQuery {
  const bound = bindQuery(soql, setting);
  const compiled = compileQuery(bound);
  return {
    soql,
    bound,
    run(context) {
      const result = compiled.run(context);
      const { plan, totalSize } = result;
      return {
        kind: bound.kind,
        totalSize,
        plan: { ...plan, rowsRead: result.rowsRead, rowsReturned: totalSize },
        touched: bound.for === null ? null : { mode: bound.for, object: bound.object.name, ids: result.ids },
        get records() {
          return result.page(0, totalSize);
        },
        page: (from, size, locate) => result.page(from, size, locate),
      };
    },
  };
}

/** Parses, binds and runs a statement once. */
export function runQuery(soql: string, context: QueryContext): QueryOutcome {
  return prepareQuery(soql, context).run(context);
}

/** The answer of `/query?explain=`: plausible plans, cheapest first; no row is read. */
export function explainQuery(soql: string, context: QueryContext): ExplainResult {
  return explainBound(bindQuery(soql, context), soql, context);
}
