/**
 * Recovery: looks up every write whose end nobody saw, before anything else is decided.
 *
 * An intent is cleared only together with what was found out about it, and its key is parked, so that the same run
 * compares the document again.
 */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { Provenance, SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import type { JobEnd } from "../../salesforce/port.ts";
import type { JournalEntry, StoredConflict } from "../../state/port.ts";
import { conflictOf } from "../../sync/conflict.ts";
import type { Base, Conflict, Intent, Link, Parked } from "../../sync/decision.ts";
import { goneFrom } from "../../sync/presence.ts";
import { type Recovery, recover, recoveredBase } from "../../sync/recover.ts";
import { IN_DOUBT } from "../../sync/whole-write.ts";
import type { RunContext } from "../context/context.ts";
import { joinParts, NOTHING_DONE, type PartReport } from "../context/part.ts";
import { type Joined, join } from "../join/join.ts";

/** Intents looked up at a time. */
const RECOVERY_PAGE = 300;

/** What a recovery came to. */
export interface RecoveryResult {
  readonly part: PartReport;
  /** The keys that were looked up; they are to be decided about in this run. */
  readonly keys: readonly BusinessKey[];
}

/** Recovers all unfinished intents. Those of objects that are not mapped any more are left for their own mapping. */
export async function recoverIntents(context: RunContext): Promise<PartReport> {
  const intents = await context.ports.state.intents();
  const parts: PartReport[] = [];
  for (const mapping of context.ports.mapping.objects) {
    parts.push((await recoverObject(context, mapping, intents)).part);
  }
  return joinParts(parts);
}

/**
 * Recovers what a doubtful pass left open. Called before the next pass, because a second write to a record whose first
 * one is in doubt would make the first one unreadable.
 */
export async function recoverDoubts(context: RunContext, mapping: ObjectMapping): Promise<RecoveryResult> {
  return await recoverObject(context, mapping, await context.ports.state.intents());
}

async function recoverObject(
  context: RunContext,
  mapping: ObjectMapping,
  intents: readonly Intent[],
): Promise<RecoveryResult> {
  const own = intents.filter((intent) => intent.object === mapping.object);
  const ends = await endsOfJobs(context, own);
  for (let start = 0; start < own.length; start += RECOVERY_PAGE) {
    await recoverPage(context, mapping, own.slice(start, start + RECOVERY_PAGE), ends);
  }
  return { part: { ...NOTHING_DONE, recovered: own.length }, keys: [...new Set(own.map((intent) => intent.key))] };
}

/** Waits for the Bulk jobs of the intents: while a job runs, a look at its rows tells nothing. */
async function endsOfJobs(context: RunContext, intents: readonly Intent[]): Promise<ReadonlyMap<string, JobEnd>> {
  const ends = new Map<string, JobEnd>();
  for (const jobId of new Set(intents.flatMap(({ job }) => job?.jobId ?? []))) {
    ends.set(jobId, await context.ports.salesforce.endOfJob(jobId));
  }
  return ends;
}

/** What the job itself tells about a write of one row; undefined where the record has to be looked at. */
function toldByJob({ job, atomic }: Intent, ends: ReadonlyMap<string, JobEnd>): boolean | undefined {
  return job === undefined || atomic !== true ? undefined : ends.get(job.jobId)?.landed.get(job.row);
}

async function recoverPage(
  context: RunContext,
  mapping: ObjectMapping,
  intents: readonly Intent[],
  ends: ReadonlyMap<string, JobEnd>,
): Promise<void> {
  const keys = [...new Set(intents.map((intent) => intent.key))];
  const nominations = keys.map((key) => ({ key, recordId: null, deletedOn: null }));
  const { joined } = await join(context, mapping, nominations, "recovery");
  const present = new Map(joined.map((document) => [document.key, document]));
  const bases = new Map<BusinessKey, Base>();
  const parked: Parked[] = [];
  const journal: JournalEntry[] = [];
  const conflicts: StoredConflict[] = [];
  const links: Link[] = [];
  const nowMs = context.ports.nowMs();

  for (const intent of intents) {
    const document = present.get(intent.key);
    const told = wasUndeleted(document, intent) ? false : toldByJob(intent, ends);
    const stored = document?.base ?? null;
    const recovery: Recovery =
      told === undefined
        ? recover(intent, shown(document, intent), stored)
        : told
          ? { kind: "landed", document: intent.after }
          : { kind: "notLanded" };
    bases.set(intent.key, recoveredBase(intent, bases.get(intent.key) ?? stored, recovery));
    journal.push({
      atMs: nowMs,
      runId: context.runId,
      object: intent.object,
      key: intent.key,
      event: "recovered",
      side: intent.side,
      detail: { found: recovery.kind, intent: intent.id, startedAt: new Date(intent.startedAtMs).toISOString() },
    });
    if (recovery.kind === "landed" && intent.after === null && document?.link != null) {
      const { link } = document;
      links.push({ ...link, presence: goneFrom(link.presence, intent.side === "salesforce") });
    }
    // A record that has moved may have been written in between: rather one loss too many on record than one too few.
    const isUntouched = JSON.stringify(shown(document, intent)) === JSON.stringify(intent.before);
    const isTold = recovery.kind !== "notLanded" || (told === undefined && !isUntouched);
    for (const conflict of [
      ...(isTold ? (intent.conflicts ?? []) : []),
      ...possibleLosses(intent, recovery, document),
    ]) {
      conflicts.push({
        ...conflict,
        id: context.ports.newId(),
        runId: context.runId,
        atMs: intent.startedAtMs,
        resolvedAtMs: nowMs,
      });
    }
    context.ports.observe({
      kind: "recovered",
      object: intent.object,
      key: intent.key,
      found: recovery.kind,
    });
  }
  for (const key of keys) {
    const message = "an earlier run ended in the middle of writing it; it is compared again";
    const obstacles = [{ code: "INTERRUPTED", message }];
    const entry: Parked = { object: mapping.object, key, obstacles, attempts: 1, sinceMs: nowMs };
    parked.push(entry);
    context.memory.park(entry);
  }
  await context.lease.commit({
    links,
    bases: [...bases.values()],
    parked,
    conflicts,
    clearIntents: intents.map((intent) => intent.id),
    journal,
  });
}

/** What our write goes over once more, although a user may have put it there: as conflicts that its own side lost. */
function possibleLosses(intent: Intent, recovery: Recovery, document: Joined | undefined): readonly Conflict[] {
  const doubts =
    recovery.kind === "unclear" ? recovery.doubts : isMaybeBack(document, intent) ? [{ ...BACK, meant: null }] : [];
  const { object, key, side } = intent;
  const winner: Side = side === "salesforce" ? "external" : "salesforce";
  const provenance = { salesforce: provenanceOf(document?.salesforce), external: provenanceOf(document?.external) };
  return doubts.map(({ shown, meant, ...at }) =>
    conflictOf(
      { object, key, provenance },
      { ...at, base: shown, [side]: shown, [winner]: meant },
      { winner, rule: IN_DOUBT },
    ),
  );
}

/** The conflict about a record that is deleted once more. */
const BACK = { field: "*", shown: true } as const;

/**
 * Whether a record that was to be deleted stands as it was, but has been touched since: it may have been deleted and then
 * undeleted or made again. One that shows other values is a deletion against an edit, which the next decision tells.
 */
function isMaybeBack(document: Joined | undefined, intent: Intent): boolean {
  if (intent.after !== null || intent.seen == null) return false;
  const { salesforce, external } = document ?? {};
  const stamp =
    intent.side === "salesforce"
      ? salesforce?.kind === "view" && salesforce.view.stamp
      : external?.kind === "view" && external.view.version;
  const now = shown(document, intent);
  return now !== null && stamp !== intent.seen && JSON.stringify(now) === JSON.stringify(intent.before);
}

function provenanceOf(reading: Joined[Side] | undefined): Provenance {
  return reading?.kind === "view" ? reading.view.provenance : { by: null, at: null };
}

/**
 * Whether the record that was to be made is the one that had been deleted before: somebody undeleted it. Should our write
 * have met it after that, both sides are alike, and the next decision sees it.
 */
function wasUndeleted(document: Joined | undefined, { side, before }: Intent): boolean {
  const reading = document?.salesforce;
  if (side !== "salesforce" || before !== null || reading?.kind !== "view" || reading.view.deleted) return false;
  return document?.link?.recordId === reading.view.recordId;
}

/** What the intent's side shows now; null where it has no living record. */
function shown(document: Joined | undefined, intent: Intent): SyncDocument | null {
  const reading = intent.side === "salesforce" ? document?.salesforce : document?.external;
  return reading?.kind === "view" && !reading.view.deleted ? reading.view.document : null;
}
