/**
 * Date literals such as `LAST_N_DAYS:30`: each is a half-open range of days in the user's time zone.
 *
 * Source: reference: soql §6 [doc].
 */
import { type CalendarUnit, dayOfInstant, instantOfDay, unitStart, weekStartOf } from "./calendar.ts";
import type { FiscalYear } from "./fiscal-year.ts";

/** What a date literal needs to know of the asking user. */
export interface DateSetting {
  readonly nowMs: number;
  readonly timeZone: string;
  readonly locale: string;
  readonly fiscalYear: FiscalYear;
}

/** A range of days, `endDay` excluded. `untilNow` cuts it at the current second for dateTime fields. */
export interface DayRange {
  readonly startDay: number;
  readonly endDay: number;
  readonly untilNow: boolean;
}

interface Shape {
  readonly unit: CalendarUnit;
  readonly fiscal: boolean;
  readonly numbered: boolean;
  /** Start and end in units from the current one. */
  readonly from: (n: number) => number;
  readonly to: (n: number) => number;
  readonly untilNow?: boolean;
}

const UNITS: readonly (readonly [string, CalendarUnit, boolean])[] = [
  ["DAY", "DAY", false],
  ["WEEK", "WEEK", false],
  ["MONTH", "MONTH", false],
  ["QUARTER", "QUARTER", false],
  ["YEAR", "YEAR", false],
  ["FISCAL_QUARTER", "QUARTER", true],
  ["FISCAL_YEAR", "YEAR", true],
];

const SHAPES: ReadonlyMap<string, Shape> = makeShapes();

/** True for the name of a date literal, in capitals. */
export function isDateLiteral(upper: string): boolean {
  return SHAPES.has(upper);
}

/** True for a literal that is written with `:n`. */
export function takesNumber(upper: string): boolean {
  return SHAPES.get(upper)?.numbered ?? false;
}

/** The days that a literal covers now. Throws an `Error` for a name that is none: the parser lets none through. */
export function daysOfLiteral(name: string, n: number | null, setting: DateSetting): DayRange {
  const shape = SHAPES.get(name);
  if (shape === undefined) throw new Error(`${name} is no date literal`);
  const today = dayOfInstant(setting.nowMs, setting.timeZone);
  const start = (count: number) =>
    unitStart(shape.unit, today, count, weekStartOf(setting.locale), shape.fiscal ? setting.fiscalYear.startMonth : 1);
  return {
    startDay: bounded(start(shape.from(n ?? 0)), -1),
    endDay: bounded(start(shape.to(n ?? 0)), 1),
    untilNow: shape.untilNow ?? false,
  };
}

/** The same range as instants: milliseconds, `endMs` excluded. */
export function instantsOfDays(range: DayRange, setting: DateSetting): { startMs: number; endMs: number } {
  const endMs = range.untilNow
    ? Math.floor(setting.nowMs / 1000) * 1000 + 1000
    : instantOfDay(range.endDay, setting.timeZone);
  return { startMs: instantOfDay(range.startDay, setting.timeZone), endMs };
}

const FIRST_DAY = Date.UTC(1000, 0, 1) / 86_400_000;
const LAST_DAY = Date.UTC(9000, 0, 1) / 86_400_000;

/** A large n must not leave the range in which days compare as text. */
function bounded(day: number, side: -1 | 1): number {
  if (Number.isNaN(day)) return side === -1 ? FIRST_DAY : LAST_DAY;
  return Math.min(LAST_DAY, Math.max(FIRST_DAY, day));
}

function makeShapes(): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  const fixed = (name: string, unit: CalendarUnit, fiscal: boolean, from: number) =>
    shapes.set(name, { unit, fiscal, numbered: false, from: () => from, to: () => from + 1 });
  fixed("YESTERDAY", "DAY", false, -1);
  fixed("TODAY", "DAY", false, 0);
  fixed("TOMORROW", "DAY", false, 1);
  for (const [word, unit, fiscal] of UNITS) {
    const isDay = unit === "DAY";
    if (!isDay) {
      fixed(`LAST_${word}`, unit, fiscal, -1);
      fixed(`THIS_${word}`, unit, fiscal, 0);
      fixed(`NEXT_${word}`, unit, fiscal, 1);
    }
    shapes.set(`LAST_N_${word}S`, {
      unit,
      fiscal,
      numbered: true,
      from: (n) => -n,
      // Days include today, longer units exclude the current one.
      to: () => (isDay ? 1 : 0),
      untilNow: isDay,
    });
    shapes.set(`NEXT_N_${word}S`, { unit, fiscal, numbered: true, from: () => 1, to: (n) => n + 1 });
    shapes.set(`N_${word}S_AGO`, { unit, fiscal, numbered: true, from: (n) => -n, to: (n) => 1 - n });
  }
  const days = { unit: "DAY", fiscal: false, numbered: false } as const;
  shapes.set("LAST_90_DAYS", { ...days, from: () => -90, to: () => 1, untilNow: true });
  shapes.set("NEXT_90_DAYS", { ...days, from: () => 1, to: () => 91 });
  return shapes;
}
