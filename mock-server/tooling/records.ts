/** An org's schema as records of the Tooling API. */
import type { Catalog } from "../schema/catalog.ts";
import { componentId } from "../schema/component-id.ts";
import type { FieldDefinition, FieldType, ObjectDefinition, Row } from "../schema/definition.ts";
import type { SoqlDataset } from "../soql/base/port.ts";

/** What every record of EntityDefinition and FieldDefinition shows as its Id: they have a durable Id instead. */
export const NO_RECORD_ID = "000000000000000AAA";

/** The rows by object, derived once for each catalog. In them Id is what addresses a row: the durable Id where there is one. */
const derived = new WeakMap<Catalog, ReadonlyMap<string, ReadonlyMap<string, Row>>>();

/** The schema that a catalog shows, for the query engine. */
export function toolingRecords(catalog: Catalog): SoqlDataset {
  const tables = derived.get(catalog) ?? derive(catalog);
  derived.set(catalog, tables);
  const table = (object: string): ReadonlyMap<string, Row> => tables.get(object) ?? new Map<string, Row>();
  return {
    get: (object, id) => table(object).get(id),
    rows: (object) => table(object).values(),
    count: (object) => table(object).size,
    hasIndex: (_, field) => field === "Id",
    find(object, field, value) {
      const row = field === "Id" && typeof value === "string" ? table(object).get(value) : undefined;
      return row === undefined ? [] : [row];
    },
    byStamp: () => [],
  };
}

function derive(catalog: Catalog): ReadonlyMap<string, ReadonlyMap<string, Row>> {
  const definitions = catalog.objects.map((type) => ({ ...type.definition, fields: type.fields }));
  const custom = definitions.filter((definition) => definition.custom === true);
  return new Map([
    ["EntityDefinition", byId(definitions.map(entityRow))],
    [
      "FieldDefinition",
      byId(definitions.flatMap((definition) => definition.fields.map((field) => fieldRow(definition, field)))),
    ],
    ["CustomObject", byId(custom.map(customObjectRow))],
    [
      "CustomField",
      byId(
        definitions.flatMap((definition) =>
          definition.fields
            .filter((field) => field.custom === true && field.name.endsWith("__c"))
            .map((field) => customFieldRow(definition, field)),
        ),
      ),
    ],
  ]);
}

