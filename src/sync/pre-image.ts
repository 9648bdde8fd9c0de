/**
 * Pre-images: what the records showed right before a write changed them, and what that says about edits that fell
 * between our reading and our writing.
 *
 * Salesforce writes unconditionally. So the call that writes also reads, and what it replaced unseen is reported afterwards:
 * a value that neither was read when the decision was made nor equals what was written is somebody's edit.
 */
import { isKeptForm } from "../mapping/kept-form.ts";
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import { type KeyLookup, readFields } from "../mapping/salesforce-view.ts";
import { parseInstant } from "../model/instant.ts";
import type { LineKey, RecordId } from "../model/key.ts";
import type { RecordRead, RowOperation, RowOutcome, SalesforceRecord } from "../model/salesforce-record.ts";
import type { Fields, Value } from "../model/value.ts";
import type { Decision, TransitionalStatus, UnsettledEdit } from "./decision.ts";

/** The name of the rule for conflicts with an edit that fell between our reading and our writing. */
export const CONCURRENT_EDIT = "concurrent edit";

/** An edit that a write replaced unseen. */
export interface ConcurrentEdit {
  readonly lineKey?: LineKey;
  readonly field: string;
  /** The value when the decision was made. */
  readonly joined: Value | undefined;
  /** The edit. */
  readonly value: Value;
  /** What was written over it; undefined: the row was deleted. */
  readonly ours: Value | undefined;
  readonly by: string | null;
  readonly at: string | null;
}

/** The decision with what each of its operations on existing records has to read first. */
export function withPreImages(mapping: ObjectMapping, decision: Decision): Decision {
  const salesforce = decision.salesforce.map((operation): RowOperation => {
    if (operation.kind === "upsert") return operation;
    const preImage =
      operation.kind === "update" ? updateReads(mapping, operation) : deleteReads(mapping, decision, operation);
    return preImage.length === 0 ? operation : { ...operation, preImage };
  });
  return { ...decision, salesforce };
}

/**
 * The decision with its write refused where the record was modified after it was read. Only a single update of a root
 * can be: after a first write of our own the stamp is another one, and graphs take no headers.
 */
export function withCondition(mapping: ObjectMapping, decision: Decision): Decision {
  const [only, ...more] = decision.salesforce;
  const { salesforceStamp } = decision;
  if (only?.kind !== "update" || more.length > 0 || only.object !== mapping.object || salesforceStamp === null)
    return decision;
  return { ...decision, salesforce: [{ ...only, unmodifiedSince: salesforceStamp }] };
}

/** What operations read before they are sent, each record once. */
export function readsOf(operations: readonly RowOperation[]): readonly RecordRead[] {
  const byId = new Map<RecordId, RecordRead>();
  for (const operation of operations) {
    for (const read of operation.kind === "upsert" ? [] : (operation.preImage ?? [])) {
      const known = byId.get(read.recordId);
      const fields = known === undefined ? read.fields : [...new Set([...known.fields, ...read.fields])];
      byId.set(read.recordId, { ...read, fields });
    }
  }
  return [...byId.values()];
}

/** One request that reads many records of one object. */
export interface CollectionRead {
  readonly object: string;
  readonly recordIds: readonly RecordId[];
  readonly fields: readonly string[];
}

/** Records of one sObject Collections read (reference: change-events §6.1, [memory]). */
export const READ_IDS_MAX = 2_000;

/** The same reads as sObject Collections requests: one per object and 2,000 records. */
export function collectionReads(operations: readonly RowOperation[]): readonly CollectionRead[] {
  const byObject = new Map<string, RecordRead[]>();
  for (const read of readsOf(operations)) {
    const members = byObject.get(read.object);
    if (members === undefined) byObject.set(read.object, [read]);
    else members.push(read);
  }
  return [...byObject].flatMap(([object, reads]) => {
    const fields = [...new Set(reads.flatMap((read) => read.fields))];
    const ids = reads.map((read) => read.recordId);
    return Array.from({ length: Math.ceil(ids.length / READ_IDS_MAX) }, (_, part) => ({
      object,
      fields,
      recordIds: ids.slice(part * READ_IDS_MAX, (part + 1) * READ_IDS_MAX),
    }));
  });
}

/**
 * The edits that the operations of a decision replaced unseen, as far as they landed. A value that equals what was
 * written, such as the one that the second delivery of a request meets, is no edit.
 */
