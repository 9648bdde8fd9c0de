/** The ports as one job sees them: its own unfinished writes only, and no further write once it has to stop. */
import type { EnginePorts } from "../engine/context/ports.ts";
import { overrideState } from "../engine/context/state-views.ts";
import { overrideExternal } from "../external/override.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Intent } from "../sync/decision.ts";

/** Hexadecimal digits of a job's Id that start the Ids of its intents, and random digits behind them. */
const JOB_DIGITS = 16;
const RANDOM_DIGITS = 16;

/** What marks a job's own writes. */
export interface JobMark {
  readonly jobId: string;
  readonly object: string;
  readonly keys: readonly BusinessKey[];
}

/**
 * Narrows the ports to one job. Other workers are in the middle of their own writes, so only intents that this job made,
 * or that are about its keys, may be looked up. Once `stop` is aborted with a `SyncError`, calls that write throw it; the
 * pass then records what has landed and leaves the rest waiting.
 */
export function jobPorts(ports: EnginePorts, mark: JobMark, stop: AbortSignal): EnginePorts {
  const prefix = mark.jobId.replaceAll("-", "").slice(0, JOB_DIGITS);
  const keys = new Set<string>(mark.keys);
  const own = (intent: Intent): boolean =>
    intent.id.startsWith(prefix) || (intent.object === mark.object && keys.has(intent.key));
  const { salesforce, external } = ports;
  return {
    ...ports,
    state: overrideState(ports.state, { intents: async () => (await ports.state.intents()).filter(own) }),
    newId: () => prefix + ports.newId().slice(0, RANDOM_DIGITS),
    salesforce: {
      connect: () => salesforce.connect(),
      describe: (objects) => salesforce.describe(objects),
      poll: (requests) => salesforce.poll(requests),
      read: (request) => salesforce.read(request),
      query: (soql) => salesforce.query(soql),
      async execute(call, listener) {
        stop.throwIfAborted();
        return await salesforce.execute(call, listener);
      },
      endOfJob: (jobId) => salesforce.endOfJob(jobId),
      holdOff: (attempt) => salesforce.holdOff(attempt),
      usage: () => salesforce.usage(),
      close: () => salesforce.close(),
    },
    external: overrideExternal(external, {
      async apply(operations, options) {
        stop.throwIfAborted();
        return await external.apply(operations, options);
      },
    }),
  };
}