/** In order of Id, as datasets give rows. */
function byId(rows: readonly Row[]): ReadonlyMap<string, Row> {
  const keyed = rows.map((row): [string, Row] => [String(row["Id"]), row]);
  return new Map(keyed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function entityRow(definition: ObjectDefinition): Row {
  const durable = entityId(definition);
  return {
    Id: durable,
    DurableId: durable,
    QualifiedApiName: definition.name,
    ...names(definition),
    PluralLabel: definition.labelPlural,
    KeyPrefix: definition.keyPrefix ?? null,
    InternalSharingModel: definition.sharingModel ?? null,
    IsCustomizable: definition.custom === true || definition.layoutable === true,
    IsCustomSetting: false,
    IsApexTriggerable: definition.triggerable ?? false,
    IsQueryable: definition.queryable ?? false,
    IsReplicateable: definition.replicateable ?? false,
    IsRetrieveable: definition.retrieveable ?? false,
    IsSearchable: definition.searchable ?? false,
    IsLayoutable: definition.layoutable ?? false,
    IsDeprecatedAndHidden: false,
  };
}

function fieldRow(definition: ObjectDefinition, field: FieldDefinition): Row {
  const entity = entityId(definition);
  const own = field.custom === true ? fieldId(definition, field).slice(0, 15) : field.name;
  const durable = `${entity}.${own}`;
  const indexed = field.idLookup === true || field.unique === true || field.type === "reference" || field.type === "id";
  return {
    Id: durable,
    DurableId: durable,
    QualifiedApiName: field.name,
    EntityDefinitionId: entity,
    ...names(field),
    DataType: dataType(field),
    ValueTypeId: field.type === "reference" ? "id" : field.type,
    ExtraTypeInfo: field.extraTypeInfo ?? null,
    RelationshipName: field.relationshipName ?? null,
    Length: field.length ?? 0,
    Precision: field.precision ?? 0,
    Scale: field.scale ?? 0,
    IsCalculated: field.calculated ?? false,
    IsCompound: field.type === "address" || field.type === "location",
    IsNameField: field.nameField ?? false,
    IsNillable: field.nillable ?? false,
    IsIndexed: indexed,
    IsApiFilterable: field.filterable ?? false,
    IsApiGroupable: field.groupable ?? false,
    IsApiSortable: field.sortable ?? false,
    IsFieldHistoryTracked: definition.historyTracked?.includes(field.name) ?? false,
    IsHtmlFormatted: field.extraTypeInfo === "richtextarea",
    IsHighScaleNumber: false,
    IsPolymorphicForeignKey: (field.referenceTo ?? []).length > 1,
  };
}

function customObjectRow(definition: ObjectDefinition): Row {
  const { DeveloperName, NamespacePrefix } = names(definition);
  return {
    Id: componentId("CustomObject", definition.name),
    DeveloperName,
    NamespacePrefix,
    Description: null,
    ExternalName: null,
    Language: "en_US",
    ManageableState: "unmanaged",
    SharingModel: definition.sharingModel ?? null,
  };
}

function customFieldRow(definition: ObjectDefinition, field: FieldDefinition): Row {
  const { DeveloperName, NamespacePrefix } = names(field);
  return {
    Id: fieldId(definition, field),
    DeveloperName,
    FullName: `${definition.name}.${field.name}`,
    TableEnumOrId: definition.custom === true ? componentId("CustomObject", definition.name) : definition.name,
    EntityDefinitionId: entityId(definition),
    NamespacePrefix,
    InlineHelpText: field.inlineHelpText ?? null,
    ManageableState: "unmanaged",
    RelationshipLabel: field.childRelationshipName?.replace(/__r$/, "") ?? null,
    Length: field.length ?? null,
    Precision: field.precision ?? null,
    Scale: field.scale ?? null,
  };
}

/** The durable Id of an object: its name, or the 15-character Id of a custom object [memory: platform §11]. */
function entityId({ name, custom }: ObjectDefinition): string {
  return custom === true ? componentId("CustomObject", name).slice(0, 15) : name;
}

function fieldId(definition: ObjectDefinition, field: FieldDefinition): string {
  return componentId("CustomField", `${definition.name}.${field.name}`);
}

function names({ name, label }: { readonly name: string; readonly label: string }) {
  const [developerName = name, prefix = null] = name
    .replace(/__[a-z]+$/, "")
    .split("__")
    .toReversed();
  return {
    DeveloperName: developerName,
    NamespacePrefix: prefix,
    Label: label,
    MasterLabel: label,
  };
}

/** The type as setup words it [memory: platform §11]. */
function dataType(field: FieldDefinition): string {
  if (field.autoNumber !== undefined) return "Auto Number";
  if (field.summary !== undefined) return "Roll-Up Summary";
  const plain = plainType(field);
  return field.formula === undefined ? plain : `Formula (${plain.replace(/\(.*$/, "")})`;
}

function plainType(field: FieldDefinition): string {
  if (field.type === "reference") {
    const parents = (field.referenceTo ?? []).join(",");
    return `${field.masterDetail === true ? "Master-Detail" : "Lookup"}(${parents})`;
  }
  if (field.type === "string" || field.type === "url") return `${TYPE_NAMES[field.type]}(${field.length ?? 255})`;
  if (field.type === "textarea") {
    if (field.extraTypeInfo === "richtextarea") return `Rich Text Area(${field.length ?? 0})`;
    return (field.length ?? 0) > 255 ? `Long Text Area(${field.length ?? 0})` : `Text Area(${field.length ?? 0})`;
  }
  if (field.type === "double" || field.type === "currency" || field.type === "percent") {
    const scale = field.scale ?? 0;
    return `${TYPE_NAMES[field.type]}(${(field.precision ?? 18) - scale}, ${scale})`;
  }
  return TYPE_NAMES[field.type];
}

const TYPE_NAMES: Readonly<Record<FieldType, string>> = {
  id: "ID",
  reference: "Lookup",
  string: "Text",
  textarea: "Text Area",
  picklist: "Picklist",
  multipicklist: "Picklist (Multi-Select)",
  combobox: "Picklist",
  boolean: "Checkbox",
  int: "Number",
  double: "Number",
  currency: "Currency",
  percent: "Percent",
  date: "Date",
  datetime: "Date/Time",
  time: "Time",
  phone: "Phone",
  email: "Email",
  url: "URL",
  address: "Address",
  location: "Geolocation",
  base64: "Base64",
  encryptedstring: "Text (Encrypted)",
  anyType: "Any",
};