export function concurrentEditsOf(input: {
  readonly mapping: ObjectMapping;
  readonly decision: Decision;
  readonly outcomes: readonly RowOutcome[];
  readonly keyOf: KeyLookup;
}): readonly ConcurrentEdit[] {
  const { mapping, decision, outcomes, keyOf } = input;
  const sheet = new Sheet(mapping, decision, keyOf);
  const byOpId = new Map(outcomes.map((outcome) => [outcome.opId, outcome]));
  for (const operation of decision.salesforce) {
    const outcome = byOpId.get(operation.opId);
    if (outcome?.kind !== "done") continue;
    for (const record of outcome.preImage ?? []) sheet.see(record);
    if (operation.kind === "update") sheet.write(operation);
    else if (operation.kind === "delete") sheet.delete(operation.recordId);
  }
  const last = decision.salesforce.at(-1);
  const isFinished = last === undefined || byOpId.get(last.opId)?.kind === "done";
  return sheet.concurrentEdits(isFinished ? null : decision.transitional);
}

/**
 * Whether something was replaced that nobody has seen: operations that asked for a pre-image landed without one (by
 * Bulk, or because it could not be read), or a write by key met a record that was not there when it was decided.
 */
export function lacksPreImage(decision: Decision, outcomes: readonly RowOutcome[]): boolean {
  const told = new Set(
    outcomes
      .flatMap((outcome) => (outcome.kind === "done" ? (outcome.preImage ?? []) : []))
      .map((record) => record["Id"]),
  );
  const landed = new Map(outcomes.flatMap((outcome) => (outcome.kind === "done" ? [[outcome.opId, outcome]] : [])));
  const operations = decision.salesforce.filter(({ opId }) => landed.has(opId));
  if (readsOf(operations).some(({ recordId }) => !told.has(recordId))) return true;
  const made = new Set<string>();
  return operations.some((operation) => {
    if (operation.kind !== "upsert" || made.has(operation.key)) return false;
    made.add(operation.key);
    return landed.get(operation.opId)?.created === false;
  });
}

/** What the base has to remember of concurrent edits: the last one of each field, where the row is still there. */
export function unsettledEditsOf(concurrentEdits: readonly ConcurrentEdit[]): readonly UnsettledEdit[] {
  const byCell = new Map<string, UnsettledEdit>();
  for (const { lineKey, field, value, ours, by, at } of concurrentEdits) {
    if (ours === undefined) continue;
    byCell.set(cell(lineKey, field), { ...(lineKey === undefined ? {} : { lineKey }), field, value, ours, by, at });
  }
  return [...byCell.values()];
}

/** Follows every field of a document through the operations. */
class Sheet {
  readonly #mapping: ObjectMapping;
  readonly #decision: Decision;
  readonly #keyOf: KeyLookup;
  readonly #lineKeys: ReadonlyMap<RecordId, LineKey>;
  /** What each cell should show now, if nobody else writes. */
  readonly #expected = new Map<string, Value | undefined>();
  readonly #written = new Set<string>();
  readonly #edits = new Map<string, ConcurrentEdit>();
  /** Concurrent edits of a field that was edited again and written over again. */
  readonly #earlier: ConcurrentEdit[] = [];
  /** Rows that are gone, by line key; the empty text is the root. */
  readonly #deleted = new Set<string>();

  constructor(mapping: ObjectMapping, decision: Decision, keyOf: KeyLookup) {
    this.#mapping = mapping;
    this.#decision = decision;
    this.#keyOf = keyOf;
    const lineIds = Object.entries(decision.link.lineIds) as [LineKey, RecordId][];
    this.#lineKeys = new Map(lineIds.map(([lineKey, recordId]) => [recordId, lineKey]));
    const before = decision.salesforceBefore;
    for (const [field, value] of Object.entries(before?.fields ?? {}))
      this.#expected.set(cell(undefined, field), value);
    for (const [lineKey, fields] of Object.entries<Fields>(before?.lines ?? {})) {
      for (const [field, value] of Object.entries(fields)) this.#expected.set(cell(lineKey, field), value);
    }
  }

