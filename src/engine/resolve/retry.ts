/**
 * Dead letters that are worth another try: a record that they missed has come, a record that they refer to has changed,
 * or enough time has passed for somebody to have put something right where nobody tells us (a right, a picklist value).
 *
 * Each try decides again from what both sides show then. The time between tries grows, and a run makes a bounded number.
 */

import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { DeadLetter } from "../../sync/decision.ts";
import { deletedOn, isGone } from "../../sync/presence.ts";
import type { RunContext, RunInProgress } from "../context/context.ts";
import { KEY_COPIED, KEY_MOVED } from "../join/identity.ts";
import { referencesOf } from "../read/parents.ts";

/** References that a dead letter remembers; an order with more different products is tried again by time. */
const REFERENCES_MAX = 100;

/** When a dead letter is tried again without any other reason; null: never. `waitsMs` as in `RunOptions`. */
export function nextTryAtMs(deadLetter: DeadLetter, waitsMs: readonly number[]): number | null {
  const waitMs = waitsMs[Math.min(deadLetter.attempts, waitsMs.length) - 1];
  return waitMs === undefined || !canBeTried(deadLetter) ? null : deadLetter.lastAtMs + waitMs;
}

/**
 * The keys of an object's dead letters to try now, those with a cure at hand first, then the longest due; counts them
 * against the run's number. Reads links only; costs no call.
 */
export async function deadLettersToTry(
  context: RunInProgress,
  mapping: ObjectMapping,
): Promise<readonly BusinessKey[]> {
  const { memory, tally, options, ports } = context;
  const deadLetters = memory
    .deadLetters(mapping.object)
    .filter((deadLetter) => canBeTried(deadLetter) && !tally.wasTried(deadLetter));
  if (deadLetters.length === 0) return [];
  const present = await presentOf(context, deadLetters);
  const retriggered = tally.retriggered(mapping.object);
  const nowMs = ports.nowMs();
  const ranked = deadLetters.flatMap((deadLetter) => {
    const missed = deadLetter.obstacles.flatMap(({ missing }) => missing ?? []);
    const isCured =
      missed.some(({ object, key }) => present.has(`${object} ${key}`)) || retriggered.has(deadLetter.key);
    if (isCured) return [{ deadLetter, dueAtMs: Number.NEGATIVE_INFINITY }];
    const dueAtMs = nextTryAtMs(deadLetter, options.retryWaitsMs);
    // What this run itself refused is for the next one.
    return dueAtMs === null || dueAtMs > nowMs || tally.hasUnsynced(deadLetter) ? [] : [{ deadLetter, dueAtMs }];
  });
  ranked.sort((left, right) => left.dueAtMs - right.dueAtMs);
  const chosen = ranked.slice(0, Math.max(0, options.retriesMax - tally.retried)).map(({ deadLetter }) => deadLetter);
  tally.addTried(chosen);
  return chosen.map(({ key }) => key);
}

/** The records that a refused document refers to, to be remembered with its dead letter. */
export function dependenciesOf(
  mapping: ObjectMapping,
  documents: readonly (SyncDocument | null)[],
): NonNullable<DeadLetter["dependsOn"]> {
  const living = documents.filter((document) => document !== null);
  return [...referencesOf(mapping, living)]
    .flatMap(([object, keys]) => [...keys].map((key) => ({ object, key })))
    .slice(0, REFERENCES_MAX);
}

/** A record without a usable key of its own has nothing by which it could be looked up. */
function canBeTried({ obstacles }: DeadLetter): boolean {
  return obstacles.every(({ code }) => code !== "KEY_UNUSABLE" && code !== KEY_COPIED && code !== KEY_MOVED);
}

/** Which of the records that the dead letters miss are in Salesforce now. */
async function presentOf(context: RunContext, deadLetters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
  const wanted = new Map<string, Set<BusinessKey>>();
  for (const { object, key } of deadLetters.flatMap(({ obstacles }) =>
    obstacles.flatMap(({ missing }) => missing ?? []),
  )) {
    const keys = wanted.get(object) ?? new Set();
    wanted.set(object, keys.add(key));
  }
  const present = new Set<string>();
  for (const [object, keys] of wanted) {
    for (const link of (await context.ports.state.links(object, [...keys])).values()) {
      const isThere = link.recordId !== null && !isGone(link) && deletedOn(link) !== "salesforce";
      if (isThere) present.add(`${object} ${link.key}`);
    }
  }
  return present;
}
