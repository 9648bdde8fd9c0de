/** Contracts: Draft → In Approval Process → Activated, and no way back (reference: order-domain §4). */
import { changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";
import { ACTIVATED, activates, categoryOf, DRAFT, IN_APPROVAL, isActivated } from "./status.ts";

/** Categories that the API may set at all (reference: order-domain §1.11 [doc]). */
const REACHABLE: ReadonlySet<string> = new Set([DRAFT, IN_APPROVAL, ACTIVATED]);

export const CONTRACT_RULES: readonly Rule[] = [
  {
    id: "CON-1",
    code: "FAILED_ACTIVATION",
    object: "Contract",
    on: ["insert", "update"],
    when: "a contract is created outside the Draft category, leaves Activated, or gets a category the API may not set",
    message: "Choose a valid contract status and save your changes. Ask your admin for details.",
    fields: ["Status"],
    source: "order-domain §4 [live; fixture ×5]",
    certainty: "A",
    check: (change) => {
      if (!changes(change, "Status")) return true;
      const category = categoryOf(change.plan, textOf(change.after, "Status"));
      if (change.operation === "insert") return category === DRAFT;
      return isActivated(change.before) ? category === ACTIVATED : REACHABLE.has(category);
    },
  },
  {
    id: "CON-4",
    code: "INSUFFICIENT_ACCESS_OR_READONLY",
    object: "Contract",
    on: ["update"],
    when: "a contract is activated without Activate Contracts",
    message: "insufficient access rights on object id",
    fields: [],
    source: "order-domain §4 [doc rule; code unsure]",
    certainty: "C",
    statusCode: 403,
    check: (change, tx) => !activates(change) || tx.actor.access.has("ActivateContract"),
  },
  {
    id: "CON-2",
    code: "ENTITY_IS_LOCKED",
    object: "Contract",
    on: ["update"],
    when: "the account of an activated contract changes",
    message: "entity is locked for editing",
    fields: [],
    source: "order-domain §4 [forum]",
    certainty: "B",
    check: (change) => !isActivated(change.before) || !changes(change, "AccountId"),
  },
  {
    id: "CON-5",
    code: "INSUFFICIENT_ACCESS_OR_READONLY",
    object: "Contract",
    on: ["delete"],
    when: "an activated contract is deleted without Delete Activated Contracts",
    message: "insufficient access rights on object id",
    fields: [],
    source: "order-domain §4 [doc against live ×2], §12 no. 8 (unsure code)",
    certainty: "C",
    statusCode: 403,
    check: (change, tx) => !isActivated(change.before) || tx.actor.access.has("DeleteActivatedContract"),
  },
];
