/** Runs SOQL for a page, as the viewing user and without a trace in the journal or the API budget. */
import { OrgError } from "../errors.ts";
import { computedRecords } from "../org/computed-records.ts";
import { visibleRecords } from "../org/dataset.ts";
import type { Transaction } from "../org/port.ts";
import type { JsonObject, QueryContext } from "../soql/base/port.ts";
import { explainQuery, type QueryPlanReport, runQuery } from "../soql/query.ts";
import type { ExplainPlan } from "../soql/run/explain.ts";
import { API_VERSION, read, type View } from "./host.ts";

/** What is asked. */
export interface Question {
  readonly soql: string;
  /** As `/queryAll`: deleted records too. */
  readonly includeDeleted: boolean;
  readonly from: number;
  readonly size: number;
}

/** An answer, or the refusal. */
export type Answer =
  | {
      readonly kind: "rows";
      readonly totalSize: number;
      readonly records: readonly JsonObject[];
      readonly plan: QueryPlanReport;
      readonly plans: readonly ExplainPlan[];
      /** Time of the machine's clock in milliseconds. */
      readonly tookMs: number;
    }
  | { readonly kind: "refused"; readonly code: string; readonly message: string; readonly place: Place | undefined };

/** Where in the statement the error is: line from 1, column from 0. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Runs a query; a refusal is an answer. */
export function ask(view: View, question: Question): Answer {
  try {
    return read(view, (tx) => {
      const context = contextOf(view, tx, question.includeDeleted);
      const startedMs = performance.now();
      const outcome = runQuery(question.soql, context);
      const records = outcome.page(question.from, question.size);
      const tookMs = performance.now() - startedMs;
      const { plans } = explainQuery(question.soql, context);
      return { kind: "rows", totalSize: outcome.totalSize, records, plan: outcome.plan, plans, tookMs };
    });
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    const [{ code, message }] = error.faults;
    return { kind: "refused", code, message, place: placeIn(message) };
  }
}

function contextOf({ host, actor }: View, tx: Transaction, includeDeleted: boolean): QueryContext {
  return {
    catalog: actor.access.catalog,
    data: computedRecords(tx, visibleRecords(tx)),
    nowMs: host.org.clock.nowMs(),
    userId: actor.userId,
    timeZone: actor.timeZone,
    locale: actor.locale,
    apiVersion: API_VERSION,
    includeDeleted,
  };
}

/** The position that the message tells, as its caret shows it; syntax errors count columns from 0, others from 1. */
function placeIn(message: string): Place | undefined {
  const told = /ERROR at Row:(\d+):Column:(\d+)/.exec(message);
  if (told === null) return undefined;
  const isSyntax = /unexpected token|expecting|mismatched|line \d/i.test(message);
  const column = Number(told[2]) - (isSyntax ? 0 : 1);
  return { row: Number(told[1]), column: Math.max(0, column) };
}
