/**
 * Do the records exist that this record points to, and may the user point to them?
 *
 * Reference: order-domain §7.4, rest-api §14.3. Whether the Id fits the field at all was decided when it was parsed.
 */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import { keyPrefixOf } from "../schema/record-id.ts";
import { type Change, changes, type Refusal, refuse } from "./change.ts";

const UNKNOWN: OrgFault = {
  code: "INVALID_CROSS_REFERENCE_KEY",
  message: "invalid cross reference id",
  fields: [],
};

const DELETED: OrgFault = { code: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] };

/** Setup objects: everybody may point to a user, a queue or a record type without seeing its rows. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set([
  "User",
  "Group",
  "UserRole",
  "Profile",
  "RecordType",
  "Organization",
]);

/** Checks each reference that gets a new value. */
export function checkReferences(change: Change, tx: Transaction): Refusal | undefined {
  for (const field of change.plan.references) {
    const id = change.after[field.name];
    if (typeof id !== "string" || !changes(change, field.name)) continue;
    const fault = faultOfReference(tx, id);
    if (fault !== undefined) return refuse(fault);
    if (field.name === "RecordTypeId" && !isRecordTypeOf(change, id)) return refuse(foreignRecordType(id));
    if (field.name === "OwnerId" && isNoQueue(tx, id)) return refuse(UNKNOWN);
    if (field.name === "OwnerId" && tx.get("User", id)?.["IsActive"] === false)
      return refuse(inactiveOwner(id, change.plan.type.definition.label));
  }
  return undefined;
}

/** Of groups only queues own records (reference: order-domain §7.3 [fixture]; the answer memory). */
function isNoQueue(tx: Transaction, ownerId: string): boolean {
  if (tx.catalog.objectByPrefix(keyPrefixOf(ownerId))?.name !== "Group") return false;
  return tx.get("Group", ownerId)?.["Type"] !== "Queue";
}

function isRecordTypeOf({ plan }: Change, id: string): boolean {
  return plan.type.definition.recordTypes?.some((recordType) => recordType.id === id && recordType.active) ?? false;
}

/** A record type of another object, or an inactive one [memory: platform §4]. */
function foreignRecordType(id: string): OrgFault {
  const message = `Record Type ID: this ID value isn't valid for the user: ${id}`;
  return { code: "INVALID_CROSS_REFERENCE_KEY", message, fields: ["RecordTypeId"] };
}

function faultOfReference(tx: Transaction, id: string): OrgFault | undefined {
  const type = tx.catalog.objectByPrefix(keyPrefixOf(id));
  const row = type === undefined ? undefined : tx.get(type.name, id);
  if (type === undefined || row === undefined) return UNKNOWN;
  if (row["IsDeleted"] === true) return DELETED;
  if (OPEN_TO_ALL.has(type.name)) return undefined;
  const visible = tx.actor.access.object(type.name).read && tx.canSee(type.name, row);
  return visible ? undefined : hidden(id);
}

/** Reference: order-domain §7.4 [memory]. */
function hidden(id: string): OrgFault {
  return {
    code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    message: `insufficient access rights on cross-reference id: ${id}`,
    fields: [],
  };
}

/** Reference: rest-api §14.3 [memory]. */
function inactiveOwner(id: string, label: string): OrgFault {
  return {
    code: "INACTIVE_OWNER_OR_USER",
    message: `operation performed with inactive user [${id}] as owner of ${label.toLowerCase()}`,
    fields: [],
  };
}
