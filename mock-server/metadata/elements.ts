/** Makes metadata elements: text, flags and nested ones. */
import type { XmlElement } from "../schema/metadata/xml.ts";

/** A leaf, or nothing where there is no value. */
export function leaf(name: string, value: string | number | boolean | undefined): readonly XmlElement[] {
  return value === undefined ? [] : [{ name, text: String(value), children: [] }];
}

/** An element with children. */
export function node(name: string, children: readonly XmlElement[]): XmlElement {
  return { name, text: "", children };
}
