/** Query results of Bulk API 1.0 as XML. Source: Bulk API Developer Guide, Use Bulk Query. */
import { isObject } from "../http/json-object.ts";
import { xmlElement } from "../http/xml-text.ts";

/** The namespace of every document of this API. */
export const NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload";

/**
 * The document of a result. A record's Id is in it twice where the query selects it, and empty where it does not,
 * as in SOAP; so do parents.
 */
export function queryResultXml(records: readonly Readonly<Record<string, unknown>>[]): string {
  const content = records.map((record) => recordElement("records", record)).join("");
  const spaces = `xmlns="${NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;
  return `<?xml version="1.0" encoding="UTF-8"?><queryResult ${spaces}>${content}</queryResult>`;
}

function recordElement(name: string, record: Readonly<Record<string, unknown>>): string {
  const { attributes, ...members } = record;
  const type = isObject(attributes) ? attributes["type"] : null;
  const fields = Object.entries(members).map(([member, value]) =>
    isObject(value) ? recordElement(member, value) : xmlElement(member, value),
  );
  const head = `${xmlElement("type", type)}${xmlElement("Id", members["Id"] ?? null)}`;
  return `<${name} xsi:type="sObject">${head}${fields.join("")}</${name}>`;
}
