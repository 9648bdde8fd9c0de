/**
 * Business keys: how they are made from a natural key and read back.
 *
 * `<source>:<object>:<part>[:<part>…]`. A part keeps letters, digits, `-` and `_`; every other byte of its UTF-8 form
 * becomes `~hh`. So the key is injective, needs no quoting in SOQL, and holds no dot: Salesforce may answer 404 for
 * external Ids with a dot in the URL (reference: change-events §6.1 [doc]).
 */
import type { BusinessKey, LineKey, NaturalKey } from "./key.ts";

/** Characters of a text field that can be an external Id. */
export const KEY_LENGTH_MAX = 255;

/** The source name of keys that stand for Salesforce records which the external system does not know. */
export const SALESFORCE_SOURCE = "salesforce";

/** The parts of a key. */
export interface KeyParts {
  readonly source: string;
  readonly object: string;
  readonly naturalKey: NaturalKey;
}

/** The key of a document. `naturalKey` has at least one part and no empty ones (see `naturalKeyProblem`). */
export function businessKey(source: string, object: string, naturalKey: NaturalKey): BusinessKey {
  return join(source, object, naturalKey) as BusinessKey;
}

/** The key of a line: the natural key of its document followed by the line's own parts. */
export function lineKey(source: string, object: string, naturalKey: NaturalKey, linePart: NaturalKey): LineKey {
  return join(source, object, [...naturalKey, ...linePart]) as LineKey;
}

/** The parts of a key, or undefined when the text is not a key that `businessKey` makes. */
export function parseBusinessKey(text: string): KeyParts | undefined {
  const [source, object, ...rest] = text.split(":").map(unescapePart);
  if (source === undefined || object === undefined || rest.length === 0) return undefined;
  const naturalKey = rest.filter((part): part is string => part !== undefined && part !== "");
  if (source === "" || object === "" || naturalKey.length !== rest.length) return undefined;
  // Escapes have one right spelling; without any the text is what `businessKey` makes.
  if (!text.includes("~")) return { source, object, naturalKey };
  return join(source, object, naturalKey) === text ? { source, object, naturalKey } : undefined;
}

/** A key text as a `BusinessKey` when it is one of this object, else undefined. */
export function asBusinessKey(text: string, object: string): BusinessKey | undefined {
  return parseBusinessKey(text)?.object === object ? (text as BusinessKey) : undefined;
}

/** The key that stands for a Salesforce record without a key of ours. */
export function salesforceOnlyKey(object: string, recordId: string): BusinessKey {
  return businessKey(SALESFORCE_SOURCE, object, [recordId]);
}

/** Why these parts make no key, or undefined when they do. */
export function naturalKeyProblem(
  source: string,
  object: string,
  parts: readonly (string | null)[],
): string | undefined {
  if (parts.length === 0) return "has no natural key";
  const empty = parts.findIndex((part) => part === null || part === "");
  if (empty >= 0) return `has an empty part ${empty + 1} in its natural key`;
  const length = join(source, object, parts as readonly string[]).length;
  return length > KEY_LENGTH_MAX
    ? `makes a key of ${length} characters; an external Id holds ${KEY_LENGTH_MAX}`
    : undefined;
}

function join(source: string, object: string, parts: NaturalKey): string {
  return [source, object, ...parts].map(escapePart).join(":");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

const PLAIN_PART = /^[A-Za-z0-9_-]*$/;

function escapePart(part: string): string {
  if (PLAIN_PART.test(part)) return part;
  return part.replace(/[^A-Za-z0-9_-]+/g, (run) =>
    Array.from(encoder.encode(run), (byte) => `~${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

function unescapePart(part: string): string | undefined {
  if (PLAIN_PART.test(part)) return part;
  if (!/^(?:[A-Za-z0-9_-]|~[0-9a-f]{2})*$/.test(part)) return undefined;
  const bytes = [...part.matchAll(/~([0-9a-f]{2})|[^~]/g)].map((match) =>
    match[1] === undefined ? match[0].charCodeAt(0) : Number.parseInt(match[1], 16),
  );
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
