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
import type { Base, Intent, TransitionalStatus, UnsettledEdit } from "./decision.ts";
import { pairsOfBase } from "./kept.ts";
import { stillUnsettled, withoutUnsettledEdits } from "./unsettled-edits.ts";
import { changedFields, type Doubt, outcomeOfWhole, sharedFields, type WholeWrite } from "./whole-write.ts";

/** What became of an intent. */
export type Recovery =
  /** It landed. Merge it into the base with `recoveredBase`. */
  | { readonly kind: "landed"; readonly document: SyncDocument | null }
  /** Nothing of it happened. */
  | { readonly kind: "notLanded" }
  /** A part of it happened (only where the write was not atomic). */
  | { readonly kind: "partly"; readonly document: SyncDocument; readonly transitional: TransitionalStatus | null }
  /**
   * A whole was lost, or landed and was taken back in part: nobody can tell. The change that is certain goes on, what may
   * have been taken back by a user is overwritten by it, and told.
   */
  | {
      readonly kind: "unclear";
      readonly document: SyncDocument;
      readonly transitional: TransitionalStatus | null;
      readonly doubts: readonly Doubt[];
    };

/**
 * Compares an intent with what its side shows now (`null`: no record there, deleted ones included).
 *
 * A creation landed exactly when the record exists, a deletion exactly when it does not. An atomic write is judged as a
 * whole; any other row by row, and the status for itself, because it is written by an operation of its own. The returned
 * document holds what stood on both sides when the write landed. `base` is the one from before the write: what it knows
 * has been on this side already, and people may bring it back as well as we.
 */
export function recover(intent: Intent, present: SyncDocument | null, base: Base | null): Recovery {
  const { after, side } = intent;
  const before = meantBefore(intent);
  if (after === null) return recoverDeletion(intent, present);
  // Without a record an update cannot be told from a deletion that came after it: the next decision sees the deletion.
  if (present === null) return { kind: "notLanded" };
  const transitional = transitionalOf(intent, present);
  // A status that is to stay where an earlier write left it proves nothing.
  const silent = transitional === null && intent.before?.fields["Status"] === after.fields["Status"];
  if (intent.atomic === true) {
    // The names of external records are the external system's, and so are those of all lines.
    if (before === null) return side === "external" && base !== null ? madeAgain(after, present, base) : landed(after);
    const isOurs = (lineKey: LineKey): boolean =>
      side === "salesforce" && base?.document?.lines?.[lineKey] === undefined;
    const { replaced } = intent;
    const fate = outcomeOfWhole({ before, after, present, transitional, isStatusSilent: silent, isOurs, replaced });
    return fate.kind === "unclear" ? { ...fate, transitional } : fate;
  }
  return recoverParts({ before, after, present, transitional, isStatusSilent: silent, replaced: intent.replaced });
}

function landed(document: SyncDocument): Recovery {
  return { kind: "landed", document };
}

/**
 * A record that had been there before stands again: by us, and somebody has edited it, or by somebody else. Both sides
 * agree on what is as it was meant; the rest is compared with what they had agreed on before.
 */
function madeAgain(after: SyncDocument, present: SyncDocument, base: Base): Recovery {
  const { fields = {}, lines: known = {} } = base.document ?? {};
  const document = { ...after, fields: { ...fields, ...sharedFields(after.fields, present.fields) } };
  if (after.lines === undefined || present.lines === undefined) return landed(document);
  const lines: Record<LineKey, Fields> = {};
  for (const [lineKey, meant] of entriesOf(after.lines)) {
    const shown = present.lines[lineKey];
    const agreed = shown === undefined ? known[lineKey] : { ...known[lineKey], ...sharedFields(meant, shown) };
    if (agreed !== undefined) lines[lineKey] = agreed;
  }
  return landed({ ...document, lines });
}

/** What of a write landed whose parts land each for itself. */
function recoverParts({ before, after, present, transitional, isStatusSilent, replaced }: PartedWrite): Recovery {
  const units = unitsOf(before, after, present, replaced).map((unit): Unit => {
    if (!unit.status || (transitional === null && !isStatusSilent)) return unit;
    return { ...unit, landed: isStatusSilent ? null : false };
  });
  const touched = units.filter((unit) => unit.landed !== null);
  const isProven = before === null || touched.length === 0 || touched.some((unit) => unit.landed === true);
  if (!isProven && transitional === null) return { kind: "notLanded" };
  if (transitional === null && units.every((unit) => unit.landed !== false && unit.half !== true))
    return { kind: "landed", document: after };
  // The status that a new record is made for is agreed on; that it is not there yet is what `passing` says.
  const settled = units.map((unit) => (before === null && unit.status ? { ...unit, landed: true } : unit));
  return { kind: "partly", document: assemble(after, settled), transitional };
}

