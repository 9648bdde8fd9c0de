/**
 * What an org computes for a record by itself: defaults on insert, formula fields, validation rules.
 *
 * Everything is compiled once for an object and then runs on rows. The formulas were checked when the customization was
 * applied, so one that does not compile here is a programmer error and throws.
 */
import type { Catalog, SObjectType } from "./catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "./definition.ts";
import { type CompiledFormula, compileFormula, type FormulaContext, type ParentLookup } from "./formula.ts";
import type { ValidationRule } from "./metadata/customization.ts";

/** One field whose value the org computes. */
export interface ComputedField {
  readonly field: FieldDefinition;
  value(row: Row, parentLookup: ParentLookup, context: FormulaContext): FieldValue;
}

/** One validation rule ready to run. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** True where the save must be refused. Throws a `FormulaError` where the rule's formula fails for this record. */
  isViolated(row: Row, parentLookup: ParentLookup, context: FormulaContext): boolean;
}

/** The fields whose default is a formula: what an insert gives to those that the record does not bring. */
export function defaultFormulas(object: SObjectType, catalog: Catalog): readonly ComputedField[] {
  return object.fields.flatMap((field) =>
    field.defaultFormula === undefined ? [] : [computed(field.defaultFormula, field, object, catalog)],
  );
}

/** The formula fields of an object; their values are not stored, because a parent's change moves them. */
export function formulaFields(object: SObjectType, catalog: Catalog): readonly ComputedField[] {
  return object.fields.flatMap((field) =>
    field.formula === undefined ? [] : [computed(field.formula, field, object, catalog)],
  );
}

/** The active rules of an object, in order of their names [memory: platform §6]. */
export function validationRules(
  rules: readonly ValidationRule[],
  object: SObjectType,
  catalog: Catalog,
): readonly CompiledRule[] {
  return rules
    .filter((rule) => rule.active && rule.object === object.name)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((rule) => {
      const formula = compiled(rule.formula, compileFormula(rule.formula, object, catalog, "condition"));
      return { rule, isViolated: (row, lookup, context) => formula.evaluate(row, lookup, context) === true };
    });
}

function computed(text: string, field: FieldDefinition, object: SObjectType, catalog: Catalog): ComputedField {
  const formula = compiled(text, compileFormula(text, object, catalog, field));
  return { field, value: (row, lookup, context) => formula.evaluate(row, lookup, context) };
}

function compiled(text: string, formula: CompiledFormula): CompiledFormula & { readonly ok: true } {
  if (!formula.ok) throw new Error(`The formula ${text} was loaded although it cannot be evaluated: ${formula.reason}`);
  return formula;
}
