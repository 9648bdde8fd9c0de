/** Records and their lines in CSV. Pure. */
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { FilesCollectionConfig } from "./config.ts";
import type { FileLine, FileProblem, FileRecord, ParsedFile } from "./file-record.ts";
import { isSpelledAlike, misspelling } from "./spelling.ts";
import { UnusableFile } from "./unusable-file.ts";

interface Row {
  /** Where the row begins in the file. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of one record. */
interface Group {
  readonly naturalKey: NaturalKey;
  readonly rows: Row[];
}

/**
 * Parses CSV. Lines may end in any of the three ways, also in one file; what is in quotes stays as it is.
 *
 * Throws `UnusableFile` for what makes the whole file doubtful: quotes that do not match, a row with another number of
 * values than the header, a header that lacks a column which is not optional, misspells one or names one twice. A record
 * that contradicts itself is rejected with all of its rows.
 */
export function parseCsv(config: FilesCollectionConfig, text: string): ParsedFile {
  const [first, ...others] = rowsOf(config, text);
  if (first === undefined) throw new UnusableFile("the file is empty; a file without records still has its header");
  const header = first.cells;
  requireHeader(config, header);
  const ragged = others.find(({ cells }) => cells.length !== header.length);
  if (ragged !== undefined) {
    throw new UnusableFile(
      `line ${ragged.line} has ${values(ragged.cells.length)}, and the header names ${header.length} columns: it is cut off, or a value that holds "${config.delimiter}" is not in quotes`,
    );
  }
  const columnOf = new Map(header.map((column, index) => [column, index]));
  const cell = (row: Row, column: string): string => row.cells[columnOf.get(column) ?? -1] ?? "";
  const groups = new Map<string, Group>();
  const bad: { readonly problem: FileProblem; readonly rows: readonly Row[] }[] = [];
  for (const row of others) {
    const naturalKey = config.key.map((column) => cell(row, column));
    if (naturalKey.includes("")) {
      const reason = `the key (${config.key.join(", ")}) is empty`;
      // Its lines would be missing in the record that they belong to.
      if (config.lines !== undefined) throw new UnusableFile(`line ${row.line}: ${reason}`);
      bad.push({ problem: { line: row.line, reason }, rows: [row] });
      continue;
    }
    const name = JSON.stringify(naturalKey);
    const group = groups.get(name) ?? { naturalKey, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  const records: FileRecord[] = [];
  for (const group of groups.values()) {
    const read = recordOf({ config, columnOf, cell }, group);
    if ("reason" in read) bad.push({ problem: read, rows: group.rows });
    else records.push(read);
  }
  bad.sort((left, right) => left.problem.line - right.problem.line);
  const rejected = bad.flatMap(({ rows }) => rows).map(({ cells }) => cells);
  return {
    records,
    problems: bad.map(({ problem }) => problem),
    rejectedText: rejected.length === 0 ? "" : textOf(config, [header, ...rejected]),
  };
}

/** The text of a CSV file with whole records. */
export function csvText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
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
  return textOf(config, [header, ...rows]);
}

/** The rows that hold anything. Throws `UnusableFile`. */
function rowsOf(config: FilesCollectionConfig, text: string): readonly Row[] {
  const rows: Row[] = [];
  let line = 1;
  const take = (cells: readonly string[]): null => {
    // Spreadsheets leave rows in which every value is empty.
    if (cells.some((value) => value !== "")) rows.push({ line, cells });
    line += 1 + cells.reduce((breaks, value) => breaks + (value.match(LINE_END)?.length ?? 0), 0);
    return null;
  };
  try {
    parse(text, {
      columns: false,
      delimiter: config.delimiter,
      // csv-parse takes the first line end that it meets for all of them, and leaves the others in the values.
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: false,
      relax_column_count: true,
      relax_quotes: false,
      on_record: take,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UnusableFile(quoteProblem(error.code, line) ?? `line ${line}: ${error.message}`);
  }
  return rows;
}

const LINE_END = /\r\n|\n|\r/g;

function quoteProblem(code: string, line: number): string | undefined {
  if (code === "CSV_QUOTE_NOT_CLOSED") {
    return `the row that begins in line ${line} opens a quote and never closes it: the file is cut off, or the quote has to be doubled`;
  }
  return code === "INVALID_OPENING_QUOTE" || code === "CSV_INVALID_CLOSING_QUOTE"
    ? `the row that begins in line ${line} holds a quote inside a value: put the value in quotes and double the quote`
    : undefined;
}

function requireHeader(config: FilesCollectionConfig, header: readonly string[]): void {
  const { key, columns, lines, operation } = config;
  const shown = header.slice(0, HEADER_SHOWN_MAX).join(config.delimiter);
  const missing = key.find((column) => !header.includes(column));
  if (missing !== undefined) {
    throw new UnusableFile(
      `the header has no key column "${missing}"; it is: ${shown} (\`delimiter\` is "${config.delimiter}")`,
    );
  }
  const known = [
    ...key,
    ...columns,
    ...(lines ? [...lines.key, ...lines.columns] : []),
    ...(operation ? [operation.column] : []),
  ];
  const twice = header.find((column, index) => known.includes(column) && header.indexOf(column) !== index);
  if (twice !== undefined) throw new UnusableFile(`the header names the column "${twice}" twice`);
  const others = header.filter((column) => !known.includes(column));
  const again = others.find((each) => known.some((column) => header.includes(column) && isSpelledAlike(each, column)));
  if (again !== undefined) {
    throw new UnusableFile(`the header names the column "${again.trim()}" twice, in other blanks or capitals`);
  }
  // What a file lacks stays as it was, and what nobody names is not read: a column that is misspelled would be both.
  for (const column of known) {
    if (header.includes(column)) continue;
    const meant = misspelling(column, others);
    if (meant !== undefined) {
      throw new UnusableFile(
        `the header has "${meant}" where the configuration has "${column}"; spell them alike, blanks and capitals too`,
      );
    }
  }
  const ofLines = [...(lines?.key ?? []), ...(lines?.columns ?? [])].filter((column) => header.includes(column));
  const keyless = lines?.key.find((column) => !header.includes(column));
  if (ofLines.length > 0 && keyless !== undefined) {
    throw new UnusableFile(`the header has "${ofLines[0]}" of the lines, but not their key column "${keyless}"`);
  }
  const lacking = known.find((column) => !header.includes(column) && !config.optional.includes(column));
  if (lacking !== undefined) {
    throw new UnusableFile(
      `the header has no column "${lacking}"; it is: ${shown}. Send it, or name "${lacking}" in \`optional\` of the collection if files may lack it`,
    );
  }
}

const HEADER_SHOWN_MAX = 20;

interface Layout {
  readonly config: FilesCollectionConfig;
  readonly columnOf: ReadonlyMap<string, number>;
  readonly cell: (row: Row, column: string) => string;
}

/** What the rows of one key say together, or why that is unclear. */
function recordOf(layout: Layout, { naturalKey, rows }: Group): FileRecord | FileProblem {
  const { config, columnOf, cell } = layout;
  const { operation } = config;
  const present = (columns: readonly string[]): readonly string[] => columns.filter((column) => columnOf.has(column));
  const own = present(config.columns);
  const hasLines = config.lines?.key.every((column) => columnOf.has(column)) === true;
  const [first] = rows;
  // With an operation column a file is a history, in which the last row of a record counts; else it says one thing.
  const last = rows.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("A group has at least one row");
  const action = operation === undefined ? "" : cell(last, operation.column);
  if (operation !== undefined && action !== operation.delete && isSpelledAlike(action, operation.delete)) {
    return {
      line: last.line,
      reason: `"${action}" in column "${operation.column}" is not spelled "${operation.delete}"`,
    };
  }
  if (hasLines || operation === undefined) {
    for (const row of rows) {
      const other = own.find((column) => cell(row, column) !== cell(first, column));
      if (other === undefined) continue;
      const reason = `[${naturalKey.join(", ")}] is in line ${first.line} with another "${other}": only one can be right`;
      return { line: row.line, reason };
    }
  }
  const fields = fieldsOf(last, own, cell);
  const deleted = operation !== undefined && action === operation.delete;
  if (!hasLines) return { naturalKey, deleted, fields };
  const lines = linesOf(layout, rows);
  return "reason" in lines ? lines : { naturalKey, deleted, fields, lines };
}

function linesOf({ config, columnOf, cell }: Layout, rows: readonly Row[]): readonly FileLine[] | FileProblem {
  const { key = [], columns = [] } = config.lines ?? {};
  const present = columns.filter((column) => columnOf.has(column));
  const lines = new Map<string, FileLine & { readonly line: number }>();
  for (const row of rows) {
    const naturalKey = key.map((column) => cell(row, column));
    const filled = [...key, ...present].some((column) => cell(row, column) !== "");
    if (naturalKey.includes("")) {
      if (!filled) continue;
      return { line: row.line, reason: `the line has no key (${key.join(", ")})` };
    }
    const name = JSON.stringify(naturalKey);
    const known = lines.get(name);
    if (known !== undefined) {
      const reason = `the line [${naturalKey.join(", ")}] of this record is in line ${known.line} already`;
      return { line: row.line, reason };
    }
    lines.set(name, { line: row.line, naturalKey, fields: fieldsOf(row, present, cell) });
  }
  return [...lines.values()].map(({ naturalKey, fields }) => ({ naturalKey, fields }));
}

function fieldsOf(row: Row, columns: readonly string[], cell: Layout["cell"]): ExternalFields {
  return Object.fromEntries(columns.map((column) => [column, cell(row, column) === "" ? null : cell(row, column)]));
}

function values(count: number): string {
  return count === 1 ? "1 value" : `${count} values`;
}

function textOf(config: FilesCollectionConfig, rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { delimiter: config.delimiter, record_delimiter: "unix" },
  );
}

function csvValue(value: ExternalValue | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
