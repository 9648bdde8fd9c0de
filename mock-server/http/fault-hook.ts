/**
 * The place where faults enter the wire. The pipeline asks a hook before it works on a call and again after the commit,
 * before the answer leaves; the hook decides. Without a hook nothing is asked.
 */
import type { RestResult } from "./rest.ts";

/** A call as a hook sees it. */
export interface FaultCall {
  readonly method: string;
  /** Path without the query string. */
  readonly path: string;
  /** The query string without `?`. */
  readonly query: string;
  readonly header: (name: string) => string | undefined;
  /** The decoded body, from `decoded` on. */
  readonly body?: unknown;
  /** Names of the faults that were applied to this call; a hook adds to it and the journal shows it. */
  readonly applied: string[];
}

/**
 * What shall happen instead of the usual.
 * - `answer`: this answer is sent (before: nothing is executed; after: what was done stays done).
 * - `drop`: the connection closes without an answer. After the commit this is the lost reply.
 * - `twice`: the call is executed a second time, as a network that repeats a request would; only before.
 */
export type FaultAct =
  | { readonly kind: "answer"; readonly result: RestResult }
  | { readonly kind: "drop" }
  | { readonly kind: "twice" };

/** Decides about faults. A hook that delays a call returns a promise. */
export interface FaultHook {
  before(call: FaultCall): FaultAct | undefined | Promise<FaultAct | undefined>;
  /** Asked once more when the session is known and the body read, before anything is executed. */
  decoded?(call: FaultCall): FaultAct | undefined | Promise<FaultAct | undefined>;
  after(call: FaultCall, result: RestResult): FaultAct | undefined | Promise<FaultAct | undefined>;
}
