/**
 * Metadata XML as a plain tree, and the few questions that readers ask it.
 *
 * Salesforce's metadata has no attributes and no mixed content: an element has children or text.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import type { MetadataProblem } from "./problem.ts";

/** One element: its children in order, or its text. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** One parsed file, and where its problems go. */
export interface MetadataFile {
  readonly path: string;
  readonly root: XmlElement;
  /** Notes a problem with which the component cannot be used. */
  report(element: string, reason: string): void;
  /** Notes a problem of one element, which is left out; the component can be used without it. */
  drop(element: string, reason: string): void;
}

/** The greatest file that is read, in characters: a whole org's admin profile has about ten million. */
export const METADATA_CHARACTERS_MAX = 50_000_000;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: true,
  // Entities are decoded below: the parser knows no references by number without all of HTML's names.
  processEntities: false,
});

/** The five entities that XML has by itself. */
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const CODE_POINT_MAX = 0x10ffff;

/**
 * Parses a file whose root must be one of `roots`; undefined, with a problem noted, where it is not readable XML or has
 * another root.
 */
export function parseMetadata(
  path: string,
  text: string,
  roots: readonly string[],
  problems: MetadataProblem[],
): MetadataFile | undefined {
  const report = (element: string, reason: string): void => void problems.push({ path, element, reason });
  if (text.length > METADATA_CHARACTERS_MAX) {
    report("file", `is longer than ${METADATA_CHARACTERS_MAX} characters`);
    return undefined;
  }
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    report("file", `is not well-formed XML: ${valid.err.msg} (line ${valid.err.line})`);
    return undefined;
  }
  const root = elementsOf(parser.parse(text) as readonly RawNode[])[0];
  if (root === undefined || !roots.includes(root.name)) {
    report(root?.name ?? "file", `is not the root that this file should have: ${roots.join(" or ")}`);
    return undefined;
  }
  return { path, root, report, drop: report };
}

/** `&amp;`, `&#8211;` and `&#x2013;` as the characters that they mean; what means none stays as it stands. */
function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:(\w+)|#(\d+)|#x([\da-fA-F]+));/g, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : whole;
  });
}

/** The first child of this name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((each) => each.name === name);
}

/** All children of this name, in order. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((each) => each.name === name);
}

/** The text of a child; undefined where the child is absent or empty. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const text = child(element, name)?.text;
  return text === "" ? undefined : text;
}

/** A child that says `true` or `false`; anything else is a problem. */
export function flagOf(file: MetadataFile, element: XmlElement, name: string): boolean | undefined {
  const text = textOf(element, name);
  if (text === undefined || text === "true" || text === "false")
    return text === undefined ? undefined : text === "true";
  file.report(`${element.name}/${name}`, `must be true or false, not "${text}"`);
  return undefined;
}

/** A child that is a whole number between two bounds; anything else is a problem. */
export function wholeOf(
  file: MetadataFile,
  element: XmlElement,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = textOf(element, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
  file.report(`${element.name}/${name}`, `must be a whole number from ${bounds.min} to ${bounds.max}, not "${text}"`);
  return undefined;
}

/** What the parser gives with `preserveOrder`: one object an element, its only key the name. */
type RawNode = Readonly<Record<string, unknown>>;

function elementsOf(nodes: readonly RawNode[]): readonly XmlElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ":@");
    if (name === undefined || name === "#text" || name.startsWith("?")) return [];
    const content = node[name] as readonly RawNode[];
    const text = content.map((each) => each["#text"]).filter((each) => each !== undefined);
    return [{ name, text: decoded(text.map(String).join("")), children: elementsOf(content) }];
  });
}
