/**
 * Dates and instants as canonical text, with civil-calendar checks and time zones.
 *
 * A date (`YYYY-MM-DD`) has no zone and never passes through a JavaScript `Date` in a local zone; an instant is UTC.
 */

/** The result of reading a raw value. `reason` is a sentence fragment: what is wrong and what would be right. */
export type Parsed = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** A date and time on a wall clock somewhere, with the digits after the second as text. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * Reads `YYYY-MM-DD`. A time behind the date is cut off without shifting the day; only a moment (a time with an offset) is
 * read as the day that it is in `zone`, where one is given.
 */
export function parseDate(text: string, zone?: string): Parsed {
  const time = DATE_TIME.exec(text);
  if (time?.[8] !== undefined && zone !== undefined) {
    const moment = parseInstant(text);
    return moment.ok ? { ok: true, text: dayOf(civilInZone(moment.text, zone)) } : moment;
  }
  const dayText = time === null ? text : text.slice(0, 10);
  const match = DATE.exec(dayText);
  if (match === null) return wrong("is not a date; expected YYYY-MM-DD");
  const day = Number(match[3]);
  if (day < 1 || day > daysInMonth(Number(match[1]), Number(match[2]))) return wrong("is no day of the calendar");
  return { ok: true, text: dayText };
}

/**
 * Reads an instant with an offset (`Z`, `+02:00`, `+0000`), or without one as wall-clock time of `zone`.
 * Without an offset and without a zone it is refused: guessing a zone shifts orders to another day.
 */
export function parseInstant(text: string, zone?: string): Parsed {
  const match = DATE_TIME.exec(text);
  if (match === null) return wrong("is not a date and time; expected YYYY-MM-DDThh:mm:ssZ");
  const civil: CivilTime = {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4]),
    minute: Number(match[5]),
    second: Number(match[6] ?? "0"),
    fraction: (match[7] ?? "").replace(/0+$/, ""),
  };
  if (!isCivil(civil)) return wrong("is no moment of the calendar");
  const offset = match[8];
  if (offset !== undefined) return { ok: true, text: formatInstant(civilMs(civil) - offsetMs(offset), civil.fraction) };
  if (zone === undefined)
    return wrong("has no offset; say external.timeZone, or the zone of the field (datetime: { zone: … })");
  return { ok: true, text: formatInstant(instantOfCivil(civil, zone), civil.fraction) };
}

/** The wall-clock time of a canonical instant in an IANA zone. */
export function civilInZone(instant: string, zone: string): CivilTime {
  const ms = Date.parse(instant);
  const local = new Date(ms + zoneOffsetMs(ms, zone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    fraction: fractionOf(instant),
  };
}

/** Negative, zero or positive. Plain text order is wrong for instants with fractions. */
export function compareInstants(left: string, right: string): number {
  const seconds = compareText(left.slice(0, 19), right.slice(0, 19));
  return seconds !== 0 ? seconds : compareText(fractionOf(left), fractionOf(right));
}

/** A canonical instant without the part below a second: Salesforce keeps whole seconds in datetime fields. */
export function wholeSeconds(instant: string): string {
  return `${instant.slice(0, 19)}Z`;
}

/** True when the zone is known to this platform. */
export function isZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Two digits, for dates and times. */
export function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function dayOf({ year, month, day }: CivilTime): string {
  return `${String(year).padStart(4, "0")}-${twoDigits(month)}-${twoDigits(day)}`;
}

function wrong(reason: string): Parsed {
  return { ok: false, reason };
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function fractionOf(instant: string): string {
  return instant.length > 20 ? instant.slice(20, -1) : "";
}

function daysInMonth(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isCivil(time: CivilTime): boolean {
  const dayFits = time.day >= 1 && time.day <= daysInMonth(time.year, time.month);
  return dayFits && time.hour < 24 && time.minute < 60 && time.second < 60;
}

function civilMs(time: CivilTime): number {
  const date = new Date(0);
  // Date.UTC reads years 0–99 as 1900–1999.
  date.setUTCFullYear(time.year, time.month - 1, time.day);
  return date.getTime() + ((time.hour * 60 + time.minute) * 60 + time.second) * 1000;
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
  return (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}

function formatInstant(ms: number, fraction: string): string {
  const seconds = new Date(ms).toISOString().slice(0, 19);
  return fraction === "" ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** In the hour that a clock change repeats the first pass is taken; in the hour it skips, the time after the skip. */
function instantOfCivil(time: CivilTime, zone: string): number {
  const wall = civilMs(time);
  const before = wall - zoneOffsetMs(wall - DAY_MS, zone);
  if (before + zoneOffsetMs(before, zone) === wall) return before;
  const after = wall - zoneOffsetMs(wall + DAY_MS, zone);
  return after + zoneOffsetMs(after, zone) === wall ? after : before;
}

const DAY_MS = 86_400_000;

function zoneOffsetMs(ms: number, zone: string): number {
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(ms)
      .map((part) => [part.type, Number(part.value)]),
  );
  const wall = civilMs({
    year: parts.get("year") ?? 0,
    month: parts.get("month") ?? 1,
    day: parts.get("day") ?? 1,
    hour: parts.get("hour") ?? 0,
    minute: parts.get("minute") ?? 0,
    second: parts.get("second") ?? 0,
    fraction: "",
  });
  return wall - Math.floor(ms / 1000) * 1000;
}

// Building a formatter costs some 50 µs, reading with one 1 µs; zones are few.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(zone, formatter);
  return formatter;
}
