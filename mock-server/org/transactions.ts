/**
 * How an org's transactions run: one at a time, each against the org as it is now; what they changed is reported when they are
 * over. Also what begins or ends with them: the purge of the recycle bin, long transactions, row locks.
 */
import assert from "node:assert/strict";
import type { ManualClock } from "./clock.ts";
import type { Counters } from "./ids.ts";
import { Listeners } from "./listeners.ts";
import { Locks } from "./locks.ts";
import { LongTransaction } from "./long-transaction.ts";
import type { Actor, CommitListener, RecordChange, Transaction, TransactionOrigin } from "./port.ts";
import type { RecentlyViewed } from "./recently-viewed.ts";
import type { Deletion, RecycleBin } from "./recycle-bin.ts";
import { changesRights } from "./rights.ts";
import type { Setup } from "./setup.ts";
import { Stamps } from "./stamps.ts";
import type { Table } from "./table.ts";
import { OrgTransaction } from "./transaction.ts";

/** What transactions work on: the parts of their org. */
export interface OrgParts {
  readonly clock: ManualClock;
  readonly counters: Counters;
  readonly setup: Setup;
  readonly recycleBin: RecycleBin;
  readonly recentlyViewed: RecentlyViewed;
  /** The tables of now: a change of the schema replaces them. */
  readonly tables: () => ReadonlyMap<string, Table>;
}

/** The transactions of one org. */
export class Transactions {
  readonly #org: OrgParts;
  readonly #committed = new Listeners<Parameters<CommitListener>>();
  readonly #locks = new Locks();
  readonly #stamps = new Stamps();
  #current: OrgTransaction | undefined;

  constructor(org: OrgParts) {
    this.#org = org;
  }

  /** Runs the work in a transaction: what it throws undoes it, what it changed is reported to the listeners. */
  transact<T>(actor: Actor, work: (tx: Transaction) => T, origin?: TransactionOrigin): T {
    this.#purge();
    const { result, changes } = this.#run(actor, (tx) => ({ result: atOnce(work(tx)), changes: tx.changes() }));
    this.#publish(changes, actor, origin);
    return result;
  }

  onCommit(listener: CommitListener): () => void {
    return this.#committed.add(listener);
  }

  /** Opens a transaction that others do not wait for. */
  openLong(actor: Actor): LongTransaction {
    const transaction = new LongTransaction(
      {
        rehearse: (by, pending, work) => this.#rehearse(by, pending, work),
        commit: (by, changes) => {
          this.#run(by, (tx) => tx.apply(changes));
          this.#publish(changes, by);
        },
        ended: (ended) => this.#locks.ended(ended),
      },
      actor,
      this.#org.clock.nowMs(),
    );
    this.#locks.opened(transaction);
    return transaction;
  }

  lockRow(id: string): () => void {
    return this.#locks.lock(id);
  }

  /** Removes the records of these deletions and tells of it. */
  purge(deletions: readonly Deletion[]): void {
    this.#publish(this.#removeAll(deletions), this.#org.setup.actors.system());
  }

  /** Asserts that no transaction runs. `what` is a sentence about what would disturb it. */
  assertNone(what: string): void {
    if (this.#current !== undefined) assert.fail(what);
  }

  /** Rolls back every long transaction and releases every row lock. */
  dropAll(): void {
    this.#locks.dropAll();
  }

  /** Up to when every change is visible, in wire form. */
  latestDateCovered(): string {
    const nowMs = this.#org.clock.nowMs();
    return this.#stamps.at(Math.min(nowMs, this.#locks.oldestStartMs ?? nowMs));
  }

  #run<T>(
    actor: Actor,
    work: (tx: OrgTransaction) => T,
    isLocked: (id: string) => boolean = (id) => this.#locks.isLocked(id),
  ): T {
    this.assertNone("a transaction does not begin within another");
    const { clock, counters, setup, recentlyViewed, tables } = this.#org;
    const nowMs = clock.nowMs();
    const tx = new OrgTransaction({
      tables: tables(),
      actor,
      catalog: setup.catalog,
      settings: setup.settings,
      now: this.#stamps.at(nowMs),
      nowMs,
      counters,
      sharing: setup.sharing,
      recentlyViewed,
      isLocked,
    });
    this.#current = tx;
    try {
      return work(tx);
    } catch (error) {
      tx.rollback();
      throw error;
    } finally {
      tx.close();
      this.#current = undefined;
    }
  }

  #publish(changes: readonly RecordChange[], actor: Actor, origin?: TransactionOrigin): void {
    if (changes.length === 0) return;
    const { clock, recycleBin, setup } = this.#org;
    if (changes.some(changesRights)) setup.changed(clock.nowMs());
    recycleBin.record(changes, this.#stamps.at(clock.nowMs()));
    this.#committed.tell(changes, actor, origin);
  }

  #rehearse<T>(
    actor: Actor,
    pending: readonly RecordChange[],
    work: (tx: Transaction) => T,
  ): { result: T; changes: readonly RecordChange[] } {
    return this.#run(actor, (tx) => {
      tx.apply(pending);
      const result = atOnce(work(tx));
      const changes = tx.changes();
      tx.rollback();
      return { result, changes };
    });
  }

  /** Removes what has been in the recycle bin for 15 days. */
  #purge(): void {
    if (this.#current !== undefined) return;
    const due = this.#org.recycleBin.expire(this.#org.clock.nowMs());
    if (due.length > 0) this.#committed.tell(this.#removeAll(due), this.#org.setup.actors.system(), undefined);
  }

  /** The bin waits for nobody: it also removes records that are locked. */
  #removeAll(deletions: readonly Deletion[]): readonly RecordChange[] {
    const tables = this.#org.tables();
    const remove = (tx: OrgTransaction) => {
      // An object that was deleted since took its records along.
      for (const { object, id } of deletions)
        if (tables.has(object) && tx.get(object, id) !== undefined) tx.remove(object, id);
      return tx.changes();
    };
    return this.#run(this.#org.setup.actors.system(), remove, () => false);
  }
}

/** The result of work that is really over: what a promise does later would escape the undo log. */
function atOnce<T>(result: T): T {
  if (result instanceof Promise) assert.fail("the work of a transaction is synchronous");
  return result;
}
