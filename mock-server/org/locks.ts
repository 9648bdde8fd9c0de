/** Who holds which records: row locks that a test sets, and long transactions that are open. */
import type { LongTransaction } from "./long-transaction.ts";

/** The holds on one org's records. */
export class Locks {
  readonly #rows = new Map<string, number>();
  readonly #transactions = new Set<LongTransaction>();

  /** Holds the record until the returned function is called; holds of one record add up. */
  lock(id: string): () => void {
    this.#rows.set(id, (this.#rows.get(id) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#rows.get(id) ?? 0) - 1;
      if (left > 0) this.#rows.set(id, left);
      else this.#rows.delete(id);
    };
  }

  /** Counts the transaction as open until `ended`. */
  opened(transaction: LongTransaction): void {
    this.#transactions.add(transaction);
  }

  ended(transaction: LongTransaction): void {
    this.#transactions.delete(transaction);
  }

  isLocked(id: string): boolean {
    if (this.#rows.size > 0 && this.#rows.has(id)) return true;
    for (const transaction of this.#transactions) if (transaction.locks(id)) return true;
    return false;
  }

  /** The start of the oldest open long transaction; undefined when none is open. */
  get oldestStartMs(): number | undefined {
    let oldest: number | undefined;
    for (const { startMs } of this.#transactions) oldest = Math.min(oldest ?? startMs, startMs);
    return oldest;
  }

  /** Releases every row lock and rolls back every long transaction. */
  dropAll(): void {
    this.#rows.clear();
    for (const transaction of this.#transactions) transaction.rollback();
  }
}
