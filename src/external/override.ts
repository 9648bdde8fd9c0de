/** An external system with some of its methods replaced: for rehearsals, guarded jobs and sweeps. */
import type { ExternalSystem } from "./port.ts";

/** The methods that every external system has: what a view of one goes without unless it is given. */
type Common = Omit<ExternalSystem, "start" | "acknowledge">;

/**
 * The same external system, except for the methods that are given. It tells no first position and is acknowledged
 * nothing unless `start` and `acknowledge` are among them: both belong to the run that moves positions.
 */
export function overrideExternal(system: ExternalSystem, overrides: Partial<ExternalSystem>): ExternalSystem {
  const same: Common = {
    name: system.name,
    check: () => system.check(),
    info: (collection) => system.info(collection),
    changes: (collection, cursor, limit) => system.changes(collection, cursor, limit),
    read: (collection, keys) => system.read(collection, keys),
    apply: (operations, options) => system.apply(operations, options),
    close: () => system.close(),
  };
  return { ...same, ...overrides };
}
