/**
 * Screening of what a feed nominates: a row that shows nothing but the base is an echo, mostly of our own write, and
 * needs no second look. Who wrote it does not matter: dropping by user loses edits.
 */

import type { ObjectMapping } from "../mapping/mapping.ts";
import { type KeyLookup, readFields } from "../mapping/salesforce-view.ts";
import type { ExternalView, SalesforceView, ValueProblem } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { Base } from "./decision.ts";
import { movedFields } from "./diff.ts";
import { replaceKeptForms } from "./kept.ts";

/**
 * True when a side shows exactly what its base holds. A polled root row comes without lines, so only its own fields
 * are compared; with lines, lines too.
 */
export function isEcho(mapping: ObjectMapping, base: Base | null, view: SalesforceView | ExternalView): boolean {
  if (view.side === "salesforce" && (!view.keyed || view.heldLineKeys !== undefined)) return false;
  // In a transitional status: there is something left to do.
  if (base?.transitional != null) return false;
  if (base === null || base.document === null || view.deleted || view.problems.length > 0) return false;
  const { document, isNew } = replaceKeptForms(mapping, base, view.side, view.document);
  // What became of a value that was sent has to be remembered, and told.
  return !isNew && movedFields(mapping, base.document, { side: view.side, document }).length === 0;
}

/** True when a polled line row shows exactly what the base of its document holds. */
export function isLineEcho(
  mapping: ObjectMapping,
  base: Base | null,
  row: SalesforceRecord,
  keyOf: KeyLookup,
): boolean {
  const lines = mapping.lines;
  if (lines === null) return false;
  const stored = row[lines.keyField];
  const held = typeof stored === "string" ? base?.document?.lines?.[stored as LineKey] : undefined;
  // A line that is gone is an echo when the base has none either. A line without a key has to be reported.
  if (row["IsDeleted"] === true) return held === undefined;
  if (base === null || held === undefined) return false;
  const problems: ValueProblem[] = [];
  const fields = readFields(lines.fields, row, { keyOf, problems });
  const root = { object: mapping.object, key: base.key, fields: {} };
  const lineKey = stored as LineKey;
  const shown = replaceKeptForms(mapping, base, "salesforce", { ...root, lines: { [lineKey]: fields } });
  const agreed = { ...root, lines: { [lineKey]: held } };
  const moved = movedFields(mapping, agreed, { side: "salesforce", document: shown.document });
  return problems.length === 0 && moved.length === 0 && !shown.isNew;
}
