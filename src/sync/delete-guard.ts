/** Stops a run that would delete suspiciously much: a truncated table or a changed filter looks like many deletions. */
import type { LineKey } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import type { Decision } from "./decision.ts";

/** How much may be deleted in one run. */
export interface DeleteLimits {
  /** Share of what is known, 0 to 1. */
  readonly share: number;
  /** This many deletions are always allowed, or small sets could never lose one. */
  readonly freely: number;
}

/** How many of `known` records or lines one run may delete. */
export function allowedDeletes(known: number, { share, freely }: DeleteLimits): number {
  return Math.max(freely, Math.floor(known * share));
}

/** True when the decision deletes a whole record on a side. */
export function isDeletion(decision: Decision): boolean {
  if (decision.external?.change.kind === "delete") return true;
  return decision.agreed === null && decision.salesforce.some((operation) => operation.kind === "delete");
}

/**
 * Lines that the decision takes from a document that stays, on both sides together. A line that is removed to be added
 * again is no deletion: its key stays.
 */
export function deletedLines(decision: Decision): number {
  if (isDeletion(decision)) return 0;
  const whole = decision.changes.filter(({ lineKey, field }) => lineKey !== undefined && field === "*");
  const isAddedAgain = (side: Side, lineKey: LineKey | undefined): boolean =>
    whole.some((each) => each.side === side && each.lineKey === lineKey && each.to !== null);
  return whole.filter(({ side, lineKey, to }) => to === null && !isAddedAgain(side, lineKey)).length;
}
