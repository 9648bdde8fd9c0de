/**
 * Detect: asks Salesforce what changed and turns the rows into nominations. Rows that equal their base are echoes of
 * our own writes and are dropped at once.
 */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import { rootKeyOfLine } from "../../mapping/salesforce-view.ts";
import { lineSelectList, selectList } from "../../mapping/select.ts";
import type { LineKey, RecordId } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { PolledObject, PollRequest } from "../../salesforce/port.ts";
import { deletedOn, isGone } from "../../sync/presence.ts";
import { isEcho, isLineEcho } from "../../sync/screen.ts";
import type { RunContext, RunInProgress } from "../context/context.ts";
import { NominationSet } from "../read/nominations.ts";
import { keyLookup, viewRecords } from "../read/read-documents.ts";

/** The name under which a Salesforce cursor is stored. */
export const salesforceFeed = (object: string): string => `salesforce:${object}`;
/** The name under which an external cursor is stored. */
export const externalFeed = (collection: string): string => `external:${collection}`;

/** The polls of one mapped object: its own rows and, for orders, its lines. */
export interface ObjectPoll {
  readonly root: PolledObject;
  readonly lines: PolledObject | null;
}

/** Asks Salesforce about all watched objects: one call for up to five of them. */
export async function pollSalesforce(
  context: RunInProgress,
  cursors: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, ObjectPoll>> {
  const watched = context.ports.mapping.objects.filter((mapping) => mapping.watch);
  const requests: PollRequest[] = watched.flatMap((mapping) => [
    pollRequest(mapping.object, selectList(mapping), cursors),
    ...(mapping.lines === null ? [] : [pollRequest(mapping.lines.object, lineSelectList(mapping), cursors)]),
  ]);
  if (requests.length === 0) return new Map();
  const polled = new Map((await context.ports.salesforce.poll(requests)).map((result) => [result.object, result]));
  const polls = new Map<string, ObjectPoll>();
  for (const mapping of watched) {
    const root = polled.get(mapping.object);
    if (root === undefined) throw new TypeError(`The poll left out ${mapping.object}`);
    context.tally.addUnseenDeletes(root.deletesComplete ? [] : [mapping.object]);
    polls.set(mapping.object, { root, lines: (mapping.lines && polled.get(mapping.lines.object)) ?? null });
  }
  return polls;
}

/**
 * The documents of one object that moved in Salesforce, in sets of at most `size` or a little more, page by page. When
 * the pages end, it tells how many of the living records carry no key.
 */
export async function* salesforceNominations(
  context: RunContext,
  mapping: ObjectMapping,
  poll: ObjectPoll,
  { size, tellUnkeyed }: { readonly size: number; readonly tellUnkeyed: (count: number) => void },
): AsyncGenerator<NominationSet> {
  let set = new NominationSet();
  let unkeyed = 0;
  for await (const page of poll.root.pages) {
    unkeyed += page.filter((row) => row[mapping.keyField] === null && row["IsDeleted"] !== true).length;
    await screenRoots(context, mapping, page, set);
    if (set.size >= size) {
      yield set;
      set = new NominationSet();
    }
  }
  tellUnkeyed(unkeyed);
  for (const recordId of await stillAlive(context, mapping.object, poll.root.deletedIds)) {
    set.addRecordId(recordId, "salesforce");
  }
  if (poll.lines !== null && mapping.lines !== null) {
    for await (const page of poll.lines.pages) {
      await screenLines(context, mapping, page, set);
      if (set.size >= size) {
        yield set;
        set = new NominationSet();
      }
    }
  }
  if (set.size > 0) yield set;
}

async function screenRoots(
  context: RunContext,
  mapping: ObjectMapping,
  rows: readonly SalesforceRecord[],
  set: NominationSet,
): Promise<void> {
  const readings = (await viewRecords(context, mapping, rows)).map(({ reading }) => reading);
  const keys = readings.flatMap((reading) => (reading.kind === "view" ? [reading.view.document.key] : []));
  const bases = await context.ports.state.bases(mapping.object, keys);
  const links = await context.ports.state.links(mapping.object, keys);
  for (const reading of readings) {
    // A record that is foreign or filtered out is left alone; one that was ours before keeps its key and its base.
    if (reading.kind === "foreign") continue;
    if (reading.kind === "filtered") {
      if (reading.key !== null) set.addKey(reading.key);
      continue;
    }
    const { document, deleted, keyed, recordId } = reading.view;
    const base = bases.get(document.key);
    // A record that comes back as it was is news all the same: the other side may have moved on meanwhile. So is one of
    // a refused document: the reason of the refusal may be gone.
    const link = links.get(document.key);
    const isBack = deletedOn(link) === "salesforce";
    // Another record carries the key, or a copy does.
    const isOther = keyed && !deleted && link !== undefined && link.recordId !== null && link.recordId !== recordId;
    const refused = context.memory.deadLetter(mapping.object, document.key) !== undefined;
    const echo = deleted ? base?.document === null : !isBack && !isOther && isEcho(mapping, base ?? null, reading.view);
    if (echo && !refused) continue;
    // A record that does not hold its key cannot be found by it.
    if (keyed) set.addKey(document.key, deleted ? "salesforce" : null, document.fields);
    else set.addRecordId(recordId, deleted ? "salesforce" : null, document.fields);
  }
}

/** Ids of the deletion log that belong to documents of ours which are not known as deleted yet. */
async function stillAlive(context: RunContext, object: string, ids: readonly RecordId[]): Promise<readonly RecordId[]> {
  if (ids.length === 0) return [];
  const links = await context.ports.state.linksByRecordId(object, ids);
  return ids.filter((id) => {
    const link = links.get(id);
    return link !== undefined && !isGone(link);
  });
}

async function screenLines(
  context: RunContext,
  mapping: ObjectMapping,
  rows: readonly SalesforceRecord[],
  set: NominationSet,
): Promise<void> {
  const keyOf = await keyLookup(context, mapping, rows);
  const roots = rows.map((row) => rootKeyOfLine(mapping, row, keyOf));
  const keys = [...new Set(roots.filter((key) => key !== undefined))];
  const bases = await context.ports.state.bases(mapping.object, keys);
  const links = await context.ports.state.links(mapping.object, keys);
  for (const [index, row] of rows.entries()) {
    const key = roots[index];
    if (key === undefined) continue;
    const refused = context.memory.deadLetter(mapping.object, key) !== undefined;
    const stored = row[mapping.lines?.keyField ?? ""];
    const recordId = typeof stored === "string" ? links.get(key)?.lineIds[stored as LineKey] : undefined;
    const isOther = recordId !== undefined && recordId !== row["Id"];
    if (refused || isOther || !isLineEcho(mapping, bases.get(key) ?? null, row, keyOf)) set.addKey(key);
  }
}

/** What a poll of an object asks for, after its position. */
export function pollRequest(
  object: string,
  select: readonly string[],
  cursors: Readonly<Record<string, string>>,
): PollRequest {
  return { object, select, cursor: cursors[salesforceFeed(object)] ?? null };
}
