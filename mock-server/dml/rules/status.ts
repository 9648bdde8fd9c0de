/**
 * Status categories. Every rule about orders and contracts asks for the category (`StatusCode`), never for the value,
 * because an administrator may name values freely (reference: order-domain §2.1, §8.4 [doc, fixture]).
 */
import type { Row } from "../../schema/definition.ts";
import type { Change } from "../change.ts";
import type { ObjectPlan } from "../object-plan.ts";

export const DRAFT = "Draft";
export const ACTIVATED = "Activated";
export const IN_APPROVAL = "InApproval";

/** The category of a status value; a value without one counts as Draft, the only state that locks nothing. */
export function categoryOf(plan: ObjectPlan, status: string | null): string {
  return plan.statusCategories.get(status ?? "") ?? DRAFT;
}

/** True where an update moves the record from another category into Activated. */
export function activates({ operation, before, after }: Change): boolean {
  return operation === "update" && before?.["StatusCode"] !== ACTIVATED && after["StatusCode"] === ACTIVATED;
}

/** True where an update moves the record out of Activated. */
export function deactivates({ operation, before, after }: Change): boolean {
  return operation === "update" && before?.["StatusCode"] === ACTIVATED && after["StatusCode"] !== ACTIVATED;
}

/** True where the stored record is in the Activated category. */
export function isActivated(row: Row | undefined): boolean {
  return row?.["StatusCode"] === ACTIVATED;
}
