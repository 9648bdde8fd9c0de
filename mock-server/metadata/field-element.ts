/** A custom field of the schema as its metadata: what readers of `CustomField` would make the same field of. */
import type { FieldDefinition, FieldType } from "../schema/definition.ts";
import type { XmlElement } from "../schema/metadata/xml.ts";
import { leaf, node } from "./elements.ts";

/** Visible lines of text areas, which no record depends on. */
const VISIBLE_LINES = 3;
/** Longer text areas are long text areas. */
const TEXT_AREA_CHARACTERS = 255;

/** The type's name in metadata; undefined for types that no custom field has. */
export function metadataType(field: FieldDefinition): string | undefined {
  if (field.summary !== undefined) return "Summary";
  if (field.autoNumber !== undefined) return "AutoNumber";
  if (field.type === "reference") return field.masterDetail === true ? "MasterDetail" : "Lookup";
  if (field.type !== "textarea") return PLAIN_TYPES[field.type];
  if (field.extraTypeInfo === "richtextarea") return "Html";
  return (field.length ?? 0) > TEXT_AREA_CHARACTERS ? "LongTextArea" : "TextArea";
}

const PLAIN_TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  string: "Text",
  boolean: "Checkbox",
  double: "Number",
  currency: "Currency",
  percent: "Percent",
  date: "Date",
  datetime: "DateTime",
  time: "Time",
  phone: "Phone",
  email: "Email",
  url: "Url",
  picklist: "Picklist",
  multipicklist: "MultiselectPicklist",
  location: "Location",
  encryptedstring: "EncryptedText",
};

/** What the object knows about a field. */
export interface FieldPlace {
  readonly fullName: string;
  /** True where its history is kept. */
  readonly tracked: boolean;
  /** Decimals of the two numbers of a location; undefined for other fields. */
  readonly locationScale: number | undefined;
}

/** The elements of a custom field in alphabetical order; `fullName` with or without the object before it. */
export function fieldElements(field: FieldDefinition, place: FieldPlace): readonly XmlElement[] {
  const type = metadataType(field);
  const computed = field.calculated === true;
  const isText = type === "Text" || type === "LongTextArea" || type === "Html" || type === "EncryptedText";
  const isNumber = type === "Number" || type === "Currency" || type === "Percent";
  const isKey = !computed && (type === "Text" || type === "Number" || type === "Email" || type === "AutoNumber");
  return [
    ...leaf("fullName", place.fullName),
    ...(isKey && field.caseSensitive === true ? leaf("caseSensitive", true) : []),
    ...leaf("defaultValue", defaultText(field)),
    ...(type === "Lookup" ? leaf("deleteConstraint", DELETE_CONSTRAINTS[field.onParentDelete ?? "setNull"]) : []),
    ...leaf("displayFormat", field.autoNumber?.format),
    ...leaf("externalId", computed ? undefined : (field.externalId ?? false)),
    ...leaf("formula", field.formula),
    ...leaf("formulaTreatBlanksAs", field.formula === undefined ? undefined : blanks(field)),
    ...leaf("inlineHelpText", field.inlineHelpText),
    ...leaf("label", field.label),
    ...leaf("length", isText && !computed ? field.length : undefined),
    ...leaf("precision", isNumber ? field.precision : undefined),
    ...referenceElements(field),
    ...leaf("required", requires(type, computed) ? field.nillable !== true : undefined),
    ...leaf("scale", isNumber ? (field.scale ?? 0) : place.locationScale),
    ...summaryElements(field),
    ...leaf("trackHistory", place.tracked),
    ...leaf("type", type),
    ...(isKey ? leaf("unique", field.unique ?? false) : []),
    ...valueSet(field),
    ...(type === "LongTextArea" || type === "Html" ? leaf("visibleLines", VISIBLE_LINES) : []),
  ];
}

const DELETE_CONSTRAINTS = { cascade: "Cascade", restrict: "Restrict", both: "Restrict", setNull: "SetNull" } as const;

function requires(type: string | undefined, computed: boolean): boolean {
  return !computed && !["Checkbox", "MasterDetail", "AutoNumber", "Summary"].includes(type ?? "");
}

function blanks(field: FieldDefinition): string {
  return field.blanksAsZero === true ? "BlankAsZero" : "BlankAsBlank";
}

/** Metadata writes defaults as formulas: texts in quotes. */
function defaultText(field: FieldDefinition): string | undefined {
  if (field.defaultFormula !== undefined) return field.defaultFormula;
  const value = field.defaultValue;
  if (value === undefined || value === null || field.picklistValues !== undefined) return undefined;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function referenceElements(field: FieldDefinition): readonly XmlElement[] {
  if (field.type !== "reference") return [];
  const children = field.childRelationshipName?.replace(/__r$/, "");
  return [
    ...leaf("referenceTo", field.referenceTo?.[0]),
    ...leaf("relationshipLabel", children),
    ...leaf("relationshipName", children),
    ...(field.masterDetail === true ? leaf("reparentableMasterDetail", field.reparentable ?? false) : []),
  ];
}

function summaryElements({ summary }: FieldDefinition): readonly XmlElement[] {
  if (summary === undefined) return [];
  const { operation, childObject, foreignKey, field, filters } = summary;
  return [
    ...leaf("summarizedField", field === undefined ? undefined : `${childObject}.${field}`),
    ...filters.map((filter) =>
      node("summaryFilterItems", [
        ...leaf("field", `${childObject}.${filter.field}`),
        ...leaf("operation", filter.operation),
        ...leaf("value", filter.value),
      ]),
    ),
    ...leaf("summaryForeignKey", `${childObject}.${foreignKey}`),
    ...leaf("summaryOperation", operation),
  ];
}

function valueSet(field: FieldDefinition): readonly XmlElement[] {
  if (field.picklistValues === undefined) return [];
  const values = field.picklistValues.map((each) =>
    node("value", [
      ...leaf("fullName", each.value),
      ...leaf("default", each.defaultValue ?? false),
      ...leaf("isActive", each.active === false ? false : undefined),
      ...leaf("label", each.label),
    ]),
  );
  const definition = node("valueSetDefinition", [...leaf("sorted", false), ...values]);
  return [node("valueSet", [...leaf("restricted", field.restrictedPicklist ?? false), definition])];
}
