/**
 * The statuses of orders and contracts: in which one a record stands, which ones it starts in and passes through, and what
 * keeps a user from taking it there.
 */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { SalesforceView } from "../model/document.ts";
import type { TransitionalStatus } from "./decision.ts";
import { type Blocked, hasChanges, type LifecycleInput, park, reject } from "./lifecycle-plan.ts";
import { categoryOf, draftStatus, type OrgRules } from "./org-rules.ts";

/** The category in which Salesforce shows the record now. */
export function presentCategory(seen: SalesforceView, org: OrgRules, object: string): string | undefined {
  if (seen.statusCategory !== null) return seen.statusCategory;
  const status = seen.document.fields["Status"];
  return typeof status === "string" ? categoryOf(org, object, status) : undefined;
}

/** The status in which records start. */
export function draftOf(mapping: ObjectMapping, org: OrgRules): string {
  return draftStatus(org, mapping.object, mapping.draftStatus) ?? "Draft";
}

/** An org without a status in which records start. */
export function draftMissing(mapping: ObjectMapping, org: OrgRules): Blocked | undefined {
  if (draftStatus(org, mapping.object, mapping.draftStatus) !== undefined) return undefined;
  const what =
    mapping.draftStatus === null ? "no status of the category Draft" : `no Draft status "${mapping.draftStatus}"`;
  return reject(
    "STATUS_DRAFT_MISSING",
    `needs a Draft status, but the org has ${what}; set draftStatus to one that exists`,
    "Status",
  );
}

/** The status of an order that is activated and whose own is not known. */
export function firstActivated(org: OrgRules): string {
  const rows = org.statuses["Order"] ?? [];
  const activated = rows.filter((row) => row.category === "Activated");
  return (activated.find((row) => row.value === "Activated") ?? activated[0])?.value ?? "Activated";
}

/** The status that a reopened record passes through, and the one in which it was seen. */
export function throughTransitional(
  mapping: ObjectMapping,
  org: OrgRules,
  seen: SalesforceView | null,
  fallback: string | null,
): TransitionalStatus {
  const before = seen?.document.fields["Status"];
  return {
    shown: draftOf(mapping, org),
    meant: typeof before === "string" ? before : (fallback ?? firstActivated(org)),
  };
}

/** What keeps the record from being activated, or from staying so. */
export function activationObstacle(input: LifecycleInput): Blocked | undefined {
  const { mapping, org, seen } = input;
  const already = seen !== null && presentCategory(seen, org, mapping.object) === "Activated";
  const may = mapping.object === "Order" ? org.mayActivateOrders : org.mayActivateContracts;
  if (may === false && !already) {
    return park(
      "PERMISSION_ACTIVATE",
      `cannot be activated: the Salesforce user lacks the permission Activate ${mapping.object}s; grant it`,
    );
  }
  if (mapping.object === "Order" && mapping.lines !== null && input.whole.lineCount === 0 && !already) {
    return reject(
      "ORDER_WITHOUT_LINES",
      "cannot be activated without an order product; add a line, or map its status to a Draft one",
    );
  }
  if (mapping.object === "Order" && mapping.lines !== null && input.whole.lineCount === 0 && hasChanges(input)) {
    return reject(
      "ORDER_WITHOUT_LINES",
      "would stay activated without any order product; keep a line, or map its status to a Draft one",
    );
  }
  return undefined;
}

/** A user who may not touch what is activated. */
export function editActivatedObstacle(org: OrgRules): Blocked | undefined {
  if (org.mayEditActivatedOrders !== false) return undefined;
  return park(
    "PERMISSION_EDIT_ACTIVATED",
    "is activated and the Salesforce user lacks the permission Edit Activated Orders; grant it, or set the order back to Draft",
  );
}
