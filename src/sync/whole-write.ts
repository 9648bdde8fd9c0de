/**
 * What became of a write that lands as a whole, and whose end nobody saw: read off all that it was to change together.
 *
 * The witnesses, the strongest first: a line that only we make, also one that takes the place of another one under its
 * key; values, lines that are gone or that people make too among them; and the status last, because somebody else may well have chosen the very same one. Where some speak for it and
 * others against it, two stories tell the same: the write was lost and a user set one of its values, or it landed and a
 * user took one back. A line that we take away and that stands is no proof: people bring lines back on both sides.
 */
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Value } from "../model/value.ts";
import type { Intent, TransitionalStatus } from "./decision.ts";
import { without } from "./unsettled-edits.ts";

/** The rule of a conflict about something that our write may go over: a user's, or what stood there before it. */
export const IN_DOUBT = "our write was lost, or it landed and was taken back";

/** Something that the write was to change, and that stands as it was before. */
export interface Doubt {
  readonly lineKey?: LineKey;
  /** The field's API name; `*` for a line that the write was to add. */
  readonly field: string;
  readonly shown: Value | undefined;
  readonly meant: Value | undefined;
}

/** What the record tells about a write that lands as a whole. */
export type WholeOutcome =
  | { readonly kind: "notLanded" }
  /** The document holds what it made both sides agree on. */
  | { readonly kind: "landed"; readonly document: SyncDocument }
  /** Nobody can tell. The document holds what is certain: what shows the intended value, and the rest as before. */
  | { readonly kind: "unclear"; readonly document: SyncDocument; readonly doubts: readonly Doubt[] };

/** The two ends of a write that lands as a whole, and what the record shows now. */
export interface WholeWrite {
  readonly before: SyncDocument;
  readonly after: SyncDocument;
  readonly present: SyncDocument;
  /** From the intent. */
  readonly replaced?: Intent["replaced"];
  /** Set while the record is in a status that an earlier write left it in. */
  readonly transitional: TransitionalStatus | null;
  /** True when a status is only passed through and ends as it was: it tells nothing. */
  readonly isStatusSilent: boolean;
  /** True for a line that nobody but us makes on this side. */
  readonly isOurs: (lineKey: LineKey) => boolean;
}

/** Reads the fate of a whole. A write that changes nothing has landed. Pure and total. */
export function outcomeOfWhole(write: WholeWrite): WholeOutcome {
  const traces = tracesOf(write);
  const isSeen = (sign: Trace["sign"], ...kinds: readonly Trace["kind"][]): boolean =>
    traces.some((trace) => trace.sign === sign && kinds.includes(trace.kind));
  if (isSeen("intended", "made", "replaced")) return { kind: "landed", document: certainOf(write, []) };
  if (isSeen("old", "replaced")) return { kind: "notLanded" };
  // A line that was to be another one and is gone: whoever removed it saw one of the two, and only the old base tells both.
  if (isSeen("moved", "replaced") && traces.every(({ sign }) => sign === "moved")) return { kind: "notLanded" };
  const standing = traces.filter((trace) => trace.sign === "old");
  if (standing.length === 0) return { kind: "landed", document: certainOf(write, []) };
  if (!isSeen("intended", "value", "removed", "remade")) return { kind: "notLanded" };
  return { kind: "unclear", document: certainOf(write, standing), doubts: standing.map(doubtOf) };
}

/** One thing that a write was to change, and what it shows. */
export interface Trace {
  /** `remade`: a line that others may have made as well. `replaced`: one that is removed and added again. */
  readonly kind: "made" | "remade" | "removed" | "replaced" | "value" | "status";
  readonly lineKey: LineKey | null;
  readonly field: string;
  readonly shown: Value | undefined;
  readonly meant: Value | undefined;
  /** `moved`: neither the old value nor the intended one, or not to be seen. */
  readonly sign: "intended" | "old" | "moved";
}

