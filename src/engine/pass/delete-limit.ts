/**
 * Keeps a run from deleting suspiciously much (I11): beyond a handful the deletions of an object wait until all of them
 * are known, and then go all together or not at all. Lines that go while their document stays are counted on their own.
 *
 * A pass is given the number of deletions it may make, and returns how many it has made and deferred.
 */

import { SyncError } from "../../errors.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Decision, Obstacle } from "../../sync/decision.ts";
import { allowedDeletes, deletedLines, isDeletion } from "../../sync/delete-guard.ts";
import { deletedFrom, deletedOn } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";

/** What is counted: records, or lines of records that stay. */
export const DELETION_KINDS = ["records", "lines"] as const;
/** One of the things that are counted. */
export type DeletionKind = (typeof DELETION_KINDS)[number];
/** Numbers of deletions, from 0; `Number.POSITIVE_INFINITY` where they are a limit that does not count. */
export type DeletionCounts = Readonly<Record<DeletionKind, number>>;

/** What one or several passes have deleted, and what they have deferred. */
export interface Deletions {
  readonly made: DeletionCounts;
  /** Documents that wait until all deletions are known, each with the number of its own. */
  readonly deferred: ReadonlyMap<BusinessKey, DeletionCounts>;
}

const NONE: DeletionCounts = { records: 0, lines: 0 };
/** No limit: a person has allowed it, or all of them are known to be few enough. */
export const ALL_DELETIONS: DeletionCounts = { records: Number.POSITIVE_INFINITY, lines: Number.POSITIVE_INFINITY };
/** Nothing deleted, nothing deferred. */
export const NO_DELETIONS: Deletions = { made: NONE, deferred: new Map() };

/** This many may be deleted by any run, or small sets could never lose one. */
export const DELETED_FREELY: DeletionCounts = { records: 10, lines: 50 };

const LIMIT_CODES: Readonly<Record<DeletionKind, string>> = { records: "DELETE_LIMIT", lines: "LINE_DELETE_LIMIT" };

/** Several passes, one after the other, as one. What is deferred is counted as it was the last time. */
export function joinDeletions(passes: readonly Deletions[]): Deletions {
  const total = (kind: DeletionKind): number => sum(passes.map(({ made }) => made[kind]));
  return {
    made: { records: total("records"), lines: total("lines") },
    deferred: new Map(passes.flatMap(({ deferred }) => [...deferred])),
  };
}

/** What of `allowance` is left after these deletions; nothing more of a kind of which some wait. */
export function leftAfter(allowance: DeletionCounts, { made, deferred }: Deletions): DeletionCounts {
  const left = (kind: DeletionKind): number => {
    const waits = [...deferred.values()].some((counts) => counts[kind] > 0);
    return waits && Number.isFinite(allowance[kind]) ? 0 : allowance[kind] - made[kind];
  };
  return { records: left("records"), lines: left("lines") };
}

/**
 * Parks the deletions of a page when they are more than `allowance`. What is parked is decided again when all feeds of
 * the object have been read, see `allowanceForAll`.
 */
export function holdDeletions(
  allowance: DeletionCounts,
  decisions: readonly Decision[],
): { readonly decisions: readonly Decision[]; readonly deletions: Deletions } {
  let left = decisions;
  const passes: Deletions[] = [];
  for (const kind of DELETION_KINDS) {
    const counts = new Map(left.map((decision) => [decision, countOf(kind, decision)]));
    const count = sum(counts.values());
    if (count <= allowance[kind]) {
      passes.push({ made: { ...NONE, [kind]: count }, deferred: new Map() });
      continue;
    }
    const deferred = new Map<BusinessKey, DeletionCounts>();
    left = left.map((decision) => {
      const deletes = counts.get(decision) ?? 0;
      if (deletes === 0) return decision;
      deferred.set(decision.key, { ...NONE, [kind]: deletes });
      return kind === "records" ? deferredRecord(decision) : deferredLines(decision, deletes);
    });
    passes.push({ made: NONE, deferred });
  }
  return { decisions: left, deletions: joinDeletions(passes) };
}

function countOf(kind: DeletionKind, decision: Decision): number {
  if (decision.kind !== "change") return 0;
  return kind === "lines" ? deletedLines(decision) : isDeletion(decision) ? 1 : 0;
}

/**
 * What may be deleted of an object once all of its deletions are known: everything of the kinds of which some waited.
 * Throws `DELETE_GUARD` when they are more than the share of the known records or lines that a run may delete; they stay
 * parked and are counted again in the next run.
 */
export async function allowanceForAll(
  context: RunContext,
  mapping: ObjectMapping,
  { allowance, deletions }: { readonly allowance: DeletionCounts; readonly deletions: Deletions },
): Promise<DeletionCounts> {
  const allowed = { ...allowance };
  for (const kind of DELETION_KINDS) {
    const waiting = sum([...deletions.deferred.values()].map((counts) => counts[kind]));
    if (waiting === 0) continue;
    const deletes = deletions.made[kind] + waiting;
    const known = await knownOf(context, mapping.object, kind);
    const share = kind === "records" ? context.options.deleteShare : context.options.deleteLineShare;
    const limit = allowedDeletes(known, { share, freely: DELETED_FREELY[kind] });
    if (deletes > limit) throw tooMany(mapping, kind, { deletes, known, allowed: limit, share });
    allowed[kind] = ALL_DELETIONS[kind];
  }
  return allowed;
}

async function knownOf({ ports }: RunContext, object: string, kind: DeletionKind): Promise<number> {
  if (kind === "lines") return await ports.state.lineCount(object);
  return (await ports.state.counts())[object]?.["links"] ?? 0;
}

function tooMany(
  mapping: ObjectMapping,
  kind: DeletionKind,
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

function deferredRecord(decision: Decision): Decision {
  const known = deletedOn(decision.link) ?? (decision.external === null ? "external" : "salesforce");
  const side = known === "salesforce" ? "Salesforce" : "the external system";
  const message = `was deleted in ${side}; it is deleted on the other side once it is sure that the run does not delete too much`;
  const link = { ...decision.link, presence: deletedFrom(decision.link.presence, known) };
  return { ...parked(decision, { code: LIMIT_CODES.records, message }), agreed: null, link };
}

function deferredLines(decision: Decision, lines: number): Decision {
  const message = `${lines} of its lines are gone on one side; they are deleted on the other one once it is sure that the run does not delete too much`;
  return parked(decision, { code: LIMIT_CODES.lines, message, lines });
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
