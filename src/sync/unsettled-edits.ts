/** Edits that a write of ours has replaced unseen: which of them it still hides, and what the base keeps in their place. */
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Value } from "../model/value.ts";
import type { UnsettledEdit } from "./decision.ts";

/**
 * The edits that are still hidden by what the document shows. Where it does not show any more what we wrote, somebody has
 * written again, and that edit counts. `isOurs` says whether a cell that shows another value shows what became of ours.
 */
export function stillUnsettled(
  unsettledEdits: readonly UnsettledEdit[],
  document: SyncDocument | null,
  isOurs: (edit: UnsettledEdit, shown: Value) => boolean = () => false,
): readonly UnsettledEdit[] {
  return unsettledEdits.filter((edit) => {
    const fields = edit.lineKey === undefined ? document?.fields : document?.lines?.[edit.lineKey];
    const shown = fields?.[edit.field];
    return shown === edit.ours || (shown !== undefined && isOurs(edit, shown));
  });
}

/** Fields whose edit waits for a decision keep the value that both sides agreed on before. */
export function withoutUnsettledEdits(
  settled: SyncDocument | null,
  before: SyncDocument | null,
  unsettledEdits: readonly UnsettledEdit[],
): SyncDocument | null {
  if (settled === null || unsettledEdits.length === 0) return settled;
  const root = unsettledEdits.filter(({ lineKey }) => lineKey === undefined);
  const fields = without(settled.fields, before?.fields, root);
  if (settled.lines === undefined) return { ...settled, fields };
  const lines: Record<LineKey, Fields> = { ...settled.lines };
  for (const { lineKey, field } of unsettledEdits) {
    const now = lineKey === undefined ? undefined : lines[lineKey];
    if (lineKey !== undefined && now !== undefined)
      lines[lineKey] = without(now, before?.lines?.[lineKey], [{ field }]);
  }
  return { ...settled, fields, lines };
}

/** The fields with those of some cells as they were; a cell that had no value before has none. */
export function without(
  now: Fields,
  before: Fields | undefined,
  missed: readonly { readonly field: string }[],
): Fields {
  const fields: Record<string, Value> = { ...now };
  for (const { field } of missed) {
    const old = before?.[field];
    if (old === undefined) delete fields[field];
    else fields[field] = old;
  }
  return fields;
}
