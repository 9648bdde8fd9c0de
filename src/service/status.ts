/** Status: what the state tells about the synchronization, without asking either system. */

import { salesforceFeed } from "../engine/detect/detect.ts";
import { noticesOf, waitOf } from "../engine/detect/feed-notes.ts";
import { sweepPendingSinceMs } from "../engine/detect/pending-sweep.ts";
import { leaseName } from "../engine/lease/lease.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { ObjectStatus, SyncStatus } from "../observe/status.ts";
import { parseWatermark } from "../salesforce/watermark.ts";
import type { Lease, StateStore } from "../state/port.ts";

const DAY_MS = 86_400_000;
/** Runs of a day at one a minute, twice over. */
const RUNS_MAX = 3_000;

/** Reads the status. Throws `STATE_*`. */
export async function readStatus(
  state: StateStore,
  mapping: Mapping,
  settings: { readonly nowMs: number; readonly dailyCalls: number | null; readonly runs: number },
): Promise<SyncStatus> {
  const { nowMs } = settings;
  const [counts, cursors, runs, intents, lease] = [
    await state.counts(),
    await state.cursors(),
    await state.runs(RUNS_MAX),
    await state.intents(),
    await state.leaseHolder(leaseName(mapping.source)),
  ];
  const whole = runs.find((run) => run.outcome === "done" || run.outcome === "doneWithRefusals");
  return {
    source: mapping.source,
    atMs: nowMs,
    running: runningLease(lease, nowMs),
    objects: [
      ...mapping.objects.map((object): ObjectStatus => {
        const wait = waitOf(object, cursors) ?? null;
        const readAtMs = whole?.startedAtMs ?? null;
        return {
          object: object.object,
          collection: object.collection,
          watched: object.watch,
          ...unsyncedOf(counts, object.object),
          salesforceKnownToMs: parseWatermark(cursors[salesforceFeed(object.object)] ?? null)?.atMs ?? null,
          // What waits for an open transaction is not known yet.
          externalKnownToMs: wait === null || readAtMs === null ? readAtMs : Math.min(readAtMs, wait.sinceMs),
          externalWait: wait,
        };
      }),
      ...unmapped(mapping, counts),
    ],
    runs: runs.slice(0, settings.runs),
    unfinishedIntents: intents.length,
    sweepPendingSinceMs: sweepPendingSinceMs(cursors),
    notices: noticesOf(cursors),
    lastGoodRunAtMs: whole?.finishedAtMs ?? null,
    callsOfTheDay: runs.filter((run) => run.startedAtMs > nowMs - DAY_MS).reduce((sum, run) => sum + run.apiCalls, 0),
    dailyCalls: settings.dailyCalls,
  };
}

type Counts = Awaited<ReturnType<StateStore["counts"]>>;

function unsyncedOf(
  counts: Counts,
  object: string,
): Pick<ObjectStatus, "linked" | "parked" | "deadLetters" | "openConflicts"> {
  const of = counts[object] ?? {};
  return {
    linked: of["links"] ?? 0,
    parked: of["parked"] ?? 0,
    deadLetters: of["deadLetters"] ?? 0,
    openConflicts: of["openConflicts"] ?? 0,
  };
}

/** What is held without being an object of the mapping: rejected inputs, and objects that were mapped once. */
function unmapped(mapping: Mapping, counts: Counts): readonly ObjectStatus[] {
  return Object.keys(counts)
    .filter((object) => !mapping.byObject.has(object))
    .map((object) => ({ object, ...unsyncedOf(counts, object) }))
    .filter(({ parked, deadLetters, openConflicts }) => parked + deadLetters + openConflicts > 0)
    .map((unsynced) => ({
      ...unsynced,
      collection: "",
      watched: false,
      salesforceKnownToMs: null,
      externalKnownToMs: null,
      externalWait: null,
    }));
}

function runningLease(lease: Lease | undefined, nowMs: number): SyncStatus["running"] {
  if (lease === undefined || lease.expiresAtMs <= nowMs) return null;
  return { holder: lease.holder, expiresAtMs: lease.expiresAtMs };
}
