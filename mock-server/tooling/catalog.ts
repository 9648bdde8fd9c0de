/**
 * The objects of the Tooling API that tell about the schema: names and types of their fields.
 *
 * Source: Tooling API Developer Guide. Fields that this org could not fill truly are left out, so asking for them is
 * refused; which fields can be sorted and grouped is [memory: platform §11].
 */
import { createCatalog } from "../schema/catalog.ts";
import type { FieldDefinition, ObjectDefinition } from "../schema/definition.ts";

function text(name: string, more: Partial<FieldDefinition> = {}): FieldDefinition {
  return {
    name,
    label: label(name),
    type: "string",
    length: 255,
    nillable: true,
    filterable: true,
    sortable: true,
    groupable: true,
    aggregatable: true,
    ...more,
  };
}

function whole(name: string): FieldDefinition {
  return { name, label: label(name), type: "int", nillable: true, filterable: true, sortable: true };
}

function flag(name: string): FieldDefinition {
  return { name, label: label(name), type: "boolean", filterable: true, sortable: true, groupable: true };
}

/** A text to the query engine, because a durable Id need not have the form of an Id. */
function entityReference(): FieldDefinition {
  return {
    ...text("EntityDefinitionId", { label: "Entity Definition ID" }),
    referenceTo: ["EntityDefinition"],
    relationshipName: "EntityDefinition",
  };
}

function id(): FieldDefinition {
  return { ...text("Id", { label: "ID", type: "id", length: 18, idLookup: true }), nillable: false };
}

function label(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ");
}

function readOnly(name: string, labelPlural: string, fields: readonly FieldDefinition[]): ObjectDefinition {
  return { name, label: label(name), labelPlural, fields: [id(), ...fields], queryable: true, retrieveable: true };
}

const ENTITY_DEFINITION = readOnly("EntityDefinition", "Entity Definitions", [
  text("DurableId"),
  text("QualifiedApiName", { nameField: true }),
  text("DeveloperName"),
  text("NamespacePrefix"),
  text("Label"),
  text("MasterLabel"),
  text("PluralLabel"),
  text("KeyPrefix"),
  text("InternalSharingModel"),
  flag("IsCustomizable"),
  flag("IsCustomSetting"),
  flag("IsApexTriggerable"),
  flag("IsQueryable"),
  flag("IsReplicateable"),
  flag("IsRetrieveable"),
  flag("IsSearchable"),
  flag("IsLayoutable"),
  flag("IsDeprecatedAndHidden"),
]);

const FIELD_DEFINITION = readOnly("FieldDefinition", "Field Definitions", [
  text("DurableId"),
  text("QualifiedApiName", { nameField: true }),
  entityReference(),
  text("DeveloperName"),
  text("NamespacePrefix"),
  text("Label"),
  text("MasterLabel"),
  text("DataType"),
  text("ValueTypeId"),
  text("ExtraTypeInfo"),
  text("RelationshipName"),
  whole("Length"),
  whole("Precision"),
  whole("Scale"),
  flag("IsCalculated"),
  flag("IsCompound"),
  flag("IsNameField"),
  flag("IsNillable"),
  flag("IsIndexed"),
  flag("IsApiFilterable"),
  flag("IsApiGroupable"),
  flag("IsApiSortable"),
  flag("IsFieldHistoryTracked"),
  flag("IsHtmlFormatted"),
  flag("IsHighScaleNumber"),
  flag("IsPolymorphicForeignKey"),
]);

const CUSTOM_OBJECT: ObjectDefinition = {
  ...readOnly("CustomObject", "Custom Objects", [
    text("DeveloperName", { nameField: true }),
    text("NamespacePrefix"),
    text("Description"),
    text("ExternalName"),
    text("Language"),
    text("ManageableState"),
    text("SharingModel"),
  ]),
  keyPrefix: "01I",
};

const CUSTOM_FIELD: ObjectDefinition = {
  ...readOnly("CustomField", "Custom Fields", [
    text("DeveloperName", { nameField: true }),
    text("FullName", { filterable: false, sortable: false, groupable: false }),
    text("TableEnumOrId"),
    entityReference(),
    text("NamespacePrefix"),
    text("InlineHelpText"),
    text("ManageableState"),
    text("RelationshipLabel"),
    whole("Length"),
    whole("Precision"),
    whole("Scale"),
  ]),
  keyPrefix: "00N",
};

/** The catalog that tooling queries and describes are bound to; the same for every org. */
export const TOOLING_CATALOG = createCatalog([ENTITY_DEFINITION, FIELD_DEFINITION, CUSTOM_OBJECT, CUSTOM_FIELD]);
