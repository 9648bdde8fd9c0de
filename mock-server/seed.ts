/**
 * Fills an org with the files of `sf data export tree --plan`: a plan that lists files of records, and references
 * between records as `@reference`.
 *
 * Beyond the real import, activated orders and contracts may stand in the files: they are created as drafts and get
 * their status at the end, as a person would do it. `@StandardPricebook` is the standard price book.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SaveInput, SaveResult } from "./dml/contract.ts";
import { save } from "./dml/save.ts";
import type { Transaction } from "./org/contract.ts";
import type { MockOrgCore } from "./org/org.ts";

/** A reference to the standard price book, which every org has already. */
const STANDARD_PRICEBOOK = "StandardPricebook";
/** Nested records deeper than this are refused; the real tree import takes five levels. */
const LEVELS_MAX = 5;
/** Objects whose records begin as drafts, with the field that activates them. */
const STATUS_OBJECTS = new Set(["Order", "Contract"]);

/** One record of a file. */
export interface TreeRecord {
  readonly attributes: { readonly type: string; readonly referenceId?: string };
  readonly [field: string]: unknown;
}

interface PlanStep {
  readonly sobject: string;
  readonly files: readonly string[];
}

/** What is known while a plan is loaded. */
interface Loading {
  readonly tx: Transaction;
  readonly ids: Map<string, string>;
  readonly activations: SaveInput[];
}

/** Records of one file, or of whatever else has a name. */
export interface SeedFile {
  /** For messages: the path, or what stands for it. */
  readonly path: string;
  readonly records: readonly TreeRecord[];
}

/**
 * Loads records into the org, as its system user, in one transaction: all or none.
 * Throws an `Error` that names the file and the record that cannot be loaded.
 */
export function seedOrg(org: MockOrgCore, files: readonly SeedFile[]): void {
  org.transaction(org.systemActor, (tx) => {
    const loading: Loading = { tx, ids: new Map(), activations: [] };
    const standard = [...tx.rows("Pricebook2")].find((row) => row["IsStandard"] === true);
    if (standard !== undefined) {
      loading.ids.set(STANDARD_PRICEBOOK, String(standard["Id"]));
      if (standard["IsActive"] !== true) activatePricebook(tx, String(standard["Id"]));
    }
    for (const { path, records } of files) {
      for (const record of records) loadRecord(loading, record, { path, level: 1, parent: {} });
    }
    for (const input of loading.activations) {
      const results = save(tx, { operation: "update", records: [input], allOrNone: true });
      expectSaved(results, files.at(-1)?.path ?? "", input.object);
    }
  });
}

/** A new org's standard price book is inactive; whoever loads prices and orders means to use it. */
function activatePricebook(tx: Transaction, id: string): void {
  const records = [{ object: "Pricebook2", id, values: { IsActive: true } }];
  expectSaved(save(tx, { operation: "update", records, allOrNone: true }), "", "the standard price book");
}

/** The files that a plan of `sf data export tree --plan` lists, in its order. Throws an `Error` that names the path. */
export function readPlanFiles(planPath: string): readonly SeedFile[] {
  return readPlan(planPath).flatMap((step) =>
    step.files.map((file) => {
      const path = join(dirname(planPath), file);
      return { path, records: readRecords(path) };
    }),
  );
}

function loadRecord(
  loading: Loading,
  record: TreeRecord,
  place: { readonly path: string; readonly level: number; readonly parent: Readonly<Record<string, string>> },
): void {
  const { tx, ids } = loading;
  const { attributes, ...members } = record;
  const type = tx.catalog.object(attributes.type);
  if (type === undefined) throw new Error(`${place.path}: the org has no object ${attributes.type}`);
  if (place.level > LEVELS_MAX) throw new Error(`${place.path}: records are nested deeper than ${LEVELS_MAX}`);
  const values: Record<string, unknown> = { ...place.parent };
  const children: { readonly field: string; readonly records: readonly TreeRecord[] }[] = [];
  for (const [name, value] of Object.entries(members)) {
    const child = type.child(name);
    if (child !== undefined && isRecordList(value)) children.push({ field: child.field.name, records: value.records });
    else values[name] = typeof value === "string" && value.startsWith("@") ? resolve(ids, value, place.path) : value;
  }
  const status = STATUS_OBJECTS.has(type.name) ? values["Status"] : undefined;
  const activates = status !== undefined && status !== "Draft";
  if (activates) values["Status"] = "Draft";
  const what = `${type.name} ${attributes.referenceId ?? ""}`.trim();
  const records = [{ object: type.name, values }];
  const id = expectSaved(save(tx, { operation: "insert", records, allOrNone: true }), place.path, what);
  if (attributes.referenceId !== undefined) ids.set(attributes.referenceId, id);
  if (activates) loading.activations.push({ object: type.name, id, values: { Status: status } });
  for (const { field, records: nested } of children) {
    for (const next of nested) loadRecord(loading, next, { ...place, level: place.level + 1, parent: { [field]: id } });
  }
}

function resolve(ids: ReadonlyMap<string, string>, reference: string, path: string): string {
  const id = ids.get(reference.slice(1));
  if (id === undefined) throw new Error(`${path}: nothing before it has the reference ${reference}`);
  return id;
}

function expectSaved(results: readonly SaveResult[], path: string, what: string): string {
  const [result] = results;
  if (result?.success === true) return result.id;
  const faults = result?.faults.map((fault) => `${fault.code}: ${fault.message}`).join("; ");
  throw new Error(`${path}: ${what} cannot be loaded: ${faults ?? "no result"}`);
}

function readPlan(path: string): readonly PlanStep[] {
  const plan = readJson(path);
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
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`${path}: cannot be read; name the plan file of an sf data export tree`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path}: is no JSON`, { cause });
  }
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
