/** What a write changes, field by field, for plan, journal and report. */
import type { SalesforceView, SyncDocument } from "../model/document.ts";
import type { LineKey } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import type { FieldChange } from "./decision.ts";
import {
  type ExternalTarget,
  fieldWrites,
  heldLines,
  lineEntries,
  type SalesforceTarget,
  type WriteContext,
} from "./write-target.ts";

/** The operation that changes a field or makes a line; with `removal` the one that removes the line. */
export type OpIdOf = (field: string, lineKey?: LineKey, part?: "removal") => string;

/** The keys that a record and its lines get, as changes. */
export function keyChanges(
  { mapping, key, keyWrite }: WriteContext,
  seen: SalesforceView | null,
  opIdOf: OpIdOf,
): readonly FieldChange[] {
  if (keyWrite === undefined || seen === null) return [];
  const { rule } = keyWrite;
  const root: readonly FieldChange[] = seen.keyed
    ? []
    : [
        {
          side: "salesforce",
          field: mapping.keyField,
          from: seen.heldKey ?? null,
          to: key,
          rule,
          opId: opIdOf(mapping.keyField),
        },
      ];
  const lineField = mapping.lines?.keyField ?? "";
  const lines = heldLines(seen).map(
    ([lineKey, held]): FieldChange => ({
      side: "salesforce",
      lineKey,
      field: lineField,
      from: held,
      to: lineKey,
      rule,
      opId: opIdOf(lineField, lineKey),
    }),
  );
  return [...root, ...lines];
}

/** The changes that a merge makes on one side. */
export function mergedChanges(
  side: Side,
  target: SalesforceTarget | ExternalTarget,
  opIdOf: OpIdOf,
): readonly FieldChange[] {
  const fields = fieldWrites(target)
    .filter((write) => write.side === side)
    .map(
      (write): FieldChange => ({
        side,
        ...(write.lineKey === undefined ? {} : { lineKey: write.lineKey }),
        field: write.field,
        from: write.from,
        to: write.to,
        rule: write.rule,
        opId: opIdOf(write.field, write.lineKey),
      }),
    );
  const lines = ("merged" in target ? target.merged.lineWrites : [])
    .filter((line) => line.side === side)
    .flatMap((line): readonly FieldChange[] => {
      const { lineKey, rule } = line;
      const at = { side, lineKey, rule };
      const removal = { ...at, field: "*", from: true, to: null, opId: opIdOf("*", lineKey, "removal") };
      const addition = { ...at, field: "*", from: null, to: true, opId: opIdOf("*", lineKey) };
      switch (line.kind) {
        case "remove":
          return [removal];
        case "put":
          return [addition];
        case "replace":
          return [...line.cells.map((cell) => ({ ...at, ...cell, opId: addition.opId })), removal, addition];
        default:
          return line satisfies never;
      }
    });
  return [...fields, ...lines];
}

/** A new record: its fields, and one entry per line. */
export function newChanges(side: Side, fresh: SyncDocument, opIdOf: OpIdOf): readonly FieldChange[] {
  const fields = Object.entries(fresh.fields).map(
    ([field, to]): FieldChange => ({ side, field, from: undefined, to, rule: "new", opId: opIdOf(field) }),
  );
  const lines = lineEntries(fresh.lines).map(
    ([lineKey]): FieldChange => ({
      side,
      lineKey,
      field: "*",
      from: null,
      to: true,
      rule: "new",
      opId: opIdOf("*", lineKey),
    }),
  );
  return [...fields, ...lines];
}
