/** Looks up the parents that documents refer to, for a whole page at once. */

import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import type { ParentLookup, ParentState } from "../mapping/write.ts";
import type { SyncDocument } from "../model/document.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Fields } from "../model/value.ts";
import type { RunContext } from "./context.ts";

/**
 * The state of every parent that the documents name. A parent that neither is linked nor waits nor was refused is
 * `absent`: both sides were asked about it before its children.
 */
export async function parentLookup(
  context: RunContext,
  mapping: ObjectMapping,
  documents: readonly SyncDocument[],
): Promise<ParentLookup> {
  const wanted = new Map<string, Set<BusinessKey>>();
  for (const document of documents) {
    collect(wanted, mapping.fields, document.fields);
    for (const line of Object.values<Fields>(document.lines ?? {})) collect(wanted, mapping.lines?.fields ?? [], line);
  }
  const states = new Map<string, ParentState>();
  for (const [object, keys] of wanted) {
    const links = await context.ports.state.links(object, [...keys]);
    for (const key of keys) {
      const link = links.get(key);
      const isGone = link === undefined || link.tombstone || link.deletedOn === "salesforce";
      const recordId = isGone ? null : link.recordId;
      if (recordId !== null) states.set(`${object} ${key}`, { kind: "linked", recordId });
      else if (context.memory.deadLetter(object, key) !== undefined)
        states.set(`${object} ${key}`, { kind: "rejected" });
      else if (context.memory.parked(object, key) !== undefined) states.set(`${object} ${key}`, { kind: "pending" });
      else states.set(`${object} ${key}`, { kind: "absent" });
    }
  }
  return (object, key) => states.get(`${object} ${key}`) ?? { kind: "absent" };
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
