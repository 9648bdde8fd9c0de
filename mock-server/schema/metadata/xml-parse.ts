/**
 * Metadata XML read in one pass, with the checks of well-formedness that a deploy makes.
 *
 * A team's project is tens of megabytes, and its org should start while somebody waits. A general parser reads them twice,
 * once to check and once to build, and keeps attributes and order that metadata does not use. This one is a scanner from
 * bracket to bracket, without recursion. Document types, and with them entities of one's own, are refused.
 */

/** One element: its children in order, or its text. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Thrown for a text that is no well-formed XML. */
export class XmlError extends Error {
  /** Counts from 1. */
  readonly line: number;

  constructor(message: string, text: string, at: number) {
    super(message);
    this.name = "XmlError";
    this.line = lineAt(text, at);
  }
}

/** An element whose end was not read yet. */
interface Open {
  readonly name: string;
  readonly at: number;
  readonly children: XmlElement[];
  text: string;
}

/** The root element of a document. Attributes, comments and instructions are left out. Throws an `XmlError`. */
export function parseXml(text: string): XmlElement {
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  const close = (open: Open): void => {
    const element = { name: open.name, text: open.text, children: open.children };
    const parent = stack.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else if (root === undefined) root = element;
    else throw new XmlError(`a second root element ${open.name}`, text, open.at);
  };
  for (;;) {
    const bracket = text.indexOf("<", at);
    addText(text, at, bracket < 0 ? text.length : bracket, stack.at(-1));
    if (bracket < 0) break;
    const mark = text.charCodeAt(bracket + 1);
    if (mark === SLASH) {
      const end = endOf(text, ">", bracket);
      const name = text.slice(bracket + 2, end).trimEnd();
      const open = stack.pop();
      if (open?.name !== name) throw new XmlError(mismatch(open, name, text), text, bracket);
      close(open);
      at = end + 1;
    } else if (mark === EXCLAMATION) at = skipDeclaration(text, bracket, stack.at(-1));
    else if (mark === QUESTION) at = endOf(text, "?>", bracket) + 2;
    else {
      const end = tagEnd(text, bracket);
      const isEmpty = text.charCodeAt(end - 1) === SLASH;
      const tag = text.slice(bracket + 1, isEmpty ? end - 1 : end);
      const name = PLAIN_NAME.test(tag) ? tag : nameOf(tag, text, bracket);
      const open: Open = { name, at: bracket, children: [], text: "" };
      if (isEmpty) close(open);
      else stack.push(open);
      at = end + 1;
    }
  }
  const unclosed = stack.at(-1);
  if (unclosed !== undefined) throw new XmlError(`the element ${unclosed.name} is not closed`, text, unclosed.at);
  if (root === undefined) throw new XmlError("there is no element", text, text.length);
  return root;
}

const SLASH = 47;
const EXCLAMATION = 33;
const QUESTION = 63;

const PLAIN_NAME = /^[A-Za-z_][\w.-]*$/;
const NAME = /^[A-Za-z_][\w.:-]*/;
const ATTRIBUTES = /^(?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/;

function nameOf(tag: string, text: string, at: number): string {
  const name = NAME.exec(tag)?.[0];
  if (name === undefined || !ATTRIBUTES.test(tag.slice(name.length)))
    throw new XmlError(`<${tag.slice(0, SHOWN_MAX)}> is no tag`, text, at);
  return name;
}

const SHOWN_MAX = 40;

function mismatch(open: Open | undefined, name: string, text: string): string {
  if (open === undefined) return `the closing tag ${name} closes nothing`;
  return `the closing tag ${name} stands where ${open.name} of line ${lineAt(text, open.at)} must be closed`;
}

/** The end of a start tag; a bracket within an attribute's value ends nothing. */
function tagEnd(text: string, from: number): number {
  let end = endOf(text, ">", from);
  while (isInQuotes(text, from, end)) end = endOf(text, ">", end + 1);
  return end;
}

function isInQuotes(text: string, from: number, to: number): boolean {
  let quote = "";
  for (let at = from; at < to; at += 1) {
    const character = text.charAt(at);
    if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = "";
  }
  return quote !== "";
}

/** Passes over a comment, or adds a section of plain characters; where the next markup begins. */
function skipDeclaration(text: string, at: number, open: Open | undefined): number {
  if (text.startsWith("<!--", at)) return endOf(text, "-->", at) + 3;
  if (!text.startsWith("<![CDATA[", at)) throw new XmlError("a document type is not allowed in metadata", text, at);
  const end = endOf(text, "]]>", at);
  if (open === undefined) throw new XmlError("text outside of the root element", text, at);
  open.text += text.slice(at + "<![CDATA[".length, end);
  return end + 3;
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  if (at < 0) throw new XmlError(`${text.slice(from, from + SHOWN_MAX).split("\n")[0]} is not ended`, text, from);
  return at;
}

function addText(text: string, from: number, to: number, open: Open | undefined): void {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  if (start === end) return;
  if (open === undefined) throw new XmlError("text outside of the root element", text, start);
  const part = text.slice(start, end);
  // XML knows one kind of line end.
  const raw = part.includes("\r") ? part.replaceAll(/\r\n?/g, "\n") : part;
  open.text += raw.includes("&") ? decoded(raw, text, start) : raw;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** The five entities that XML has by itself. */
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const CODE_POINT_MAX = 0x10ffff;

/** `&amp;`, `&#8211;` and `&#x2013;` as the characters that they mean. */
function decoded(raw: string, text: string, at: number): string {
  return raw.replace(
    /&(?:(\w+);|#(\d+);|#x([\da-fA-F]+);)?/g,
    (whole, name?: string, decimal?: string, hex?: string) => {
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      const meant =
        name !== undefined ? ENTITIES[name] : code <= CODE_POINT_MAX ? String.fromCodePoint(code) : undefined;
      if (meant === undefined)
        throw new XmlError(`${whole} is no reference to a character; write &amp; for &`, text, at);
      return meant;
    },
  );
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
}
