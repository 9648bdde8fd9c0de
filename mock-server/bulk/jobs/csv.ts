/** CSV as Bulk API 2.0 speaks it: chosen delimiter and line ending, no trimming. Source: rest-api §11.7. */
import { parse } from "csv-parse/sync";

/** Delimiters by their names in a job. */
export const COLUMN_DELIMITERS = {
  BACKQUOTE: "`",
  CARET: "^",
  COMMA: ",",
  PIPE: "|",
  SEMICOLON: ";",
  TAB: "\t",
} as const;

/** Line endings by their names in a job. */
export const LINE_ENDINGS = { LF: "\n", CRLF: "\r\n" } as const;

export type ColumnDelimiter = keyof typeof COLUMN_DELIMITERS;
export type LineEnding = keyof typeof LINE_ENDINGS;

/** Salesforce's bounds of a file. */
const COLUMNS_MAX = 5_000;
const HEADER_CHARACTERS_MAX = 32_000;
const RECORD_CHARACTERS_MAX = 400_000;

/** How a job's files are written. */
export interface CsvForm {
  readonly columnDelimiter: ColumnDelimiter;
  readonly lineEnding: LineEnding;
}

/** A file as lists of cells; the first list is the header. */
export type CsvTable = readonly (readonly string[])[];

/** Why a file cannot be read: the `errorMessage` of the failed job. */
export interface CsvProblem {
  readonly problem: string;
}

function mixedLineEnds({ lineEnding }: CsvForm): CsvProblem {
  return { problem: `LineEnding is invalid on user data. Current LineEnding setting is ${lineEnding}` };
}

/** Parses an uploaded file. The texts of its refusals are from memory. */
export function parseCsv(text: string, form: CsvForm): CsvTable | CsvProblem {
  const firstBreak = text.indexOf("\n");
  const hasReturn = firstBreak > 0 && text[firstBreak - 1] === "\r";
  if (firstBreak > 0 && hasReturn !== (form.lineEnding === "CRLF")) {
    return mixedLineEnds(form);
  }
  try {
    const table: CsvTable = parse(text, {
      delimiter: COLUMN_DELIMITERS[form.columnDelimiter],
      record_delimiter: LINE_ENDINGS[form.lineEnding],
      relax_column_count: false,
      skip_empty_lines: true,
      max_record_size: RECORD_CHARACTERS_MAX,
      bom: false,
    });
    // A file of both kinds of line ends is not one of its job's: the returns would end up in the last column's values.
    if (form.lineEnding === "LF" && table.some((row) => row.at(-1)?.endsWith("\r") === true))
      return mixedLineEnds(form);
    const problem = headerProblem(table[0] ?? []);
    return problem === undefined ? table : { problem };
  } catch (error) {
    return { problem: `InvalidBatch : Failed to parse CSV: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function headerProblem(header: readonly string[]): string | undefined {
  if (header.length > COLUMNS_MAX) return `InvalidBatch : Records have more than ${COLUMNS_MAX} fields`;
  if (header.join(",").length > HEADER_CHARACTERS_MAX)
    return `InvalidBatch : The header has more than ${HEADER_CHARACTERS_MAX} characters`;
  const names = header.map((name) => name.toLowerCase());
  const double = header.find((_, at) => names.indexOf(names[at] ?? "") !== at);
  return double === undefined ? undefined : `InvalidBatch : Duplicate field name in the header : ${double}`;
}

/** One line of a result file, all cells quoted, with its line ending. */
export function csvLine(cells: readonly string[], form: CsvForm): string {
  const delimiter = COLUMN_DELIMITERS[form.columnDelimiter];
  return cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter) + LINE_ENDINGS[form.lineEnding];
}

/** The header of a result file: the mock's own columns quoted, the client's as they were uploaded. */
export function csvHeader(own: readonly string[], uploaded: readonly string[], form: CsvForm): string {
  const cells = [...own.map((name) => `"${name}"`), ...uploaded];
  return cells.join(COLUMN_DELIMITERS[form.columnDelimiter]) + LINE_ENDINGS[form.lineEnding];
}
