/** What could be done to an order next, and what the org would say to it. Nothing is done. */
import type { Transaction } from "../org/port.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";
import { read, type View } from "./host.ts";
import { type Attempt, type Outcome, Rehearsal } from "./rehearsal.ts";

/** One thing to do next. */
export interface Step {
  readonly label: string;
  readonly attempt: Attempt;
  readonly outcome: Outcome;
}

/** Fields of one object that cannot be changed now, for one reason. */
export interface Lock {
  readonly object: string;
  readonly fields: readonly FieldDefinition[];
  readonly outcome: Outcome;
}

/** What an order allows now, for one user. */
export interface OrderOutlook {
  readonly steps: readonly Step[];
  readonly locks: readonly Lock[];
  /** Fields that could be changed now. */
  readonly free: readonly FieldDefinition[];
}

/** Tries everything that may come next. Undefined where the order does not exist. */
export function outlookOf(view: View, orderId: string): OrderOutlook | undefined {
  const planned = read(view, (tx) => {
    const order = tx.get("Order", orderId);
    if (order === undefined) return undefined;
    const line = tx.find("OrderItem", "OrderId", orderId).find((item) => item["IsDeleted"] !== true);
    return {
      steps: order["IsDeleted"] === true ? [undeleteOf(orderId)] : stepsOf(tx, order, line),
      edits: order["IsDeleted"] === true ? [] : [...editsOf(tx, "Order", order), ...editsOf(tx, "OrderItem", line)],
    };
  });
  if (planned === undefined) return undefined;
  const rehearsal = new Rehearsal(view);
  const steps = planned.steps.map((step) => ({ ...step, outcome: rehearsal.try(step.attempt) }));
  const tried = planned.edits.map((edit) => ({ ...edit, outcome: rehearsal.try(edit.attempt) }));
  return { steps, locks: locksOf(tried), free: tried.filter((edit) => edit.outcome.allowed).map((edit) => edit.field) };
}

type Planned = Omit<Step, "outcome">;

function undeleteOf(id: string): Planned {
  return { label: "Undelete the order", attempt: { operation: "undelete", object: "Order", id, values: {} } };
}

function stepsOf(tx: Transaction, order: Row, line: Row | undefined): readonly Planned[] {
  const id = String(order["Id"]);
  const update = (label: string, object: string, of: Row, values: Row): Planned => ({
    label,
    attempt: { operation: "update", object, id: String(of["Id"]), values },
  });
  const steps: Planned[] = statusSteps(tx, order).map(({ label, value }) =>
    update(label, "Order", order, { Status: value }),
  );
  const entry = entryFor(tx, order);
  if (entry !== undefined)
    steps.push({
      label: "Add an order product",
      attempt: {
        operation: "insert",
        object: "OrderItem",
        values: {
          OrderId: id,
          PricebookEntryId: entry["Id"],
          Quantity: 1,
          UnitPrice: entry["UnitPrice"],
        },
      },
    });
  if (line !== undefined) {
    steps.push(update("Change a quantity", "OrderItem", line, { Quantity: Number(line["Quantity"] ?? 0) + 1 }));
    steps.push(update("Change a price", "OrderItem", line, { UnitPrice: Number(line["UnitPrice"] ?? 0) + 1 }));
    steps.push({
      label: "Remove an order product",
      attempt: { operation: "delete", object: "OrderItem", id: String(line["Id"]), values: {} },
    });
  }
  if (order["StatusCode"] === "Activated" && order["IsReductionOrder"] !== true)
    steps.push({
      label: "Create a reduction order",
      attempt: {
        operation: "insert",
        object: "Order",
        values: {
          AccountId: order["AccountId"],
          EffectiveDate: order["EffectiveDate"],
          Status: draftStatus(tx),
          IsReductionOrder: true,
          OriginalOrderId: id,
        },
      },
    });
  steps.push({ label: "Delete the order", attempt: { operation: "delete", object: "Order", id, values: {} } });
  return steps;
}

