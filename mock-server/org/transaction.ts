/**
 * One unit of work on an org's tables, with an undo log.
 *
 * Every change is written straight into the tables, indexes included, and the record that it replaced is noted; going
 * back writes the noted records again in reverse order. Nobody else looks at the tables meanwhile, because a
 * transaction is synchronous.
 */
import assert from "node:assert/strict";
import { OrgError } from "../errors.ts";
import type { Catalog } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";
import { to15 } from "../schema/record-id.ts";
import type { Counters } from "./ids.ts";
import type { Actor, OrgSettings, RecordChange, Savepoint, Transaction } from "./port.ts";
import type { RecentlyViewed } from "./recently-viewed.ts";
import type { Sharing } from "./sharing.ts";
import type { Table } from "./table.ts";

/** What a transaction works on: the parts of its org. */
export interface TransactionScope {
  readonly tables: ReadonlyMap<string, Table>;
  readonly actor: Actor;
  readonly catalog: Catalog;
  readonly settings: OrgSettings;
  readonly now: string;
  readonly nowMs: number;
  readonly counters: Counters;
  readonly sharing: Sharing;
  readonly recentlyViewed: RecentlyViewed;
  /** True where somebody else holds the record: a long transaction or a test's row lock. */
  isLocked(id: string): boolean;
}

interface Step {
  readonly table: Table;
  readonly id: string;
  readonly before: Row | undefined;
}

/** The one implementation of `Transaction`. */
export class OrgTransaction implements Transaction {
  readonly #scope: TransactionScope;
  readonly #steps: Step[] = [];
  #open = true;

  constructor(scope: TransactionScope) {
    this.#scope = scope;
  }

  get actor(): Actor {
    return this.#scope.actor;
  }

  get catalog(): Catalog {
    return this.#scope.catalog;
  }

  get settings(): OrgSettings {
    return this.#scope.settings;
  }

  get now(): string {
    return this.#scope.now;
  }

  get(object: string, id: string): Row | undefined {
    return this.#table(object).get(id);
  }

  rows(object: string): Iterable<Row> {
    return this.#table(object).rows();
  }

  count(object: string): number {
    return this.#table(object).count;
  }

  hasIndex(object: string, field: string): boolean {
    return this.#table(object).hasIndex(field);
  }

  find(object: string, field: string, value: string | number): readonly Row[] {
    return this.#table(object).find(field, value);
  }

  byStamp(object: string, from?: string, to?: string): Iterable<Row> {
    return this.#table(object).byStamp(from, to);
  }

  canSee(object: string, row: Row): boolean {
    return this.#scope.sharing.allows(this.actor, { object, row, level: "read" });
  }

  canEdit(object: string, row: Row): boolean {
    return this.#scope.sharing.allows(this.actor, { object, row, level: "edit" });
  }

  seesAll(object: string): boolean {
    return this.#scope.sharing.seesAll(this.actor, object);
  }

  viewDates(): ((row: Row) => Row) | undefined {
    return this.#scope.recentlyViewed.dates(this.actor.userId);
  }

  newId(object: string): string {
    const definition = this.catalog.object(object)?.definition;
    const prefix = definition?.keyPrefix ?? definition?.idPrefix;
    assert(prefix !== undefined, `${object} is an object whose records have a key prefix`);
    return this.#scope.counters.nextId(prefix);
  }

  nextAutoNumber(object: string, field: string): string {
    const autoNumber = this.catalog.object(object)?.field(field)?.autoNumber;
    assert(autoNumber !== undefined, `${object}.${field} is an auto-number field`);
    return this.#scope.counters.nextNumber(`${object}.${field}`, autoNumber, this.#scope.nowMs);
  }

  insert(object: string, row: Row): void {
    const table = this.#table(object);
    const id = idOf(row);
    if (table.get(id) !== undefined) assert.fail(`${object} ${id} does not exist before its insert`);
    this.#scope.counters.observeId(id);
    this.#write(table, id, undefined, table.reshaped(row));
  }

  replace(object: string, row: Row): void {
    const table = this.#table(object);
    const id = idOf(row);
    const before = table.get(id);
    if (before === undefined) assert.fail(`${object} ${id} exists before it is replaced`);
    this.#write(table, id, before, table.reshaped(row));
  }

  remove(object: string, id: string): void {
    const table = this.#table(object);
    const before = table.get(id);
    assert(before !== undefined, `${object} ${id} exists before it is removed`);
    this.#write(table, id, before, undefined);
  }

  savepoint(): Savepoint {
    return this.#steps.length as Savepoint;
  }

  rollbackTo(savepoint: Savepoint): void {
    assert(this.#open && savepoint <= this.#steps.length, "a savepoint belongs to its transaction, before later ones");
    while (this.#steps.length > savepoint) {
      const step = this.#steps.pop();
      step?.table.set(step.id, step.before);
    }
  }

  /** Undoes everything. */
  rollback(): void {
    this.rollbackTo(0 as Savepoint);
  }

  /** Ends the transaction: from now on its use is a programmer error. */
  close(): void {
    this.#open = false;
  }

  /** What the transaction changed so far: one entry a record, in order of its first change; nothing for no change. */
  changes(): readonly RecordChange[] {
    const [only] = this.#steps;
    if (only !== undefined && this.#steps.length === 1) return changeOf(only.table, only.id, only.before);
    const first = new Map<Table, Map<string, Row | undefined>>();
    for (const { table, id, before } of this.#steps) {
      const seen = first.get(table) ?? new Map<string, Row | undefined>();
      if (seen.size === 0) first.set(table, seen);
      if (!seen.has(id)) seen.set(id, before);
    }
    const changes: RecordChange[] = [];
    for (const [table, records] of first)
      for (const [id, before] of records) changes.push(...changeOf(table, id, before));
    return changes;
  }

  /** Writes changes that another transaction computed, for example a long transaction at its commit. */
  apply(changes: readonly RecordChange[]): void {
    for (const { object, id, after } of changes) {
      const table = this.#table(object);
      this.#write(table, id, table.get(id), after);
    }
  }

  #write(table: Table, id: string, before: Row | undefined, after: Row | undefined): void {
    if (this.#scope.isLocked(id)) {
      // reference: change-events §7.2, order-domain §7.4 [fixture]; the 15-character form: rest-api §4 [report].
      const message = `unable to obtain exclusive access to this record or 1 records: ${to15(id)}`;
      throw new OrgError(400, { code: "UNABLE_TO_LOCK_ROW", message, fields: [] });
    }
    this.#steps.push({ table, id, before });
    table.set(id, after);
  }

  #table(object: string): Table {
    if (!this.#open) assert.fail("a transaction is used only while its function runs");
    return this.#scope.tables.get(object) ?? assert.fail(`the org has an object ${object}`);
  }
}

/** The change of one record since `before`; none where it came back to what it was. */
function changeOf(table: Table, id: string, before: Row | undefined): readonly RecordChange[] {
  const after = table.get(id);
  return before === after ? [] : [{ object: table.object, id, before, after }];
}

function idOf(row: Row): string {
  const id = row["Id"];
  assert(typeof id === "string", "a stored record has an Id");
  return id;
}
