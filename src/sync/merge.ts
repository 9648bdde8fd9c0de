/** Merges one document field by field and line by line: what both sides shall hold, and who has to be told what. */
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import type { ExternalView, Provenance, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey, LineKey } from "../model/key.ts";
import type { Fields, Side, Value } from "../model/value.ts";
import type { Conflict, Displaced, Obstacle, Rewrite } from "./decision.ts";
import { EDITED_MEANWHILE } from "./pre-image.ts";
import { chooseWinner, type FieldResolution, resolveField } from "./resolve.ts";

/** Both sides of a document that exists on both. */
export interface MergeInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  readonly base: SyncDocument | null;
  readonly salesforce: SalesforceView;
  readonly external: ExternalView;
  readonly rewrites: readonly Rewrite[];
  /** Edits that our last write replaced unseen and that it still hides: each stands for what its field shows. */
  readonly displaced: readonly Displaced[];
  /** A person's answers, by `answerKey`. */
  readonly answers: ReadonlyMap<string, Side>;
  /** Under which names we write on each side, as far as the side tells. */
  readonly self: Readonly<Record<Side, string | null>>;
  readonly nowMs: number;
}

/** One value to write to one side. */
export interface Write {
  readonly side: Side;
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly from: Value | undefined;
  readonly to: Value;
  readonly rule: string;
}

/** A line to make or to remove on one side. */
export interface LineWrite {
  readonly side: Side;
  readonly lineKey: LineKey;
  readonly kind: "put" | "remove";
  readonly rule: string;
}

/** The merged document. */
export interface Merged {
  /** What both sides hold once every write has landed. */
  readonly agreed: SyncDocument;
  readonly writes: readonly Write[];
  readonly lineWrites: readonly LineWrite[];
  readonly conflicts: readonly Conflict[];
  /** Conflicts without a winner: the document waits. */
  readonly open: readonly Conflict[];
  readonly rejections: readonly Obstacle[];
  readonly notes: readonly Obstacle[];
  readonly rewrites: readonly Rewrite[];
}

/**
 * So often we write the same value again after it was changed back. When the change back carries our own name, it was
 * made inside our transaction, by an automation; people may well change a value back and forth a few times.
 */
export const REWRITES_MAX = { bySelf: 3, byOthers: 12 } as const;

/** A value that comes back after this time starts a new count. */
export const REWRITE_WINDOW_MS = 24 * 60 * 60 * 1000;

