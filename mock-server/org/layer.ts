/**
 * One layer of a table: records with the indexes over them. A table is a stack of layers; only the top one changes.
 */
import type { Row } from "../schema/definition.ts";
import { HashIndex, type IndexKey } from "./hash-index.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** How one indexed field turns a record into a key. */
export interface IndexedField {
  readonly name: string;
  /** True where letter case does not matter. */
  readonly folded: boolean;
}

/** What is indexed of one object. */
export interface IndexPlan {
  readonly fields: readonly IndexedField[];
  /** Whether records carry a `SystemModstamp`. */
  readonly stamped: boolean;
}

/** The key of a value in the index of a field; undefined where the value is not indexed (null, boolean). */
export function indexKey(field: IndexedField, value: unknown): IndexKey | undefined {
  if (typeof value === "string") return field.folded ? value.toLowerCase() : value;
  return typeof value === "number" ? value : undefined;
}

/**
 * Records of one object with their indexes. `null` in place of a record says that a lower layer's record is removed.
 *
 * An index of a layer above another may lack Ids whose key did not change there, and the lower one may hold Ids whose
 * record has another value by now: who reads through several layers joins the Ids of all and checks each record.
 */
export class Layer {
  readonly rows = new Map<string, Row | null>();
  readonly ids = new SortedKeys((id) => this.rows.has(id));
  readonly indexes: readonly HashIndex[];
  readonly stamps = new HashIndex();
  readonly stampKeys = new SortedKeys((stamp) => this.stamps.has(stamp));

  constructor(plan: IndexPlan) {
    this.indexes = plan.fields.map(() => new HashIndex());
  }

  /** Stores a record, or with `null` the mark that it is removed. */
  setRow(id: string, row: Row | null): void {
    const isNew = !this.rows.has(id);
    this.rows.set(id, row);
    if (isNew) this.ids.add(id);
  }

  /** Forgets a record altogether; only right where no lower layer has it. */
  dropRow(id: string): void {
    if (this.rows.delete(id)) this.ids.remove();
  }

  addStamp(stamp: string, id: string): void {
    if (this.stamps.add(stamp, id)) this.stampKeys.add(stamp);
  }

  removeStamp(stamp: string, id: string): void {
    if (this.stamps.remove(stamp, id)) this.stampKeys.remove();
  }
}
