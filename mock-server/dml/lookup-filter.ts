/**
 * Lookup filters as rules of a save: a record that does not satisfy the filter cannot be looked up. A filter is asked when
 * the lookup, or a field of the record that the filter names, gets another value (reference: platform §4 [memory]).
 */
import type { Catalog } from "../schema/catalog.ts";
import type { FieldDefinition, Row } from "../schema/definition.ts";
import { compileFormula } from "../schema/formula.ts";
import type { FieldSource } from "../schema/metadata/customization.ts";
import { type LookupCondition, type LookupFilter, parseLogic } from "../schema/metadata/lookup-filter.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";
import { satisfies } from "../schema/roll-up.ts";
import { formulaSurroundings } from "./formula.ts";
import type { ValidationRule } from "./options.ts";

/** The rules of all lookup filters, and remarks on filters that cannot be asked. */
export interface LookupRules {
  readonly rules: readonly ValidationRule[];
  readonly remarks: readonly MetadataProblem[];
}

/** Compiles the filters of the fields that the catalog has. */
export function lookupRules(fields: readonly FieldSource[], catalog: Catalog): LookupRules {
  const rules: ValidationRule[] = [];
  const remarks: MetadataProblem[] = [];
  for (const { path, object, field } of fields) {
    const lookup = catalog.object(object)?.field(field.name);
    if (field.lookupFilter === undefined || lookup === undefined) continue;
    const rule = ruleOf(object, lookup, field.lookupFilter, catalog);
    if (typeof rule !== "string") rules.push(rule);
    else
      remarks.push({
        path,
        element: `${field.name}/lookupFilter`,
        reason: `${rule}; left out`,
        kind: "lookup filters left out",
        leftOut: `${object}.${field.name}/lookupFilter`,
      });
  }
  return { rules, remarks };
}

type Condition = (record: Row, surroundings: ReturnType<typeof formulaSurroundings>) => boolean;

/** The rule, or the reason why there is none. */
function ruleOf(
  object: string,
  lookup: FieldDefinition,
  filter: LookupFilter,
  catalog: Catalog,
): ValidationRule | string {
  const own = new Set<string>([lookup.name]);
  const conditions: Condition[] = [];
  for (const condition of filter.conditions) {
    const compiled = conditionOf(object, lookup, condition, catalog, own);
    if (typeof compiled === "string") return compiled;
    conditions.push(compiled);
  }
  const logic = filter.logic === undefined ? undefined : parseLogic(filter.logic, conditions.length);
  if (filter.logic !== undefined && logic === undefined) return `"${filter.logic}" is no logic of the conditions`;
  return {
    name: `lookup filter of ${lookup.name}`,
    object,
    code: "FIELD_FILTER_VALIDATION_EXCEPTION",
    message: filter.message,
    field: lookup.name,
    isBroken: (record, before, tx) => {
      if ((record[lookup.name] ?? null) === null) return false;
      if (before !== undefined && [...own].every((name) => before[name] === record[name])) return false;
      const surroundings = formulaSurroundings(tx, before);
      const held = conditions.map((condition) => condition(record, surroundings));
      return !(logic?.(held) ?? held.every(Boolean));
    },
  };
}

function conditionOf(
  object: string,
  lookup: FieldDefinition,
  { field, operation, value, valueField }: LookupCondition,
  catalog: Catalog,
  own: Set<string>,
): Condition | string {
  const left = operandOf(object, lookup, field, catalog, own);
  if (typeof left === "string") return left;
  if (valueField === undefined)
    return (record, { parents, context }) =>
      satisfies({ operation, value }, left.formula.evaluate(record, parents, context), left.field);
  const right = operandOf(object, lookup, valueField, catalog, own);
  if (typeof right === "string") return right;
  return (record, { parents, context }) => {
    const other = right.formula.evaluate(record, parents, context);
    const text = other === null ? "" : String(other);
    return satisfies({ operation, value: text }, left.formula.evaluate(record, parents, context), left.field);
  };
}

function operandOf(object: string, lookup: FieldDefinition, path: string, catalog: Catalog, own: Set<string>) {
  const type = catalog.object(object);
  const [first = "", ...rest] = path.split(".");
  const [target = ""] = lookup.referenceTo ?? [];
  const isSource = first.toLowerCase() === "$source";
  const text = first.startsWith("$") && !isSource ? path : isSource ? rest.join(".") : throughLookup(lookup, rest);
  const formula = type === undefined ? undefined : compileFormula(text, type, catalog);
  if (formula === undefined) return `there is no object ${object}`;
  if (!formula.ok) return formula.reason;
  for (const name of isSource ? formula.fields : []) own.add(name);
  const on = isSource ? type : first.startsWith("$") ? undefined : catalog.object(target);
  return { formula, field: rest.length === 1 ? on?.field(rest[0] ?? "") : undefined };
}

/** `Target__c.Field__c` from the record that looks it up: `Lookup__r.Field__c`. */
function throughLookup(lookup: FieldDefinition, rest: readonly string[]): string {
  return [lookup.relationshipName ?? "", ...rest].join(".");
}
