/**
 * One custom field of metadata (`CustomField`) as field definitions.
 *
 * Lengths, flags and describe types by metadata type: reference: order-domain §8.1, rest-api §6.4; where neither names
 * a type, [memory]. What would change the outcome of a save and is not modeled is refused or remarked upon by name.
 */
import type { AutoNumber, FieldDefinition, FieldType, SummaryDefinition, SummaryFilter } from "../definition.ts";
import { type LookupFilter, readLookupFilter } from "./lookup-filter.ts";
import { type FieldReading, readValueSet } from "./value-set.ts";
import { child, childrenOf, flagOf, type MetadataFile, textOf, wholeOf, type XmlElement } from "./xml.ts";

/** A field as metadata gives it; a location has its two components beside it. */
export interface CustomField {
  readonly name: string;
  readonly fields: readonly FieldDefinition[];
  readonly tracked: boolean;
  /** What the records that a lookup may refer to must satisfy. */
  readonly lookupFilter?: LookupFilter | undefined;
  /** For a dependent picklist: the field that controls it, and the controlling values of each of its values. */
  readonly dependency?: Dependency | undefined;
  /** The position of a master-detail field among the two that an object may have. */
  readonly relationshipOrder: number;
}

/** Which values of a dependent picklist are there for which values of the field that controls it. */
export interface Dependency {
  readonly controller: string;
  readonly validFor: ReadonlyMap<string, readonly string[]>;
}

/** Describe's filterable, sortable, groupable and aggregatable. */
type QueryFlags = Pick<FieldDefinition, "filterable" | "sortable" | "groupable" | "aggregatable">;

const ALL: QueryFlags = { filterable: true, sortable: true, groupable: true, aggregatable: true };
const NOT_GROUPABLE: QueryFlags = { filterable: true, sortable: true, aggregatable: true };
const NOT_AGGREGATABLE: QueryFlags = { filterable: true, sortable: true, groupable: true };
const ONLY_FILTERABLE: QueryFlags = { filterable: true };
const NONE: QueryFlags = {};

/** What a metadata type is in describe. */
interface TypeShape {
  readonly type: FieldType;
  readonly query: QueryFlags;
  /** A fixed length, or the bounds of a given one. */
  readonly length?: number | { readonly min: number; readonly max: number };
  readonly number?: true;
  readonly picklist?: true;
  readonly extraTypeInfo?: string;
}

const SHAPES: Readonly<Record<string, TypeShape>> = {
  Text: { type: "string", query: ALL, length: { min: 1, max: 255 } },
  TextArea: { type: "textarea", query: ALL, length: 255, extraTypeInfo: "plaintextarea" },
  LongTextArea: { type: "textarea", query: NONE, length: { min: 256, max: 131072 }, extraTypeInfo: "plaintextarea" },
  Html: { type: "textarea", query: NONE, length: { min: 256, max: 131072 }, extraTypeInfo: "richtextarea" },
  EncryptedText: { type: "encryptedstring", query: NONE, length: { min: 1, max: 175 } },
  Email: { type: "email", query: ALL, length: 80 },
  Phone: { type: "phone", query: ALL, length: 40 },
  Url: { type: "url", query: ALL, length: 255 },
  Number: { type: "double", query: NOT_GROUPABLE, number: true },
  Currency: { type: "currency", query: NOT_GROUPABLE, number: true },
  Percent: { type: "percent", query: NOT_GROUPABLE, number: true },
  Checkbox: { type: "boolean", query: NOT_AGGREGATABLE },
  Date: { type: "date", query: ALL },
  DateTime: { type: "datetime", query: NOT_GROUPABLE },
  Time: { type: "time", query: NOT_GROUPABLE },
  Picklist: { type: "picklist", query: ALL, length: 255, picklist: true },
  MultiselectPicklist: { type: "multipicklist", query: ONLY_FILTERABLE, length: 4099, picklist: true },
};

