/** CALENDAR_YEAR and its kin: a stored date or dateTime → a number, or for DAY_ONLY a date. Source: reference: soql §5.7. */

import { type DayParts, dayOfInstant, dayParts, formatDay, offsetMs } from "../base/calendar.ts";
import type { FiscalYear } from "../base/fiscal-year.ts";
import type { BoundDateFunction, DateFunctionName } from "../bind/bound.ts";

/** Evaluates the function for a stored value; null gives null. `timeZone` is the user's. */
export function dateFunction(
  call: Pick<BoundDateFunction, "name" | "inUserZone" | "field">,
  { timeZone, fiscalYear }: { readonly timeZone: string; readonly fiscalYear: FiscalYear },
): (value: string | null | undefined) => string | number | null {
  const zone = call.inUserZone ? timeZone : "UTC";
  const isDate = call.field.field.type === "date";
  const compute = (value: string): string | number => {
    if (isDate) return fromDay(call.name, Date.parse(`${value}T00:00:00Z`) / 86_400_000, fiscalYear);
    const ms = Date.parse(`${value.slice(0, 23)}Z`);
    if (call.name === "HOUR_IN_DAY") return new Date(ms + offsetMs(ms, zone)).getUTCHours();
    return fromDay(call.name, dayOfInstant(ms, zone), fiscalYear);
  };
  return (value) => (value === null || value === undefined ? null : compute(value));
}

function fromDay(name: DateFunctionName, day: number, fiscalYear: FiscalYear): string | number {
  return name === "DAY_ONLY" ? formatDay(day) : READ[name](dayParts(day), fiscalYear);
}

/** Months since the start of the fiscal year, from 0. */
function fiscalMonth({ month }: DayParts, { startMonth }: FiscalYear): number {
  return (month - startMonth + 12) % 12;
}

function fiscalYearName({ year, month }: DayParts, { startMonth, namedByStart }: FiscalYear): number {
  const begins = month >= startMonth ? year : year - 1;
  return startMonth === 1 || namedByStart ? begins : begins + 1;
}

const READ: Readonly<Record<Exclude<DateFunctionName, "DAY_ONLY">, (day: DayParts, fiscal: FiscalYear) => number>> = {
  CALENDAR_YEAR: ({ year }) => year,
  CALENDAR_QUARTER: ({ month }) => Math.ceil(month / 3),
  CALENDAR_MONTH: ({ month }) => month,
  DAY_IN_MONTH: ({ day }) => day,
  DAY_IN_WEEK: ({ weekday }) => weekday,
  DAY_IN_YEAR: ({ dayInYear }) => dayInYear,
  FISCAL_YEAR: fiscalYearName,
  FISCAL_QUARTER: (day, fiscal) => Math.floor(fiscalMonth(day, fiscal) / 3) + 1,
  FISCAL_MONTH: (day, fiscal) => fiscalMonth(day, fiscal) + 1,
  // DateTimes have been handled before: a date has no hour.
  HOUR_IN_DAY: () => 0,
  WEEK_IN_MONTH: ({ day }) => Math.ceil(day / 7),
  WEEK_IN_YEAR: ({ dayInYear }) => Math.ceil(dayInYear / 7),
};
