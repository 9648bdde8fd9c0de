/**
 * The sheet of a merge: decides field by field, also about edits that our last write has hidden, and collects what is to
 * be written, told and remembered.
 */
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import type { ExternalView, Provenance, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey, LineKey } from "../model/key.ts";
import type { Fields, Side, Value } from "../model/value.ts";
import { answerKey, type ConflictCase, conflictOf } from "./conflict.ts";
import type { Conflict, Obstacle, Rewrite, UnsettledEdit } from "./decision.ts";
import { agreedForNewRow, valuesForNewRow } from "./new-row.ts";
import { CONCURRENT_EDIT } from "./pre-image.ts";
import { chooseWinner, type FieldResolution, resolveField } from "./resolve.ts";
import { countRewrite, keptRewrites } from "./rewrites.ts";

/** One value to write to one side. */
export interface Write {
  readonly side: Side;
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly from: Value | undefined;
  readonly to: Value;
  readonly rule: string;
}

/** A line to make or to remove on one side, or, in Salesforce, to remove and add again with what cannot be changed in place. */
export type LineWrite =
  | { readonly kind: "put" | "remove"; readonly side: Side; readonly lineKey: LineKey; readonly rule: string }
  | {
      readonly kind: "replace";
      readonly side: "salesforce";
      readonly lineKey: LineKey;
      readonly rule: string;
      /** The fields in which the new line differs from the one that it takes the place of. */
      readonly cells: readonly { readonly field: string; readonly from: Value | undefined; readonly to: Value }[];
    };

/** A line's field that Salesforce would have to change and cannot. */
export interface FixedChange {
  readonly field: string;
  readonly resolution: FieldResolution;
}

/** Both sides of a document that exists on both. */
export interface MergeInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  readonly base: SyncDocument | null;
  readonly salesforce: SalesforceView;
  readonly external: ExternalView;
  readonly rewrites: readonly Rewrite[];
  /** Edits that our last write replaced unseen and that it still hides: each stands for what its field shows. */
  readonly unsettledEdits: readonly UnsettledEdit[];
  /** A person's answers, by `answerKey`. */
  readonly answers: ReadonlyMap<string, Side>;
  /** Under which names we write on each side, as far as the side tells. */
  readonly self: Readonly<Record<Side, string | null>>;
  readonly nowMs: number;
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

/** Collects the results while a document is walked through. */
export class Sheet {
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
      const edit = this.#input.unsettledEdits.find((each) => each.field === field && each.lineKey === lineKey);
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
        message: `${at.field}${at.lineKey === undefined ? "" : ` of line ${at.lineKey}`} is "${shown(agreed)}" in the external system, but Salesforce keeps "${shown(from)}" for good; ${at.lineKey === undefined ? "delete this record in the external system and add it there under another key, or take the change back" : "an automation in Salesforce changes it back each time that the line is added again: switch it off, or map the field toExternal"}`,
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
      readonly edit: UnsettledEdit;
      readonly shown: Value | undefined;
    },
    { write, agreed, conflict, rule }: FieldResolution,
  ): Value | undefined {
    const { values, edit, shown: present } = seen;
    if (conflict !== null) {
      const told = { winner: conflict.winner, rule: `${CONCURRENT_EDIT}, ${conflict.rule}` };
      this.conflict({ ...at, ...values }, told, edit);
      if (conflict.winner === null) return values.base;
    }
    if (agreed === undefined) return agreed;
    if (write === "external") this.#writes.push({ ...at, side: write, from: values.external, to: agreed, rule });
    if (agreed !== present) {
      this.#writes.push({ ...at, side: "salesforce", from: present, to: agreed, rule: `${CONCURRENT_EDIT}, ${rule}` });
    }
    return agreed;
  }

  /**
   * The fields of a line that stands on both sides which Salesforce would have to change and cannot: its line has to make
   * room for another one. None where adding it again has not helped before.
   */
  fixedChanges(
    mappings: readonly FieldMapping[],
    shown: { readonly base: Fields | undefined; readonly salesforce: Fields; readonly external: Fields },
    lineKey: LineKey,
  ): readonly FixedChange[] {
    return mappings.flatMap((mapping): readonly FixedChange[] => {
      if (mapping.write !== "fixed") return [];
      const { field } = mapping;
      const [base, salesforce, external] = [shown.base?.[field], shown.salesforce[field], shown.external[field]];
      const answer = this.#input.answers.get(answerKey(field, lineKey));
      const resolution = resolveField({
        mapping,
        base,
        salesforce,
        external,
        policy: this.#input.mapping.policy,
        provenance: this.#provenance(),
        ...(answer === undefined ? {} : { answer }),
      });
      const { write, agreed } = resolution;
      if (write !== "salesforce" || agreed === undefined || salesforce === undefined) return [];
      // What has never been agreed on is filled like any other empty field.
      if (salesforce === null && base === undefined) return [];
      const isOver = this.#undone({ lineKey, field, side: write, value: agreed, found: salesforce });
      return isOver ? [] : [{ field, resolution }];
    });
  }

  /** Salesforce's line goes, and one with the external values comes under the same key. Returns the values for the base. */
  replaceLine(
    mappings: readonly FieldMapping[],
    lineKey: LineKey,
    values: { readonly from: Fields; readonly to: Fields },
    rule: string,
  ): Fields {
    const cells = Object.entries(valuesForNewRow(mappings, "salesforce", values.to)).flatMap(([field, to]) => {
      const from = values.from[field];
      return from === to ? [] : [{ field, from, to }];
    });
    this.#lineWrites.push({ side: "salesforce", lineKey, kind: "replace", rule, cells });
    return agreedForNewRow(mappings, "salesforce", values.to);
  }

  /** A line that Salesforce keeps gets back what our last write hides in it. */
  bringBack(lineKey: LineKey, unsettled: readonly UnsettledEdit[]): void {
    for (const { field, value, ours } of unsettled) {
      this.#writes.push({ lineKey, field, side: "salesforce", from: ours, to: value, rule: CONCURRENT_EDIT });
    }
  }

  /** Counts a value that came back; true when it is time to give in. */
  #undone(now: Pick<Rewrite, "side" | "lineKey" | "field" | "value" | "found">): boolean {
    const { nowMs, self, rewrites } = this.#input;
    const by = this.#provenance()[now.side].by;
    const { rewrite, isOver } = countRewrite(now, { rewrites, nowMs, bySelf: by !== null && by === self[now.side] });
    this.#rewrites.push(rewrite);
    if (!isOver) return false;
    const line = now.lineKey === undefined ? "" : ` of line ${now.lineKey}`;
    const { value, found } = now;
    this.note(
      "OSCILLATION",
      `${now.field}${line} was set to "${shown(value)}" on the side ${now.side} ${rewrite.times} times and came back as "${shown(found)}"; an automation there rewrites it: switch it off, or map the field in the other direction`,
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
      rewrites: keptRewrites(this.#input.rewrites, this.#rewrites, this.#input.nowMs),
    };
  }

  /** Of an edit that our write has hidden the record does not tell any more who made it. */
  #provenance(edit?: Provenance): Readonly<Record<Side, Provenance>> {
    return { salesforce: edit ?? this.#input.salesforce.provenance, external: this.#input.external.provenance };
  }
}

function shown(value: Value): string {
  return value === null ? "(empty)" : String(value);
}
