/** Builds the row operations of one document in order, with their ids and short names. */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { SalesforceView } from "../model/document.ts";
import type { BusinessKey, LineKey, RecordId } from "../model/key.ts";
import type { RowOperation, WireValue } from "../model/salesforce-record.ts";

/** The operations of one document. A record that exists is written by Id, a new one by its key. */
export class OperationList {
  readonly #mapping: ObjectMapping;
  readonly #key: BusinessKey;
  readonly #recordId: RecordId | null;
  readonly #operations: RowOperation[] = [];
  readonly #actions = new Set<string>();
  readonly #lineOpIds: Record<LineKey, string> = {};
  readonly #removalOpIds: Record<LineKey, string> = {};

  constructor(mapping: ObjectMapping, key: BusinessKey, seen: SalesforceView | null) {
    this.#mapping = mapping;
    this.#key = key;
    this.#recordId = seen?.recordId ?? null;
  }

  /** Writes root fields; returns the operation's id, or null when there is nothing to write. */
  root(fields: Readonly<Record<string, WireValue>>, action: string): string | null {
    const creates = this.#recordId === null && this.#operations.length === 0;
    if (Object.keys(fields).length === 0 && !creates) return null;
    const { object, keyField } = this.#mapping;
    const opId = this.#nextId();
    this.#actions.add(action);
    if (this.#recordId === null) {
      this.#operations.push({ kind: "upsert", opId, object, keyField, key: this.#key, fields });
    } else {
      this.#operations.push({ kind: "update", opId, object, recordId: this.#recordId, fields });
    }
    return opId;
  }

  deleteRoot(): void {
    if (this.#recordId === null) throw new TypeError(`${this.#key} has no record to delete`);
    this.#actions.add("delete");
    this.#operations.push({
      kind: "delete",
      opId: this.#nextId(),
      object: this.#mapping.object,
      recordId: this.#recordId,
    });
  }

  /** A new line, tied to its root by Id where that is known, else by key. */
  createLine(lineKey: LineKey, fields: Readonly<Record<string, WireValue>>): void {
    const lines = this.#lines();
    const parent: WireValue = this.#recordId ?? {
      kind: "byKey",
      relationship: lines.parentRelationship,
      keyField: this.#mapping.keyField,
      key: this.#key,
    };
    const opId = this.#lineId(lineKey);
    this.#actions.add("lines");
    this.#operations.push({
      kind: "upsert",
      opId,
      object: lines.object,
      keyField: lines.keyField,
      key: lineKey,
      fields: { ...fields, [lines.parent]: parent },
    });
  }

  updateLine(lineKey: LineKey, recordId: RecordId, fields: Readonly<Record<string, WireValue>>): void {
    if (Object.keys(fields).length === 0) return;
    this.#actions.add("lines");
    this.#operations.push({
      kind: "update",
      opId: this.#lineId(lineKey),
      object: this.#lines().object,
      recordId,
      fields,
    });
  }

  clearLineKey(lineKey: LineKey, recordId: RecordId): void {
    const { keyField } = this.#lines();
    this.updateLine(lineKey, recordId, { [keyField]: null });
  }

  deleteLine(lineKey: LineKey, recordId: RecordId): void {
    this.#actions.add("lines");
    const opId = this.#nextId();
    this.#removalOpIds[lineKey] = opId;
    this.#operations.push({ kind: "delete", opId, object: this.#lines().object, recordId });
  }

  append(operations: readonly RowOperation[], action: string): void {
    this.#operations.push(...operations);
    this.#actions.add(action);
  }

  operations(): readonly RowOperation[] {
    return this.#operations;
  }

  actions(): readonly string[] {
    return [...this.#actions];
  }

  lineOpIds(): Readonly<Record<LineKey, string>> {
    return this.#lineOpIds;
  }

  removalOpIds(): Readonly<Record<LineKey, string>> {
    return this.#removalOpIds;
  }

  #lines(): NonNullable<ObjectMapping["lines"]> {
    const lines = this.#mapping.lines;
    if (lines === null) throw new TypeError(`${this.#mapping.object} has no lines`);
    return lines;
  }

  #lineId(lineKey: LineKey): string {
    const opId = this.#nextId();
    this.#lineOpIds[lineKey] = opId;
    return opId;
  }

  #nextId(): string {
    return `${this.#key}#${this.#operations.length + 1}`;
  }
}
