/** From a Salesforce record as it is read to its view: a canonical document with its Ids, stamp and provenance. */
import {
  asBusinessKey,
  businessKey,
  naturalKeyProblem,
  parseBusinessKey,
  salesforceOnlyKey,
} from "../model/business-key.ts";
import { type Canonical, value } from "../model/canonical.ts";
import type { Provenance, SalesforceView, ValueProblem } from "../model/document.ts";
import { compareInstants, parseInstant } from "../model/instant.ts";
import type { BusinessKey, LineKey, RecordId } from "../model/key.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { Fields, Value } from "../model/value.ts";
import { keyPart, readSalesforceField } from "./field.ts";
import { passesFilter } from "./filter.ts";
import type { FieldMapping, LinesMapping, ObjectMapping } from "./mapping.ts";
import { salesforceMatch } from "./match.ts";

/** The key of a record by its Id, as far as a link knows it. */
export type KeyLookup = (object: string, recordId: RecordId) => BusinessKey | undefined;

/** The key of a line by its Id, where it is known without the line's own key field. */
export type LineKeyLookup = (recordId: RecordId) => LineKey | undefined;

/** What is known of a record besides what it shows: its own key and those of its lines, whatever their key fields hold. */
export interface KnownRecord {
  readonly key?: BusinessKey;
  readonly lineKeyOf?: LineKeyLookup;
}

/** What a Salesforce record is to the mapping. */
export type SalesforceReading =
  | { readonly kind: "view"; readonly view: SalesforceView }
  /** The mapping's filter leaves it out. */
  | { readonly kind: "filtered"; readonly recordId: RecordId; readonly key: BusinessKey | null }
  /** Not ours: its key field holds something else, or it cannot be given a key. */
  | { readonly kind: "foreign"; readonly recordId: RecordId; readonly reason: string };

/**
 * Reads a root record with its child set (`record.OrderItems.records`).
 *
 * A parent without a key of ours appears as a key of the source `salesforce`, so that it is never mistaken for "no
 * parent". Fields that were not selected are absent. Never throws on data.
 */
export function salesforceView(
  mapping: ObjectMapping,
  record: SalesforceRecord,
  keyOf: KeyLookup,
  known: KnownRecord = {},
): SalesforceReading {
  const recordId = text(record["Id"]) as RecordId;
  if (record["IsReductionOrder"] === true && mapping.onActivated === "reduce") {
    return { kind: "foreign", recordId, reason: "is a reduction order; it belongs to the order that it reduces" };
  }
  const key = keyOfRecord(mapping, record, keyOf, known.key);
  if (!key.ok) return { kind: "foreign", recordId, reason: key.reason };
  if (!passesFilter(mapping.filter.salesforce, record)) return { kind: "filtered", recordId, key: key.key };

  const problems: ValueProblem[] = [];
  const deleted = record["IsDeleted"] === true;
  const category = text(record["StatusCode"]);
  const { lineKeyOf } = known;
  const lines = readLines(mapping, record, { keyOf, problems, activated: category === "Activated", lineKeyOf });
  const fields = readFields(mapping.fields, record, { keyOf, problems });
  const match = salesforceMatch(mapping.match, record, fields);
  const view: SalesforceView = {
    side: "salesforce",
    document: {
      object: mapping.object,
      key: key.key,
      fields,
      // Deleted records and polled rows come without their children: their lines are unknown, not empty.
      ...(mapping.lines === null || deleted || !Object.hasOwn(record, mapping.lines.relationship)
        ? {}
        : { lines: lines.fields }),
    },
    recordId,
    lineIds: lines.ids,
    foreignLineIds: lines.foreign,
    ...(lines.reduced.length === 0 ? {} : { reducedLineIds: lines.reduced }),
    stamp: text(record["SystemModstamp"]),
    deleted,
    masterRecordId: text(record["MasterRecordId"]) === "" ? null : (text(record["MasterRecordId"]) as RecordId),
    statusCategory: category === "" ? null : category,
    provenance: newest([record, ...lines.records].map(provenanceOf)),
    problems,
    keyed: key.stored,
    ...(key.held === undefined ? {} : { heldKey: key.held }),
    ...(Object.keys(lines.held).length === 0 ? {} : { heldLineKeys: lines.held }),
    ...(match === undefined ? {} : { match }),
  };
  return { kind: "view", view };
}

