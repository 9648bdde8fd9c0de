/**
 * Ties a state to the org that it was made with. Links, bases and watermarks of one org mean nothing in another one: a
 * sandbox that was refreshed, or a login URL that was changed, would move the watermark past edits that nobody has seen.
 */
import { SyncError } from "../../errors.ts";
import type { RunContext } from "../context/context.ts";

/** Stands beside the cursors, because it says whose positions they are. */
const ORG = "salesforce";
/** An Id is the same with and without its three check characters. */
const ID_LENGTH = 15;

/** Of the cursors only what says whose they are: for a run that reads everything from the beginning. */
export function withoutPositions(cursors: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const org = cursors[ORG];
  return org === undefined ? {} : { [ORG]: org };
}

/** Remembers the org in the first run; throws `CONFIG_INVALID` in a run against any other one. */
export async function requireSameOrg({ ports, identity, lease }: RunContext): Promise<void> {
  const known = (await ports.state.cursors())[ORG];
  const { organizationId, instanceUrl } = identity;
  if (known === undefined) {
    await lease.commit({ cursors: { [ORG]: organizationId } });
    return;
  }
  if (known.slice(0, ID_LENGTH) === organizationId.slice(0, ID_LENGTH)) return;
  throw new SyncError(
    "CONFIG_INVALID",
    `The state belongs to the org ${known}, but ${instanceUrl} is the org ${organizationId}: nothing was read or written. Correct salesforce.loginUrl, or give another state.url for another org; if the first org is gone for good (a sandbox that was refreshed, a mock-org that was started again), run order-sync reset`,
    { context: { known, found: organizationId } },
  );
}
