/** The text of an auto-number: Salesforce's display format filled with a number and the day. */
import type { AutoNumber } from "./definition.ts";

/**
 * `ORD-{YYYY}-{0000}` with 42 becomes `ORD-2026-0042`. A number with more digits than zeros keeps them all.
 *
 * The date parts are those of the instant in UTC; the platform takes the org's time zone [memory: platform §5].
 */
export function formatAutoNumber(autoNumber: AutoNumber, value: number, nowMs: number): string {
  return autoNumber.format.replace(/\{([^}]*)\}/g, (whole, part: string) => {
    if (/^0+$/.test(part)) return String(value).padStart(part.length, "0");
    const span = DATE_PARTS[part];
    return span === undefined ? whole : new Date(nowMs).toISOString().slice(...span);
  });
}

/** Where the parts of a date are in an ISO instant. */
const DATE_PARTS: Readonly<Record<string, readonly [from: number, to: number]>> = {
  YYYY: [0, 4],
  YY: [2, 4],
  MM: [5, 7],
  DD: [8, 10],
};
