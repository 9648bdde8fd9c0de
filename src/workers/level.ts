/**
 * One level of a run: what the feeds of an object name, wave by wave, with the cursor moving behind each wave.
 *
 * A wave holds as many documents as keep all lanes busy for a while and fit into memory. The cursor of a page is stored
 * only when every job with a key of that page has ended.
 */

import { externalFeed, type ObjectPoll, salesforceFeed, salesforceNominations } from "../engine/detect/detect.ts";
import { acknowledge, feedName, positionOf } from "../engine/detect/external-feed.ts";
import { noteRestart, noteWait } from "../engine/detect/feed-notes.ts";
import { lettersToTry } from "../engine/held/retry.ts";
import { allowDeletions, countHeld, isHeldDeletion } from "../engine/pass/delete-limit.ts";
import { runPass } from "../engine/pass/pass.ts";
import { type Nomination, NominationSet } from "../engine/read/nominations.ts";
import { orgRulesLoader } from "../engine/read/org-rules.ts";
import type { ExternalChange } from "../external/port.ts";
import { externalKey } from "../mapping/external-view.ts";
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Parked } from "../sync/decision.ts";
import { LANES_MAX } from "./crew.ts";
import { dispatch, type Round, type WaveItem, WORKERS_LOST } from "./dispatch.ts";
import { WaveItems } from "./wave-items.ts";

/** Jobs per lane in one wave. */
const WAVE_ROUNDS = 4;

/** Works on one object; throws the error that ends the run. */
export async function runLevel(
  round: Round,
  mapping: ObjectMapping,
  detected: { readonly poll: ObjectPoll | undefined; readonly cursors: Readonly<Record<string, string>> },
): Promise<void> {
  const { ports } = round.context;
  const parkedBefore = (await ports.state.parked(mapping.object)).map(({ key }) => key);
  const waiting = new Set([...parkedBefore, ...(await lettersToTry(round.context, mapping))]);
  for await (const wave of wavesOf(round, mapping, { ...detected, waiting: [...waiting] })) {
    await dispatch(round, mapping, wave.items);
    if (round.context.tally.isStopped(mapping.object)) return;
    if (wave.unkeyed.length > 0) await refuseUnkeyed(round, mapping, wave.unkeyed);
    if (Object.keys(wave.cursors).length > 0) await round.context.lease.commit({ cursors: wave.cursors });
    const behind = wave.cursors[externalFeed(feedName(mapping))];
    if (behind !== undefined) await acknowledge(round.context, mapping, behind);
  }
  // What had to wait for a record of the same object, or met an unknown outcome, gets a second look at once.
  const parked = await ports.state.parked(mapping.object);
  const again = parked.filter(
    (entry) => !waiting.has(entry.key) && entry.obstacles[0]?.code !== WORKERS_LOST && !isHeldDeletion(entry),
  );
  const letters = (await lettersToTry(round.context, mapping)).map((key) => ({ key }));
  await dispatch(round, mapping, [...again, ...letters].map(waitingItem), { recover: true });
  if (!round.context.tally.isStopped(mapping.object))
    await deleteTogether(round, mapping, parked.filter(isHeldDeletion));
}

/** Jobs hold their deletions back; when those of all jobs are known, they go together or end the run. */
async function deleteTogether(round: Round, mapping: ObjectMapping, held: readonly Parked[]): Promise<void> {
  const tallies = round.context.memory.deletions(mapping.object);
  for (const entry of held) countHeld(tallies, entry);
  const allowed = new Set(await allowDeletions(round.context, mapping));
  const items = held.filter(({ key }) => allowed.has(key)).map(waitingItem);
  await dispatch(round, mapping, items, { deletes: true });
}

function waitingItem({ key }: Pick<Parked, "key">): WaveItem {
  return { nomination: bare(key), feed: "waiting" };
}

