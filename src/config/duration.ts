/** Times as people write them in the configuration: `30s`, `5m`, `2h`, `1d`. */

/** A whole number and its unit. */
export const DURATION_PATTERN = /^(\d{1,6})(ms|s|m|h|d)$/;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a text that fits `DURATION_PATTERN`; throws `TypeError` for any other. */
export function durationMs(text: string): number {
  const [, count, unit] = DURATION_PATTERN.exec(text) ?? [];
  const unitMs = UNIT_MS[unit ?? ""];
  if (count === undefined || unitMs === undefined) throw new TypeError(`"${text}" is no time such as 30s or 5m`);
  return Number(count) * unitMs;
}
