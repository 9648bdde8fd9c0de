/**
 * The records that a query reads, held beyond the transaction of its first page.
 *
 * A result's rows are fixed when the query runs, but parents and children are read when a page is made; the next page
 * comes in another transaction, to which the records are then attached.
 */
import { computedRecords } from "../org/computed-records.ts";
import { visibleRecords } from "../org/dataset.ts";
import type { Transaction } from "../org/port.ts";
import type { SoqlDataset } from "../soql/base/port.ts";

/** The visible records of whatever transaction it is attached to. */
export class HeldRecords implements SoqlDataset {
  #records: SoqlDataset;

  constructor(tx: Transaction) {
    this.#records = computedRecords(tx, visibleRecords(tx));
  }

  /** Reads from this transaction from now on. */
  attach(tx: Transaction): void {
    this.#records = computedRecords(tx, visibleRecords(tx));
  }

  readonly get: SoqlDataset["get"] = (object, id) => this.#records.get(object, id);
  readonly rows: SoqlDataset["rows"] = (object) => this.#records.rows(object);
  readonly count: SoqlDataset["count"] = (object) => this.#records.count(object);
  readonly hasIndex: SoqlDataset["hasIndex"] = (object, field) => this.#records.hasIndex(object, field);
  readonly find: SoqlDataset["find"] = (object, field, value) => this.#records.find(object, field, value);
  readonly byStamp: SoqlDataset["byStamp"] = (object, from, to) => this.#records.byStamp(object, from, to);
}
