/**
 * The state of a rehearsal: what the real store holds, with everything that the rehearsed run commits kept in memory on
 * top. Nothing is ever written to the real store, not even a lease.
 */
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { JournalEntry, Lease, StateStore } from "../../state/port.ts";
import type { Base, DeadLetter, Intent, Link, Parked } from "../../sync/decision.ts";
import { overrideState } from "../context/state-views.ts";

const nameOf = (object: string, key: BusinessKey): string => `${object} ${key}`;

/** A store for one rehearsal. Throws what the real store throws when it is read. */
export function rehearsalState(real: StateStore, nowMs: () => number): StateStore {
  const links = new Map<string, Link>();
  const linksById = new Map<RecordId, Link>();
  const bases = new Map<string, Base | null>();
  const intents = new Map<string, Intent>();
  const clearedIntents = new Set<string>();
  const cursors: Record<string, string> = {};
  const parked = new Map<string, Parked | null>();
  const deadLetters = new Map<string, DeadLetter | null>();
  const journal: JournalEntry[] = [];
  let freed = "";

  return overrideState(real, {
    migrate: async () => {},
    acquireLease: async ({ name, holder, ttlMs, nowMs: at }): Promise<Lease | undefined> => {
      const other = await real.leaseHolder(name);
      if (other !== undefined && other.expiresAtMs > nowMs() && other.holder !== freed) return undefined;
      return { name, holder, fence: 0, expiresAtMs: at + ttlMs };
    },
    renewLease: async (lease, ttlMs, at) => ({ ...lease, expiresAtMs: at + ttlMs }),
    releaseLease: async (lease) => {
      freed = lease.holder;
    },
    cursors: async () => ({ ...(await real.cursors()), ...cursors }),
    links: async (object, keys) => {
      const found = new Map(await real.links(object, keys));
      for (const key of keys) {
        const link = links.get(nameOf(object, key));
        if (link !== undefined) found.set(key, link);
      }
      return found;
    },
    linksByRecordId: async (object, ids) => {
      const found = new Map(await real.linksByRecordId(object, ids));
      for (const id of ids) {
        const link = linksById.get(id) ?? found.get(id);
        // As in the real store, a record that was made again is not known by its old Id any more.
        const now = link === undefined ? undefined : (links.get(nameOf(object, link.key)) ?? link);
        if (now?.object === object && now.recordId === id) found.set(id, now);
        else found.delete(id);
      }
      return found;
    },
    bases: async (object, keys) => {
      const found = new Map(await real.bases(object, keys));
      for (const key of keys) {
        const base = bases.get(nameOf(object, key));
        if (base === null) found.delete(key);
        else if (base !== undefined) found.set(key, base);
      }
      return found;
    },
    intents: async () => [
      ...(await real.intents()).filter((intent) => !clearedIntents.has(intent.id)),
      ...intents.values(),
    ],
    parked: async (object) => overlaid(await real.parked(object), parked, object),
    deadLetters: async (object) => overlaid(await real.deadLetters(object), deadLetters, object),
    journal: async (query) => [...journal, ...(await real.journal(query))].slice(0, query.limit),
    commit: async (_lease, batch) => {
      for (const { object, key } of batch.removeBases ?? []) bases.set(nameOf(object, key), null);
      for (const { object, key } of batch.clearParked ?? []) parked.set(nameOf(object, key), null);
      for (const { object, key } of batch.clearDeadLetters ?? []) deadLetters.set(nameOf(object, key), null);
      for (const id of batch.clearIntents ?? []) {
        intents.delete(id);
        clearedIntents.add(id);
      }
      for (const link of batch.links ?? []) {
        links.set(nameOf(link.object, link.key), link);
        if (link.recordId !== null) linksById.set(link.recordId, link);
      }
      for (const base of batch.bases ?? []) bases.set(nameOf(base.object, base.key), base);
      for (const intent of batch.putIntents ?? []) intents.set(intent.id, intent);
      for (const entry of batch.parked ?? []) parked.set(nameOf(entry.object, entry.key), entry);
      for (const deadLetter of batch.deadLetters ?? [])
        deadLetters.set(nameOf(deadLetter.object, deadLetter.key), deadLetter);
      Object.assign(cursors, batch.cursors);
    },
    close: async () => {},
  });
}

function overlaid<Entry extends { readonly object: string; readonly key: BusinessKey }>(
  real: readonly Entry[],
  over: ReadonlyMap<string, Entry | null>,
  object: string | undefined,
): readonly Entry[] {
  const entries = new Map(real.map((entry) => [nameOf(entry.object, entry.key), entry]));
  for (const [name, entry] of over) {
    if (entry === null) entries.delete(name);
    else if (object === undefined || entry.object === object) entries.set(name, entry);
  }
  return [...entries.values()];
}
