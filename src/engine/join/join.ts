/**
 * Join: reads both sides of the nominated keys as they are now, with their link and base, in canonical form.
 *
 * Costs one Salesforce call per about 1,500 keys, and none for external changes that turn out to be our own writes.
 */

import type { ExternalChange } from "../../external/port.ts";
import { type ExternalReading, externalKey, externalView } from "../../mapping/external-view.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { SalesforceReading } from "../../mapping/salesforce-view.ts";
import { naturalKeyProblem, parseBusinessKey } from "../../model/business-key.ts";
import type { SalesforceView } from "../../model/document.ts";
import type { ExternalRecord } from "../../model/external-record.ts";
import type { BusinessKey, NaturalKey, RecordId } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import type { Base, Link, Obstacle } from "../../sync/decision.ts";
import { deletedOn as deletionOf, isGone } from "../../sync/presence.ts";
import { isEcho } from "../../sync/screen.ts";
import type { RunContext } from "../context/context.ts";
import type { Nomination } from "../read/nominations.ts";
import { type ReadRecord, readById } from "../read/read-documents.ts";
import { hasMoved, type Identity, recordName, type Unjoined } from "./identity.ts";
import { isUnlinked, matchExternal, matchSalesforce, type Pair } from "./match.ts";
import { rightfulRecords, twins } from "./rightful.ts";
import { linkLines, underKey } from "./tie.ts";

/** One document on both sides; null where a side has no record. */
export interface Joined {
  readonly key: BusinessKey;
  readonly link: Link | null;
  readonly base: Base | null;
  readonly salesforce: SalesforceReading | null;
  readonly external: ExternalReading | null;
  readonly deletedOn: Side | null;
  /** What is known of the tie between key and record beyond the link. */
  readonly identity: Identity;
}

/** How documents are read. */
export type Reading =
  /** As the feed of a side names them. */
  | Side
  /** Because they wait. */
  | "waiting"
  /** To see what became of a write: nothing is matched. */
  | "recovery";

/** What the nominations came to. */
export interface JoinResult {
  readonly joined: readonly Joined[];
  readonly unjoined: readonly Unjoined[];
}

/**
 * Reads the nominated documents. With `feed: "external"`, records that equal their base are dropped before Salesforce
 * is asked: they are echoes, and if Salesforce moved, its own feed says so.
 */
