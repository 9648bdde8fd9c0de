/** CALENDAR_YEAR and its kin: a stored date or dateTime → a number, or for DAY_ONLY a date. Source: reference: soql §5.7. */
import type { BoundDateFunction, DateFunctionName } from "./bound.ts";
import { type DayParts, dayOfInstant, dayParts, formatDay, offsetMs } from "./calendar.ts";
import { OPEN_POINTS } from "./open-points.ts";

/** Evaluates the function for a stored value; null gives null. `timeZone` is the user's. */
export function dateFunction(
  call: Pick<BoundDateFunction, "name" | "inUserZone" | "field">,
  timeZone: string,
): (value: string | null | undefined) => string | number | null {
  const zone = call.inUserZone ? timeZone : "UTC";
  const isDate = call.field.field.type === "date";
  const compute = (value: string): string | number => {
    if (isDate) return fromDay(call.name, Date.parse(`${value}T00:00:00Z`) / 86_400_000);
    const ms = Date.parse(`${value.slice(0, 23)}Z`);
    if (call.name === "HOUR_IN_DAY") return new Date(ms + offsetMs(ms, zone)).getUTCHours();
    return fromDay(call.name, dayOfInstant(ms, zone));
  };
  return (value) => (value === null || value === undefined ? null : compute(value));
}

function fromDay(name: DateFunctionName, day: number): string | number {
  return name === "DAY_ONLY" ? formatDay(day) : READ[name](dayParts(day));
}

/** Months since the start of the fiscal year, from 0. */
function fiscalMonth({ month }: DayParts): number {
  return (month - OPEN_POINTS.fiscalYearStartMonth + 12) % 12;
}

const READ: Readonly<Record<Exclude<DateFunctionName, "DAY_ONLY">, (day: DayParts) => number>> = {
  CALENDAR_YEAR: ({ year }) => year,
  CALENDAR_QUARTER: ({ month }) => Math.ceil(month / 3),
  CALENDAR_MONTH: ({ month }) => month,
  DAY_IN_MONTH: ({ day }) => day,
  DAY_IN_WEEK: ({ weekday }) => weekday,
  DAY_IN_YEAR: ({ dayInYear }) => dayInYear,
  FISCAL_YEAR: (day) => (day.month >= OPEN_POINTS.fiscalYearStartMonth ? day.year : day.year - 1),
  FISCAL_QUARTER: (day) => Math.floor(fiscalMonth(day) / 3) + 1,
  FISCAL_MONTH: (day) => fiscalMonth(day) + 1,
  // DateTimes have been handled before: a date has no hour.
  HOUR_IN_DAY: () => 0,
  WEEK_IN_MONTH: ({ day }) => Math.ceil(day / 7),
  WEEK_IN_YEAR: ({ dayInYear }) => Math.ceil(dayInYear / 7),
};
