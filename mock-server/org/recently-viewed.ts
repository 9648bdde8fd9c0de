/**
 * The records that each user looked at last, and when. Only calls that ask for it move the list: `Sforce-Mru`, and
 * queries FOR VIEW and FOR REFERENCE (reference: soql §5.10 [doc]).
 *
 * `LastViewedDate` and `LastReferencedDate` are each reader's own, so they stand here and not in the records
 * (reference: order-domain §1.0 [memory]).
 */
import type { Row } from "../schema/definition.ts";

/** `/recent` never shows more. */
export const RECENT_MAX = 200;

/** One record on the list. */
export interface RecentRecord {
  readonly object: string;
  readonly id: string;
  /** In wire form; null where it was only referenced. */
  readonly viewed: string | null;
  readonly referenced: string;
}

/** A look at a record: viewing counts as a reference too. */
export interface Look {
  readonly object: string;
  readonly id: string;
  readonly mode: "view" | "reference";
  /** When, in wire form. */
  readonly at: string;
}

/** Most recently used lists by user. */
export class RecentlyViewed {
  readonly #byUser = new Map<string, Map<string, RecentRecord>>();

  /** Puts a record at the head of a user's list. */
  touch(userId: string, { object, id, mode, at }: Look): void {
    const records = this.#byUser.get(userId) ?? new Map<string, RecentRecord>();
    const viewed = mode === "view" ? at : (records.get(id)?.viewed ?? null);
    records.delete(id);
    records.set(id, { object, id, viewed, referenced: at });
    const oldest = records.keys().next();
    if (records.size > RECENT_MAX && !oldest.done) records.delete(oldest.value);
    this.#byUser.set(userId, records);
  }

  /** A user's records, the latest first. */
  list(userId: string): readonly RecentRecord[] {
    return [...(this.#byUser.get(userId)?.values() ?? [])].reverse();
  }

  /** What gives a record the dates of this user's looks; undefined where the user has looked at nothing. */
  dates(userId: string): ((row: Row) => Row) | undefined {
    const records = this.#byUser.get(userId);
    if (records === undefined) return undefined;
    return (row) => {
      const record = records.get(String(row["Id"]));
      if (record === undefined || row["LastViewedDate"] === undefined) return row;
      return { ...row, LastViewedDate: record.viewed, LastReferencedDate: record.referenced };
    };
  }

  /** Forgets all looks. */
  clear(): void {
    this.#byUser.clear();
  }
}