export async function join(
  context: RunContext,
  mapping: ObjectMapping,
  nominations: readonly Nomination[],
  feed: Reading,
): Promise<JoinResult> {
  const { state } = context.ports;
  const unjoined: Unjoined[] = [];
  const deletedOn = new Map<BusinessKey, Side | null>();
  const spelled = new Map<BusinessKey, readonly NaturalKey[]>();
  const records = new Map<BusinessKey, ReadRecord>();
  const identities = new Map<BusinessKey, Identity>();
  const identify = (key: BusinessKey, identity: Identity): void => {
    identities.set(key, { ...identities.get(key), ...identity });
  };

  const ids = nominations.flatMap((nomination) => (nomination.recordId === null ? [] : [nomination.recordId]));
  const linksById = ids.length === 0 ? new Map<RecordId, Link>() : await state.linksByRecordId(mapping.object, ids);
  const strangers = new Map<RecordId, Side | null>();
  for (const nomination of nominations) {
    const linked = nomination.recordId === null ? undefined : linksById.get(nomination.recordId);
    const key = nomination.key ?? linked?.key ?? null;
    if (key !== null) deletedOn.set(key, nomination.deletedOn ?? deletedOn.get(key) ?? null);
    if (key !== null) spelled.set(key, [...(spelled.get(key) ?? []), ...(nomination.naturalKeys ?? [])]);
    else if (nomination.recordId !== null) strangers.set(nomination.recordId, nomination.deletedOn);
  }
  for (const read of await readById(context, mapping, [...strangers.keys()])) {
    const { reading, recordId } = read;
    if (isStillMoved(context, mapping, read)) continue;
    // Whatever it was refused for before is reported again where it still is true.
    unjoined.push({ name: recordName(mapping.object, recordId), reason: "", how: "forget" });
    if (reading.kind === "view") {
      const { document, keyed } = reading.view;
      const { key } = document;
      deletedOn.set(key, strangers.get(recordId) ?? deletedOn.get(key) ?? null);
      // A living record that has come to show a key is looked up by it: the key may be another one's.
      if (keyed && !reading.view.deleted) continue;
      const twin = records.get(key);
      if (twin !== undefined) identify(key, { obstacle: twins(mapping, key, [twin.recordId, recordId]) });
      records.set(key, read);
    } else if (reading.kind === "foreign") {
      unjoined.push({ name: recordName(mapping.object, recordId), reason: reading.reason, how: "mention" });
    }
  }
  if (feed !== "recovery" && matchesStrangers(mapping)) {
    await matchStrangers(context, mapping, { deletedOn, records, identify });
  }

  let keys = [...deletedOn.keys()];
  const links = await state.links(mapping.object, keys);
  const bases = await state.bases(mapping.object, keys);
  const { externals, rows } = await readExternal(context, mapping, { keys, links, spelled, unjoined });
  if (feed === "external") {
    const isBack = (key: BusinessKey): boolean => deletionOf(links.get(key)) === "external";
    // A refused document that is as it was before is news: the reason of the refusal may be gone.
    const isRefused = (key: BusinessKey): boolean => context.memory.deadLetter(mapping.object, key) !== undefined;
    keys = keys.filter(
      (key) =>
        isBack(key) ||
        isRefused(key) ||
        !isExternalEcho(mapping, { base: bases.get(key), link: links.get(key) }, externals.get(key)),
    );
  }
  const rightful = await rightfulRecords(context, mapping, { keys, links, bases, records });
  for (const [key, identity] of rightful.identities) identify(key, identity);
  unjoined.push(...rightful.unjoined);
  if (feed !== "recovery") {
    // One that waited under a key of its own before it was given another one's.
    const waiting = keys.filter((key) => {
      const read = records.get(key);
      return read !== undefined && bases.get(key)?.document == null && isStillMoved(context, mapping, read);
    });
    for (const key of waiting) unjoined.push({ name: key, reason: "", how: "forget" });
    keys = keys.filter((key) => !waiting.includes(key));
  }
  if (feed !== "recovery") {
    const open = keys.filter(
      (key) => isUnlinked(links.get(key), bases.get(key)) && !records.has(key) && !identities.has(key),
    );
    const isOpen = new Set(open);
    const sought = [...externals].filter(([key]) => isOpen.has(key)).map(([, reading]) => reading);
    const matched = await matchExternal(context, mapping, sought);
    for (const [key, { obstacle }] of matched.doubts) identify(key, { obstacle: { kind: "reject", obstacle } });
    for (const [key, pair] of matched.pairs) identify(key, adopted(mapping, pair));
    const pairs = new Map([...matched.pairs].map(([key, { record }]) => [key, record]));
    for (const [key, read] of await underKey(context, mapping, pairs)) records.set(key, read);
    for (const [key, tied] of await linkLines(context, mapping, { keys, bases, records, rows })) {
      if ("code" in tied) identify(key, { obstacle: { kind: "reject", obstacle: tied } });
      else records.set(key, tied);
    }
  }
  if (feed === "external") {
    // The feed says that the record is there, and nobody finds it: its key is not what it seems to be.
    const lost = keys.filter((key) => {
      const known = links.has(key) || bases.has(key) || records.has(key) || externals.has(key);
      return !known && deletedOn.get(key) === null;
    });
    keys = keys.filter((key) => !lost.includes(key));
    for (const key of lost) {
      const orphan = mapping.lines === null ? "" : ", or for lines that stand there without their record";
      const reason = `was named by the change feed and cannot be read by that key; look for odd characters in it${orphan}`;
      unjoined.push({ name: key, reason, how: "refuse" });
    }
  }
  const joined = keys.map(
    (key): Joined => ({
      key,
      link: links.get(key) ?? null,
      base: bases.get(key) ?? null,
      salesforce: records.get(key)?.reading ?? null,
      external: externals.get(key) ?? null,
      deletedOn: deletedOn.get(key) ?? deletionOf(links.get(key)),
      identity: identities.get(key) ?? {},
    }),
  );
  if (rightful.alsoConcerned.length === 0 || feed === "recovery") return { joined, unjoined };
  // Whose record carries the key of another one gets its own back at the same time.
  const more = rightful.alsoConcerned.map((key) => ({ key, recordId: null, deletedOn: null }));
  const others = await join(context, mapping, more, "recovery");
  return { joined: [...joined, ...others.joined], unjoined: [...unjoined, ...others.unjoined] };
}

