/**
 * Reads seed data from files: the plan of an `sf data export tree --plan`, a single tree file, a CSV file named after its
 * object, or a folder of CSV files.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { didYouMean } from "../setup/nearest.ts";
import type { SeedFile, TreeRecord } from "./seed.ts";

/**
 * The files behind a path, in the order in which they can be loaded. Throws an `Error` that names the path and what
 * would be right.
 */
export function readSeedFiles(path: string): readonly SeedFile[] {
  if (isFolder(path)) {
    const names = readdirSync(path).filter((name) => name.toLowerCase().endsWith(".csv"));
    if (names.length === 0) throw new Error(`${path}: a folder of seed data holds CSV files named after their object`);
    return inOrderOfLoading(names).map((name) => readCsv(join(path, name)));
  }
  if (path.toLowerCase().endsWith(".csv")) return [readCsv(path)];
  const content = readJson(path);
  if (isRecordList(content)) return [{ path, records: content.records }];
  return readPlan(path, content).flatMap((step) =>
    step.files.map((file) => {
      const place = join(dirname(path), file);
      return { path: place, records: readRecords(place) };
    }),
  );
}

/** Parents before children; objects that are not named here keep the order of their names at the end. */
const LOADING_ORDER = [
  "account",
  "contact",
  "product2",
  "pricebook2",
  "pricebookentry",
  "contract",
  "order",
  "orderitem",
];

function inOrderOfLoading(names: readonly string[]): readonly string[] {
  const rank = (name: string): number => {
    const at = LOADING_ORDER.indexOf(
      basename(name)
        .replace(/\.csv$/i, "")
        .toLowerCase(),
    );
    return at < 0 ? LOADING_ORDER.length : at;
  };
  return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/**
 * A CSV file as records: the header names fields, an empty cell is null, and the column `Id` names the record for the
 * references of other files, so that an export of one org can be loaded into another.
 */
function readCsv(path: string): SeedFile {
  const type = basename(path).replace(/\.csv$/i, "");
  let rows: readonly Readonly<Record<string, string>>[];
  try {
    rows = parse(readText(path), { columns: true, bom: true, skip_empty_lines: true, relax_column_count: false });
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const records = rows.map((row): TreeRecord => {
    const values = Object.entries(row).filter(([name, value]) => name.toLowerCase() !== "id" && value !== "");
    const id = Object.entries(row).find(([name]) => name.toLowerCase() === "id")?.[1];
    return { attributes: { type, ...(id ? { referenceId: id } : {}) }, ...Object.fromEntries(values) };
  });
  return { path, records, wire: "csv" };
}

interface PlanStep {
  readonly sobject: string;
  readonly files: readonly string[];
}

function readPlan(path: string, plan: unknown): readonly PlanStep[] {
  if (!Array.isArray(plan)) throw new Error(`${path}: a plan is a list of steps; see sf data export tree --plan`);
  return plan.map((step: unknown) => {
    if (!isMembers(step) || typeof step["sobject"] !== "string" || !isTextList(step["files"])) {
      throw new Error(`${path}: each step of a plan has an sobject and a list of files`);
    }
    return { sobject: step["sobject"], files: step["files"] };
  });
}

function readRecords(path: string): readonly TreeRecord[] {
  const content = readJson(path);
  if (!isRecordList(content)) {
    throw new Error(`${path}: a file of records has a list "records", each with attributes and their type`);
  }
  return content.records;
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path}: is no JSON`, { cause });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(
      `${path}${didYouMean(path, ["empty", "demo"])}: cannot be read; choose empty, demo, volume:<orders>, the plan file of an sf data export tree, or CSV files`,
      { cause },
    );
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isRecordList(value: unknown): value is { readonly records: readonly TreeRecord[] } {
  const records = isMembers(value) ? value["records"] : undefined;
  return Array.isArray(records) && records.every(isTreeRecord);
}

function isTreeRecord(value: unknown): value is TreeRecord {
  const attributes = isMembers(value) ? value["attributes"] : undefined;
  return isMembers(attributes) && typeof attributes["type"] === "string";
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item: unknown) => typeof item === "string");
}
