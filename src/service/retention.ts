/** Removes from the state what is older than the configuration keeps it. */
import type { Config } from "../config/schema.ts";
import { SyncError } from "../errors.ts";
import type { PrunedKind, StateUpkeep } from "../state/upkeep.ts";
import type { OpenPorts } from "./open.ts";

/** How long each kind is kept. */
export type Retention = Config["state"]["retention"];

/** How many entries of each kind were removed. */
export type PruneReport = Readonly<Record<PrunedKind, number>>;

/** Rows per statement: a few milliseconds, so that other writers of the state hardly wait. */
const BATCH_ROWS = 1_000;
/** Batches of one kind after one run: an hour's worth of a busy connector, and under a second. */
const BATCHES_AFTER_RUN = 20;
const DAY_MS = 86_400_000;

/**
 * A little pruning after a run that went through; a long arrears goes over many runs. It never makes a run fail: what the
 * state's database says against it is reported to `warn`.
 */
export async function pruneAfterRun(
  { ports, upkeep }: Pick<OpenPorts, "ports" | "upkeep">,
  { state }: Pick<Config, "state">,
  warn: (message: string) => void,
): Promise<void> {
  try {
    await pruneState(upkeep, state.retention, { nowMs: ports.nowMs(), batchesMax: BATCHES_AFTER_RUN });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    warn(`Old history was not removed and is tried again after the next run (${error.code}: ${error.message})`);
  }
}

/**
 * Prunes batch by batch; every batch is a transaction of its own and needs no lease, so it may run beside a run, and be
 * broken off at any time. What is open stays whatever its age, see `StateUpkeep.prune`.
 *
 * Callers prune after a run that went through: with a clock that is years off no certificate holds, so no run does.
 */
export async function pruneState(
  upkeep: StateUpkeep,
  retention: Retention,
  limits: { readonly nowMs: number; readonly batchesMax: number; readonly signal?: AbortSignal | undefined },
): Promise<PruneReport> {
  const prune = async (kind: PrunedKind, days: number | "forever"): Promise<number> => {
    if (days === "forever") return 0;
    let removed = 0;
    for (let batch = 0; batch < limits.batchesMax; batch++) {
      limits.signal?.throwIfAborted();
      const rows = await upkeep.prune(kind, limits.nowMs - days * DAY_MS, BATCH_ROWS);
      removed += rows;
      if (rows < BATCH_ROWS) return removed;
    }
    return removed;
  };
  const journal = await prune("journal", retention.journalDays);
  const conflicts = await prune("conflicts", retention.conflictsDays);
  const runs = await prune("runs", retention.runsDays);
  return { journal, conflicts, runs };
}
