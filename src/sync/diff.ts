/** Comparing documents by value. Both sides are canonical, so equal values are equal as JavaScript values. */
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Side, Value } from "../model/value.ts";

/** One field in which two documents differ. `*` as field: the whole line stands on one side only. */
export interface DocumentDelta {
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
}

/**
 * The fields in which `after` differs from `before`, sorted by line and name. A field that is absent in `after` is
 * unknown there and therefore no difference; lines are compared only where both documents know their lines.
 */
export function diffDocuments(before: SyncDocument | null, after: SyncDocument): readonly DocumentDelta[] {
  const root = diffFields(before?.fields ?? {}, after.fields);
  if (after.lines === undefined || (before !== null && before.lines === undefined)) return root;
  const known = before?.lines ?? {};
  const lineKeys = [...new Set([...Object.keys(known), ...Object.keys(after.lines)])].sort() as LineKey[];
  const lines = lineKeys.flatMap((lineKey): readonly DocumentDelta[] => {
    const old = known[lineKey];
    const now = after.lines?.[lineKey];
    if (old === undefined || now === undefined) {
      return [{ lineKey, field: "*", before: old === undefined ? null : true, after: now === undefined ? null : true }];
    }
    return diffFields(old, now).map((delta) => ({ ...delta, lineKey }));
  });
  return [...root, ...lines];
}

/** The fields of `after` that differ from `before`, sorted by name. */
export function diffFields(before: Fields, after: Fields): readonly DocumentDelta[] {
  return Object.keys(after)
    .sort()
    .filter((field) => after[field] !== before[field])
    .map((field) => ({ field, before: before[field], after: after[field] }));
}

/** What one side shows. */
export interface Seen {
  readonly side: Side;
  readonly document: SyncDocument;
}

/**
 * What moved on a side since the base; "never agreed" and "empty" count as the same, and fields written once do not.
 * What a side was filled with before the leading one ever had a value for it was moved by nobody.
 */
export function movedFields(mapping: ObjectMapping, base: SyncDocument, seen: Seen): readonly DocumentDelta[] {
  const rootFields = comparedFields(mapping.fields);
  const lineFields = comparedFields(mapping.lines?.fields ?? []);
  const led = seen.side === "external" ? "toExternal" : "toSalesforce";
  return diffDocuments(base, seen.document).filter((delta) => {
    if (delta.field === "*") return true;
    const field = (delta.lineKey === undefined ? rootFields : lineFields).get(delta.field);
    if (field === undefined) return false;
    return delta.before !== undefined || (delta.after !== null && field.direction !== led);
  });
}

function comparedFields(fields: readonly FieldMapping[]): ReadonlyMap<string, FieldMapping> {
  return new Map(fields.filter((field) => field.write !== "once").map((field) => [field.field, field]));
}
