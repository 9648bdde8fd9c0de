/**
 * A transaction that stays open while others commit: the reason why a change can become visible with an old stamp.
 *
 * The platform takes a record's stamp when it is saved and shows the record when its transaction commits (reference:
 * change-events §1.2 P2, §9.1). Here the work runs at once, its changes are taken out again and kept aside, and the
 * records that it touched are locked; the commit puts the changes in with the stamps they were given.
 */
import assert from "node:assert/strict";
import type { Actor, RecordChange, Transaction } from "./port.ts";

/** What a long transaction needs from its org. */
export interface LongTransactionHost {
  /** Runs work on top of the pending changes and returns all changes so far; the org itself is left as it was. */
  rehearse<T>(
    actor: Actor,
    pending: readonly RecordChange[],
    work: (tx: Transaction) => T,
  ): { readonly result: T; readonly changes: readonly RecordChange[] };
  /** Commits the changes and tells the org's listeners. */
  commit(actor: Actor, changes: readonly RecordChange[]): void;
  /** Called when the transaction ends in either way. */
  ended(transaction: LongTransaction): void;
}

/** One open long transaction. While it is open it holds back the org's `latestDateCovered` to its start. */
export class LongTransaction {
  readonly startMs: number;
  readonly actor: Actor;
  readonly #host: LongTransactionHost;
  #changes: readonly RecordChange[] = [];
  #locked: ReadonlySet<string> = new Set();
  #open = true;

  constructor(host: LongTransactionHost, actor: Actor, startMs: number) {
    this.#host = host;
    this.actor = actor;
    this.startMs = startMs;
  }

  get open(): boolean {
    return this.#open;
  }

  /** True where this transaction has changed the record and not ended yet. */
  locks(id: string): boolean {
    return this.#locked.has(id);
  }

  /** Does work in it. It sees what this transaction did before; nobody else sees any of it before the commit. */
  run<T>(work: (tx: Transaction) => T): T {
    assert(this.#open, "a long transaction is used only until it ends");
    // Its own locks must not stop it.
    const locked = this.#locked;
    this.#locked = new Set();
    try {
      const { result, changes } = this.#host.rehearse(this.actor, this.#changes, work);
      this.#changes = changes;
      return result;
    } finally {
      this.#locked = this.#changes.length === 0 ? locked : new Set(this.#changes.map((change) => change.id));
    }
  }

  /** Makes its changes visible, with the stamps that they were given when they were made. */
  commit(): void {
    const changes = this.#changes;
    this.rollback();
    this.#host.commit(this.actor, changes);
  }

  /** Drops its changes. Ending it twice does nothing. */
  rollback(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#locked = new Set();
    this.#changes = [];
    this.#host.ended(this);
  }
}
