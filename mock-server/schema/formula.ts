/**
 * Formulas of formula fields, default values and validation rules, bound to an object of the catalog.
 *
 * What cannot be evaluated is refused by name when the formula is compiled, so that a loaded formula is one that works.
 * The engine itself is `mock-server/formula`.
 */
import { FormulaError } from "../formula/error.ts";
import { rounded, toNumber } from "../formula/number.ts";
import type { FormulaContext, ParentLookup, Run, Typed } from "../formula/scope.ts";
import { wrongType } from "../formula/types.ts";
import type { Catalog, SObjectType } from "./catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "./definition.ts";
import { asField, bindFormula, storedNumber } from "./formula-names.ts";
import { formatDatetime } from "./temporal.ts";

export { FormulaError } from "../formula/error.ts";
export type { FormulaContext, ParentLookup } from "../formula/scope.ts";

/** A formula bound to an object, or the reason why it cannot be one. */
export type CompiledFormula =
  | {
      readonly ok: true;
      /** Fields of the object itself that the formula reads, by API name; parents' fields are not listed. */
      readonly fields: readonly string[];
      /**
       * The formula's value for a record, in stored form. Throws a `FormulaError` where the platform shows `#Error!`
       * (a division by zero, a text that is no number); a formula field gives null there instead.
       */
      evaluate(row: Row, parentLookup: ParentLookup, context: FormulaContext): FieldValue;
    }
  | { readonly ok: false; readonly reason: string };

/** Decimals of a number that belongs to no field. */
const LOOSE_SCALE = 18;

const DAY_MS = 86_400_000;

/** What a formula is for. */
export type FormulaResult =
  /** A formula field or a default value: a value of the field's type. */
  | FieldDefinition
  /** The error condition of a validation rule. */
  | "condition"
  /** Any value. */
  | undefined;

/**
 * Compiles a formula for records of `object`.
 *
 * For a field the value is rounded and written as that field's type says, empty numbers count as the field says, and an
 * error gives null. In conditions, empty numbers stay empty. The catalog must be the whole one: formulas read fields
 * that the running user may not see.
 */
export function compileFormula(
  text: string,
  object: SObjectType,
  catalog: Catalog,
  result?: FormulaResult,
): CompiledFormula {
  const own = new Set<string>();
  const field = typeof result === "object" ? result : undefined;
  try {
    const blanksAsZero = field?.blanksAsZero ?? false;
    const isField = field?.formula !== undefined;
    const size = { characters: 0 };
    const value = bindFormula(text, { object, catalog, own, depth: 0, blanksAsZero, isField, size });
    if (result === "condition" && value.type !== "boolean" && value.type !== "null")
      throw wrongType({ name: "the condition", at: 0 }, "Boolean", value);
    const run = field === undefined ? storedForm(value) : forField(value, field);
    return {
      ok: true,
      fields: [...own],
      evaluate: (row, parentLookup, context) => run({ row, parentLookup, context }),
    };
  } catch (error) {
    if (error instanceof FormulaError) return { ok: false, reason: error.message };
    throw error;
  }
}

/** The value of a field: an error gives null, as the API shows it. */
function forField(value: Typed, field: FieldDefinition): Run<FieldValue> {
  const typed = asField(value, field);
  const run = typed.type === "number" ? mapped(typed.run, (number) => storedNumber(number, field)) : storedForm(typed);
  const failed = field.type === "boolean" ? false : null;
  return (scope) => {
    try {
      return run(scope) ?? failed;
    } catch (error) {
      if (error instanceof FormulaError) return failed;
      throw error;
    }
  };
}

/** The value as records store it: an empty text is null, dates and instants are texts. */
function storedForm(value: Typed): Run<FieldValue> {
  switch (value.type) {
    case "number":
      return mapped(value.run, (number) => toNumber(rounded(number, LOOSE_SCALE, "halfUp")));
    case "date":
      return mapped(value.run, (day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
    case "datetime":
      return mapped(value.run, formatDatetime);
    case "time":
      return mapped(value.run, (ms) => new Date(ms).toISOString().slice(11));
    case "boolean":
    case "null":
      return value.run;
    case "location":
      throw new FormulaError("gives a place, which no field can hold");
    default: {
      const { run } = value;
      return (scope) => {
        const text = run(scope);
        return text === "" ? null : text;
      };
    }
  }
}

function mapped<T>(run: Run<T | null>, of: (value: T) => FieldValue): Run<FieldValue> {
  return (scope) => {
    const value = run(scope);
    return value === null ? null : of(value);
  };
}
