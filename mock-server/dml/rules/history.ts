/**
 * History rows of tracked fields (reference: order-domain §1.10).
 *
 * A lookup leaves two rows, one with Ids and one with names; a long text leaves a row without values [memory]. A status
 * that crosses the border of Activated leaves `orderActivated` or `orderDeactivated` [fixture: the names].
 */
import type { Transaction } from "../../org/port.ts";
import type { FieldDefinition, FieldType, FieldValue, Row } from "../../schema/definition.ts";
import type { Saved } from "../change.ts";
import { planOf } from "../object-plan.ts";
import { isActivated } from "./status.ts";

/** Texts above this length are recorded without their values [memory: platform §4]. */
const RECORDED_TEXT_MAX = 255;

const DATA_TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  reference: "EntityId",
  date: "DateOnly",
  datetime: "DateTime",
  currency: "Double",
  double: "Double",
  percent: "Double",
  int: "Double",
  boolean: "Boolean",
};

/** Writes the history rows of a saved record, if its object keeps history. */
export function writeHistory({ object, operation, before, after }: Saved, tx: Transaction): void {
  const type = tx.catalog.object(object);
  if (type === undefined) return;
  const plan = planOf(type);
  if (plan.tracked.length === 0) return;
  const custom = object.endsWith("__c");
  const name = custom ? object.replace(/__c$/, "__History") : `${object}History`;
  const history = tx.catalog.object(name);
  if (history === undefined) return;
  const write = (field: string, dataType: string, oldValue: FieldValue, newValue: FieldValue): void => {
    const row: Record<string, FieldValue> = {
      Id: tx.newId(name),
      IsDeleted: false,
      [custom ? "ParentId" : `${object}Id`]: after["Id"] ?? null,
      CreatedById: tx.actor.userId,
      CreatedDate: tx.now,
      Field: field,
      DataType: dataType,
      OldValue: oldValue,
      NewValue: newValue,
    };
    tx.insert(name, Object.fromEntries(Object.entries(row).filter(([key]) => history.field(key) !== undefined)));
  };
  if (operation === "insert") return write("created", "Text", null, null);
  if (operation !== "update" || before === undefined) return;
  for (const field of plan.tracked) {
    const oldValue = before[field.name] ?? null;
    const newValue = after[field.name] ?? null;
    if (oldValue === newValue) continue;
    const label = historyName(field);
    if (field.type === "reference") {
      write(label, "EntityId", oldValue, newValue);
      write(label, "Text", nameOf(oldValue, tx), nameOf(newValue, tx));
    } else if ((field.length ?? 0) > RECORDED_TEXT_MAX && field.type === "textarea") write(label, "Text", null, null);
    else write(label, DATA_TYPES[field.type] ?? "Text", oldValue, newValue);
  }
  if (object === "Order" && isActivated(before) !== isActivated(after))
    write(isActivated(after) ? "orderActivated" : "orderDeactivated", "Text", null, null);
}

/** A lookup goes by its relationship's name, `Account` for `AccountId` [fixture]. */
function historyName(field: FieldDefinition): string {
  const isStandardLookup = field.type === "reference" && field.custom !== true;
  return isStandardLookup ? (field.relationshipName ?? field.name) : field.name;
}

function nameOf(id: FieldValue, tx: Transaction): string | null {
  if (typeof id !== "string") return null;
  const type = tx.catalog.objectByPrefix(id.slice(0, 3));
  const name: Row[string] | undefined = type && tx.get(type.name, id)?.[type.nameField?.name ?? "Name"];
  return typeof name === "string" ? name : null;
}
