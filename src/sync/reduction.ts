/**
 * Reduction orders: how lowered quantities of an activated order are expressed without touching it.
 *
 * A reduction order repeats account, price book and contract of the original, and holds one line with a negative
 * quantity per lowered line; it counts from its own activation on (reference: order-domain §2.9).
 */
import { createHash } from "node:crypto";
import type { ObjectMapping } from "../mapping/mapping.ts";
import { businessKey, parseBusinessKey } from "../model/business-key.ts";
import { compareDecimals, subtractDecimals } from "../model/decimal.ts";
import type { SalesforceView } from "../model/document.ts";
import type { LineKey, RecordId } from "../model/key.ts";
import type { RowOperation, WireValue } from "../model/salesforce-record.ts";
import type { LineUpdate, WholeDocument } from "./lifecycle-plan.ts";

/** A line whose quantity goes down. */
export interface Lowered {
  readonly lineKey: LineKey;
  readonly recordId: RecordId;
  readonly from: string;
  readonly to: string;
}

/** Fields that a reduction order takes over where they are mapped; the required ones must be. */
const REPEATED = ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode", "EffectiveDate"] as const;
const REQUIRED = ["AccountId", "EffectiveDate"] as const;
const LINE_REPEATED = ["PricebookEntryId", "Product2Id", "UnitPrice"] as const;
const LINE_REQUIRED = ["UnitPrice"] as const;

/** Fields that tie a reduction order to what it lowers: set when it is made, and never again (order-domain §2.9). */
export const REDUCTION_CREATE_ONLY: readonly string[] = ["IsReductionOrder", "OriginalOrderId", "OriginalOrderItemId"];

/** The lines whose quantity goes down. */
export function loweredLines(updates: readonly LineUpdate[]): readonly Lowered[] {
  return updates.flatMap(({ lineKey, recordId, quantity }) =>
    quantity !== null && compareDecimals(quantity.to, quantity.from) < 0 && compareDecimals(quantity.to, "0") >= 0
      ? [{ lineKey, recordId, from: quantity.from, to: quantity.to }]
      : [],
  );
}

/** A reduction order as operations. Its key is a function of what it lowers, so that a repeated one is the same. */
export function planReduction(input: {
  readonly mapping: ObjectMapping;
  readonly seen: SalesforceView;
  readonly lowered: readonly Lowered[];
  readonly whole: WholeDocument;
  readonly draft: string;
  readonly activated: string;
}):
  | {
      readonly kind: "planned";
      readonly operations: readonly RowOperation[];
      readonly opIds: Readonly<Record<LineKey, string>>;
    }
  | { readonly kind: "incomplete"; readonly missing: readonly string[] } {
  const { mapping, seen, lowered, whole } = input;
  const lines = mapping.lines;
  const missing = [
    ...REQUIRED.filter((field) => whole.header[field] === undefined),
    ...LINE_REQUIRED.filter((field) => lowered.some((line) => whole.lines[line.lineKey]?.[field] === undefined)),
  ];
  if (lines === null || missing.length > 0) return { kind: "incomplete", missing };
  const mark = digest(lowered);
  const natural = parseBusinessKey(seen.document.key)?.naturalKey ?? [];
  const key = businessKey(mapping.source, "ReductionOrder", [...natural, mark]);
  const root = { kind: "upsert", object: mapping.object, keyField: mapping.keyField, key } as const;
  const parent: WireValue = { kind: "byKey", relationship: lines.parentRelationship, keyField: mapping.keyField, key };
  // The quantities go down when the reduction order is activated, which is its last operation.
  const activationId = `${key}#${lowered.length + 2}`;
  const opIds: Record<LineKey, string> = Object.fromEntries(lowered.map((line) => [line.lineKey, activationId]));
  const items = lowered.map((line, index): RowOperation => {
    return {
      kind: "upsert",
      opId: `${key}#${index + 2}`,
      object: lines.object,
      keyField: lines.keyField,
      key: businessKey(mapping.source, "ReductionOrderItem", [
        ...(parseBusinessKey(line.lineKey)?.naturalKey ?? []),
        mark,
      ]),
      fields: {
        [lines.parent]: parent,
        ...pick(whole.lines[line.lineKey] ?? {}, LINE_REPEATED),
        OriginalOrderItemId: line.recordId,
        Quantity: Number(subtractDecimals(line.to, line.from)),
      },
    };
  });
  return {
    kind: "planned",
    opIds,
    operations: [
      {
        ...root,
        opId: `${key}#1`,
        fields: {
          ...pick(whole.header, REPEATED),
          Status: input.draft,
          IsReductionOrder: true,
          OriginalOrderId: seen.recordId,
        },
      },
      ...items,
      { ...root, opId: activationId, fields: { Status: input.activated } },
    ],
  };
}

function pick(
  fields: Readonly<Record<string, WireValue>>,
  names: readonly string[],
): Readonly<Record<string, WireValue>> {
  return Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

function digest(lowered: readonly Lowered[]): string {
  const text = [...lowered]
    .sort((a, b) => (a.lineKey < b.lineKey ? -1 : 1))
    .map((line) => `${line.lineKey}=${line.from}>${line.to}`)
    .join(";");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
