/** How a refused record becomes a result instead of an exception. */
import { OrgError } from "../errors.ts";
import type { Refusal } from "./change.ts";
import type { SaveResult } from "./port.ts";

/** A row that somebody else holds fails alone; every other exception ends the request. */
export function guarded<T>(work: () => T | Refusal): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof OrgError && error.errorCode === "UNABLE_TO_LOCK_ROW")
      return { faults: error.faults, statusCode: error.statusCode };
    throw error;
  }
}

/** The result of a refused record; `id` is the one that was meant, as far as the request names it. */
export function failure(refusal: Refusal, id: string | null, created: boolean): SaveResult {
  return { success: false, id, created, ...refusal };
}
