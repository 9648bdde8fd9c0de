/**
 * The pipeline of one insert or update, stage by stage; the first stage that refuses ends it.
 *
 * Order: names and values → record and access → required → value faults → references → before triggers → derived
 * fields → system rules → validation rules → unique values → store → roll-ups and history → after triggers
 * (reference: rest-api §14.3 end, order-domain §8.3 [memory]).
 */
import type { FieldValue } from "../schema/definition.ts";
import { checkChange, checkCreate, checkMasters } from "./access.ts";
import type { Change, Draft, Refusal } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { type Decoded, decode, isRefusal } from "./decode.ts";
import { fillDefaultFormulas } from "./formula.ts";
import type { ObjectPlan } from "./object-plan.ts";
import { checkReferences } from "./references.ts";
import { checkRequired } from "./required.ts";
import { derive } from "./rules/derived.ts";
import { writeHistory } from "./rules/history.ts";
import { refusalOf } from "./rules/registry.ts";
import { rollUp } from "./rules/roll-up.ts";
import { liveRecord, parseRecordId } from "./target.ts";
import { checkLock, hasTriggers, runTriggers } from "./triggers.ts";
import { checkUnique } from "./unique.ts";
import { checkValidationRules } from "./validation.ts";

/** The Id of the record that was written. */
export interface Written {
  readonly id: string;
}

type Values = Readonly<Record<string, unknown>>;

/** Creates one record. */
export function insertRecord(context: SaveContext, plan: ObjectPlan, values: Values): Written | Refusal {
  const refused = checkCreate(context.tx, plan);
  if (refused !== undefined) return refused;
  const decoded = decode(context, plan, values, undefined);
  if (isRefusal(decoded)) return decoded;
  const { tx } = context;
  const after: Draft = { ...plan.template };
  if (plan.has("OwnerId")) after["OwnerId"] = tx.actor.userId;
  put(plan, after, decoded, true);
  const change: Change = { plan, operation: "insert", id: null, before: undefined, after, given: decoded.given };
  fillDefaultFormulas(change, tx);
  const refusal = check(context, change, decoded);
  if (refusal !== undefined) return refusal;
  const id = tx.newId(plan.name);
  after["Id"] = id;
  for (const field of plan.autoNumbers) after[field.name] = tx.nextAutoNumber(plan.name, field.name);
  stamp(context, after);
  tx.insert(plan.name, after);
  return finish(context, { ...change, id }) ?? { id };
}

/** Changes one record; an update without any field counts as one (reference: rest-api §7.3 [memory]). */
export function updateRecord(
  context: SaveContext,
  plan: ObjectPlan,
  target: { readonly id: string | undefined; readonly values: Values },
): Written | Refusal {
  const { tx } = context;
  const id = parseRecordId(plan, target.id, "update");
  const found = typeof id === "string" ? tx.get(plan.name, id) : undefined;
  const decoded = decode(context, plan, target.values, found ?? plan.template);
  if (isRefusal(decoded)) return decoded;
  if (typeof id !== "string") return id;
  const live = liveRecord(tx, plan, id);
  if (isRefusal(live)) return live;
  const before = live.row;
  const refused = checkChange(tx, plan, "update", before);
  if (refused !== undefined) return refused;
  const after: Draft = { ...before };
  put(plan, after, decoded, false);
  const change: Change = { plan, operation: "update", id, before, after, given: decoded.given };
  const refusal = check(context, change, decoded);
  if (refusal !== undefined) return refusal;
  stamp(context, after);
  tx.replace(plan.name, after);
  return finish(context, change) ?? { id };
}

/** Everything between decoding and storing. */
function check(context: SaveContext, change: Change, { faults }: Decoded): Refusal | undefined {
  const { tx } = context;
  const event = change.operation === "insert" ? "before insert" : "before update";
  const triggered = hasTriggers(context, change.plan.name, event);
  // A trigger may still fill what is missing, so with triggers this is asked after them.
  let refusal = triggered ? undefined : checkRequired(change, faults);
  refusal ??= faults.length > 0 ? { faults, statusCode: 400 } : undefined;
  refusal ??= checkReferences(change, tx);
  if (change.operation === "insert") refusal ??= checkMasters(tx, change.plan, change.after);
  refusal ??= checkLock(context, change);
  if (refusal !== undefined) return refusal;
  if (triggered) {
    refusal = runTriggers(context, change, event) ?? checkRequired(change) ?? checkReferences(change, tx);
    if (refusal !== undefined) return refusal;
  }
  derive(change, tx);
  return refusalOf(change, tx, context.onVerdict) ?? checkValidationRules(change, context) ?? checkUnique(change, tx);
}

/** Everything after storing. */
function finish(context: SaveContext, change: Change): Refusal | undefined {
  const { tx } = context;
  const saved = { object: change.plan.name, operation: change.operation, before: change.before, after: change.after };
  rollUp(saved, tx);
  writeHistory(saved, tx);
  const event = change.operation === "insert" ? "after insert" : "after update";
  return runTriggers(context, change, event);
}

function put(plan: ObjectPlan, after: Draft, decoded: Decoded, keepDefaults: boolean): void {
  for (const name of decoded.given) {
    const value: FieldValue = decoded.values[name] ?? null;
    // A default stands where the client sends null for a field that cannot be null.
    if (keepDefaults && value === null && plan.neverNull.has(name)) continue;
    after[name] = value;
  }
}

/** Who and when (reference: order-domain §1.0 [memory]). */
function stamp({ tx }: SaveContext, after: Draft): void {
  const set = (field: string, value: FieldValue): void => {
    if (field in after) after[field] = value;
  };
  if (after["CreatedDate"] === null) {
    set("CreatedDate", tx.now);
    set("CreatedById", tx.actor.userId);
  }
  set("LastModifiedDate", tx.now);
  set("LastModifiedById", tx.actor.userId);
  set("SystemModstamp", tx.now);
}
