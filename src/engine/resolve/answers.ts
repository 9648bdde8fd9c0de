/** What people do about documents that are not synced: answer a conflict, retry a dead letter, or discard it. */
import { SyncError } from "../../errors.ts";
import type { Side } from "../../model/value.ts";
import type { JournalEntry, StateBatch, StoredConflict } from "../../state/port.ts";
import type { DeadLetter, Parked } from "../../sync/decision.ts";
import type { EnginePorts } from "../context/ports.ts";
import { LeaseKeeper, leaseName } from "../lease/lease.ts";

/** The parts of the ports that an answer needs. */
export type ResolvePorts = Pick<EnginePorts, "state" | "nowMs" | "holderIsGone"> & {
  readonly source: string;
  readonly holder: string;
};

const OPEN_CONFLICTS_MAX = 10_000;
/** An answer takes one commit. */
const LEASE_TTL_MS = 10_000;

/** The open conflict with this Id or with an Id that starts so. Throws `NOT_FOUND`, also when several fit. */
export async function findConflict(state: ResolvePorts["state"], id: string): Promise<StoredConflict> {
  const open = await state.conflicts({ open: true, limit: OPEN_CONFLICTS_MAX });
  return only(
    open.filter((conflict) => conflict.id.startsWith(id)),
    `open conflict ${id}`,
    "order-sync conflicts list",
  );
}

/** The dead letter of this key; with `object` where two objects share a key. Throws `NOT_FOUND`. */
export async function findDeadLetter(state: ResolvePorts["state"], key: string, object?: string): Promise<DeadLetter> {
  const deadLetters = (await state.deadLetters(object)).filter((deadLetter) => deadLetter.key === key);
  return only(deadLetters, `dead letter ${key}`, "order-sync dead-letters list");
}

/** The dead letter or the waiting document of this key, also with its object in front as lists show it. Throws `NOT_FOUND`. */
export async function findUnsynced(
  state: ResolvePorts["state"],
  key: string,
  object?: string,
): Promise<{ readonly deadLetter: DeadLetter } | { readonly parked: Parked }> {
  const isMeant = (entry: Pick<Parked, "object" | "key">): boolean =>
    entry.key === key || `${entry.object} ${entry.key}` === key;
  const unsynced = [
    ...(await state.deadLetters(object)).filter(isMeant).map((deadLetter) => ({ deadLetter })),
    ...(await state.parked(object)).filter(isMeant).map((parked) => ({ parked })),
  ];
  return only(unsynced, `dead letter or waiting document ${key}`, "order-sync dead-letters list and order-sync report");
}

/**
 * Says which side is right. The next run writes that side's value to the other one; a conflict over a whole document
 * needs every field answered. Throws `NOT_FOUND`, and `LEASE_HELD` while a run is under way.
 */
export async function answerConflict(ports: ResolvePorts, id: string, winner: Side): Promise<StoredConflict> {
  const conflict = await findConflict(ports.state, id);
  const answered: StoredConflict = { ...conflict, winner, rule: "answered by a person" };
  await commitAnswer(ports, {
    conflicts: [answered],
    journal: [noteOf(ports, conflict, "answered", { field: conflict.field, lineKey: conflict.lineKey, winner })],
  });
  return answered;
}

/** Lets the next run decide again about a refused document. Throws like `answerConflict`. */
export async function retryDeadLetter(ports: ResolvePorts, deadLetter: DeadLetter): Promise<void> {
  await commitAnswer(ports, {
    clearDeadLetters: [deadLetter],
    parked: [
      {
        object: deadLetter.object,
        key: deadLetter.key,
        obstacles: [
          {
            code: "RETRY",
            message: "somebody asked for another try; the next run decides again",
            naturalKeys: deadLetter.obstacles.flatMap(({ naturalKeys }) => naturalKeys ?? []),
          },
        ],
        attempts: deadLetter.attempts,
        sinceMs: ports.nowMs(),
      },
    ],
    journal: [noteOf(ports, deadLetter, "retried", { attempts: deadLetter.attempts })],
  });
}

/** Forgets a refused document until one of its records changes again. Throws like `answerConflict`. */
export async function discardDeadLetter(ports: ResolvePorts, deadLetter: DeadLetter): Promise<void> {
  await commitAnswer(ports, {
    clearDeadLetters: [deadLetter],
    journal: [noteOf(ports, deadLetter, "discarded", { obstacles: deadLetter.obstacles })],
  });
}

/**
 * Lets a waiting document wait no longer: it is looked at again when one of its records changes, or by a sweep. Throws like
 * `answerConflict`, and `USAGE` where an open conflict waits for its answer.
 */
export async function discardParked(ports: ResolvePorts, { object, key, obstacles }: Parked): Promise<void> {
  const open = (await ports.state.conflicts({ open: true, limit: OPEN_CONFLICTS_MAX })).find(
    (conflict) => conflict.object === object && conflict.key === key,
  );
  if (open !== undefined) {
    const command = `order-sync conflicts resolve ${open.id.slice(0, 10)} --winner salesforce|external`;
    throw new SyncError("USAGE", `${key} waits for the answer to a conflict; say who wins: ${command}`);
  }
  await commitAnswer(ports, {
    clearParked: [{ object, key }],
    journal: [noteOf(ports, { object, key }, "discarded", { obstacles })],
  });
}

/** Commits what a person said, under a lease of its own. Throws `LEASE_HELD` while a run is under way. */
export async function commitAnswer(ports: ResolvePorts, batch: StateBatch): Promise<void> {
  const { state, nowMs, holderIsGone, source, holder } = ports;
  const lease = await LeaseKeeper.take({
    state,
    name: leaseName(source),
    // A name of its own: the lease of a run in this very process must not be taken over.
    holder: `${holder}:answer`,
    ttlMs: LEASE_TTL_MS,
    nowMs,
    ...(holderIsGone === undefined ? {} : { holderIsGone }),
  });
  try {
    await lease.commit(batch);
  } finally {
    await lease.release();
  }
}

/** What a person said, for the journal. */
export function noteOf(
  ports: ResolvePorts,
  { object, key }: Pick<JournalEntry, "object" | "key">,
  event: string,
  detail: JournalEntry["detail"],
): JournalEntry {
  return { atMs: ports.nowMs(), runId: "", object, key, event, side: null, detail };
}

function only<Entry>(found: readonly Entry[], what: string, list: string): Entry {
  const [first, ...others] = found;
  if (first === undefined) throw new SyncError("NOT_FOUND", `There is no ${what}; see ${list}`);
  if (others.length > 0)
    throw new SyncError("NOT_FOUND", `${what} fits ${found.length} entries; say more of it, or add --object`);
  return first;
}
