/**
 * Keeps a run from deleting suspiciously much (I11): beyond a handful the deletions of an object wait until all of them
 * are known, and then go all together or not at all. Lines that go while their document stays are counted on their own.
 */
import { SyncError } from "../../errors.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Decision, Obstacle, Parked } from "../../sync/decision.ts";
import { allowedDeletes, deletedLines, isDeletion } from "../../sync/delete-guard.ts";
import type { RunContext } from "../context/context.ts";
import type { DeletionTally } from "../context/memory.ts";

/** What is counted: records, or lines of records that stay. */
type Kind = keyof DeletionTally;

/** So many may be deleted by any run, or small sets could never lose one. */
export const DELETED_FREELY: Readonly<Record<Kind, number>> = { records: 10, lines: 50 };

const HELD: Readonly<Record<Kind, string>> = { records: "DELETE_HELD", lines: "LINE_DELETE_HELD" };
const KINDS: readonly Kind[] = ["records", "lines"];

/**
 * Parks the deletions of a page when, with those before them, they are more than a handful. What is parked is decided
 * again when all feeds of the object have been read, see `allowDeletions`.
 */
export function holdDeletions(
  { memory, options }: RunContext,
  mapping: ObjectMapping,
  decisions: readonly Decision[],
): readonly Decision[] {
  if (options.allowDeletes) return decisions;
  return KINDS.reduce((left, kind) => holdKind(memory.deletions(mapping.object)[kind], kind, left), decisions);
}

function holdKind(tally: DeletionTally[Kind], kind: Kind, decisions: readonly Decision[]): readonly Decision[] {
  const counts = new Map(decisions.map((decision) => [decision, countOf(kind, decision)]));
  const count = sum(counts.values());
  if (count === 0) return decisions;
  const isFree = tally.waiting.size === 0 && tally.made + count <= DELETED_FREELY[kind];
  if (isFree || tally.allowed) {
    tally.made += count;
    return decisions;
  }
  return decisions.map((decision) => {
    const deletes = counts.get(decision) ?? 0;
    if (deletes === 0) return decision;
    tally.waiting.set(decision.key, deletes);
    return kind === "records" ? heldRecord(decision) : heldLines(decision, deletes);
  });
}

function countOf(kind: Kind, decision: Decision): number {
  if (decision.kind !== "change") return 0;
  return kind === "lines" ? deletedLines(decision) : isDeletion(decision) ? 1 : 0;
}

/**
 * The deletions that waited, once all of them are known, to be decided again. Throws `DELETE_GUARD` when they are more
 * than the share of the known records or lines that a run may delete; they stay parked and are counted again in the next
 * run.
 */
export async function allowDeletions(context: RunContext, mapping: ObjectMapping): Promise<readonly BusinessKey[]> {
  const { memory, options } = context;
  const tallies = memory.deletions(mapping.object);
  for (const kind of KINDS) {
    const tally = tallies[kind];
    if (tally.waiting.size === 0) continue;
    const deletes = tally.made + sum(tally.waiting.values());
    const known = await knownOf(context, mapping.object, kind);
    const share = kind === "records" ? options.deleteShare : options.deleteLineShare;
    const allowed = allowedDeletes(known, { share, freely: DELETED_FREELY[kind] });
    if (deletes > allowed) throw tooMany(mapping, kind, { deletes, known, allowed, share });
  }
  const keys = new Set(KINDS.flatMap((kind) => [...tallies[kind].waiting.keys()]));
  for (const kind of KINDS) {
    // What no deletion waited for has not been counted yet.
    tallies[kind].allowed ||= tallies[kind].waiting.size > 0;
    tallies[kind].waiting.clear();
  }
  return [...keys];
}

async function knownOf({ ports }: RunContext, object: string, kind: Kind): Promise<number> {
  if (kind === "lines") return await ports.state.lineCount(object);
  return (await ports.state.counts())[object]?.["links"] ?? 0;
}

function tooMany(
  mapping: ObjectMapping,
  kind: Kind,
  found: { readonly deletes: number; readonly known: number; readonly allowed: number; readonly share: number },
): SyncError {
  const { deletes, known, allowed, share } = found;
  const { object, lines } = mapping;
  const what = kind === "records" ? `${object} records` : `${lines?.object ?? object} records, whose ${object} stays,`;
  const setting = kind === "records" ? "limits.deleteShare" : "limits.deleteLineShare";
  return new SyncError(
    "DELETE_GUARD",
    `${deletes} of ${known} known ${what} would be deleted because they are gone on the other side, and ${allowed} may be (${setting} ${share}); none of these is deleted. If a table was emptied or a filter changed, put that right; if the deletions are meant, look at order-sync plan --allow-deletes and run once with --allow-deletes`,
    { context: { object, deletes, known, allowed } },
  );
}

/** Whether a parked document waits for the deletions of all others to be counted. */
export function isHeldDeletion({ obstacles }: Pick<Parked, "obstacles">): boolean {
  return obstacles.some(({ code }) => KINDS.some((kind) => HELD[kind] === code));
}

/** Counts a deletion that another process has held back. */
export function countHeld(tallies: DeletionTally, { key, obstacles }: Parked): void {
  for (const kind of KINDS) {
    const obstacle = obstacles.find(({ code }) => code === HELD[kind]);
    if (obstacle !== undefined) tallies[kind].waiting.set(key, obstacle.lines ?? 1);
  }
}

function heldRecord(decision: Decision): Decision {
  const { deletedOn = decision.external === null ? "external" : "salesforce" } = decision.link;
  const side = deletedOn === "salesforce" ? "Salesforce" : "the external system";
  const message = `was deleted in ${side}; it is deleted on the other side once it is sure that the run does not delete too much`;
  const link = { ...decision.link, tombstone: false, deletedOn };
  return { ...parked(decision, { code: HELD.records, message }), agreed: null, link };
}

function heldLines(decision: Decision, lines: number): Decision {
  const message = `${lines} of its lines are gone on one side; they are deleted on the other one once it is sure that the run does not delete too much`;
  return parked(decision, { code: HELD.lines, message, lines });
}

function parked(decision: Decision, obstacle: Obstacle): Decision {
  return {
    ...decision,
    kind: "park",
    salesforce: [],
    external: null,
    conflicts: [],
    changes: [],
    obstacles: [obstacle],
  };
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