/** Elements that shape pages, reports and documentation, not records. */
const HARMLESS = new Set(
  (
    "fullName type label description inlineHelpText trackHistory trackFeedHistory trackTrending visibleLines " +
    "securityClassification businessOwnerGroup businessOwnerUser businessStatus complianceGroup deprecated " +
    "fieldManageability displayLocationInDecimal relationshipLabel isFilteringDisabled isNameField isSortingDisabled " +
    "maskChar maskType indexed populateExistingRows stripMarkup isConvertLeadDisabled escapeMarkup " +
    "isAIPredictionField writeRequiresMasterRead encryptionScheme mktDataLakeFieldAttributes restrictedAdminField"
  ).split(" "),
);

/** Elements that are read below. */
const UNDERSTOOD = new Set(
  (
    "required unique externalId caseSensitive defaultValue length precision scale displayFormat startingNumber " +
    "lookupFilter metadataRelationshipControllingField referenceTo relationshipName deleteConstraint reparentableMasterDetail relationshipOrder valueSet picklist " +
    "formula formulaTreatBlanksAs summarizedField summaryForeignKey summaryOperation summaryFilterItems"
  ).split(" "),
);

/** Reads one `CustomField` element; undefined where it has no usable type (a problem is then noted). */
export function readCustomField(element: XmlElement, name: string, reading: FieldReading): CustomField | undefined {
  const { file } = reading;
  const typeName = textOf(element, "type");
  checkElements(element, name, reading);
  const definitions = definitionsOf(element, name, typeName, reading);
  if (definitions === undefined) {
    file.report(`${name}/type`, typeName === undefined ? "is missing" : `the field type ${typeName} is not supported`);
    return undefined;
  }
  return {
    name,
    fields: definitions,
    tracked: flagOf(file, element, "trackHistory") ?? false,
    lookupFilter: readLookupFilter(file, element, name),
    dependency: readDependency(element),
    relationshipOrder: wholeOf(file, element, "relationshipOrder", { min: 0, max: 1 }) ?? 0,
  };
}

function readDependency(element: XmlElement): Dependency | undefined {
  const valueSet = child(element, "valueSet");
  const controller = valueSet === undefined ? undefined : textOf(valueSet, "controllingField");
  if (valueSet === undefined || controller === undefined) return undefined;
  const validFor = new Map<string, readonly string[]>();
  for (const setting of childrenOf(valueSet, "valueSettings")) {
    const value = textOf(setting, "valueName");
    const controlling = childrenOf(setting, "controllingFieldValue").map((each) => each.text);
    if (value !== undefined) validFor.set(value, [...(validFor.get(value) ?? []), ...controlling]);
  }
  return { controller, validFor };
}

function definitionsOf(
  element: XmlElement,
  name: string,
  typeName: string | undefined,
  reading: FieldReading,
): readonly FieldDefinition[] | undefined {
  const { file } = reading;
  const label = textOf(element, "label") ?? name.replace(/__c$/, "").replaceAll("_", " ");
  const help = textOf(element, "inlineHelpText");
  const base = { name, label, custom: true, ...(help !== undefined && { inlineHelpText: help }) };
  const shape = SHAPES[typeName ?? ""];
  if (textOf(element, "formula") !== undefined && shape !== undefined)
    return [{ ...base, ...formulaPart(file, element, shape) }];
  switch (typeName) {
    case "Lookup":
    case "Hierarchy":
      return [{ ...base, ...lookupPart(file, element, name) }];
    case "MetadataRelationship":
      return [{ ...base, ...metadataRelationshipPart(element) }];
    case "MasterDetail":
      return [{ ...base, ...masterDetailPart(file, element, name) }];
    case "AutoNumber":
      return [{ ...base, ...autoNumberPart(file, element) }];
    case "Summary":
      return [{ ...base, ...summaryPart(file, element) }];
    case "Location":
      return locationFields(file, element, base);
    default:
      return shape === undefined ? undefined : [{ ...base, ...plainPart(element, shape, reading) }];
  }
}

/** A field that clients write. */
function plainPart(element: XmlElement, shape: TypeShape, reading: FieldReading) {
  const { file } = reading;
  const boolean = shape.type === "boolean";
  const required = (flagOf(file, element, "required") ?? false) && !boolean;
  const byDefault = defaultPart(element, shape.type);
  const picklist = shape.picklist === true ? picklistPart(element, reading) : {};
  const defaulted =
    Object.keys(byDefault).length > 0 || picklist.picklistValues?.some((each) => each.defaultValue === true);
  return {
    type: shape.type,
    ...shape.query,
    ...sizePart(file, element, shape),
    ...(shape.extraTypeInfo !== undefined && { extraTypeInfo: shape.extraTypeInfo }),
    ...picklist,
    ...keyPart(file, element, shape.type),
    createable: true,
    updateable: true,
    ...(!required && !boolean && { nillable: true }),
    ...(defaulted === true && { defaultedOnCreate: true }),
    ...byDefault,
    // A checkbox is never null and yet field-level security can hide it.
    permissionable: !required,
  };
}

