/** Takes one record out of the recycle bin, with the children that were deleted with it (reference: order-domain §6.4). */
import type { SObjectType } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";
import { keyPrefixOf } from "../schema/record-id.ts";
import { checkChange } from "./access.ts";
import type { Loosened } from "./cascade.ts";
import { type Change, type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { loosenedBy, wentWith } from "./deletion-root.ts";
import { type ObjectPlan, planOf } from "./object-plan.ts";
import { refusalOf } from "./rules/registry.ts";
import { rollUp } from "./rules/roll-up.ts";
import { parseRecordId } from "./target.ts";
import { runTriggers } from "./triggers.ts";
import { checkUnique } from "./unique.ts";
import type { Written } from "./write-record.ts";

/** Restores one record. */
export function undeleteRecord(context: SaveContext, plan: ObjectPlan, given: string | undefined): Written | Refusal {
  const { tx } = context;
  const id = parseRecordId(plan, given, "undelete");
  if (typeof id !== "string") return id;
  // All three texts are [memory: platform §4].
  if (plan.type.definition.undeletable !== true) {
    const message = `entity type ${plan.name} does not support undelete`;
    return refuse({ code: "INVALID_TYPE_FOR_OPERATION", message, fields: [] });
  }
  const row = tx.get(plan.name, id);
  if (row === undefined || row["IsDeleted"] !== true)
    return refuse({ code: "UNDELETE_FAILED", message: "Entity is not in the recycle bin", fields: [] });
  // A parent that goes with the record, or that the record holds, must be there again first.
  const orphan = plan.references.find(
    (field) => (field.onParentDelete ?? "setNull") !== "setNull" && isGone(context, row[field.name]),
  );
  if (orphan !== undefined) {
    const message = `Cannot undelete: the ${orphan.label.replace(/ ID$/, "").toLowerCase()} of this record is deleted`;
    return refuse({ code: "UNDELETE_FAILED", message, fields: [] });
  }
  const change: Change = { plan, operation: "undelete", id, before: row, after: { ...row }, given: [] };
  const refusal =
    checkChange(tx, plan, "undelete", row) ?? refusalOf(change, tx, context.onVerdict) ?? checkUnique(change, tx);
  if (refusal !== undefined) return refusal;
  const family = familyOf(context, plan.type, row);
  for (const child of family) {
    // Whether a child that cannot come back holds up its parent is [memory: platform §4].
    const taken = checkUnique(
      {
        plan: planOf(child.type),
        operation: "undelete",
        id: String(child.row["Id"]),
        before: child.row,
        after: child.row,
        given: [],
      },
      tx,
    );
    if (taken !== undefined) return taken;
  }
  restore(context, plan.type, row);
  for (const child of family) restore(context, child.type, child.row);
  for (const reference of loosenedBy(row)) tieAgain(context, reference);
  return runTriggers(context, change, "after undelete") ?? { id };
}

/** Everything that was deleted with a record, parents first. */
function familyOf(
  { tx }: SaveContext,
  type: SObjectType,
  root: Row,
): readonly { readonly type: SObjectType; readonly row: Row }[] {
  const family = [{ type, row: root }];
  // The list grows while it is walked.
  for (const parent of family) {
    for (const { childObject, field, onParentDelete } of parent.type.children) {
      if (onParentDelete !== "cascade" && onParentDelete !== "both") continue;
      const childType = tx.catalog.object(childObject);
      if (childType === undefined || !tx.hasIndex(childObject, field.name)) continue;
      for (const row of tx.find(childObject, field.name, String(parent.row["Id"])))
        if (row["IsDeleted"] === true && wentWith(row, root)) family.push({ type: childType, row });
    }
  }
  return family.slice(1);
}

function restore({ tx }: SaveContext, type: SObjectType, row: Row): void {
  const after: Row = {
    ...row,
    IsDeleted: false,
    ...("LastModifiedDate" in row && { LastModifiedDate: tx.now, LastModifiedById: tx.actor.userId }),
    ...("SystemModstamp" in row && { SystemModstamp: tx.now }),
  };
  tx.replace(type.name, after);
  rollUp({ object: type.name, operation: "undelete", before: row, after }, tx);
}

function tieAgain({ tx }: SaveContext, { object, id, field, target }: Loosened): void {
  const row = tx.get(object, id);
  if (row === undefined || row[field] !== null) return;
  tx.replace(object, { ...row, [field]: target, ...("SystemModstamp" in row && { SystemModstamp: tx.now }) });
}

function isGone({ tx }: SaveContext, id: Row[string] | undefined): boolean {
  if (typeof id !== "string") return false;
  const type = tx.catalog.objectByPrefix(keyPrefixOf(id));
  const row = type === undefined ? undefined : tx.get(type.name, id);
  return type !== undefined && (row === undefined || row["IsDeleted"] === true);
}
