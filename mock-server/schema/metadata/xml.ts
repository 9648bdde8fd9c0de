/**
 * Metadata XML as a plain tree, and the few questions that readers ask it.
 *
 * Salesforce's metadata has no attributes and no mixed content: an element has children or text.
 */
import type { MetadataProblem } from "./problem.ts";
import { parseXml, type XmlElement, XmlError } from "./xml-parse.ts";

export type { XmlElement } from "./xml-parse.ts";

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
  const root = rootOf(text, report);
  if (root === undefined) return undefined;
  if (!roots.includes(root.name)) {
    report(root.name, `is not the root that this file should have: ${roots.join(" or ")}`);
    return undefined;
  }
  return { path, root, report, drop: report };
}

function rootOf(text: string, report: MetadataFile["report"]): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report("file", `is not well-formed XML: ${error.message} (line ${error.line})`);
    return undefined;
  }
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
