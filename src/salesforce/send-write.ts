/**
 * Sends one call of writes. A call that may have been processed without an answer makes all its outcomes `unknown`: they
 * are looked up by key, never resent.
 */
import type { FailureClass, RowOperation, RowOutcome, WireValue } from "../model/salesforce-record.ts";
import type { OrgCaller } from "./caller.ts";
import { classify } from "./classify.ts";
import type { OrgReply, OrgRequest } from "./connection.ts";
import { CallFailure, describeFailure, type Failure } from "./failure.ts";
import { allUnknown, failed } from "./row-outcome.ts";

/** An answer to read, or the outcomes of a call without one. */
export type Sent =
  | { readonly kind: "answered"; readonly reply: OrgReply }
  | { readonly kind: "failed"; readonly outcomes: readonly RowOutcome[] };

/** What a call writes. */
export interface WriteUnit {
  readonly operations: readonly RowOperation[];
  /** Whether the call can be made smaller: more than one row, or more than one graph. */
  readonly divisible: boolean;
}

/** Rejects with `SyncError` when nothing of the call landed and repeating it does not help. */
export async function sendWrite(caller: OrgCaller, unit: WriteUnit, request: OrgRequest): Promise<Sent> {
  const name = `${request.method} ${request.path.split("/").slice(4).join("/")}`;
  try {
    return { kind: "answered", reply: await caller.attemptCall(request, { intent: "write", name }) };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    switch (classify(error.failure, "write")) {
      case "unknown":
        return { kind: "failed", outcomes: allUnknown(unit.operations, describeFailure(error.failure)) };
      case "retrySerially":
        return { kind: "failed", outcomes: refuseWhole(unit, error.failure, "refused") };
      case "refused":
      case "replan":
      case "configuration":
        // Only a value that does not parse is about a row; to try every row alone for anything else wastes calls.
        if (!isUnparsed(error.failure)) throw caller.explain(error, name);
        return { kind: "failed", outcomes: refuseWhole(unit, error.failure, classify(error.failure, "write")) };
      case "retry":
      case "slow":
      case "login":
      case "collateral":
        throw caller.explain(error, name);
    }
  }
}

function isUnparsed(failure: Failure): boolean {
  return failure.kind === "http" && failure.apiErrors.some(({ code }) => code === "JSON_PARSER_ERROR");
}

/** Several rows or graphs are tried again in smaller calls; a single one is to blame itself. */
function refuseWhole(unit: WriteUnit, failure: Failure, alone: FailureClass): readonly RowOutcome[] {
  const apiErrors = failure.kind === "http" ? failure.apiErrors : [];
  const failureClass = unit.divisible ? "retrySerially" : alone;
  return unit.operations.map((operation) => failed(operation, failureClass, apiErrors));
}

/** Fields as they go over the wire; a parent named by key stands under its relationship name (rest-api §7.6). */
export function wireFields(
  fields: Readonly<Record<string, WireValue>>,
  reference: (opId: string) => string,
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "object" || value === null) body[name] = value;
    else if (value.kind === "byKey") body[value.relationship] = { [value.keyField]: value.key };
    else body[name] = reference(value.opId);
  }
  return body;
}