/** Whether a record waits for a person because it was given another one's key, and shows no key of its own since. */
function isStillMoved(context: RunContext, { object }: ObjectMapping, { recordId, reading }: ReadRecord): boolean {
  const isSettled = reading.kind === "view" && (reading.view.keyed || reading.view.deleted);
  return !isSettled && hasMoved(context, object, recordId);
}

/** Whether a record without a key might be made in the external system, or is tied to nothing unless it is looked for. */
function matchesStrangers({ match, create }: ObjectMapping): boolean {
  return match.length > 0 && (create.external || !create.salesforce);
}

/**
 * Puts Salesforce records without a key under the keys of the external records that they stand for. Those that waited
 * under a key of their own are among them.
 */
async function matchStrangers(
  context: RunContext,
  mapping: ObjectMapping,
  wanted: {
    readonly deletedOn: Map<BusinessKey, Side | null>;
    readonly records: Map<BusinessKey, ReadRecord>;
    readonly identify: (key: BusinessKey, identity: Identity) => void;
  },
): Promise<void> {
  const { deletedOn, records, identify } = wanted;
  const { state } = context.ports;
  const keys = [...deletedOn.keys()];
  const links = await state.links(mapping.object, keys);
  const bases = await state.bases(mapping.object, keys);
  const isMet = (key: BusinessKey): boolean =>
    bases.get(key)?.document != null || links.get(key)?.instruction === "unmatched";
  const waiting = [...links.values()].flatMap(({ key, recordId, presence }) =>
    recordId === null || isGone({ presence }) || isMet(key) || records.has(key) ? [] : [recordId],
  );
  for (const read of await readById(context, mapping, waiting)) {
    const key = read.reading.kind === "view" ? read.reading.view.document.key : null;
    if (key !== null && links.get(key)?.recordId === read.recordId) records.set(key, read);
  }
  const views = [...records].flatMap(([key, { reading }]): readonly SalesforceView[] =>
    reading.kind === "view" && !reading.view.keyed && !reading.view.deleted && !isMet(key) ? [reading.view] : [],
  );
  const { pairs, doubts } = await matchSalesforce(context, mapping, views);
  for (const [recordId, { obstacle }] of doubts) {
    const key = views.find((view) => view.recordId === recordId)?.document.key;
    if (key !== undefined) identify(key, { obstacle: { kind: "reject", obstacle } });
  }
  const tied = new Map([...pairs.values()].map(({ key, record }) => [key, record]));
  for (const [recordId, pair] of pairs) {
    const own = views.find((view) => view.recordId === recordId)?.document.key;
    if (own === undefined || own === pair.key) continue;
    records.delete(own);
    deletedOn.delete(own);
    deletedOn.set(pair.key, deletedOn.get(pair.key) ?? null);
    identify(pair.key, adopted(mapping, pair));
  }
  for (const [key, read] of await underKey(context, mapping, tied)) records.set(key, read);
}

function adopted({ match }: ObjectMapping, { replaces }: Pair): Identity {
  const matchedBy = match.map(({ field }) => field);
  return replaces === null ? { matchedBy } : { matchedBy, replaces };
}

