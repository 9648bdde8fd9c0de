/**
 * JSON with exact numbers, and JSON pointers.
 *
 * `JSON.parse` turns 9007199254740993 into ...992 and 12.50 into 12.5. Here a number that would not come back as it was
 * written becomes a `NumberText`, and is written again digit by digit.
 */

import { randomUUID } from "node:crypto";

/** A JSON value whose inexact numbers are kept as texts. */
export type Json = string | number | boolean | null | NumberText | readonly Json[] | { readonly [name: string]: Json };

/** A JSON number as its digits. */
export class NumberText {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** A text or a number; everything else in a JSON document holds neither quotes nor digits. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Marks a number that travels as a text through `JSON.parse`. No document can guess it. */
const MARK = `number ${randomUUID()} `;

/** Parses JSON. Throws SyntaxError for what is none. */
export function parseJson(text: string): Json {
  const marked = text.replace(TOKEN, (token) => {
    return NUMBER.test(token) && String(Number(token)) !== token ? `"${MARK}${token}"` : token;
  });
  const value: unknown = JSON.parse(marked, (_, part: unknown) =>
    typeof part === "string" && part.startsWith(MARK) ? new NumberText(part.slice(MARK.length)) : part,
  );
  return value as Json;
}

/** The JSON text of a value. Throws RangeError for a number that JSON cannot say. */
export function stringifyJson(value: Json): string {
  if (value instanceof NumberText) return value.digits;
  if (isArray(value)) return `[${value.map(stringifyJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${stringifyJson(part)}`);
    return `{${parts.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`${value} is no JSON number`);
  return JSON.stringify(value);
}

/** The number with these digits; undefined when they are no JSON number. */
export function numberText(digits: string): NumberText | undefined {
  return NUMBER.test(digits) ? new NumberText(digits) : undefined;
}

/** The value at a JSON pointer; undefined when there is none. */
export function atPointer(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const token of tokens(pointer)) {
    if (isArray(value)) value = value[Number(token)];
    else if (isObject(value) && Object.hasOwn(value, token)) value = value[token];
    else return undefined;
  }
  return value;
}

/** The document with the value at a JSON pointer; objects on the way are made. The old document stays as it is. */
export function withPointer(document: Json | undefined, pointer: string, value: Json): Json {
  const [token, ...rest] = tokens(pointer);
  if (token === undefined) return value;
  const deeper = rest.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  if (isArray(document)) {
    return document.map((part, index) => (index === Number(token) ? withPointer(part, deeper, value) : part));
  }
  const object = isObject(document) ? document : {};
  const before = Object.hasOwn(object, token) ? object[token] : undefined;
  return { ...object, [token]: withPointer(before, deeper, value) };
}

/** Whether a value is an object, neither an array nor a number. */
export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !isArray(value) && !(value instanceof NumberText);
}

/** Whether a value is an array. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function tokens(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}
