/** Days, instants and times of day as numbers, and their texts in formulas. Pure; everything is in UTC. */
import { FormulaError } from "../error.ts";
import { DAY_MS } from "../operators.ts";

/** Years that a text or DATE() may name [memory: platform §6]. */
const YEAR_MAX = 9999;

/** The days since 1970 of a calendar day. Throws a `FormulaError` for a day that does not exist. */
export function dayOf(year: number, month: number, day: number): number {
  const ms = Date.UTC(2000, month - 1, day);
  const date = new Date(ms);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || year < 1 || year > YEAR_MAX) throw new FormulaError(`${year}-${two(month)}-${two(day)} is no date`);
  return date.getTime() / DAY_MS;
}

/** The days since 1970 of `YYYY-MM-DD`; month and day may have one digit. */
export function parseDay(text: string): number {
  const match = /^(\d{1,4})-(\d{1,2})-(\d{1,2})$/.exec(text.trim());
  if (match === null) throw new FormulaError(`"${text}" is no date`);
  return dayOf(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** The milliseconds since 1970 of `YYYY-MM-DD HH:MM:SS`, in UTC. */
export function parseInstant(text: string): number {
  const match = /^(\S+)[ T](\d{1,2}):(\d{1,2}):(\d{1,2})Z?$/.exec(text.trim());
  const [hours, minutes, seconds] = [Number(match?.[2]), Number(match?.[3]), Number(match?.[4])];
  if (match === null || hours > 23 || minutes > 59 || seconds > 59)
    throw new FormulaError(`"${text}" is no date and time`);
  return parseDay(match[1] ?? "") * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** The milliseconds since midnight of `HH:MM:SS.mmm`. */
export function parseTimeOfDay(text: string): number {
  const match = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,3}))?Z?$/.exec(text.trim());
  const [hours, minutes, seconds] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  if (match === null || hours > 23 || minutes > 59 || seconds > 59) throw new FormulaError(`"${text}" is no time`);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number((match[4] ?? "").padEnd(3, "0"));
}

/** `2026-08-01` */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `2026-08-01 09:30:00Z` */
export function instantText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** `09:30:00.000` */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/** The ISO 8601 week and the year it belongs to: the week with the year's first Thursday is week 1. */
export function isoWeekOf(day: number): { readonly week: number; readonly year: number } {
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  return { week: Math.floor((thursday - dayOf(year, 1, 1)) / 7) + 1, year };
}

/** The day that an instant falls on in a time zone, as days since 1970. */
export function dayIn(timeZone: string, ms: number): number {
  if (timeZone === "UTC" || timeZone === "GMT") return Math.floor(ms / DAY_MS);
  const text = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    ms,
  );
  return Date.parse(`${text}T00:00:00Z`) / DAY_MS;
}

/**
 * The day a number of months later. The last day of a month stays the last day: 28 February plus one month is
 * 31 March on the platform [memory: platform §6].
 */
export function monthsLater(day: number, months: number): number {
  const from = new Date(day * DAY_MS);
  const lastOf = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth()];
  const target = new Date(Date.UTC(year, month + months, 1));
  const last = lastOf(target.getUTCFullYear(), target.getUTCMonth());
  const wasLast = from.getUTCDate() === lastOf(year, month);
  const at = Date.UTC(
    target.getUTCFullYear(),
    target.getUTCMonth(),
    wasLast ? last : Math.min(from.getUTCDate(), last),
  );
  if (Number.isNaN(at)) throw new FormulaError("the date is too far away");
  return at / DAY_MS;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
