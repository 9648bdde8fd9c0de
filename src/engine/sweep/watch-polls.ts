/** An org whose polls somebody watches; everything else goes through unchanged. */
import type { PolledObject, SalesforceOrg } from "../../salesforce/port.ts";

/** The org with each polled object replaced by what `watch` makes of it, for example one that counts the rows passing by. */
export function watchPolls(org: SalesforceOrg, watch: (polled: PolledObject) => PolledObject): SalesforceOrg {
  return {
    connect: () => org.connect(),
    describe: (objects) => org.describe(objects),
    poll: async (requests) => (await org.poll(requests)).map(watch),
    read: (request) => org.read(request),
    query: (soql) => org.query(soql),
    execute: (call, listener) => org.execute(call, listener),
    endOfJob: (jobId) => org.endOfJob(jobId),
    holdOff: (attempt) => org.holdOff(attempt),
    usage: () => org.usage(),
    close: () => org.close(),
  };
}
