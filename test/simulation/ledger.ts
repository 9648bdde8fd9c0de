/**
 * The ledger of a simulation: every value that a cell (side, document, line, field) has ever shown, with who wrote it last.
 * It reads both systems' own records with a few lines of its own, not through the connector's mapping.
 */
import type { RecordChange } from "../../mock-server/org/port.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import type { Side, Value } from "../../src/model/value.ts";
import {
  amountOr,
  COLLECTIONS,
  canonicalOf,
  cellId,
  collectionOf,
  erpCells,
  erpNameOf,
  OBJECTS_OF,
  ROOT_FIELDS,
  rawCells,
  referredObject,
} from "./cells.ts";
import type { ErpChange } from "./erp.ts";
import type { Stage } from "./stage.ts";

/** What one field has shown on one side. */
export interface Cell {
  value: Value | undefined;
  by: "connector" | "clerk";
  clerkSeq: number;
  connectorSeq: number;
  /** Every value that it has held, with the change number at which it came last. */
  readonly unsynced: Map<Value, number>;
  /** Every value that a person has put there, with the change number at which one did so last. */
  readonly entered: Map<Value, number>;
  /** What it showed when its record was deleted. */
  gone?: { readonly value: Value; readonly by: "connector" | "clerk"; readonly clerkSeq: number };
}

/** The connector writes over what a cell shows. */
export interface Overwrite {
  readonly side: Side;
  readonly key: string;
  /** `line|field`. */
  readonly name: string;
  readonly old: Value;
  /** Undefined: with its record. */
  readonly now: Value | undefined;
  readonly cell: Readonly<Cell>;
}

/** Hears what the connector does, as it is committed. */
export interface LedgerWatch {
  overwriting(overwrite: Overwrite): void;
  made(object: string, row: Row): void;
  deletedInSalesforce(object: string, key: string): void;
  /** `price`: the key of the price book entry that the line was for. */
  lineDeletedInSalesforce(key: string, line: string, price: Value): void;
  /** A person has deleted the record in Salesforce, or one that takes it along. */
  deletedByPerson(key: string): void;
  deletedInErp(object: string, key: string): void;
  lineDeletedInErp(key: string, no: string): void;
  /** A write to the ERP has changed how a value is spelled. */
  spelledOtherwise(key: string, what: string): void;
  /** So has a write to Salesforce. */
  respelled(key: string, what: string): void;
}

/** The fields behind columns whose values are compared in a way of their own. */
const FIELD_OF: Readonly<Record<string, string>> = { price: "UnitPrice", quantity: "Quantity", city: "BillingCity" };

/** What both sides have shown so far. */
export class Ledger {
  connectorWrites = 0;
  readonly #stage: Stage;
  readonly #connectorId: string;
  readonly #watch: LedgerWatch;
  readonly #cells = new Map<string, Cell>();
  readonly #keyOfId = new Map<string, string>();
  readonly #touchedSeq = new Map<string, number>();
  readonly #erpSeq = new Map<string, number>();
  readonly #deleted = new Set<string>();
  /** Every price that the ERP has shown, to the last digit: cells hold amounts as Salesforce's numbers show them. */
  readonly #prices = new Set<string>();
  #seq = 0;

