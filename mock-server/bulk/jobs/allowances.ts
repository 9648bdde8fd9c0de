/** What bulk jobs may use in 24 hours. Source: rest-api §10.1, §11.8, §13. */

import { DailyCount } from "../../org/daily-count.ts";
import type { Clock } from "../../org/port.ts";

/** Rows that Salesforce processes as one internal batch. */
export const BATCH_ROWS = 10_000;

/** The allowances of an org; each has the default of a developer org. */
export interface BulkLimits {
  readonly DailyBulkApiBatches?: number | undefined;
  readonly DailyBulkV2QueryJobs?: number | undefined;
}

/** The use of the allowances. */
export interface BulkAllowances {
  /** Batches of both APIs together. */
  readonly batches: DailyCount;
  readonly queryJobs: DailyCount;
}

/** Nothing used yet. */
export function bulkAllowances(clock: Clock, limits: BulkLimits = {}): BulkAllowances {
  return {
    batches: new DailyCount(clock, limits.DailyBulkApiBatches ?? 15_000),
    queryJobs: new DailyCount(clock, limits.DailyBulkV2QueryJobs ?? 10_000),
  };
}

/** The refusal where there are no batches left [memory: platform §3]. */
export const NO_BATCHES_LEFT = "ApiBatchItems Limit exceeded.";
