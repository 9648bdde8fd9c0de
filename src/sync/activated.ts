/**
 * Changes of records that are activated: what is locked, and by which way it is changed all the same.
 *
 * An activated order keeps its lines and its locked fields; what may be edited in place is, the rest goes by `onActivated`
 * (reference: order-domain §2.6, §3.6). A contract never comes back from Activated (§4).
 */
import {
  addLines,
  hasChanges,
  type LifecycleInput,
  type LifecyclePlan,
  newStatus,
  park,
  plan,
} from "./lifecycle-plan.ts";
import { OperationList } from "./operation-list.ts";
import { quantityOf, reduce, reducedObstacle } from "./reduced-order.ts";
import {
  activationObstacle,
  draftMissing,
  draftOf,
  editActivatedObstacle,
  firstActivated,
  throughTransitional,
} from "./status.ts";

/** Order fields that are locked while the order is activated, whatever the permission (order-domain §2.6 [doc], EffectiveDate [forum]). */
const LOCKED_WHEN_ACTIVATED: Readonly<Record<string, readonly string[]>> = {
  Order: ["AccountId", "ContractId", "Pricebook2Id", "CurrencyIsoCode", "EffectiveDate"],
  Contract: ["AccountId"],
};

/** Line fields that some orgs (Enhanced Commerce Orders) lock on activated orders (reference: change-events §6.5 [doc]). */
const PRICE_FIELDS: readonly string[] = ["Quantity", "UnitPrice"];

/** Plans the changes of a record that is activated; `wanted` is the status category in which it should end. */
export function editActivated(input: LifecycleInput, wanted: string): LifecyclePlan {
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
  return plan(list, throughTransitional(mapping, org, seen, final), { header, status });
}

/** What an activated order locks among the changes, in words. */
function lockedChanges(input: LifecycleInput): readonly string[] {
  const { lines } = input;
  const removed = new Set(lines.deletes.map(({ lineKey }) => lineKey));
  const added = new Set(lines.creates.map(({ lineKey }) => lineKey));
  return [
    ...lockedHeader(input),
    ...lines.creates.map(({ lineKey }) => `${removed.has(lineKey) ? "another product on" : "new"} line ${lineKey}`),
    ...lines.deletes.flatMap(({ lineKey }) => (added.has(lineKey) ? [] : [`removal of line ${lineKey}`])),
    ...lines.updates.flatMap((line) =>
      Object.keys(line.fields)
        .filter((field) => PRICE_FIELDS.includes(field))
        .map((field) => (field === "Quantity" ? quantityOf(line.lineKey) : `${field} of line ${line.lineKey}`)),
    ),
  ];
}

function lockedHeader(input: LifecycleInput): readonly string[] {
  const locked = LOCKED_WHEN_ACTIVATED[input.mapping.object] ?? [];
  return Object.keys(input.header).filter((field) => locked.includes(field));
}
