/** The reasons for which a document is not synced after its write, as people read them. */
import type { DeadLetter, Obstacle } from "../../sync/decision.ts";
import type { SideResult } from "../write/verdict.ts";

/** Salesforce's faults as reasons. */
export function obstaclesOf(apiErrors: DeadLetter["apiErrors"]): readonly Obstacle[] {
  return apiErrors.map(({ code, message, fields }) => ({
    code,
    message,
    ...(fields[0] === undefined ? {} : { field: fields[0] }),
  }));
}

/** Why a document waits whose write did not land. */
export function waiting(result: SideResult): Obstacle {
  switch (result.kind) {
    case "again":
      return {
        code: result.code ?? "TRY_AGAIN",
        message: `${result.reason}; it is compared and tried again in the next run`,
      };
    case "unknown":
      return {
        code: "OUTCOME_UNKNOWN",
        message: `nobody knows whether the last write landed (${result.reason}); it is looked up before anything else is done`,
      };
    case "refused":
    case "stopped":
      return {
        code: "REFUSED",
        message: result.apiErrors.map((apiError) => `${apiError.code}: ${apiError.message}`).join("; "),
      };
    case "unsent":
      return {
        code: "UNSENT",
        message: "the run, or its object, had to stop before it was sent; the next run goes on",
      };
    case "none":
    case "done":
      return { code: "DONE", message: "it landed" };
    default:
      return result satisfies never;
  }
}

/** Whether two lists give the same reasons. */
export function sameObstacles(left: readonly Obstacle[], right: readonly Obstacle[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
