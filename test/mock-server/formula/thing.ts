/** Formulas on one record without an org: a few fields of every type, and what they hold. */
import { compile } from "../../../mock-server/formula/compile.ts";
import { FormulaError } from "../../../mock-server/formula/error.ts";
import { digitsText } from "../../../mock-server/formula/number.ts";
import type { Named, Names, RecordValues, Scope, Typed } from "../../../mock-server/formula/scope.ts";

const number = (name: string): Named => ({
  own: name,
  value: {
    type: "number",
    run: ({ row }) => {
      const value = row[name];
      return typeof value === "number" ? value : null;
    },
  },
});

const text = (name: string, type: "text" | "picklist" | "multipicklist" | "id"): Named => ({
  own: name,
  value: { type, run: ({ row }) => String(row[name] ?? "") },
});

const moment = (name: string, type: "date" | "datetime" | "time"): Named => ({
  own: name,
  value: {
    type,
    run: ({ row }) => {
      const value = row[name];
      return typeof value === "number" ? value : null;
    },
  },
});

const FIELDS: Readonly<Record<string, Named>> = {
  A: number("A"),
  B: number("B"),
  T: text("T", "text"),
  U: text("U", "text"),
  P: text("P", "picklist"),
  M: text("M", "multipicklist"),
  D: moment("D", "date"),
  E: moment("E", "date"),
  S: moment("S", "datetime"),
  Z: moment("Z", "datetime"),
  H: moment("H", "time"),
  C: { own: "C", value: { type: "boolean", run: ({ row }) => row["C"] === true } },
};

/** The names of the record `thing`; `isField` as of a formula field. */
export const NAMES: Names = {
  isField: false,
  named(name) {
    if (name.startsWith("$ObjectType.")) return { value: { type: "text", run: () => name } };
    const found = FIELDS[name];
    if (found === undefined) throw new FormulaError(`the field ${name} does not exist`);
    return found;
  },
  objectField: (name) => {
    const [, object = "", , field = ""] = name.split(".");
    return { object, field };
  },
};

/** The formula's value, numbers as plain digits, dates as days, `#Error!` where the record makes it fail. */
export function valueOf(formula: string, row: RecordValues = {}, more: Partial<Scope["context"]> = {}): unknown {
  return shown(compile(formula, NAMES), {
    row,
    parentLookup: () => undefined,
    context: { nowMs: Date.parse("2026-08-01T22:30:15.500Z"), user: {}, timeZone: "Europe/Vienna", ...more },
  });
}

/** Why the formula does not compile. */
export function refusalOf(formula: string): string {
  try {
    compile(formula, NAMES);
    return "compiles";
  } catch (error) {
    if (error instanceof FormulaError) return error.message;
    throw error;
  }
}

function shown(typed: Typed, scope: Scope): unknown {
  try {
    const value = typed.run(scope);
    if (typed.type === "number") return value === null ? null : digitsText(value as number);
    return value;
  } catch (error) {
    if (error instanceof FormulaError) return "#Error!";
    throw error;
  }
}
