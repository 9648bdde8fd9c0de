/** Functions of dates, date-times and times. */
import { FormulaError } from "../error.ts";
import { divide, type Num, toNumber } from "../number.ts";
import { DAY_MS } from "../operators.ts";
import type { Run, Typed } from "../scope.ts";
import { asBoolean, asMoment, asNumber, asText, type Call, NOTHING, wrongType } from "../types.ts";
import { dayIn, dayOf, isoWeekOf, monthsLater, parseDay, parseInstant, parseTimeOfDay } from "./calendar.ts";
import { argument, type FormulaFunction, type FunctionTable, momentPart, withAll } from "./function.ts";

/** DATE and its relatives, parts of dates and times, the clock, durations. */
export const DATES: FunctionTable = {
  DATE: {
    min: 3,
    max: 3,
    bind: (args, call) => {
      const runs = args.map((arg) => asNumber(arg, call));
      return {
        type: "date",
        run: (scope) =>
          withAll(runs, scope, ([year = 0, month = 0, day = 0]) => dayOf(integer(year), integer(month), integer(day))),
      };
    },
  },
  DATEVALUE: {
    min: 1,
    max: 1,
    bind: ([arg = NOTHING], call) => {
      if (arg.type === "date") return arg;
      // A date-time's day is that of Greenwich [memory: platform §6].
      if (arg.type === "datetime") return { type: "date", run: mapped(arg.run, (ms) => Math.floor(ms / DAY_MS)) };
      return { type: "date", run: parsed(asText(arg, call), parseDay) };
    },
  },
  DATETIMEVALUE: {
    min: 1,
    max: 1,
    bind: ([arg = NOTHING], call) => {
      if (arg.type === "datetime") return arg;
      if (arg.type === "date") return { type: "datetime", run: mapped(arg.run, (day) => day * DAY_MS) };
      return { type: "datetime", run: parsed(asText(arg, call), parseInstant) };
    },
  },
  TIMEVALUE: {
    min: 1,
    max: 1,
    bind: ([arg = NOTHING], call) => {
      if (arg.type === "time") return arg;
      if (arg.type === "datetime") return { type: "time", run: mapped(arg.run, timeOfDay) };
      return { type: "time", run: parsed(asText(arg, call), parseTimeOfDay) };
    },
  },
  ADDMONTHS: {
    min: 2,
    max: 2,
    bind: ([moment = NOTHING, months = NOTHING], call) => {
      const at = asMoment(moment, call, "date", "datetime");
      const count = asNumber(months, call);
      const isInstant = moment.type === "datetime";
      return {
        type: isInstant ? "datetime" : "date",
        run: (scope) => {
          const value = at(scope);
          const by = count(scope);
          if (value === null || by === null) return null;
          const later = (day: number): number => monthsLater(day, integer(by));
          return isInstant ? later(Math.floor(value / DAY_MS)) * DAY_MS + timeOfDay(value) : later(value);
        },
      };
    },
  },
  TODAY: clock("date", (scope) => dayIn(scope.context.timeZone, scope.context.nowMs)),
  NOW: clock("datetime", (scope) => Math.floor(scope.context.nowMs / 1000) * 1000),
  TIMENOW: clock("time", (scope) => timeOfDay(scope.context.nowMs)),
  YEAR: momentPart(["date"], (day) => dateOf(day).getUTCFullYear()),
  MONTH: momentPart(["date"], (day) => dateOf(day).getUTCMonth() + 1),
  DAY: momentPart(["date"], (day) => dateOf(day).getUTCDate()),
  WEEKDAY: momentPart(["date"], (day) => dateOf(day).getUTCDay() + 1),
  DAYOFYEAR: momentPart(["date"], (day) => day - dayOf(dateOf(day).getUTCFullYear(), 1, 1) + 1),
  ISOWEEK: momentPart(["date", "datetime"], (at, type) => isoWeekOf(dayAt(at, type)).week),
  ISOYEAR: momentPart(["date", "datetime"], (at, type) => isoWeekOf(dayAt(at, type)).year),
  HOUR: momentPart(["time"], (ms) => Math.floor(ms / 3_600_000)),
  MINUTE: momentPart(["time"], (ms) => Math.floor(ms / 60_000) % 60),
  SECOND: momentPart(["time"], (ms) => Math.floor(ms / 1000) % 60),
  MILLISECOND: momentPart(["time"], (ms) => ms % 1000),
  UNIXTIMESTAMP: momentPart(["date", "datetime", "time"], (at, type) =>
    type === "date" ? at * 86_400 : divide(at, 1000),
  ),
  FROMUNIXTIME: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asNumber(argument(args, 0), call);
      return {
        type: "datetime",
        run: (scope) => {
          const seconds = run(scope);
          if (seconds === null) return null;
          const ms = Math.trunc(toNumber(seconds)) * 1000;
          if (!(Math.abs(ms) <= 8.64e15)) throw new FormulaError("the date is too far away");
          return ms;
        },
      };
    },
  },
  FORMATDURATION: { min: 1, max: 2, bind: bindDuration },
};

function integer(value: Num): number {
  return Math.trunc(toNumber(value));
}

function dateOf(day: number): Date {
  return new Date(day * DAY_MS);
}

function dayAt(at: number, type: Typed["type"]): number {
  return type === "datetime" ? Math.floor(at / DAY_MS) : at;
}

function timeOfDay(ms: number): number {
  return ((ms % DAY_MS) + DAY_MS) % DAY_MS;
}

function mapped(run: Run<number | null>, of: (value: number) => number): Run<number | null> {
  return (scope) => {
    const value = run(scope);
    return value === null ? null : of(value);
  };
}

/** An empty text is an empty date; another one must be read. */
function parsed(run: Run<string>, parse: (text: string) => number): Run<number | null> {
  return (scope) => {
    const text = run(scope);
    return text.trim() === "" ? null : parse(text);
  };
}

function clock(type: "date" | "datetime" | "time", run: Run<number>): FormulaFunction {
  return { min: 0, max: 0, bind: () => ({ type, run }) };
}

/** Seconds, the way between two times, or the way between two date-times: `HH:MM:SS`, or `D:HH:MM:SS` with days. */
function bindDuration(args: readonly Typed[], call: Call): Typed {
  const [first = NOTHING, second] = args;
  if (first.type === "number" || first.type === "null") {
    const seconds = asNumber(first, call);
    const days = second === undefined ? () => false : asBoolean(second, call);
    return {
      type: "text",
      run: (scope) => {
        const value = seconds(scope);
        return value === null ? "" : durationText(Math.abs(integer(value)), days(scope) === true);
      },
    };
  }
  if ((first.type !== "time" && first.type !== "datetime") || second === undefined)
    throw wrongType(call, "seconds, two times or two date-times", first);
  const runs = [asMoment(first, call, first.type), asMoment(second, call, first.type)];
  const isTime = first.type === "time";
  return {
    type: "text",
    run: (scope) =>
      withAll(runs, scope, ([a = 0, b = 0]) => durationText(Math.floor(Math.abs(a - b) / 1000), !isTime)) ?? "",
  };
}

function durationText(seconds: number, withDays: boolean): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const days = withDays ? Math.floor(seconds / 86_400) : 0;
  const hours = Math.floor((seconds - days * 86_400) / 3600);
  return `${withDays ? `${days}:` : ""}${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
