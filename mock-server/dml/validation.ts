/** GEN-3: the org's own validation rules; all that are broken are reported together (reference: order-domain §8.3). */
import type { OrgFault } from "../errors.ts";
import type { Change, Refusal } from "./change.ts";
import type { SaveContext } from "./context.ts";

/** Asks every validation rule of the change's object. */
export function checkValidationRules(change: Change, { tx, options }: SaveContext): Refusal | undefined {
  if (options.validationRules === undefined) return undefined;
  const faults: OrgFault[] = [];
  for (const rule of options.validationRules) {
    if (rule.object !== change.plan.name) continue;
    const broken = rule.isBroken(change.after, change.before, tx);
    const fault: OrgFault = {
      code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      message: rule.message,
      fields: rule.field === undefined ? [] : [rule.field],
    };
    if (broken) faults.push(fault);
    options.onVerdict?.({
      rule: rule.name,
      object: rule.object,
      id: change.id,
      kept: !broken,
      ...(broken && { fault }),
    });
  }
  return faults.length === 0 ? undefined : { faults, statusCode: 400 };
}
