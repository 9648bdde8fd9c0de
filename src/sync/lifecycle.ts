/**
 * The life-cycle planner: from the wanted state of a record with lines to row operations in an order that Salesforce
 * accepts, given the state it was last seen in.
 *
 * Orders start as Draft, get their lines, and are activated by an update of Status alone. An activated order keeps its
 * lines and its locked fields; what may be edited in place is, the rest goes by `onActivated` (reference: order-domain
 * §2.2, §2.6, §3.6). Contracts start as Draft too, and never come back from Activated (§4). Objects without a status
 * have no such steps.
 */
import type { ObjectMapping } from "../mapping/mapping.ts";
import { STATUS_OBJECTS } from "../mapping/select.ts";
import type { SalesforceView } from "../model/document.ts";
import type { BusinessKey, LineKey, RecordId } from "../model/key.ts";
import type { RowOperation, WireValue } from "../model/salesforce-record.ts";
import type { Obstacle, PassingStatus } from "./decision.ts";
import { OperationList } from "./operation-list.ts";
import { categoryOf, draftStatus, type OrgRules } from "./org-rules.ts";
import { type Lowered, loweredLines, planReduction } from "./reduction.ts";

/** What Salesforce should hold, as differences to what it was seen to hold. */
export interface LifecycleInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  /** Null: the record is to be made. */
  readonly seen: SalesforceView | null;
  /** Root fields to write, Status excepted. */
  readonly header: Readonly<Record<string, WireValue>>;
  /** The status that the record should end in; null: as it is (for a new one: Draft). */
  readonly status: string | null;
  readonly lines: LineChanges;
  /** Everything that the document holds, for a reduction order, which repeats it. */
  readonly whole: WholeDocument;
  readonly org: OrgRules;
}

/** Changes of lines. Created lines carry all their fields, changed ones only what changes. */
export interface LineChanges {
  readonly creates: readonly { readonly lineKey: LineKey; readonly fields: Readonly<Record<string, WireValue>> }[];
  readonly updates: readonly LineUpdate[];
  readonly deletes: readonly { readonly lineKey: LineKey; readonly recordId: RecordId }[];
}

/** One changed line. */
export interface LineUpdate {
  readonly lineKey: LineKey;
  readonly recordId: RecordId;
  readonly fields: Readonly<Record<string, WireValue>>;
  /** Set when its quantity changes: canonical decimals. */
  readonly quantity: { readonly from: string; readonly to: string } | null;
}

/** Wire values of the whole wanted document. */
export interface WholeDocument {
  readonly header: Readonly<Record<string, WireValue>>;
  readonly lines: Readonly<Record<LineKey, Readonly<Record<string, WireValue>>>>;
  /** Lines that the document will have, foreign ones included. */
  readonly lineCount: number;
}

/** Operations in order, or what stands in the way. */
export type LifecyclePlan =
  | {
      readonly kind: "plan";
      readonly operations: readonly RowOperation[];
      readonly actions: readonly string[];
      readonly passing: PassingStatus | null;
      readonly opIds: {
        readonly header: string | null;
        readonly status: string | null;
        readonly lines: Readonly<Record<LineKey, string>>;
      };
    }
  | { readonly kind: "park" | "reject"; readonly obstacle: Obstacle };

type Blocked = Extract<LifecyclePlan, { readonly obstacle: Obstacle }>;

/** Order fields that are locked while the order is activated, whatever the permission (order-domain §2.6 [doc], EffectiveDate [forum]). */
const LOCKED_WHEN_ACTIVATED: Readonly<Record<string, readonly string[]>> = {
  Order: ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode", "EffectiveDate"],
  Contract: ["AccountId"],
};

/** Line fields that some orgs (Enhanced Commerce Orders) lock on activated orders (reference: change-events §6.5 [doc]). */
const PRICE_FIELDS: readonly string[] = ["Quantity", "UnitPrice"];

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
  return plan(list, activated ? passingThrough(mapping, org, seen, null) : null, { header: null, status: null });
}

