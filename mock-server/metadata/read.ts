/** What components an org has, and what they are made of. */
import type { MockOrgCore } from "../org/org.ts";
import { componentId } from "../schema/component-id.ts";
import type { FieldDefinition, ObjectDefinition } from "../schema/definition.ts";
import type { XmlElement } from "../schema/metadata/xml.ts";
import { type ComponentType, fieldPath } from "./component.ts";
import { leaf, node } from "./elements.ts";
import { fieldElements } from "./field-element.ts";
import { permissionElements, permissionFullName, permissionRow, permissionRows } from "./permission-element.ts";

/** A component as lists name it. */
export interface ComponentEntry {
  readonly type: ComponentType;
  readonly fullName: string;
  readonly id: string;
  /** The file that a retrieve would put it into. */
  readonly fileName: string;
}

/** All components of a type, by name. */
export function listComponents(org: MockOrgCore, type: ComponentType): readonly ComponentEntry[] {
  switch (type) {
    case "CustomObject":
      return objectsOf(org).map(({ name }) => ({
        type,
        fullName: name,
        id: componentId("CustomObject", name),
        fileName: `objects/${name}.object`,
      }));
    case "CustomField":
      return org.catalog.objects.flatMap(({ definition }) =>
        customFields(definition).map((field) => {
          const fullName = `${definition.name}.${field.name}`;
          return {
            type,
            fullName,
            id: componentId("CustomField", fullName),
            fileName: `objects/${definition.name}.object`,
          };
        }),
      );
    case "PermissionSet":
    case "Profile": {
      const [folder, suffix] = type === "Profile" ? ["profiles", "profile"] : ["permissionsets", "permissionset"];
      return permissionRows(org, type).map((row) => {
        const fullName = permissionFullName(type, row);
        return {
          type,
          fullName,
          id: String(row["Id"]),
          fileName: `${folder}/${encodeURIComponent(fullName)}.${suffix}`,
        };
      });
    }
  }
}

/** The content of a component; undefined where there is none of this name. */
export function readComponent(org: MockOrgCore, type: ComponentType, fullName: string): XmlElement | undefined {
  switch (type) {
    case "CustomObject": {
      const definition = org.catalog.object(fullName)?.definition;
      return definition?.name === fullName ? node("CustomObject", objectElements(definition)) : undefined;
    }
    case "CustomField": {
      const path = fieldPath(fullName);
      const definition = org.catalog.object(path?.object ?? "")?.definition;
      const field = definition?.fields.find((each) => each.name === path?.field);
      if (definition === undefined || field === undefined) return undefined;
      return node("CustomField", anyFieldElements(definition, field, fullName));
    }
    case "PermissionSet":
    case "Profile": {
      const row = permissionRow(org, type, fullName);
      return row === undefined ? undefined : node(type, permissionElements(org, type, row));
    }
  }
}

/** Custom objects, and the standard ones that setup lets one change. */
function objectsOf(org: MockOrgCore): readonly ObjectDefinition[] {
  return org.catalog.objects
    .map((type) => type.definition)
    .filter((definition) => definition.custom === true || definition.layoutable === true);
}

/** Custom fields, each location once. */
function customFields(definition: ObjectDefinition): readonly FieldDefinition[] {
  return definition.fields.filter((field) => field.custom === true && field.name.endsWith("__c"));
}

function objectElements(definition: ObjectDefinition): readonly XmlElement[] {
  const custom = definition.custom === true;
  const listed = definition.fields.filter((field) => field.name.endsWith("__c") || (!custom && isStandardField(field)));
  const fields = listed.map((field) => node("fields", anyFieldElements(definition, field, field.name)));
  const name = definition.fields.find((field) => field.nameField);
  return [
    ...leaf("fullName", definition.name),
    ...(custom ? leaf("deploymentStatus", "Deployed") : []),
    ...leaf("enableFeeds", definition.feedEnabled ?? false),
    ...leaf("enableHistory", (definition.historyTracked ?? []).length > 0),
    ...(custom ? leaf("enableSearch", definition.searchable ?? false) : []),
    ...fields,
    ...leaf("label", custom ? definition.label : undefined),
    ...(custom && name !== undefined ? [nameFieldElement(name)] : []),
    ...leaf("pluralLabel", custom ? definition.labelPlural : undefined),
    ...leaf("sharingModel", definition.sharingModel),
  ];
}

/** Standard fields that people fill in; system fields are no part of metadata. */
function isStandardField(field: FieldDefinition): boolean {
  return field.custom !== true && (field.createable === true || field.updateable === true);
}

/** A standard field shows only what setup may change about it. */
function anyFieldElements(
  definition: ObjectDefinition,
  field: FieldDefinition,
  fullName: string,
): readonly XmlElement[] {
  const tracked = definition.historyTracked?.includes(field.name) ?? false;
  if (field.custom === true) {
    const number = definition.fields.find((part) => part.compoundFieldName === field.name);
    const locationScale = field.type === "location" ? (number?.scale ?? 0) : undefined;
    return fieldElements(field, { fullName, tracked, locationScale });
  }
  return [
    ...leaf("fullName", fullName),
    ...leaf("inlineHelpText", field.inlineHelpText),
    ...leaf("trackHistory", tracked),
  ];
}

function nameFieldElement(field: FieldDefinition): XmlElement {
  const { autoNumber } = field;
  if (autoNumber === undefined) return node("nameField", [...leaf("label", field.label), ...leaf("type", "Text")]);
  const format = leaf("displayFormat", autoNumber.format);
  return node("nameField", [...format, ...leaf("label", field.label), ...leaf("type", "AutoNumber")]);
}