/** A deletion may have stopped after the order was taken back to Draft for it. */
function recoverDeletion(intent: Intent, present: SyncDocument | null): Recovery {
  if (present === null) return { kind: "landed", document: null };
  const before = meantBefore(intent);
  const transitional = transitionalOf(intent, present);
  return before === null || transitional === null
    ? { kind: "notLanded" }
    : { kind: "partly", document: before, transitional };
}

/** The base after recovery: what the intent changed has the recovered values, the rest stays as it was. */
export function recoveredBase(intent: Intent, base: Base | null, recovery: Recovery): Base {
  const { object, key } = intent;
  const old: Base = base ?? { object, key, document: null, salesforceStamp: null, externalVersion: null };
  if (recovery.kind === "notLanded") return old;
  const document = mergeInto(intent, old.document, recovery.document);
  const kept = pairsOfBase(document, [...(old.kept ?? []), ...(intent.kept ?? [])]);
  const { kept: _before, ...rest } = old;
  const settled = {
    ...rest,
    document,
    salesforceStamp: null,
    externalVersion: null,
    ...(kept.length === 0 ? {} : { kept }),
  };
  if (intent.side === "external") return settled;
  const unsettled = old.unsettledEdits ?? [];
  const back = broughtBack(unsettled, recovery.document);
  const unsettledEdits = [...stillUnsettled(unsettled, recovery.document), ...back];
  return {
    ...settled,
    document: withoutUnsettledEdits(document, old.document, back),
    unsettledEdits,
    transitional: "transitional" in recovery ? recovery.transitional : null,
  };
}

/** An edit that is in Salesforce again is still its user's and not ours: the other side may not have it yet. */
function broughtBack(unsettledEdits: readonly UnsettledEdit[], landed: SyncDocument | null): readonly UnsettledEdit[] {
  return unsettledEdits.flatMap((edit) => {
    const { lineKey, field, value, ours } = edit;
    const fields = lineKey === undefined ? landed?.fields : landed?.lines?.[lineKey];
    return value !== ours && fields?.[field] === value ? [{ ...edit, ours: value }] : [];
  });
}

/** What the side stood for before the write: a status that it was passing through counts as the one that was meant. */
function meantBefore(intent: Intent): SyncDocument | null {
  const { before } = intent;
  const transitional = intent.transitional ?? null;
  if (before === null || transitional === null || before.fields["Status"] !== transitional.shown) return before;
  return { ...before, fields: { ...before.fields, Status: transitional.meant } };
}

function mergeInto(intent: Intent, base: SyncDocument | null, recovered: SyncDocument | null): SyncDocument | null {
  const shown = meantBefore(intent);
  if (recovered === null || shown === null) return recovered;
  if (base === null) return changedPart(shown, recovered);
  const fields = overlay(base.fields, shown.fields, recovered.fields);
  if (recovered.lines === undefined) return { ...base, fields };
  const before = shown.lines ?? {};
  const lines: Record<LineKey, Fields> = { ...base.lines };
  for (const lineKey of Object.keys(before) as LineKey[]) {
    if (recovered.lines[lineKey] === undefined) delete lines[lineKey];
  }
  for (const [lineKey, now] of entriesOf(recovered.lines)) {
    const agreed = base.lines?.[lineKey];
    const was = before[lineKey];
    if (intent.replaced?.[lineKey]?.some((field) => now[field] !== was?.[field]) === true) {
      // It is another line: nothing of the old one is left.
      lines[lineKey] = now;
      continue;
    }
    // A line that this side had already, but the base had not, is still to be made on the other side.
    if (agreed !== undefined || was === undefined) lines[lineKey] = overlay(agreed ?? {}, was, now);
  }
  return { ...base, fields, lines };
}

/**
 * What was never agreed on is agreed on as far as this write changed it: those values came from the other side. A write
 * that changed nothing, such as one that only gave the record its key, agrees on nothing.
 */
function changedPart(shown: SyncDocument, recovered: SyncDocument): SyncDocument | null {
  const fields = overlay({}, shown.fields, recovered.fields);
  const lines: Record<LineKey, Fields> = {};
  for (const [lineKey, now] of entriesOf(recovered.lines ?? {})) {
    const changed = overlay({}, shown.lines?.[lineKey], now);
    if (Object.keys(changed).length > 0) lines[lineKey] = changed;
  }
  if (Object.keys(fields).length + Object.keys(lines).length === 0) return null;
  return { ...recovered, fields, ...(recovered.lines === undefined ? {} : { lines }) };
}

