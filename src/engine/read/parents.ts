/** Looks up the parents that documents refer to, for a whole page at once. */

import type { FieldMapping, ObjectMapping } from "../../mapping/mapping.ts";
import type { ParentLookup, ParentState } from "../../mapping/write.ts";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Fields } from "../../model/value.ts";
import type { Link } from "../../sync/decision.ts";
import { deletedOn, isDeletedByUs, isGone, mergedInto } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";
import type { StoppedObject } from "../context/report.ts";

/**
 * The state of every parent that the documents name. A parent that neither is linked nor waits nor was refused is
 * `absent`: both sides were asked about it before its children. Those of `stopped` objects may be ones that nobody came to.
 */
export async function parentLookup(
  context: RunContext,
  mapping: ObjectMapping,
  documents: readonly SyncDocument[],
  stopped: readonly StoppedObject[],
): Promise<ParentLookup> {
  const wanted = referencesOf(mapping, documents);
  const states = new Map<string, ParentState>();
  for (const [object, keys] of wanted) {
    const links = await context.ports.state.links(object, [...keys]);
    const survivors = await survivorsOf(context, object, links);
    for (const key of keys) {
      const link = survivors.get(key) ?? links.get(key);
      const isAway = link === undefined || isGone(link) || deletedOn(link) === "salesforce";
      const recordId = isAway ? null : link.recordId;
      if (recordId !== null) states.set(`${object} ${key}`, { kind: "linked", recordId });
      else if (context.memory.deadLetter(object, key) !== undefined)
        states.set(`${object} ${key}`, { kind: "rejected" });
      else if (context.memory.parked(object, key) !== undefined || stopped.some((one) => one.object === object))
        states.set(`${object} ${key}`, { kind: "pending" });
      else states.set(`${object} ${key}`, { kind: "absent", ...(isDeletedByUs(link) ? { removed: true } : {}) });
    }
  }
  return (object, key) => states.get(`${object} ${key}`) ?? { kind: "absent" };
}

/** The keys that documents refer to, by object. */
export function referencesOf(
  mapping: ObjectMapping,
  documents: readonly SyncDocument[],
): ReadonlyMap<string, ReadonlySet<BusinessKey>> {
  const wanted = new Map<string, Set<BusinessKey>>();
  for (const document of documents) {
    collect(wanted, mapping.fields, document.fields);
    for (const line of Object.values<Fields>(document.lines ?? {})) collect(wanted, mapping.lines?.fields ?? [], line);
  }
  return wanted;
}

/** A merge of a survivor leads on; this many steps are followed. */
const MERGES_MAX = 5;

/** The links of the records that merged ones were merged into. */
async function survivorsOf(
  context: RunContext,
  object: string,
  links: ReadonlyMap<BusinessKey, Link>,
): Promise<ReadonlyMap<BusinessKey, Link>> {
  const survivors = new Map<BusinessKey, Link>();
  let open = [...links].flatMap(([key, link]) => {
    const into = mergedInto(link);
    return into === undefined ? [] : [{ key, into }];
  });
  for (let step = 0; step < MERGES_MAX && open.length > 0; step += 1) {
    const found = await context.ports.state.links(
      object,
      open.map(({ into }) => into),
    );
    open = open.flatMap(({ key, into }) => {
      const link = found.get(into);
      if (link !== undefined) survivors.set(key, link);
      const next = mergedInto(link);
      return next === undefined ? [] : [{ key, into: next }];
    });
  }
  return survivors;
}

function collect(wanted: Map<string, Set<BusinessKey>>, mappings: readonly FieldMapping[], fields: Fields): void {
  for (const mapping of mappings) {
    const value = fields[mapping.field];
    if (mapping.reference === null || typeof value !== "string") continue;
    const keys = wanted.get(mapping.reference.object) ?? new Set<BusinessKey>();
    // The values of reference fields are business keys.
    keys.add(value as BusinessKey);
    wanted.set(mapping.reference.object, keys);
  }
}
