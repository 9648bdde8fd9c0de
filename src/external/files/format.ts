/** The text of exchange files: CSV and NDJSON. Pure. */
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { isArray, isObject, type Json, NumberText, parseJson, stringifyJson } from "../json.ts";
import type { FilesCollectionConfig } from "./config.ts";

/** A line of a record in a file. */
export interface FileLine {
  readonly naturalKey: NaturalKey;
  readonly fields: ExternalFields;
}

/** What a file says about one record. Fields and lines that the file does not have are absent. */
export interface FileRecord {
  readonly naturalKey: NaturalKey;
  readonly deleted: boolean;
  readonly fields: ExternalFields;
  readonly lines?: readonly FileLine[];
}

/** What a file holds. Later entries of a key stand later. */
export interface ParsedFile {
  readonly records: readonly FileRecord[];
  /** Entries that cannot be used, while the rest of the file can. */
  readonly rejected: readonly { readonly line: number; readonly reason: string; readonly text: string }[];
}

/** A file that cannot be used at all: it is cut off, of another form, or not UTF-8. */
export class UnusableFile extends Error {}

/** Parses the bytes of a file. Throws `UnusableFile`. */
export function parseFile(config: FilesCollectionConfig, bytes: Uint8Array): ParsedFile {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new UnusableFile("the file is not UTF-8");
    throw error;
  }
  return config.format === "csv" ? parseCsv(config, text) : parseNdjson(config, text);
}

/** The text of a file with whole records. A deleted one needs `operation` in the configuration. */
export function writeFileText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
  return config.format === "csv" ? csvText(config, records) : ndjsonText(config, records);
}

type Row = Readonly<Record<string, string>>;

function parseCsv(config: FilesCollectionConfig, text: string): ParsedFile {
  let rows: readonly { readonly record: Row; readonly info: { readonly lines: number } }[];
  try {
    // A row with another number of values than the header means a cut-off file or another form: nothing of it is used.
    rows = parse(text, {
      columns: true,
      delimiter: config.delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: false,
      relax_quotes: false,
    }) as unknown as typeof rows;
  } catch (error) {
    if (error instanceof CsvError) throw new UnusableFile(error.message);
    throw error;
  }
  const header = Object.keys(rows[0]?.record ?? {});
  const missing = rows.length === 0 ? undefined : config.key.find((column) => !header.includes(column));
  if (missing !== undefined) throw new UnusableFile(`the header has no key column "${missing}"`);
  const rejected: ParsedFile["rejected"][number][] = [];
  const byKey = new Map<string, FileRecord>();
  for (const { record: row, info } of rows) {
    const naturalKey = keyIn(row, config.key);
    if (naturalKey === undefined) {
      rejected.push({
        line: info.lines,
        reason: `the key (${config.key.join(", ")}) is empty`,
        text: JSON.stringify(row),
      });
      continue;
    }
    const name = JSON.stringify(naturalKey);
    const line = csvLine(config, header, row);
    const known = byKey.get(name);
    const lines = line === undefined ? known?.lines : [...(known?.lines ?? []), ...line];
    byKey.set(name, {
      naturalKey,
      deleted: config.operation !== undefined && row[config.operation.column] === config.operation.delete,
      fields: csvFields(row, config.columns),
      ...(lines && { lines }),
    });
  }
  return { records: [...byKey.values()], rejected };
}

/** The line in a row: none in a row without a line key, undefined when the file has no line columns at all. */
function csvLine(config: FilesCollectionConfig, header: readonly string[], row: Row): readonly FileLine[] | undefined {
  const { lines } = config;
  if (lines === undefined || !lines.key.every((column) => header.includes(column))) return undefined;
  const naturalKey = keyIn(row, lines.key);
  return naturalKey === undefined ? [] : [{ naturalKey, fields: csvFields(row, lines.columns) }];
}

function csvFields(row: Row, columns: readonly string[]): ExternalFields {
  const present = columns.filter((column) => Object.hasOwn(row, column));
  return Object.fromEntries(present.map((column) => [column, row[column] === "" ? null : (row[column] ?? null)]));
}

function keyIn(row: Row, columns: readonly string[]): NaturalKey | undefined {
  const parts = columns.map((column) => row[column] ?? "");
  return parts.includes("") ? undefined : parts;
}

function csvText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
  const { key, columns, lines, operation } = config;
  const header = [
    ...(operation ? [operation.column] : []),
    ...key,
    ...columns,
    ...(lines ? [...lines.key, ...lines.columns] : []),
  ];
  const rows = records.flatMap((record) => {
    const root = [
      ...(operation ? [record.deleted ? operation.delete : operation.put] : []),
      ...record.naturalKey,
      ...columns.map((column) => csvValue(record.fields[column])),
    ];
    if (lines === undefined) return [root];
    const empty = [...lines.key, ...lines.columns].map(() => "");
    const own = record.lines ?? [];
    if (own.length === 0) return [[...root, ...empty]];
    return own.map((line) => [
      ...root,
      ...line.naturalKey,
      ...lines.columns.map((column) => csvValue(line.fields[column])),
    ]);
  });
  return stringify([header, ...rows], { delimiter: config.delimiter, record_delimiter: "unix" });
}

function csvValue(value: ExternalValue | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

function parseNdjson(config: FilesCollectionConfig, text: string): ParsedFile {
  const records: FileRecord[] = [];
  const rejected: ParsedFile["rejected"][number][] = [];
  const rows = text.replace(/^\uFEFF/, "").split("\n");
  // The last line of a whole file ends; a cut-off one mostly does not parse.
  for (const [index, row] of rows.entries()) {
    if (row.trim() === "") continue;
    let value: Json;
    try {
      value = parseJson(row);
    } catch (error) {
      if (error instanceof SyntaxError) throw new UnusableFile(`line ${index + 1} is no JSON`);
      throw error;
    }
    const read = jsonRecord(config, value);
    if (typeof read === "string") rejected.push({ line: index + 1, reason: read, text: row.slice(0, 1000) });
    else records.push(read);
  }
  return { records, rejected };
}

function jsonRecord(config: FilesCollectionConfig, value: Json): FileRecord | string {
  if (!isObject(value)) return "the line holds no object";
  const naturalKey = jsonKey(value, config.key);
  if (naturalKey === undefined) return `the key (${config.key.join(", ")}) is empty`;
  const { lines, operation } = config;
  const array = lines === undefined ? undefined : value[lines.property];
  const fields = jsonFields(value, config.columns);
  if (typeof fields === "string") return fields;
  const deleted = operation !== undefined && value[operation.column] === operation.delete;
  if (lines === undefined || array === undefined) return { naturalKey, deleted, fields };
  if (!isArray(array)) return `"${lines.property}" is no list`;
  const read: FileLine[] = [];
  for (const line of array) {
    const key = isObject(line) ? jsonKey(line, lines.key) : undefined;
    const lineFields = isObject(line) ? jsonFields(line, lines.columns) : "a line is no object";
    if (key === undefined) return `a line has no key (${lines.key.join(", ")})`;
    if (typeof lineFields === "string") return lineFields;
    read.push({ naturalKey: key, fields: lineFields });
  }
  return { naturalKey, deleted, fields, lines: read };
}

function jsonKey(value: Readonly<Record<string, Json>>, columns: readonly string[]): NaturalKey | undefined {
  const parts = columns.map((column) => {
    const part = value[column];
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

function ndjsonText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
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

function jsonOf(value: ExternalValue | undefined): Json {
  if (value === undefined) return null;
  return typeof value === "bigint" ? new NumberText(String(value)) : value;
}
