/** GEN-2: values that must be unique among the live records of an object (reference: order-domain §8.2 [fixture]). */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import { to15 } from "../schema/record-id.ts";
import { type Change, changes, type Refusal, refuse } from "./change.ts";

/** Looks each unique field up in its index. Whether letter case counts is the index's business. */
export function checkUnique(change: Change, tx: Transaction): Refusal | undefined {
  const { plan, after } = change;
  for (const field of plan.unique) {
    const value = after[field.name];
    if (value === null || value === undefined || typeof value === "boolean") continue;
    if (change.operation !== "undelete" && !changes(change, field.name)) continue;
    for (const row of tx.find(plan.name, field.name, value)) {
      if (row["Id"] === change.id || row["IsDeleted"] === true) continue;
      return refuse(duplicate(field.name, tx.canSee(plan.name, row) ? to15(String(row["Id"])) : undefined));
    }
  }
  return undefined;
}

/** A record that the user cannot see is not named (reference: rest-api §14.3). */
function duplicate(field: string, id: string | undefined): OrgFault {
  const what = id === undefined ? "<unknown> duplicates value on record with id: <unknown>" : undefined;
  const message = `duplicate value found: ${what ?? `${field} duplicates value on record with id: ${id}`}`;
  return { code: "DUPLICATE_VALUE", message, fields: [] };
}
