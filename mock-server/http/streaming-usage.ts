/** What streaming clients use of an org's allowances. Source: rest-api §10.1, change-events §2.1, §3. */

import { DailyCount } from "../org/daily-count.ts";
import type { Clock } from "../org/port.ts";

/** The allowances, by their names in `/limits`. */
export interface StreamingLimits {
  readonly DailyDeliveredPlatformEvents?: number | undefined;
  readonly DurableStreamingApiConcurrentClients?: number | undefined;
}

/** The use of the allowances. */
export interface StreamingUsage {
  /** Events that were delivered, each counted for each client. */
  readonly delivered: DailyCount;
  readonly clientsMax: number;
  /** Clients that are connected; nobody before the first one comes. */
  clients: () => number;
}

/** Nothing used yet. The daily allowance is the one of the larger editions, the clients are a developer org's. */
export function streamingUsage(clock: Clock, limits: StreamingLimits = {}): StreamingUsage {
  return {
    delivered: new DailyCount(clock, limits.DailyDeliveredPlatformEvents ?? 50_000),
    clientsMax: limits.DurableStreamingApiConcurrentClients ?? 20,
    clients: () => 0,
  };
}
