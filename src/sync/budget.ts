/** The budget of API calls: our own daily share, and a reserve of the org's limit for other applications. */

/** Limits from the configuration. */
export interface BudgetLimits {
  /** Calls that this connector may make in 24 hours; null: no limit of its own. */
  readonly dailyCalls: number | null;
  /** Share of the org's limit that stays untouched for other applications, 0 to 1. */
  readonly reserveShare: number;
}

/** What has been used. */
export interface BudgetUsage {
  /** Our own calls within the last 24 hours, this run included. */
  readonly ownCalls: number;
  /** The whole org's use and limit as the last answer told, or null. */
  readonly orgUsed: number | null;
  readonly orgLimit: number | null;
}

/** Whether this many calls may be made. `message` says which limit stands in the way and what to do. */
export type Allowance =
  | { readonly kind: "allowed"; readonly callsLeft: number | null }
  | { readonly kind: "refused"; readonly callsLeft: number; readonly message: string };

/** Asks for `calls` more calls. */
export function allowCalls(limits: BudgetLimits, usage: BudgetUsage, calls: number): Allowance {
  const own = limits.dailyCalls === null ? null : Math.max(0, limits.dailyCalls - usage.ownCalls);
  const reserve = usage.orgLimit === null ? 0 : Math.ceil(usage.orgLimit * limits.reserveShare);
  const org =
    usage.orgLimit === null || usage.orgUsed === null ? null : Math.max(0, usage.orgLimit - reserve - usage.orgUsed);
  if (own !== null && calls > own) {
    return {
      kind: "refused",
      callsLeft: own,
      message: `needs ${calls} API calls, but limits.dailyCalls ${limits.dailyCalls} leaves ${own}; raise it or wait for the rolling 24 hours`,
    };
  }
  if (org !== null && calls > org) {
    return {
      kind: "refused",
      callsLeft: org,
      message: `needs ${calls} API calls, but the org has used ${usage.orgUsed} of ${usage.orgLimit} and ${reserve} are kept for other applications; wait, or lower limits.reserveShare`,
    };
  }
  const left = [own, org].filter((each): each is number => each !== null);
  return { kind: "allowed", callsLeft: left.length === 0 ? null : Math.min(...left) - calls };
}
