/**
 * A `CustomObject` file: the object's own settings. For a custom object this is its definition with the system fields
 * that every custom object has; for a standard one only what setup may change about it.
 */
import type { FieldDefinition, ObjectDefinition, SharingModel } from "../definition.ts";
import { readAutoNumber } from "./custom-field.ts";
import { metadataType } from "./custom-metadata.ts";
import { child, flagOf, type MetadataFile, textOf, wholeOf, type XmlElement } from "./xml.ts";

/** What an object's own file says. */
export interface CustomObject {
  readonly path: string;
  readonly name: string;
  /**
   * The whole object without its custom fields and its key prefix; undefined where the file only says something about
   * an object that comes from elsewhere: a standard one, one of a package, or one of another folder.
   */
  readonly definition: ObjectDefinition | undefined;
  readonly sharingModel: SharingModel | undefined;
  /** Undefined where the file does not say. */
  readonly historyEnabled: boolean | undefined;
}

const SHARING_MODELS: readonly SharingModel[] = ["Private", "Read", "ReadWrite", "ControlledByParent"];

/** Reads the root of an object file. */
export function readCustomObject(file: MetadataFile, name: string): CustomObject {
  const { root } = file;
  const sharing = textOf(root, "sharingModel");
  const sharingModel = SHARING_MODELS.find((model) => model === sharing);
  if (sharing !== undefined && sharingModel === undefined && sharing !== "ControlledByCampaign")
    if (name.endsWith("__c"))
      // Some standard objects have models of their own, for example ReadWriteTransfer of Lead and Case.
      file.drop("CustomObject/sharingModel", `"${sharing}" is none of ${SHARING_MODELS.join(", ")}`);
  return {
    path: file.path,
    name,
    definition: definitionOf(file, name, sharingModel),
    sharingModel,
    historyEnabled: flagOf(file, root, "enableHistory"),
  };
}

function definitionOf(
  file: MetadataFile,
  name: string,
  sharingModel: SharingModel | undefined,
): ObjectDefinition | undefined {
  const { root } = file;
  const label = textOf(root, "label");
  if (name.endsWith("__mdt"))
    return label === undefined ? undefined : metadataType(name, label, textOf(root, "pluralLabel") ?? `${label}s`);
  if (!name.endsWith("__c") || (child(root, "nameField") ?? child(root, "label")) === undefined) return undefined;
  const kind = textOf(root, "customSettingsType");
  if (kind === undefined) return customDefinition(file, name, sharingModel);
  return settingDefinition(file, name, kind === "List" ? "List" : "Hierarchy");
}

/**
 * A custom setting: records without an owner. In a hierarchy, each says for whom it is: the organization, a profile or a
 * user (reference: platform §5 [memory]).
 */
function settingDefinition(file: MetadataFile, name: string, kind: "Hierarchy" | "List"): ObjectDefinition {
  const { fields, ...rest } = customDefinition(file, name, "ReadWrite");
  const ofUser: FieldDefinition = {
    ...person("SetupOwnerId", "Location", "SetupOwner"),
    referenceTo: ["Organization", "Profile", "User"],
    createable: true,
    updateable: true,
    unique: kind === "Hierarchy",
  };
  const kept = fields.filter((field) => field.name !== "OwnerId").map(withoutName);
  return { ...rest, undeletable: false, searchable: false, customSetting: kind, fields: [...kept, ofUser] };
}

/** The name of a setting's record has no settings of its own. */
function withoutName(field: FieldDefinition): FieldDefinition {
  return field.name === "Name" ? { ...field, length: 38 } : field;
}

function customDefinition(file: MetadataFile, name: string, sharingModel: SharingModel | undefined): ObjectDefinition {
  const { root } = file;
  const label = textOf(root, "label") ?? name.replace(/__c$/, "").replaceAll("_", " ");
  const controlled = sharingModel === "ControlledByParent";
  return {
    name,
    label,
    labelPlural: textOf(root, "pluralLabel") ?? `${label}s`,
    custom: true,
    createable: true,
    updateable: true,
    deletable: true,
    undeletable: true,
    queryable: true,
    retrieveable: true,
    replicateable: true,
    searchable: flagOf(file, root, "enableSearch") ?? false,
    triggerable: true,
    layoutable: true,
    mruEnabled: true,
    feedEnabled: flagOf(file, root, "enableFeeds") ?? false,
    sharingModel: sharingModel ?? "ReadWrite",
    fields: [
      system("Id", "Record ID", "id", { length: 18, idLookup: true, defaultedOnCreate: true, ...QUERYABLE }),
      // A detail of a master-detail relationship has no owner of its own.
      ...(controlled ? [] : [owner()]),
      system("IsDeleted", "Deleted", "boolean", { ...QUERYABLE, aggregatable: false, defaultValue: false }),
      nameField(file, label),
      stamp("CreatedDate", "Created Date"),
      person("CreatedById", "Created By ID", "CreatedBy"),
      stamp("LastModifiedDate", "Last Modified Date"),
      person("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
      stamp("SystemModstamp", "System Modstamp"),
      { ...stamp("LastViewedDate", "Last Viewed Date"), nillable: true, defaultedOnCreate: false },
      { ...stamp("LastReferencedDate", "Last Referenced Date"), nillable: true, defaultedOnCreate: false },
    ],
  };
}

const QUERYABLE = { filterable: true, sortable: true, groupable: true, aggregatable: true } as const;

function system(
  name: string,
  label: string,
  type: FieldDefinition["type"],
  more: Partial<FieldDefinition>,
): FieldDefinition {
  return { name, label, type, defaultedOnCreate: true, permissionable: false, ...more };
}

function stamp(name: string, label: string): FieldDefinition {
  return system(name, label, "datetime", { ...QUERYABLE, groupable: false });
}

function person(name: string, label: string, relationshipName: string): FieldDefinition {
  return system(name, label, "reference", { length: 18, ...QUERYABLE, referenceTo: ["User"], relationshipName });
}

/** The owner of a record that is no detail of another one. */
export function owner(): FieldDefinition {
  const field = person("OwnerId", "Owner ID", "Owner");
  return { ...field, referenceTo: ["Group", "User"], createable: true, updateable: true };
}

/** The record's name: a text that users give, or a number that the org gives. */
function nameField(file: MetadataFile, objectLabel: string): FieldDefinition {
  const given = child(file.root, "nameField");
  if (given === undefined && textOf(file.root, "customSettingsType") === undefined)
    file.drop("CustomObject/nameField", "is missing");
  const element: XmlElement = given ?? { name: "nameField", text: "", children: [] };
  const label = textOf(element, "label") ?? `${objectLabel} Name`;
  const kind = textOf(element, "type") ?? "Text";
  if (kind !== "Text" && kind !== "AutoNumber")
    file.report("nameField/type", `"${kind}" is neither Text nor AutoNumber`);
  const base = { nameField: true, idLookup: true, filterable: true, sortable: true, aggregatable: true };
  if (kind === "AutoNumber")
    return system("Name", label, "string", { length: 80, ...base, autoNumber: readAutoNumber(file, element) });
  // Without a name the platform takes the record's Id, so the field is not required [memory: platform §5].
  const length = wholeOf(file, element, "length", { min: 1, max: 80 }) ?? 80;
  return {
    ...system("Name", label, "string", base),
    length,
    groupable: true,
    createable: true,
    updateable: true,
    nillable: true,
  };
}
