/**
 * May this user do this to this object and this record? Object permissions, then sharing.
 *
 * Reference: order-domain §7.2, §7.4, §3.7; rest-api §7.5, §14.3. Sharing itself is the org's (`canSee`, `canEdit`).
 */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import type { Row } from "../schema/definition.ts";
import { keyPrefixOf } from "../schema/record-id.ts";
import { type Refusal, refuse, type WriteOperation } from "./change.ts";
import type { ObjectPlan } from "./object-plan.ts";

/** What a user gets who may not change a record (reference: order-domain §7.4 [fixture]). */
export const NO_ACCESS: OrgFault = {
  code: "INSUFFICIENT_ACCESS_OR_READONLY",
  message: "insufficient access rights on object id",
  fields: [],
};

/** Refuses an object that does not exist for this user. */
export function checkObject(tx: Transaction, plan: ObjectPlan): Refusal | undefined {
  return tx.actor.access.object(plan.name).read ? undefined : unsupportedObject(plan.name);
}

/** Reference: order-domain §7.4 [memory; INVALID_TYPE live]. */
export function unsupportedObject(name: string): Refusal {
  const hint =
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. " +
    "Please reference your WSDL or the describe call for the appropriate names.";
  return refuse({ code: "INVALID_TYPE", message: `sObject type '${name}' is not supported. ${hint}` });
}

/** The object permission for a new record. */
export function checkCreate(tx: Transaction, plan: ObjectPlan): Refusal | undefined {
  if (tx.actor.access.object(plan.name).create && plan.type.definition.createable === true) return undefined;
  return refuse(cannot("inserted", plan));
}

/**
 * Whoever adds a detail changes its master: an order product needs Edit on its order (reference: order-domain §3.7
 * [doc]), the detail of a custom master-detail relationship Edit on its master [memory].
 */
export function checkMasters(tx: Transaction, plan: ObjectPlan, record: Row): Refusal | undefined {
  for (const field of plan.masters) {
    const id = record[field.name];
    if (typeof id !== "string") continue;
    const master = tx.catalog.objectByPrefix(keyPrefixOf(id));
    const row = master === undefined ? undefined : tx.get(master.name, id);
    if (master === undefined || row === undefined) continue;
    if (!tx.actor.access.object(master.name).edit || !tx.canEdit(master.name, row)) return refuse(NO_ACCESS, 403);
  }
  return undefined;
}

/** The object permission and the sharing of a stored record. */
export function checkChange(
  tx: Transaction,
  plan: ObjectPlan,
  operation: Exclude<WriteOperation, "insert">,
  row: Row,
): Refusal | undefined {
  const { definition } = plan.type;
  if (operation === "update" && definition.updateable !== true) return refuse(cannot("updated", plan));
  if (operation === "delete" && definition.deletable !== true) return refuse(cannot("deleted", plan));
  if (!tx.canSee(plan.name, row)) return refuse(NOT_FOUND, 404);
  const rights = tx.actor.access.object(plan.name);
  const allowed = operation === "update" ? rights.edit : rights.delete;
  return allowed && tx.canEdit(plan.name, row) ? undefined : refuse(NO_ACCESS, 403);
}

/** A record that this user cannot see does not exist for them (reference: rest-api §7.5, live report). */
const NOT_FOUND: OrgFault = { code: "NOT_FOUND", message: "The requested resource does not exist" };

/** Reference: order-domain §7.4 [memory]. */
function cannot(done: "inserted" | "updated" | "deleted", plan: ObjectPlan): OrgFault {
  return {
    code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    message: `entity type cannot be ${done}: ${plan.type.definition.label}`,
    fields: [],
  };
}
