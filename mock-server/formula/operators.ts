/** The operators of formulas on typed parts. */
import { FormulaError } from "./error.ts";
import { add, compare, divide, multiply, type Num, negate, power, rounded, subtract, toNumber } from "./number.ts";
import type { Operator, Prefix } from "./parser.ts";
import type { Run, Scope, Typed } from "./scope.ts";
import { asBoolean, asMoment, asNumber, asText, type Call, wrongType } from "./types.ts";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** An operator between two operands. */
export function binary(operator: Operator, left: Typed, right: Typed, at: number): Typed {
  const call: Call = { name: `operator '${operator}'`, at };
  switch (operator) {
    case "+":
      return plus(left, right, call);
    case "-":
      return minus(left, right, call);
    case "*":
      return numeric(left, right, call, multiply);
    case "/":
      return numeric(left, right, call, divide);
    case "^":
      return numeric(left, right, call, power);
    case "&":
      return joined(left, right, call);
    case "=": {
      const equal = equality(left, right, call);
      return { type: "boolean", run: (scope) => equal(scope) === true };
    }
    case "<>": {
      const equal = equality(left, right, call);
      return { type: "boolean", run: (scope) => equal(scope) === false };
    }
    case "<":
      return ordered(left, right, call, (order) => order < 0);
    case "<=":
      return ordered(left, right, call, (order) => order <= 0);
    case ">":
      return ordered(left, right, call, (order) => order > 0);
    case ">=":
      return ordered(left, right, call, (order) => order >= 0);
    case "&&":
    case "||":
      return { type: "boolean", run: logical(operator, [asBoolean(left, call), asBoolean(right, call)]) };
    default:
      return unreachable(operator);
  }
}

/** An operator in front of its operand. */
export function prefix(operator: Prefix, operand: Typed, at: number): Typed {
  const call: Call = { name: `operator '${operator}'`, at };
  if (operator === "!") {
    const run = asBoolean(operand, call);
    return { type: "boolean", run: (scope) => inverted(run(scope)) };
  }
  const run = asNumber(operand, call);
  if (operator === "+") return { type: "number", run };
  return {
    type: "number",
    run: (scope) => {
      const value = run(scope);
      return value === null ? null : negate(value);
    },
  };
}

/** NOT: nothing is not the opposite of anything. */
export function inverted(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

/** `&&` and `||`, AND and OR: they stop at the first operand that decides, so that a later one cannot fail. */
export function logical(operator: "&&" | "||", runs: readonly Run<boolean | null>[]): Run<boolean> {
  const decides = operator === "||";
  const [first, second] = runs;
  if (runs.length === 2 && first !== undefined && second !== undefined)
    return decides
      ? (scope) => first(scope) === true || second(scope) === true
      : (scope) => first(scope) === true && second(scope) === true;
  return (scope) => {
    for (const run of runs) if ((run(scope) === true) === decides) return decides;
    return !decides;
  };
}

/**
 * Equality as `=`, `<>` and CASE see it; null where it cannot be decided, which makes both `=` and `<>` false [memory: platform §6].
 *
 * Texts compare with their case; an empty text equals NULL. An empty number, date or time can be told from nothing but
 * NULL itself, not even from another empty one.
 */
export function equality(left: Typed, right: Typed, call: Call): Run<boolean | null> {
  if (left.type === "null" && right.type === "null") return () => true;
  if (left.type === "null") return equality(right, left, call);
  switch (left.type) {
    case "number": {
      const a = left.run;
      if (right.type === "null") return (scope) => a(scope) === null;
      const b = asNumber(right, call);
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        return x === null || y === null ? null : x === y || compare(x, y) === 0;
      };
    }
    case "text":
    case "id": {
      const a = left.run;
      const b = asText(right, call);
      return (scope) => a(scope) === b(scope);
    }
    case "boolean": {
      const a = left.run;
      const b = asBoolean(right, call);
      return (scope) => a(scope) === b(scope);
    }
    case "date":
    case "datetime":
    case "time": {
      const a = left.run;
      if (right.type === "null") return (scope) => a(scope) === null;
      const b = asMoment(right, call, left.type);
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        return x === null || y === null ? null : x === y;
      };
    }
    default:
      throw wrongType(call, "Text, Number, Date, Date/Time, Time or Boolean", left);
  }
}

/** The instant `days` after an instant, to the nearest second; the day after a date, where fractions do not count. */
export function moved(type: "date" | "datetime", at: number, days: Num): number {
  if (type === "date") return bounded(at + Math.trunc(toNumber(days)));
  const seconds = rounded(multiply(days, DAY_MS / 1000), 0, "halfUp");
  return bounded(at + toNumber(seconds) * 1000);
}

