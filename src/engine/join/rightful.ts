/**
 * Reads the Salesforce records of keys, and says which record a key belongs to when somebody has changed key fields there:
 * retyped, swapped, cleared or copied. A record that both sides agreed on keeps its key; its key field is put right.
 */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { Base, Link, Obstacle } from "../../sync/decision.ts";
import { isGone } from "../../sync/presence.ts";
import { KEY_CHANGED } from "../../sync/restore-key.ts";
import type { RunContext } from "../context/context.ts";
import { type ReadRecord, readById, readRequest, viewRecords } from "../read/read-documents.ts";
import { hasMoved, type Identity, KEY_COPIED, KEY_MOVED, recordName, type Unjoined } from "./identity.ts";
import { keyFormat } from "./unkeyed.ts";

/** What the key fields came to. */
export interface Rightful {
  readonly identities: ReadonlyMap<BusinessKey, Identity>;
  /** Copies of keys, and what was a copy and is none any more. */
  readonly unjoined: readonly Unjoined[];
  /** Keys whose records carry one of the keys that were asked for. */
  readonly alsoConcerned: readonly BusinessKey[];
}

interface Wanted {
  readonly keys: readonly BusinessKey[];
  readonly links: ReadonlyMap<BusinessKey, Link>;
  readonly bases: ReadonlyMap<BusinessKey, Base>;
  /** Filled with the record of each key; what is there already and lives is not read again. */
  readonly records: Map<BusinessKey, ReadRecord>;
}

/** The records that carry one key. */
interface Holders {
  /** Living ones that no other key owns. */
  readonly own: readonly ReadRecord[];
  /** Living ones that belong to another key. */
  readonly retyped: readonly ReadRecord[];
  readonly dead: readonly ReadRecord[];
}

/** Reads by key, and by the Ids of links where a key is not found at its record. */
export async function rightfulRecords(context: RunContext, mapping: ObjectMapping, wanted: Wanted): Promise<Rightful> {
  const { links, bases, records } = wanted;
  // A deleted record keeps its key in the recycle bin: a living one with the same key may have taken its place.
  const values = wanted.keys.filter((key) => !isLiving(records.get(key)));
  const identities = new Map<BusinessKey, Identity>();
  const unjoined: Unjoined[] = [];
  if (values.length === 0) return { identities, unjoined, alsoConcerned: [] };
  const holdersOf = await readHolders(context, mapping, values);
  const isAgreed = (key: BusinessKey): boolean => {
    const link = links.get(key);
    if (link === undefined || isGone(link) || link.recordId === null) return false;
    return link.instruction === "adopted" || bases.get(key)?.document != null;
  };
  // A record whose key was changed or cleared, or that was deleted and purged of it, is still known by its Id.
  const lost = values.flatMap((key) => {
    const recordId = links.get(key)?.recordId ?? null;
    const { own, dead } = holdersOf(key);
    const seen = isAgreed(key)
      ? [...own, ...dead].some((each) => each.recordId === recordId)
      : own.length + dead.length > 0;
    return seen || recordId === null ? [] : [recordId];
  });
  const byId = new Map((await readById(context, mapping, lost)).map((read) => [read.recordId, read]));
  const foreignKeys = [...byId.values()].flatMap(({ reading }) =>
    reading.kind === "view" && reading.view.heldKey !== undefined ? [reading.view.heldKey as BusinessKey] : [],
  );
  const others =
    foreignKeys.length === 0
      ? new Map<BusinessKey, Link>()
      : await context.ports.state.links(mapping.object, foreignKeys);

  for (const key of values) {
    const { own, retyped, dead } = holdersOf(key);
    const recordId = links.get(key)?.recordId ?? null;
    const known =
      recordId === null ? undefined : (own.find((each) => each.recordId === recordId) ?? byId.get(recordId));
    const rest = own.filter((each) => each !== known);
    for (const each of dead) if (each.recordId !== recordId) unjoined.push(settled(mapping, each.recordId));
    if (known !== undefined && isLiving(known) && keyOf(known) === key) {
      records.set(key, known);
      if (isAgreed(key) && hasMoved(context, mapping.object, known.recordId)) {
        unjoined.push(settled(mapping, known.recordId));
      }
      const held = known.reading.kind === "view" ? known.reading.view.heldKey : undefined;
      const owner = held === undefined ? undefined : others.get(held as BusinessKey);
      const isOthers = owner !== undefined && !isGone(owner) && owner.recordId !== null && owner.recordId !== recordId;
      if (own.includes(known)) {
        for (const each of rest) unjoined.push(copy(mapping, key, { copied: each.recordId, owner: known.recordId }));
      } else if (isOthers || rest.length > 0) {
        identities.set(key, { toClear: [...(isOthers ? [known.recordId] : []), ...rest.map((each) => each.recordId)] });
        for (const each of rest) unjoined.push(moved(mapping, key, { taken: each.recordId, owner: known.recordId }));
      }
    } else if (rest.length > 1) {
      identities.set(key, {
        obstacle: twins(
          mapping,
          key,
          rest.map((each) => each.recordId),
        ),
      });
    } else if (rest[0] !== undefined) {
      records.set(key, rest[0]);
      if (hasMoved(context, mapping.object, rest[0].recordId)) unjoined.push(settled(mapping, rest[0].recordId));
    } else if (known !== undefined && isLiving(known) && dead[0] === undefined) {
      identities.set(key, { obstacle: tiedElsewhere(mapping, key, known) });
    } else if (retyped[0] !== undefined) {
      identities.set(key, { obstacle: heldByOther(mapping, retyped[0]) });
    } else {
      // Two records with keys were merged into one without: it can carry one key, and the other one's record tells so.
      const isAnothers = known !== undefined && isLiving(known);
      const gone = (isAnothers ? undefined : known) ?? dead.find((each) => each.recordId === recordId) ?? dead[0];
      if (gone !== undefined && !records.has(key)) records.set(key, gone);
    }
    if (isKeyTold(context, mapping, key)) identities.set(key, { ...identities.get(key), isKeyTold: true });
  }
  const asked = new Set(wanted.keys);
  const concerned = values.flatMap((key) => holdersOf(key).retyped.flatMap((each) => keyOf(each) ?? []));
  return { identities, unjoined, alsoConcerned: [...new Set(concerned)].filter((key) => !asked.has(key)) };
}