/** The category in which Salesforce shows the record now. */
export function presentCategory(seen: SalesforceView, org: OrgRules, object: string): string | undefined {
  if (seen.statusCategory !== null) return seen.statusCategory;
  const status = seen.document.fields["Status"];
  return typeof status === "string" ? categoryOf(org, object, status) : undefined;
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

function editActivated(input: LifecycleInput, wanted: string): LifecyclePlan {
  const { mapping, org, seen } = input;
  if (!hasChanges(input))
    return plan(new OperationList(mapping, input.key, seen), null, { header: null, status: null });
  if (mapping.object === "Contract") return editActivatedContract(input, wanted);
  const blocked = editActivatedObstacle(org);
  if (blocked !== undefined) return blocked;
  const reduced = reducedObstacle(input, wanted);
  if (reduced !== undefined) return reduced;
  if (wanted !== "Activated") return deactivate(input);
  const locked = lockedChanges(input);
  if (locked.length === 0) return editInPlace(input);
  switch (mapping.onActivated) {
    case "park":
      return park(
        "ORDER_ACTIVATED",
        `is activated, which locks ${locked.join(", ")}; set it back to Draft, or set onActivated to reopen or reduce`,
      );
    case "reopen":
      return reopen(input);
    case "reduce":
      return reduce(input, locked);
    default:
      return mapping.onActivated satisfies never;
  }
}

function editActivatedContract(input: LifecycleInput, wanted: string): LifecyclePlan {
  if (wanted !== "Activated") {
    return park(
      "CONTRACT_ACTIVATED",
      `is activated and cannot go back to "${input.status}"; a contract's activation is final`,
    );
  }
  const locked = lockedHeader(input);
  if (locked.length > 0)
    return park("CONTRACT_ACTIVATED", `is activated, which locks ${locked.join(", ")}; make a new contract`);
  return editInPlace(input);
}

function editInPlace(input: LifecycleInput): LifecyclePlan {
  const list = new OperationList(input.mapping, input.key, input.seen);
  const header = list.root({ ...input.header, ...newStatus(input) }, "update");
  addLines(list, input.lines);
  return plan(list, null, { header, status: header });
}

/** The order shall end in a Draft status: first the status, which frees the lock, then the rest. */
function deactivate(input: LifecycleInput): LifecyclePlan {
  const list = new OperationList(input.mapping, input.key, input.seen);
  const status = list.root({ Status: input.status }, "reopen");
  const header = list.root(input.header, "update");
  addLines(list, input.lines);
  return plan(list, null, { header, status });
}

function reopen(input: LifecycleInput): LifecyclePlan {
  const { mapping, org, seen } = input;
  const missing = draftMissing(mapping, org);
  if (missing !== undefined) return missing;
  const draft = draftOf(mapping, org);
  const final = input.status ?? (seen?.document.fields["Status"] as string | undefined) ?? firstActivated(org);
  const blocked = activationObstacle(input);
  if (blocked !== undefined) return blocked;
  const list = new OperationList(mapping, input.key, seen);
  list.root({ Status: draft }, "reopen");
  const header = list.root(input.header, "update");
  addLines(list, input.lines);
  const status = list.root({ Status: final }, "activate");
  return plan(list, passingThrough(mapping, org, seen, final), { header, status });
}

function reduce(input: LifecycleInput, locked: readonly string[]): LifecyclePlan {
  const lowered = loweredLines(input.lines.updates);
  const others = locked.filter((what) => !lowered.some((line) => what === quantityOf(line.lineKey)));
  if (others.length > 0 || input.seen === null) {
    return park(
      "ORDER_ACTIVATED",
      `is activated and a reduction order can only lower quantities, not change ${others.join(", ")}; set the order back to Draft by hand`,
    );
  }
  const missing = draftMissing(input.mapping, input.org);
  if (missing !== undefined) return missing;
  const list = new OperationList(input.mapping, input.key, input.seen);
  const header = list.root({ ...input.header, ...newStatus(input) }, "update");
  addLines(list, withoutQuantity(input.lines, lowered));
  const reduction = planReduction({
    mapping: input.mapping,
    seen: input.seen,
    lowered,
    whole: input.whole,
    draft: draftOf(input.mapping, input.org),
    activated: firstActivated(input.org),
  });
  if (reduction.kind === "incomplete") {
    return park(
      "REDUCTION_INCOMPLETE",
      `needs ${reduction.missing.join(", ")} for a reduction order; map these fields`,
    );
  }
  list.append(reduction.operations, "reduce");
  const opIds = { header, status: header, lines: { ...list.lineOpIds(), ...reduction.opIds } };
  return { kind: "plan", operations: list.operations(), actions: list.actions(), passing: null, opIds };
}

/**
 * Reduction orders bind the order that they reduce: it stays activated, and a reduced line only takes further
 * reductions (reference: order-domain §2.9).
 */
function reducedObstacle({ seen, lines }: LifecycleInput, wanted: string): Blocked | undefined {
  const ids = seen?.reducedLineIds ?? [];
  if (ids.length === 0) return undefined;
  if (wanted !== "Activated") {
    return park(
      "ORDER_REDUCED",
      "has reduction orders, and Salesforce sets no such order back to Draft; delete its reduction orders there, or release it again in the external system",
    );
  }
  const bound = lines.updates.flatMap(({ lineKey, recordId, fields }) =>
    ids.includes(recordId)
      ? Object.keys(fields)
          .filter((field) => field !== "Quantity")
          .map((field) => `${field} of line ${lineKey}`)
      : [],
  );
  return bound.length === 0
    ? undefined
    : park(
        "ORDER_REDUCED",
        `has reduction orders, which lock ${bound.join(", ")}; delete them in Salesforce, or take the change back`,
      );
}

/** What an activated order locks among the changes, in words. */
function lockedChanges(input: LifecycleInput): readonly string[] {
  const { lines } = input;
  return [
    ...lockedHeader(input),
    ...lines.creates.map((line) => `new line ${line.lineKey}`),
    ...lines.deletes.map((line) => `removal of line ${line.lineKey}`),
    ...lines.updates.flatMap((line) =>
      Object.keys(line.fields)
        .filter((field) => PRICE_FIELDS.includes(field))
        .map((field) => (field === "Quantity" ? quantityOf(line.lineKey) : `${field} of line ${line.lineKey}`)),
    ),
  ];
}

function quantityOf(lineKey: LineKey): string {
  return `Quantity of line ${lineKey}`;
}

function lockedHeader(input: LifecycleInput): readonly string[] {
  const locked = LOCKED_WHEN_ACTIVATED[input.mapping.object] ?? [];
  return Object.keys(input.header).filter((field) => locked.includes(field));
}

function withoutQuantity(lines: LineChanges, lowered: readonly Lowered[]): LineChanges {
  const reduced = new Set(lowered.map((line) => line.lineKey));
  const updates = lines.updates.map((line) => {
    if (!reduced.has(line.lineKey)) return line;
    const { Quantity: _lowered, ...fields } = line.fields;
    return { ...line, fields };
  });
  return { ...lines, updates };
}

/** The status as a field to write, when it is another one than the record has. */
function newStatus(input: LifecycleInput): Readonly<Record<string, WireValue>> {
  const { status, seen } = input;
  return status === null || status === seen?.document.fields["Status"] ? {} : { Status: status };
}

function hasChanges(input: LifecycleInput): boolean {
  const { lines } = input;
  return (
    Object.keys(newStatus(input)).length +
      Object.keys(input.header).length +
      lines.creates.length +
      lines.updates.length +
      lines.deletes.length >
    0
  );
}

/** Removals, then changes, then new lines; never a removal and a new line for the same key. */
function addLines(list: OperationList, lines: LineChanges): void {
  for (const line of lines.deletes) list.deleteLine(line.lineKey, line.recordId);
  for (const line of lines.updates) list.updateLine(line.lineKey, line.recordId, line.fields);
  for (const line of lines.creates) list.createLine(line.lineKey, line.fields);
}

function activationObstacle(input: LifecycleInput): Blocked | undefined {
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

function editActivatedObstacle(org: OrgRules): Blocked | undefined {
  if (org.mayEditActivatedOrders !== false) return undefined;
  return park(
    "PERMISSION_EDIT_ACTIVATED",
    "is activated and the Salesforce user lacks the permission Edit Activated Orders; grant it, or set the order back to Draft",
  );
}

function draftMissing(mapping: ObjectMapping, org: OrgRules): Blocked | undefined {
  if (draftStatus(org, mapping.object, mapping.draftStatus) !== undefined) return undefined;
  const what =
    mapping.draftStatus === null ? "no status of the category Draft" : `no Draft status "${mapping.draftStatus}"`;
  return reject(
    "STATUS_DRAFT_MISSING",
    `needs a Draft status, but the org has ${what}; set draftStatus to one that exists`,
    "Status",
  );
}

/** The status that a reopened record passes through, and the one in which it was seen. */
function passingThrough(
  mapping: ObjectMapping,
  org: OrgRules,
  seen: SalesforceView | null,
  fallback: string | null,
): PassingStatus {
  const before = seen?.document.fields["Status"];
  return {
    shown: draftOf(mapping, org),
    meant: typeof before === "string" ? before : (fallback ?? firstActivated(org)),
  };
}

function draftOf(mapping: ObjectMapping, org: OrgRules): string {
  return draftStatus(org, mapping.object, mapping.draftStatus) ?? "Draft";
}

function firstActivated(org: OrgRules): string {
  const rows = org.statuses["Order"] ?? [];
  const activated = rows.filter((row) => row.category === "Activated");
  return (activated.find((row) => row.value === "Activated") ?? activated[0])?.value ?? "Activated";
}

function plan(
  list: OperationList,
  passing: PassingStatus | null,
  ids: { readonly header: string | null; readonly status: string | null },
): LifecyclePlan {
  const opIds = { ...ids, lines: list.lineOpIds() };
  return { kind: "plan", operations: list.operations(), actions: list.actions(), passing, opIds };
}

function park(code: string, message: string): Blocked {
  return { kind: "park", obstacle: { code, message } };
}

function reject(code: string, message: string, field?: string): Blocked {
  return { kind: "reject", obstacle: { code, message, ...(field === undefined ? {} : { field }) } };
}
