/** All bulk jobs of one org, ingest and query, with one counter of Ids and one runner. */
import { recordIdOf } from "../schema/record-id.ts";
import { IngestJobs, type IngestOptions } from "./ingest-jobs.ts";
import { QueryJobs } from "./query-jobs.ts";
import { StepRunner } from "./runner.ts";

/** The jobs of one org. */
export interface BulkJobs {
  readonly ingest: IngestJobs;
  readonly query: QueryJobs;
  /** Stops all processing, for an org that closes. */
  readonly stop: () => void;
}

/** Makes the jobs of an org. `paceMs`: the time on the org's clock that each step of a job waits for; 0 for no wait. */
export function createBulkJobs(options: Pick<IngestOptions, "org" | "save"> & { readonly paceMs: number }): BulkJobs {
  const { org, save, paceMs } = options;
  let count = 0;
  const newId = (): string => recordIdOf("750", ++count);
  const runner = new StepRunner(org.clock, paceMs);
  return {
    ingest: new IngestJobs({ org, save, runner, newId }),
    query: new QueryJobs({ org, runner, newId }),
    stop: () => runner.stop(),
  };
}