  constructor(stage: Stage, connectorId: string, watch: LedgerWatch) {
    this.#stage = stage;
    this.#connectorId = connectorId;
    this.#watch = watch;
    for (const collection of COLLECTIONS)
      for (const row of stage.erp.rows(collection))
        this.erpChanged({ collection, key: row.key, before: undefined, after: row, author: "clerk" });
    stage.erp.onChange = (change) => this.erpChanged(change);
    stage.mock.org.onCommit((changes, actor) => this.#salesforceChanged(changes, actor.userId));
  }

  /** The number of the last change on either side. */
  get seq(): number {
    return this.#seq;
  }

  /** What the cell has shown; undefined where it never was. */
  cell(side: Side, key: string, name: string): Readonly<Cell> | undefined {
    return this.#cells.get(cellId(side, key, name));
  }

  /** True where the ERP has shown a price by these very digits. */
  hasShownPrice(digits: string): boolean {
    return this.#prices.has(digits);
  }

  /** The document that a record Id belongs to. */
  keyOfId(id: string): string | undefined {
    return this.#keyOfId.get(id);
  }

  /**
   * The connector has stored that the record stands for this key, which a spent call limit may keep from being written:
   * from now on its cells, and what refers to it, go by that key.
   */
  adopted(id: string, key: string): void {
    const from = this.#keyOfId.get(id);
    if (from === undefined || from === key) return;
    this.#stage.adopted.set(id, key);
    this.#keyOfId.set(id, key);
    this.#rename(from, key);
    this.#touchedSeq.set(key, Math.max(this.touchedSeq(from), this.touchedSeq(key)));
    if (this.#deleted.delete(`salesforce ${from}`)) this.#deleted.add(`salesforce ${key}`);
    for (const cell of this.#cells.values()) renameValue(cell, from, key);
  }

  /** Change number of a person's last edit of the Salesforce record; 0 for none. */
  touchedSeq(key: string): number {
    return this.#touchedSeq.get(key) ?? 0;
  }

  /** Change number of the last change of the ERP record; 0 for none. */
  erpSeq(key: string): number {
    return this.#erpSeq.get(key) ?? 0;
  }

  erpChanged(change: ErpChange): void {
    this.#seq += 1;
    if (change.author === "connector") this.connectorWrites += 1;
    for (const [place, value] of rawCells(change.after)) if (place.endsWith("|price")) this.#prices.add(value);
    for (const object of OBJECTS_OF[change.collection] ?? []) {
      const key = `erp:${object}:${change.key.join(":")}`;
      this.#erpSeq.set(key, this.#seq);
      const before = erpCells(object, key, change.before);
      const after = erpCells(object, key, change.after);
      this.#noteDeletion("external", key, change.after === undefined, change.author);
      this.#write("external", key, before, after, change.author);
      if (change.author !== "connector") continue;
      for (const what of this.#spelledOtherwise(change)) this.#watch.spelledOtherwise(key, what);
      if (change.after === undefined && change.before !== undefined) this.#watch.deletedInErp(object, key);
      for (const line of change.before?.lines.keys() ?? []) {
        if (change.after !== undefined && !change.after.lines.has(line)) this.#watch.lineDeletedInErp(key, line);
      }
    }
  }

  /** Columns of the record or of one of its lines in which the connector has only changed the form of a value. */
  #spelledOtherwise({ before, after }: ErpChange): readonly string[] {
    if (before === undefined || after === undefined) return [];
    const now = rawCells(after);
    return [...rawCells(before)].flatMap(([place, was]) => {
      const is = now.get(place);
      const [line = "", column = ""] = place.split("|");
      // Another product stands on the line: whatever it says is its own.
      const isAnother = line !== "" && now.get(`${line}|sku`) !== before.lines.get(line)?.["sku"];
      if (is === undefined || is === was || isAnother) return [];
      const [old, present] = [was, is].map((value) => amountOr(FIELD_OF[column] ?? column, canonicalOf(value)));
      return old === present ? [`${place} was ${JSON.stringify(was)} and is ${JSON.stringify(is)}`] : [];
    });
  }

  /** The present values of a document's cells on one side; undefined where there is no record. */
  shown(side: Side, object: string, key: string): ReadonlyMap<string, Value> | undefined {
    if (side === "external") {
      const collection = collectionOf(object);
      const row = this.#stage.erp.row(collection, erpNameOf(key));
      return row === undefined ? undefined : erpCells(object, key, row);
    }
    const row = this.#stage.live(object).find((record) => this.keyOf(object, record) === key);
    if (row === undefined) return undefined;
    const cells = new Map(this.#rootCells(object, row));
    if (object !== "Order") return cells;
    for (const item of this.#stage.live("OrderItem")) {
      if (item["OrderId"] !== row["Id"] || item["ERP_Key__c"] === null) continue;
      for (const [name, value] of this.#itemCells(item, row)) cells.set(name, value);
    }
    return cells;
  }

  /** True where a person deleted the record on this side, and nobody made it again. */
  wasDeleted(side: Side, key: string): boolean {
    return this.#deleted.has(`${side} ${key}`);
  }

  /** True where a person has ever changed the Salesforce record. */
  wasEdited(key: string): boolean {
    return this.#touchedSeq.has(key);
  }

  /** Every key that either side has. */
  keys(object: string): readonly string[] {
    const collection = collectionOf(object);
    const own = this.#stage.erp.rows(collection).map((row) => `erp:${object}:${row.key.join(":")}`);
    const theirs = this.#stage
      .live(object)
      .filter((row) => row["IsReductionOrder"] !== true)
      .map((row) => this.keyOf(object, row));
    return [...new Set([...own, ...theirs])];
  }

  /** Lines that Salesforce users made: the connector leaves them alone. */
  hasForeignLines(key: string): boolean {
    return this.#stage
      .live("OrderItem")
      .some((item) => item["ERP_Key__c"] === null && this.#keyOfId.get(String(item["OrderId"])) === key);
  }

  #salesforceChanged(changes: readonly RecordChange[], userId: string): void {
    this.#seq += 1;
    const author = userId === this.#connectorId ? "connector" : "clerk";
    if (author === "connector") this.connectorWrites += 1;
    // An order and its lines may come in one commit: the lines are named after it.
    for (const change of changes) if (ROOT_FIELDS[change.object] !== undefined) this.#rootChanged(change, author);
    for (const change of changes) if (change.object === "OrderItem") this.#itemChanged(change, changes, author);
  }

  #rootChanged({ object, before, after, id }: RecordChange, author: "connector" | "clerk"): void {
    if ((after ?? before)?.["IsReductionOrder"] === true) return;
    const was = before === undefined || before["IsDeleted"] === true ? undefined : before;
    const is = after === undefined || after["IsDeleted"] === true ? undefined : after;
    const oldKey = before === undefined ? undefined : this.keyOf(object, before);
    const key = after === undefined ? oldKey : this.keyOf(object, after);
    if (key === undefined) return;
    this.#keyOfId.set(id, key);
    if (oldKey !== undefined && oldKey !== key) this.#rename(oldKey, key);
    if (author === "clerk") this.#touchedSeq.set(key, this.#seq);
    if (author === "clerk" && was !== undefined && is === undefined) this.#watch.deletedByPerson(key);
    this.#noteDeletion("salesforce", key, is === undefined, author);
    const none = new Map<string, Value>();
    this.#write(
      "salesforce",
      key,
      was === undefined ? none : this.#rootCells(object, was),
      is === undefined ? none : this.#rootCells(object, is),
      author,
    );
    if (author !== "connector") return;
    if (before === undefined && is !== undefined) this.#watch.made(object, is);
    if (was !== undefined && is !== undefined) this.#checkSpelling(object, key, was, is);
    if (was !== undefined && is === undefined) this.#watch.deletedInSalesforce(object, key);
  }

  /** No write to Salesforce changes only how a value is spelled, but for what the ERP itself spells so. */
  #checkSpelling(object: string, key: string, was: Row, is: Row): void {
    const [before, after] = [this.#rootCells(object, was), this.#rootCells(object, is)];
    const row = this.#stage.erp.row(collectionOf(object), erpNameOf(key));
    const theirs = row === undefined ? undefined : [...rawCells(row).values()];
    for (const field of ROOT_FIELDS[object] ?? []) {
      const [old, now] = [was[field], is[field]];
      if (theirs?.includes(String(now)) === true) continue;
      if (old !== now && before.get(`|${field}`) === after.get(`|${field}`) && referredObject(field) === undefined)
        this.#watch.respelled(key, `${field}: ${JSON.stringify(old)} is ${JSON.stringify(now)}`);
    }
  }

  #noteDeletion(side: Side, key: string, gone: boolean, author: "connector" | "clerk"): void {
    if (!gone) this.#deleted.delete(`${side} ${key}`);
    else if (author === "clerk") this.#deleted.add(`${side} ${key}`);
  }

  #itemChanged(change: RecordChange, all: readonly RecordChange[], author: "connector" | "clerk"): void {
    const { before, after } = change;
    const row = after ?? before;
    const orderId = String(row?.["OrderId"]);
    const key = this.#keyOfId.get(orderId);
    if (key === undefined || row === undefined) return;
    if (author === "clerk") this.#touchedSeq.set(key, this.#seq);
    const stored = row["ERP_Key__c"];
    if (typeof stored !== "string") {
      if (author === "connector" && before === undefined && after !== undefined) this.#watch.made("OrderItem", after);
      return;
    }
    if (stored.includes("ReductionOrderItem")) return;
    const was = before === undefined || before["IsDeleted"] === true ? undefined : before;
    const is = after === undefined || after["IsDeleted"] === true ? undefined : after;
    const none = new Map<string, Value>();
    this.#write(
      "salesforce",
      key,
      was === undefined ? none : this.#itemCells(was, undefined),
      is === undefined ? none : this.#itemCells(is, undefined),
      author,
    );
    if (author !== "connector") return;
    if (before === undefined && is !== undefined) this.#watch.made("OrderItem", is);
    if (was !== undefined && is !== undefined)
      for (const field of ["Quantity", "UnitPrice"]) {
        const [old, now] = [was[field], is[field]];
        const isAlike = amountOr(field, canonicalOf(old)) === amountOr(field, canonicalOf(now));
        if (old !== now && isAlike)
          this.#watch.respelled(stored, `${field}: ${JSON.stringify(old)} is ${JSON.stringify(now)}`);
      }
    const orderGoes = all.some((other) => other.id === orderId && other.after?.["IsDeleted"] === true);
    if (was === undefined || is !== undefined || orderGoes) return;
    this.#watch.lineDeletedInSalesforce(key, stored, this.#keyReferredTo("PricebookEntry", was["PricebookEntryId"]));
  }