/** The root's key of a polled line row, by its parent path or its parent Id; undefined when the root is not ours. */
export function rootKeyOfLine(
  mapping: ObjectMapping,
  row: SalesforceRecord,
  keyOf: KeyLookup,
): BusinessKey | undefined {
  if (mapping.lines === null) return undefined;
  const parent = row[mapping.lines.parentRelationship];
  const stored = isRecord(parent) ? asBusinessKey(text(parent[mapping.keyField]), mapping.object) : undefined;
  return stored ?? keyOf(mapping.object, text(row[mapping.lines.parent]) as RecordId);
}

/** The canonical fields of one row, root or line. Values that are not canonical are reported and left out. */
export function readFields(
  fields: readonly FieldMapping[],
  record: SalesforceRecord,
  context: { readonly keyOf: KeyLookup; readonly problems: ValueProblem[]; readonly lineKey?: LineKey },
): Fields {
  const read: Record<string, Value> = {};
  for (const field of fields) {
    if (!Object.hasOwn(record, field.field)) continue;
    const result = readField(field, record, context.keyOf);
    if (result.ok) read[field.field] = result.value;
    else context.problems.push(valueProblem(field.field, result, context.lineKey));
  }
  return read;
}

function readField(field: FieldMapping, record: SalesforceRecord, keyOf: KeyLookup): Canonical {
  const reference = field.reference;
  if (reference === null) return readSalesforceField(field, record[field.field]);
  const recordId = text(record[field.field]);
  if (recordId === "") return value(null);
  const parent = record[reference.relationship];
  const stored = isRecord(parent) && reference.keyField !== null ? text(parent[reference.keyField]) : "";
  return value(
    asBusinessKey(stored, reference.object) ??
      keyOf(reference.object, recordId as RecordId) ??
      salesforceOnlyKey(reference.object, recordId),
  );
}

function keyOfRecord(
  mapping: ObjectMapping,
  record: SalesforceRecord,
  keyOf: KeyLookup,
  own: BusinessKey | undefined,
):
  | { readonly ok: true; readonly key: BusinessKey; readonly stored: boolean; readonly held?: string }
  | { readonly ok: false; readonly reason: string } {
  const stored = text(record[mapping.keyField]);
  if (own !== undefined && stored !== own) {
    return { ok: true, key: own, stored: false, ...(stored === "" ? {} : { held: stored }) };
  }
  if (stored !== "") {
    const parts = parseBusinessKey(stored);
    const ours = parts?.source === mapping.source ? asBusinessKey(stored, mapping.object) : undefined;
    if (ours !== undefined) return { ok: true, key: ours, stored: true };
    return {
      ok: false,
      reason: `has "${stored}" in ${mapping.keyField}, which is no ${mapping.source} key of ${mapping.object}`,
    };
  }
  const linked = keyOf(mapping.object, text(record["Id"]) as RecordId);
  if (linked !== undefined) return { ok: true, key: linked, stored: false };
  const part = keyPart(text(record[mapping.newKey]), mapping.keyCase);
  const wrong = naturalKeyProblem(mapping.source, mapping.object, [part]);
  if (wrong !== undefined) return { ok: false, reason: `${wrong} (${mapping.newKey})` };
  return { ok: true, key: businessKey(mapping.source, mapping.object, [part]), stored: false };
}

