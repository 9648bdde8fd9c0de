/**
 * Rejected inputs: what the external system sent and nobody could read, for example a file. No record of it is known, so it
 * is a dead letter under the input's own name. It ends when the input is corrected, taken away, retried or discarded.
 */
import type { RejectedInput } from "../../external/port.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { JournalEntry } from "../../state/port.ts";
import type { DeadLetter, Obstacle } from "../../sync/decision.ts";
import type { RunContext, RunInProgress } from "../context/context.ts";

/** Where records have their object, rejected inputs have this. No object of Salesforce is named so. */
export const INPUT_OBJECT = "File";
/** The code of their obstacles. */
export const INPUT_REJECTED = "INPUT_REJECTED";

/** The name under which the position in the list of rejected inputs is stored. */
const POSITION = "rejected:external";

/** Gives back the inputs that somebody wants to be read once more. Before the external system is read. */
export async function readmitInputs({ ports, memory, lease, runId }: RunContext): Promise<void> {
  if (ports.external.readmit === undefined) return;
  for (const key of memory.parkedKeys(INPUT_OBJECT)) {
    const { collection, name } = namesIn(key);
    const isBack = await ports.external.readmit(collection, name);
    await lease.commit({
      clearParked: [{ object: INPUT_OBJECT, key }],
      journal: [entry(ports.nowMs(), runId, key, isBack === true ? "read once more" : "settled", {})],
    });
    memory.release(INPUT_OBJECT, key);
  }
}

/** Makes dead letters of what was rejected since the last look, and ends those whose input is dealt with. */
export async function noteRejectedInputs({ ports, memory, lease, tally, runId }: RunInProgress): Promise<void> {
  const since = (await ports.state.cursors())[POSITION] ?? null;
  const rejected = await ports.external.rejected?.(since);
  if (rejected === undefined) return;
  const nowMs = ports.nowMs();
  const deadLetters: DeadLetter[] = [];
  const journal: JournalEntry[] = [];
  for (const input of rejected.inputs.filter(({ isNew }) => isNew)) {
    const key = keyOf(input);
    const before = memory.deadLetter(INPUT_OBJECT, key);
    const obstacles = input.reasons.map((reason): Obstacle => ({ code: INPUT_REJECTED, message: reason }));
    deadLetters.push({
      object: INPUT_OBJECT,
      key,
      obstacles,
      apiErrors: [],
      attempts: (before?.attempts ?? 0) + 1,
      firstAtMs: before?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
      runId,
      fingerprint: "",
    });
    tally.addUnsynced({ object: INPUT_OBJECT, key, how: "rejected", obstacles });
    journal.push(entry(nowMs, runId, key, "rejected", { obstacles }));
  }
  const there = new Set(rejected.inputs.map(keyOf));
  const gone = memory.deadLetters(INPUT_OBJECT).filter(({ key }) => !there.has(key));
  for (const { key } of gone) journal.push(entry(nowMs, runId, key, "settled", {}));
  if (journal.length === 0 && rejected.position === since) return;
  await lease.commit({
    deadLetters: deadLetters,
    clearDeadLetters: gone.map(({ object, key }) => ({ object, key })),
    journal,
    cursors: { [POSITION]: rejected.position },
  });
  for (const deadLetter of deadLetters) memory.reject(deadLetter);
  for (const { object, key } of gone) memory.release(object, key);
}

/** The state knows keys as texts only; nothing else reads this one. */
function keyOf({ collection, name }: Pick<RejectedInput, "collection" | "name">): BusinessKey {
  return `${collection}/${name}` as BusinessKey;
}

/** A collection's name holds no slash. */
function namesIn(key: BusinessKey): { readonly collection: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { collection: key.slice(0, slash), name: key.slice(slash + 1) };
}

function entry(
  atMs: number,
  runId: string,
  key: BusinessKey,
  event: string,
  detail: JournalEntry["detail"],
): JournalEntry {
  return { atMs, runId, object: INPUT_OBJECT, key, event, side: "external", detail };
}
