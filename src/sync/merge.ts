/** Merges one document field by field and line by line: what both sides shall hold, and who has to be reported what. */
import type { FieldMapping } from "../mapping/mapping.ts";
import type { SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Fields, Side, Value } from "../model/value.ts";
import { answerKey } from "./conflict.ts";
import type { UnsettledEdit } from "./decision.ts";
import { type FixedChange, type Merged, type MergeInput, Sheet } from "./merge-sheet.ts";

/** Merges a document that both sides show. Pure and total. */
export function mergeDocuments(input: MergeInput): Merged {
  const sheet = new Sheet(input);
  const { mapping, base, salesforce, external } = input;
  const fields = sheet.mergeFields(mapping.fields, {
    base: base?.fields,
    salesforce: salesforce.document.fields,
    external: external.document.fields,
  });
  const lines = mapping.lines === null ? undefined : mergeLines(sheet, input);
  const agreed: SyncDocument = {
    object: mapping.object,
    key: input.key,
    fields,
    ...(lines === undefined ? {} : { lines }),
  };
  return sheet.result(agreed);
}

function mergeLines(sheet: Sheet, input: MergeInput): Readonly<Record<LineKey, Fields>> | undefined {
  const base = input.base?.lines;
  const salesforce = input.salesforce.document.lines;
  const external = input.external.document.lines;
  // A side that does not tell its lines has not moved them.
  if (salesforce === undefined || external === undefined) return base;
  const keys = [...new Set([...Object.keys(base ?? {}), ...Object.keys(salesforce), ...Object.keys(external)])].sort();
  const agreed: Record<LineKey, Fields> = {};
  for (const lineKey of keys as LineKey[]) {
    const merged = mergeLine(sheet, input, lineKey);
    if (merged !== undefined) agreed[lineKey] = merged;
  }
  return agreed;
}

function mergeLine(sheet: Sheet, input: MergeInput, lineKey: LineKey): Fields | undefined {
  const base = input.base?.lines?.[lineKey];
  const salesforce = input.salesforce.document.lines?.[lineKey];
  const external = input.external.document.lines?.[lineKey];
  const lines = input.mapping.lines;
  if (lines === null || (salesforce === undefined && external === undefined)) return undefined;
  if (salesforce !== undefined && external !== undefined) {
    const shown = { base, salesforce, external };
    const fixed = sheet.fixedChanges(lines.fields, shown, lineKey);
    if (fixed.length > 0) return replaceLine(sheet, input, { lineKey, ...shown, fixed });
    return sheet.mergeFields(lines.fields, shown, lineKey);
  }
  const present: Side = salesforce === undefined ? "external" : "salesforce";
  const missing: Side = salesforce === undefined ? "salesforce" : "external";
  const unsettled = input.unsettledEdits.filter((edit) => edit.lineKey === lineKey);
  const edits = Object.fromEntries(unsettled.map(({ field, value }) => [field, value]));
  const shown = salesforce === undefined ? (external ?? {}) : { ...salesforce, ...edits };
  const follows =
    lines.direction === "both" || lines.direction === (missing === "salesforce" ? "toSalesforce" : "toExternal");
  if (base === undefined) {
    if (follows) {
      sheet.bringBack(lineKey, unsettled);
      return sheet.putLine(lines.fields, missing, lineKey, shown, `${present} added the line`);
    }
    sheet.note(
      "LINE_IGNORED",
      `line ${lineKey} stands only on the side ${present}, and lines flow ${lines.direction}`,
      lineKey,
    );
    return undefined;
  }
  // The missing side removed a line that both had.
  const edited = movedLine(lines.fields, base, shown);
  if (!follows || lines.direction === "both") {
    if (edited.length === 0) return sheet.removeLine(present, lineKey, `${missing} removed the line`);
    return removedAgainstEdited(sheet, input, { lineKey, present, missing, shown, edited, unsettled });
  }
  const rule = `direction ${lines.direction}`;
  sheet.conflict({ lineKey, field: "*", base: true, [missing]: null, [present]: true }, { winner: present, rule });
  sheet.bringBack(lineKey, unsettled);
  return sheet.putLine(lines.fields, missing, lineKey, shown, rule);
}

/**
 * The external system has another product on the line: a line of its own under a number that was given before. What
 * somebody has edited on Salesforce's line was meant for the old one, so it does not go over to the new one: the two
 * lines are one conflict, and the one that stays stays as a whole.
 */
