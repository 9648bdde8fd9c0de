/**
 * What goes with a deleted record and what forbids the deletion: the child relationships of the schema.
 *
 * `cascade` children go, `restrict` children forbid, `both` children go unless their state forbids it, all others lose
 * their reference (reference: order-domain §1.14 [fixture], §6.3 [forum, fixture flags]).
 */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import type { ChildRelationship, SObjectType } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";
import { isActivated } from "./rules/status.ts";

/** One record that a deletion takes away. */
export interface Doomed {
  readonly type: SObjectType;
  readonly row: Row;
}

/** A reference that becomes null because its target goes. */
export interface Loosened {
  readonly object: string;
  readonly id: string;
  readonly field: string;
  /** The target that goes. */
  readonly target: string;
}

/** Everything that one deletion does. The record itself is the first of `doomed`. */
export interface DeletionPlan {
  readonly doomed: readonly Doomed[];
  readonly loosened: readonly Loosened[];
}

/** Records that one deletion may take; the platform's own limit is lower [memory: platform §4]. It only bounds the walk. */
const DOOMED_MAX = 1_000_000;

/** Plans a deletion, or says which children forbid it. */
export function planDeletion(tx: Transaction, type: SObjectType, row: Row): DeletionPlan | OrgFault {
  const doomed: Doomed[] = [{ type, row }];
  const ids = new Set<unknown>([row["Id"]]);
  const restricting: { readonly relationship: ChildRelationship; readonly child: Row }[] = [];
  const loosened: Loosened[] = [];
  for (let at = 0; at < doomed.length; at++) {
    const parent = doomed[at];
    if (parent === undefined || doomed.length > DOOMED_MAX) break;
    for (const relationship of parent.type.children) {
      for (const child of liveChildren(tx, relationship, String(parent.row["Id"]))) {
        const childType = tx.catalog.object(relationship.childObject);
        if (childType === undefined || ids.has(child["Id"])) continue;
        const rule = relationship.onParentDelete;
        const cascades = rule === "cascade" || rule === "both";
        if (rule === "setNull")
          loosened.push({
            object: childType.name,
            id: String(child["Id"]),
            field: relationship.field.name,
            target: String(parent.row["Id"]),
          });
        else if (!cascades || forbidsDeletion(childType.name, child)) restricting.push({ relationship, child });
        else {
          ids.add(child["Id"]);
          doomed.push({ type: childType, row: child });
        }
      }
    }
  }
  // A child that goes for another reason forbids nothing: the contact of an order that its account takes along.
  const [first] = restricting.filter(({ child }) => !ids.has(child["Id"]));
  if (first === undefined) return { doomed, loosened: loosened.filter(({ id }) => !ids.has(id)) };
  const { childObject } = first.relationship;
  const names = restricting
    .filter(({ relationship, child }) => relationship.childObject === childObject && !ids.has(child["Id"]))
    .map(({ child }) => nameOf(tx, childObject, child));
  return restricted(nameOf(tx, type.name, row), tx.catalog.object(childObject), [...new Set(names)]);
}

/**
 * True where a child's state forbids the deletion of its parent: an activated order or contract, a won opportunity
 * (reference: order-domain §6.3 [forum]; §4 and §12 no. 9 for the orders of a contract, unsure).
 */
function forbidsDeletion(object: string, child: Row): boolean {
  if (object === "Order" || object === "Contract") return isActivated(child);
  return object === "Opportunity" && child["IsWon"] === true;
}

/** The children of one relationship that are not in the recycle bin. */
export function liveChildren(tx: Transaction, relationship: ChildRelationship, parentId: string): readonly Row[] {
  const { childObject, field } = relationship;
  if (field.type !== "reference" || !tx.hasIndex(childObject, field.name)) return [];
  return tx.find(childObject, field.name, parentId).filter((row) => row["IsDeleted"] !== true);
}

/** Reference: order-domain §6.3 [fixture: a recorded body], §5.3. */
function restricted(name: string, children: SObjectType | undefined, names: readonly string[]): OrgFault {
  const label = children?.definition.labelPlural.toLowerCase() ?? "records";
  const message = `Your attempt to delete ${name} could not be completed because it is associated with the following ${label}.: ${names.join(", ")}\n`;
  return { code: "DELETE_FAILED", message, fields: [] };
}

function nameOf(tx: Transaction, object: string, row: Row): string {
  const field = tx.catalog.object(object)?.nameField?.name ?? "Name";
  return String(row[field] ?? row["Id"]);
}
