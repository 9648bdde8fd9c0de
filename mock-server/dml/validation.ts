/** GEN-3: the org's own validation rules; all that are broken are reported together (reference: order-domain §8.3). */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import { FormulaError } from "../schema/formula.ts";
import type { Change, Refusal } from "./change.ts";
import type { SaveContext } from "./context.ts";
import type { ValidationRule } from "./options.ts";

/** Asks every validation rule of the change's object. */
export function checkValidationRules(change: Change, { tx, options, onVerdict }: SaveContext): Refusal | undefined {
  if (options.validationRules === undefined) return undefined;
  const faults: OrgFault[] = [];
  for (const rule of options.validationRules) {
    if (rule.object !== change.plan.name) continue;
    const message = messageOf(rule, change, tx);
    const broken = message !== undefined;
    const fault: OrgFault = {
      code: rule.code ?? "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      message: message ?? rule.message,
      fields: rule.field === undefined ? [] : [rule.field],
    };
    if (broken) faults.push(fault);
    onVerdict?.({
      rule: rule.name,
      object: rule.object,
      id: change.id,
      kept: !broken,
      ...(broken && { fault }),
    });
  }
  return faults.length === 0 ? undefined : { faults, statusCode: 400 };
}

/** The text of a broken rule; a rule that cannot be evaluated for this record is broken too [memory: the text, platform §4]. */
function messageOf(rule: ValidationRule, change: Change, tx: Transaction): string | undefined {
  try {
    return rule.isBroken(change.after, change.before, tx) ? rule.message : undefined;
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    return `The formula in the "${rule.name}" validation rule is invalid or too complex: ${error.message}`;
  }
}