/** Names a field for a person's answer to its conflict. */
export function answerKey(field: string, lineKey?: LineKey): string {
  return `${lineKey ?? ""}/${field}`;
}

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
    return sheet.mergeFields(lines.fields, { base, salesforce, external }, lineKey);
  }
  const present: Side = salesforce === undefined ? "external" : "salesforce";
  const missing: Side = salesforce === undefined ? "salesforce" : "external";
  const hidden = input.displaced.filter((edit) => edit.lineKey === lineKey);
  const edits = Object.fromEntries(hidden.map(({ field, value }) => [field, value]));
  const shown = salesforce === undefined ? (external ?? {}) : { ...salesforce, ...edits };
  const follows =
    lines.direction === "both" || lines.direction === (missing === "salesforce" ? "toSalesforce" : "toExternal");
  if (base === undefined) {
    if (follows) {
      sheet.bringBack(lineKey, hidden);
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
    return removedAgainstEdited(sheet, input, { lineKey, present, missing, shown, edited, hidden });
  }
  const rule = `direction ${lines.direction}`;
  sheet.conflict({ lineKey, field: "*", base: true, [missing]: null, [present]: true }, { winner: present, rule });
  sheet.bringBack(lineKey, hidden);
  return sheet.putLine(lines.fields, missing, lineKey, shown, rule);
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
    readonly hidden: readonly Displaced[];
  },
): Fields | undefined {
  const { lineKey, present, missing, shown, edited, hidden } = line;
  const fields = input.mapping.lines?.fields ?? [];
  const choice = sheet.choose(answerKey("*", lineKey));
  sheet.conflict({ lineKey, field: "*", base: true, [missing]: null, [present]: true }, choice);
  if (choice.winner === null) return input.base?.lines?.[lineKey];
  if (choice.winner === present) {
    sheet.bringBack(lineKey, hidden);
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

/** Values that stand on the other side once a new row with `shown` has been written there. */
export function valuesForNewRow(mappings: readonly FieldMapping[], target: Side, shown: Fields): Fields {
  const other = target === "salesforce" ? "toExternal" : "toSalesforce";
  const entries = mappings.flatMap((mapping) => {
    const value = shown[mapping.field];
    return value === undefined || mapping.direction === other ? [] : [[mapping.field, value] as const];
  });
  return Object.fromEntries(entries);
}

/** The part of a new row that enters the base: what both sides hold from then on. */
export function agreedForNewRow(mappings: readonly FieldMapping[], target: Side, shown: Fields): Fields {
  return valuesForNewRow(
    mappings.filter((mapping) => mapping.write !== "once"),
    target,
    shown,
  );
}

interface ConflictCase {
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly base?: Value | undefined;
  readonly salesforce?: Value | undefined;
  readonly external?: Value | undefined;
}

/** Collects the results while a document is walked through. */
class Sheet {
  readonly #input: MergeInput;
  readonly #writes: Write[] = [];
  readonly #lineWrites: LineWrite[] = [];
  readonly #conflicts: Conflict[] = [];
  readonly #rejections: Obstacle[] = [];
  readonly #notes: Obstacle[] = [];
  readonly #rewrites: Rewrite[] = [];

  constructor(input: MergeInput) {
    this.#input = input;
  }

  mergeFields(
    mappings: readonly FieldMapping[],
    shown: { readonly base: Fields | undefined; readonly salesforce: Fields; readonly external: Fields },
    lineKey?: LineKey,
  ): Fields {
    const agreed: Record<string, Value> = {};
    for (const mapping of mappings) {
      const { field } = mapping;
      const at = lineKey === undefined ? { field } : { field, lineKey };
      const base = shown.base?.[field];
      const salesforce = shown.salesforce[field];
      const external = shown.external[field];
      const answer = this.#input.answers.get(answerKey(field, lineKey));
      const edit = this.#input.displaced.find((each) => each.field === field && each.lineKey === lineKey);
      const values = { base, salesforce: edit === undefined ? salesforce : edit.value, external };
      const resolution = resolveField({
        mapping,
        ...values,
        policy: this.#input.mapping.policy,
        provenance: this.#provenance(edit),
        ...(answer === undefined ? {} : { answer }),
      });
      const value =
        edit === undefined
          ? this.#take(mapping, at, values, resolution)
          : this.#takeBack(at, { values, edit, shown: salesforce }, resolution);
      if (value !== undefined) agreed[field] = value;
    }
    return agreed;
  }

  /** Notes one field's resolution; returns the value for the base. */
  #take(
    mapping: FieldMapping,
    at: { readonly field: string; readonly lineKey?: LineKey },
    values: Readonly<Record<Side | "base", Value | undefined>>,
    resolution: FieldResolution,
  ): Value | undefined {
    const { write, agreed, rule } = resolution;
    if (resolution.conflict !== null && resolution.conflict.winner === null) {
      this.conflict({ ...at, ...values }, resolution.conflict);
      return values.base;
    }
    if (write === null || agreed === undefined) return agreed;
    const from = values[write];
    if (mapping.write === "fixed" && write === "salesforce" && from !== undefined && from !== null) {
      this.#rejections.push({
        code: "CREATE_ONLY_CHANGED",
        message: `${at.field}${at.lineKey === undefined ? "" : ` of line ${at.lineKey}`} is "${shown(agreed)}" in the external system, but Salesforce keeps "${shown(from)}" for good; ${at.lineKey === undefined ? "make a new record" : "remove the line and add one with another line key"}`,
        ...at,
      });
      return values.base;
    }
    if (from !== undefined && this.#undone({ ...at, side: write, value: agreed, found: from })) return values.base;
    if (resolution.conflict !== null) this.conflict({ ...at, ...values }, resolution.conflict);
    this.#writes.push({ ...at, side: write, from, to: agreed, rule });
    return agreed;
  }

  /**
   * Decides about an edit that our write has hidden. Salesforce gets the value that wins unless it shows it already,
   * the external system gets it as from any edit. Until somebody decides, Salesforce goes on showing what we wrote.
   */
  #takeBack(
    at: { readonly field: string; readonly lineKey?: LineKey },
    seen: {
      readonly values: Readonly<Record<Side | "base", Value | undefined>>;
      readonly edit: Displaced;
      readonly shown: Value | undefined;
    },
    { write, agreed, conflict, rule }: FieldResolution,
  ): Value | undefined {
    const { values, edit, shown: present } = seen;
    if (conflict !== null) {
      const told = { winner: conflict.winner, rule: `${EDITED_MEANWHILE}, ${conflict.rule}` };
      this.conflict({ ...at, ...values }, told, edit);
      if (conflict.winner === null) return values.base;
    }
    if (agreed === undefined) return agreed;
    if (write === "external") this.#writes.push({ ...at, side: write, from: values.external, to: agreed, rule });
    if (agreed !== present) {
      this.#writes.push({ ...at, side: "salesforce", from: present, to: agreed, rule: `${EDITED_MEANWHILE}, ${rule}` });
    }
    return agreed;
  }

  /** A line that Salesforce keeps gets back what our last write hides in it. */
  bringBack(lineKey: LineKey, hidden: readonly Displaced[]): void {
    for (const { field, value, ours } of hidden) {
      this.#writes.push({ lineKey, field, side: "salesforce", from: ours, to: value, rule: EDITED_MEANWHILE });
    }
  }

  /** Counts a value that came back; true when it is time to give in. */
  #undone(now: Pick<Rewrite, "side" | "lineKey" | "field" | "value" | "found">): boolean {
    const { nowMs, self } = this.#input;
    const before = this.#input.rewrites.find(
      (past) =>
        past.side === now.side &&
        past.field === now.field &&
        past.lineKey === now.lineKey &&
        past.value === now.value &&
        past.found === now.found &&
        nowMs - past.lastAtMs < REWRITE_WINDOW_MS,
    );
    const by = this.#provenance()[now.side].by;
    const limit = by !== null && by === self[now.side] ? REWRITES_MAX.bySelf : REWRITES_MAX.byOthers;
    const times = before?.times ?? 0;
    if (times < limit) {
      this.#rewrites.push({ ...now, times: times + 1, lastAtMs: nowMs });
      return false;
    }
    this.#rewrites.push({ ...now, times, lastAtMs: nowMs });
    const line = now.lineKey === undefined ? "" : ` of line ${now.lineKey}`;
    const { value, found } = now;
    this.note(
      "OSCILLATION",
      `${now.field}${line} was set to "${shown(value)}" on the side ${now.side} ${times} times and came back as "${shown(found)}"; an automation there rewrites it: switch it off, or map the field in the other direction`,
      now.lineKey,
      now.field,
    );
    return true;
  }

  putLine(mappings: readonly FieldMapping[], side: Side, lineKey: LineKey, values: Fields, rule: string): Fields {
    this.#lineWrites.push({ side, lineKey, kind: "put", rule });
    return agreedForNewRow(mappings, side, values);
  }

  removeLine(side: Side, lineKey: LineKey, rule: string): undefined {
    this.#lineWrites.push({ side, lineKey, kind: "remove", rule });
    return undefined;
  }

  choose(answer: string): { readonly winner: Side | null; readonly rule: string } {
    const given = this.#input.answers.get(answer);
    return chooseWinner({
      mapping: { owner: null },
      policy: this.#input.mapping.policy,
      provenance: this.#provenance(),
      ...(given === undefined ? {} : { answer: given }),
    });
  }

  conflict(at: ConflictCase, choice: { readonly winner: Side | null; readonly rule: string }, edit?: Provenance): void {
    this.#conflicts.push(
      conflictOf(
        { object: this.#input.mapping.object, key: this.#input.key, provenance: this.#provenance(edit) },
        at,
        choice,
      ),
    );
  }

  note(code: string, message: string, lineKey?: LineKey, field?: string): void {
    this.#notes.push({
      code,
      message,
      ...(lineKey === undefined ? {} : { lineKey }),
      ...(field === undefined ? {} : { field }),
    });
  }

  result(agreed: SyncDocument): Merged {
    return {
      agreed,
      writes: this.#writes,
      lineWrites: this.#lineWrites,
      conflicts: this.#conflicts,
      open: this.#conflicts.filter((conflict) => conflict.winner === null),
      rejections: this.#rejections,
      notes: this.#notes,
      rewrites: this.#keptRewrites(),
    };
  }

  /** Counts of fields that were not written now stay, so that "write, seen, rewritten" goes on counting. */
  #keptRewrites(): readonly Rewrite[] {
    const now = this.#rewrites;
    const kept = this.#input.rewrites.filter(
      (past) =>
        this.#input.nowMs - past.lastAtMs < REWRITE_WINDOW_MS &&
        !now.some((each) => each.side === past.side && each.field === past.field && each.lineKey === past.lineKey),
    );
    return [...kept, ...now];
  }

  /** Of an edit that our write has hidden the record does not tell any more who made it. */
  #provenance(edit?: Provenance): Readonly<Record<Side, Provenance>> {
    return { salesforce: edit ?? this.#input.salesforce.provenance, external: this.#input.external.provenance };
  }
}

/** A conflict record with both values and who and when on each side. */
export function conflictOf(
  subject: {
    readonly object: string;
    readonly key: BusinessKey;
    readonly provenance: Readonly<Record<Side, Provenance>>;
  },
  at: ConflictCase,
  choice: { readonly winner: Side | null; readonly rule: string },
): Conflict {
  const { salesforce, external } = subject.provenance;
  return {
    object: subject.object,
    key: subject.key,
    ...(at.lineKey === undefined ? {} : { lineKey: at.lineKey }),
    field: at.field,
    base: at.base,
    salesforce: at.salesforce,
    external: at.external,
    salesforceBy: salesforce.by,
    salesforceAt: salesforce.at,
    externalBy: external.by,
    externalAt: external.at,
    winner: choice.winner,
    rule: choice.rule,
  };
}

function shown(value: Value): string {
  return value === null ? "(empty)" : String(value);
}
