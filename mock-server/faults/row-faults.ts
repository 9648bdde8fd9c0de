/** Faults of rows at work: triggers that the save pipeline runs beside the org's own. */
import type { Trigger, TriggerContext } from "../dml/options.ts";
import type { OrgFault } from "../errors.ts";
import { to15, to18 } from "../schema/record-id.ts";
import type { RowFault, RowOperation } from "./fault.ts";
import type { FaultTrigger } from "./trigger.ts";

/** An armed fault of rows. */
export interface ArmedRowFault {
  readonly name: string;
  readonly fault: RowFault;
  readonly trigger: FaultTrigger;
}

/** The triggers that let a fault apply to rows of the given objects. */
export function rowFaultTriggers(
  { name, fault, trigger }: ArmedRowFault,
  objects: readonly string[],
  onApplied: (name: string) => void,
): readonly Trigger[] {
  const wanted = fault.object?.toLowerCase();
  const run = (context: TriggerContext, object: string): void => {
    const account = fault.account === undefined ? undefined : (to18(fault.account) ?? fault.account);
    if (fault.user !== undefined && fault.user.toLowerCase() !== context.tx.actor.username.toLowerCase()) return;
    if (account !== undefined && accountOf(context, object) !== account) return;
    if (!hasValues(context, fault) || !trigger.hit()) return;
    onApplied(name);
    applyRowFault(context, fault, account);
  };
  return objects
    .filter((object) => wanted === undefined || object.toLowerCase() === wanted)
    .map((object) => ({ name, object, on: eventsOf(fault.operation), run: (context) => run(context, object) }));
}

function eventsOf(operation: RowOperation = "write"): Trigger["on"] {
  switch (operation) {
    case "create":
      return ["before insert"];
    case "update":
      return ["before update"];
    case "delete":
      return ["before delete"];
    case "write":
      return ["before insert", "before update", "before delete"];
    default:
      return operation satisfies never;
  }
}

function applyRowFault(context: TriggerContext, fault: RowFault, account: string | undefined): void {
  switch (fault.act) {
    case "row-lock":
      return context.refuse(lockedRow(account ?? String(context.before?.["Id"] ?? context.record["Id"] ?? "")));
    case "partial-failure": {
      const { code = "UNKNOWN_EXCEPTION", message = "An unexpected error occurred.", fields = [] } = fault;
      return context.refuse({ code, message, fields });
    }
    case "rewrite-field":
      return context.event === "before delete" ? undefined : context.set(fault.field, fault.value);
    case "validation-rule":
      return context.addError(fault.message, fault.field);
    default:
      return fault satisfies never;
  }
}

/** Reference: order-domain §7.4 [fixture]; the Id in its 15-character form: rest-api §4 [report]. */
function lockedRow(id: string): OrgFault {
  const message = `unable to obtain exclusive access to this record or 1 records: ${to15(id)}`;
  return { code: "UNABLE_TO_LOCK_ROW", message, fields: [] };
}

function hasValues({ record }: TriggerContext, fault: RowFault): boolean {
  return Object.entries(fault.record ?? {}).every(([field, value]) => (record[field] ?? null) === value);
}

/** The account that a row belongs to: itself, its own reference, or that of its order. */
function accountOf({ record, tx }: TriggerContext, object: string): string | undefined {
  if (object === "Account") return text(record["Id"]);
  const own = text(record["AccountId"]);
  if (own !== undefined) return own;
  const order = text(record["OrderId"]);
  return order === undefined ? undefined : text(tx.get("Order", order)?.["AccountId"]);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
