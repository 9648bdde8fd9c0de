/** Verdict: from the outcomes of a decision's operations to what became of it, and what follows for the run. */
import { SyncError } from "../../errors.ts";
import type { ApiError, FailureClass, RowOutcome } from "../../model/salesforce-record.ts";
import type { Decision } from "../../sync/decision.ts";
import { REDUCTION_CREATE_ONLY } from "../../sync/reduction.ts";
import type { RunContext } from "../context/context.ts";

/** What became of a decision on one side. */
export type SideResult =
  /** There was nothing to write. */
  | { readonly kind: "none" }
  | { readonly kind: "done"; readonly created: boolean }
  /** Refused for good: dead letter. With `configuration` a right or a setting is to blame, not a value. */
  | { readonly kind: "refused"; readonly apiErrors: readonly ApiError[]; readonly configuration?: true }
  /** Refused like every other record of its call: the object stops, and the record waits until that is put right. */
  | { readonly kind: "stopped"; readonly apiErrors: readonly ApiError[] }
  /**
   * A lock never came free, or the record moved meanwhile: decide again later. With `faults` Salesforce refused what
   * was decided on the state that was read; the same refusal again and again is a dead letter.
   */
  | {
      readonly kind: "again";
      readonly reason: string;
      readonly apiErrors?: readonly ApiError[];
      /** The code under which it waits, where that is not just another try. */
      readonly code?: string;
    }
  /** The reply was lost: the intent stays. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** Not sent, because the run or its object has to stop. */
  | { readonly kind: "unsent" };

/** What to do about a decision after its operations were sent. */
export interface Verdict {
  readonly result: SideResult;
  /** It failed because of others: worth sending again in a smaller company. */
  readonly resend: boolean;
  /** Ends the run. */
  readonly stop: SyncError | null;
}

/** What the outcomes of a decision's operations come to: the worst one decides. */
export function judge(context: RunContext, decision: Decision, outcomes: ReadonlyMap<string, RowOutcome>): Verdict {
  const own = decision.salesforce.map((operation) => outcomes.get(operation.opId));
  const verdict = (result: SideResult, resend = false, stop: SyncError | null = null): Verdict => ({
    result,
    resend,
    stop,
  });
  const lost = own.find((outcome) => outcome?.kind === "unknown");
  if (lost?.kind === "unknown") return verdict({ kind: "unknown", reason: lost.reason });
  const failed = own.flatMap((outcome) => (outcome?.kind === "failed" ? [outcome] : []));
  const culprit = failed.find((outcome) => outcome.class !== "collateral") ?? failed[0];
  if (culprit !== undefined && existsAlready(context, decision, culprit)) {
    const { apiErrors } = culprit;
    return verdict({ kind: "again", reason: "the record was made meanwhile", apiErrors, code: CREATED_CONCURRENTLY });
  }
  if (culprit === undefined) {
    const first = own[0];
    if (own.some((outcome) => outcome === undefined)) return verdict({ kind: "unsent" });
    return verdict({ kind: "done", created: first?.kind === "done" && first.created });
  }
  return byClass(decision, culprit.class, culprit.apiErrors, verdict);
}

/** Waits under this code when it looks as if the record had been made by somebody else, or by us a moment ago. */
export const CREATED_CONCURRENTLY = "CREATED_CONCURRENTLY";

/**
 * A new record whose create-only fields are refused exists already: the network delivered the request twice, or somebody
 * else made it. Salesforce has no code of its own for that (reference: change-events §6.2 no. 7). Where a second look did not
 * find the record, it is the right to the field that is missing.
 */
function existsAlready(
  { memory, ports }: RunContext,
  decision: Decision,
  failed: Extract<RowOutcome, { kind: "failed" }>,
): boolean {
  const operation = decision.salesforce.find(({ opId }) => opId === failed.opId);
  if (operation?.kind !== "upsert") return false;
  const waited = memory.parked(decision.object, decision.key)?.obstacles ?? [];
  if (waited.some(({ code }) => code === CREATED_CONCURRENTLY)) return false;
  const mapping = ports.mapping.byObject.get(decision.object);
  const ofLines = mapping?.lines;
  const isCreateOnly = (field: string): boolean =>
    field === ofLines?.parent ||
    REDUCTION_CREATE_ONLY.includes(field) ||
    [...(mapping?.fields ?? []), ...(ofLines?.fields ?? [])].some(
      (one) => one.field === field && one.write !== "always",
    );
  return failed.apiErrors.some(
    ({ code, fields }) =>
      code === "INVALID_FIELD_FOR_INSERT_UPDATE" && (fields.length === 0 || fields.some(isCreateOnly)),
  );
}

function byClass(
  decision: Decision,
  failure: FailureClass,
  apiErrors: readonly ApiError[],
  verdict: (result: SideResult, resend?: boolean, stop?: SyncError | null) => Verdict,
): Verdict {
  const instruction = apiErrors.map((apiError) => `${apiError.code}: ${apiError.message}`).join("; ");
  switch (failure) {
    case "collateral":
    case "retry":
    case "retrySerially":
      return verdict({ kind: "again", reason: instruction }, true);
    case "replan":
      return verdict({ kind: "again", reason: instruction, apiErrors });
    case "refused":
      return verdict({ kind: "refused", apiErrors });
    case "configuration":
      return verdict({ kind: "refused", apiErrors, configuration: true });
    case "unknown":
      return verdict({ kind: "unknown", reason: instruction });
    case "slow":
      return verdict({ kind: "again", reason: instruction }, false, new SyncError("SALESFORCE_LIMIT", instruction));
    case "login":
      return verdict(
        { kind: "refused", apiErrors },
        false,
        new SyncError("SALESFORCE_REFUSED", `${decision.object} ${decision.key}: ${instruction}`, {
          context: { object: decision.object, key: decision.key },
        }),
      );
    default:
      return failure satisfies never;
  }
}
