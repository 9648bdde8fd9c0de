/** Whose a position in a list is: a time that one API has told means nothing to another one, nor after a restored backup. */
import { createHash } from "node:crypto";
import type { ExternalRestart } from "../port.ts";
import type { HttpClient } from "./client.ts";
import type { HttpCollectionConfig } from "./config.ts";

/** The signs of a list: its address, and what is asked for as a hash, because a query may hold a secret. */
export interface ListSource {
  readonly url: string;
  readonly query: string;
}

/** The signs of a list as it is configured now. */
export function listSource(client: Pick<HttpClient, "place">, { list, key }: HttpCollectionConfig): ListSource {
  const { path, query, items, changedSince } = list;
  const asked = [query, items, changedSince?.parameter, changedSince?.pointer, key.map(({ pointer }) => pointer)];
  const hash = createHash("sha256").update(JSON.stringify(asked)).digest("hex").slice(0, 16);
  return { url: client.place({ method: "GET", path }), query: hash };
}

/** Why a position of the list `was` means nothing in the list `now`; undefined where it is the same one. */
export function listChange(was: ListSource | undefined, now: ListSource): ExternalRestart | undefined {
  if (was === undefined) return undefined;
  if (was.url !== now.url)
    return { reason: `the list was at ${was.url} and is at ${now.url} now`, deletesMissed: true, isAnother: true };
  if (was.query === now.query) return undefined;
  return { reason: `what is asked of ${now.url} was changed in the configuration`, deletesMissed: true };
}

/** A position that this feed cannot read. */
export const FOREIGN_POSITION: ExternalRestart = {
  reason: "the stored position is not one of this list: another adapter has made it",
  deletesMissed: true,
};

/** Whether a record is listed with an older change time than before: only a backup that was put back does that. */
export function isOlder(before: number | null | undefined, now: number | null): boolean {
  return before !== null && before !== undefined && now !== null && now < before;
}

/**
 * Whether a finished round shows that the API went back in time. It asked for everything since a time at which records
 * were seen: they are listed again unless they were deleted, or a backup was put back that does not have them. When not
 * one of them is there, everything is read again.
 */
export function movedBackwards(
  { list }: HttpCollectionConfig,
  seenBefore: ReadonlySet<string>,
  listed: ReadonlySet<string>,
): boolean {
  // Without an overlap an API that takes its time as "after", not "at or after", lists nothing again.
  if (list.changedSince === undefined || list.changedSince.overlapMs === 0 || seenBefore.size === 0) return false;
  return [...seenBefore].every((name) => !listed.has(name));
}

/** What a round that went back in time says. */
export function backInTime(url: string): ExternalRestart {
  return {
    reason: `${url} does not list the records that had changed last, or lists them as they were before: an older backup was put back, or they were deleted`,
    deletesMissed: true,
  };
}