function sizePart(file: MetadataFile, element: XmlElement, shape: TypeShape): Partial<FieldDefinition> {
  if (typeof shape.length === "number") return { length: shape.length };
  if (shape.length !== undefined) {
    const length = wholeOf(file, element, "length", shape.length);
    if (textOf(element, "length") === undefined) file.report(`${element.name}/length`, "is missing");
    return { length: length ?? shape.length.max };
  }
  return shape.number === true ? numberPart(file, element) : {};
}

/** Custom numbers have at most 18 digits altogether (reference: order-domain §8.1 [memory]). */
function numberPart(file: MetadataFile, element: XmlElement): Partial<FieldDefinition> {
  const precision = wholeOf(file, element, "precision", { min: 1, max: 18 }) ?? 18;
  const scale = wholeOf(file, element, "scale", { min: 0, max: 17 }) ?? 0;
  if (scale > precision) file.report(`${element.name}/scale`, `is ${scale}, more than the precision ${precision}`);
  return { precision, scale };
}

function picklistPart(element: XmlElement, reading: FieldReading): Partial<FieldDefinition> {
  const { values, restricted } = readValueSet(element, reading);
  return { picklistValues: values, ...(restricted && { restrictedPicklist: true }) };
}

/** External Id and unique, which only some types can be (reference: order-domain §8.2). */
function keyPart(file: MetadataFile, element: XmlElement, type: FieldType): Partial<FieldDefinition> {
  const externalId = flagOf(file, element, "externalId") ?? false;
  const unique = flagOf(file, element, "unique") ?? false;
  const caseSensitive = flagOf(file, element, "caseSensitive") ?? false;
  const canBeKey = type === "string" || type === "double" || type === "email";
  if (externalId && !canBeKey)
    file.drop(`${element.name}/externalId`, "only Text, Number and Email can be external Ids");
  if (unique && !canBeKey) file.drop(`${element.name}/unique`, "only Text, Number and Email can be unique");
  const canBeSensitive = type === "string" || type === "email";
  if (caseSensitive && !canBeSensitive)
    file.drop(`${element.name}/caseSensitive`, "only Text and Email can be case-sensitive");
  return {
    ...(externalId && canBeKey && { externalId, idLookup: true }),
    ...(unique && canBeKey && { unique }),
    ...(caseSensitive && canBeSensitive && { caseSensitive }),
  };
}

/** The default as a value where it is a literal, else as a formula; metadata writes both as a formula. */
function defaultPart(element: XmlElement, type: FieldType): Pick<FieldDefinition, "defaultValue" | "defaultFormula"> {
  const text = textOf(element, "defaultValue");
  if (text === undefined) return type === "boolean" ? { defaultValue: false } : {};
  if (type === "boolean" && /^(true|false)$/i.test(text)) return { defaultValue: text.toLowerCase() === "true" };
  const isNumber = type === "double" || type === "currency" || type === "percent";
  // A percent is a fraction in formulas and a number of percent in records, so only the formula can give it.
  if (isNumber && type !== "percent" && /^[+-]?\d+(\.\d+)?$/.test(text)) return { defaultValue: Number(text) };
  const quoted = /^"([^"\\]*)"$|^'([^'\\]*)'$/.exec(text);
  const literal = quoted?.[1] ?? quoted?.[2];
  return literal !== undefined && !isNumber && literal !== "" ? { defaultValue: literal } : { defaultFormula: text };
}

