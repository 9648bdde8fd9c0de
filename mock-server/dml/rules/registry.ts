/**
 * Every refusal that this org knows, by object and operation: the rules, and the facts that other stages enforce.
 *
 * `RULES` is the catalog for readers and for the fidelity page; `refusalOf` is what the pipeline asks.
 */
import type { OrgFault } from "../../errors.ts";
import type { Transaction } from "../../org/port.ts";
import type { Change, Refusal, WriteOperation } from "../change.ts";
import type { RowVerdict } from "../options.ts";
import { faultOf, type Rule, type RuleFact } from "../rule.ts";
import { ACCOUNT_RULES } from "./account.ts";
import { CONTRACT_RULES } from "./contract.ts";
import { STAGE_FACTS } from "./facts.ts";
import { ORDER_RULES } from "./order.ts";
import { ORDER_ACTIVATION_RULES } from "./order-activation.ts";
import { ORDER_ITEM_RULES } from "./order-item.ts";
import { PRICE_BOOK_RULES } from "./price-book.ts";
import { REDUCTION_RULES } from "./reduction.ts";
import { USER_RULES } from "./user.ts";

/** Rules in the order in which they are asked; the first that is broken decides. */
const ENFORCED: readonly Rule[] = [
  ...ORDER_RULES,
  ...ORDER_ITEM_RULES,
  ...REDUCTION_RULES,
  ...ORDER_ACTIVATION_RULES,
  ...CONTRACT_RULES,
  ...PRICE_BOOK_RULES,
  ...ACCOUNT_RULES,
  ...USER_RULES,
];

/** All known refusals, sorted by their number. */
export const RULES: readonly RuleFact[] = [...ENFORCED, ...STAGE_FACTS].sort((a, b) => byNumber(a.id, b.id));

/** `ORD-9` before `ORD-10`. A collator would do it too and costs a tenth of the whole start. */
function byNumber(a: string, b: string): number {
  const [first, second] = [sortKey(a), sortKey(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function sortKey(id: string): string {
  return id.replaceAll(/\d+/g, (digits) => digits.padStart(6, "0"));
}

type Placed = Readonly<Record<WriteOperation, readonly Rule[]>>;

const byObject: ReadonlyMap<string, Placed> = new Map(
  [...new Set(ENFORCED.map((rule) => rule.object))].map((object) => [object, placed(object)]),
);

const NO_RULES: readonly Rule[] = [];

/** The rules of one object and operation, in the order in which they are asked. */
export function rulesFor(object: string, operation: WriteOperation): readonly Rule[] {
  return byObject.get(object)?.[operation] ?? NO_RULES;
}

function placed(object: string): Placed {
  const on = (operation: WriteOperation): readonly Rule[] =>
    ENFORCED.filter((rule) => rule.object === object && rule.on.includes(operation));
  return { insert: on("insert"), update: on("update"), delete: on("delete"), undelete: on("undelete") };
}

/**
 * Asks the rules of the change's object and operation.
 *
 * The first broken rule decides, except where the platform reports several together (`Rule.together`).
 */
export function refusalOf(
  change: Change,
  tx: Transaction,
  onVerdict: ((verdict: RowVerdict) => void) | undefined,
): Refusal | undefined {
  let faults: OrgFault[] | undefined;
  let statusCode = 400;
  for (const rule of rulesFor(change.plan.name, change.operation)) {
    if (faults !== undefined && rule.together !== true) continue;
    const kept = rule.check(change, tx);
    const fault = kept ? undefined : faultOf(rule, change, tx);
    onVerdict?.({ rule: rule.id, object: change.plan.name, id: change.id, kept, ...(fault && { fault }) });
    if (fault === undefined) continue;
    if (rule.together !== true) return { faults: [fault], statusCode: rule.statusCode ?? 400 };
    (faults ??= []).push(fault);
    statusCode = rule.statusCode ?? 400;
  }
  return faults === undefined ? undefined : { faults, statusCode };
}
