/** Remembers when records of an object last vanished for good: `/deleted` cannot tell about an earlier time. */
import type { Org } from "../org/contract.ts";

/** As far back as `/deleted` ever looks. */
const REACH_MS = 15 * 24 * 60 * 60 * 1000;

/** Watches an org's commits for physical removals. */
export class PurgeLog {
  readonly #startMs: number;
  readonly #lastByObject = new Map<string, number>();

  constructor(org: Org) {
    this.#startMs = org.clock.nowMs();
    org.onCommit((changes) => {
      for (const change of changes) {
        if (change.after === undefined && change.before !== undefined) {
          this.#lastByObject.set(change.object, org.clock.nowMs());
        }
      }
    });
  }

  /** Milliseconds since 1970 from which on `/deleted` knows every deletion of the object. */
  earliestAvailableMs(object: string): number {
    return this.#lastByObject.get(object) ?? this.#startMs - REACH_MS;
  }
}
