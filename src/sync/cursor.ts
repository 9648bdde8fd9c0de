/**
 * The watermark of a Salesforce poll: how far everything visible is known, and which window to read next.
 *
 * The horizon never comes from our own clock, and never from the newest stamp that was seen: a transaction that is
 * still open may commit rows with older stamps (reference: change-events §1.2 P2, P3, §1.4).
 */
import { compareInstants, parseInstant } from "../model/instant.ts";

/** Every window starts so much before the watermark; at least a minute because `/updated` truncates to minutes. */
export const OVERLAP_MS = 120_000;
/** Rows stamped within the last moments may still be on their way to visibility. */
export const LAG_MS = 2_000;
/** Without `latestDateCovered` transactions are assumed to be over after this time. */
export const BLIND_LAG_MS = 5 * 60_000;
/** How far back the org remembers deletions (reference: change-events §1.3 [doc]). */
export const DELETION_LOG_MS = 15 * 24 * 3_600_000;

/** A stored position: a canonical instant. */
export interface Watermark {
  readonly at: string;
}

/** The closed window `[from, to]` of SystemModstamp to read; instants with milliseconds, as Salesforce compares them. */
export interface PollWindow {
  /** Null: from the beginning. */
  readonly from: string | null;
  readonly to: string;
}

const VERSION = "w1";

/** The text that is stored. */
export function encodeCursor(watermark: Watermark): string {
  return `${VERSION}:${watermark.at}`;
}

/** Reads a stored cursor; undefined when it is not one of ours. */
export function decodeCursor(text: string): Watermark | undefined {
  const [version, ...rest] = text.split(":");
  if (version !== VERSION) return undefined;
  const parsed = parseInstant(rest.join(":"));
  return parsed.ok ? { at: parsed.text } : undefined;
}

/**
 * The horizon H: up to here every row is visible. `latestDateCovered` is what `/updated` told, or null where it cannot
 * be asked; `serverDate` is the org's clock from the answer's `Date` header.
 */
export function horizon(seen: { readonly latestDateCovered: string | null; readonly serverDate: string }): string {
  const { latestDateCovered, serverDate } = seen;
  if (latestDateCovered === null) return shift(serverDate, -BLIND_LAG_MS);
  const lagged = shift(serverDate, -LAG_MS);
  return compareInstants(latestDateCovered, lagged) < 0 ? latestDateCovered : lagged;
}

/** The window to read up to the horizon. Time that stood still, or ran back, gives the overlap once more. */
export function pollWindow(watermark: Watermark | null, to: string): PollWindow {
  return { from: watermark === null ? null : shift(watermark.at, -OVERLAP_MS), to };
}

/** The watermark after a window: never back. */
export function advance(watermark: Watermark | null, to: string): Watermark {
  return watermark !== null && compareInstants(watermark.at, to) >= 0 ? watermark : { at: to };
}

/** True when the deletion log reaches back to the watermark; otherwise a sweep must look for deletions. */
export function deletionsCovered(
  watermark: Watermark | null,
  log: { readonly serverDate: string; readonly earliestDateAvailable: string | null },
): boolean {
  if (watermark === null) return true;
  if (compareInstants(watermark.at, shift(log.serverDate, -DELETION_LOG_MS)) < 0) return false;
  return log.earliestDateAvailable === null || compareInstants(log.earliestDateAvailable, watermark.at) <= 0;
}

/** The minute borders around a span, for `/updated` and `/deleted`: at least two minutes apart. */
export function minuteSpan(from: string, to: string): { readonly start: string; readonly end: string } {
  const minute = 60_000;
  const start = Math.floor(Date.parse(from) / minute) * minute;
  const end = Math.max(Math.ceil(Date.parse(to) / minute) * minute, start + 2 * minute);
  return { start: instantOf(start), end: instantOf(end) };
}

function shift(instant: string, ms: number): string {
  return instantOf(Date.parse(instant) + ms);
}

function instantOf(ms: number): string {
  const parsed = parseInstant(new Date(ms).toISOString());
  if (!parsed.ok) throw new TypeError(`${ms} is no instant`);
  return parsed.text;
}
