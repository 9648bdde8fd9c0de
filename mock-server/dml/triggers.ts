/** Runs the triggers of test authors and turns what they refuse into Salesforce's faults (reference: order-domain §8.3). */
import { OrgError, type OrgFault } from "../errors.ts";
import { to15 } from "../schema/record-id.ts";
import { parseValue } from "../schema/values.ts";
import { type Change, type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import type { Trigger, TriggerEvent } from "./options.ts";

/** True where a trigger listens, so that the pipeline may skip what only triggers can cause. */
export function hasTriggers(context: SaveContext, object: string, event: TriggerEvent): boolean {
  return context.options.triggers?.some((trigger) => listens(trigger, object, event)) ?? false;
}

/** Runs each trigger of the event on the change; before an insert or update they may set fields of `change.after`. */
export function runTriggers(context: SaveContext, change: Change, event: TriggerEvent): Refusal | undefined {
  for (const trigger of context.options.triggers ?? []) {
    if (!listens(trigger, change.plan.name, event)) continue;
    const faults = runOne(context, trigger, change, event);
    context.onVerdict?.({
      rule: trigger.name,
      object: change.plan.name,
      id: change.id,
      kept: faults.length === 0,
      ...(faults[0] !== undefined && { fault: faults[0] }),
    });
    if (faults.length > 0) return { faults, statusCode: 400 };
  }
  return undefined;
}

/** Refuses a lock that another transaction holds: the record itself or a parent that its save locks. */
export function checkLock(context: SaveContext, change: Change): Refusal | undefined {
  const { lockCheck } = context.options;
  if (lockCheck === undefined) return undefined;
  const own = change.before ?? change.after;
  if (change.before !== undefined && lockCheck(context.tx, change.plan.name, own)) return refuse(lockedRow(change.id));
  if (change.plan.name !== "OrderItem") return undefined;
  const order = context.tx.get("Order", String(own["OrderId"]));
  return order !== undefined && lockCheck(context.tx, "Order", order)
    ? refuse(lockedRow(String(order["Id"])))
    : undefined;
}

/** Reference: order-domain §7.4 [fixture]; the Id in its 15-character form: rest-api §4 [report]. */
function lockedRow(id: string | null): OrgFault {
  return {
    code: "UNABLE_TO_LOCK_ROW",
    message: `unable to obtain exclusive access to this record or 1 records: ${to15(id ?? "")}`,
    fields: [],
  };
}

function listens(trigger: Trigger, object: string, event: TriggerEvent): boolean {
  return trigger.object === object && trigger.on.includes(event);
}

function runOne(context: SaveContext, trigger: Trigger, change: Change, event: TriggerEvent): readonly OrgFault[] {
  const faults: OrgFault[] = [];
  try {
    trigger.run({
      event,
      tx: context.tx,
      before: change.before,
      record: change.after,
      set: (field, value) => {
        if (event !== "before insert" && event !== "before update")
          throw new Error("System.FinalException: Record is read-only");
        const definition = change.plan.field(field);
        if (definition === undefined) throw new Error(`${change.plan.name} has no field ${field}`);
        // A value that a client could not store cannot come from a trigger either.
        const parsed = parseValue(definition, value, "xml", context.tx);
        if (parsed.ok) change.after[definition.name] = parsed.value;
        else faults.push(parsed.fault);
      },
      addError: (message, field) => {
        faults.push({
          code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
          message,
          fields: field === undefined ? [] : [field],
        });
      },
      refuse: (fault) => {
        faults.push(fault);
      },
      save: (request) => context.nested(request),
    });
  } catch (error) {
    if (error instanceof OrgError && error.errorCode === "UNABLE_TO_LOCK_ROW") throw error;
    faults.push(thrown(trigger, event, error));
  }
  return faults;
}

/** Reference: order-domain §8.3 [fixture], rest-api §14.3 [memory]. */
function thrown(trigger: Trigger, event: TriggerEvent, error: unknown): OrgFault {
  const when = event.replace(/(^| )(\w)/g, (_all, _blank: string, letter: string) => letter.toUpperCase());
  const cause = error instanceof Error ? error.message : String(error);
  return {
    code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    message: `${trigger.name}: execution of ${when}\n\ncaused by: ${cause}`,
    fields: [],
  };
}
