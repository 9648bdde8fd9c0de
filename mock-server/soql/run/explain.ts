/**
 * The answer of `/query?explain=`: the chosen access path in the words of Salesforce's query plan.
 *
 * Costs are plausible, not Salesforce's: below 1 the plan is selective, a table scan costs more. Source of the shape:
 * reference: soql §9 «Explain», rest-api §8.4.
 */

import type { QueryContext } from "../base/port.ts";
import type { BoundQuery } from "../bind/bound.ts";
import { type AccessPath, planQuery } from "./plan.ts";
import { openRun } from "./run.ts";

/** Why an index was not considered. */
export interface ExplainNote {
  readonly description: string;
  readonly fields: readonly string[];
  readonly tableEnumOrId: string;
}

/** One plan; `relativeCost` below 1 is selective. */
export interface ExplainPlan {
  readonly cardinality: number;
  readonly fields: readonly string[];
  readonly leadingOperationType: "Index" | "Other" | "Sharing" | "TableScan";
  readonly notes: readonly ExplainNote[];
  readonly relativeCost: number;
  readonly sobjectCardinality: number;
  readonly sobjectType: string;
}

/** The body of the answer: plans with the cheapest first. */
export interface ExplainResult {
  readonly plans: readonly ExplainPlan[];
  readonly sourceQuery: string;
}

/** Plans of a bound query, cheapest first. Reads no row: semi-joins count as unknown. */
export function explainBound(query: BoundQuery, soql: string, context: QueryContext): ExplainResult {
  // Without their values semi-joins offer no path, and nothing is read.
  const plan = planQuery(
    withoutSemiJoins(query),
    openRun(context, () => new Set()),
  );
  const total = context.data.count(query.object.name);
  const scan: ExplainPlan = {
    cardinality: total,
    fields: [],
    leadingOperationType: "TableScan",
    notes: notesOf(query),
    relativeCost: total === 0 ? 0 : 1.5,
    sobjectCardinality: total,
    sobjectType: query.object.name,
  };
  const indexed = indexPlan(plan.path, scan);
  return { plans: indexed === null ? [scan] : [indexed, scan], sourceQuery: soql };
}

function indexPlan(path: AccessPath, scan: ExplainPlan): ExplainPlan | null {
  const total = scan.sobjectCardinality;
  const make = (fields: readonly string[], cardinality: number): ExplainPlan => ({
    ...scan,
    cardinality,
    fields,
    leadingOperationType: "Index",
    relativeCost: total === 0 ? 0 : Math.round((cardinality / total) * 1000) / 1000,
  });
  switch (path.kind) {
    case "id":
      return make(["Id"], Math.min(total, path.ids.length));
    case "index":
      return make([path.field], Math.min(total, Math.max(path.values.length, Math.ceil(total / 100))));
    case "stamp":
      return path.from === null && path.to === null ? null : make(["SystemModstamp"], Math.ceil(total / 10));
    case "scan":
      return null;
  }
}

function notesOf(query: BoundQuery): readonly ExplainNote[] {
  if (query.object.field("IsDeleted") === undefined) return [];
  return [
    {
      description: "Not considering filter for optimization because unindexed",
      fields: ["IsDeleted"],
      tableEnumOrId: query.object.name,
    },
  ];
}

function withoutSemiJoins(query: BoundQuery): BoundQuery {
  const { where } = query;
  if (where === null || where.kind === "comparison") return query;
  if (where.kind === "semiJoin") return { ...query, where: null };
  if (where.kind !== "and") return query;
  const terms = where.terms.flatMap((term) => withoutSemiJoins({ ...query, where: term }).where ?? []);
  return { ...query, where: { kind: "and", terms } };
}