/** Several records that claim one key, and nothing tells which is the one. */
export function twins(
  mapping: ObjectMapping,
  key: BusinessKey,
  recordIds: readonly RecordId[],
): NonNullable<Identity["obstacle"]> {
  const { keyField } = mapping;
  const message = `${recordIds.length} Salesforce records stand for it (${recordIds.slice(0, TWINS_LISTED_MAX).join(", ")}), and nothing tells which is the right one, so nothing is written; merge them, or clear ${keyField} of the others, or say which: order-sync adopt ${key} <record Id>`;
  return { kind: "reject", obstacle: { code: "KEY_TWICE", message } };
}

const TWINS_LISTED_MAX = 5;

async function readHolders(
  context: RunContext,
  mapping: ObjectMapping,
  values: readonly BusinessKey[],
): Promise<(key: BusinessKey) => Holders> {
  const found = await context.ports.salesforce.read(
    readRequest(mapping, { kind: "field", field: mapping.keyField, values }),
  );
  const holders = new Map<unknown, ReadRecord[]>();
  for (const read of await viewRecords(context, mapping, found)) {
    const stored = read.record[mapping.keyField];
    holders.set(stored, [...(holders.get(stored) ?? []), read]);
  }
  return (key) => {
    const all = holders.get(key) ?? [];
    const living = all.filter(isLiving);
    return {
      own: living.filter((each) => keyOf(each) === key),
      retyped: living.filter((each) => keyOf(each) !== null && keyOf(each) !== key),
      dead: all.filter((each) => !isLiving(each)),
    };
  };
}

function isLiving(read: ReadRecord | undefined): boolean {
  return read !== undefined && (read.reading.kind !== "view" || !read.reading.view.deleted);
}

function keyOf({ reading }: ReadRecord): BusinessKey | null {
  return reading.kind === "view" ? reading.view.document.key : reading.kind === "filtered" ? reading.key : null;
}

function isKeyTold({ memory }: RunContext, mapping: ObjectMapping, key: BusinessKey): boolean {
  return memory.parked(mapping.object, key)?.obstacles.some(({ code }) => code === KEY_CHANGED) === true;
}

function settled(mapping: ObjectMapping, recordId: RecordId): Unjoined {
  return { name: recordName(mapping.object, recordId), reason: "", how: "forget" };
}

function copy(
  mapping: ObjectMapping,
  key: BusinessKey,
  { copied, owner }: { readonly copied: RecordId; readonly owner: RecordId },
): Unjoined {
  const reason = `carries the key ${key}, which belongs to ${owner}: it is a copy, and nothing of it is synchronized. Clear its ${mapping.keyField}, or delete it; if it is to stand for ${key} from now on, order-sync adopt ${key} ${copied}`;
  return { name: recordName(mapping.object, copied), reason, how: "refuse", code: KEY_COPIED };
}

function moved(
  mapping: ObjectMapping,
  key: BusinessKey,
  { taken, owner }: { readonly taken: RecordId; readonly owner: RecordId },
): Unjoined {
  const { object } = mapping;
  const merged = object === "Account" ? "Merge the two, or delete it" : "Delete it";
  const reason = `carried the key ${key}, which belongs to ${owner}: that one gets it back, and nothing of this one is synchronized, so that it is not made a second time. ${merged}; if it is to stand for ${key} from now on, order-sync adopt ${key} ${taken}; if it is a record of its own, order-sync adopt ${keyFormat(mapping)} ${taken}`;
  return { name: recordName(object, taken), reason, how: "refuse", code: KEY_MOVED, isFirst: true };
}

function tiedElsewhere(mapping: ObjectMapping, key: BusinessKey, known: ReadRecord): NonNullable<Identity["obstacle"]> {
  const stored = known.record[mapping.keyField];
  const message = `is tied to ${known.recordId}, which carries ${JSON.stringify(stored)} in ${mapping.keyField}; clear that field, or tie the key to another record: order-sync adopt ${key} <record Id>`;
  return { kind: "reject", obstacle: { code: "KEY_TAKEN", message } };
}

function heldByOther(mapping: ObjectMapping, other: ReadRecord): NonNullable<Identity["obstacle"]> {
  const obstacle: Obstacle = {
    code: "KEY_IN_USE",
    message: `${other.recordId} carries this key in ${mapping.keyField}, but stands for ${keyOf(other) ?? "another record"} and gets its own key back first`,
  };
  return { kind: "park", obstacle };
}
