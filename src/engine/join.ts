/**
 * Join: reads both sides of the nominated keys as they are now, with their link and base, in canonical form.
 *
 * Costs one Salesforce call per about 1,500 keys, and none for external changes that turn out to be our own writes.
 */

import type { ExternalChange } from "../external/port.ts";
import { type ExternalReading, externalKey, externalView } from "../mapping/external-view.ts";
import type { ObjectMapping } from "../mapping/mapping.ts";
import { type KeyLookup, type SalesforceReading, salesforceView } from "../mapping/salesforce-view.ts";
import { lineSelectList, selectList } from "../mapping/select.ts";
import { naturalKeyProblem, parseBusinessKey } from "../model/business-key.ts";
import type { BusinessKey, NaturalKey, RecordId } from "../model/key.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { Side } from "../model/value.ts";
import type { ReadRequest } from "../salesforce/port.ts";
import type { Base, Link, Obstacle } from "../sync/decision.ts";
import { isEcho } from "../sync/screen.ts";
import type { RunContext } from "./context.ts";
import type { Nomination } from "./nominations.ts";

/** One document on both sides; null where a side has no record. */
export interface Joined {
  readonly key: BusinessKey;
  readonly link: Link | null;
  readonly base: Base | null;
  readonly salesforce: SalesforceReading | null;
  readonly external: ExternalReading | null;
  readonly deletedOn: Side | null;
}

/** A nominated record that cannot be joined, because it has no usable key. */
export interface Unjoined {
  readonly name: string;
  readonly reason: string;
  /**
   * `mention`: it is none of ours, the journal tells about it. `refuse`: it would take part if it could be named, so it
   * becomes a dead letter under its name. `forget`: it is gone, and with it the dead letter.
   */
  readonly how: "mention" | "refuse" | "forget";
}

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
  feed: Side | "waiting",
): Promise<JoinResult> {
  const { state } = context.ports;
  const unjoined: Unjoined[] = [];
  const deletedOn = new Map<BusinessKey, Side | null>();
  const spelled = new Map<BusinessKey, readonly NaturalKey[]>();
  const records = new Map<BusinessKey, SalesforceReading>();

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
  for (const reading of await readById(context, mapping, [...strangers.keys()])) {
    if (reading.kind === "view") {
      records.set(reading.view.document.key, reading);
      deletedOn.set(reading.view.document.key, strangers.get(reading.view.recordId) ?? null);
    } else if (reading.kind === "foreign") {
      unjoined.push({ name: `${mapping.object} ${reading.recordId}`, reason: reading.reason, how: "mention" });
    }
  }

  let keys = [...deletedOn.keys()];
  const links = await state.links(mapping.object, keys);
  const bases = await state.bases(mapping.object, keys);
  const externals = await readExternal(context, mapping, { keys, links, spelled, unjoined });
  if (feed === "external") {
    const isBack = (key: BusinessKey): boolean => links.get(key)?.deletedOn === "external";
    // A refused document that is as it was before is news: the reason of the refusal may be gone.
    const isRefused = (key: BusinessKey): boolean => context.memory.deadLetter(mapping.object, key) !== undefined;
    keys = keys.filter(
      (key) =>
        isBack(key) ||
        isRefused(key) ||
        !isExternalEcho(mapping, { base: bases.get(key), link: links.get(key) }, externals.get(key)),
    );
  }
  await readSalesforce(context, mapping, { keys, links, records });
  if (feed === "external") {
    // The feed says that the record is there, and nobody finds it: its key is not what it seems to be.
    const lost = keys.filter((key) => {
      const known = links.has(key) || bases.has(key) || records.has(key) || externals.has(key);
      return !known && deletedOn.get(key) === null;
    });
    keys = keys.filter((key) => !lost.includes(key));
    for (const key of lost) {
      const reason = "was named by the change feed and cannot be read by that key; look for odd characters in it";
      unjoined.push({ name: key, reason, how: "refuse" });
    }
  }
  return {
    joined: keys.map((key) => ({
      key,
      link: links.get(key) ?? null,
      base: bases.get(key) ?? null,
      salesforce: records.get(key) ?? null,
      external: externals.get(key) ?? null,
      deletedOn: deletedOn.get(key) ?? links.get(key)?.deletedOn ?? null,
    })),
    unjoined,
  };
}

/** Reads Salesforce records by key or Id, whole documents with their lines, deleted ones included. */
export function readRequest(mapping: ObjectMapping, by: ReadRequest["by"]): ReadRequest {
  return {
    object: mapping.object,
    select: selectList(mapping),
    ...(mapping.lines === null
      ? {}
      : { children: { relationship: mapping.lines.relationship, select: lineSelectList(mapping) } }),
    by,
    includeDeleted: true,
  };
}