/** Dead letters for records that no job can be given, because they have no key. */
async function refuseUnkeyed(round: Round, mapping: ObjectMapping, unkeyed: readonly ExternalChange[]): Promise<void> {
  const { salesforce, nowMs } = round.context.ports;
  const rulesOf = orgRulesLoader(salesforce, nowMs);
  const rules = (): ReturnType<typeof rulesOf> => rulesOf(mapping.object);
  await runPass(round.context, { mapping, nominations: [], feed: "external", rules, cursors: {}, unkeyed });
}

interface Wave {
  readonly items: readonly WaveItem[];
  /** Changes of records whose natural key makes no business key. */
  readonly unkeyed: readonly ExternalChange[];
  /** To be stored once all of it is done. */
  readonly cursors: Readonly<Record<string, string>>;
}

async function* wavesOf(
  round: Round,
  mapping: ObjectMapping,
  detected: {
    readonly poll: ObjectPoll | undefined;
    readonly cursors: Readonly<Record<string, string>>;
    readonly waiting: readonly BusinessKey[];
  },
): AsyncGenerator<Wave> {
  const { context } = round;
  const { poll, cursors } = detected;
  const size = mapping.lines === null ? context.options.passDocuments : context.options.passOrders;
  const documentsMax = size * LANES_MAX * WAVE_ROUNDS;
  const feed = externalFeed(feedName(mapping));
  const sets = poll === undefined ? undefined : salesforceNominations(context, mapping, poll, size);
  let salesforceMore = sets !== undefined;
  let externalMore = true;
  let cursor = positionOf(mapping, cursors);
  const wave = new WaveItems();
  for (const key of detected.waiting) wave.add(bare(key), "waiting");
  while (salesforceMore || externalMore) {
    const moved: Record<string, string> = {};
    const unkeyed: ExternalChange[] = [];
    while (salesforceMore && wave.size < documentsMax) {
      const next = await sets?.next();
      if (next === undefined || next.done === true) {
        salesforceMore = false;
        // The watermark moves behind the last page only.
        if (poll !== undefined) Object.assign(moved, movedWatermarks(poll, cursors));
      } else {
        for (const nomination of await keyed(round, mapping, next.value)) wave.add(nomination, "salesforce");
      }
    }
    while (!salesforceMore && externalMore && wave.size < documentsMax) {
      const page = await context.ports.external.changes(mapping.collection, cursor, size);
      await noteRestart(context, mapping, page);
      await noteWait(context, mapping, page, cursors);
      for (const change of page.changes) {
        const key = externalKey(mapping, change.naturalKey);
        const deletedOn = change.deleted ? ("external" as const) : null;
        if (key === undefined) unkeyed.push(change);
        else wave.add({ ...bare(key), deletedOn, naturalKeys: [change.naturalKey] }, "external");
      }
      if (page.cursor !== cursor) moved[feed] = page.cursor;
      cursor = page.cursor;
      externalMore = page.more;
    }
    yield { items: wave.take(), unkeyed, cursors: moved };
  }
}

function movedWatermarks(
  poll: ObjectPoll,
  cursors: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const polled = [poll.root, ...(poll.lines === null ? [] : [poll.lines])];
  return Object.fromEntries(
    polled
      .filter(({ object, cursor }) => cursors[salesforceFeed(object)] !== cursor)
      .map(({ object, cursor }) => [salesforceFeed(object), cursor]),
  );
}

/** Nominations by Id of linked records, by key: so that one document is never named twice in a wave. */
async function keyed(round: Round, mapping: ObjectMapping, set: NominationSet): Promise<readonly Nomination[]> {
  const all = [...set.parts(Number.POSITIVE_INFINITY)].flat();
  const ids = all.flatMap(({ recordId }) => (recordId === null ? [] : [recordId]));
  if (ids.length === 0) return all;
  const links = await round.context.ports.state.linksByRecordId(mapping.object, ids);
  return all.map((nomination) => {
    const link = nomination.recordId === null ? undefined : links.get(nomination.recordId);
    return link === undefined ? nomination : { ...nomination, key: link.key };
  });
}

const bare = (key: BusinessKey): Nomination => ({ key, recordId: null, deletedOn: null });
