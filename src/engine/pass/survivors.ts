/** Which key stands for the account that survived a merge: its own, or the one that it is already tied to. */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { SalesforceView } from "../../model/document.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { MergeSurvivor } from "../../sync/observation.ts";
import { isGone } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";
import { hasMoved } from "../join/identity.ts";
import type { Joined } from "../join/join.ts";
import { matchSalesforce } from "../join/match.ts";
import { readById } from "../read/read-documents.ts";

/**
 * The survivors by the keys of the accounts that were merged into them. Their keys are read from the records themselves,
 * because the links of two accounts that were merged may name the same record. A survivor whose key field is empty is
 * still another customer's where it is adopted as one and does not carry that key yet. Of several accounts that were
 * merged into a survivor without a key, the first takes it over; the others wait until that one is written.
 */
export async function mergeSurvivors(
  context: RunContext,
  mapping: ObjectMapping,
  joined: readonly Joined[],
): Promise<ReadonlyMap<BusinessKey, MergeSurvivor>> {
  const survivors = new Map<BusinessKey, MergeSurvivor>();
  const losers = joined.flatMap(({ key, salesforce }) =>
    salesforce?.kind === "view" && salesforce.view.masterRecordId !== null
      ? [{ key, recordId: salesforce.view.masterRecordId }]
      : [],
  );
  if (losers.length === 0) return survivors;
  const ids = losers.map(({ recordId }) => recordId);
  const carried = await carriedKeys(context, mapping, ids);
  const keyless = [...carried.values()].flatMap(({ view }) => (view === null || view.keyed ? [] : [view]));
  const tied = await tiedKeys(context, mapping, joined, keyless);
  const takenOver = new Set<RecordId>();
  for (const { key, recordId } of losers) {
    const own = tied.get(recordId);
    const survivor = own === undefined || own === key ? carried.get(recordId)?.key : own;
    const waits = survivor === null && takenOver.has(recordId);
    if (survivor === null) takenOver.add(recordId);
    survivors.set(key, { recordId, key: waits ? undefined : survivor });
  }
  return survivors;
}

/** The key of a record, null where it has none; its view, where its filter lets it in. */
interface Carried {
  readonly key: BusinessKey | null;
  readonly view: SalesforceView | null;
}

async function carriedKeys(
  context: RunContext,
  mapping: ObjectMapping,
  ids: readonly RecordId[],
): Promise<ReadonlyMap<RecordId, Carried>> {
  const keys = new Map<RecordId, Carried>();
  for (const { reading } of await readById(context, mapping, ids)) {
    if (reading.kind === "view")
      keys.set(reading.view.recordId, { key: ownKey(context, mapping, reading.view), view: reading.view });
    else if (reading.kind === "filtered") keys.set(reading.recordId, { key: reading.key, view: null });
  }
  return keys;
}

/** A record without a key that is made in the external system gets a key of its own, unless it waits for a person. */
function ownKey(context: RunContext, mapping: ObjectMapping, view: SalesforceView): BusinessKey | null {
  const isMade = mapping.create.external && !hasMoved(context, mapping.object, view.recordId);
  return view.keyed || isMade ? view.document.key : null;
}

/** The keys of records that do not carry them yet: tied to them before or in this pass, or about to be. */
async function tiedKeys(
  context: RunContext,
  mapping: ObjectMapping,
  joined: readonly Joined[],
  keyless: readonly SalesforceView[],
): Promise<ReadonlyMap<RecordId, BusinessKey>> {
  const tied = new Map<RecordId, BusinessKey>();
  const ids = keyless.map(({ recordId }) => recordId);
  if (ids.length === 0) return tied;
  const { state } = context.ports;
  for (const [id, { key }] of (await matchSalesforce(context, mapping, keyless)).pairs) tied.set(id, key);
  const links = await state.linksByRecordId(mapping.object, ids);
  const bases = await state.bases(
    mapping.object,
    [...links.values()].map(({ key }) => key),
  );
  for (const [id, link] of links) {
    const isAgreed = link.instruction === "adopted" || bases.get(link.key)?.document != null;
    if (!isGone(link) && isAgreed) tied.set(id, link.key);
  }
  for (const { key, salesforce, external } of joined) {
    if (external?.kind !== "view" || salesforce?.kind !== "view" || salesforce.view.deleted) continue;
    if (ids.includes(salesforce.view.recordId)) tied.set(salesforce.view.recordId, key);
  }
  return tied;
}
