/**
 * Where saves and formulas meet: default values that are formulas, and validation rules written as formulas.
 *
 * The formulas themselves are the schema's (`schema/computed.ts`); here they get the record, its parents and the clock
 * of the transaction. Formula fields are not stored and so are not computed here.
 */
import type { Transaction } from "../org/port.ts";
import type { Catalog } from "../schema/catalog.ts";
import { type CompiledRule, type ComputedField, defaultFormulas, validationRules } from "../schema/computed.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import type { FormulaContext, ParentLookup } from "../schema/formula.ts";
import { FormulaError } from "../schema/formula.ts";
import type { ValidationRule as FormulaRule } from "../schema/metadata/customization.ts";
import { datetimeMs } from "../schema/temporal.ts";
import type { Change } from "./change.ts";
import type { ObjectPlan } from "./object-plan.ts";
import type { ValidationRule } from "./options.ts";

const defaults = new WeakMap<ObjectPlan, readonly ComputedField[]>();

/** Fills fields that the client left out with their default formula; a formula that fails leaves null [memory: platform §4]. */
export function fillDefaultFormulas({ plan, after, given }: Change, tx: Transaction): void {
  for (const computed of defaultFormulasOf(plan, tx.catalog)) {
    const { name } = computed.field;
    if (!given.includes(name)) after[name] = orNull(() => computed.value(after, lookup(tx), scope(tx, undefined)));
  }
}

/**
 * Validation rules of metadata files, ready for `SaveOptions.validationRules`. They are compiled once, here; inactive
 * ones are left out. A rule whose formula fails for a record refuses the save, as the platform does.
 */
export function formulaRules(rules: readonly FormulaRule[], catalog: Catalog): readonly ValidationRule[] {
  return catalog.objects.flatMap((type) => validationRules(rules, type, catalog).map(ready));
}

function ready(compiled: CompiledRule): ValidationRule {
  const { rule } = compiled;
  return {
    name: rule.name,
    object: rule.object,
    message: rule.message,
    ...(rule.field !== undefined && { field: rule.field }),
    isBroken: (record, before, tx) => compiled.isViolated(record, lookup(tx), scope(tx, before)),
  };
}

function defaultFormulasOf(plan: ObjectPlan, catalog: Catalog): readonly ComputedField[] {
  const known = defaults.get(plan);
  if (known !== undefined) return known;
  const found = defaultFormulas(plan.type, catalog);
  defaults.set(plan, found);
  return found;
}

/** What a formula needs beside its record: the records of the org, and who saves when. */
export function formulaSurroundings(
  tx: Transaction,
  previous: Row | undefined,
): { readonly parents: ParentLookup; readonly context: FormulaContext } {
  return { parents: lookup(tx), context: scope(tx, previous) };
}

function scope(tx: Transaction, previous: Row | undefined): FormulaContext {
  const user = tx.get("User", tx.actor.userId) ?? {};
  const holds = (permission: string): boolean => tx.actor.access.has(permission);
  return { nowMs: datetimeMs(tx.now), user, timeZone: tx.actor.timeZone, previous, holds, find: searchIn(tx) };
}

/** How VLOOKUP, CURRENCYRATE and $Organization find a record of the org. */
function searchIn(tx: Transaction): NonNullable<FormulaContext["find"]> {
  return (object, where) => {
    const [row] = where === undefined ? tx.rows(object) : tx.find(object, where.field, where.value);
    return row;
  };
}

function lookup(tx: Transaction): ParentLookup {
  return (object, id) => tx.get(object, id);
}

function orNull(compute: () => FieldValue): FieldValue {
  try {
    return compute();
  } catch (error) {
    if (error instanceof FormulaError) return null;
    throw error;
  }
}