function replaceLine(
  sheet: Sheet,
  input: MergeInput,
  line: {
    readonly lineKey: LineKey;
    readonly base: Fields | undefined;
    readonly salesforce: Fields;
    readonly external: Fields;
    readonly fixed: readonly FixedChange[];
  },
): Fields | undefined {
  const { lineKey, base, salesforce, external, fixed } = line;
  const [first] = fixed;
  const mappings = input.mapping.lines?.fields ?? [];
  const unsettled = input.unsettledEdits.filter((edit) => edit.lineKey === lineKey);
  const shown = { ...salesforce, ...Object.fromEntries(unsettled.map(({ field, value }) => [field, value])) };
  const isFixed = (field: string): boolean => fixed.some((each) => each.field === field);
  const edited = movedLine(mappings, base ?? {}, shown).filter(
    // An edit that the new line has too is not lost with the old one.
    ({ field, after }) => !isFixed(field) && after !== external[field],
  );
  const decided = fixed.flatMap(({ field, resolution }) =>
    resolution.conflict === null ? [] : [{ field, choice: resolution.conflict }],
  );
  for (const { field, choice } of decided) {
    sheet.conflict(
      { lineKey, field, base: base?.[field], salesforce: shown[field], external: external[field] },
      choice,
    );
  }
  if (edited.length > 0 && first !== undefined) {
    const led = mappings.find(({ field, direction }) => isFixed(field) && direction !== "both");
    const choice =
      decided[0]?.choice ??
      (led === undefined
        ? sheet.choose(answerKey(first.field, lineKey))
        : { winner: "external", rule: `direction ${led.direction}` });
    const losers = choice.winner === "salesforce" ? movedLine(mappings, base ?? {}, external) : edited;
    const told = choice.winner === null ? [first] : losers;
    for (const { field } of told) {
      const values = { base: base?.[field], salesforce: shown[field], external: external[field] };
      sheet.conflict({ lineKey, field, ...values }, choice);
    }
    if (choice.winner === null) return base;
    if (choice.winner === "salesforce") {
      sheet.bringBack(lineKey, unsettled);
      return sheet.putLine(mappings, "external", lineKey, shown, choice.rule);
    }
  }
  const names = fixed.map(({ field }) => field).join(", ");
  const why = fixed.map(({ resolution }) => resolution.rule)[0] ?? "";
  const rule = `${why}; Salesforce does not change ${names}: the line is removed and added again`;
  return sheet.replaceLine(mappings, lineKey, { from: salesforce, to: external }, rule);
}

function removedAgainstEdited(
  sheet: Sheet,
  input: MergeInput,
  line: {
    readonly lineKey: LineKey;
    readonly present: Side;
    readonly missing: Side;
    readonly shown: Fields;
    readonly edited: readonly {
      readonly field: string;
      readonly before: Value | undefined;
      readonly after: Value | undefined;
    }[];
    readonly unsettled: readonly UnsettledEdit[];
  },
): Fields | undefined {
  const { lineKey, present, missing, shown, edited, unsettled } = line;
  const fields = input.mapping.lines?.fields ?? [];
  const choice = sheet.choose(answerKey("*", lineKey));
  sheet.conflict({ lineKey, field: "*", base: true, [missing]: null, [present]: true }, choice);
  if (choice.winner === null) return input.base?.lines?.[lineKey];
  if (choice.winner === present) {
    sheet.bringBack(lineKey, unsettled);
    return sheet.putLine(fields, missing, lineKey, shown, choice.rule);
  }
  for (const { field, before, after } of edited) {
    sheet.conflict({ lineKey, field, base: before, [missing]: null, [present]: after }, choice);
  }
  return sheet.removeLine(present, lineKey, choice.rule);
}

function movedLine(
  mappings: readonly FieldMapping[],
  base: Fields,
  shown: Fields,
): readonly { readonly field: string; readonly before: Value | undefined; readonly after: Value | undefined }[] {
  return mappings
    .filter((mapping) => mapping.write !== "once")
    .map(({ field }) => ({ field, before: base[field], after: shown[field] }))
    .filter(
      ({ before, after }) => after !== undefined && after !== before && !(before === undefined && after === null),
    );
}
