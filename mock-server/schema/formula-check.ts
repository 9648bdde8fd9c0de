/**
 * Which formulas and roll-ups of a customization cannot be evaluated, and the schema without them.
 *
 * A field that is left out takes along the formulas and roll-ups that name it, so the check is repeated until nothing more
 * falls. Each round leaves out at least one part, so there are no more rounds than parts.
 */
import { type Catalog, createCatalog } from "./catalog.ts";
import type { FieldDefinition, ObjectDefinition, SummaryDefinition } from "./definition.ts";
import { compileFormula, type FormulaResult } from "./formula.ts";
import type { Customization, FieldSource, ValidationRule } from "./metadata/customization.ts";
import type { MetadataProblem } from "./metadata/problem.ts";

/** The parts of a schema whose formulas work, and what is wrong with the others. */
export interface CheckedParts {
  readonly objects: ReadonlyMap<string, ObjectDefinition>;
  readonly validationRules: readonly ValidationRule[];
  /** One for each part that cannot be evaluated, those that need a field of another one included. */
  readonly faults: readonly MetadataProblem[];
  /** Roll-ups over objects that the org does not model, which stay empty. */
  readonly remarks: readonly MetadataProblem[];
}

/** Checks every formula and roll-up of the customization on the objects that it was applied to. */
export function withoutFaultyParts(
  given: ReadonlyMap<string, ObjectDefinition>,
  customization: Customization,
): CheckedParts {
  const objects = new Map(given);
  const faults: MetadataProblem[] = [];
  const remarks: MetadataProblem[] = [];
  const sources = customization.fields.filter(({ field: { fields } }) =>
    fields.some((each) => each.formula ?? each.defaultFormula ?? each.summary),
  );
  let { validationRules } = customization;
  for (let round = 1; ; round += 1) {
    const catalog = createCatalog([...objects.values()], customization.labels);
    const check: Check = { catalog, faults, remarks: round === 1 ? remarks : [], changed: new Map() };
    const before = faults.length;
    for (const source of sources) checkField(check, source);
    validationRules = validationRules.filter((rule) => {
      const reason = rule.active && objects.has(rule.object) ? faultOfRule(rule, catalog) : undefined;
      if (reason === undefined) return true;
      const leftOut = `${rule.object}.${rule.name}`;
      faults.push({ path: rule.path, ...reason, kind: "validation rules left out", leftOut });
      return false;
    });
    if (faults.length === before) return { objects, validationRules, faults, remarks };
    apply(check.changed, objects);
  }
}

/** What one round finds: for each object, its fields by name with what becomes of them; undefined leaves one out. */
interface Check {
  readonly catalog: Catalog;
  readonly faults: MetadataProblem[];
  readonly remarks: MetadataProblem[];
  readonly changed: Map<string, Map<string, FieldDefinition | undefined>>;
}

function apply(changed: Check["changed"], objects: Map<string, ObjectDefinition>): void {
  for (const [name, fields] of changed) {
    const object = objects.get(name);
    if (object === undefined) continue;
    const kept = object.fields.flatMap((field) => {
      const after = fields.has(field.name) ? fields.get(field.name) : field;
      return after === undefined ? [] : [after];
    });
    objects.set(name, { ...object, fields: kept });
  }
}

function checkField(check: Check, { path, object, field: { name } }: FieldSource): void {
  const { catalog, faults, changed } = check;
  const field = catalog.object(object)?.field(name);
  if (field === undefined) return;
  const becomes = (after: FieldDefinition | undefined): void => {
    const ofObject = changed.get(object) ?? new Map<string, FieldDefinition | undefined>();
    changed.set(object, ofObject.set(name, after));
  };
  const wrong = faultOfField(check, path, object, field);
  if (wrong !== undefined) {
    const { element, reason } = wrong;
    faults.push({
      path,
      element: `${name}/${element}`,
      reason,
      kind: element === "formula" ? "formula fields left out" : "roll-ups left out",
      leftOut: `${object}.${name}`,
    });
    becomes(undefined);
    return;
  }
  const { defaultFormula, ...withoutDefault } = field;
  const wrongDefault = defaultFormula === undefined ? undefined : faultOf(defaultFormula, object, catalog, field);
  if (wrongDefault === undefined) return;
  faults.push({
    path,
    element: `${name}/defaultValue`,
    reason: wrongDefault,
    kind: "default values left out",
    leftOut: `${object}.${name}/defaultValue`,
  });
  becomes(withoutDefault);
}

interface Fault {
  readonly element: string;
  readonly reason: string;
}

function faultOfField(check: Check, path: string, object: string, field: FieldDefinition): Fault | undefined {
  const { catalog } = check;
  if (field.formula !== undefined) {
    const reason = faultOf(field.formula, object, catalog, field);
    return reason === undefined ? undefined : { element: "formula", reason };
  }
  if (field.summary === undefined) return undefined;
  if (catalog.object(field.summary.childObject) !== undefined) return faultOfSummary(field.summary, object, catalog);
  if (field.summary.childObject.endsWith("__c"))
    return { element: "summaryForeignKey", reason: `there is no object ${field.summary.childObject}` };
  const reason = `${field.summary.childObject} is not modeled: the roll-up stays empty`;
  check.remarks.push({ path, element: `${field.name}/summaryForeignKey`, reason, kind: "roll-ups that stay empty" });
  return undefined;
}

function faultOfSummary(summary: SummaryDefinition, master: string, catalog: Catalog): Fault | undefined {
  const { childObject, foreignKey } = summary;
  const child = catalog.object(childObject);
  const key = child?.field(foreignKey);
  const isDetail = key?.masterDetail === true || SUMMED_STANDARD.has(`${childObject}.${foreignKey}`);
  if (!isDetail || key?.referenceTo?.[0] !== master)
    return {
      element: "summaryForeignKey",
      reason: `${childObject}.${foreignKey} is no master-detail field to ${master}`,
    };
  const unknown = summary.filters.find((filter) => child?.field(filter.field) === undefined);
  if (unknown !== undefined)
    return { element: "summaryFilterItems", reason: `${childObject} has no field ${unknown.field}` };
  if (summary.operation === "count") return undefined;
  const summed = child?.field(summary.field ?? "");
  if (summed === undefined)
    return { element: "summarizedField", reason: `${childObject} has no field ${summary.field ?? ""}` };
  if (SUMMED_TYPES.has(summed.type)) return undefined;
  return { element: "summarizedField", reason: `a field of type ${summed.type} cannot be summed up` };
}

/** Standard references over which the platform allows roll-ups as over master-detail fields [memory: platform §5]. */
const SUMMED_STANDARD: ReadonlySet<string> = new Set([
  "CampaignMember.CampaignId",
  "Opportunity.AccountId",
  "OpportunityLineItem.OpportunityId",
  "OrderItem.OrderId",
  "QuoteLineItem.QuoteId",
]);

const SUMMED_TYPES: ReadonlySet<FieldDefinition["type"]> = new Set([
  "double",
  "int",
  "currency",
  "percent",
  "date",
  "datetime",
]);

function faultOfRule(rule: ValidationRule, catalog: Catalog): Fault | undefined {
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