/** Only fields that the write changed: of the others the other side may not hold the value yet. */
function overlay(base: Fields, before: Fields | undefined, now: Fields): Fields {
  const fields: Record<string, Value> = { ...base };
  for (const [field, value] of Object.entries(now)) {
    if (before === undefined || before[field] !== value) fields[field] = value;
  }
  return fields;
}

/** A write whose parts land each for itself; a creation shows nothing before. */
type PartedWrite = Omit<WholeWrite, "before" | "isOurs"> & { readonly before: SyncDocument | null };

/** Something that lands as a whole: a line, the status, or the other root fields. */
interface Unit {
  readonly lineKey: LineKey | null;
  readonly status: boolean;
  readonly before: Fields | undefined;
  readonly after: Fields | undefined;
  /** Null: the write does not touch it. */
  readonly landed: boolean | null;
  /** A line that was removed to be added again, and is not there. */
  readonly half?: true;
}

function unitsOf(
  before: SyncDocument | null,
  after: SyncDocument,
  present: SyncDocument,
  replaced: Intent["replaced"],
): readonly Unit[] {
  const root = (status: boolean): Unit => {
    const part = (fields: Fields): Fields =>
      Object.fromEntries(Object.entries(fields).filter(([field]) => (field === "Status") === status));
    return unit(
      { lineKey: null, status },
      before === null ? undefined : part(before.fields),
      part(after.fields),
      part(present.fields),
    );
  };
  const units = [root(false), root(true)].filter((each) => Object.keys(each.after ?? {}).length > 0);
  if (after.lines === undefined || present.lines === undefined) return units;
  const keys = [...new Set([...Object.keys(before?.lines ?? {}), ...Object.keys(after.lines)])] as LineKey[];
  const lines = keys.map((key): Unit => {
    const [was, meant, now] = [before?.lines?.[key], after.lines?.[key], present.lines?.[key]];
    const names = replaced?.[key];
    const which = { lineKey: key, status: false };
    if (names === undefined || was === undefined || meant === undefined) return unit(which, was, meant, now);
    if (now === undefined) return { ...which, before: was, after: meant, landed: true, half: true };
    return { ...which, before: was, after: meant, landed: names.some((field) => now[field] !== was[field]) };
  });
  return [...units, ...lines];
}

function unit(
  which: Pick<Unit, "lineKey" | "status">,
  before: Fields | undefined,
  after: Fields | undefined,
  now: Fields | undefined,
): Unit {
  return { ...which, before, after, landed: hasLanded(before, after, now) };
}

function hasLanded(before: Fields | undefined, after: Fields | undefined, now: Fields | undefined): boolean | null {
  if (after === undefined || before === undefined) return (after === undefined) === (now === undefined);
  // Where the line is gone every field counts as moved: it was removed after our write, and the base keeps it for that.
  const signs = changedFields(null, before, after, now).map(({ sign }) => sign);
  if (signs.length === 0) return null;
  return signs.includes("intended") || !signs.includes("old");
}

/** The status that the record was left in, when it shows it and this write led it there. */
function transitionalOf(intent: Intent, present: SyncDocument): TransitionalStatus | null {
  const transitional = intent.transitional ?? null;
  if (transitional === null || present.fields["Status"] !== transitional.shown) return null;
  // A whole that lands at once passes through nothing; only an earlier write can have left the record there.
  if (intent.atomic === true && intent.before?.fields["Status"] !== transitional.shown) return null;
  return intent.after?.fields["Status"] === transitional.shown ? null : transitional;
}

function assemble(after: SyncDocument, units: readonly Unit[]): SyncDocument {
  const fields: Record<string, Value> = {};
  const lines: Record<LineKey, Fields> = {};
  for (const { lineKey, before, after: intended, landed, half } of units) {
    const values = half === true ? undefined : landed === false ? before : intended;
    if (lineKey === null) Object.assign(fields, values);
    else if (values !== undefined) lines[lineKey] = values;
  }
  const known = units.some((each) => each.lineKey !== null) || Object.keys(after.lines ?? {}).length === 0;
  return { ...after, fields, ...(after.lines === undefined ? {} : { lines: known ? lines : after.lines }) };
}

function entriesOf(lines: Readonly<Record<LineKey, Fields>>): readonly (readonly [LineKey, Fields])[] {
  return Object.entries(lines) as [LineKey, Fields][];
}
