/**
 * A hash index: under each key the Ids of the records that have it.
 *
 * Most keys have one Id, references a few, and some (the owner, the price book) nearly all records of the object. Each
 * of the three has its own shape, so that a unique index costs no list per record and a huge bucket loses an Id in
 * constant time.
 */
import { compareText, lowerBound } from "./sorted-keys.ts";

/** What an index is keyed by: the field's value, text already folded where letter case does not matter. */
export type IndexKey = string | number;

/** Longest bucket that is kept as an ascending list and replaced as a whole. */
const SMALL_BUCKET_MAX = 16;

type Bucket = string | readonly string[] | LargeBucket;

/** An index of one layer of one table. */
export class HashIndex {
  readonly #buckets = new Map<IndexKey, Bucket>();

  has(key: IndexKey): boolean {
    return this.#buckets.has(key);
  }

  /** Adds the Id under the key; adding it twice changes nothing. Returns true when the key is new. */
  add(key: IndexKey, id: string): boolean {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, id);
      return true;
    }
    if (typeof bucket === "string") {
      if (bucket !== id) this.#buckets.set(key, bucket < id ? [bucket, id] : [id, bucket]);
    } else if (bucket instanceof LargeBucket) {
      bucket.add(id);
    } else {
      const at = lowerBound(bucket, id);
      if (bucket[at] === id) return false;
      const longer = bucket.toSpliced(at, 0, id);
      this.#buckets.set(key, longer.length > SMALL_BUCKET_MAX ? new LargeBucket(longer) : longer);
    }
    return false;
  }

  /** Removes the Id from the key, if it is there. Returns true when the key is gone with it. */
  remove(key: IndexKey, id: string): boolean {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return false;
    if (typeof bucket === "string") return bucket === id && this.#buckets.delete(key);
    if (bucket instanceof LargeBucket) return bucket.remove(id) === 0 && this.#buckets.delete(key);
    const shorter = bucket.filter((other) => other !== id);
    const [only] = shorter;
    if (only === undefined) return this.#buckets.delete(key);
    this.#buckets.set(key, shorter.length === 1 ? only : shorter);
    return false;
  }

  /** The Ids under the key, ascending; empty when there are none. Valid until the next change. */
  ids(key: IndexKey): readonly string[] {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return [];
    if (typeof bucket === "string") return [bucket];
    return bucket instanceof LargeBucket ? bucket.ids() : bucket;
  }
}

class LargeBucket {
  #ids: Set<string>;
  #last: string;
  #ascending = true;
  #list: readonly string[] | undefined;

  /** `ascending` holds at least one Id. */
  constructor(ascending: readonly string[]) {
    this.#ids = new Set(ascending);
    this.#last = ascending.at(-1) ?? "";
  }

  add(id: string): void {
    if (this.#ids.has(id)) return;
    if (id > this.#last) this.#last = id;
    else this.#ascending = false;
    this.#ids.add(id);
    this.#list = undefined;
  }

  /** Returns how many Ids are left. */
  remove(id: string): number {
    if (this.#ids.delete(id)) this.#list = undefined;
    return this.#ids.size;
  }

  ids(): readonly string[] {
    if (this.#list !== undefined) return this.#list;
    const list = [...this.#ids];
    if (!this.#ascending) {
      list.sort(compareText);
      this.#ids = new Set(list);
      this.#ascending = true;
      this.#last = list.at(-1) ?? "";
    }
    this.#list = list;
    return list;
  }
}
