/** Custom objects that come, change and go while an org runs. Pure: definitions in, definitions out. */
import { applyCustomization } from "../schema/customize.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import { readCustomization } from "../schema/metadata/customization.ts";
import { childrenOf, textOf, type XmlElement } from "../schema/metadata/xml.ts";
import { createField, replaced, updateField } from "./change-field.ts";
import { type Component, sourceFile } from "./component.ts";
import { badName, ComponentFault, dependency, duplicateName, notSupported, unknownComponent } from "./faults.ts";

/** What a change of an object works on. */
export interface ObjectChange {
  readonly definitions: readonly ObjectDefinition[];
  readonly component: Component;
  readonly hasRecords: (object: string) => boolean;
}

/** The definitions with the new custom object and its fields. Throws `ComponentFault` or `MetadataError`. */
export function createObject(change: ObjectChange): readonly ObjectDefinition[] {
  const { definitions, component } = change;
  const { fullName, element } = component;
  if (!/^[A-Za-z]\w*__c$/.test(fullName)) throw badName(fullName, "a custom object's name must end in __c");
  if (find(definitions, fullName) !== undefined)
    throw duplicateName(`There is already an object named ${fullName} in your organization.`);
  if (textOf(element, "label") === undefined)
    throw badName(fullName, "Must specify a non-empty label for the CustomObject");
  refuseParts(element);
  const customization = readCustomization([sourceFile({ ...component, element: withoutParts(element) })]);
  return withFields(change, applyCustomization(definitions, customization).definitions);
}

/** The definitions with the object as the component describes it. Fields that it names are changed or made, others stay. */
export function updateObject(change: ObjectChange): readonly ObjectDefinition[] {
  const { definitions, component } = change;
  const { fullName, element } = component;
  const before = find(definitions, fullName);
  if (before?.name !== fullName) throw unknownComponent("CustomObject", fullName);
  refuseParts(element);
  const customization = readCustomization([sourceFile({ ...component, element: withoutParts(element) })]);
  if (before.custom !== true) return withFields(change, applyCustomization(definitions, customization).definitions);
  const after = customization.objects[0]?.definition;
  if (after === undefined) throw badName(fullName, "Must specify a non-empty label for the CustomObject");
  const name = after.fields.find((field) => field.nameField);
  const fields = before.fields.map((field) => (field.nameField === true && name !== undefined ? name : field));
  const merged: ObjectDefinition = {
    ...after,
    ...(before.keyPrefix !== undefined && { keyPrefix: before.keyPrefix }),
    ...(before.recordTypes !== undefined && { recordTypes: before.recordTypes }),
    ...(before.historyTracked !== undefined && { historyTracked: before.historyTracked }),
    ...(before.controlledBy !== undefined && { controlledBy: before.controlledBy, sharingModel: "ControlledByParent" }),
    fields,
  };
  return withFields(change, replaced(definitions, merged));
}

/** The definitions without the object. */
export function deleteObject(change: ObjectChange): readonly ObjectDefinition[] {
  const { definitions, component } = change;
  const object = find(definitions, component.fullName);
  if (object === undefined) throw unknownComponent("CustomObject", component.fullName);
  if (object.custom !== true)
    throw new ComponentFault({
      code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      message: "insufficient access rights on cross-reference id",
    });
  const user = definitions
    .filter((other) => other !== object)
    .flatMap((other) => other.fields.map((field) => ({ field, path: `${other.name}.${field.name}` })))
    .find(({ field }) => field.referenceTo?.includes(object.name) || field.summary?.childObject === object.name);
  if (user !== undefined) throw dependency(`${object.name} is referenced by ${user.path}`);
  return definitions.filter((each) => each !== object);
}

function withFields(change: ObjectChange, definitions: readonly ObjectDefinition[]): readonly ObjectDefinition[] {
  let result = definitions;
  for (const element of childrenOf(change.component.element, "fields")) {
    const name = textOf(element, "fullName");
    if (name === undefined) throw badName(change.component.fullName, "fields/fullName is missing");
    const component: Component = { type: "CustomField", fullName: `${change.component.fullName}.${name}`, element };
    const known = find(result, change.component.fullName)?.fields.some((field) => field.name === name) ?? false;
    const field = { definitions: result, component, hasRecords: change.hasRecords };
    result = known ? updateField(field) : createField(field);
  }
  return result;
}

/** Parts of an object that change saves and cannot be added while the org runs. */
const REFUSED_PARTS = ["validationRules", "recordTypes", "sharingRules"] as const;

function refuseParts(element: XmlElement): void {
  const part = REFUSED_PARTS.find((name) => childrenOf(element, name).length > 0);
  if (part !== undefined) throw notSupported(`${part} in a CustomObject that is sent to a running org`);
}

function withoutParts(element: XmlElement): XmlElement {
  return { ...element, children: element.children.filter((each) => each.name !== "fields") };
}

function find(definitions: readonly ObjectDefinition[], name: string): ObjectDefinition | undefined {
  const lower = name.toLowerCase();
  return definitions.find((each) => each.name.toLowerCase() === lower);
}
