/**
 * Match: recognizes records that stand on both sides although Salesforce's one carries no key, before anything is made a
 * second time. Exactly one record on each side is a match; whatever else is found is listed and left to a person.
 */

import type { ExternalReading } from "../../mapping/external-view.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import { matchesByKey } from "../../mapping/match.ts";
import { salesforceView } from "../../mapping/salesforce-view.ts";
import { parseBusinessKey, SALESFORCE_SOURCE } from "../../model/business-key.ts";
import type { ExternalView, SalesforceView } from "../../model/document.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { Base, Link, Obstacle } from "../../sync/decision.ts";
import { deletedOn, isGone } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";
import { idOf, type ReadRecord, readById, readRequest, viewRecords } from "../read/read-documents.ts";
import { askedBy, countOfUnkeyed, externalBy, unkeyedBy } from "./match-index.ts";

/** One record on each side. */
export interface Pair {
  /** The external record's key. */
  readonly key: BusinessKey;
  readonly recordId: RecordId;
  readonly record: SalesforceRecord;
  /** The key under which Salesforce's record waited, if it did. */
  readonly replaces: BusinessKey | null;
}

/** Records that match, by what was looked for. What is in neither list matches nothing. */
export interface Matches<Name> {
  readonly pairs: ReadonlyMap<Name, Pair>;
  readonly doubts: ReadonlyMap<Name, { readonly obstacle: Obstacle }>;
}

type Verdict =
  | { readonly kind: "none" }
  | { readonly kind: "pair"; readonly pair: Pair }
  | { readonly kind: "doubt"; readonly obstacle: Obstacle };

/** Whether nothing is known yet about which Salesforce record a key stands for, so that one may be looked for. */
export function isUnlinked(link: Link | undefined, base: Base | undefined): boolean {
  if (base?.document != null || link === undefined) return base?.document == null;
  return link.recordId === null && !isGone(link) && link.instruction !== "unmatched" && deletedOn(link) === null;
}

/** Looks in Salesforce for the records that external ones stand for. */
export async function matchExternal(
  context: RunContext,
  mapping: ObjectMapping,
  wanted: readonly ExternalReading[],
): Promise<Matches<BusinessKey>> {
  const pairs = new Map<BusinessKey, Pair>();
  const doubts = new Map<BusinessKey, { readonly obstacle: Obstacle }>();
  const found = { pairs, doubts };
  const views = wanted.flatMap((reading) =>
    reading.kind === "view" && reading.view.match !== undefined ? [reading.view] : [],
  );
  if (views.length === 0 || (await countOfUnkeyed(context, mapping)) === 0) return found;
  const candidates = await candidatesOf(context, mapping, views);
  for (const { document, match = "" } of views) {
    const verdict = await judge(context, mapping, {
      match,
      key: document.key,
      candidates: candidates.get(match) ?? [],
    });
    if (verdict.kind === "pair") pairs.set(document.key, verdict.pair);
    else if (verdict.kind === "doubt") doubts.set(document.key, verdict);
  }
  return found;
}

/** Looks in the external system for the records that Salesforce's ones stand for, before those are made there. */
export async function matchSalesforce(
  context: RunContext,
  mapping: ObjectMapping,
  strangers: readonly SalesforceView[],
): Promise<Matches<RecordId>> {
  const pairs = new Map<RecordId, Pair>();
  const doubts = new Map<RecordId, { readonly obstacle: Obstacle }>();
  const found = { pairs, doubts };
  const views = strangers.filter(({ match }) => match !== undefined);
  if (views.length === 0) return found;
  const external = await externalBy(context, mapping);
  const keysOf = ({ match = "" }: SalesforceView): readonly BusinessKey[] => external.get(match) ?? [];
  const hits = views.filter((view) => keysOf(view).length > 0);
  if (hits.length === 0) return found;
  const owners = await ownersOf(context, mapping, hits.flatMap(keysOf));
  const candidates = await candidatesOf(context, mapping, hits);
  for (const view of hits) {
    const { recordId, match = "" } = view;
    const [key, ...more] = keysOf(view);
    const unkeyed = (candidates.get(match) ?? []).filter(({ tiedTo }) => tiedTo === null);
    const own = unkeyed.find((candidate) => candidate.recordId === recordId);
    if (key === undefined || own === undefined) continue;
    const owner = owners.get(key);
    if (owner !== undefined && owner !== recordId) {
      doubts.set(recordId, { obstacle: taken(mapping, view, { key, owner }) });
    } else if (more.length > 0 || unkeyed.length > 1) {
      doubts.set(recordId, { obstacle: doubtful(mapping, [key, ...more], unkeyed) });
    } else {
      pairs.set(recordId, pairOf(key, own));
    }
  }
  return found;
}

