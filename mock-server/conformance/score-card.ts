/** The whole table of behaviours, and how its outcome is told. */
import type { Behaviour } from "./behaviour.ts";
import { BULK_BEHAVIOURS } from "./bulk-behaviours.ts";
import { CLASSIC_BULK_BEHAVIOURS } from "./classic-bulk-behaviours.ts";
import { COLLECTION_BEHAVIOURS } from "./collection-behaviours.ts";
import { COMPOSITE_BEHAVIOURS } from "./composite-behaviours.ts";
import { COMPOSITE_EDGES } from "./composite-edges.ts";
import { EVENT_BEHAVIOURS } from "./event-behaviours.ts";
import { FORMULA_BEHAVIOURS } from "./formula-behaviours.ts";
import { ORDER_BEHAVIOURS } from "./order-behaviours.ts";
import { ORDER_EDGES } from "./order-edges.ts";
import { REST_BEHAVIOURS } from "./rest-behaviours.ts";
import type { Outcome } from "./run.ts";
import { SOQL_BEHAVIOURS } from "./soql-behaviours.ts";
import { SOQL_SEMANTICS } from "./soql-semantics.ts";
import { SOQL_TEXTS } from "./soql-texts.ts";
import { VALUE_BEHAVIOURS } from "./value-behaviours.ts";

/** Every behaviour of the score card, chapter by chapter. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...REST_BEHAVIOURS,
  ...VALUE_BEHAVIOURS,
  ...SOQL_BEHAVIOURS,
  ...SOQL_SEMANTICS,
  ...SOQL_TEXTS,
  ...COMPOSITE_BEHAVIOURS,
  ...COMPOSITE_EDGES,
  ...COLLECTION_BEHAVIOURS,
  ...BULK_BEHAVIOURS,
  ...CLASSIC_BULK_BEHAVIOURS,
  ...ORDER_BEHAVIOURS,
  ...EVENT_BEHAVIOURS,
  ...ORDER_EDGES,
  ...FORMULA_BEHAVIOURS,
];

/** The counts of a run. */
export interface Score {
  readonly total: number;
  readonly passed: number;
  readonly loud: number;
  readonly silent: number;
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  const count = (verdict: Outcome["verdict"]) => outcomes.filter((outcome) => outcome.verdict === verdict).length;
  return { total: outcomes.length, passed: count("passed"), loud: count("loud"), silent: count("silent") };
}

/** The counts as one sentence, and a line for each behaviour that was not passed. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const { total, passed, loud, silent } = scoreOf(outcomes);
  const failures = outcomes.filter((outcome) => outcome.verdict !== "passed");
  const lines = failures.map(
    ({ behaviour, verdict, reason }) =>
      `  ${verdict.padEnd(6)} ${behaviour.id} ${behaviour.title}: ${reason} (${behaviour.source})`,
  );
  return [`${total} behaviours: ${passed} passed, ${loud} failed loudly, ${silent} failed silently`, ...lines].join(
    "\n",
  );
}
