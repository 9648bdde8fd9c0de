/** What a function of formulas is, and short ways to define one. */
import type { Num } from "../number.ts";
import type { Node } from "../parser.ts";
import type { Names, Run, Scope, Typed } from "../scope.ts";
import { asMoment, asNumber, asText, type Call } from "../types.ts";

/** One call: the function's name and place, the arguments as written, and who knows the names in them. */
export interface BoundCall extends Call {
  readonly nodes: readonly Node[];
  readonly names: Names;
}

/** One function of the table. */
export interface FormulaFunction {
  readonly min: number;
  readonly max: number;
  /** Why the function cannot are in this formula, if it cannot; asked before its arguments are looked at. */
  refusal?(names: Names): string | undefined;
  /** Makes the call's value from its arguments; throws a `FormulaError` where one has the wrong type. */
  bind(args: readonly Typed[], call: BoundCall): Typed;
}

/** Functions by their names in capitals. */
export type FunctionTable = Readonly<Record<string, FormulaFunction>>;

/** Arguments that one call may have, to bound a hostile formula. */
export const ARGUMENTS_MAX = 2000;

/** The argument at a place that the function's arity guarantees. */
export function argument(args: readonly Typed[], at: number): Typed {
  const arg = args[at];
  if (arg === undefined) throw new Error(`A formula's function got no argument ${at}`);
  return arg;
}

/** A number from numbers: empty where any argument is empty. */
export function numbers(min: number, max: number, of: (...values: readonly Num[]) => Num): FormulaFunction {
  return {
    min,
    max,
    bind: (args, call) => {
      const runs = args.map((arg) => asNumber(arg, call));
      const [first] = runs;
      if (first !== undefined && runs.length === 1)
        return {
          type: "number",
          run: (scope) => {
            const value = first(scope);
            return value === null ? null : of(value);
          },
        };
      return { type: "number", run: (scope) => withAll(runs, scope, (values) => of(...values)) };
    },
  };
}

/** Runs all parts, and what needs them where none is empty. */
export function withAll<T, R>(runs: readonly Run<T | null>[], scope: Scope, of: (values: readonly T[]) => R): R | null {
  const values: T[] = [];
  for (const run of runs) {
    const value = run(scope);
    if (value === null) return null;
    values.push(value);
  }
  return of(values);
}

/** A text from one text. */
export function textOf(of: (value: string) => string): FormulaFunction {
  return {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "text", run: (scope) => of(run(scope)) };
    },
  };
}

/** A condition on two texts. */
export function textTest(of: (value: string, other: string) => boolean): FormulaFunction {
  return {
    min: 2,
    max: 2,
    bind: (args, call) => {
      const value = asText(argument(args, 0), call);
      const other = asText(argument(args, 1), call);
      return { type: "boolean", run: (scope) => of(value(scope), other(scope)) };
    },
  };
}

/** A number from a date, date-time or time: empty where it is empty. */
export function momentPart(
  types: readonly ("date" | "datetime" | "time")[],
  of: (at: number, type: Typed["type"]) => Num,
): FormulaFunction {
  return {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const arg = argument(args, 0);
      const run = asMoment(arg, call, ...types);
      return {
        type: "number",
        run: (scope) => {
          const at = run(scope);
          return at === null ? null : of(at, arg.type);
        },
      };
    },
  };
}

/** A function that is known, but has no meaning where formulas of records run. */
export function refused(why: string): FormulaFunction {
  return {
    min: 0,
    max: ARGUMENTS_MAX,
    refusal: () => why,
    bind: () => {
      throw new Error(`A function was called that is refused: ${why}`);
    },
  };
}
