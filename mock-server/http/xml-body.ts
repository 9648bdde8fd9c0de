/** Reads XML request bodies. Loaded only when a client sends one. Source: rest-api §2.4, §5.3. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { OrgError } from "../errors.ts";
import { isObject } from "./json-object.ts";

/** Deeper documents are refused. */
const DEPTH_MAX = 100;

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: true,
  // Character references such as &#13; come with this switch.
  htmlEntities: true,
});

/** One XML element as parsed: members by local name, attributes under `@name`, text under `#text`. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };

/** Parses a document; throws `OrgError` (`XML_PARSER_ERROR`). Document type declarations are refused. */
export function parseXml(text: string): Readonly<Record<string, XmlNode>> {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw xmlParserError("DOCTYPE is not allowed");
  const verdict = XMLValidator.validate(text);
  if (verdict !== true)
    throw xmlParserError(`${verdict.err.msg} at [row,col]:[${verdict.err.line},${verdict.err.col}]`);
  const parsed = parseValid(text);
  if (depth(parsed) > DEPTH_MAX) throw xmlParserError(`elements are nested deeper than ${DEPTH_MAX}`);
  return parsed;
}

/** The parser refuses some documents that are valid: nested too deeply, or with names like `__proto__`. */
function parseValid(text: string): Record<string, XmlNode> {
  try {
    // The parser gives strings and objects only: value parsing is switched off above.
    return PARSER.parse(text) as Record<string, XmlNode>;
  } catch (cause) {
    throw xmlParserError(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The content of a REST body's root element as a record: texts, nested objects, and null for `xsi:nil`. */
export function parseXmlBody(text: string): unknown {
  const [root] = Object.values(parseXml(text));
  return root === undefined ? undefined : plain(root);
}

function plain(node: XmlNode | readonly XmlNode[]): unknown {
  if (Array.isArray(node)) return node.map((item: XmlNode) => plain(item));
  if (!isObject(node)) return node;
  if (node["@nil"] === "true") return null;
  const members = Object.entries(node).filter(([name]) => !name.startsWith("@"));
  if (members.length === 1 && members[0]?.[0] === "#text") return members[0][1];
  // isObject narrows to unknown members; they are nodes because the parser made them.
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member as XmlNode)]));
}

function depth(value: unknown): number {
  let deepest = 0;
  const stack: (readonly [unknown, number])[] = [[value, 0]];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const [node, level] = entry;
    deepest = Math.max(deepest, level);
    if (typeof node === "object" && node !== null)
      for (const child of Object.values(node)) stack.push([child, level + 1]);
  }
  return deepest;
}

function xmlParserError(message: string): OrgError {
  return new OrgError(400, { code: "XML_PARSER_ERROR", message });
}
