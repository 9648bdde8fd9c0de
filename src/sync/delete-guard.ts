/** Stops a run that would delete suspiciously much: a truncated table or a changed filter looks like many deletions. */
import type { Decision } from "./decision.ts";

/** How much may be deleted in one run. */
export interface DeleteLimits {
  /** Share of what is known, 0 to 1. */
  readonly share: number;
  /** So many deletions are always allowed, or small sets could never lose one. */
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

/** Lines that the decision takes from a document that stays, on both sides together. */
export function deletedLines(decision: Decision): number {
  if (isDeletion(decision)) return 0;
  return decision.changes.filter(({ lineKey, field, to }) => lineKey !== undefined && field === "*" && to === null)
    .length;
}
