/**
 * sObjects of the partner API: from an element to a record to save, and from a result record to an element.
 *
 * Source: SOAP API Developer Guide, sObject and fieldsToNull; the doubled Id is how every partner client sees it [memory: platform §9].
 */
import type { SaveInput } from "../dml/port.ts";
import { isObject } from "../http/json-object.ts";
import { escapeXml } from "../http/xml-text.ts";
import type { Catalog, SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue } from "../schema/definition.ts";
import { xmlText } from "../schema/serialize.ts";
import { datetimeWithZ } from "../schema/temporal.ts";
import { WireDouble } from "../schema/wire-double.ts";
import { isElement, listOf, nodeText, type SoapElement, textOf, textsOf } from "./call.ts";

/** Members of an sObject element that are no fields. */
const NO_FIELDS: ReadonlySet<string> = new Set(["type", "fieldsToNull"]);

/**
 * The record of an sObject element. Empty and nil elements are left out: the partner API clears a field only through
 * `fieldsToNull`.
 */
export function sObjectInput(element: SoapElement): SaveInput {
  const values: Record<string, unknown> = {};
  let id: string | undefined;
  for (const name of Object.keys(element)) {
    if (name.startsWith("@") || name.startsWith("#") || NO_FIELDS.has(name)) continue;
    // Of a field that stands there twice, as Id does in records that came from a query, the last one counts.
    const node = listOf(element, name).at(-1);
    if (name.toLowerCase() === "id") {
      id = nodeText(node) ?? id;
      continue;
    }
    const text = nodeText(node);
    if (text !== undefined && text !== "") values[name] = text;
    else if (text === undefined && isElement(node) && node["@nil"] === undefined) values[name] = parentReference(node);
  }
  for (const name of textsOf(element, "fieldsToNull")) if (name !== "") values[name] = null;
  return { object: textOf(element, "type") ?? "", ...(id !== undefined && id !== "" && { id }), values };
}

/** A parent named by its external Id. */
function parentReference(element: SoapElement): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  const type = textOf(element, "type");
  if (type !== undefined) members["attributes"] = { type };
  for (const name of Object.keys(element)) {
    if (name.startsWith("@") || name.startsWith("#") || NO_FIELDS.has(name)) continue;
    members[name] = nodeText(listOf(element, name).at(-1));
  }
  return members;
}

/** What makes elements out of records. */
export interface RecordWriter {
  readonly catalog: Catalog;
}

/** A result record, as REST has it, as the content of an element of type `sf:sObject`. */
export function recordContent(writer: RecordWriter, record: Readonly<Record<string, unknown>>): string {
  const attributes = record["attributes"];
  const typeName = isObject(attributes) && typeof attributes["type"] === "string" ? attributes["type"] : "";
  const type = writer.catalog.object(typeName);
  // The element Id always comes first, and a second time where the fields that were asked for have it.
  const id = typeof record["Id"] === "string" ? `<sf:Id>${record["Id"]}</sf:Id>` : '<sf:Id xsi:nil="true"/>';
  const parts = [`<sf:type>${escapeXml(typeName)}</sf:type>`, id];
  for (const [name, value] of Object.entries(record))
    if (name !== "attributes") parts.push(member(writer, type, name, value));
  return parts.join("");
}

/** A page of results as the content of an element of type `QueryResult`. */
export function queryResultContent(writer: RecordWriter, page: Readonly<Record<string, unknown>>): string {
  const { records, totalSize, done, nextRecordsUrl } = page;
  const locator = typeof nextRecordsUrl === "string" ? nextRecordsUrl.slice(nextRecordsUrl.lastIndexOf("/") + 1) : null;
  const list = Array.isArray(records) ? records.filter(isObject) : [];
  return (
    `<done>${done === true}</done>` +
    (locator === null ? '<queryLocator xsi:nil="true"/>' : `<queryLocator>${escapeXml(locator)}</queryLocator>`) +
    list.map((record) => `<records xsi:type="sf:sObject">${recordContent(writer, record)}</records>`).join("") +
    `<size>${Number(totalSize)}</size>`
  );
}

function member(writer: RecordWriter, type: SObjectType | undefined, name: string, value: unknown): string {
  if (value === null || value === undefined) return `<sf:${name} xsi:nil="true"/>`;
  if (isObject(value)) {
    if ("records" in value)
      return `<sf:${name} xsi:type="QueryResult">${queryResultContent(writer, value)}</sf:${name}>`;
    if ("attributes" in value) return `<sf:${name} xsi:type="sf:sObject">${recordContent(writer, value)}</sf:${name}>`;
    return `<sf:${name} xsi:type="${compoundType(value)}">${compoundContent(value)}</sf:${name}>`;
  }
  if (value instanceof WireDouble)
    return `<sf:${name}${type?.field(name) === undefined ? ` ${XSD} xsi:type="xsd:double"` : ""}>${String(value)}</sf:${name}>`;
  if (!isFieldValue(value)) return `<sf:${name} xsi:nil="true"/>`;
  const field = type?.field(name);
  if (field !== undefined) return `<sf:${name}>${escapeXml(fieldText(field, value))}</sf:${name}>`;
  return `<sf:${name} ${functionType(value)}>${escapeXml(plainText(value))}</sf:${name}>`;
}

function fieldText(field: FieldDefinition, value: FieldValue): string {
  // A function under the name of a field, as toLabel gives one, may be of another type.
  const isNumber = field.type === "int" || field.scale !== undefined;
  return typeof value === "string" && isNumber ? value : (xmlText(field, value) ?? "");
}

/** Values of functions tell their type, because no field does. */
function functionType(value: FieldValue): string {
  if (typeof value === "boolean") return `${XSD} xsi:type="xsd:boolean"`;
  if (typeof value === "number") return `${XSD} xsi:type="xsd:${Number.isInteger(value) ? "int" : "double"}"`;
  return `${XSD} xsi:type="xsd:string"`;
}

const XSD = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"';

function compoundType(value: Readonly<Record<string, unknown>>): string {
  return "city" in value || "street" in value ? "address" : "location";
}

function compoundContent(value: Readonly<Record<string, unknown>>): string {
  return Object.entries(value)
    .map(([name, part]) =>
      part instanceof WireDouble || (isFieldValue(part) && part !== null)
        ? `<${name}>${escapeXml(plainText(part))}</${name}>`
        : `<${name} xsi:nil="true"/>`,
    )
    .join("");
}

function plainText(value: FieldValue | WireDouble): string {
  return typeof value === "string" && /T\d\d:\d\d:\d\d\.\d{3}\+0000$/.test(value)
    ? datetimeWithZ(value)
    : String(value);
}

function isFieldValue(value: unknown): value is FieldValue {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