/** A Salesforce record that matches something. */
interface Candidate {
  readonly recordId: RecordId;
  readonly record: SalesforceRecord;
  /** The key that it carries or is known by; null where it is free. */
  readonly tiedTo: BusinessKey | null;
  /** The key under which a free one waits. */
  readonly waitsAs: BusinessKey | null;
}

async function judge(
  context: RunContext,
  mapping: ObjectMapping,
  {
    match,
    key,
    candidates,
  }: { readonly match: string; readonly key: BusinessKey; readonly candidates: readonly Candidate[] },
): Promise<Verdict> {
  const free = candidates.filter(({ tiedTo }) => tiedTo === null);
  const tied = candidates.filter(({ tiedTo }) => tiedTo !== null && tiedTo !== key);
  if (free.length + tied.length === 0) return { kind: "none" };
  const twins = matchesByKey(mapping) ? [] : ((await externalBy(context, mapping)).get(match) ?? []);
  const keys = [...new Set([key, ...twins])];
  // A record that carries the key of a twin is the twin's, and says nothing about this one.
  const strange = tied.filter(({ tiedTo }) => tiedTo !== null && !keys.includes(tiedTo));
  const [only] = free;
  if (only === undefined && strange.length === 0) return { kind: "none" };
  if (only !== undefined && free.length === 1 && strange.length === 0 && keys.length === 1)
    return { kind: "pair", pair: pairOf(key, only) };
  return { kind: "doubt", obstacle: doubtful(mapping, keys, [...free, ...strange]) };
}

function pairOf(key: BusinessKey, { record, recordId, waitsAs }: Candidate): Pair {
  return { key, record, recordId, replaces: waitsAs };
}

/** The living records of Salesforce that match one of the views, by what they match by. */
async function candidatesOf(
  context: RunContext,
  mapping: ObjectMapping,
  views: readonly (SalesforceView | ExternalView)[],
): Promise<ReadonlyMap<string, readonly Candidate[]>> {
  const wanted = new Set(views.flatMap(({ match }) => match ?? []));
  const candidates = new Map<string, Candidate[]>();
  const read = (await readCandidates(context, mapping, wanted)).flatMap((each) =>
    each.reading.kind === "view" && !each.reading.view.deleted ? [{ ...each, view: each.reading.view }] : [],
  );
  if (read.length === 0) return candidates;
  const { state } = context.ports;
  const links = await state.linksByRecordId(
    mapping.object,
    read.map(({ recordId }) => recordId),
  );
  const bases = await state.bases(
    mapping.object,
    [...links.values()].map(({ key }) => key),
  );
  for (const { record, recordId, view } of read) {
    if (view.match === undefined || !wanted.has(view.match)) continue;
    const link = links.get(recordId);
    const isSaid = link?.instruction !== undefined;
    const isAgreed = link !== undefined && !isGone(link) && (isSaid || bases.get(link.key)?.document != null);
    const waits = link !== undefined && !isAgreed && link.key === ownKey(mapping, record) ? link.key : null;
    const known = link === undefined || isGone(link) || waits !== null ? null : link.key;
    const candidate = { recordId, record, tiedTo: view.keyed ? view.document.key : known, waitsAs: waits };
    candidates.set(view.match, [...(candidates.get(view.match) ?? []), candidate]);
  }
  return candidates;
}

async function readCandidates(
  context: RunContext,
  mapping: ObjectMapping,
  wanted: ReadonlySet<string>,
): Promise<readonly ReadRecord[]> {
  const asked = askedBy(mapping);
  if (asked === undefined) {
    const index = await unkeyedBy(context, mapping);
    return await readById(
      context,
      mapping,
      [...wanted].flatMap((match) => index.get(match) ?? []),
    );
  }
  const at = mapping.match.indexOf(asked);
  const texts = [...wanted].flatMap((match) => partsOf(match)[at] ?? []);
  const values = asked.mapping?.reference == null ? texts : await idsOf(context, asked.mapping.reference.object, texts);
  if (values.length === 0) return [];
  const request = readRequest(mapping, { kind: "field", field: asked.field, values });
  return await viewRecords(
    context,
    mapping,
    await context.ports.salesforce.read({ ...request, includeDeleted: false }),
  );
}

