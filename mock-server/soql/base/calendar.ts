/**
 * Calendar arithmetic on day numbers (days since 1970-01-01) and on instants in a time zone. Pure, no `Date` objects
 * leave this file; texts are in the form in which rows store them, so they compare as text.
 */

const DAY_MS = 86_400_000;

/** First and last day that a query may name. Source: reference: soql §3 [doc]. */
const DAY_MIN = Date.UTC(1700, 0, 1) / DAY_MS;
const DAY_MAX = Date.UTC(4000, 11, 31) / DAY_MS;

/** Units of date literals; fiscal quarters and years are these with another start. */
export type CalendarUnit = "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR";

/** The parts of a day: month from 1 to 12, weekday from 1 (Sunday) to 7. */
export interface DayParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly dayInYear: number;
}

/** `2024-02-29` → day number; undefined where there is no such day or it lies outside 1700–4000. */
export function parseDay(text: string): number | undefined {
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  const number = Date.UTC(year, month - 1, day) / DAY_MS;
  if (formatDay(number) !== text) return undefined;
  return number >= DAY_MIN && number <= DAY_MAX ? number : undefined;
}

/** Day number → `2024-02-29`. */
export function formatDay(day: number): string {
  const time = new Date(day * DAY_MS);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString().slice(0, 10);
}

/** Milliseconds since 1970 → `2024-02-29T10:00:00.000+0000`. */
export function formatInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}+0000`;
}

/** `2024-02-29T10:00:00+01:00` in any spelling of a query → milliseconds; undefined where it is out of range. */
export function parseInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|([+-])(\d{2}):?(\d{2}))$/i.exec(text);
  if (match === null) return undefined;
  const [, date = "", hour, minute, second, fraction = "", , sign, offsetHour = "0", offsetMinute = "0"] = match;
  const day = parseDay(date);
  if (day === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  // The widest offset on Earth is 14 hours; the reference only knows that 25 is refused.
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === "-" ? -1 : 1);
  const millis = Number(fraction.padEnd(3, "0").slice(0, 3));
  return day * DAY_MS + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + millis - offset;
}

/** The calendar parts of a day number. */
export function dayParts(day: number): DayParts {
  const time = new Date(day * DAY_MS);
  const year = time.getUTCFullYear();
  return {
    year,
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    weekday: time.getUTCDay() + 1,
    dayInYear: day - Date.UTC(year, 0, 1) / DAY_MS + 1,
  };
}

/** The first day of the unit that holds `day`, moved by `count` units. Weeks begin on `weekStart` (0 = Sunday). */
export function unitStart(unit: CalendarUnit, day: number, count: number, weekStart = 0, yearStartMonth = 1): number {
  if (unit === "DAY") return day + count;
  const { year, month, weekday } = dayParts(day);
  if (unit === "WEEK") return day - ((weekday - 1 - weekStart + 7) % 7) + 7 * count;
  const monthIndex = year * 12 + month - 1;
  const sinceStart = (((month - yearStartMonth) % 12) + 12) % 12;
  if (unit === "MONTH") return monthStart(monthIndex + count);
  if (unit === "QUARTER") return monthStart(monthIndex - (sinceStart % 3) + 3 * count);
  return monthStart(monthIndex - sinceStart + 12 * count);
}

/** The calendar day on which an instant falls in a time zone. */
export function dayOfInstant(ms: number, timeZone: string): number {
  return Math.floor((ms + offsetMs(ms, timeZone)) / DAY_MS);
}

/** The instant at which a calendar day begins in a time zone. */
export function instantOfDay(day: number, timeZone: string): number {
  const guess = day * DAY_MS - offsetMs(day * DAY_MS, timeZone);
  return day * DAY_MS - offsetMs(guess, timeZone);
}

/** Offsets change on quarters of an hour at the finest, so one answer serves a whole quarter. */
const QUARTER_MS = 900_000;
/** Quarters remembered per time zone before they are forgotten all together. */
const QUARTERS_MAX = 20_000;

interface ZoneClock {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}

const zones = new Map<string, ZoneClock>();

/** How far a time zone is ahead of UTC at an instant. Throws a `RangeError` for a zone that does not exist. */
export function offsetMs(ms: number, timeZone: string): number {
  if (timeZone === "UTC" || timeZone === "GMT" || timeZone === "Etc/UTC") return 0;
  const zone = zones.get(timeZone) ?? openZone(timeZone);
  const quarter = Math.floor(ms / QUARTER_MS);
  const known = zone.offsets.get(quarter);
  if (known !== undefined) return known;
  const parts: Record<string, number> = {};
  for (const part of zone.format.formatToParts(quarter * QUARTER_MS)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * QUARTER_MS;
  if (zone.offsets.size >= QUARTERS_MAX) zone.offsets.clear();
  zone.offsets.set(quarter, offset);
  return offset;
}

function openZone(timeZone: string): ZoneClock {
  const part = "numeric";
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: part,
    month: part,
    day: part,
    hour: part,
    minute: part,
    second: part,
  });
  const zone: ZoneClock = { format, offsets: new Map() };
  zones.set(timeZone, zone);
  return zone;
}

/** Regions whose week begins on Sunday; elsewhere it begins on Monday. Source: CLDR week data, shortened. */
const SUNDAY_REGIONS: ReadonlySet<string> = new Set(
  "AG AS BR BS BT BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MO MT MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW".split(
    " ",
  ),
);

/** The first day of the week in a Salesforce locale such as `en_US` or `de_DE_EURO`: 0 Sunday, 1 Monday. */
export function weekStartOf(locale: string): number {
  const region = locale.split("_")[1];
  return region === undefined || SUNDAY_REGIONS.has(region) ? 0 : 1;
}

function monthStart(monthIndex: number): number {
  return Date.UTC(Math.floor(monthIndex / 12), ((monthIndex % 12) + 12) % 12, 1) / DAY_MS;
}
