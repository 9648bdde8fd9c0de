/** Which fields a client may write: the schema's flags and field-level security. */
import type { FieldDefinition, Row } from "../schema/definition.ts";
import type { SaveContext } from "./context.ts";
import type { ObjectPlan } from "./object-plan.ts";

/** True where this user may write the field on insert (no `before`) or update. */
export function isWritable(
  { tx }: SaveContext,
  plan: ObjectPlan,
  field: FieldDefinition,
  before: Row | undefined,
): boolean {
  if (field.calculated === true || field.autoNumber !== undefined) return false;
  if ((before === undefined ? field.createable : field.updateable) !== true) return false;
  if (before !== undefined && field.masterDetail === true && field.reparentable !== true) return false;
  // Reference: order-domain §5.1 [doc]: the standard price book keeps its name.
  if (plan.name === "Pricebook2" && field.name === "Name" && before?.["IsStandard"] === true) return false;
  return tx.actor.access.canEditField(plan.name, field.name);
}

/** Updateable in describe and yet set by the org alone (reference: order-domain §2.4, §12 no. 5). */
const STAMPED: ReadonlySet<string> = new Set([
  "Order.StatusCode",
  "Order.ActivatedDate",
  "Order.ActivatedById",
  "Contract.ActivatedDate",
  "Contract.ActivatedById",
]);

/** True for fields that describe calls updateable although only the org sets them. */
export function isStampedByOrg(plan: ObjectPlan, field: FieldDefinition): boolean {
  return field.updateable === true && STAMPED.has(`${plan.name}.${field.name}`);
}