/** The keys behind parent Ids whose key does not stand in the records themselves. */
export async function keyLookup(
  context: RunContext,
  mapping: ObjectMapping,
  records: readonly SalesforceRecord[],
): Promise<KeyLookup> {
  const wanted = new Map<string, Set<RecordId>>();
  const want = (object: string, id: unknown): void => {
    if (typeof id !== "string" || id === "") return;
    const ids = wanted.get(object) ?? new Set<RecordId>();
    // Ids come from Salesforce itself.
    ids.add(id as RecordId);
    wanted.set(object, ids);
  };
  const fields = [...mapping.fields, ...(mapping.lines?.fields ?? [])];
  for (const record of records) {
    for (const field of fields) {
      if (field.reference === null) continue;
      const parent = record[field.reference.relationship];
      const stored = isRecord(parent) && field.reference.keyField !== null ? parent[field.reference.keyField] : null;
      if (stored === null || stored === undefined) want(field.reference.object, record[field.field]);
    }
    if (record[mapping.keyField] === null) want(mapping.object, record["Id"]);
    if (mapping.lines !== null) want(mapping.object, record[mapping.lines.parent]);
  }
  const found = new Map<string, BusinessKey>();
  for (const [object, ids] of wanted) {
    const links = await context.ports.state.linksByRecordId(object, [...ids]);
    for (const [id, link] of links) found.set(`${object} ${id}`, link.key);
  }
  return (object, recordId) => found.get(`${object} ${recordId}`);
}

/** Reads records by their Ids, deleted ones included. */
export async function readById(
  context: RunContext,
  mapping: ObjectMapping,
  ids: readonly RecordId[],
): Promise<readonly SalesforceReading[]> {
  if (ids.length === 0) return [];
  const records = await context.ports.salesforce.read(readRequest(mapping, { kind: "id", ids }));
  const keyOf = await keyLookup(context, mapping, records);
  return records.map((record) => salesforceView(mapping, record, keyOf));
}

async function readSalesforce(
  context: RunContext,
  mapping: ObjectMapping,
  wanted: {
    readonly keys: readonly BusinessKey[];
    readonly links: ReadonlyMap<BusinessKey, Link>;
    readonly records: Map<BusinessKey, SalesforceReading>;
  },
): Promise<void> {
  // A deleted record keeps its key in the recycle bin: a living one with the same key may have taken its place.
  const values = wanted.keys.filter((key) => !isLiving(wanted.records.get(key)));
  if (values.length === 0) return;
  const records = await context.ports.salesforce.read(
    readRequest(mapping, { kind: "field", field: mapping.keyField, values }),
  );
  const keyOf = await keyLookup(context, mapping, records);
  for (const record of records) keep(wanted.records, salesforceView(mapping, record, keyOf));
  // A record whose key was cleared, or that was deleted and purged of it, is still known by its Id.
  const lost = values.flatMap((key) => {
    const recordId = wanted.links.get(key)?.recordId ?? null;
    return wanted.records.has(key) || recordId === null ? [] : [recordId];
  });
  for (const reading of await readById(context, mapping, lost)) keep(wanted.records, reading);
}

/** Of several records with one key the living one counts; deleted ones keep their key in the recycle bin. */
function keep(records: Map<BusinessKey, SalesforceReading>, reading: SalesforceReading): void {
  const key = reading.kind === "view" ? reading.view.document.key : reading.kind === "filtered" ? reading.key : null;
  if (key === null) return;
  if (!records.has(key) || isLiving(reading)) records.set(key, reading);
}

function isLiving(reading: SalesforceReading | undefined): boolean {
  return reading !== undefined && (reading.kind !== "view" || !reading.view.deleted);
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
): Promise<ReadonlyMap<BusinessKey, ExternalReading>> {
  const naturalKeys = new Map<string, NaturalKey>();
  for (const key of wanted.keys) {
    const refused = heldObstacles(context, mapping, key).flatMap(({ naturalKeys }) => naturalKeys ?? []);
    const known = [...(wanted.spelled.get(key) ?? []), ...refused, wanted.links.get(key)?.naturalKey ?? null];
    const told = known.filter((each) => each !== null);
    const spellings = told.length > 0 ? told : [parseBusinessKey(key)?.naturalKey ?? []];
    for (const each of spellings) if (each.length > 0) naturalKeys.set(JSON.stringify(each), each);
  }
  const found = new Map<BusinessKey, ExternalReading>();
  if (naturalKeys.size === 0) return found;
  for (const record of await context.ports.external.read(mapping.collection, [...naturalKeys.values()])) {
    const reading = externalView(mapping, record);
    const key = externalKey(mapping, record.naturalKey);
    if (key === undefined) {
      if (reading.kind === "unkeyed") wanted.unjoined.push(unkeyed(mapping, record.naturalKey, reading.reason));
      continue;
    }
    const other = found.get(key);
    found.set(key, other === undefined ? reading : sameKey(mapping, other, record.naturalKey));
  }
  return found;
}

function heldObstacles({ memory }: RunContext, mapping: ObjectMapping, key: BusinessKey): readonly Obstacle[] {
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
  if (base?.document === null) return reading === undefined && link?.tombstone === true;
  return reading?.kind === "view" && isEcho(mapping, base ?? null, reading.view);
}

function isRecord(raw: unknown): raw is SalesforceRecord {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
