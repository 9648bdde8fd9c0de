/**
 * Custom metadata: types (`X__mdt`) as objects that nobody writes, and the records that a team's source holds.
 *
 * Fields of a type: reference: platform §5 [memory].
 */
import type { FieldDefinition, FieldValue, ObjectDefinition, Row } from "../definition.ts";
import { recordIdOf } from "../record-id.ts";
import { childrenOf, type MetadataFile, textOf } from "./xml.ts";

/** One record of a custom metadata type, its values still as text. */
export interface CustomMetadataSource {
  readonly path: string;
  /** API name of the type, for example `Rate__mdt`. */
  readonly type: string;
  readonly developerName: string;
  readonly label: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Reads a `CustomMetadata` file; its name is `Type.Record`. */
export function readCustomMetadata(file: MetadataFile, name: string): CustomMetadataSource {
  const at = name.indexOf(".");
  if (at < 0) file.report("CustomMetadata", `the file must be named Type.Record, not ${name}`);
  const type = name.slice(0, Math.max(at, 0));
  const developerName = name.slice(at + 1);
  const values: Record<string, string> = {};
  for (const element of childrenOf(file.root, "values")) {
    const field = textOf(element, "field");
    const value = textOf(element, "value");
    if (field === undefined) file.drop("values/field", "is missing");
    else if (value !== undefined) values[field] = value;
  }
  return {
    path: file.path,
    type: type.endsWith("__mdt") ? type : `${type}__mdt`,
    developerName,
    label: textOf(file.root, "label") ?? developerName,
    values,
  };
}

const QUERYABLE = { filterable: true, sortable: true, groupable: true, aggregatable: true } as const;

/** The object of a custom metadata type, without its custom fields: readable, and written by nobody. */
export function metadataType(name: string, label: string, labelPlural: string): ObjectDefinition {
  const text = (field: string, fieldLabel: string, length: number, nameField = false): FieldDefinition => ({
    name: field,
    label: fieldLabel,
    type: "string",
    length,
    ...QUERYABLE,
    permissionable: false,
    ...(nameField && { nameField }),
  });
  return {
    name,
    label,
    labelPlural,
    custom: true,
    queryable: true,
    retrieveable: true,
    layoutable: true,
    sharingModel: "Read",
    fields: [
      { name: "Id", label: "Custom Metadata Record ID", type: "id", length: 18, ...QUERYABLE, permissionable: false },
      { ...text("DeveloperName", "Custom Metadata Record Name", 40), unique: true },
      text("MasterLabel", "Label", 40, true),
      text("Language", "Master Language", 40),
      { ...text("NamespacePrefix", "Namespace Prefix", 15), nillable: true },
      text("Label", "Label", 40),
      text("QualifiedApiName", "Qualified API Name", 70),
      { name: "SystemModstamp", label: "System Modstamp", type: "datetime", ...QUERYABLE, permissionable: false },
    ],
  };
}

/**
 * The records of one type as the org stores them, with Ids that follow from their order by name.
 *
 * `idOf` finds the record that a metadata relationship names. Values that do not fit their field are reported and left out.
 */
export function metadataRecords(
  type: ObjectDefinition,
  sources: readonly CustomMetadataSource[],
  idOf: (type: string, developerName: string) => string | undefined,
  report: (source: CustomMetadataSource, field: string, reason: string) => void,
): readonly Row[] {
  return inOrder(sources).map((source, at) => {
    const row: Record<string, FieldValue> = {
      Id: recordIdOf(type.keyPrefix ?? "m00", at + 1),
      DeveloperName: source.developerName,
      MasterLabel: source.label,
      Label: source.label,
      Language: "en_US",
      QualifiedApiName: source.developerName,
    };
    for (const [name, text] of Object.entries(source.values)) {
      const field = type.fields.find((each) => each.name === name);
      const value = field === undefined ? undefined : stored(field, text, idOf);
      if (field === undefined) report(source, name, `${type.name} has no field ${name}`);
      else if (value === undefined) report(source, name, `"${text}" is no value of a field of type ${field.type}`);
      else row[field.name] = value;
    }
    return row;
  });
}

/** The sources of one type in the order in which they get their Ids. */
export function inOrder(sources: readonly CustomMetadataSource[]): readonly CustomMetadataSource[] {
  return sources.toSorted((a, b) => (a.developerName < b.developerName ? -1 : 1));
}

function stored(
  field: FieldDefinition,
  text: string,
  idOf: (type: string, developerName: string) => string | undefined,
): FieldValue | undefined {
  switch (field.type) {
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "int":
    case "double":
    case "currency":
    case "percent": {
      const number = Number(text);
      return Number.isNaN(number) ? undefined : number;
    }
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
    case "datetime": {
      const ms = Date.parse(text);
      return Number.isNaN(ms) ? undefined : `${new Date(ms).toISOString().slice(0, 19)}.000+0000`;
    }
    case "reference":
      return idOf(field.referenceTo?.[0] ?? "", text) ?? null;
    default:
      return text;
  }
}
