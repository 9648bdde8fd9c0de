/** Records and their lines in NDJSON: one JSON object per line of the file. Pure. */
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { isArray, isObject, type Json, NumberText, parseJson, stringifyJson } from "../json.ts";
import type { FilesCollectionConfig } from "./config.ts";
import type { FileLine, FileProblem, FileRecord, ParsedFile } from "./file-record.ts";
import { misspelling } from "./spelling.ts";
import { UnusableFile } from "./unusable-file.ts";

/**
 * Parses NDJSON: a history, in which later lines about a record stand later. A file with a line that is no JSON may be cut
 * off: throws `UnusableFile`, nothing of it is used.
 */
export function parseNdjson(config: FilesCollectionConfig, text: string): ParsedFile {
  const records: FileRecord[] = [];
  const bad: { readonly problem: FileProblem; readonly row: string }[] = [];
  for (const [index, row] of text.split(/\r\n|\n|\r/).entries()) {
    if (row.trim() === "") continue;
    const line = index + 1;
    let value: Json;
    try {
      value = parseJson(row);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UnusableFile(`line ${line} is no JSON (${error.message}): it is cut off or not written as NDJSON`);
    }
    const record = jsonRecord(config, value);
    if (typeof record === "string") bad.push({ problem: { line, reason: record }, row });
    else records.push(record);
  }
  return {
    records,
    problems: bad.map(({ problem }) => problem),
    rejectedText: bad.map(({ row }) => `${row}\n`).join(""),
  };
}

/** The text of an NDJSON file with whole records. */
export function ndjsonText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
  const { key, columns, lines, operation } = config;
  const object = (
    names: readonly string[],
    naturalKey: NaturalKey,
    fields: ExternalFields,
    own: readonly string[],
  ): Json =>
    Object.fromEntries([
      ...names.map((name, index) => [name, naturalKey[index] ?? ""]),
      ...own.map((name) => [name, jsonOf(fields[name])]),
    ]);
  return records
    .map((record) => {
      const root = object(key, record.naturalKey, record.fields, columns);
      return {
        ...(operation && { [operation.column]: record.deleted ? operation.delete : operation.put }),
        ...(isObject(root) ? root : {}),
        ...(lines && {
          [lines.property]: (record.lines ?? []).map((line) =>
            object(lines.key, line.naturalKey, line.fields, lines.columns),
          ),
        }),
      };
    })
    .map((record) => `${stringifyJson(record)}\n`)
    .join("");
}

function jsonRecord(config: FilesCollectionConfig, value: Json): FileRecord | string {
  if (!isObject(value)) return "the line holds no object";
  const naturalKey = jsonKey(value, config.key);
  if (naturalKey === undefined) return `the key (${config.key.join(", ")}) is empty`;
  const { lines, operation } = config;
  const array = lines === undefined ? undefined : value[lines.property];
  const fields = jsonFields(value, config.columns);
  if (typeof fields === "string") return fields;
  const mistaken = misspelled(config, value);
  if (mistaken !== undefined) return mistaken;
  if (
    operation !== undefined &&
    !Object.hasOwn(value, operation.column) &&
    !config.optional.includes(operation.column)
  ) {
    return `"${operation.column}" is missing, which says whether the record is deleted`;
  }
  const deleted = operation !== undefined && value[operation.column] === operation.delete;
  if (lines === undefined || array === undefined) return { naturalKey, deleted, fields };
  if (!isArray(array)) return `"${lines.property}" is no list`;
  const read = new Map<string, FileLine>();
  for (const line of array) {
    const key = isObject(line) ? jsonKey(line, lines.key) : undefined;
    const lineFields = isObject(line) ? jsonFields(line, lines.columns) : "a line is no object";
    if (key === undefined) return `a line has no key (${lines.key.join(", ")})`;
    if (typeof lineFields === "string") return lineFields;
    const name = JSON.stringify(key);
    if (read.has(name)) return `the line [${key.join(", ")}] stands twice in "${lines.property}"`;
    read.set(name, { naturalKey: key, fields: lineFields });
  }
  return { naturalKey, deleted, fields, lines: [...read.values()] };
}

/** What a record lacks stays as it was, and what nobody names is not read: a name that is misspelled would be both. */
function misspelled({ key, columns, lines, operation }: FilesCollectionConfig, value: object): string | undefined {
  const known = [...key, ...columns, ...(lines ? [lines.property] : []), ...(operation ? [operation.column] : [])];
  const others = Object.keys(value).filter((name) => !known.includes(name));
  for (const name of known) {
    const meant = Object.hasOwn(value, name) ? undefined : misspelling(name, others);
    if (meant !== undefined) return `has "${meant}" where the configuration has "${name}"; spell them alike`;
  }
  return undefined;
}

function jsonKey(value: Readonly<Record<string, Json>>, columns: readonly string[]): NaturalKey | undefined {
  const parts = columns.map((column) => {
    const part = Object.hasOwn(value, column) ? value[column] : undefined;
    return part === undefined || part === null || isArray(part) || isObject(part) ? "" : part.toString();
  });
  return parts.includes("") ? undefined : parts;
}

function jsonFields(value: Readonly<Record<string, Json>>, columns: readonly string[]): ExternalFields | string {
  const fields: [string, ExternalValue][] = [];
  for (const column of columns) {
    const field = Object.hasOwn(value, column) ? value[column] : undefined;
    if (field === undefined) continue;
    if (isArray(field) || isObject(field)) return `"${column}" holds an object or a list`;
    fields.push([column, jsonValue(field)]);
  }
  return Object.fromEntries(fields);
}

function jsonValue(value: string | number | boolean | null | NumberText): ExternalValue {
  if (value instanceof NumberText) return /^-?\d+$/.test(value.digits) ? BigInt(value.digits) : value.digits;
  return typeof value === "number" && !Number.isSafeInteger(value) ? String(value) : value;
}

function jsonOf(value: ExternalValue | undefined): Json {
  if (value === undefined) return null;
  return typeof value === "bigint" ? new NumberText(String(value)) : value;
}
