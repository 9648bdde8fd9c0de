/** A state store with some of its methods replaced: for rehearsals, guarded runs and sweeps. */
import type { StateStore } from "../../state/port.ts";

/** The same store, except for the methods that are given. */
export function overrideState(state: StateStore, overrides: Partial<StateStore>): StateStore {
  const same: StateStore = {
    migrate: () => state.migrate(),
    acquireLease: (request) => state.acquireLease(request),
    renewLease: (lease, ttlMs, nowMs) => state.renewLease(lease, ttlMs, nowMs),
    releaseLease: (lease) => state.releaseLease(lease),
    leaseHolder: (name) => state.leaseHolder(name),
    cursors: () => state.cursors(),
    links: (object, keys) => state.links(object, keys),
    linksByRecordId: (object, ids) => state.linksByRecordId(object, ids),
    bases: (object, keys) => state.bases(object, keys),
    keys: (object, after, limit) => state.keys(object, after, limit),
    intents: () => state.intents(),
    parked: (object) => state.parked(object),
    deadLetters: (object) => state.deadLetters(object),
    conflicts: (query) => state.conflicts(query),
    journal: (query) => state.journal(query),
    runs: (limit) => state.runs(limit),
    counts: () => state.counts(),
    lineCount: (object) => state.lineCount(object),
    commit: (lease, batch) => state.commit(lease, batch),
    close: () => state.close(),
  };
  return { ...same, ...overrides };
}
