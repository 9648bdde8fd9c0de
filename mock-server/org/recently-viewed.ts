/** The records that each user looked at last. Only calls that ask for it (`Sforce-Mru`) move the list. */

/** `/recent` never shows more. */
export const RECENT_MAX = 200;

/** One record on the list. */
export interface RecentRecord {
  readonly object: string;
  readonly id: string;
}

/** Most recently used lists by user. */
export class RecentlyViewed {
  readonly #byUser = new Map<string, readonly RecentRecord[]>();

  /** Puts a record at the head of a user's list. */
  touch(userId: string, record: RecentRecord): void {
    const others = this.list(userId).filter((entry) => entry.id !== record.id);
    this.#byUser.set(userId, [record, ...others].slice(0, RECENT_MAX));
  }

  /** A user's records, the latest first. */
  list(userId: string): readonly RecentRecord[] {
    return this.#byUser.get(userId) ?? [];
  }
}
