/** GEN-1: the fields that a record must have, all missing ones in one message (reference: rest-api §14.3 [fixture]). */
import type { OrgFault } from "../errors.ts";
import { type Change, type Refusal, refuse } from "./change.ts";

/**
 * Fields that are required and empty. A field whose value was refused is not empty: `faults` has the better answer.
 *
 * An insert is asked for every required field of its object, an update for those that would become null.
 */
export function checkRequired(
  { plan, operation, before, after }: Change,
  faults: readonly OrgFault[] = [],
): Refusal | undefined {
  let missing: string[] | undefined;
  if (operation === "insert") {
    for (const { name } of plan.required) if (after[name] === null) (missing ??= []).push(name);
  } else {
    for (const name of plan.neverNull) if (after[name] === null && before?.[name] !== null) (missing ??= []).push(name);
  }
  missing = missing?.filter((name) => !faults.some(({ fields }) => fields?.includes(name)));
  if (missing === undefined || missing.length === 0) return undefined;
  const message = `Required fields are missing: [${missing.join(", ")}]`;
  return refuse({ code: "REQUIRED_FIELD_MISSING", message, fields: missing });
}
