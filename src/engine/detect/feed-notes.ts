/**
 * What the external feeds say about themselves: that one is read again from the beginning, that one waits for somebody's
 * open transaction, and what else people should know. Told in the run's report, and kept in the state for `status`.
 */
import { z } from "zod";
import type { ExternalChangePage, ExternalNotice, ExternalWait } from "../../external/port.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { RunInProgress } from "../context/context.ts";
import type { FeedWait } from "../context/report.ts";
import { pendingSweep } from "./pending-sweep.ts";

/** A younger transaction is everyday traffic, which the next run will not meet again. */
export const WAIT_REPORTED_MS = 250;

/** These stand beside the positions of the feeds. */
const WAIT = "wait:";
const NOTICES = "notices";
const REPLACED = "replaced:";

const waitSchema = z.object({
  changes: z.number(),
  sinceMs: z.number(),
  holder: z.object({
    pid: z.number().nullable(),
    application: z.string().nullable(),
    user: z.string().nullable(),
    state: z.string().nullable(),
  }),
});
const noticesSchema = z.array(z.object({ code: z.string(), message: z.string() }));

/** Who waits by the state; undefined where the feed of the object does not. */
export function waitOf(mapping: ObjectMapping, cursors: Readonly<Record<string, string>>): FeedWait | undefined {
  const text = cursors[waitName(mapping)] ?? "";
  return text === "" ? undefined : waitSchema.safeParse(JSON.parse(text)).data;
}

/** What people should know, by the state. */
export function noticesOf(cursors: Readonly<Record<string, string>>): readonly ExternalNotice[] {
  const text = cursors[NOTICES] ?? "";
  return text === "" ? [] : (noticesSchema.safeParse(JSON.parse(text)).data ?? []);
}

/** Why the feed of an object now comes from another source or an older state of it; undefined where that is settled. */
export function replacedOf({ object }: ObjectMapping, cursors: Readonly<Record<string, string>>): string | undefined {
  return cursors[`${REPLACED}${object}`] || undefined;
}

/** What to commit once a sweep has settled what is missing in the sources that took the place of others. */
export function settledSources(objects: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(objects.map((object) => [`${REPLACED}${object}`, ""]));
}

/**
 * Reports and journals a feed that is read again from the beginning. That a sweep is pending is stored before anything of
 * the page is worked on: neither a run that fails afterwards nor a process that ends forgets it.
 */
export async function noteRestart(
  { ports, lease, runId, tally }: RunInProgress,
  { object, collection }: ObjectMapping,
  { restart }: ExternalChangePage,
): Promise<void> {
  if (restart === undefined) return;
  const atMs = ports.nowMs();
  tally.addRestart({ object, collection, ...restart });
  await lease.commit({
    journal: [
      {
        atMs,
        runId,
        object,
        // The whole collection, which has no business key.
        key: collection as BusinessKey,
        event: "read again from the beginning",
        side: null,
        detail: { ...restart },
      },
    ],
    cursors: {
      ...(restart.deletesMissed && pendingSweep(atMs)),
      ...(restart.isAnother === true && { [`${REPLACED}${object}`]: restart.reason }),
    },
  });
}

/** Reports a feed that waits after its last page, and keeps in the state since when; forgets it once it does not. */
export async function noteWait(
  { ports, lease, tally }: RunInProgress,
  mapping: ObjectMapping,
  { more, wait }: ExternalChangePage,
  cursors: Readonly<Record<string, string>>,
): Promise<void> {
  if (more) return;
  const { object, collection } = mapping;
  const before = waitOf(mapping, cursors);
  const now = wait === undefined ? undefined : waitSince(wait, before, ports.nowMs());
  if (now !== undefined) tally.addWait({ object, collection, ...now });
  const text = now === undefined ? "" : JSON.stringify(now);
  if (text !== (cursors[waitName(mapping)] ?? "")) await lease.commit({ cursors: { [waitName(mapping)]: text } });
}

function waitSince(
  { ageMs, ...wait }: ExternalWait,
  before: FeedWait | undefined,
  nowMs: number,
): FeedWait | undefined {
  if (ageMs !== null) return ageMs < WAIT_REPORTED_MS ? undefined : { ...wait, sinceMs: nowMs - ageMs };
  return { ...wait, sinceMs: before?.holder.pid === wait.holder.pid ? before.sinceMs : nowMs };
}

/** Reports once what people should know, and keeps it in the state for as long as it is so. */
export async function noteNotices({ ports, lease, tally }: RunInProgress): Promise<void> {
  const found = ports.external.notices?.();
  if (found === undefined) return;
  const cursors = await ports.state.cursors();
  const known = noticesOf(cursors);
  const fresh = found.filter(({ code }) => !known.some((one) => one.code === code));
  tally.addNotices(fresh);
  const text = found.length === 0 ? "" : JSON.stringify(found);
  if (text !== (cursors[NOTICES] ?? "")) await lease.commit({ cursors: { [NOTICES]: text } });
}

/** Two objects may read one collection: each waits by itself. */
function waitName({ object, collection }: ObjectMapping): string {
  return `${WAIT}${collection}:${object}`;
}
