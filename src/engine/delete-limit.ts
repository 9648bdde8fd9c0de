/**
 * Keeps a run from deleting suspiciously much (I11): beyond a handful the deletions of an object wait until all of them
 * are known, and then go all together or not at all.
 */
import { SyncError } from "../errors.ts";
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Decision, Parked } from "../sync/decision.ts";
import { excessiveDeletes, isDeletion } from "../sync/delete-guard.ts";
import type { RunContext } from "./context.ts";

/** So many records of an object may be deleted by any run, or small sets could never lose one. */
export const DELETED_FREELY = 10;

const HELD = "DELETE_HELD";

/**
 * Parks the deletions of a page when, with those before them, they are more than a handful. What is parked is decided
 * again when all feeds of the object have been read, see `allowDeletions`.
 */
export function holdDeletions(
  { memory, options }: RunContext,
  mapping: ObjectMapping,
  decisions: readonly Decision[],
): readonly Decision[] {
  const deletions = decisions.filter((decision) => decision.kind === "change" && isDeletion(decision));
  if (deletions.length === 0 || options.allowDeletes) return decisions;
  const tally = memory.deletions(mapping.object);
  const isFree = tally.waiting.size === 0 && tally.made + deletions.length <= DELETED_FREELY;
  if (isFree || tally.allowed) {
    tally.made += deletions.length;
    return decisions;
  }
  for (const { key } of deletions) tally.waiting.add(key);
  return decisions.map((decision) => (deletions.includes(decision) ? held(decision) : decision));
}

/**
 * The deletions that waited, once all of them are known, to be decided again. Throws `DELETE_GUARD` when they are more
 * than the share of the known records that a run may delete; they stay parked and are counted again in the next run.
 */
export async function allowDeletions(context: RunContext, mapping: ObjectMapping): Promise<readonly BusinessKey[]> {
  const { memory, options, ports } = context;
  const { object } = mapping;
  const tally = memory.deletions(object);
  if (tally.waiting.size === 0) return [];
  const known = (await ports.state.counts())[object]?.["links"] ?? 0;
  const wanted = tally.made + tally.waiting.size;
  const limits = { share: options.deleteShare, freely: DELETED_FREELY };
  const [excess] = excessiveDeletes([], { [object]: known }, limits, { [object]: wanted });
  if (excess !== undefined) {
    throw new SyncError(
      "DELETE_GUARD",
      `${excess.deletes} of ${excess.known} known ${object} records would be deleted because they are gone on the other side, and ${excess.allowed} may be (limits.deleteShare ${options.deleteShare}); none of these is deleted. If a table was emptied or a filter changed, put that right; if the deletions are meant, look at order-sync plan --allow-deletes and run once with --allow-deletes`,
      { context: { object, deletes: excess.deletes, known: excess.known, allowed: excess.allowed } },
    );
  }
  tally.allowed = true;
  const keys = [...tally.waiting];
  tally.waiting.clear();
  return keys;
}

/** Whether a parked document is a deletion that waits for the others to be counted. */
export function isHeldDeletion({ obstacles }: Pick<Parked, "obstacles">): boolean {
  return obstacles.some(({ code }) => code === HELD);
}

function held(decision: Decision): Decision {
  const { deletedOn = decision.external === null ? "external" : "salesforce" } = decision.link;
  const side = deletedOn === "salesforce" ? "Salesforce" : "the external system";
  return {
    ...decision,
    kind: "park",
    agreed: null,
    link: { ...decision.link, tombstone: false, deletedOn },
    salesforce: [],
    external: null,
    conflicts: [],
    changes: [],
    obstacles: [
      {
        code: HELD,
        message: `was deleted in ${side}; it is deleted on the other side once it is sure that the run does not delete too much`,
      },
    ],
  };
}
