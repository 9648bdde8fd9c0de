/**
 * One record on its way through the pipeline: what it was, what it is about to become, and what the client wrote.
 *
 * Rules read it; the pipeline and before triggers write to `after`. Nothing here knows the store.
 */
import type { OrgFault } from "../errors.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import type { ObjectPlan } from "./object-plan.ts";

/** What happens to the record. An upsert has become one of the first two by now; `hardDelete` is a `delete`. */
export type WriteOperation = "insert" | "update" | "delete" | "undelete";

/** The values of a record that is not stored yet: every stored field of its object, still open to change. */
export type Draft = Record<string, FieldValue>;

/** One record's change. */
export interface Change {
  readonly plan: ObjectPlan;
  readonly operation: WriteOperation;
  /** Null for an insert until the record is stored. */
  readonly id: string | null;
  /** The stored record; undefined for an insert. */
  readonly before: Row | undefined;
  /** What will be stored; the same values as `before` for a delete. */
  readonly after: Draft;
  /** The fields that the client wrote, in its order. Fields that triggers or the org set are not among them. */
  readonly given: readonly string[];
}

/** A record that was just stored. For a delete `after` is the record in the recycle bin. */
export interface Saved {
  readonly object: string;
  readonly operation: WriteOperation;
  readonly before: Row | undefined;
  readonly after: Row;
}

/** Why one record was refused, and the HTTP status that a single-row call gives it. */
export interface Refusal {
  readonly faults: readonly OrgFault[];
  readonly statusCode: number;
  /** For 300: the records that share the external Id. */
  readonly matches?: readonly string[];
}

/** A refusal with one fault; 400 unless said otherwise. */
export function refuse(fault: OrgFault, statusCode = 400): Refusal {
  return { faults: [fault], statusCode };
}

/** True where the field gets another value than the stored one. On insert: where it gets any value. */
export function changes(change: Change, field: string): boolean {
  return change.before === undefined
    ? (change.after[field] ?? null) !== null
    : (change.before[field] ?? null) !== (change.after[field] ?? null);
}

/** The text of a field, null where it is empty or the object lacks the field. */
export function textOf(row: Row | undefined, field: string): string | null {
  const value = row?.[field];
  return typeof value === "string" ? value : null;
}

/** The number of a field, 0 where it is empty. */
export function numberOf(row: Row | undefined, field: string): number {
  const value = row?.[field];
  return typeof value === "number" ? value : 0;
}
