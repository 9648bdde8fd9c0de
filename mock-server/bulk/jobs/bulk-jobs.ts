/** All bulk jobs of one org, of both APIs, with one counter of Ids and one runner. */
import { recordIdOf } from "../../schema/record-id.ts";
import type { BulkAllowances } from "./allowances.ts";
import { ClassicJobs } from "./classic-jobs.ts";
import { IngestJobs } from "./ingest-jobs.ts";
import { QueryJobs } from "./query-jobs.ts";
import { StepRunner } from "./runner.ts";
import type { Saver } from "./save-rows.ts";

/** The jobs of one org. */
export interface BulkJobs {
  readonly ingest: IngestJobs;
  readonly query: QueryJobs;
  readonly classic: ClassicJobs;
  /** Stops all processing, for an org that closes. */
  readonly stop: () => void;
}

/** What the jobs of an org are made of. */
export interface BulkOptions extends Saver {
  readonly paceMs: number;
  readonly allowances: BulkAllowances;
}

/** Makes the jobs of an org. `paceMs`: the time on the org's clock that each step of a job waits for; 0 for no wait. */
export function createBulkJobs(options: BulkOptions): BulkJobs {
  const { org, save, trigger, paceMs, allowances } = options;
  let count = 0;
  const newId = (keyPrefix: string): string => recordIdOf(keyPrefix, ++count);
  const newJobId = (): string => newId("750");
  const runner = new StepRunner(org.clock, paceMs);
  const saver: Saver = { org, save, trigger };
  return {
    ingest: new IngestJobs({ ...saver, runner, newId: newJobId, allowance: allowances.batches }),
    query: new QueryJobs({ org, trigger, runner, newId: newJobId, allowance: allowances.queryJobs }),
    classic: new ClassicJobs({ saver, runner, newId, allowance: allowances.batches }),
    stop: () => runner.stop(),
  };
}
