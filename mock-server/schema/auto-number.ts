/** The text of an auto-number: Salesforce's display format filled with a number and the day. */
import type { AutoNumber } from "./definition.ts";

/**
 * `ORD-{YYYY}-{0000}` with 42 becomes `ORD-2026-0042`. A number with more digits than zeros keeps them all.
 *
 * The date parts are those of the instant in UTC; the platform takes the org's time zone [memory].
 */
export function formatAutoNumber(autoNumber: AutoNumber, value: number, nowMs: number): string {
  const day = new Date(nowMs).toISOString();
  return autoNumber.format.replace(/\{([^}]*)\}/g, (whole, part: string) => {
    if (/^0+$/.test(part)) return String(value).padStart(part.length, "0");
    const parts: Readonly<Record<string, string>> = {
      YYYY: day.slice(0, 4),
      YY: day.slice(2, 4),
      MM: day.slice(5, 7),
      DD: day.slice(8, 10),
    };
    return parts[part] ?? whole;
  });
}