function tracesOf(write: WholeWrite): readonly Trace[] {
  const { before, after, present, transitional, isStatusSilent } = write;
  const root = changedFields(null, before.fields, after.fields, present.fields);
  const told = transitional === null && !isStatusSilent ? root : root.filter(({ kind }) => kind !== "status");
  const fields = transitional === null ? told : [...told, statusBehind(transitional, after.fields["Status"])];
  if (after.lines === undefined || present.lines === undefined) return fields;
  const { lines } = after;
  const shown = present.lines;
  const keys = [...new Set([...Object.keys(before.lines ?? {}), ...Object.keys(lines)])].sort() as LineKey[];
  const made = (key: LineKey): "made" | "remade" => (write.isOurs(key) ? "made" : "remade");
  return [
    ...fields,
    ...keys.flatMap((key) => {
      const [was, meant, now] = [before.lines?.[key], lines[key], shown[key]];
      const names = write.replaced?.[key];
      if (names === undefined || was === undefined || meant === undefined)
        return tracesOfLine(key, made(key), [was, meant, now]);
      return [traceOfReplaced(key, names, changedFields(key, was, meant, now))];
    }),
  ];
}

/** Which of the two lines it is that stands under the key: nobody changes the one into the other. */
function traceOfReplaced(lineKey: LineKey, names: readonly string[], fields: readonly Trace[]): Trace {
  const told = fields.filter(({ field }) => names.includes(field));
  const sign = told.find((trace) => trace.sign !== "moved")?.sign ?? "moved";
  return { kind: "replaced", lineKey, field: "*", shown: told[0]?.shown, meant: told[0]?.meant, sign };
}

function tracesOfLine(
  lineKey: LineKey,
  made: "made" | "remade",
  [before, after, now]: readonly [Fields | undefined, Fields | undefined, Fields | undefined],
): readonly Trace[] {
  if (before !== undefined && after !== undefined) return changedFields(lineKey, before, after, now);
  const shown = now === undefined ? null : true;
  const meant = after === undefined ? null : true;
  const kind = after === undefined ? "removed" : made;
  return [{ kind, lineKey, field: "*", shown, meant, sign: shown === meant ? "intended" : "old" }];
}

/**
 * What the fields of the root (`lineKey` null) or of a line show of a write that was to change them; fields that it leaves
 * alone are left out. A line that is gone (`now` undefined) was removed by somebody else: its fields tell nothing.
 */
export function changedFields(
  lineKey: LineKey | null,
  before: Fields,
  after: Fields,
  now: Fields | undefined,
): readonly Trace[] {
  return Object.entries(after)
    .filter(([field, meant]) => meant !== before[field])
    .map(([field, meant]): Trace => {
      const kind = lineKey === null && field === "Status" ? "status" : "value";
      const shown = now?.[field];
      const sign = shown === meant ? "intended" : shown !== undefined && shown === before[field] ? "old" : "moved";
      return { kind, lineKey, field, shown, meant, sign };
    });
}

/** The status in which an earlier write left the record: this one was to lead it out of it. */
function statusBehind({ shown }: TransitionalStatus, meant: Value | undefined): Trace {
  return { kind: "status", lineKey: null, field: "Status", shown, meant, sign: "old" };
}

function doubtOf({ lineKey, field, shown, meant }: Trace): Doubt {
  return { ...(lineKey === null ? {} : { lineKey }), field, shown, meant };
}

/**
 * The intended document, with everything as before that stands as before, and without what a line shows that may be
 * somebody else's: about that nobody has agreed.
 */
function certainOf(write: WholeWrite, standing: readonly Trace[]): SyncDocument {
  const { before, after, present, isOurs } = write;
  const fields = without(
    after.fields,
    before.fields,
    standing.filter(({ lineKey }) => lineKey === null),
  );
  if (after.lines === undefined) return { ...after, fields };
  const lines: Record<LineKey, Fields> = { ...after.lines };
  for (const [lineKey, meant] of Object.entries(after.lines) as [LineKey, Fields][]) {
    const shown = present.lines?.[lineKey];
    if (before.lines?.[lineKey] === undefined && shown !== undefined && !isOurs(lineKey))
      lines[lineKey] = sharedFields(meant, shown);
  }
  for (const { kind, lineKey, field } of standing) {
    if (lineKey === null) continue;
    const old = before.lines?.[lineKey];
    if (kind === "made" || kind === "remade") delete lines[lineKey];
    else if (kind === "removed" && old !== undefined) lines[lineKey] = old;
    else lines[lineKey] = without(lines[lineKey] ?? {}, old, [{ field }]);
  }
  return { ...after, fields, lines };
}

/** The fields that show what was meant. */
export function sharedFields(meant: Fields, shown: Fields): Fields {
  return Object.fromEntries(Object.entries(meant).filter(([field, value]) => shown[field] === value));
}
