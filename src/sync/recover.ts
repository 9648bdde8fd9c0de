/**
 * Recovery: what a write that nobody saw the end of has done, read off the record itself.
 *
 * The rule: the write landed unless the target still shows the old values on the fields that it touches. "Landed if the
 * target shows the intended values" would be wrong: a user who edited the record right after our write would make it
 * look as if it had never happened, and the edit would be overwritten.
 */
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Value } from "../model/value.ts";
import type { Intent } from "./decision.ts";

/** What became of an intent. */
export type Recovery =
  /** It landed. Merge `document` into the base with `recoveredBase`. */
  | { readonly kind: "landed"; readonly document: SyncDocument | null }
  /** Nothing of it happened. */
  | { readonly kind: "notLanded" }
  /** A part of it happened (only where the write was not atomic). */
  | { readonly kind: "partly"; readonly document: SyncDocument };

/**
 * Compares an intent with what its side shows now (`null`: no record there, deleted ones included).
 *
 * A creation landed exactly when the record exists, a deletion exactly when it does not. An atomic write is judged as a
 * whole: one moved field proves it. Any other is judged row by row, and the status for itself, because it is written by
 * an operation of its own. The returned document holds what stood on both sides when the write landed.
 */
export function recover(intent: Intent, present: SyncDocument | null): Recovery {
  const { before, after } = intent;
  if (after === null) return present === null ? { kind: "landed", document: null } : { kind: "notLanded" };
  // Without a record an update cannot be told from a deletion that came after it: the next decision sees the deletion.
  if (present === null) return { kind: "notLanded" };
  const units = unitsOf(before, after, present);
  const touched = units.filter((unit) => unit.landed !== null);
  const proven = before === null || touched.some((unit) => unit.landed === true);
  const waiting = intent.atomic !== true && passesThrough(intent, after, present);
  if (!proven && !waiting && touched.length > 0) return { kind: "notLanded" };
  const settled = intent.atomic === true ? units.map((unit) => ({ ...unit, landed: true })) : units;
  const complete = !waiting && settled.every((unit) => unit.landed !== false);
  const document = assemble(after, settled, waiting ? (intent.transient ?? {}) : {});
  return { kind: complete ? "landed" : "partly", document };
}

/** The base after recovery: what the intent changed has the recovered values, the rest stays as it was. */
export function recoveredBase(intent: Intent, base: SyncDocument | null, recovery: Recovery): SyncDocument | null {
  if (recovery.kind === "notLanded") return base;
  const { document } = recovery;
  if (document === null || base === null || intent.before === null) return document;
  const fields = overlay(base.fields, intent.before.fields, document.fields);
  if (document.lines === undefined) return { ...base, fields };
  const lines: Record<LineKey, Fields> = {};
  for (const [lineKey, now] of entriesOf(document.lines)) {
    lines[lineKey] = overlay(base.lines?.[lineKey] ?? {}, intent.before.lines?.[lineKey], now);
  }
  return { ...base, fields, lines };
}

/** Only fields that the write changed: of the others the other side may not hold the value yet. */
function overlay(base: Fields, before: Fields | undefined, now: Fields): Fields {
  const fields: Record<string, Value> = { ...base };
  for (const [field, value] of Object.entries(now)) {
    if (before === undefined || before[field] !== value) fields[field] = value;
  }
  return fields;
}

/** Something that lands as a whole: a line, the status, or the other root fields. */
interface Unit {
  readonly lineKey: LineKey | null;
  readonly before: Fields | undefined;
  readonly after: Fields | undefined;
  /** Null: the write does not touch it. */
  readonly landed: boolean | null;
}

function unitsOf(before: SyncDocument | null, after: SyncDocument, present: SyncDocument): readonly Unit[] {
  const root = (status: boolean): Unit => {
    const part = (fields: Fields): Fields =>
      Object.fromEntries(Object.entries(fields).filter(([field]) => (field === "Status") === status));
    return unit(null, before === null ? undefined : part(before.fields), part(after.fields), part(present.fields));
  };
  const units = [root(false), root(true)].filter((each) => Object.keys(each.after ?? {}).length > 0);
  if (after.lines === undefined || present.lines === undefined) return units;
  const keys = [...new Set([...Object.keys(before?.lines ?? {}), ...Object.keys(after.lines)])] as LineKey[];
  const lines = keys.map((key) => unit(key, before?.lines?.[key], after.lines?.[key], present.lines?.[key]));
  return [...units, ...lines];
}

function unit(
  lineKey: LineKey | null,
  before: Fields | undefined,
  after: Fields | undefined,
  now: Fields | undefined,
): Unit {
  return { lineKey, before, after, landed: hasLanded(before, after, now) };
}

function hasLanded(before: Fields | undefined, after: Fields | undefined, now: Fields | undefined): boolean | null {
  if (after === undefined) return now === undefined;
  if (before === undefined) return now !== undefined;
  const touched = Object.keys(after).filter((field) => after[field] !== before[field]);
  if (touched.length === 0) return null;
  // A line that is gone was removed after our write; the base keeps it, so that the removal is seen.
  if (now === undefined) return true;
  return touched.some((field) => now[field] !== undefined && now[field] !== before[field]);
}

function passesThrough(intent: Intent, after: SyncDocument, present: SyncDocument): boolean {
  const transient = Object.entries(intent.transient ?? {});
  return transient.some(([field, passing]) => present.fields[field] === passing && after.fields[field] !== passing);
}

function assemble(after: SyncDocument, units: readonly Unit[], transient: Fields): SyncDocument {
  const fields: Record<string, Value> = {};
  const lines: Record<LineKey, Fields> = {};
  for (const { lineKey, before, after: intended, landed } of units) {
    const values = landed === false ? before : intended;
    if (lineKey === null) Object.assign(fields, values);
    else if (values !== undefined) lines[lineKey] = values;
  }
  // We left the record in that status ourselves: taken for the base, the other side still has to be followed.
  Object.assign(fields, transient);
  const known = units.some((each) => each.lineKey !== null) || after.lines === undefined;
  return { ...after, fields, ...(after.lines === undefined ? {} : { lines: known ? lines : after.lines }) };
}

function entriesOf(lines: Readonly<Record<LineKey, Fields>>): readonly (readonly [LineKey, Fields])[] {
  return Object.entries(lines) as [LineKey, Fields][];
}
