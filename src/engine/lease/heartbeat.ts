/** The heartbeat: prolongs leases while long calls are under way, and tells when one is lost. */
import { SyncError } from "../../errors.ts";

/** Leases are prolonged so often in their time. */
const BEATS_PER_TTL = 3;

/** Runs until it is stopped. */
export interface Heartbeat {
  /** Aborted, with the `SyncError` as reason, when the lease was taken over. */
  readonly lost: AbortSignal;
  stop(): void;
}

/**
 * Calls `beat` three times in `ttlMs`. An error of the database is waited out: the fencing number decides in the end.
 * `LEASE_LOST` ends the heartbeat.
 */
export function startHeartbeat(ttlMs: number, beat: () => Promise<void>): Heartbeat {
  const lost = new AbortController();
  let beating = false;
  const once = async (): Promise<void> => {
    if (beating) return;
    beating = true;
    try {
      await beat();
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === "LEASE_LOST") {
        clearInterval(timer);
        lost.abort(error);
      }
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(() => void once(), ttlMs / BEATS_PER_TTL);
  timer.unref();
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}
