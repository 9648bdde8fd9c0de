/** Custom fields that come, change and go while an org runs. Pure: definitions in, definitions out. */
import { applyCustomization } from "../schema/customize.ts";
import type { FieldDefinition, ObjectDefinition } from "../schema/definition.ts";
import { readCustomization } from "../schema/metadata/customization.ts";
import { textOf } from "../schema/metadata/xml.ts";
import { type Component, fieldPath, sourceFile } from "./component.ts";
import { badName, ComponentFault, dependency, duplicateName, notSupported, unknownComponent } from "./faults.ts";
import { metadataType } from "./field-element.ts";

/** What a change of a field works on. */
export interface FieldChange {
  readonly definitions: readonly ObjectDefinition[];
  readonly component: Component;
  /** True where the object has records: a master-detail field would leave them without a master. */
  readonly hasRecords: (object: string) => boolean;
}

/** The definitions with the new field. Throws `ComponentFault` or `MetadataError`. */
export function createField(change: FieldChange): readonly ObjectDefinition[] {
  const { object, field, name } = target(change);
  if (field !== undefined) throw duplicateName(`There is already a field named ${field.label} on ${object.label}.`);
  if (!name.endsWith("__c")) throw badName(change.component.fullName, "a custom field's name must end in __c");
  if (textOf(change.component.element, "label") === undefined)
    throw badName(change.component.fullName, "Must specify a non-empty label for the CustomField");
  return withField(prepared(change, object), change.component);
}

/** The definitions with the field as the component describes it, in its old place. */
export function updateField(change: FieldChange): readonly ObjectDefinition[] {
  const { object, field, name } = target(change);
  if (field === undefined) throw unknownComponent("CustomField", change.component.fullName);
  const withoutHistory = untracked(object, field);
  if (field.custom !== true) return withField(replaced(change.definitions, withoutHistory), change.component);
  const type = textOf(change.component.element, "type");
  const before = field.formula === undefined ? metadataType(field) : type;
  if (type !== before)
    throw notSupported(`Changing the type of ${change.component.fullName} from ${before} to ${type}`);
  if ((field.formula !== undefined) !== (textOf(change.component.element, "formula") !== undefined))
    throw notSupported(`Turning ${change.component.fullName} into a formula field or back`);
  const parts = partsOf(object, field);
  const at = object.fields.findIndex((each) => each.name === name);
  const stripped = { ...withoutHistory, fields: object.fields.filter((each) => !parts.includes(each)) };
  const applied = withField(replaced(change.definitions, stripped), change.component);
  const after = applied.find((each) => each.name === object.name);
  if (after === undefined) throw new Error("an object stays when one of its fields changes");
  // The new parts stand at the end.
  const kept = after.fields.slice(0, stripped.fields.length);
  const fields = [...kept.slice(0, at), ...after.fields.slice(stripped.fields.length), ...kept.slice(at)];
  return replaced(applied, { ...after, fields });
}

/** The definitions without the field. */
export function deleteField(change: FieldChange): readonly ObjectDefinition[] {
  const { object, field } = target(change);
  if (field === undefined) throw unknownComponent("CustomField", change.component.fullName);
  if (field.custom !== true)
    throw new ComponentFault({
      code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      message: "insufficient access rights on cross-reference id",
    });
  const user = userOf(change.definitions, object, field);
  if (user !== undefined) throw dependency(`${change.component.fullName} is referenced by ${user}`);
  if (field.masterDetail === true) throw notSupported(`Deleting the master-detail field ${change.component.fullName}`);
  const parts = partsOf(object, field);
  const fields = object.fields.filter((each) => !parts.includes(each));
  return replaced(change.definitions, { ...untracked(object, field), fields });
}

interface Target {
  readonly object: ObjectDefinition;
  /** The field of that name; undefined where there is none yet. */
  readonly field: FieldDefinition | undefined;
  readonly name: string;
}

function target({ definitions, component }: FieldChange): Target {
  const path = fieldPath(component.fullName);
  if (path === undefined) throw badName(component.fullName, "is not Object.Field");
  const object = definitions.find((each) => each.name === path.object);
  if (object === undefined)
    throw new ComponentFault({
      code: "INVALID_CROSS_REFERENCE_KEY",
      message: `Entity Enumeration Or ID: no CustomObject named ${path.object} found`,
    });
  const lower = path.field.toLowerCase();
  return { object, field: object.fields.find((each) => each.name.toLowerCase() === lower), name: path.field };
}

/** A master-detail field makes its object one that its parent controls, which has no owner of its own. */
function prepared(change: FieldChange, object: ObjectDefinition): readonly ObjectDefinition[] {
  const { definitions, component, hasRecords } = change;
  if (textOf(component.element, "type") !== "MasterDetail" || object.custom !== true) return definitions;
  if (hasRecords(object.name))
    throw badName(component.fullName, `${object.name} has records, which would be without a master`);
  return replaced(definitions, {
    ...object,
    sharingModel: "ControlledByParent",
    fields: object.fields.filter((field) => field.name !== "OwnerId"),
  });
}

function withField(definitions: readonly ObjectDefinition[], component: Component): readonly ObjectDefinition[] {
  return applyCustomization(definitions, readCustomization([sourceFile(component)])).definitions;
}

/** The object without this field among those whose history is kept. */
function untracked(object: ObjectDefinition, field: FieldDefinition): ObjectDefinition {
  if (object.historyTracked?.includes(field.name) !== true) return object;
  return { ...object, historyTracked: object.historyTracked.filter((each) => each !== field.name) };
}

/** The field itself and, for a location, its two numbers. */
function partsOf(object: ObjectDefinition, field: FieldDefinition): readonly FieldDefinition[] {
  return object.fields.filter((each) => each === field || each.compoundFieldName === field.name);
}

/** What would no longer work without the field: a formula, a roll-up, or the object's own access. */
function userOf(
  definitions: readonly ObjectDefinition[],
  object: ObjectDefinition,
  field: FieldDefinition,
): string | undefined {
  const named = new RegExp(`\\b${field.name}\\b`, "i");
  for (const other of definitions)
    for (const each of other.fields) {
      const { summary } = each;
      const summed =
        summary?.childObject === object.name &&
        [summary.field, summary.foreignKey, ...summary.filters.map((filter) => filter.field)].includes(field.name);
      const calculated = each !== field && each.formula !== undefined && named.test(each.formula);
      if (summed || (calculated && other.name === object.name)) return `${other.name}.${each.name}`;
    }
  return undefined;
}

/** The definitions with one object in place of the one of its name. */
export function replaced(
  definitions: readonly ObjectDefinition[],
  definition: ObjectDefinition,
): readonly ObjectDefinition[] {
  return definitions.map((each) => (each.name === definition.name ? definition : each));
}
