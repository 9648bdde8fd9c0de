/**
 * A set of texts that is read in ascending order and mostly written in ascending order.
 *
 * Appending the greatest key costs nothing; a key that comes late waits aside and is sorted in at the next read.
 */

/** Up to this many late keys are placed one by one; more are merged by one sort. */
const LATE_INSERTS_MAX = 32;
/** Below this many removed keys the list is not rebuilt. */
const REMOVED_KEPT_MAX = 64;

/**
 * The ascending key list of a map that somebody else holds.
 *
 * The holder tells of every key that appears in or disappears from its map; removed keys stay in the list for a while,
 * so a reader passes over keys that `present` does not know.
 */
export class SortedKeys {
  readonly #present: (key: string) => boolean;
  #keys: string[] = [];
  #late: string[] = [];
  #removed = 0;
  #alwaysAscending = true;

  /** `present` tells whether the holder's map has the key now. */
  constructor(present: (key: string) => boolean) {
    this.#present = present;
  }

  /** True while every key was added above all earlier ones: then the holder's `Map` itself is in ascending order. */
  get alwaysAscending(): boolean {
    return this.#alwaysAscending;
  }

  /** Tells of a key that the holder's map has now and did not have before. */
  add(key: string): void {
    const last = this.#keys.at(-1);
    if (this.#late.length === 0 && (last === undefined || key > last)) {
      this.#keys.push(key);
      return;
    }
    this.#alwaysAscending = false;
    this.#late.push(key);
    // Without reads in between, a key that comes and goes would pile up here.
    if (this.#late.length > this.#keys.length + REMOVED_KEPT_MAX) this.ordered();
  }

  /** Tells of a key that the holder's map has no longer. */
  remove(): void {
    this.#removed += 1;
    if (this.#removed > REMOVED_KEPT_MAX && this.#removed * 2 > this.#keys.length) this.#rebuild();
  }

  /** The keys in ascending order without repetition. It may hold removed keys; valid until the next change. */
  ordered(): readonly string[] {
    if (this.#late.length === 0) return this.#keys;
    if (this.#late.length > LATE_INSERTS_MAX) {
      this.#rebuild();
      return this.#keys;
    }
    for (const key of this.#late) {
      const at = lowerBound(this.#keys, key);
      if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
    }
    this.#late = [];
    return this.#keys;
  }

  #rebuild(): void {
    const live = [...this.#keys, ...this.#late].filter((key) => this.#present(key));
    live.sort(compareText);
    this.#keys = live.filter((key, at) => at === 0 || live[at - 1] !== key);
    this.#late = [];
    this.#removed = 0;
  }
}

/** The index of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = keys[middle];
    if (at !== undefined && at < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Order by UTF-16 units, as `<` does; record Ids and stamps are ASCII. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
