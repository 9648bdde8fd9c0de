/** What the life-cycle planner is asked, what it answers, and the parts of which every plan is made. */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { SalesforceView } from "../model/document.ts";
import type { BusinessKey, LineKey, RecordId } from "../model/key.ts";
import type { RowOperation, WireValue } from "../model/salesforce-record.ts";
import type { Obstacle, TransitionalStatus } from "./decision.ts";
import type { OperationList } from "./operation-list.ts";
import type { OrgRules } from "./org-rules.ts";

/** What Salesforce should hold, as differences to what it was seen to hold. */
export interface LifecycleInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  /** Null: the record is to be made. */
  readonly seen: SalesforceView | null;
  /** Root fields to write, Status excepted. */
  readonly header: Readonly<Record<string, WireValue>>;
  /** The status that the record should end in; null: as it is (for a new one: Draft). */
  readonly status: string | null;
  readonly lines: LineChanges;
  /** Everything that the document holds, for a reduction order, which repeats it. */
  readonly whole: WholeDocument;
  readonly org: OrgRules;
}

/** Changes of lines. Created lines carry all their fields, changed ones only what changes. */
export interface LineChanges {
  readonly creates: readonly { readonly lineKey: LineKey; readonly fields: Readonly<Record<string, WireValue>> }[];
  readonly updates: readonly LineUpdate[];
  readonly deletes: readonly { readonly lineKey: LineKey; readonly recordId: RecordId }[];
  /** Lines whose key fields are emptied first, because they carry each other's keys. */
  readonly clears?: readonly { readonly lineKey: LineKey; readonly recordId: RecordId }[];
}

/** One changed line. */
export interface LineUpdate {
  readonly lineKey: LineKey;
  readonly recordId: RecordId;
  readonly fields: Readonly<Record<string, WireValue>>;
  /** Set when its quantity changes: canonical decimals. */
  readonly quantity: { readonly from: string; readonly to: string } | null;
}

/** Wire values of the whole wanted document. */
export interface WholeDocument {
  readonly header: Readonly<Record<string, WireValue>>;
  readonly lines: Readonly<Record<LineKey, Readonly<Record<string, WireValue>>>>;
  /** Lines that the document will have, foreign ones included. */
  readonly lineCount: number;
}

/** Operations in order, or what stands in the way. */
export type LifecyclePlan =
  | {
      readonly kind: "plan";
      readonly operations: readonly RowOperation[];
      readonly actions: readonly string[];
      readonly transitional: TransitionalStatus | null;
      readonly opIds: {
        readonly header: string | null;
        readonly status: string | null;
        /** What makes or changes a line. */
        readonly lines: Readonly<Record<LineKey, string>>;
        /** What removes one. */
        readonly removals: Readonly<Record<LineKey, string>>;
      };
    }
  | { readonly kind: "park" | "reject"; readonly obstacle: Obstacle };

/** What stands in the way. */
export type Blocked = Extract<LifecyclePlan, { readonly obstacle: Obstacle }>;

/** The operations of a list as a plan. */
export function plan(
  list: OperationList,
  transitional: TransitionalStatus | null,
  ids: { readonly header: string | null; readonly status: string | null },
): LifecyclePlan {
  const opIds = { ...ids, lines: list.lineOpIds(), removals: list.removalOpIds() };
  return { kind: "plan", operations: list.operations(), actions: list.actions(), transitional, opIds };
}

/** Somebody or something else comes first. */
export function park(code: string, message: string): Blocked {
  return { kind: "park", obstacle: { code, message } };
}

/** It cannot be written as it is. */
export function reject(code: string, message: string, field?: string): Blocked {
  return { kind: "reject", obstacle: { code, message, ...(field === undefined ? {} : { field }) } };
}

/** The status as a field to write, when it is another one than the record has. */
export function newStatus(input: LifecycleInput): Readonly<Record<string, WireValue>> {
  const { status, seen } = input;
  return status === null || status === seen?.document.fields["Status"] ? {} : { Status: status };
}

/** Whether there is anything to write. */
export function hasChanges(input: LifecycleInput): boolean {
  const { lines } = input;
  return (
    Object.keys(newStatus(input)).length +
      Object.keys(input.header).length +
      lines.creates.length +
      lines.updates.length +
      lines.deletes.length >
    0
  );
}

/** Removals, then changes, then new lines: a line that takes the place of another one finds its key free. */
export function addLines(list: OperationList, lines: LineChanges): void {
  for (const line of lines.deletes) list.deleteLine(line.lineKey, line.recordId);
  for (const line of lines.clears ?? []) list.clearLineKey(line.lineKey, line.recordId);
  for (const line of lines.updates) list.updateLine(line.lineKey, line.recordId, line.fields);
  for (const line of lines.creates) list.createLine(line.lineKey, line.fields);
}