function readLines(
  mapping: ObjectMapping,
  record: SalesforceRecord,
  context: {
    readonly keyOf: KeyLookup;
    readonly problems: ValueProblem[];
    readonly activated: boolean;
    readonly lineKeyOf: LineKeyLookup | undefined;
  },
): {
  readonly fields: Readonly<Record<LineKey, Fields>>;
  readonly ids: Readonly<Record<LineKey, RecordId>>;
  readonly foreign: readonly RecordId[];
  readonly reduced: readonly RecordId[];
  readonly held: Readonly<Record<LineKey, string | null>>;
  readonly records: readonly SalesforceRecord[];
} {
  const lines = mapping.lines;
  const fields: Record<LineKey, Fields> = {};
  const ids: Record<LineKey, RecordId> = {};
  const foreign: RecordId[] = [];
  const reducedIds: RecordId[] = [];
  const held: Record<LineKey, string | null> = {};
  const records = lines === null ? [] : childRecords(record[lines.relationship]);
  // Lines that are known come first: whatever else carries the key of one is a copy.
  const isKnown = (row: SalesforceRecord): boolean => context.lineKeyOf?.(text(row["Id"]) as RecordId) !== undefined;
  for (const row of [...records.filter(isKnown), ...records.filter((each) => !isKnown(each))]) {
    if (lines === null || row["IsDeleted"] === true) continue;
    const recordId = text(row["Id"]) as RecordId;
    // After reduction orders the quantity that is left is in AvailableQuantity (reference: order-domain §2.9).
    const tellsRest =
      mapping.onActivated === "reduce" &&
      context.activated &&
      row["AvailableQuantity"] !== null &&
      Object.hasOwn(row, "AvailableQuantity");
    if (tellsRest && row["AvailableQuantity"] !== row["Quantity"]) reducedIds.push(recordId);
    const stored = text(row[lines.keyField]);
    const own = context.lineKeyOf?.(recordId);
    const lineKey = own ?? (isLineKey(mapping, lines, stored) ? stored : undefined);
    // A copy of a line that is known has its key, and is nobody's line.
    if (lineKey === undefined || Object.hasOwn(fields, lineKey)) {
      foreign.push(recordId);
      continue;
    }
    if (lineKey !== stored) held[lineKey] = stored === "" ? null : stored;
    const shown = tellsRest ? { ...row, Quantity: row["AvailableQuantity"] } : row;
    fields[lineKey] = readFields(lines.fields, shown, { ...context, lineKey });
    ids[lineKey] = recordId;
  }
  return { fields, ids, foreign, reduced: reducedIds, held, records };
}

function isLineKey(mapping: ObjectMapping, lines: LinesMapping, stored: string): stored is LineKey {
  const parts = parseBusinessKey(stored);
  return parts?.object === lines.object && parts.source === mapping.source;
}

/** The records of a child set as Salesforce answers with it. */
export function childRecords(child: unknown): readonly SalesforceRecord[] {
  const records = isRecord(child) ? child["records"] : child;
  return Array.isArray(records) ? records.filter(isRecord) : [];
}

function provenanceOf(record: SalesforceRecord): Provenance {
  const at = parseInstant(text(record["LastModifiedDate"]));
  const by = text(record["LastModifiedById"]);
  return { by: by === "" ? null : by, at: at.ok ? at.text : null };
}

function newest(candidates: readonly Provenance[]): Provenance {
  return candidates.reduce<Provenance>(
    (best, next) => (next.at !== null && (best.at === null || compareInstants(next.at, best.at) > 0) ? next : best),
    candidates[0] ?? { by: null, at: null },
  );
}

/** A refused value as a problem of the document. */
export function valueProblem(
  field: string,
  result: Extract<Canonical, { ok: false }>,
  lineKey?: LineKey,
): ValueProblem {
  return { field, ...(lineKey === undefined ? {} : { lineKey }), value: result.raw, reason: result.problem };
}

function text(raw: unknown): string {
  return typeof raw === "string" ? raw.trim() : typeof raw === "number" ? String(raw) : "";
}

function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