function statusSteps(tx: Transaction, order: Row): readonly { readonly label: string; readonly value: string }[] {
  const values = tx.catalog.object("Order")?.field("Status")?.picklistValues ?? [];
  const isActivated = order["StatusCode"] === "Activated";
  return values
    .filter(({ value, active }) => active !== false && value !== order["Status"])
    .map(({ value, label, group }) => {
      if (group === "Activated" && !isActivated) return { value, label: `Activate (${label})` };
      if (group === "Draft" && isActivated) return { value, label: `Reopen (${label})` };
      return { value, label: `Move to ${label}` };
    });
}

function draftStatus(tx: Transaction): string {
  const values = tx.catalog.object("Order")?.field("Status")?.picklistValues ?? [];
  return values.find(({ group }) => group === "Draft")?.value ?? "Draft";
}

/** An active entry of the order's price book; any entry where the order has no book, so that the refusal is shown. */
function entryFor(tx: Transaction, order: Row): Row | undefined {
  const book = order["Pricebook2Id"];
  const entries =
    typeof book === "string" ? tx.find("PricebookEntry", "Pricebook2Id", book) : tx.rows("PricebookEntry");
  let first: Row | undefined;
  for (const entry of entries) {
    if (entry["IsDeleted"] === true) continue;
    if (entry["IsActive"] === true) return entry;
    first ??= entry;
  }
  return first;
}

interface Edit {
  readonly object: string;
  readonly field: FieldDefinition;
  readonly attempt: Attempt;
}

/** Fields that say nothing about locks: the status has steps of its own, and the category follows it. */
const NOT_TRIED: ReadonlySet<string> = new Set(["Status", "StatusCode"]);

/** One attempt for each field that an update may name, with another value of the right kind. */
function editsOf(tx: Transaction, object: string, row: Row | undefined): readonly Edit[] {
  const type = tx.catalog.object(object);
  if (row === undefined || type === undefined) return [];
  return type.fields.flatMap((field) => {
    if (field.updateable !== true || NOT_TRIED.has(field.name)) return [];
    const value = otherValue(tx, field, row[field.name] ?? null);
    if (value === undefined) return [];
    const attempt: Attempt = { operation: "update", object, id: String(row["Id"]), values: { [field.name]: value } };
    return [{ object, field, attempt }];
  });
}

/** Another value that the field could take; undefined where there is none to be had. */
function otherValue(tx: Transaction, field: FieldDefinition, value: FieldValue): FieldValue | undefined {
  switch (field.type) {
    case "reference":
      return otherRecord(tx, field, value);
    case "picklist":
    case "multipicklist":
      return field.picklistValues?.find((one) => one.active !== false && one.value !== value)?.value;
    case "boolean":
      return value !== true;
    case "int":
    case "double":
    case "currency":
    case "percent":
      return typeof value === "number" ? value + 1 : 1;
    case "date":
      return typeof value === "string" ? shiftedDay(value) : tx.now.slice(0, 10);
    case "datetime":
      return value === tx.now ? undefined : tx.now;
    case "email":
      return "somebody@example.com";
    case "address":
    case "location":
    case "base64":
    case "time":
    case "anyType":
    case "id":
      return undefined;
    default:
      return value === "A" ? "B" : "A";
  }
}

function otherRecord(tx: Transaction, field: FieldDefinition, value: FieldValue): string | undefined {
  for (const object of field.referenceTo ?? []) {
    if (tx.catalog.object(object) === undefined) continue;
    for (const row of tx.rows(object)) if (row["Id"] !== value && row["IsDeleted"] !== true) return String(row["Id"]);
  }
  return undefined;
}

function shiftedDay(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

/** Refused edits with the same reason together. Texts differ by the field's name, so the rule decides where there is one. */
function locksOf(tried: readonly (Edit & { readonly outcome: Outcome })[]): readonly Lock[] {
  const locks = new Map<string, { object: string; fields: FieldDefinition[]; outcome: Outcome }>();
  for (const { object, field, outcome } of tried) {
    if (outcome.allowed) continue;
    const [fault] = outcome.faults;
    const key = `${object} ${outcome.rule ?? `${fault?.code} ${fault?.message.replaceAll(field.name, "")}`}`;
    const lock = locks.get(key) ?? { object, fields: [], outcome };
    lock.fields.push(field);
    locks.set(key, lock);
  }
  return [...locks.values()];
}
