/**
 * Concurrent edits: edits that fell between our reading and our writing, found in the pre-images that came back with the writes.
 *
 * A concurrent edit of a record that is still there is decided again like any edit, in a second look of the same run. What was
 * deleted cannot be brought back through the API: it is reported as a conflict, and lies in the recycle bin.
 */
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { KeyLookup } from "../../mapping/salesforce-view.ts";
import { asBusinessKey } from "../../model/business-key.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { Value } from "../../model/value.ts";
import { conflictOf } from "../../sync/conflict.ts";
import type { Base, Conflict, Decision, Obstacle, UnsettledEdit } from "../../sync/decision.ts";
import { CONCURRENT_EDIT, type ConcurrentEdit, concurrentEditsOf } from "../../sync/pre-image.ts";
import type { RunContext } from "../context/context.ts";
import { keyLookup } from "../read/read-documents.ts";
import type { Settlement } from "../write/perform.ts";

/** The concurrent edits of a page by decision; most pages have none. */
export type ConcurrentEdits = ReadonlyMap<Decision, readonly ConcurrentEdit[]>;

/** Compares what came back with what the decisions were made on. */
export async function findConcurrentEdits(
  context: RunContext,
  mapping: ObjectMapping,
  settlements: readonly Settlement[],
): Promise<ConcurrentEdits> {
  const records = settlements.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) => (outcome.kind === "done" ? (outcome.preImage ?? []) : [])),
  );
  const found = new Map<Decision, readonly ConcurrentEdit[]>();
  if (records.length === 0) return found;
  const keyOf = await parentKeys(context, mapping, records);
  for (const { decision, outcomes } of settlements) {
    const concurrentEdits = concurrentEditsOf({ mapping, decision, outcomes, keyOf });
    if (concurrentEdits.length > 0) found.set(decision, concurrentEdits);
  }
  return found;
}

/** A concurrent edit as the journal keeps it: what was found, what was written over it, and what had been read. */
export function concurrentEditEntry({ lineKey, field, joined, value, ours, by, at }: ConcurrentEdit): JournalChange {
  const read = joined === undefined || joined === null ? "empty" : JSON.stringify(joined);
  const rule = `read as ${read}; edited${by === null ? "" : ` by ${by}`}${at === null ? "" : ` at ${at}`}`;
  return {
    ...(lineKey === undefined ? {} : { lineKey }),
    field,
    from: value,
    to: ours ?? null,
    rule,
    read: joined ?? null,
    by,
    at,
  };
}

/** A change as people and scripts read it. */
type JournalChange = Readonly<Record<string, Value>>;

/** Why a written document is looked at once more. */
export function concurrentEditObstacle(unsettledEdits: readonly UnsettledEdit[]): Obstacle {
  const [first] = unsettledEdits;
  const place = first?.lineKey === undefined ? first?.field : `${first.field} of line ${first.lineKey}`;
  const more = unsettledEdits.length > 1 ? ` and ${unsettledEdits.length - 1} more` : "";
  return {
    code: "CONCURRENT_EDIT",
    message: `${place}${more} was edited in Salesforce while it was written; the edit is on record and is decided about at once, or in the next run`,
  };
}

/** Edits that went with a deleted row, as conflicts that the deletion has won. */
export function deletedEdits(
  decision: Decision,
  before: Base | null,
  concurrentEdits: readonly ConcurrentEdit[],
): readonly Conflict[] {
  const gone = concurrentEdits.filter(({ ours }) => ours === undefined);
  const choice = {
    winner: "external",
    rule: `${CONCURRENT_EDIT}, deleted with the record; undelete it in Salesforce to keep the edit`,
  } as const;
  const base = before?.document ?? null;
  return gone.map(({ lineKey, field, value, by, at }) => {
    const provenance = { salesforce: { by, at }, external: { by: null, at: null } };
    const fields = lineKey === undefined ? base?.fields : base?.lines?.[lineKey];
    const values = { base: fields?.[field], salesforce: value, external: null };
    const place = lineKey === undefined ? { field } : { field, lineKey };
    return conflictOf({ object: decision.object, key: decision.key, provenance }, { ...place, ...values }, choice);
  });
}

/**
 * Keys of the parents by Id. A pre-image tells Ids only: a parent that no link knows is read, or it would be taken for
 * another one than the record had when it was joined.
 */
async function parentKeys(
  context: RunContext,
  mapping: ObjectMapping,
  records: readonly SalesforceRecord[],
): Promise<KeyLookup> {
  const known = await keyLookup(context, mapping, records);
  const read = new Map<string, BusinessKey>();
  for (const { field, reference } of [...mapping.fields, ...(mapping.lines?.fields ?? [])]) {
    if (reference === null || reference.keyField === null) continue;
    const { object, keyField } = reference;
    const unknown = records.flatMap((record) => {
      const id = record[field];
      // Ids come from Salesforce itself.
      return typeof id === "string" && known(object, id as RecordId) === undefined ? [id as RecordId] : [];
    });
    if (unknown.length === 0) continue;
    const by = { kind: "id", ids: [...new Set(unknown)] } as const;
    for (const parent of await context.ports.salesforce.read({
      object,
      select: [keyField],
      by,
      includeDeleted: true,
    })) {
      const stored = parent[keyField];
      const key = typeof stored === "string" ? asBusinessKey(stored, object) : undefined;
      if (key !== undefined) read.set(`${object} ${String(parent["Id"])}`, key);
    }
  }
  return (object, recordId) => known(object, recordId) ?? read.get(`${object} ${recordId}`);
}
