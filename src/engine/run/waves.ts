/**
 * The waves of a run, object by object in the mapping's order: what waited, what the feeds name, a second look at what has
 * to be decided about once more, and at last the deletions that are known to be few enough.
 *
 * The one place that plans a run, whoever carries it out. The generator is given the result of each wave before it goes
 * on. A position is stored with the wave behind it, and never where an object has to stand still.
 */
import type { ExternalChange, ExternalNotice } from "../../external/port.ts";
import { externalKey } from "../../mapping/external-view.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { RunInProgress } from "../context/context.ts";
import { externalFeed, type ObjectPoll, salesforceFeed, salesforceNominations } from "../detect/detect.ts";
import { acknowledge, feedName, positionOf } from "../detect/external-feed.ts";
import { noteRestart, noteWait } from "../detect/feed-notes.ts";
import { pendingSweep } from "../detect/pending-sweep.ts";
import { keyFormat, unkeyedText } from "../join/unkeyed.ts";
import {
  ALL_DELETIONS,
  allowanceForAll,
  DELETED_FREELY,
  type DeletionCounts,
  type Deletions,
  joinDeletions,
  leftAfter,
  NO_DELETIONS,
} from "../pass/delete-limit.ts";
import type { Nomination, NominationSet } from "../read/nominations.ts";
import { deadLettersToTry } from "../resolve/retry.ts";
import { type Executor, pageSizeOf, type Wave, type WaveResult } from "./executor.ts";
import { WaveItems } from "./wave-items.ts";

/** Documents of one object that are looked at once more in a run: some ten calls, and little memory. */
const SECOND_LOOKS_MAX = 10_000;

/** Where the feeds stand, and what Salesforce's names. */
export interface Feeds {
  readonly polls: ReadonlyMap<string, ObjectPoll>;
  readonly cursors: Readonly<Record<string, string>>;
}

/** Plans a run; wants the result of each wave before it plans the next. Throws what ends the run. */
export async function* planWaves(
  run: RunInProgress,
  feeds: Feeds,
  executor: Pick<Executor, "waveDocuments">,
): AsyncGenerator<Wave, void, WaveResult> {
  for (const mapping of run.ports.mapping.objects) {
    run.options.signal?.throwIfAborted();
    yield* wavesOf(run, mapping, feeds, executor);
  }
}

/** What the results of an object's waves have come to. */
interface Progress {
  allowance: DeletionCounts;
  deletions: Deletions;
  readonly again: Set<BusinessKey>;
  readonly abandoned: Set<BusinessKey>;
}

function progressWith(progress: Progress, result: WaveResult): void {
  progress.allowance = leftAfter(progress.allowance, result.deletions);
  progress.deletions = joinDeletions([progress.deletions, result.deletions]);
  for (const key of result.again) progress.again.add(key);
  for (const key of result.worthALook) {
    if (progress.again.size < SECOND_LOOKS_MAX) progress.again.add(key);
  }
  for (const key of result.abandoned) progress.abandoned.add(key);
}

async function* wavesOf(
  run: RunInProgress,
  mapping: ObjectMapping,
  feeds: Feeds,
  executor: Pick<Executor, "waveDocuments">,
): AsyncGenerator<Wave, void, WaveResult> {
  const { memory, tally, options } = run;
  const { object } = mapping;
  const progress: Progress = {
    allowance: options.allowDeletes ? ALL_DELETIONS : DELETED_FREELY,
    deletions: NO_DELETIONS,
    again: new Set(),
    abandoned: new Set(),
  };
  const wave = (work: Partial<Wave>): Wave => ({
    mapping,
    items: [],
    unkeyed: [],
    cursors: {},
    deletions: progress.allowance,
    recover: false,
    stopped: tally.stopped,
    ...work,
  });
  const waiting = [...memory.parkedKeys(object), ...(await deadLettersToTry(run, mapping))];

  const pages = feedPages(run, mapping, {
    feeds,
    waiting,
    documents: executor.waveDocuments(pageSizeOf(run, mapping)),
  });
  for await (const { behind, ...work } of pages) {
    if (hasWork(work)) progressWith(progress, yield wave(work));
    if (tally.isStopped(object)) return;
    if (behind !== null) await acknowledge(run, mapping, behind);
  }

  // What had to wait for a record of the same object, or moved while it was written, gets a second look at once.
  const known = new Set(waiting);
  const isLeft = (key: BusinessKey): boolean => !progress.deletions.deferred.has(key) && !progress.abandoned.has(key);
  const parked = memory.parkedKeys(object).filter((key) => !known.has(key));
  const again = [...parked, ...(await deadLettersToTry(run, mapping)), ...progress.again].filter(isLeft);
  if (again.length > 0) progressWith(progress, yield wave({ items: waitingItems(again), recover: true }));
  if (tally.isStopped(object)) return;

  const { deferred } = progress.deletions;
  if (deferred.size === 0) return;
  const deletions = await allowanceForAll(run, mapping, progress);
  yield wave({ items: waitingItems([...deferred.keys()]), deletions });
}

/** What the feeds name, with how far they have been read. */
interface FeedPage extends Pick<Wave, "items" | "unkeyed" | "cursors"> {
  /** The external position that the adapter may forget what is behind of, once the page is done; null where none was read. */
  readonly behind: string | null;
}

