/**
 * The one place that repeats calls to Salesforce, and the only use of p-retry in this room.
 *
 * Calls are repeated, rows are not: a refused row is data. A read is repeated after anything that may pass; a write only
 * when it certainly was not processed. Waits are full-jitter back-off, at least Retry-After, within one deadline.
 * Base, factor and cap: reference change-events §7.
 */
import pRetry from "p-retry";
import { SyncError } from "../errors.ts";
import { classify, isDailyLimit } from "./classify.ts";
import { CallFailure, describeFailure, type Failure } from "./failure.ts";

/** How patient calls are. */
export interface CallPolicy {
  /** The first attempt included. */
  readonly attempts: number;
  /** Over all attempts and waits of one call. */
  readonly deadlineMs: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly monotonicMs: () => number;
  /** Hears of each repetition, for metrics and logs. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** One repetition. */
export interface RetryEvent {
  /** What is called, for example `POST composite`. */
  readonly call: string;
  readonly attempt: number;
  readonly waitMs: number;
  readonly reason: string;
}

/** What to repeat. */
export interface PolicedCall<T> {
  /** For messages, for example `POST composite`. */
  readonly name: string;
  readonly intent: "read" | "write";
  /** One attempt; rejects with `CallFailure`. */
  readonly attempt: () => Promise<T>;
  /** Renews the session; absent when the credentials allow no second login. Called at most once. */
  readonly logInAgain?: () => Promise<void>;
}

const BACKOFF_FACTOR = 2;

/** "Too many long-running requests" passes within seconds; the reference gives 5–60 s. */
const CONCURRENCY_WAIT_MS = 5_000;

/**
 * Calls until it succeeds, cannot succeed, or patience ends.
 *
 * Rejects with the last `CallFailure` (callers of the room turn it into outcomes or, by `failureToSyncError`, into a
 * `SyncError`), or with the `SyncError` of a failed login.
 */
export async function callWithPolicy<T>(policy: CallPolicy, call: PolicedCall<T>): Promise<T> {
  const deadlineAtMs = policy.monotonicMs() + policy.deadlineMs;
  let loggedInAgain = false;
  let failures = 0;
  return await pRetry(call.attempt, {
    // One more than failures allow: the repetition after a renewed session is free.
    retries: policy.attempts,
    // Waiting is done below, where Retry-After, the deadline and an injected clock are known.
    minTimeout: 0,
    maxTimeout: 0,
    randomize: false,
    shouldRetry: async ({ error }) => {
      if (!(error instanceof CallFailure)) return false;
      const failureClass = classify(error.failure, call.intent);
      if (failureClass === "login") {
        if (loggedInAgain || call.logInAgain === undefined) return false;
        loggedInAgain = true;
        await call.logInAgain();
        return true;
      }
      if (failureClass !== "retry" && (failureClass !== "slow" || isDailyLimit(error.failure))) return false;
      failures += 1;
      if (failures >= policy.attempts) return false;
      const waitMs = backOff(policy, error.failure, failures);
      if (policy.monotonicMs() + waitMs > deadlineAtMs) return false;
      policy.onRetry?.({ call: call.name, attempt: failures, waitMs, reason: describeFailure(error.failure) });
      await policy.sleep(waitMs);
      return true;
    },
  });
}

/** Full jitter: anything between nothing and the exponential bound, so that many clients do not come back together. */
function jittered(policy: CallPolicy, attemptNumber: number): number {
  const boundMs = Math.min(policy.capMs, policy.baseMs * BACKOFF_FACTOR ** (attemptNumber - 1));
  return Math.floor(policy.random() * boundMs);
}

/** Waits before rows are sent again that were locked: like a repeated call, and within the deadline of one. */
export async function holdOff(policy: CallPolicy, attemptNumber: number): Promise<void> {
  await policy.sleep(Math.min(policy.deadlineMs, jittered(policy, attemptNumber)));
}

function backOff(policy: CallPolicy, failure: Failure, attemptNumber: number): number {
  const jitteredMs = jittered(policy, attemptNumber);
  const throttled = failure.kind === "http" && classify(failure, "read") === "slow";
  const floorMs = throttled ? Math.min(policy.capMs, CONCURRENCY_WAIT_MS) : 0;
  const askedMs = failure.kind === "http" ? (failure.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, floorMs + jitteredMs);
}

/** Not cured by repeating at once, but by time. */
const TRANSIENT_CODES: readonly string[] = ["QUERY_TIMEOUT", "UNABLE_TO_LOCK_ROW", "REQUEST_RUNNING_TOO_LONG"];

/** The `SyncError` of a call that failed for good. `name` is the call, for example `POST composite`. */
export function failureToSyncError(failure: CallFailure, name: string, host: string): SyncError {
  const { failure: what } = failure;
  const context = { call: name, host, status: what.kind === "http" ? what.status : null };
  const because = describeFailure(what);
  if (what.kind === "network" && !what.sent) {
    return new SyncError("SALESFORCE_UNREACHABLE", `${host}: ${because}`, { context, cause: failure });
  }
  if (what.kind === "http" && what.apiErrors.some(({ code }) => TRANSIENT_CODES.includes(code))) {
    return new SyncError("SALESFORCE_UNAVAILABLE", `${host}: ${name}: ${because}`, { context, cause: failure });
  }
  switch (classify(what, "read")) {
    case "retry":
      return new SyncError("SALESFORCE_UNAVAILABLE", `${host}: ${name}: ${because}`, { context, cause: failure });
    case "slow":
      return new SyncError("SALESFORCE_LIMIT", `${host}: ${name}: ${because}`, { context, cause: failure });
    case "login":
      return new SyncError("SALESFORCE_LOGIN", `${host}: ${name}: the session is not accepted (${because})`, {
        context,
        cause: failure,
      });
    case "retrySerially":
    case "refused":
    case "replan":
    case "configuration":
    case "unknown":
    case "collateral":
      return new SyncError("SALESFORCE_REFUSED", `${host}: ${name}: ${because}`, { context, cause: failure });
  }
}
