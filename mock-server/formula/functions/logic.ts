/** Functions that decide: conditions, choices and blanks. */
import { FormulaError } from "../error.ts";
import { parseNumber } from "../number.ts";
import { equality, inverted, logical } from "../operators.ts";
import type { Run, Typed } from "../scope.ts";
import { asBoolean, asText, type Call, oneOf, wrongType } from "../types.ts";
import { ARGUMENTS_MAX, argument, type FunctionTable, textTest } from "./function.ts";

/** AND, OR, NOT, IF, CASE and the questions about blanks and picklists. */
export const LOGIC: FunctionTable = {
  AND: { min: 1, max: ARGUMENTS_MAX, bind: (args, call) => conditions("&&", args, call) },
  OR: { min: 1, max: ARGUMENTS_MAX, bind: (args, call) => conditions("||", args, call) },
  NOT: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asBoolean(argument(args, 0), call);
      return { type: "boolean", run: (scope) => inverted(run(scope)) };
    },
  },
  IF: {
    min: 3,
    max: 3,
    bind: (args, call) => {
      const condition = asBoolean(argument(args, 0), call);
      return oneOf(args.slice(1), call, (runs) => {
        const [yes, no] = runs;
        if (yes === undefined || no === undefined) throw new Error("IF has two results");
        return (scope) => (condition(scope) === true ? yes(scope) : no(scope));
      });
    },
  },
  CASE: { min: 4, max: ARGUMENTS_MAX, bind: bindCase },
  ISBLANK: { min: 1, max: 1, bind: (args) => ({ type: "boolean", run: blankness(argument(args, 0)) }) },
  ISNULL: { min: 1, max: 1, bind: (args) => ({ type: "boolean", run: nullness(argument(args, 0)) }) },
  BLANKVALUE: { min: 2, max: 2, bind: (args, call) => replaced(args, call, blankness(argument(args, 0))) },
  NULLVALUE: { min: 2, max: 2, bind: (args, call) => replaced(args, call, nullness(argument(args, 0))) },
  ISNUMBER: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "boolean", run: (scope) => parseNumber(run(scope).trim()) !== undefined };
    },
  },
  ISPICKVAL: {
    min: 2,
    max: 2,
    bind: (args, call) => {
      const field = argument(args, 0);
      if (field.type !== "picklist") throw wrongType(call, "a picklist field", field);
      const text = asText(argument(args, 1), call);
      return { type: "boolean", run: (scope) => field.run(scope) === text(scope) };
    },
  },
  INCLUDES: {
    min: 2,
    max: 2,
    bind: (args, call) => {
      const field = argument(args, 0);
      if (field.type !== "multipicklist") throw wrongType(call, "a multi-select picklist field", field);
      const text = asText(argument(args, 1), call);
      return { type: "boolean", run: (scope) => field.run(scope).split(";").includes(text(scope)) };
    },
  },
  PICKLISTCOUNT: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const field = argument(args, 0);
      if (field.type !== "multipicklist") throw wrongType(call, "a multi-select picklist field", field);
      return { type: "number", run: (scope) => (field.run(scope) === "" ? 0 : field.run(scope).split(";").length) };
    },
  },
  CONTAINS: textTest((value, part) => value.includes(part)),
  BEGINS: textTest((value, part) => value.startsWith(part)),
};

function conditions(operator: "&&" | "||", args: readonly Typed[], call: Call): Typed {
  const runs = args.map((arg) => asBoolean(arg, call));
  return { type: "boolean", run: logical(operator, runs) };
}

function bindCase(args: readonly Typed[], call: Call): Typed {
  if (args.length % 2 !== 0)
    throw new FormulaError("CASE takes pairs of a value and a result, and one more result for everything else", {
      position: call.at,
    });
  const value = comparable(argument(args, 0));
  const tests: Run<boolean | null>[] = [];
  const results: Typed[] = [];
  for (let at = 1; at + 1 < args.length; at += 2) {
    tests.push(equality(value, comparable(argument(args, at)), call));
    results.push(argument(args, at + 1));
  }
  results.push(argument(args, args.length - 1));
  return oneOf(results, call, (runs) => {
    const otherwise = runs.at(-1);
    if (otherwise === undefined) throw new Error("CASE has an else result");
    return (scope) => {
      for (let at = 0; at < tests.length; at++) if (tests[at]?.(scope) === true) return (runs[at] ?? otherwise)(scope);
      return otherwise(scope);
    };
  });
}

/** CASE is the one comparison that takes picklists, as their API values. */
function comparable(part: Typed): Typed {
  return part.type === "picklist" ? { type: "text", run: part.run } : part;
}

function replaced(args: readonly Typed[], call: Call, isAbsent: Run<boolean>): Typed {
  const parts = args.map(comparable);
  return oneOf(parts, call, (runs) => {
    const [value, other] = runs;
    if (value === undefined || other === undefined) throw new Error(`${call.name} has two arguments`);
    return (scope) => (isAbsent(scope) ? other(scope) : value(scope));
  });
}

/** Nothing, or a text without characters. */
function blankness(part: Typed): Run<boolean> {
  switch (part.type) {
    case "null":
      return () => true;
    case "text":
    case "id":
    case "picklist":
    case "multipicklist": {
      const { run } = part;
      return (scope) => run(scope) === "";
    }
    default: {
      const { run } = part;
      return (scope) => run(scope) === null;
    }
  }
}

/** Nothing; a text is never null, not even an empty one. */
function nullness(part: Typed): Run<boolean> {
  const isText = part.type === "text" || part.type === "id";
  if (!isText) return blankness(part);
  const { run } = part;
  return (scope) => {
    run(scope);
    return false;
  };
}