/** What a record is matched by, field by field. */
function partsOf(match: string): readonly string[] {
  const parts: unknown = JSON.parse(match);
  return Array.isArray(parts) ? parts.map(String) : [];
}

/** The Ids of the parents with these keys, as far as they are in Salesforce. */
async function idsOf(context: RunContext, object: string, keys: readonly string[]): Promise<readonly RecordId[]> {
  // The values of reference fields are business keys.
  const links = await context.ports.state.links(object, keys as readonly BusinessKey[]);
  return keys.flatMap((key) => {
    const parts = parseBusinessKey(key);
    // The key of a record that only Salesforce knows holds its Id.
    if (parts?.source === SALESFORCE_SOURCE) return parts.naturalKey.slice(0, 1).map((id) => id as RecordId);
    const link = links.get(key as BusinessKey);
    return link === undefined || isGone(link) || link.recordId === null ? [] : [link.recordId];
  });
}

/** The key that a record without one gets when it is made in the external system. */
function ownKey(mapping: ObjectMapping, record: SalesforceRecord): BusinessKey | null {
  const reading = salesforceView(mapping, { ...record, [mapping.keyField]: null }, () => undefined);
  return reading.kind === "view" ? reading.view.document.key : null;
}

/** The Salesforce records that external ones are tied to already. */
async function ownersOf(
  context: RunContext,
  mapping: ObjectMapping,
  keys: readonly BusinessKey[],
): Promise<ReadonlyMap<BusinessKey, RecordId>> {
  const owners = new Map<BusinessKey, RecordId>();
  const links = await context.ports.state.links(mapping.object, keys);
  for (const [key, link] of links) {
    if (link.recordId !== null && !isGone(link) && deletedOn(link) !== "salesforce") owners.set(key, link.recordId);
  }
  const open = keys.filter((key) => !owners.has(key));
  if (open.length === 0) return owners;
  const request = readRequest(mapping, { kind: "field", field: mapping.keyField, values: open });
  for (const record of await context.ports.salesforce.read({ ...request, includeDeleted: false })) {
    owners.set(String(record[mapping.keyField]) as BusinessKey, idOf(record));
  }
  return owners;
}

const LISTED_MAX = 5;

function doubtful(mapping: ObjectMapping, keys: readonly BusinessKey[], candidates: readonly Candidate[]): Obstacle {
  const by = fieldsOf(mapping);
  const free = candidates.filter(({ tiedTo }) => tiedTo === null).map(({ recordId }) => recordId);
  const tied = candidates.flatMap(({ recordId, tiedTo }) => (tiedTo === null ? [] : [`${recordId} (${tiedTo})`]));
  const ours = [
    ...(free.length === 0 ? [] : [`${counted(free.length, "Salesforce record")} without a key (${listed(free)})`]),
    ...(tied.length === 0 ? [] : [`${counted(tied.length, "Salesforce record")} with another key (${listed(tied)})`]),
  ].join(" and ");
  const theirs = keys.length === 1 ? "one external record" : `${keys.length} external records (${listed(keys)})`;
  return {
    code: MATCH_AMBIGUOUS,
    message: `${ours} and ${theirs} match by ${by}; which is which is not guessed, so nothing is tied and nothing is made. ${wayOut(mapping, keys[0])}`,
  };
}

function taken(
  mapping: ObjectMapping,
  { recordId }: SalesforceView,
  { key, owner }: { readonly key: BusinessKey; readonly owner: RecordId },
): Obstacle {
  return {
    code: MATCH_AMBIGUOUS,
    message: `${recordId} has no key and matches ${key} by ${fieldsOf(mapping)}, which is tied to ${owner} already; it may be a copy, so it is not made in the external system. Merge or delete it in Salesforce, correct what it is matched by, say that it is the right one (order-sync adopt ${key} ${recordId}), or that it is another record (order-sync adopt <its key> --create)`,
  };
}

/** The code of what matches several records. */
export const MATCH_AMBIGUOUS = "MATCH_AMBIGUOUS";

function wayOut(mapping: ObjectMapping, key: BusinessKey | undefined): string {
  return `Merge or correct the surplus ones; or put the key ${key} into ${mapping.keyField} of the right record; or say it here: order-sync adopt ${key} <record Id>, or order-sync adopt ${key} --create for a new record`;
}

function fieldsOf({ match }: ObjectMapping): string {
  return match.map(({ field }) => field).join(" and ");
}

function counted(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, LISTED_MAX).join(", ")}${names.length > LISTED_MAX ? ", …" : ""}`;
}
