/**
 * The life-cycle planner: from the wanted state of a record with lines to row operations in an order that Salesforce
 * accepts, given the state it was last seen in.
 *
 * Orders start as Draft, get their lines, and are activated by an update of Status alone (reference: order-domain §2.2).
 * Contracts start as Draft too (§4). Objects without a status have no such steps.
 */
import type { ObjectMapping } from "../mapping/mapping.ts";
import { STATUS_OBJECTS } from "../mapping/select.ts";
import type { SalesforceView } from "../model/document.ts";
import { editActivated } from "./activated.ts";
import {
  addLines,
  hasChanges,
  type LifecycleInput,
  type LifecyclePlan,
  newStatus,
  park,
  plan,
  reject,
} from "./lifecycle-plan.ts";
import { OperationList } from "./operation-list.ts";
import { categoryOf, type OrgRules } from "./org-rules.ts";
import {
  activationObstacle,
  draftMissing,
  draftOf,
  editActivatedObstacle,
  presentCategory,
  throughTransitional,
} from "./status.ts";

/** Status categories that only Salesforce's own processes set (order-domain §2.2). */
const ASSIGNABLE: Readonly<Record<string, readonly string[]>> = {
  Order: ["Draft", "Activated"],
  Contract: ["Draft", "InApproval", "InApprovalProcess", "Activated"],
};

/** Plans the writes of one record to Salesforce. Pure and total; an empty list of operations means nothing to do. */
export function planLifecycle(input: LifecycleInput): LifecyclePlan {
  const { mapping, org, status, seen } = input;
  if (!STATUS_OBJECTS.includes(mapping.object)) return seen === null ? create(input, null) : edit(input, null);
  const wanted = status === null ? undefined : categoryOf(org, mapping.object, status);
  if (status !== null && wanted === undefined) {
    return reject(
      "STATUS_UNKNOWN",
      `Status "${status}" does not exist in the org; add it to ${mapping.object} Status or map it to a value that exists`,
      "Status",
    );
  }
  if (wanted !== undefined && !(ASSIGNABLE[mapping.object] ?? []).includes(wanted)) {
    return reject(
      "STATUS_NOT_ASSIGNABLE",
      `Status "${status}" is of the category ${wanted}, which only Salesforce itself sets; map to a Draft or Activated status`,
      "Status",
    );
  }
  const permission = wanted === "Activated" ? activationObstacle(input) : undefined;
  if (permission !== undefined) return permission;
  if (seen === null) return create(input, wanted ?? "Draft");
  const present = presentCategory(seen, org, mapping.object);
  if (present === "Activated") return editActivated(input, wanted ?? present);
  const closed = present !== undefined && !(ASSIGNABLE[mapping.object] ?? []).includes(present);
  if (closed && hasChanges(input)) {
    return park("RECORD_CLOSED", `is ${present} in Salesforce and cannot be changed any more; settle it there`);
  }
  return edit(input, wanted ?? null);
}

/** Plans the deletion of a record that Salesforce shows. An activated order goes back to Draft first. */
export function planDelete(mapping: ObjectMapping, seen: SalesforceView, org: OrgRules): LifecyclePlan {
  const list = new OperationList(mapping, seen.document.key, seen);
  const activated =
    presentCategory(seen, org, mapping.object) === "Activated" && STATUS_OBJECTS.includes(mapping.object);
  if (activated && mapping.object === "Contract") {
    return park(
      "CONTRACT_ACTIVATED",
      "is activated; Salesforce does not delete activated contracts: end it there, or delete it by hand",
    );
  }
  if (activated) {
    if (mapping.onActivated !== "reopen") {
      return park(
        "ORDER_ACTIVATED",
        `is activated and Salesforce deletes no activated orders; set it back to Draft, or set onActivated: reopen (it is ${mapping.onActivated})`,
      );
    }
    const blocked = editActivatedObstacle(org) ?? draftMissing(mapping, org);
    if (blocked !== undefined) return blocked;
    list.root({ Status: draftOf(mapping, org) }, "reopen");
  }
  list.deleteRoot();
  return plan(list, activated ? throughTransitional(mapping, org, seen, null) : null, { header: null, status: null });
}

function create(input: LifecycleInput, category: string | null): LifecyclePlan {
  const { mapping, org, status } = input;
  const list = new OperationList(mapping, input.key, null);
  if (category === null) {
    const header = list.root(input.header, "create");
    addLines(list, input.lines);
    return plan(list, null, { header, status: null });
  }
  const start = category === "Draft" && status !== null ? status : draftOf(mapping, org);
  const missing = category === "Draft" && status !== null ? undefined : draftMissing(mapping, org);
  if (missing !== undefined) return missing;
  const header = list.root({ ...input.header, Status: start }, "create");
  addLines(list, input.lines);
  if (category === "Draft") return plan(list, null, { header, status: header });
  const activation = list.root({ Status: status ?? start }, category === "Activated" ? "activate" : "status");
  return plan(list, { shown: start, meant: status ?? start }, { header, status: activation });
}

/** Not activated: header, lines, and Status last when it activates. */
function edit(input: LifecycleInput, category: string | null): LifecyclePlan {
  const list = new OperationList(input.mapping, input.key, input.seen);
  const activates = category === "Activated";
  const withStatus = activates ? input.header : { ...input.header, ...newStatus(input) };
  const header = list.root(withStatus, "update");
  addLines(list, input.lines);
  const status = activates && input.status !== null ? list.root({ Status: input.status }, "activate") : header;
  return plan(list, null, { header, status });
}
