/** Standing still: the failures that only a person can mend, and how a connector that stays up notices that it was done. */
import { type ErrorCode, SyncError } from "../errors.ts";
import type { StateStore } from "../state/port.ts";

/** Errors after which repeating would do harm: failed logins lock the user, and deletes want a person's eye. */
const HALTING: readonly ErrorCode[] = ["SALESFORCE_LOGIN", "DELETE_GUARD"];

/** Whether nobody should try again by himself. */
export function isHalting(error: unknown): error is SyncError {
  return error instanceof SyncError && HALTING.includes(error.code);
}

/** How often the state is asked whether somebody ran the synchronization by hand. */
const LOOK_EVERY_MS = 5_000;

/**
 * Waits until a run of another process went through, for example `order-sync run --allow-deletes`, or until `signal` is
 * aborted. A state that cannot be read is asked again.
 */
export async function waitForManualRun(
  state: Pick<StateStore, "runs">,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const newest = async (): Promise<{ readonly id: string; readonly good: boolean } | null> => {
    try {
      const [run] = await state.runs(1);
      return run === undefined
        ? null
        : { id: run.id, good: run.outcome === "done" || run.outcome === "doneWithRefusals" };
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      return null;
    }
  };
  const before = await newest();
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal);
    const now = await newest();
    if (now?.good === true && now.id !== before?.id) return;
  }
}
