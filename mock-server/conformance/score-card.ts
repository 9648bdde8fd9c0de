/** The whole table of behaviors, and how its outcome is reported. */
import type { Behavior } from "./behavior.ts";
import { BULK_BEHAVIORS } from "./bulk-behaviors.ts";
import { CLASSIC_BULK_BEHAVIORS } from "./classic-bulk-behaviors.ts";
import { COLLECTION_BEHAVIORS } from "./collection-behaviors.ts";
import { COMPOSITE_BEHAVIORS } from "./composite-behaviors.ts";
import { COMPOSITE_EDGES } from "./composite-edges.ts";
import { EVENT_BEHAVIORS } from "./event-behaviors.ts";
import { FORMULA_BEHAVIORS } from "./formula-behaviors.ts";
import { ORDER_BEHAVIORS } from "./order-behaviors.ts";
import { ORDER_EDGES } from "./order-edges.ts";
import { REST_BEHAVIORS } from "./rest-behaviors.ts";
import type { Outcome } from "./run.ts";
import { SOQL_BEHAVIORS } from "./soql-behaviors.ts";
import { SOQL_SEMANTICS } from "./soql-semantics.ts";
import { SOQL_TEXTS } from "./soql-texts.ts";
import { VALUE_BEHAVIORS } from "./value-behaviors.ts";

/** Every behavior of the score card, chapter by chapter. */
export const BEHAVIORS: readonly Behavior[] = [
  ...REST_BEHAVIORS,
  ...VALUE_BEHAVIORS,
  ...SOQL_BEHAVIORS,
  ...SOQL_SEMANTICS,
  ...SOQL_TEXTS,
  ...COMPOSITE_BEHAVIORS,
  ...COMPOSITE_EDGES,
  ...COLLECTION_BEHAVIORS,
  ...BULK_BEHAVIORS,
  ...CLASSIC_BULK_BEHAVIORS,
  ...ORDER_BEHAVIORS,
  ...EVENT_BEHAVIORS,
  ...ORDER_EDGES,
  ...FORMULA_BEHAVIORS,
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

/** The counts as one sentence, and a line for each behavior that was not passed. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const { total, passed, loud, silent } = scoreOf(outcomes);
  const failures = outcomes.filter((outcome) => outcome.verdict !== "passed");
  const lines = failures.map(
    ({ behavior, verdict, reason }) =>
      `  ${verdict.padEnd(6)} ${behavior.id} ${behavior.title}: ${reason} (${behavior.source})`,
  );
  return [`${total} behaviors: ${passed} passed, ${loud} failed loudly, ${silent} failed silently`, ...lines].join(
    "\n",
  );
}
