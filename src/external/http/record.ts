/** Records between the API's JSON and the connector. Pure. */
import { createHash } from "node:crypto";
import { SyncError } from "../../errors.ts";
import type { ExternalFields, ExternalLineChange, ExternalRecord, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import {
  atPointer,
  isArray,
  isObject,
  type Json,
  NumberText,
  numberText,
  stringifyJson,
  withPointer,
} from "../json.ts";
import { type HttpCollectionConfig, keyName, type Located } from "./config.ts";

/** A value that the API's JSON cannot take; the message says which and why. */
export class EncodingProblem extends Error {}

/** The record in an answer. `etag` is the answer's header; `refuse` hears of a document without a key. */
export function decodeRecord(
  config: HttpCollectionConfig,
  document: Json,
  etag: string | null,
  refuse: (problem: string) => never,
): ExternalRecord {
  const naturalKey = decodeKey(config.key, document);
  if (naturalKey === undefined) {
    const wanted = config.key.map((part) => part.pointer).join(", ");
    return refuse(`shows a record without a key at ${wanted}; correct the collection's key or item.data`);
  }
  const fields = { ...keyFields(config.key, naturalKey), ...decodeFields(config.fields, document) };
  const lines = config.lines && decodeLines(config.lines, document);
  return {
    naturalKey,
    fields,
    ...(lines && { lines }),
    version: decodeVersion(config, document, etag, contentHash(fields, lines ?? [])),
    changedBy: scalarText(config.changedBy === undefined ? undefined : atPointer(document, config.changedBy)),
    changedAt: decodeInstant(config.changedAt === undefined ? undefined : atPointer(document, config.changedAt)),
  };
}

/** The natural key in a document; undefined when a part of it is absent or empty. */
export function decodeKey(key: readonly Located[], document: Json): NaturalKey | undefined {
  const parts = key.map((part) => scalarText(atPointer(document, part.pointer)));
  return parts.some((part) => part === null || part === "") ? undefined : parts.map((part) => part ?? "");
}

/** Whether a document is a tombstone. */
export function isDeleted(config: HttpCollectionConfig, document: Json): boolean {
  const { deleted } = config.list;
  return deleted !== undefined && scalarText(atPointer(document, deleted.pointer)) === String(deleted.equals);
}

/** The document with the given fields set, and no others. Throws `EncodingProblem`. */
export function encodeFields(places: Places, document: Json, fields: ExternalFields): Json {
  return Object.entries(fields).reduce<Json>((made, [name, value]) => {
    const place = places === undefined ? { pointer: `/${escape(name)}`, as: undefined } : places[name];
    if (place === undefined) throw new EncodingProblem(`the configuration has no field "${name}"`);
    return withPointer(made, place.pointer, encodeValue(name, value, place.as));
  }, document);
}

/**
 * The fields without those that only name the record. Throws `EncodingProblem` where one would give it another key; a new
 * record may not know its own key yet.
 */
export function withoutKey(
  config: { readonly key: readonly Located[]; readonly fields?: Places },
  fields: ExternalFields,
  record: { readonly naturalKey: NaturalKey; readonly isNew: boolean },
): ExternalFields {
  const names = config.key.map((part) => keyName(part.pointer));
  const own = Object.entries(fields).filter(([name, value]) => {
    const part = names.indexOf(name);
    if (part < 0 || (config.fields !== undefined && Object.hasOwn(config.fields, name))) return true;
    const isSame = String(value ?? "") === record.naturalKey[part] || (record.isNew && value === null);
    if (isSame) return false;
    const shown = String(value ?? "").slice(0, 40);
    throw new EncodingProblem(
      `field "${name}" names the record [${record.naturalKey.join(", ")}] and cannot become "${shown}"; map it toSalesforce`,
    );
  });
  return Object.fromEntries(own);
}

/** The document with the parts of a natural key at their places. */
export function encodeKey(key: readonly Located[], document: Json, naturalKey: NaturalKey): Json {
  return key.reduce<Json>(
    (made, part, index) =>
      withPointer(made, part.pointer, encodeValue(keyName(part.pointer), naturalKey[index] ?? "", part.as)),
    document,
  );
}

/** The array of lines after the changes: kept ones with all that the API stores in them, in their order. */
export function encodeLines(
  config: NonNullable<HttpCollectionConfig["lines"]>,
  before: readonly Json[],
  changes: readonly ExternalLineChange[],
): readonly Json[] {
  const name = (document: Json): string => JSON.stringify(decodeKey(config.key, document) ?? null);
  const changed = new Map(changes.map((change) => [JSON.stringify(change.naturalKey), change]));
  const kept = before.flatMap((line) => {
    const change = changed.get(name(line));
    if (change === undefined) return [line];
    if (change.kind === "remove") return [];
    const { naturalKey } = change;
    return [encodeFields(config.fields, line, withoutKey(config, change.fields, { naturalKey, isNew: false }))];
  });
  const known = new Set(before.map(name));
  const added = changes.flatMap((change) =>
    change.kind === "remove" || known.has(JSON.stringify(change.naturalKey))
      ? []
      : [newLine(config, change.naturalKey, change.fields)],
  );
  return [...kept, ...added];
}

function newLine(
  config: NonNullable<HttpCollectionConfig["lines"]>,
  naturalKey: NaturalKey,
  fields: ExternalFields,
): Json {
  const own = withoutKey(config, fields, { naturalKey, isNew: true });
  return encodeFields(config.fields, encodeKey(config.key, {}, naturalKey), own);
}

/** The path with the parts of the key in its braces, escaped. */
export function pathFor(path: string, key: readonly Located[], naturalKey: NaturalKey): string {
  return path.replace(/\{([^}]*)\}/g, (whole, name: string) => {
    const index = key.findIndex((part) => keyName(part.pointer) === name);
    return index < 0 ? whole : encodeURIComponent(naturalKey[index] ?? "");
  });
}