/** A formula takes the look of its declared type and is read-only. */
function formulaPart(file: MetadataFile, element: XmlElement, shape: TypeShape) {
  const number = shape.number === true ? numberPart(file, element) : {};
  const calculable = ["string", "double", "currency", "percent", "boolean", "date", "datetime", "time"];
  if (!calculable.includes(shape.type))
    file.report(`${element.name}/formula`, "a field of this type cannot be a formula");
  return {
    type: shape.type,
    ...number,
    ...(shape.type === "string" && { length: FORMULA_TEXT_CHARACTERS }),
    ...NOT_GROUPABLE,
    ...(shape.type !== "boolean" && { nillable: true }),
    calculated: true,
    formula: textOf(element, "formula") ?? "",
    blanksAsZero: textOf(element, "formulaTreatBlanksAs") !== "BlankAsBlank",
    permissionable: true,
  };
}

/** The length that describe shows for a text formula [memory: platform §5]. */
const FORMULA_TEXT_CHARACTERS = 1300;

function lookupPart(file: MetadataFile, element: XmlElement, name: string) {
  const required = flagOf(file, element, "required") ?? false;
  const rule = textOf(element, "deleteConstraint") ?? (required ? "Restrict" : "SetNull");
  const rules = { Cascade: "cascade", Restrict: "restrict", SetNull: "setNull" } as const;
  const onParentDelete = Object.entries(rules).find(([key]) => key === rule)?.[1];
  if (onParentDelete === undefined)
    file.drop("CustomField/deleteConstraint", `"${rule}" is none of ${Object.keys(rules).join(", ")}`);
  if (required && rule === "SetNull")
    file.drop("CustomField/deleteConstraint", "SetNull contradicts required; use Restrict or Cascade");
  return {
    ...referencePart(file, element, name),
    createable: true,
    updateable: true,
    ...(!required && { nillable: true }),
    onParentDelete: required && rule === "SetNull" ? ("restrict" as const) : (onParentDelete ?? "setNull"),
    permissionable: !required,
  };
}

/** A field of a custom metadata type that names a record of another one, an object or a field. */
function metadataRelationshipPart(element: XmlElement): Omit<FieldDefinition, "name" | "label"> {
  const target = textOf(element, "referenceTo") ?? "EntityDefinition";
  if (!target.endsWith("__mdt")) return { type: "string", length: 255, ...ALL, nillable: true };
  return { type: "reference", length: 18, ...ALL, nillable: true, referenceTo: [target] };
}

function masterDetailPart(file: MetadataFile, element: XmlElement, name: string) {
  const reparentable = flagOf(file, element, "reparentableMasterDetail") ?? false;
  return {
    ...referencePart(file, element, name),
    createable: true,
    ...(reparentable && { updateable: true, reparentable }),
    onParentDelete: "cascade" as const,
    masterDetail: true,
    permissionable: false,
  };
}

function referencePart(file: MetadataFile, element: XmlElement, name: string) {
  const target = textOf(element, "referenceTo") ?? (textOf(element, "type") === "Hierarchy" ? "User" : undefined);
  if (target === undefined) file.report(`${name}/referenceTo`, "is missing");
  const children = textOf(element, "relationshipName");
  return {
    type: "reference" as const,
    length: 18,
    ...ALL,
    referenceTo: target === undefined ? [] : [target],
    relationshipName: name.replace(/__c$/, "__r"),
    // A field of a package brings its namespace along: `ns__Parent__c` gives `ns__Children__r`.
    ...(children !== undefined && { childRelationshipName: `${namespaceOf(name)}${children}__r` }),
  };
}

function namespaceOf(name: string): string {
  return /^(\w+?__)\w+__c$/.exec(name)?.[1] ?? "";
}

function autoNumberPart(file: MetadataFile, element: XmlElement) {
  return {
    type: "string" as const,
    length: 30,
    ...NOT_GROUPABLE,
    ...keyPart(file, element, "string"),
    defaultedOnCreate: true,
    autoNumber: readAutoNumber(file, element),
    permissionable: true,
  };
}

/** `displayFormat` and `startingNumber` of an auto-number: one `{0…}` and, before or after it, text and date parts. */
export function readAutoNumber(file: MetadataFile, element: XmlElement): AutoNumber {
  const format = textOf(element, "displayFormat") ?? "{0}";
  const braces = format.match(/\{[^}]*\}/g) ?? [];
  const counters = braces.filter((part) => /^\{0+\}$/.test(part));
  const dates = braces.filter((part) => /^\{(YYYY|YY|MM|DD)\}$/.test(part));
  if (counters.length !== 1 || counters.length + dates.length !== braces.length)
    file.report(
      `${element.name}/displayFormat`,
      `"${format}" needs exactly one {0} and may have {YYYY}, {YY}, {MM}, {DD}`,
    );
  return { format, start: wholeOf(file, element, "startingNumber", { min: 0, max: 1_000_000_000 }) ?? 1 };
}

