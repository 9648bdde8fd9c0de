/**
 * From a commit to its change events. Pure. Source: change-events §2.2–2.5.
 *
 * One event tells of one record, or of several of one object to which the same transaction did the same. Fields stand
 * in it with their definition, because what a subscriber may read is his own.
 */
import type { RecordChange, TransactionOrigin } from "../org/port.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";
import { datetimeWithZ } from "../schema/temporal.ts";
import { isDoubleField, type WireDouble, wireDouble } from "../schema/wire-double.ts";
import type { Commit } from "./commits.ts";

/** What happened to the records of an event; `GAP_…` where an event could not tell the fields. */
export type ChangeType =
  | "CREATE"
  | "UPDATE"
  | "DELETE"
  | "UNDELETE"
  | "GAP_CREATE"
  | "GAP_UPDATE"
  | "GAP_DELETE"
  | "GAP_UNDELETE"
  | "GAP_OVERFLOW";

/** One field of an event's payload. */
export interface ChangedField {
  readonly field: FieldDefinition;
  readonly value: FieldValue;
}

/** One change event before it has a place on the bus. */
export interface ChangeEvent {
  readonly entityName: string;
  readonly recordIds: readonly string[];
  readonly changeType: ChangeType;
  readonly changeOrigin: string;
  /** Counts the selected and the unselected changes of its transaction from 1. */
  readonly sequenceNumber: number;
  readonly commitTimestamp: number;
  readonly commitUser: string;
  /** New values: of the changed fields for an update, of those that have one for a create or undelete. */
  readonly fields: readonly ChangedField[];
}

/** Changes of one transaction, each changed field counted, above which it only says that there were too many. */
const TRANSACTION_FIELDS_MAX = 100_000; // Salesforce limit
/** Characters of a payload above which an event does not tell its fields. */
const EVENT_CHARACTERS_MAX = 1_000_000; // Salesforce limit: 1 MB
const OVERFLOW_ID = "000000000000000AAA";

/** Fields that change events never carry, beside formulas (change-events §2.2 [doc]); the Id is in the header. */
const UNTOLD_FIELDS: ReadonlySet<string> = new Set([
  "Id",
  "IsDeleted",
  "SystemModstamp",
  "LastViewedDate",
  "LastReferencedDate",
]);

/** The events of one commit, in the order of its changes. */
export function changeEvents(commit: Commit): readonly ChangeEvent[] {
  const told = commit.changes.flatMap((change) => toldChange(commit, change));
  const fieldCount = told.reduce((sum, { fields }) => sum + Math.max(1, fields.length), 0);
  if (fieldCount > TRANSACTION_FIELDS_MAX) return overflow(commit, told);
  const events: ChangeEvent[] = [];
  let sequence = 0;
  let last: { readonly mark: string; readonly at: number; readonly event: ChangeEvent } | undefined;
  for (const change of told) {
    const mark = markOf(change);
    if (last !== undefined && mark !== undefined && mark === last.mark) {
      const event = { ...last.event, recordIds: [...last.event.recordIds, change.id] };
      if (last.at >= 0) events[last.at] = event;
      last = { ...last, event };
      continue;
    }
    sequence += 1;
    const event = eventOf(commit, change, sequence);
    const selected = commit.selected.has(change.type.name);
    last = mark === undefined ? undefined : { mark, at: selected ? events.length : -1, event };
    if (selected) events.push(event);
  }
  return events;
}

/** What one transaction did to one record. */
interface ToldChange {
  readonly type: SObjectType;
  readonly id: string;
  readonly kind: "CREATE" | "UPDATE" | "DELETE" | "UNDELETE";
  readonly fields: readonly ChangedField[];
}

function toldChange({ catalog }: Commit, { object, id, before, after }: RecordChange): readonly ToldChange[] {
  const type = catalog.object(object);
  const kind = kindOf(before, after);
  if (type === undefined || kind === undefined || !followable(type)) return [];
  const fields = fieldsOf(type, kind, before ?? {}, after ?? {});
  // Nothing but a stamp moved.
  if (kind === "UPDATE" && fields.length === 0) return [];
  return [{ type, id, kind, fields }];
}

/** Objects whose changes have events at all: those with record pages of their own, not histories, shares and setup. */
export function followable(type: SObjectType): boolean {
  return type.definition.triggerable === true || type.definition.custom === true || type.name === "PricebookEntry";
}