/** A short hash of a document, to see that it changed. */
export function documentHash(document: Json): string {
  return createHash("sha256").update(stringifyJson(document)).digest("base64url").slice(0, 16);
}

type Places = HttpCollectionConfig["fields"];
type Lines = NonNullable<ExternalRecord["lines"]>;

function decodeFields(places: Places, document: Json): ExternalFields {
  if (places !== undefined) {
    return Object.fromEntries(
      Object.entries(places).map(([name, place]) => [name, decodeValue(name, atPointer(document, place.pointer))]),
    );
  }
  const simple = isObject(document)
    ? Object.entries(document).filter(([, value]) => !isArray(value) && !isObject(value))
    : [];
  return Object.fromEntries(simple.map(([name, value]) => [name, decodeValue(name, value)]));
}

/** The parts of the key by the names that paths have for them: they can be mapped like fields. */
function keyFields(key: readonly Located[], naturalKey: NaturalKey): ExternalFields {
  return Object.fromEntries(key.map((part, index) => [keyName(part.pointer), naturalKey[index] ?? null]));
}

function decodeLines(config: NonNullable<HttpCollectionConfig["lines"]>, document: Json): Lines {
  const array = atPointer(document, config.pointer);
  if (array === undefined || array === null) return [];
  if (!isArray(array)) {
    throw new SyncError(
      "EXTERNAL_REFUSED",
      `A record of the API has no array at ${config.pointer}; correct lines.pointer.`,
    );
  }
  return array.map((line) => {
    const naturalKey = decodeKey(config.key, line);
    if (naturalKey !== undefined) {
      return { naturalKey, fields: { ...keyFields(config.key, naturalKey), ...decodeFields(config.fields, line) } };
    }
    const wanted = config.key.map((part) => part.pointer).join(", ");
    throw new SyncError("EXTERNAL_REFUSED", `A line of the API shows no key at ${wanted}; correct lines.key.`);
  });
}

function decodeValue(name: string, value: Json | undefined): ExternalValue {
  if (value === undefined || value === null) return null;
  if (value instanceof NumberText) {
    // The digits stay as they are; an integer that a double cannot hold becomes a bigint.
    return /^-?\d+$/.test(value.digits) ? BigInt(value.digits) : value.digits;
  }
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  throw new SyncError(
    "EXTERNAL_REFUSED",
    `Field "${name}" of the API holds an object or a list; point to a simple value.`,
  );
}

function encodeValue(name: string, value: ExternalValue, as: Located["as"]): Json {
  if (value === null || typeof value === "boolean") return value;
  if (as === "text") return String(value);
  if (as === "number" || typeof value !== "string") {
    const number = numberText(String(value));
    if (number === undefined)
      throw new EncodingProblem(`field "${name}": "${String(value).slice(0, 40)}" is no number`);
    return number;
  }
  return value;
}

function decodeVersion(config: HttpCollectionConfig, document: Json, etag: string | null, hash: string): string | null {
  switch (config.version.kind) {
    case "etag":
      return etag;
    case "field":
      return scalarText(atPointer(document, config.version.pointer));
    case "content":
      return hash;
  }
}

function contentHash(fields: ExternalFields, lines: Lines): string {
  const text = JSON.stringify([fields, lines], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** ISO text, or seconds or milliseconds since 1970, as a canonical instant; a time without a zone stays as it is. */
function decodeInstant(value: Json | undefined): string | null {
  const local = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?$/.exec(scalarText(value) ?? "");
  if (local !== null) return `${local[1]}T${local[2]}${local[3] ?? ":00"}`;
  const ms = instantMs(value);
  return ms === undefined ? null : new Date(ms).toISOString().replace(/\.000Z$/, "Z");
}

/** Milliseconds since 1970 of an ISO text or a number of seconds or milliseconds; undefined for what is none. */
export function instantMs(value: Json | undefined): number | undefined {
  const text = scalarText(value);
  if (text === null || text === "") return undefined;
  const number = Number(text);
  // 10^11 seconds lie in the year 5138, 10^11 milliseconds in 1973.
  const ms = Number.isNaN(number) ? Date.parse(text) : Math.abs(number) < 1e11 ? number * 1000 : number;
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? undefined : ms;
}

/** A text, number or boolean as text; null for everything else. */
export function scalarText(value: Json | undefined): string | null {
  if (value === undefined || value === null || isArray(value) || isObject(value)) return null;
  return value instanceof NumberText ? value.digits : String(value);
}

function escape(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}
