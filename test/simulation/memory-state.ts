/**
 * A state store in memory, for speed. What it keeps has been through JSON, as on a database; it gives back the same
 * entries again and again, which nobody may change.
 */
import { SyncError } from "../../src/errors.ts";
import type { BusinessKey, RecordId } from "../../src/model/key.ts";
import type {
  JournalEntry,
  JournalQuery,
  Lease,
  RunRecord,
  StateBatch,
  StateStore,
  StoredConflict,
} from "../../src/state/port.ts";
import type { Base, DeadLetter, Intent, Link, Parked } from "../../src/sync/decision.ts";

interface ObjectKey {
  readonly object: string;
  readonly key: BusinessKey;
}

/** `StateStore` on Maps; a commit is all or nothing because nothing in it can fail. */
export class MemoryState implements StateStore {
  readonly #leases = new Map<string, { fence: number; holder: string; expiresAtMs: number }>();
  readonly #cursors = new Map<string, string>();
  readonly #links = new Map<string, Link>();
  readonly #linkByRecordId = new Map<string, string>();
  readonly #bases = new Map<string, Base>();
  readonly #intents = new Map<string, Intent>();
  readonly #parked = new Map<string, Parked>();
  readonly #deadLetters = new Map<string, DeadLetter>();
  readonly #conflicts = new Map<string, StoredConflict>();
  readonly #journal: JournalEntry[] = [];
  readonly #runs = new Map<string, RunRecord>();

  async migrate(): Promise<void> {}

  async acquireLease(request: {
    readonly name: string;
    readonly holder: string;
    readonly ttlMs: number;
    readonly nowMs: number;
  }): Promise<Lease | undefined> {
    const { name, holder, ttlMs, nowMs } = request;
    const unsynced = this.#leases.get(name);
    if (unsynced !== undefined && unsynced.expiresAtMs > nowMs && unsynced.holder !== holder) return undefined;
    const lease = { fence: (unsynced?.fence ?? 0) + 1, holder, expiresAtMs: nowMs + ttlMs };
    this.#leases.set(name, lease);
    return { name, ...lease };
  }

  async renewLease(lease: Lease, ttlMs: number, nowMs: number): Promise<Lease | undefined> {
    const unsynced = this.#leases.get(lease.name);
    if (unsynced?.fence !== lease.fence) return undefined;
    unsynced.expiresAtMs = nowMs + ttlMs;
    return { ...lease, expiresAtMs: unsynced.expiresAtMs };
  }

  async releaseLease(lease: Lease): Promise<void> {
    const unsynced = this.#leases.get(lease.name);
    if (unsynced?.fence === lease.fence) {
      this.#leases.set(lease.name, { fence: unsynced.fence + 1, holder: "", expiresAtMs: 0 });
    }
  }

  async leaseHolder(name: string): Promise<Lease | undefined> {
    const unsynced = this.#leases.get(name);
    return unsynced === undefined || unsynced.holder === "" ? undefined : { name, ...unsynced };
  }