/** What waits and what the feeds name, in pages of at least `documents` and one page of a feed more. */
async function* feedPages(
  run: RunInProgress,
  mapping: ObjectMapping,
  input: { readonly feeds: Feeds; readonly waiting: readonly BusinessKey[]; readonly documents: number },
): AsyncGenerator<FeedPage> {
  const { cursors, polls } = input.feeds;
  const size = pageSizeOf(run, mapping);
  const poll = polls.get(mapping.object);
  const isFirst = cursors[salesforceFeed(mapping.object)] === undefined;
  const tellUnkeyed = (count: number): void => {
    // Nothing keeps them from being made a second time; later runs need not say it again.
    if (isFirst && count > 0 && mapping.create.salesforce && mapping.match.length === 0)
      run.tally.addNotices([unkeyedNotice(mapping, count)]);
  };
  const sets = poll === undefined ? undefined : salesforceNominations(run, mapping, poll, { size, tellUnkeyed });
  let salesforceMore = sets !== undefined;
  let externalMore = true;
  let cursor = positionOf(mapping, cursors);
  const items = new WaveItems();
  for (const item of waitingItems(input.waiting)) items.add(item.nomination, item.feed);
  try {
    while (salesforceMore || externalMore) {
      const moved: Record<string, string> = {};
      const unkeyed: ExternalChange[] = [];
      let behind: string | null = null;
      while (salesforceMore && items.size < input.documents) {
        const next = await sets?.next();
        if (next === undefined || next.done === true) {
          salesforceMore = false;
          // The watermark moves behind the last page only: every row below it is done, parked or a dead letter then.
          if (poll !== undefined) Object.assign(moved, movedWatermarks(poll, cursors, run.ports.nowMs()));
        } else {
          for (const nomination of await keyed(run, mapping, next.value)) items.add(nomination, "salesforce");
        }
      }
      if (Object.keys(moved).length > 0) {
        // Stored before anything is made that the external feed names: a record that is deleted after it was made, in a
        // run that breaks off, would never be reported otherwise.
        yield { items: items.take(), unkeyed, cursors: moved, behind };
        continue;
      }
      while (!salesforceMore && externalMore && items.size < input.documents) {
        run.options.signal?.throwIfAborted();
        const page = await run.ports.external.changes(mapping.collection, cursor, size);
        await noteRestart(run, mapping, page);
        await noteWait(run, mapping, page, cursors);
        for (const change of page.changes) {
          const key = externalKey(mapping, change.naturalKey);
          const deletedOn = change.deleted ? ("external" as const) : null;
          if (key === undefined) unkeyed.push(change);
          else items.add({ ...bare(key), deletedOn, naturalKeys: [change.naturalKey] }, "external");
        }
        if (page.cursor !== cursor) moved[externalFeed(feedName(mapping))] = page.cursor;
        behind = cursor = page.cursor;
        externalMore = page.more;
      }
      yield { items: items.take(), unkeyed, cursors: moved, behind };
    }
  } finally {
    // An object that has to stand still leaves pages unread.
    await sets?.return(undefined);
  }
}

/** Records without a key that a reading from the beginning met; whoever reads it can still stop before the next run. */
function unkeyedNotice(mapping: ObjectMapping, count: number): ExternalNotice {
  const { object, keyField } = mapping;
  const facts = { object, keyField, count, matched: false, keyFormat: keyFormat(mapping) };
  return { code: "UNKEYED", message: `${unkeyedText(facts)}. order-sync check counts them again` };
}

/** Where both positions of Salesforce have come to. A sweep is pending where they passed deletions that no log tells. */
function movedWatermarks(
  { root, lines }: ObjectPoll,
  cursors: Readonly<Record<string, string>>,
  nowMs: number,
): Readonly<Record<string, string>> {
  const moved = [root, ...(lines === null ? [] : [lines])].filter(
    (polled) => cursors[salesforceFeed(polled.object)] !== polled.cursor,
  );
  if (moved.length === 0) return {};
  const positions = Object.fromEntries(moved.map((polled) => [salesforceFeed(polled.object), polled.cursor]));
  return { ...positions, ...(root.deletesComplete ? {} : pendingSweep(nowMs)) };
}

/** Nominations by Id of linked records, by key: so that one document is never named twice in a wave. */
async function keyed(run: RunInProgress, mapping: ObjectMapping, set: NominationSet): Promise<readonly Nomination[]> {
  const all = [...set.parts(Number.POSITIVE_INFINITY)].flat();
  const ids = all.flatMap(({ recordId }) => (recordId === null ? [] : [recordId]));
  if (ids.length === 0) return all;
  const links = await run.ports.state.linksByRecordId(mapping.object, ids);
  return all.map((nomination) => {
    const link = nomination.recordId === null ? undefined : links.get(nomination.recordId);
    return link === undefined ? nomination : { ...nomination, key: link.key };
  });
}

function hasWork({ items, unkeyed, cursors }: Pick<Wave, "items" | "unkeyed" | "cursors">): boolean {
  return items.length > 0 || unkeyed.length > 0 || Object.keys(cursors).length > 0;
}

function waitingItems(keys: readonly BusinessKey[]): Wave["items"] {
  return [...new Set(keys)].map((key) => ({ nomination: bare(key), feed: "waiting" }));
}

const bare = (key: BusinessKey): Nomination => ({ key, recordId: null, deletedOn: null });
