/**
 * Dates, times and instants in Salesforce's wire forms. Reference: rest-api §5.1 [fixture] and §5.2 [doc].
 *
 * Every parser returns undefined for a text that is not exactly of the form, or names a day that does not exist.
 */

/** Years that a date may have (reference: the platform's documented range of date literals; [memory: platform §7]). */
const YEAR_MIN = 1700;
const YEAR_MAX = 4000;

const DATE_CHARACTERS = 10;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?Z?$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d{1,3})?(Z|[+-]\d{2}:?\d{2})?$/;

/** `YYYY-MM-DD` for a text of this form; nothing else counts as a date, not even with a time behind it. */
export function parseDate(text: string): string | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  if (year < YEAR_MIN || year > YEAR_MAX) return undefined;
  const midnight = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text) ? text : undefined;
}

/**
 * The day that a client meant for a date field: a date, also with `Z` behind it as some tools write it into files, or the
 * day in UTC of an instant, because programs write a date as an instant: `JSON.stringify` of a `Date`, Data Loader in
 * every file. Reference: rest-api §5.2.
 */
export function parseDay(text: string): string | undefined {
  const day = parseDate(text.length === DATE_CHARACTERS + 1 && text.endsWith("Z") ? text.slice(0, -1) : text);
  return day ?? parseDatetime(text)?.slice(0, DATE_CHARACTERS);
}

/**
 * The stored form `YYYY-MM-DDThh:mm:ss.000+0000` of `yyyy-MM-ddTHH:mm:ss[.SSS]` with `Z`, `±HH:mm`, `±HHmm` or no zone,
 * which is UTC. Fractions of a second are dropped; finer ones than milliseconds are refused.
 */
export function parseDatetime(text: string): string | undefined {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "", zone = "Z"] = match;
  if (parseDate(day) === undefined || parseTime(time) === undefined) return undefined;
  const offset = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(ms) ? undefined : formatDatetime(ms);
}

/** The stored form `hh:mm:ss.sssZ` of a time of day; `Z` and milliseconds may be absent. */
export function parseTime(text: string): string | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hours = "", minutes = "", seconds = "", fraction = ""] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return `${hours}:${minutes}:${seconds}.${fraction.padEnd(3, "0")}Z`;
}

/** The stored form of an instant in milliseconds since 1970; fractions of a second are dropped. */
export function formatDatetime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}.000+0000`;
}

/** Milliseconds since 1970 of a stored datetime. */
export function datetimeMs(stored: string): number {
  return Date.parse(`${stored.slice(0, 19)}Z`);
}

/** The form of XML and Bulk CSV, `…T18:39:16.000Z`, of a stored datetime (reference: rest-api §5.3). */
export function datetimeWithZ(stored: string): string {
  return stored.replace("+0000", "Z");
}

/** Zones that every machine knows; the first question to the time zone data costs ten milliseconds of a start. */
const KNOWN_ZONES: ReadonlySet<string> = new Set(["UTC", "GMT", "America/Los_Angeles"]);

/** True for the name of a time zone that this machine knows, for example `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  if (KNOWN_ZONES.has(name)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