function bounded(at: number): number {
  if (!(Math.abs(at) <= 8.64e15)) throw new FormulaError("the date is too far away");
  return at;
}

function plus(left: Typed, right: Typed, call: Call): Typed {
  if (isText(left) || isText(right)) return joined(left, right, call);
  if (left.type === "date" || left.type === "datetime") return shifted(left, right, call, 1);
  if (right.type === "date" || right.type === "datetime") return shifted(right, left, call, 1);
  if (left.type === "time") return shiftedTime(left, right, call, 1);
  if (right.type === "time") return shiftedTime(right, left, call, 1);
  return numeric(left, right, call, add);
}

function minus(left: Typed, right: Typed, call: Call): Typed {
  if (left.type === "date" && right.type === "date") return difference(left.run, right.run, (a, b) => a - b);
  if (left.type === "datetime" && right.type === "datetime")
    return difference(left.run, right.run, (a, b) => divide(a - b, DAY_MS));
  if (left.type === "time" && right.type === "time")
    return difference(left.run, right.run, (a, b) => (a - b + DAY_MS) % DAY_MS);
  if (left.type === "date" || left.type === "datetime") return shifted(left, right, call, -1);
  if (left.type === "time") return shiftedTime(left, right, call, -1);
  return numeric(left, right, call, subtract);
}

function difference(a: Run<number | null>, b: Run<number | null>, of: (a: number, b: number) => Num): Typed {
  return {
    type: "number",
    run: (scope) => {
      const x = a(scope);
      const y = b(scope);
      return x === null || y === null ? null : of(x, y);
    },
  };
}

function shifted(
  moment: { readonly type: "date" | "datetime" | "time"; readonly run: Run<number | null> },
  by: Typed,
  call: Call,
  sign: 1 | -1,
): Typed {
  const type = moment.type === "date" ? "date" : "datetime";
  const days = asNumber(by, call);
  const run = (scope: Scope): number | null => {
    const at = moment.run(scope);
    const value = days(scope);
    if (at === null || value === null) return null;
    return moved(type, at, sign === 1 ? value : negate(value));
  };
  return { type, run };
}

/** A time of day moves by milliseconds, around the clock forwards; before midnight there is nothing. */
function shiftedTime(time: { readonly run: Run<number | null> }, by: Typed, call: Call, sign: 1 | -1): Typed {
  const ms = asNumber(by, call);
  const run = (scope: Scope): number | null => {
    const at = time.run(scope);
    const value = ms(scope);
    if (at === null || value === null) return null;
    const moment = at + sign * Math.trunc(toNumber(value));
    if (moment < 0) throw new FormulaError("the time lies before midnight");
    return moment % DAY_MS;
  };
  return { type: "time", run };
}

function numeric(left: Typed, right: Typed, call: Call, of: (a: Num, b: Num) => Num): Typed {
  const a = asNumber(left, call);
  const b = asNumber(right, call);
  return {
    type: "number",
    run: (scope) => {
      const x = a(scope);
      const y = b(scope);
      return x === null || y === null ? null : of(x, y);
    },
  };
}

function joined(left: Typed, right: Typed, call: Call): Typed {
  const a = asText(left, call);
  const b = asText(right, call);
  return { type: "text", run: (scope) => a(scope) + b(scope) };
}

function ordered(left: Typed, right: Typed, call: Call, holds: (order: number) => boolean): Typed {
  if (isText(left) || isText(right)) {
    const a = asText(left, call);
    const b = asText(right, call);
    return {
      type: "boolean",
      run: (scope) => {
        const x = a(scope);
        const y = b(scope);
        return x !== "" && y !== "" && holds(x < y ? -1 : x > y ? 1 : 0);
      },
    };
  }
  const moment = [left, right].find((part) => part.type === "date" || part.type === "datetime" || part.type === "time");
  if (moment?.type === "date" || moment?.type === "datetime" || moment?.type === "time") {
    const a = asMoment(left, call, moment.type);
    const b = asMoment(right, call, moment.type);
    return {
      type: "boolean",
      run: (scope) => {
        const x = a(scope);
        const y = b(scope);
        return x !== null && y !== null && holds(x - y);
      },
    };
  }
  const a = asNumber(left, call);
  const b = asNumber(right, call);
  return {
    type: "boolean",
    run: (scope) => {
      const x = a(scope);
      const y = b(scope);
      return x !== null && y !== null && holds(compare(x, y));
    },
  };
}

function isText(part: Typed): boolean {
  return part.type === "text" || part.type === "id";
}

function unreachable(operator: never): never {
  throw new Error(`Unknown operator ${String(operator)}`);
}