  async cursors(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries([...this.#cursors].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  async links(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Link>> {
    return found(this.#links, object, keys);
  }

  async linksByRecordId(object: string, ids: readonly RecordId[]): Promise<ReadonlyMap<RecordId, Link>> {
    const links = new Map<RecordId, Link>();
    for (const id of ids) {
      const link = this.#links.get(this.#linkByRecordId.get(`${object} ${id}`) ?? "");
      if (link?.recordId === id) links.set(id, link);
    }
    return links;
  }

  async bases(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Base>> {
    return found(this.#bases, object, keys);
  }

  async keys(object: string, after: BusinessKey | null, limit: number): Promise<readonly BusinessKey[]> {
    return [...this.#links.values()]
      .filter((link) => link.object === object && (after === null || link.key > after))
      .map((link) => link.key)
      .sort()
      .slice(0, limit);
  }

  async intents(): Promise<readonly Intent[]> {
    return [...this.#intents.values()].sort(
      (left, right) => left.startedAtMs - right.startedAtMs || (left.id < right.id ? -1 : 1),
    );
  }

  async parked(object?: string): Promise<readonly Parked[]> {
    return byName([...this.#parked.values()].filter((entry) => object === undefined || entry.object === object));
  }

  async deadLetters(object?: string): Promise<readonly DeadLetter[]> {
    return byName([...this.#deadLetters.values()].filter((entry) => object === undefined || entry.object === object));
  }

  async conflicts(query: { readonly open?: boolean; readonly limit: number }): Promise<readonly StoredConflict[]> {
    return [...this.#conflicts.values()]
      .filter((entry) => query.open === undefined || (entry.resolvedAtMs === null) === query.open)
      .sort((left, right) => right.atMs - left.atMs || (right.id < left.id ? -1 : 1))
      .slice(0, query.limit)
      .map((entry) => ({ ...entry, base: entry.base, salesforce: entry.salesforce, external: entry.external }));
  }

  async journal(query: JournalQuery): Promise<readonly JournalEntry[]> {
    return this.#journal
      .filter(
        (entry) =>
          (query.object === undefined || entry.object === query.object) &&
          (query.key === undefined || entry.key === query.key) &&
          (query.runId === undefined || entry.runId === query.runId) &&
          (query.sinceMs === undefined || entry.atMs >= query.sinceMs),
      )
      .reverse()
      .slice(0, query.limit);
  }

  async runs(limit: number): Promise<readonly RunRecord[]> {
    return [...this.#runs.values()]
      .sort((left, right) => right.startedAtMs - left.startedAtMs || (right.id < left.id ? -1 : 1))
      .slice(0, limit);
  }

  async counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    const counts: Record<string, Record<string, number>> = {};
    const count = (what: string, object: string): void => {
      counts[object] ??= { links: 0, bases: 0, openConflicts: 0, deadLetters: 0, parked: 0 };
      counts[object][what] = (counts[object][what] ?? 0) + 1;
    };
    for (const link of this.#links.values()) count("links", link.object);
    for (const base of this.#bases.values()) count("bases", base.object);
    for (const entry of this.#conflicts.values()) if (entry.resolvedAtMs === null) count("openConflicts", entry.object);
    for (const entry of this.#deadLetters.values()) count("deadLetters", entry.object);
    for (const entry of this.#parked.values()) count("parked", entry.object);
    return counts;
  }

  async lineCount(object: string): Promise<number> {
    return [...this.#links.values()]
      .filter((link) => link.object === object)
      .reduce((sum, link) => sum + Object.keys(link.lineIds).length, 0);
  }

  async commit(lease: Lease, batch: StateBatch): Promise<void> {
    for (const required of [lease, ...(batch.under ?? [])]) {
      const unsynced = this.#leases.get(required.name);
      if (unsynced?.fence === required.fence) continue;
      const holder = unsynced === undefined || unsynced.holder === "" ? "nobody" : unsynced.holder;
      throw new SyncError("LEASE_LOST", `Lease "${required.name}" of ${required.holder} is held by ${holder}`);
    }
    this.write(batch);
  }

  /** Writes a batch without asking for a lease: what a person's command does, and a broken store. */
  write(batch: StateBatch): void {
    if (batch.run !== undefined && !Number.isFinite(batch.run.startedAtMs)) throw new TypeError("a run has a start");
    for (const entry of batch.removeBases ?? []) this.#bases.delete(nameOf(entry));
    for (const entry of batch.clearDeadLetters ?? []) this.#deadLetters.delete(nameOf(entry));
    for (const entry of batch.clearParked ?? []) this.#parked.delete(nameOf(entry));
    for (const id of batch.clearIntents ?? []) this.#intents.delete(id);
    for (const link of batch.links ?? []) {
      this.#links.set(nameOf(link), copy(link));
      if (link.recordId !== null) this.#linkByRecordId.set(`${link.object} ${link.recordId}`, nameOf(link));
    }
    for (const base of batch.bases ?? []) this.#bases.set(nameOf(base), copy(base));
    for (const entry of batch.deadLetters ?? []) this.#deadLetters.set(nameOf(entry), copy(entry));
    for (const entry of batch.parked ?? []) this.#parked.set(nameOf(entry), copy(entry));
    for (const intent of batch.putIntents ?? []) this.#intents.set(intent.id, copy(intent));
    for (const conflict of batch.conflicts ?? []) this.#conflicts.set(conflict.id, copy(conflict));
    for (const entry of batch.journal ?? []) this.#journal.push(copy(entry));
    if (batch.run !== undefined) this.#runs.set(batch.run.id, copy(batch.run));
    for (const [feed, cursor] of Object.entries(batch.cursors ?? {})) this.#cursors.set(feed, cursor);
  }

  async close(): Promise<void> {}
}

function found<Entry>(
  entries: ReadonlyMap<string, Entry>,
  object: string,
  keys: readonly BusinessKey[],
): ReadonlyMap<BusinessKey, Entry> {
  const known = new Map<BusinessKey, Entry>();
  for (const key of keys) {
    const entry = entries.get(nameOf({ object, key }));
    if (entry !== undefined) known.set(key, entry);
  }
  return known;
}

function nameOf({ object, key }: ObjectKey): string {
  return `${object} ${key}`;
}

function byName<Entry extends ObjectKey>(entries: readonly Entry[]): readonly Entry[] {
  return [...entries].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
}

function copy<Entry>(entry: Entry): Entry {
  return JSON.parse(JSON.stringify(entry)) as Entry;
}