async function readExternal(
  context: RunContext,
  mapping: ObjectMapping,
  wanted: {
    readonly keys: readonly BusinessKey[];
    readonly links: ReadonlyMap<BusinessKey, Link>;
    readonly spelled: ReadonlyMap<BusinessKey, readonly NaturalKey[]>;
    readonly unjoined: Unjoined[];
  },
): Promise<{
  readonly externals: ReadonlyMap<BusinessKey, ExternalReading>;
  /** The records themselves. */
  readonly rows: ReadonlyMap<BusinessKey, ExternalRecord>;
}> {
  const naturalKeys = new Map<string, NaturalKey>();
  for (const key of wanted.keys) {
    const refused = unsyncedObstacles(context, mapping, key).flatMap(({ naturalKeys }) => naturalKeys ?? []);
    const known = [...(wanted.spelled.get(key) ?? []), ...refused, wanted.links.get(key)?.naturalKey ?? null];
    const told = known.filter((each) => each !== null);
    const spellings = told.length > 0 ? told : [parseBusinessKey(key)?.naturalKey ?? []];
    for (const each of spellings) if (each.length > 0) naturalKeys.set(JSON.stringify(each), each);
  }
  const found = new Map<BusinessKey, ExternalReading>();
  const rows = new Map<BusinessKey, ExternalRecord>();
  if (naturalKeys.size === 0) return { externals: found, rows };
  for (const record of await context.ports.external.read(mapping.collection, [...naturalKeys.values()])) {
    const reading = externalView(mapping, record);
    const key = externalKey(mapping, record.naturalKey);
    if (key === undefined) {
      if (reading.kind === "unkeyed") wanted.unjoined.push(unkeyed(mapping, record.naturalKey, reading.reason));
      continue;
    }
    const other = found.get(key);
    rows.set(key, record);
    found.set(key, other === undefined ? reading : sameKey(mapping, other, record.naturalKey));
  }
  return { externals: found, rows };
}

function unsyncedObstacles({ memory }: RunContext, mapping: ObjectMapping, key: BusinessKey): readonly Obstacle[] {
  return [memory.parked(mapping.object, key), memory.deadLetter(mapping.object, key)].flatMap(
    (held) => held?.obstacles ?? [],
  );
}

/** Two records that differ only in blanks or case have one key: neither is written before one is renamed. */
function sameKey(mapping: ObjectMapping, first: ExternalReading, second: NaturalKey): ExternalReading {
  if (first.kind !== "view") return first;
  const problem = {
    field: mapping.naturalKey.join(", "),
    value: spelling(second),
    reason: `makes the same key as ${spelling(first.view.naturalKey)}; rename one of the two records`,
    naturalKeys: [first.view.naturalKey, second],
  };
  return { ...first, view: { ...first.view, problems: [...first.view.problems, problem] } };
}

/** A change of a record that cannot be named, as something to refuse or to forget. */
export function unkeyedRecord(mapping: ObjectMapping, { naturalKey, deleted }: ExternalChange): Unjoined {
  const parts = naturalKey.map((part) => part.trim());
  const reason = naturalKeyProblem(mapping.source, mapping.object, parts) ?? "makes no key";
  return { ...unkeyed(mapping, naturalKey, reason), ...(deleted ? { how: "forget" } : {}) };
}

function unkeyed(mapping: ObjectMapping, naturalKey: NaturalKey, reason: string): Unjoined {
  const name = `${mapping.collection} ${spelling(naturalKey)}`;
  return { name, reason: `${reason}; give the record another key`, how: "refuse" };
}

function spelling(naturalKey: NaturalKey): string {
  return naturalKey.map((part) => JSON.stringify(part)).join(", ");
}

function isExternalEcho(
  mapping: ObjectMapping,
  { base, link }: { readonly base: Base | undefined; readonly link: Link | undefined },
  reading: ExternalReading | undefined,
): boolean {
  // It was deleted on both sides, and is not there.
  if (base?.document === null) return reading === undefined && isGone(link);
  return reading?.kind === "view" && isEcho(mapping, base ?? null, reading.view);
}
