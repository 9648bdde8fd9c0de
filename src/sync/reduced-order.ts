/** Orders whose quantities are lowered by reduction orders, and what orders that have some are bound to. */
import type { LineKey } from "../model/key.ts";
import {
  addLines,
  type Blocked,
  type LifecycleInput,
  type LifecyclePlan,
  type LineChanges,
  newStatus,
  park,
} from "./lifecycle-plan.ts";
import { OperationList } from "./operation-list.ts";
import { type Lowered, loweredLines, planReduction } from "./reduction.ts";
import { draftMissing, draftOf, firstActivated } from "./status.ts";

/** Lowers the quantities among the locked changes by a reduction order, where nothing else is locked. */
export function reduce(input: LifecycleInput, locked: readonly string[]): LifecyclePlan {
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
  const opIds = {
    header,
    status: header,
    lines: { ...list.lineOpIds(), ...reduction.opIds },
    removals: list.removalOpIds(),
  };
  return { kind: "plan", operations: list.operations(), actions: list.actions(), transitional: null, opIds };
}

/**
 * Reduction orders bind the order that they reduce: it stays activated, and a reduced line only takes further
 * reductions (reference: order-domain §2.9).
 */
export function reducedObstacle({ seen, lines }: LifecycleInput, wanted: string): Blocked | undefined {
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

function withoutQuantity(lines: LineChanges, lowered: readonly Lowered[]): LineChanges {
  const reduced = new Set(lowered.map((line) => line.lineKey));
  const updates = lines.updates.map((line) => {
    if (!reduced.has(line.lineKey)) return line;
    const { Quantity: _lowered, ...fields } = line.fields;
    return { ...line, fields };
  });
  return { ...lines, updates };
}

/** A locked quantity, in words. */
export function quantityOf(lineKey: LineKey): string {
  return `Quantity of line ${lineKey}`;
}
