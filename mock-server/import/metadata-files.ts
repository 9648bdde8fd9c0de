/**
 * Writes what describe tells about an org as SFDX source files: custom fields, record types, values of standard picklists.
 *
 * Formulas, roll-ups and automatic numbers are reported by describe only as facts, not with their definition: they become plain
 * fields of their type, or are left out with a remark.
 */
import type { DescribedField, DescribedObject } from "./source-org.ts";

/** A file to write, below the source folder. */
export interface MetadataFile {
  readonly path: string;
  readonly text: string;
}

/** Files, and what could not be put into them. */
export interface ImportedMetadata {
  readonly files: readonly MetadataFile[];
  readonly remarks: readonly string[];
}

/** Standard picklists that a team may change, with the name of their value set. */
const VALUE_SETS: Readonly<Record<string, string>> = {
  "Order.Status": "OrderStatus",
  "Order.Type": "OrderType",
  "Contract.Status": "ContractStatus",
  "Account.Industry": "Industry",
  "Account.Type": "AccountType",
  "Account.Rating": "AccountRating",
  "Account.Ownership": "AccountOwnership",
  "Product2.Family": "Product2Family",
};

/** Status categories, as a status object tells them, in the words of metadata. */
export type StatusCategories = ReadonlyMap<string, string>;

/** The files of one object. `categories` by `Object.Status` value, for orders and contracts. */
export function metadataOf(object: DescribedObject, categories: StatusCategories): ImportedMetadata {
  const files: MetadataFile[] = [];
  const remarks: string[] = [];
  const folder = `main/default/objects/${object.name}`;
  if (object.name.endsWith("__c")) files.push(customObject(object, folder));
  for (const field of object.fields) {
    const path = `${object.name}.${field.name}`;
    const set = VALUE_SETS[path];
    if (set !== undefined && field.picklistValues.length > 0) {
      files.push({
        path: `main/default/standardValueSets/${set}.standardValueSet-meta.xml`,
        text: xml("StandardValueSet", standardValues(object.name, field, categories)),
      });
    }
    if (!field.custom || field.name.endsWith("__pc")) continue;
    const definition = customField(object, field);
    if (typeof definition === "string") remarks.push(`${path}: ${definition}`);
    else files.push({ path: `${folder}/fields/${field.name}.field-meta.xml`, text: xml("CustomField", definition) });
    if (field.calculated) remarks.push(`${path}: describe does not tell the formula; it is a plain field here`);
  }
  for (const type of object.recordTypeInfos.filter((info) => !info.master)) {
    files.push({
      path: `${folder}/recordTypes/${type.developerName}.recordType-meta.xml`,
      text: xml("RecordType", [
        element("fullName", type.developerName),
        element("active", type.active),
        element("label", type.name),
      ]),
    });
  }
  return { files, remarks };
}

function customObject(object: DescribedObject, folder: string): MetadataFile {
  const members = [
    element("deploymentStatus", "Deployed"),
    element("label", object.label),
    element("pluralLabel", `${object.label}s`),
    `<nameField>${element("label", "Name")}${element("type", "Text")}</nameField>`,
    element("sharingModel", "ReadWrite"),
  ];
  return { path: `${folder}/${object.name}.object-meta.xml`, text: xml("CustomObject", members) };
}

function standardValues(object: string, field: DescribedField, categories: StatusCategories): readonly string[] {
  const values = field.picklistValues
    .filter((value) => value.active)
    .flatMap((value) => {
      const category = categories.get(`${object}.${value.value}`);
      const isStatus = field.name === "Status";
      // A status without a category cannot be one that a client sets.
      if (isStatus && (category === undefined || !SETTABLE.has(category))) return [];
      const parts = [
        element("fullName", value.value),
        element("default", value.defaultValue),
        element("label", value.label),
      ];
      if (isStatus && category !== undefined) parts.push(element("groupingString", category));
      return [`<standardValue>${parts.join("")}</standardValue>`];
    });
  return [element("sorted", false), ...values];
}

const SETTABLE: ReadonlySet<string> = new Set(["Draft", "InApproval", "Activated"]);

/** The members of a field's definition, or the reason why it is left out. */
function customField(object: DescribedObject, field: DescribedField): readonly string[] | string {
  const members = [element("fullName", field.name), element("label", field.label)];
  const shape = typeOf(object, field);
  if (typeof shape === "string") return shape;
  members.push(...shape);
  if (field.externalId) members.push(element("externalId", true));
  if (field.unique) members.push(element("unique", true), element("caseSensitive", field.caseSensitive));
  const required = !field.nillable && !field.defaultedOnCreate && field.type !== "boolean" && !isMasterDetail(field);
  if (required && !field.calculated && !field.autoNumber) members.push(element("required", true));
  return members;
}

function typeOf(object: DescribedObject, field: DescribedField): readonly string[] | string {
  const type = (name: string): string => element("type", name);
  const digits = [element("precision", field.precision), element("scale", field.scale)];
  switch (field.type) {
    case "string":
      return [type("Text"), element("length", Math.min(255, Math.max(1, field.length)))];
    case "textarea":
      if (field.length <= 255) return [type("TextArea")];
      return [type("LongTextArea"), element("length", field.length), element("visibleLines", 3)];
    case "email":
      return [type("Email")];
    case "phone":
      return [type("Phone")];
    case "url":
      return [type("Url")];
    case "boolean":
      return [type("Checkbox"), element("defaultValue", false)];
    case "date":
      return [type("Date")];
    case "datetime":
      return [type("DateTime")];
    case "time":
      return [type("Time")];
    case "double":
    case "int":
      return [type("Number"), ...digits];
    case "currency":
      return [type("Currency"), ...digits];
    case "percent":
      return [type("Percent"), ...digits];
    case "picklist":
      return [type("Picklist"), valueSet(field)];
    case "multipicklist":
      return [type("MultiselectPicklist"), element("visibleLines", 4), valueSet(field)];
    case "reference":
      return reference(object, field);
    default:
      return `a field of type ${field.type} is not taken over`;
  }
}

function isMasterDetail(field: DescribedField): boolean {
  return field.relationshipOrder !== null;
}

function reference(object: DescribedObject, field: DescribedField): readonly string[] | string {
  const [to, ...others] = field.referenceTo;
  if (to === undefined || others.length > 0) return "a reference to several objects is not taken over";
  const children = object.name === to ? object.name : undefined;
  const relationship = field.relationshipName?.replace(/__r$/, "") ?? field.name.replace(/__c$/, "");
  const members = [element("referenceTo", to), element("relationshipName", `${relationship}${children ?? ""}`)];
  return isMasterDetail(field)
    ? [element("type", "MasterDetail"), ...members, element("relationshipOrder", field.relationshipOrder ?? 0)]
    : [element("type", "Lookup"), ...members, element("deleteConstraint", "SetNull")];
}

function valueSet(field: DescribedField): string {
  const values = field.picklistValues.map(
    (value) =>
      `<value>${element("fullName", value.value)}${element("default", value.defaultValue)}${element("label", value.label)}${
        value.active ? "" : element("isActive", false)
      }</value>`,
  );
  const definition = `<valueSetDefinition>${element("sorted", false)}${values.join("")}</valueSetDefinition>`;
  return `<valueSet>${element("restricted", field.restrictedPicklist)}${definition}</valueSet>`;
}

function element(name: string, value: string | number | boolean): string {
  const text = String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<${name}>${text}</${name}>`;
}

function xml(root: string, members: readonly string[]): string {
  const lines = members.map((member) => `    ${member}`).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://soap.sforce.com/2006/04/metadata">\n${lines}\n</${root}>\n`;
}