/** Undefined for the end of a record that was deleted before. */
function kindOf(before: Row | undefined, after: Row | undefined): ToldChange["kind"] | undefined {
  if (before === undefined) return "CREATE";
  const was = before["IsDeleted"] === true;
  if (after === undefined) return was ? undefined : "DELETE";
  const is = after["IsDeleted"] === true;
  if (was) return is ? undefined : "UNDELETE";
  return is ? "DELETE" : "UPDATE";
}

function fieldsOf(type: SObjectType, kind: ToldChange["kind"], before: Row, after: Row): readonly ChangedField[] {
  if (kind === "DELETE") return [];
  const fields: ChangedField[] = [];
  for (const field of toldFields(type)) {
    const value = after[field.name] ?? null;
    const tells = kind === "UPDATE" ? isChanged(field, before, after) : value !== null;
    if (tells) fields.push({ field, value });
  }
  const [only] = fields;
  const onlyDate = kind === "UPDATE" && fields.length === 1 && only?.field.name === "LastModifiedDate";
  return onlyDate && before["LastModifiedDate"] === only.value ? [] : fields;
}

const TOLD_FIELDS = new WeakMap<SObjectType, readonly FieldDefinition[]>();

/** Formulas are never told, roll-up summaries are. Compound fields, the name of a person included, are reported in parts. */
function toldFields(type: SObjectType): readonly FieldDefinition[] {
  const known = TOLD_FIELDS.get(type);
  if (known !== undefined) return known;
  const compounds = new Set(type.fields.flatMap((part) => (isPart(part) ? [part.compoundFieldName] : [])));
  const told = type.fields.filter(
    (field) =>
      !UNTOLD_FIELDS.has(field.name) &&
      !compounds.has(field.name) &&
      !(field.calculated === true && field.summary === undefined),
  );
  TOLD_FIELDS.set(type, told);
  return told;
}

/** True for a field that stands within a compound one; an account's name belongs to itself. */
export function isPart({ name, compoundFieldName }: FieldDefinition): boolean {
  return compoundFieldName !== undefined && compoundFieldName !== name;
}

/** Two edits within one second leave the date of the last one as it is; it was set all the same. */
function isChanged(field: FieldDefinition, before: Row, after: Row): boolean {
  if (field.name === "LastModifiedDate") return after["LastModifiedDate"] === after["SystemModstamp"];
  return before[field.name] !== after[field.name];
}

/** Equal for changes that one event tells together; undefined for those that stand alone. */
function markOf({ type, kind, fields }: ToldChange): string | undefined {
  if (kind === "CREATE" || kind === "UNDELETE") return undefined;
  return JSON.stringify([type.name, kind, ...fields.map(({ field, value }) => [field.name, value])]);
}

function eventOf(commit: Commit, { type, id, kind, fields }: ToldChange, sequence: number): ChangeEvent {
  const tooLarge =
    fields.reduce((sum, { value }) => sum + (typeof value === "string" ? value.length : 8), 0) > EVENT_CHARACTERS_MAX;
  return {
    ...headOf(commit),
    entityName: type.name,
    recordIds: [id],
    changeType: tooLarge ? `GAP_${kind}` : kind,
    sequenceNumber: sequence,
    fields: tooLarge ? [] : fields,
  };
}

function overflow(commit: Commit, told: readonly ToldChange[]): readonly ChangeEvent[] {
  const names = [...new Set(told.map(({ type }) => type.name))];
  return names.flatMap((entityName, at): ChangeEvent[] =>
    commit.selected.has(entityName)
      ? [
          {
            ...headOf(commit),
            entityName,
            recordIds: [OVERFLOW_ID],
            changeType: "GAP_OVERFLOW",
            sequenceNumber: at + 1,
            fields: [],
          },
        ]
      : [],
  );
}

function headOf({ origin, userId, atMs }: Commit) {
  return { changeOrigin: originText(origin), commitTimestamp: atMs, commitUser: userId };
}

function originText(origin: TransactionOrigin | undefined): string {
  if (origin === undefined) return "";
  const { api, version, client } = origin;
  return `com/salesforce/api/${api}/${version}.0${client === undefined ? "" : `;client=${client}`}`;
}

/** The value of a field as CometD shows it: dates with `Z`, doubles as everywhere (change-events §2.4 [memory]). */
export function eventValue({ field, value }: ChangedField): FieldValue | WireDouble {
  if (isDoubleField(field)) return wireDouble(value);
  return field.type === "datetime" && typeof value === "string" ? datetimeWithZ(value) : value;
}