  #write(
    side: Side,
    key: string,
    before: ReadonlyMap<string, Value>,
    after: ReadonlyMap<string, Value>,
    author: "connector" | "clerk",
  ): void {
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const old = before.get(name);
      const now = after.get(name);
      if (old === now) continue;
      const cell = this.#cellOf(side, key, name);
      if (author === "connector" && old !== undefined) this.#watch.overwriting({ side, key, name, old, now, cell });
      const { gone } = cell;
      if (old !== undefined && now === undefined) cell.gone = { value: old, by: cell.by, clerkSeq: cell.clerkSeq };
      cell.value = now;
      if (now !== undefined) cell.unsynced.set(now, this.#seq);
      // Who undeletes a record has not written its values: they are as old, and of the same hand, as before.
      const isUndeleted = author === "clerk" && old === undefined && gone !== undefined && gone.value === now;
      cell.by = isUndeleted ? gone.by : author;
      if (author === "clerk" && now !== undefined && !isUndeleted) cell.entered.set(now, this.#seq);
      if (author === "clerk") cell.clerkSeq = isUndeleted ? gone.clerkSeq : this.#seq;
      else cell.connectorSeq = this.#seq;
    }
  }

  /** The business key of a record: its own, the one that it was adopted by, or one by its Id where it has none. */
  keyOf(object: string, row: Row): string {
    return this.#stage.keyOf(object, row);
  }

  #rename(from: string, to: string): void {
    // Cells are added while they are walked through.
    const cells = [...this.#cells];
    for (const [id, cell] of cells) {
      const [side, key, ...rest] = id.split("|");
      if (side !== "salesforce" || key !== from) continue;
      const target = cellId("salesforce", to, rest.join("|"));
      const known = this.#cells.get(target);
      this.#cells.set(target, {
        ...cell,
        unsynced: new Map([...cell.unsynced, ...(known?.unsynced ?? [])]),
        entered: new Map([...cell.entered, ...(known?.entered ?? [])]),
      });
    }
  }

  #rootCells(object: string, row: Row): ReadonlyMap<string, Value> {
    return new Map(
      (ROOT_FIELDS[object] ?? []).map((field) => {
        const value = row[field];
        const referred = referredObject(field);
        const canonical =
          referred === undefined ? amountOr(field, canonicalOf(value)) : this.#keyReferredTo(referred, value);
        return [`|${field}`, canonical] as const;
      }),
    );
  }

  #keyReferredTo(object: string, id: unknown): Value {
    return typeof id === "string" ? (this.#keyOfId.get(id) ?? `erp:${object}:${id}`) : null;
  }

  #itemCells(item: Row, order: Row | undefined): ReadonlyMap<string, Value> {
    const line = String(item["ERP_Key__c"]);
    const reduced = this.#stage.config.onActivated === "reduce" && order?.["StatusCode"] === "Activated";
    const quantity = reduced ? (item["AvailableQuantity"] ?? item["Quantity"]) : item["Quantity"];
    return new Map([
      [`${line}|PricebookEntryId`, this.#keyReferredTo("PricebookEntry", item["PricebookEntryId"])],
      [`${line}|Quantity`, amountOr("Quantity", canonicalOf(quantity))],
      [`${line}|UnitPrice`, amountOr("UnitPrice", canonicalOf(item["UnitPrice"]))],
    ]);
  }

  #cellOf(side: Side, key: string, name: string): Cell {
    const id = cellId(side, key, name);
    let cell = this.#cells.get(id);
    if (cell === undefined) {
      cell = { value: undefined, by: "clerk", clerkSeq: 0, connectorSeq: 0, unsynced: new Map(), entered: new Map() };
      this.#cells.set(id, cell);
    }
    return cell;
  }
}

function renameValue(cell: Cell, from: string, to: string): void {
  if (cell.value === from) cell.value = to;
  for (const values of [cell.unsynced, cell.entered]) {
    const seq = values.get(from);
    if (seq !== undefined) values.set(to, Math.max(seq, values.get(to) ?? 0));
  }
}
