/** What the connector has read and stored, as far as its traffic and its commits show it. */
import type { StateBatch, StoredConflict } from "../../src/state/port.ts";
import type { Base } from "../../src/sync/decision.ts";
import { CONCURRENT_EDIT } from "../../src/sync/pre-image.ts";
import { OBJECTS_OF } from "./cells.ts";

/** An intent: the change number of the read behind it, of its storing, and of its look-up because its end was unknown. */
export interface StoredIntent {
  readonly key: string;
  readonly readSeq: number;
  readonly putSeq: number;
  recoveredSeq: number | null;
}

/** A journal entry of a document. */
interface Told {
  readonly key: string;
  readonly text: string;
}

/** The connector seen from outside. */
export class ConnectorView {
  readonly conflicts = new Map<string, StoredConflict>();
  readonly intents = new Map<string, StoredIntent>();
  /** Edits that pre-images showed. */
  readonly concurrentEdits: Told[] = [];
  /** Intents that were looked up. */
  readonly recovered: Told[] = [];
  readonly #bases = new Map<string, Base>();
  readonly #readSeq = new Map<string, number>();
  readonly #erpReadSeq = new Map<string, number>();

  /** The documents were read in Salesforce, as they were at change number `seq`. */
  readSalesforce(keys: Iterable<string>, seq: number): void {
    for (const key of keys) this.#readSeq.set(key, seq);
  }

  /** The document of the first name is known by the second one from now on. */
  rename(from: string, to: string): void {
    this.#readSeq.set(to, Math.max(this.readSeq(from), this.readSeq(to)));
  }

  readErp(collection: string, keys: Iterable<string>, seq: number): void {
    for (const key of keys)
      for (const object of OBJECTS_OF[collection] ?? []) this.#erpReadSeq.set(`erp:${object}:${key}`, seq);
  }

  /** Change number at which the document was last read in Salesforce; 0 for never. */
  readSeq(key: string): number {
    return this.#readSeq.get(key) ?? 0;
  }

  erpReadSeq(key: string): number {
    return this.#erpReadSeq.get(key) ?? 0;
  }

  /** What both sides agreed on last. */
  base(object: string, key: string): Base | undefined {
    return this.#bases.get(`${object} ${key}`);
  }

  /** Takes in what was committed at change number `seq`. */
  committed(batch: StateBatch, seq: number): void {
    for (const conflict of batch.conflicts ?? []) this.conflicts.set(conflict.id, conflict);
    for (const { id, key } of batch.putIntents ?? []) {
      this.intents.set(id, { key, readSeq: this.readSeq(key), putSeq: seq, recoveredSeq: null });
    }
    for (const entry of batch.journal ?? []) {
      const told = { key: entry.key, text: JSON.stringify(entry.detail) };
      if (entry.event === CONCURRENT_EDIT) this.concurrentEdits.push(told);
      if (entry.event !== "recovered") continue;
      this.recovered.push(told);
      const intent = this.intents.get(String(entry.detail["intent"]));
      if (intent !== undefined) intent.recoveredSeq = seq;
    }
    for (const base of batch.bases ?? []) this.#bases.set(`${base.object} ${base.key}`, base);
    for (const { object, key } of batch.removeBases ?? []) this.#bases.delete(`${object} ${key}`);
  }

  /** True where the end of a write of the document had to be looked up. */
  wasLookedUp(key: string): boolean {
    return [...this.intents.values()].some((intent) => intent.key === key && intent.recoveredSeq !== null);
  }

  /** Conflicts that wait for a person. */
  openConflicts(): readonly StoredConflict[] {
    return [...this.conflicts.values()].filter(({ resolvedAtMs, winner }) => resolvedAtMs === null && winner === null);
  }

  /** True where both sides have never been known to agree on the document. */
  neverAgreed(object: string, key: string): boolean {
    return (this.base(object, key)?.document ?? null) === null;
  }
}
