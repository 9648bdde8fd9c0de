/** Deletes one record with all that goes with it: into the recycle bin, or for good (reference: order-domain §2.11, §6.3, §6.4). */
import type { Transaction } from "../org/port.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";
import { checkChange } from "./access.ts";
import { planDeletion } from "./cascade.ts";
import { type Change, type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { isRefusal } from "./decode.ts";
import { noteDeletion } from "./deletion-root.ts";
import type { ObjectPlan } from "./object-plan.ts";
import { refusalOf } from "./rules/registry.ts";
import { rollUp } from "./rules/roll-up.ts";
import { liveRecord, parseRecordId } from "./target.ts";
import { checkLock, runTriggers } from "./triggers.ts";
import type { Written } from "./write-record.ts";

/** What is deleted; `hard` removes the record at once, also one that is in the recycle bin already. */
export interface DeleteTarget {
  readonly id: string | undefined;
  readonly hard: boolean;
}

/** Deletes one record. */
export function deleteRecord(context: SaveContext, plan: ObjectPlan, target: DeleteTarget): Written | Refusal {
  const { tx } = context;
  const id = parseRecordId(plan, target.id, "delete");
  if (typeof id !== "string") return id;
  const binned = tx.get(plan.name, id);
  if (target.hard && binned?.["IsDeleted"] === true) return purgeBinned(context, plan, binned);
  const live = liveRecord(tx, plan, id);
  if (isRefusal(live)) return live;
  const { row } = live;
  const change: Change = { plan, operation: "delete", id, before: row, after: { ...row }, given: [] };
  const refusal =
    checkChange(tx, plan, "delete", row) ??
    checkLock(context, change) ??
    runTriggers(context, change, "before delete") ??
    refusalOf(change, tx, context.onVerdict);
  if (refusal !== undefined) return refusal;
  const planned = planDeletion(tx, plan.type, row);
  if ("code" in planned) return refuse(planned);
  for (const { object, id: child, field } of planned.loosened) loosen(tx, object, child, field);
  for (const doomed of planned.doomed) {
    const childId = String(doomed.row["Id"]);
    // A child may have been changed by the deletion itself: its total, its loosened reference.
    const current = tx.get(doomed.type.name, childId) ?? doomed.row;
    if (target.hard || !hasBin(current)) {
      tx.remove(doomed.type.name, childId);
      removeBinnedChildren(tx, doomed.type, childId);
    } else {
      tx.replace(doomed.type.name, binnedRow(current, tx));
      noteDeletion(tx.get(doomed.type.name, childId), id, childId === id ? planned.loosened : undefined);
    }
    const saved = { object: doomed.type.name, operation: "delete" as const, before: current, after: current };
    rollUp(saved, tx);
  }
  return runTriggers(context, change, "after delete") ?? { id };
}

/** Some objects have no recycle bin, members of groups for example: their records go at once. */
function hasBin(row: Row): boolean {
  return row["IsDeleted"] !== undefined;
}

function purgeBinned({ tx }: SaveContext, plan: ObjectPlan, row: Row): Written | Refusal {
  const id = String(row["Id"]);
  const refused = checkChange(tx, plan, "delete", row);
  if (refused !== undefined) return refused;
  tx.remove(plan.name, id);
  removeBinnedChildren(tx, plan.type, id);
  return { id };
}

/** Children in the recycle bin have nothing to come back to once their parent is gone for good. */
function removeBinnedChildren(tx: Transaction, type: SObjectType, id: string): void {
  for (const { childObject, field, onParentDelete } of type.children) {
    const childType = tx.catalog.object(childObject);
    if (onParentDelete === "setNull" || onParentDelete === "restrict" || childType === undefined) continue;
    if (!tx.hasIndex(childObject, field.name)) continue;
    for (const child of tx.find(childObject, field.name, id)) {
      if (child["IsDeleted"] !== true) continue;
      tx.remove(childObject, String(child["Id"]));
      removeBinnedChildren(tx, childType, String(child["Id"]));
    }
  }
}

/** A deletion stamps the record, and those that go with it, with the user who deletes [memory: platform §4]. */
function binnedRow(row: Row, tx: Transaction): Row {
  const stamps: Record<string, string> = { SystemModstamp: tx.now };
  if ("LastModifiedDate" in row) {
    stamps["LastModifiedDate"] = tx.now;
    stamps["LastModifiedById"] = tx.actor.userId;
  }
  const known = Object.entries(stamps).filter(([field]) => field in row);
  return { ...row, ...Object.fromEntries(known), IsDeleted: true };
}

function loosen(tx: Transaction, object: string, id: string, field: string): void {
  const row = tx.get(object, id);
  if (row === undefined) return;
  tx.replace(object, { ...row, [field]: null, ...("SystemModstamp" in row && { SystemModstamp: tx.now }) });
}
