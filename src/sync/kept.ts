/**
 * Values that a side keeps otherwise than they were sent: rounded, cut to a double's digits, spelled in another way.
 *
 * The base remembers the pair. As long as the side shows its own form, that form stands for the value that was sent, so
 * nobody's number is overwritten with what came back of it; anything else that it shows is an edit. What became of a
 * value is reported once, when it is seen for the first time.
 */
import { isKeptForm, mayBeKeptOtherwise } from "../mapping/kept-form.ts";
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Side, Value } from "../model/value.ts";
import type { Base, FieldChange, Kept, UnsettledEdit } from "./decision.ts";

/** What a side stands for. */
export interface WithoutKeptForms {
  readonly document: SyncDocument;
  /** The pairs that hold on. */
  readonly kept: readonly Kept[];
  /** Pairs whose kept form was seen for the first time. */
  readonly found: readonly Kept[];
  /** True when the pairs are others than before. */
  readonly isNew: boolean;
}

/** The document with each kept form replaced by the value that it stands for. Fields that it does not show stay as they are. */
export function replaceKeptForms(
  mapping: ObjectMapping,
  base: Base | null,
  side: Side,
  seen: SyncDocument,
): WithoutKeptForms {
  const pairs = pairsOf(base, side);
  if (pairs.length === 0) return { document: seen, kept: pairs, found: [], isNew: false };
  const kept: Kept[] = [];
  const found: Kept[] = [];
  const fields: Record<string, Value> = { ...seen.fields };
  const lines: Record<LineKey, Fields> = { ...seen.lines };
  let isNew = false;
  for (const pair of pairs) {
    const { lineKey, field, sent } = pair;
    const shown = cellOf(seen, lineKey, field);
    const form = formOf(mapping, pair, shown);
    if (form === null) {
      isNew = true;
      continue;
    }
    kept.push(form);
    if (form.shown === undefined || shown === undefined) continue;
    if (pair.shown === undefined) {
      found.push(form);
      isNew = true;
    }
    if (lineKey === undefined) fields[field] = sent;
    else lines[lineKey] = { ...lines[lineKey], [field]: sent };
  }
  return { document: { ...seen, fields, ...(seen.lines === undefined ? {} : { lines }) }, kept, found, isNew };
}

/** The pairs of values that the changes send and that may be kept otherwise; what becomes of them is not known yet. */
export function sentPairs(
  mapping: ObjectMapping,
  changes: readonly FieldChange[],
  agreed: SyncDocument | null,
): readonly Kept[] {
  return changes.flatMap(({ side, lineKey, field, to }): readonly Kept[] => {
    const mappings = lineKey === undefined ? mapping.fields : (mapping.lines?.fields ?? []);
    if (field !== "*") return pairOf(mappings, { side, lineKey, field, value: to });
    const row = lineKey === undefined || to !== true ? {} : (agreed?.lines?.[lineKey] ?? {});
    return Object.entries(row).flatMap(([name, value]) => pairOf(mappings, { side, lineKey, field: name, value }));
  });
}

/** The pairs that are about what the base holds; of several about one cell the last. */
export function pairsOfBase(document: SyncDocument | null, pairs: readonly Kept[]): readonly Kept[] {
  return pairs.filter(
    (pair, index) =>
      cellOf(document, pair.lineKey, pair.field) === pair.sent &&
      !pairs.slice(index + 1).some((later) => later.sent === pair.sent && isOfSameCell(pair, later)),
  );
}

/** The document as the side shows it: the kept forms in place of what they stand for. */
export function asShown(side: Side, document: SyncDocument | null, kept: readonly Kept[]): SyncDocument | null {
  const forms = kept.filter((pair) => pair.side === side && pair.shown !== undefined);
  if (document === null || forms.length === 0) return document;
  const fields: Record<string, Value> = { ...document.fields };
  const lines: Record<LineKey, Fields> = { ...document.lines };
  for (const { lineKey, field, sent, shown = sent } of forms) {
    if (cellOf(document, lineKey, field) !== sent) continue;
    if (lineKey === undefined) fields[field] = shown;
    else lines[lineKey] = { ...lines[lineKey], [field]: shown };
  }
  return { ...document, fields, ...(document.lines === undefined ? {} : { lines }) };
}

/** The pairs of one side that are about what the base holds now. */
function pairsOf(base: Base | null, side: Side): readonly Kept[] {
  return pairsOfBase(base?.document ?? null, base?.kept ?? []).filter((pair) => pair.side === side);
}

/** Whether a Salesforce cell shows what may have become of a value that was sent to it. */
export function isKeptInSalesforce(
  mapping: ObjectMapping,
  { lineKey, field, ours }: Pick<UnsettledEdit, "lineKey" | "field" | "ours">,
  shown: Value,
): boolean {
  const mappings = lineKey === undefined ? mapping.fields : (mapping.lines?.fields ?? []);
  const cell = mappings.find((each) => each.field === field);
  return cell !== undefined && isKeptForm(cell, "salesforce", ours, shown);
}

/** The pair by what its side shows now; null where it shows the value as sent, or an edit. */
function formOf(mapping: ObjectMapping, pair: Kept, shown: Value | undefined): Kept | null {
  if (shown === undefined || shown === pair.shown) return pair;
  if (shown === pair.sent || pair.shown !== undefined) return null;
  const mappings = pair.lineKey === undefined ? mapping.fields : (mapping.lines?.fields ?? []);
  const field = mappings.find((each) => each.field === pair.field);
  return field !== undefined && isKeptForm(field, pair.side, pair.sent, shown) ? { ...pair, shown } : null;
}

function pairOf(
  mappings: readonly FieldMapping[],
  sent: {
    readonly side: Side;
    readonly lineKey: LineKey | undefined;
    readonly field: string;
    readonly value: Value | undefined;
  },
): readonly Kept[] {
  const { side, lineKey, field, value } = sent;
  const mapping = mappings.find((each) => each.field === field);
  if (mapping === undefined || mapping.write === "once" || value === undefined) return [];
  if (!mayBeKeptOtherwise(mapping, side, value)) return [];
  return [{ side, ...(lineKey === undefined ? {} : { lineKey }), field, sent: value }];
}

function isOfSameCell(one: Kept, other: Kept): boolean {
  return one.side === other.side && one.lineKey === other.lineKey && one.field === other.field;
}

function cellOf(document: SyncDocument | null, lineKey: LineKey | undefined, field: string): Value | undefined {
  return lineKey === undefined ? document?.fields[field] : document?.lines?.[lineKey]?.[field];
}
