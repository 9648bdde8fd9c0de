/**
 * Which formulas of a customization cannot be evaluated, and the schema without them.
 *
 * A field whose formula is left out takes along the formulas that name it, so the check is repeated until nothing more
 * falls. Each round leaves out at least one part, so there are no more rounds than parts.
 */
import { type Catalog, createCatalog } from "./catalog.ts";
import type { FieldDefinition, ObjectDefinition } from "./definition.ts";
import { compileFormula, type FormulaResult } from "./formula.ts";
import type { Customization, ValidationRule } from "./metadata/customization.ts";
import type { MetadataProblem } from "./metadata/problem.ts";

/** The parts of a schema whose formulas work, and what is wrong with the others. */
export interface CheckedFormulas {
  readonly objects: ReadonlyMap<string, ObjectDefinition>;
  readonly validationRules: readonly ValidationRule[];
  /** One for each formula that cannot be evaluated, those that need a field of another one included. */
  readonly faults: readonly MetadataProblem[];
}

/** Checks every formula of the customization on the objects that it was applied to. */
export function withoutFaultyFormulas(
  given: ReadonlyMap<string, ObjectDefinition>,
  customization: Customization,
): CheckedFormulas {
  const objects = new Map(given);
  const faults: MetadataProblem[] = [];
  let { validationRules } = customization;
  for (;;) {
    const catalog = createCatalog([...objects.values()]);
    const before = faults.length;
    for (const source of customization.fields) {
      const object = objects.get(source.object);
      for (const field of object?.fields ?? [])
        if (field.name === source.field.fields[0]?.name) checkField({ objects, catalog, faults }, source, field);
    }
    validationRules = validationRules.filter((rule) => {
      const reason = rule.active && objects.has(rule.object) ? faultOfRule(rule, catalog) : undefined;
      if (reason !== undefined) faults.push({ path: rule.path, ...reason });
      return reason === undefined;
    });
    if (faults.length === before) return { objects, validationRules, faults };
  }
}

interface Check {
  readonly objects: Map<string, ObjectDefinition>;
  readonly catalog: Catalog;
  readonly faults: MetadataProblem[];
}

function checkField(
  { objects, catalog, faults }: Check,
  { path, object }: { readonly path: string; readonly object: string },
  field: FieldDefinition,
): void {
  const replace = (fields: (all: readonly FieldDefinition[]) => readonly FieldDefinition[]): void => {
    const definition = objects.get(object);
    if (definition !== undefined) objects.set(object, { ...definition, fields: fields(definition.fields) });
  };
  const { defaultFormula, ...withoutDefault } = field;
  const wrong = field.formula === undefined ? undefined : faultOf(field.formula, object, catalog, field);
  if (wrong !== undefined) {
    faults.push({ path, element: `${field.name}/formula`, reason: wrong });
    replace((all) => all.filter((each) => each !== field));
    return;
  }
  const wrongDefault = defaultFormula === undefined ? undefined : faultOf(defaultFormula, object, catalog, field);
  if (wrongDefault === undefined) return;
  faults.push({ path, element: `${field.name}/defaultValue`, reason: wrongDefault });
  replace((all) => all.map((each) => (each === field ? withoutDefault : each)));
}

function faultOfRule(
  rule: ValidationRule,
  catalog: Catalog,
): { readonly element: string; readonly reason: string } | undefined {
  const reason = faultOf(rule.formula, rule.object, catalog, "condition");
  if (reason !== undefined) return { element: `${rule.name}/errorConditionFormula`, reason };
  if (rule.field === undefined || catalog.object(rule.object)?.field(rule.field) !== undefined) return undefined;
  return { element: `${rule.name}/errorDisplayField`, reason: `${rule.object} has no field ${rule.field}` };
}

function faultOf(formula: string, on: string, catalog: Catalog, result: FormulaResult): string | undefined {
  const object = catalog.object(on);
  const compiled = object === undefined ? undefined : compileFormula(formula, object, catalog, result);
  return compiled === undefined || compiled.ok ? undefined : compiled.reason;
}
