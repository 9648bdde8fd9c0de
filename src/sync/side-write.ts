/** What a decision does to one side, as plans and the journal tell it. */
import type { LineKey } from "../model/key.ts";
import type { Side, Value } from "../model/value.ts";
import type { Decision } from "./decision.ts";

/** One field that a write changes. */
export interface ReportedChange {
  readonly lineKey?: LineKey | undefined;
  readonly field: string;
  readonly from?: Value | undefined;
  readonly to?: Value | undefined;
  readonly rule: string;
}

/** Field changes that a plan or a journal entry lists of one write; the number of all of them is always there. */
export const CHANGES_LISTED_MAX = 50;

/** Life-cycle actions belong to Salesforce; a plain create, update, revive or delete to the side that is written. */
export function actionsOf(decision: Decision, side: Side): readonly string[] {
  if (side === "salesforce" && decision.external === null) return decision.actions;
  if (side === "external") {
    const change = decision.external?.change.kind ?? "update";
    return decision.salesforce.length === 0 ? decision.actions : [change];
  }
  return decision.actions;
}

/** All field changes of one side. */
export function changesOf(decision: Decision, side: Side): readonly ReportedChange[] {
  return decision.changes
    .filter((change) => change.side === side)
    .map(({ lineKey, field, from, to, rule }) => ({ lineKey, field, from, to, rule }));
}
