/** Stops a run before it deletes suspiciously much: a truncated table looks like many deletions. */
import { SyncError } from "../errors.ts";
import type { Decision } from "../sync/decision.ts";
import { excessiveDeletes, isDeletion } from "../sync/delete-guard.ts";
import type { RunContext } from "./context.ts";

/** So many deletions of one object are always allowed, or a small set could never lose a record. */
const FREE_DELETES = 10;

/**
 * Throws `DELETE_GUARD` before anything of the page is written when its deletions, together with those of the run so
 * far, exceed the share of the known records of their object. Nothing is counted while no page deletes anything.
 */
export async function refuseExcessiveDeletes(context: RunContext, decisions: readonly Decision[]): Promise<void> {
  const { options, memory, ports } = context;
  const deletions = decisions.filter((decision) => decision.kind === "change" && isDeletion(decision));
  if (options.allowDeletes || deletions.length === 0) return;
  const known = Object.fromEntries(
    Object.entries(await ports.state.counts()).map(([object, counts]) => [object, counts["links"] ?? 0]),
  );
  const limits = { share: options.deleteShare, freely: FREE_DELETES };
  const [excess] = excessiveDeletes(deletions, known, limits, memory.deletes);
  if (excess !== undefined) {
    const { object, deletes, allowed } = excess;
    throw new SyncError(
      "DELETE_GUARD",
      `${object}: this run would delete ${deletes} of ${excess.known} records, and ${allowed} are allowed (limits.deleteShare ${options.deleteShare}); look at \`order-sync plan\`, and if they are meant run once with --allow-deletes`,
      { context: { object, deletes, known: excess.known, allowed } },
    );
  }
  for (const { object } of deletions) memory.countDelete(object);
}
