/** What a person says about which Salesforce record a key stands for; the next run carries it out. */

import { SyncError } from "../../errors.ts";
import type { Mapping } from "../../mapping/mapping.ts";
import { parseBusinessKey } from "../../model/business-key.ts";
import type { BusinessKey, NaturalKey, RecordId } from "../../model/key.ts";
import type { StateBatch } from "../../state/port.ts";
import type { Link } from "../../sync/decision.ts";
import { LIVE, type Presence } from "../../sync/presence.ts";
import { recordName } from "../join/identity.ts";
import { commitAnswer, noteOf, type ResolvePorts } from "./answers.ts";

/** What was said, and what follows from it. */
export interface Adoption {
  readonly object: string;
  readonly key: BusinessKey;
  /** Null: a new record is made. */
  readonly recordId: RecordId | null;
  /** The record that the key stood for until now, and the key that the record had; null where there was none. */
  readonly formerRecord: RecordId | null;
  readonly formerKey: BusinessKey | null;
}

/**
 * Ties a key to a record, whatever matches and whatever the record's key field holds. Fields that differ are settled as at a
 * first meeting. Throws `USAGE` when the key is none of the mapping's, and `LEASE_HELD` while a run is under way.
 */
export async function adoptRecord(
  ports: ResolvePorts,
  mapping: Mapping,
  { key, recordId }: { readonly key: string; readonly recordId: RecordId },
): Promise<Adoption> {
  const named = namedBy(mapping, key);
  const { object } = named;
  const own = (await ports.state.links(object, [named.key])).get(named.key);
  const former = (await ports.state.linksByRecordId(object, [recordId])).get(recordId);
  const formerKey = former === undefined || former.key === named.key ? null : former.key;
  const ended = formerKey === null ? [] : [{ object, key: formerKey }];
  const link: Link = { ...linkOf(named, own), recordId, instruction: "adopted" };
  const gone = ended.map((each): Link => ({ ...each, recordId: null, naturalKey: null, lineIds: {}, presence: GONE }));
  await say(ports, named, {
    links: [link, ...gone],
    removeBases: [named, ...ended],
    clearParked: ended,
    // The record's own name stands for the dead letter of a copy.
    clearDeadLetters: [named, ...ended, { object, key: recordName(object, recordId) }],
    journal: [noteOf(ports, named, "adoption answered", { recordId, formerKey, formerRecord: own?.recordId ?? null })],
  });
  const formerRecord = own?.recordId ?? null;
  return { ...named, recordId, formerKey, formerRecord: formerRecord === recordId ? null : formerRecord };
}

/** Has a record made for a key although others match it. Throws like `adoptRecord`, and where the key has a record. */
export async function createRegardless(ports: ResolvePorts, mapping: Mapping, key: string): Promise<Adoption> {
  const named = namedBy(mapping, key);
  const own = (await ports.state.links(named.object, [named.key])).get(named.key);
  const base = (await ports.state.bases(named.object, [named.key])).get(named.key);
  if (base?.document != null) {
    throw new SyncError("USAGE", `${key} stands for ${own?.recordId ?? "a record"} already; there is nothing to make`);
  }
  const recordId = own?.recordId ?? null;
  await say(ports, named, {
    links: [{ ...linkOf(named, own), recordId, instruction: "unmatched" }],
    clearDeadLetters: [named],
    journal: [noteOf(ports, named, "adoption answered", { recordId: null })],
  });
  return { ...named, recordId: null, formerKey: null, formerRecord: null };
}

const GONE: Presence = { kind: "tombstone", byUs: false };

interface Named {
  readonly object: string;
  readonly key: BusinessKey;
}

function namedBy(mapping: Mapping, key: string): Named {
  const parts = parseBusinessKey(key);
  if (parts === undefined || parts.source !== mapping.source || !mapping.byObject.has(parts.object)) {
    const sample = mapping.objects[0]?.object ?? "Account";
    throw new SyncError(
      "USAGE",
      `"${key}" is no key of this mapping; a key looks like ${mapping.source}:${sample}:C-1, see order-sync dead-letters list`,
    );
  }
  return { object: parts.object, key: key as BusinessKey };
}

function linkOf({ object, key }: Named, own: Link | undefined): Link {
  const naturalKey: NaturalKey | null = own?.naturalKey ?? parseBusinessKey(key)?.naturalKey ?? null;
  return { object, key, recordId: null, naturalKey, lineIds: {}, presence: LIVE };
}

/** The document waits for the next run, which decides about it whatever the feeds name. */
async function say(ports: ResolvePorts, named: Named, batch: StateBatch): Promise<void> {
  const message = "somebody said which record it stands for; the next run carries it out";
  const parked = { ...named, obstacles: [{ code: "ADOPTION", message }], attempts: 0, sinceMs: ports.nowMs() };
  await commitAnswer(ports, { ...batch, parked: [parked] });
}
