/** SOAP requests: the operation that a message asks for, its input and its headers. */
import { isObject } from "../http/json-object.ts";
import { parseXml, type XmlNode } from "../http/xml-body.ts";
import { SoapFault } from "./envelope.ts";

/** An element with members: nested elements and texts by local name, attributes under `@name`. */
export type SoapElement = Readonly<Record<string, XmlNode | readonly XmlNode[]>>;

/** A SOAP call. */
export interface SoapCall {
  /** Local name of the body's first element, for example `login`. */
  readonly operation: string;
  readonly input: SoapElement;
  /** Elements of the message's header, for example `AllOrNoneHeader`. */
  readonly header: SoapElement;
  /** `sessionId` of the SessionHeader. */
  readonly sessionId: string | undefined;
}

/** Reads a message; throws `SoapFault` where there is no operation in it, `OrgError` where it is no XML. */
export function parseCall(text: string): SoapCall {
  const envelope = elementOf(parseXml(text), "Envelope");
  const body = elementOf(envelope, "Body");
  const operation = Object.keys(body).find((name) => !name.startsWith("@") && !name.startsWith("#"));
  if (operation === undefined) throw new SoapFault("INVALID_OPERATION", "The SOAP body is empty");
  const header = elementOf(envelope, "Header");
  const sessionId = textOf(elementOf(header, "SessionHeader"), "sessionId");
  return { operation, input: elementOf(body, operation), header, sessionId };
}

/** A nested element; an empty one where there is none. Of several the first. */
export function elementOf(element: SoapElement, name: string): SoapElement {
  const first = listOf(element, name)[0];
  return isElement(first) ? first : {};
}

/** All nested elements of a name that have members, in order. */
export function elementsOf(element: SoapElement, name: string): readonly SoapElement[] {
  return listOf(element, name).map((node) => (isElement(node) ? node : {}));
}

/** The text of a nested element; undefined where it is absent, nil or has members. */
export function textOf(element: SoapElement, name: string): string | undefined {
  return nodeText(listOf(element, name)[0]);
}

/** The texts of all nested elements of a name, in order. */
export function textsOf(element: SoapElement, name: string): readonly string[] {
  return listOf(element, name).map((node) => nodeText(node) ?? "");
}

/** True where the nested element says so; the platform reads `1` as `true` does XML Schema. */
export function flagOf(element: SoapElement, name: string): boolean {
  return /^(?:true|1)$/i.test(textOf(element, name) ?? "");
}

/** The text of one node; undefined where it is absent, nil or has members. */
export function nodeText(node: XmlNode | undefined): string | undefined {
  if (typeof node === "string") return node;
  const text = isElement(node) ? node["#text"] : undefined;
  return typeof text === "string" ? text : undefined;
}

/** True where a node has members or attributes. */
export function isElement(node: unknown): node is SoapElement {
  return isObject(node);
}

/** The nodes of a name as a list. */
export function listOf(element: SoapElement, name: string): readonly XmlNode[] {
  const value = Object.hasOwn(element, name) ? element[name] : undefined;
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList(value: XmlNode | readonly XmlNode[]): value is readonly XmlNode[] {
  return Array.isArray(value);
}
