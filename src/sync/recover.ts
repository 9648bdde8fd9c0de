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
 * A creation landed exactly when the record exists, a deletion exactly when it does not. The returned document holds,
 * for each field that the write touches, the value that stood on both sides when it landed.
 */
export function recover(intent: Intent, present: SyncDocument | null): Recovery {
  const { before, after } = intent;
  if (after === null) return present === null ? { kind: "landed", document: null } : { kind: "notLanded" };
  // Without a record an update cannot be told from a deletion that came after it: the next decision sees the deletion.
  if (present === null) return { kind: "notLanded" };
  const transient = intent.transient ?? {};
  const root = fieldsOf(before?.fields, after.fields, present.fields, transient);
  const lines = linesOf(intent, present);
  const touched = root.touched + lines.touched;
  const landed = root.landed + lines.landed;
  if (before === null) {
    const document = withLines({ ...after, fields: root.fields }, lines.lines);
    return root.waiting || lines.landed < lines.touched ? { kind: "partly", document } : { kind: "landed", document };
  }
  if (landed === 0 && !root.waiting) return touched === 0 ? { kind: "landed", document: after } : { kind: "notLanded" };
  const document = withLines({ ...after, fields: root.fields }, lines.lines);
  return landed === touched && !root.waiting ? { kind: "landed", document } : { kind: "partly", document };
}

/**
 * The base after recovery: on every field and line that the intent touches the recovered values, elsewhere the old
 * base.
 */
export function recoveredBase(intent: Intent, base: SyncDocument | null, recovery: Recovery): SyncDocument | null {
  if (recovery.kind === "notLanded") return base;
  const document = recovery.document;
  if (document === null || base === null) return document;
  const fields = overlay(base.fields, intent.before?.fields, document.fields);
  if (document.lines === undefined) return { ...base, fields };
  const lines: Record<LineKey, Fields> = {};
  for (const [key, now] of Object.entries(document.lines)) {
    const lineKey = key as LineKey;
    lines[lineKey] = overlay(base.lines?.[lineKey] ?? {}, intent.before?.lines?.[lineKey], now);
  }
  return { ...base, fields, lines };
}

function overlay(base: Fields, before: Fields | undefined, now: Fields): Fields {
  const fields: Record<string, Value> = { ...base };
  for (const [field, value] of Object.entries(now)) {
    if (before === undefined || before[field] !== value || base[field] === undefined) fields[field] = value;
  }
  return fields;
}

interface FieldsRecovery {
  readonly fields: Fields;
  readonly touched: number;
  readonly landed: number;
  /** The record stands in a status that it was only meant to pass through. */
  readonly waiting: boolean;
}

function fieldsOf(before: Fields | undefined, after: Fields, present: Fields, transient: Fields): FieldsRecovery {
  const fields: Record<string, Value> = {};
  let touched = 0;
  let landed = 0;
  let waiting = false;
  for (const [field, intended] of Object.entries(after)) {
    const passing = transient[field];
    const now = present[field];
    if (passing !== undefined && now === passing && passing !== intended) {
      // We left it there ourselves: taken for the base, the other side still has to be followed.
      fields[field] = passing;
      waiting = true;
      continue;
    }
    const old = before?.[field];
    fields[field] = intended;
    if (before !== undefined && old === intended) continue;
    touched += 1;
    if (before === undefined || now === undefined || now !== old) landed += 1;
    else if (old === undefined) delete fields[field];
    else fields[field] = old;
  }
  for (const [field, passing] of Object.entries(transient)) {
    if (after[field] !== undefined || present[field] !== passing) continue;
    fields[field] = passing ?? null;
    waiting = true;
  }
  return { fields, touched, landed, waiting };
}

function linesOf(
  intent: Intent,
  present: SyncDocument,
): {
  readonly lines: Readonly<Record<LineKey, Fields>> | undefined;
  readonly touched: number;
  readonly landed: number;
} {
  const { before, after } = intent;
  if (after?.lines === undefined || present.lines === undefined) return { lines: after?.lines, touched: 0, landed: 0 };
  const lines: Record<LineKey, Fields> = {};
  let touched = 0;
  let landed = 0;
  const keys = [...new Set([...Object.keys(before?.lines ?? {}), ...Object.keys(after.lines)])] as LineKey[];
  for (const lineKey of keys) {
    const old = before?.lines?.[lineKey];
    const intended = after.lines[lineKey];
    const now = present.lines[lineKey];
    if (old !== undefined && intended !== undefined) {
      if (now === undefined) {
        // Somebody removed it meanwhile; the base keeps it, so that the removal is seen.
        lines[lineKey] = intended;
        continue;
      }
      const row = fieldsOf(old, intended, now, {});
      lines[lineKey] = row.fields;
      touched += row.touched;
      landed += row.landed;
    } else if (intended !== undefined) {
      touched += 1;
      if (now === undefined) continue;
      landed += 1;
      lines[lineKey] = intended;
    } else if (old !== undefined) {
      touched += 1;
      if (now === undefined) landed += 1;
      else lines[lineKey] = old;
    }
  }
  return { lines, touched, landed };
}

function withLines(document: SyncDocument, lines: Readonly<Record<LineKey, Fields>> | undefined): SyncDocument {
  return lines === undefined ? document : { ...document, lines };
}