/** A roll-up; its number type follows from the summed field, which is known only when all files are read. */
function summaryPart(file: MetadataFile, element: XmlElement) {
  const key = textOf(element, "summaryForeignKey")?.split(".") ?? [];
  const operation = textOf(element, "summaryOperation") ?? "";
  const summed = textOf(element, "summarizedField")?.split(".");
  const known = operation === "count" || operation === "sum" || operation === "min" || operation === "max";
  if (!known) file.report(`${element.name}/summaryOperation`, `"${operation}" is none of count, sum, min, max`);
  const [childObject, foreignKey] = key;
  if (childObject === undefined || foreignKey === undefined)
    file.report(`${element.name}/summaryForeignKey`, "must be Object.Field of the child's master-detail field");
  if (operation !== "count" && (summed?.length !== 2 || summed[0] !== childObject))
    file.report(`${element.name}/summarizedField`, "must be a field of the child object, as Object.Field");
  const summary: SummaryDefinition = {
    operation: known ? operation : "count",
    childObject: childObject ?? "",
    foreignKey: foreignKey ?? "",
    ...(summed?.[1] !== undefined && { field: summed[1] }),
    filters: childrenOf(element, "summaryFilterItems").map((item) => readFilter(file, item)),
  };
  return {
    type: "double" as const,
    precision: 18,
    scale: 0,
    ...NOT_GROUPABLE,
    nillable: true,
    calculated: true,
    summary,
    permissionable: true,
  };
}

function readFilter(file: MetadataFile, item: XmlElement): SummaryFilter {
  const given = textOf(item, "operation");
  const operation = FILTER_OPERATIONS.find((each) => each === given);
  if (operation === undefined)
    file.report(
      "summaryFilterItems/operation",
      `"${given ?? ""}" is not supported; use one of ${FILTER_OPERATIONS.join(", ")}`,
    );
  if (textOf(item, "valueField") !== undefined)
    file.report("summaryFilterItems/valueField", "comparing two fields is not supported in a roll-up filter");
  const field = textOf(item, "field")?.split(".").at(-1);
  if (field === undefined) file.report("summaryFilterItems/field", "is missing");
  return { field: field ?? "", operation: operation ?? "equals", value: textOf(item, "value") ?? "" };
}

const FILTER_OPERATIONS = [
  "equals",
  "notEqual",
  "lessThan",
  "greaterThan",
  "lessOrEqual",
  "greaterOrEqual",
  "contains",
  "notContain",
  "startsWith",
  "includes",
  "excludes",
] as const;

/** A geolocation: the compound field and its two numbers. */
function locationFields(
  file: MetadataFile,
  element: XmlElement,
  base: Pick<FieldDefinition, "name" | "label" | "custom">,
): readonly FieldDefinition[] {
  const scale = wholeOf(file, element, "scale", { min: 0, max: 15 }) ?? 15;
  const required = flagOf(file, element, "required") ?? false;
  const part = (name: "Latitude" | "Longitude"): FieldDefinition => ({
    name: base.name.replace(/__c$/, `__${name}__s`),
    label: `${base.label} (${name})`,
    custom: true,
    type: "double",
    precision: 18,
    scale,
    ...NOT_GROUPABLE,
    createable: true,
    updateable: true,
    ...(!required && { nillable: true }),
    compoundFieldName: base.name,
    permissionable: !required,
  });
  const whole: FieldDefinition = {
    ...base,
    type: "location",
    ...ONLY_FILTERABLE,
    ...(!required && { nillable: true }),
  };
  return [whole, part("Latitude"), part("Longitude")];
}

function checkElements(element: XmlElement, name: string, reading: FieldReading): void {
  for (const each of element.children) {
    if (HARMLESS.has(each.name) || UNDERSTOOD.has(each.name)) continue;
    reading.file.drop(`${name}/${each.name}`, "is not supported");
  }
}
