/** A Salesforce org through jsforce: the implementation of the port, put together from the parts of this room. */
import { setTimeout as delay } from "node:timers/promises";
import type { LoginKeeper } from "./auth.ts";
import { endOfBulkJob, executeBulk } from "./bulk.ts";
import type { BulkPolling } from "./bulk-job.ts";
import { type CallPolicy, holdOff, type RetryEvent } from "./call-policy.ts";
import { OrgCaller } from "./caller.ts";
import { type ChangeEventParts, listenForChanges } from "./change-events.ts";
import { ChangeFeed } from "./change-feed.ts";
import { subscribeTo } from "./channel.ts";
import { executeCollections } from "./collections.ts";
import type { SalesforceConfig } from "./config.ts";
import { OrgConnection } from "./connection.ts";
import { describeObjects } from "./describe.ts";
import { executeGraphs } from "./graphs.ts";
import { identify } from "./identity.ts";
import { fetchLimits, type OrgLimit, usageOf } from "./limits.ts";
import type { OrgIdentity, SalesforceOrg } from "./port.ts";
import { queryAllRows } from "./query.ts";
import { readRecords } from "./read.ts";
import { executeRows } from "./rows.ts";

/** Inputs besides the settings; the defaults are the real world. */
export interface OrgSurroundings {
  /** Epoch milliseconds; only for the expiry of tokens and before the server's own time is known. */
  readonly wallClockMs?: () => number;
  /** A clock that only runs forward. */
  readonly monotonicMs?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Keeps rotated refresh tokens; without it a rotated token is lost with the process. */
  readonly keeper?: LoginKeeper;
  /** Hears of each repeated call. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** What to listen for; see `ChangeEventParts`. */
export type ListenRequest = Pick<ChangeEventParts, "channels" | "objects" | "onChange" | "onState">;

/** First wait of the back-off and its bound (reference: change-events §7). */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_CAP_MS = 60_000;

/** An org through jsforce, with what only some callers need. */
export interface JsforceOrg extends SalesforceOrg {
  /** Listens until `stop` is aborted; never rejects. Sends no counted call and does not log in. */
  listen(request: ListenRequest, stop: AbortSignal): Promise<void>;
  /** The org's own account of its limits; costs one call. */
  limits(): Promise<readonly OrgLimit[]>;
}

/** A connection to an org. Nothing is sent before the first method is called. */
export function createSalesforceOrg(config: SalesforceConfig, surroundings: OrgSurroundings = {}): JsforceOrg {
  const wallClockMs = surroundings.wallClockMs ?? Date.now;
  const monotonicMs = surroundings.monotonicMs ?? (() => performance.now());
  const connection = new OrgConnection({
    version: config.apiVersion,
    client: config.client,
    timeoutMs: config.requestTimeoutMs,
    monotonicMs,
  });
  const policy: CallPolicy = {
    attempts: config.attempts,
    deadlineMs: config.deadlineMs,
    baseMs: BACKOFF_BASE_MS,
    capMs: BACKOFF_CAP_MS,
    random: surroundings.random ?? Math.random,
    sleep: surroundings.sleep ?? ((ms) => delay(ms)),
    monotonicMs,
    ...(surroundings.onRetry === undefined ? {} : { onRetry: surroundings.onRetry }),
  };
  const caller = new OrgCaller({
    connection,
    auth: config.auth,
    policy,
    budget: { usedShareMax: config.usedShareMax, callsMax: config.callsMax ?? null },
    login: {
      loginUrl: config.loginUrl.replace(/\/+$/, ""),
      version: config.apiVersion,
      timeoutMs: config.requestTimeoutMs,
      nowMs: wallClockMs,
      onAnswer: (exchange) => connection.learnServerTime(exchange),
      ...(surroundings.keeper === undefined ? {} : { keeper: surroundings.keeper }),
    },
  });
  const polling: BulkPolling = { sleep: policy.sleep, waitMs: config.bulkWaitMs };
  const feed = new ChangeFeed(caller, { wallClockMs, polling, bulkQueryRows: config.bulkQueryRows });
  let identity: Promise<OrgIdentity> | null = null;
  return {
    connect: () => {
      identity ??= identify(caller).catch((error: unknown) => {
        // The next connect tries again.
        identity = null;
        throw error;
      });
      return identity;
    },
    describe: (objects) => describeObjects(caller, objects),
    poll: (requests) => feed.poll(requests),
    read: (request) => readRecords(caller, request),
    query: (soql) => queryAllRows(caller, soql),
    execute: async (call, listener) => {
      switch (call.kind) {
        case "collections":
          return await executeCollections(caller, call.parts);
        case "graphs":
          return await executeGraphs(caller, call.graphs);
        case "rows":
          return await executeRows(caller, call.operations);
        case "bulk":
          return await executeBulk(caller, call.part, { listener: listener ?? null, polling });
      }
    },
    endOfJob: (jobId) => endOfBulkJob(caller, jobId, polling),
    listen: (request, stop) =>
      listenForChanges(
        {
          ...request,
          client: config.client,
          subscribe: (channel, listener) => subscribeTo(connection, channel, listener),
          token: () => connection.accessToken ?? undefined,
          sleep: pause,
          random: policy.random,
          monotonicMs,
        },
        stop,
      ),
    limits: () => fetchLimits(caller),
    holdOff: (attempt) => holdOff(policy, attempt),
    usage: () => usageOf(caller),
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}

/** Resolves after so long, or when the signal is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
