/** The account hierarchy (reference: order-domain §6.1). Deleting accounts: `cascade.ts`. */
import type { Transaction } from "../../org/port.ts";
import { type Change, changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";

/** No hierarchy of a real org is as deep; it only bounds the walk. */
const HIERARCHY_LEVELS_MAX = 500;

export const ACCOUNT_RULES: readonly Rule[] = [
  {
    id: "ACC-2",
    code: "CIRCULAR_DEPENDENCY",
    object: "Account",
    on: ["insert", "update"],
    when: "an account becomes its own parent or ancestor",
    message: "attempt to violate hierarchy constraints",
    fields: ["ParentId"],
    source: "order-domain §6.1 [memory], rest-api §14.3 [doc: code; memory: text]",
    certainty: "C",
    check: (change, tx) => !changes(change, "ParentId") || !isOwnAncestor(change, tx),
  },
];

function isOwnAncestor(change: Change, tx: Transaction): boolean {
  let parent = textOf(change.after, "ParentId");
  for (let level = 0; parent !== null && level < HIERARCHY_LEVELS_MAX; level++) {
    if (parent === change.id) return true;
    parent = textOf(tx.get("Account", parent), "ParentId");
  }
  return false;
}