  see(record: SalesforceRecord): void {
    // Ids in pre-images are the ones that were asked for.
    const lineKey = this.#lineKeys.get(String(record["Id"]) as RecordId);
    const { LastModifiedById: by, LastModifiedDate: modified } = record;
    const at = parseInstant(typeof modified === "string" ? modified : "");
    for (const [field, value] of Object.entries(this.#read(record, lineKey))) {
      const name = cell(lineKey, field);
      const joined = this.#expected.get(name);
      const past = this.#edits.get(name);
      const isUnmoved =
        value === joined ||
        (joined === undefined && value === null) ||
        (this.#written.has(name) && this.#isKeptForm(lineKey, field, joined, value)) ||
        (field === "Quantity" && this.#isWhatIsLeft(record, joined));
      if (isUnmoved) {
        // Whoever changed it has taken it back, unless we have written since.
        if (!this.#written.has(name)) this.#edits.delete(name);
        continue;
      }
      if (past !== undefined && this.#written.has(name) && past.value !== joined)
        this.#earlier.push({ ...past, ours: joined });
      this.#edits.set(name, {
        ...(lineKey === undefined ? {} : { lineKey }),
        field,
        joined,
        value,
        ours: undefined,
        by: typeof by === "string" ? by : null,
        at: at.ok ? at.text : null,
      });
    }
  }

  write({ recordId, fields, opId }: Extract<RowOperation, { kind: "update" }>): void {
    const lineKey = this.#lineKeys.get(recordId);
    const { changes } = this.#decision;
    for (const [field, wire] of Object.entries(fields)) {
      const change = changes.find(
        (each) => each.opId === opId && each.side === "salesforce" && each.lineKey === lineKey && each.field === field,
      );
      // A status that is only passed through is in no change.
      const written = change?.to ?? this.#read({ [field]: wire }, lineKey)[field];
      if (written === undefined) continue;
      this.#expected.set(cell(lineKey, field), written);
      this.#written.add(cell(lineKey, field));
    }
  }

  delete(recordId: RecordId): void {
    this.#deleted.add(this.#lineKeys.get(recordId) ?? "");
  }

  /**
   * `transitional`: the status in which the record was left. Somebody who had chosen that very status before us
   * meant it, and it must not be taken for one that is only passed through.
   */
  concurrentEdits(transitional: TransitionalStatus | null): readonly ConcurrentEdit[] {
    const last = [...this.#edits].flatMap(([name, edit]) => {
      if (this.#deleted.has("") || this.#deleted.has(edit.lineKey ?? "")) return [edit];
      const ours = this.#expected.get(name);
      // Read, but not written: the edit stands.
      if (!this.#written.has(name)) return [];
      const isTransitional = name === cell(undefined, "Status") && edit.value === transitional?.shown;
      return ours === edit.value && !isTransitional ? [] : [{ ...edit, ours }];
    });
    return [...this.#earlier, ...last];
  }

  #read(record: SalesforceRecord, lineKey: LineKey | undefined): Fields {
    const mappings = lineKey === undefined ? this.#mapping.fields : (this.#mapping.lines?.fields ?? []);
    return readFields(compared(mappings), record, { keyOf: this.#keyOf, problems: [] });
  }

  /** What an earlier operation of ours has written may be kept otherwise. */
  #isKeptForm(lineKey: LineKey | undefined, field: string, written: Value | undefined, shown: Value): boolean {
    const mappings = lineKey === undefined ? this.#mapping.fields : (this.#mapping.lines?.fields ?? []);
    const mapping = mappings.find((each) => each.field === field);
    return mapping !== undefined && written !== undefined && isKeptForm(mapping, "salesforce", written, shown);
  }

  /** After reduction orders the quantity of a line is what is left of it (reference: order-domain §2.9). */
  #isWhatIsLeft(record: SalesforceRecord, joined: Value | undefined): boolean {
    const left = record["AvailableQuantity"];
    return left !== undefined && left !== null && this.#read({ Quantity: left }, anyLine)["Quantity"] === joined;
  }
}

/** Stands for whichever line. */
const anyLine = "" as LineKey;

const cell = (lineKey: string | undefined, field: string): string => `${lineKey ?? ""}|${field}`;

const PROVENANCE = ["LastModifiedById", "LastModifiedDate"] as const;

function updateReads(
  mapping: ObjectMapping,
  { object, recordId, fields }: Extract<RowOperation, { kind: "update" }>,
): readonly RecordRead[] {
  const mappings = object === mapping.object ? mapping.fields : (mapping.lines?.fields ?? []);
  const names = compared(mappings)
    .map(({ field }) => field)
    .filter((field) => Object.hasOwn(fields, field));
  return names.length === 0 ? [] : [{ object, recordId, fields: readNames(mapping, object, names) }];
}

/** A deletion takes every field with it, and an order its lines. */
function deleteReads(
  mapping: ObjectMapping,
  decision: Decision,
  { object, recordId }: Extract<RowOperation, { kind: "delete" }>,
): readonly RecordRead[] {
  const { lines } = mapping;
  const lineNames = lines === null ? [] : compared(lines.fields).map(({ field }) => field);
  const ofLine = (lineId: RecordId): readonly RecordRead[] =>
    lines === null
      ? []
      : [{ object: lines.object, recordId: lineId, fields: readNames(mapping, lines.object, lineNames) }];
  if (object !== mapping.object) return ofLine(recordId);
  const names = compared(mapping.fields).map(({ field }) => field);
  const own = { object, recordId, fields: readNames(mapping, object, names) };
  return [own, ...Object.values<RecordId>(decision.link.lineIds).flatMap(ofLine)];
}

function readNames(mapping: ObjectMapping, object: string, names: readonly string[]): readonly string[] {
  const left = mapping.onActivated === "reduce" && object === mapping.lines?.object && names.includes("Quantity");
  return ["Id", ...names, ...(left ? ["AvailableQuantity"] : []), ...PROVENANCE];
}

function compared(mappings: readonly FieldMapping[]): readonly FieldMapping[] {
  return mappings.filter((mapping) => mapping.write !== "once");
}
