/** Stops a run that would delete suspiciously much: a truncated table or a changed filter looks like many deletions. */
import type { Decision } from "./decision.ts";

/** How much may be deleted in one run. */
export interface DeleteLimits {
  /** Share of the known records of an object, 0 to 1. */
  readonly share: number;
  /** So many deletions are always allowed, or small sets could never lose a record. */
  readonly freely: number;
}

/** The objects whose deletions exceed the limit. */
export interface DeleteExcess {
  readonly object: string;
  readonly deletes: number;
  readonly known: number;
  readonly allowed: number;
}

/**
 * Counts the deletions that decisions would make, on both sides together, against the known records per object.
 * `already` are deletions made earlier in the same run.
 */
export function excessiveDeletes(
  decisions: readonly Decision[],
  known: Readonly<Record<string, number>>,
  limits: DeleteLimits,
  already: Readonly<Record<string, number>> = {},
): readonly DeleteExcess[] {
  const deletes = new Map<string, number>(Object.entries(already));
  for (const decision of decisions) {
    if (decision.kind !== "change" || !isDeletion(decision)) continue;
    deletes.set(decision.object, (deletes.get(decision.object) ?? 0) + 1);
  }
  return [...deletes].flatMap(([object, count]) => {
    const all = known[object] ?? 0;
    const allowed = Math.max(limits.freely, Math.floor(all * limits.share));
    return count > allowed ? [{ object, deletes: count, known: all, allowed }] : [];
  });
}

/** True when the decision deletes a whole record on a side. */
export function isDeletion(decision: Decision): boolean {
  if (decision.external?.change.kind === "delete") return true;
  return decision.agreed === null && decision.salesforce.some((operation) => operation.kind === "delete");
}
