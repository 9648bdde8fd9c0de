/** The org's own account of its limits (reference: rest-api §10.1, change-events §8). */
import type { OrgCaller } from "./caller.ts";
import { isJsonObject } from "./failure.ts";
import type { ApiUsage } from "./port.ts";

/** One limit of the org. Values lag by minutes. */
export interface OrgLimit {
  readonly name: string;
  readonly max: number;
  readonly remaining: number;
}

/** All limits, sorted by name. Costs one call and needs View Setup; rejects with `SyncError`. */
export async function fetchLimits(caller: OrgCaller): Promise<readonly OrgLimit[]> {
  const { root } = caller.connection;
  const { body } = await caller.call({ method: "GET", path: `${root}/limits` }, { intent: "read", name: "limits" });
  if (!isJsonObject(body)) return [];
  return Object.entries(body)
    .flatMap(([name, limit]) => {
      if (!isJsonObject(limit)) return [];
      const { Max: max, Remaining: remaining } = limit;
      return typeof max === "number" && typeof remaining === "number" ? [{ name, max, remaining }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Calls of this process, and the org's usage as the last answer told it. Costs nothing. */
export function usageOf(caller: OrgCaller): ApiUsage {
  const { calls, used, limit } = caller.connection.meter;
  return { calls, used, limit };
}
