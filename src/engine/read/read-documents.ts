/** Reads whole Salesforce documents, and knows them again by the links whatever their key fields hold. */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import {
  type KeyLookup,
  type KnownRecord,
  type SalesforceReading,
  salesforceView,
} from "../../mapping/salesforce-view.ts";
import { lineSelectList, selectList } from "../../mapping/select.ts";
import type { BusinessKey, LineKey, RecordId } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { ReadRequest } from "../../salesforce/port.ts";
import type { Link } from "../../sync/decision.ts";
import { isGone } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";

/** A record as it was read, with what it is to the mapping. */
export interface ReadRecord {
  readonly record: SalesforceRecord;
  readonly recordId: RecordId;
  readonly reading: SalesforceReading;
  /** What the links, or a match, tell of it. */
  readonly known: KnownRecord;
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

/** The keys behind parent Ids whose key is not in the records themselves. */
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
): Promise<readonly ReadRecord[]> {
  if (ids.length === 0) return [];
  const records = await context.ports.salesforce.read(readRequest(mapping, { kind: "id", ids }));
  return await viewRecords(context, mapping, records);
}

/** What records are to the mapping, by the links or by what is known otherwise. Costs no API call. */
export async function viewRecords(
  context: RunContext,
  mapping: ObjectMapping,
  records: readonly SalesforceRecord[],
  knownOf?: (index: number) => KnownRecord,
): Promise<readonly ReadRecord[]> {
  const keyOf = await keyLookup(context, mapping, records);
  const linked = knownOf === undefined ? await knownRecords(context, mapping, records) : undefined;
  return records.map((record, index) => {
    const recordId = idOf(record);
    const known = knownOf?.(index) ?? linked?.get(recordId) ?? {};
    return { record, recordId, reading: salesforceView(mapping, record, keyOf, known), known };
  });
}

/**
 * What the links know of records. A record that both sides agreed on keeps its key, whatever somebody has put into its key
 * field; one that never was agreed on is what its key field says.
 */
async function knownRecords(
  context: RunContext,
  mapping: ObjectMapping,
  records: readonly SalesforceRecord[],
): Promise<ReadonlyMap<RecordId, KnownRecord>> {
  const { state } = context.ports;
  const known = new Map<RecordId, KnownRecord>();
  if (records.length === 0) return known;
  const links = await state.linksByRecordId(mapping.object, records.map(idOf));
  const moved = records.flatMap((record) => {
    const link = links.get(idOf(record));
    const stored = record[mapping.keyField];
    return link === undefined || isGone(link) || stored === null || stored === link.key ? [] : [link.key];
  });
  const bases = moved.length === 0 ? new Map() : await state.bases(mapping.object, moved);
  for (const record of records) {
    const link = links.get(idOf(record));
    if (link === undefined) continue;
    const isAgreed = link.instruction === "adopted" || bases.get(link.key)?.document != null;
    known.set(idOf(record), {
      ...(isAgreed ? { key: link.key } : {}),
      ...(mapping.lines === null ? {} : { lineKeyOf: lineKeysOf(link) }),
    });
  }
  return known;
}

function lineKeysOf({ lineIds }: Link): (recordId: RecordId) => LineKey | undefined {
  const keys = new Map(Object.entries(lineIds).map(([lineKey, recordId]) => [recordId, lineKey as LineKey]));
  return (recordId) => keys.get(recordId);
}

/** Ids come from Salesforce itself. */
export function idOf(record: SalesforceRecord): RecordId {
  return String(record["Id"]) as RecordId;
}

function isRecord(raw: unknown): raw is SalesforceRecord {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
