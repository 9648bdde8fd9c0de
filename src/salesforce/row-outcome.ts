/** Outcomes of single operations, however they were sent. */
import type { ApiError, FailureClass, RowOperation, RowOutcome } from "../model/salesforce-record.ts";
import { parseRecordId } from "./record-id.ts";

/** Every operation of a call whose fate nobody knows. */
export function allUnknown(operations: readonly RowOperation[], reason: string): readonly RowOutcome[] {
  return operations.map((operation) => unknown(operation, reason));
}

/** An operation whose fate nobody knows. */
export function unknown(operation: RowOperation, reason: string): RowOutcome {
  return { kind: "unknown", opId: operation.opId, reason };
}

/**
 * An operation that certainly did not land. A deletion of what is deleted already has: by the first delivery of the same
 * request, or by somebody else, which comes to the same.
 */
export function failed(
  operation: RowOperation,
  failureClass: FailureClass,
  apiErrors: readonly ApiError[],
): RowOutcome {
  if (operation.kind === "delete" && apiErrors.some(({ code }) => code === "ENTITY_IS_DELETED"))
    return done(operation, null, false);
  return { kind: "failed", opId: operation.opId, class: failureClass, apiErrors };
}

/** An operation that landed; `id` as the reply gave it, which an update by Id does not. */
export function done(operation: RowOperation, id: unknown, created: boolean): RowOutcome {
  const recordId = typeof id === "string" && id !== "" ? id : operation.kind === "upsert" ? null : operation.recordId;
  if (recordId === null) return unknown(operation, "the reply holds no record Id");
  return { kind: "done", opId: operation.opId, recordId: parseRecordId(recordId), created };
}
