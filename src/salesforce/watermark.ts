/**
 * The cursor of the Salesforce feed: a time up to which everything is known, and how it may move. Pure.
 *
 * `SystemModstamp` is taken when a row is saved and visible when its transaction commits, so the newest stamp seen says
 * nothing about what is still to come. The cursor therefore moves only to the horizon: the time before which no
 * transaction is open, as the org itself states it (reference: change-events §1.2 P2, §1.3 [doc]).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { SyncError } from "../errors.ts";

/** A decoded cursor. */
export interface Watermark {
  /** Epoch milliseconds, whole seconds: every row with this stamp or an older one has been delivered. */
  readonly atMs: number;
  /** Marks of the rows that the next window will show again; see `markOf`. Empty when they were too many. */
  readonly seen: readonly string[];
}

const CursorJson = z.strictObject({ v: z.literal(1), at: z.iso.datetime(), seen: z.array(z.string()).default([]) });

/** The text to store. */
export function encodeWatermark({ atMs, seen }: Watermark): string {
  return JSON.stringify({ v: 1, at: soqlInstant(atMs), ...(seen.length === 0 ? {} : { seen }) });
}

/** The stored text; null is the first load. Rejects foreign text with `STATE_UNREADABLE`. */
export function parseWatermark(cursor: string | null): Watermark | null {
  if (cursor === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(cursor);
  } catch (error) {
    throw unreadable(cursor, error);
  }
  const parsed = CursorJson.safeParse(json);
  if (!parsed.success) throw unreadable(cursor, parsed.error);
  return { atMs: Date.parse(parsed.data.at), seen: parsed.data.seen };
}

function unreadable(cursor: string, cause: unknown): SyncError {
  return new SyncError("STATE_UNREADABLE", `${JSON.stringify(cursor.slice(0, 60))} is not a Salesforce cursor`, {
    cause,
  });
}

/**
 * A short mark of one version of one row, or of one deletion.
 *
 * A row whose stamp is not after the horizon cannot change and keep that stamp: whoever writes it later gets a later
 * stamp, and nobody who got an earlier one is still at work. So a marked row need not be delivered again. 66 bits: with
 * a thousand marks and two thousand rows a false match is a matter of 10^13 polls.
 */
export function markOf(id: string, stamp: string): string {
  return createHash("sha256").update(`${id} ${stamp}`).digest("base64url").slice(0, 11);
}

/** What bounds the horizon. */
export interface HorizonFacts {
  /** From `/updated`, read before the rows were; null when it is not available. */
  readonly latestDateCoveredMs: number | null;
  /** The Date header of the answer; null when there was none. */
  readonly serverDateMs: number | null;
  /** How long the call took: rows were read at most this long before the Date header was written. */
  readonly elapsedMs: number;
}

/** The Date header has whole seconds and the stamps too; two of them cover both roundings. */
const LAG_MS = 2_000;

/** Without `latestDateCovered` a transaction may have been open for this long (change-events §1.4 step 2). */
const BLIND_LAG_MS = 300_000;

/** The time up to which a poll has seen everything, in whole seconds; null when nothing bounds it. */
export function horizonMs({ latestDateCoveredMs, serverDateMs, elapsedMs }: HorizonFacts): number | null {
  const serverMs = serverDateMs === null ? null : serverDateMs - Math.ceil(elapsedMs) - LAG_MS;
  if (latestDateCoveredMs === null) return serverMs === null ? null : floorSecond(serverMs - BLIND_LAG_MS);
  return floorSecond(serverMs === null ? latestDateCoveredMs - LAG_MS : Math.min(latestDateCoveredMs, serverMs));
}

/** The window of `/updated` or `/deleted`: whole minutes, as the resource truncates them. */
export interface ReplicationWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** True when the wanted start was out of the resource's reach. */
  readonly clamped: boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Only `latestDateCovered` is wanted from `/updated`, and no transaction is open for a day: fewer Ids to send. */
export const UPDATED_REACH_MS = DAY_MS;

/** `/deleted` looks back 15 days (rest-api §7.9 [doc]); one hour is left for clocks. */
export const DELETED_REACH_MS = 15 * DAY_MS - 3_600_000;

/**
 * The minutes to ask for. Both ends are truncated to the minute by the server, and the start must be more than one
 * minute before the end, else `INVALID_REPLICATION_DATE` (change-events §1.3 [doc]).
 */
export function replicationWindow(facts: {
  readonly fromMs: number;
  readonly serverNowMs: number;
  readonly reachMs: number;
}): ReplicationWindow {
  const endMs = Math.ceil(facts.serverNowMs / MINUTE_MS) * MINUTE_MS;
  const earliestMs = endMs - facts.reachMs;
  const wantedMs = Math.floor(facts.fromMs / MINUTE_MS) * MINUTE_MS;
  return {
    startMs: Math.min(Math.max(wantedMs, earliestMs), endMs - 2 * MINUTE_MS),
    endMs,
    clamped: wantedMs < earliestMs,
  };
}

/** An instant as SOQL and the replication resources take it: whole seconds, UTC. */
export function soqlInstant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** An instant as Salesforce writes it (`2026-05-16T15:08:00.000+0000`); null when it is none. */
export function parseInstantMs(text: unknown): number | null {
  if (typeof text !== "string") return null;
  const ms = Date.parse(text.replace(/\+0000$/, "Z"));
  return Number.isNaN(ms) ? null : ms;
}

function floorSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
