/**
 * Fills an org with records in the form of `sf data export tree`: nested children, and references between records as
 * `@reference`.
 *
 * Beyond the real import, activated orders and contracts may stand among them: they are created as drafts and get their
 * status at the end, as a person would do it. Fields that the team requires and the files do not know get a made-up value.
 * `@StandardPricebook` is the standard price book. Generated seeds also say when something happened and who did it.
 */
import type { SaveInput, SaveResult } from "../dml/port.ts";
import { save } from "../dml/save.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Transaction } from "../org/port.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { Wire } from "../schema/values.ts";
import { requiredValues } from "./required-values.ts";

/** A reference to the standard price book, which every org has already. */
const STANDARD_PRICEBOOK = "StandardPricebook";
/** Nested records deeper than this are refused; the real tree import takes five levels. */
const LEVELS_MAX = 5;
/** Objects whose records begin as drafts. */
const STATUS_OBJECTS = new Set(["Order", "Contract"]);

/** One record of a file. */
export interface TreeRecord {
  readonly attributes: {
    readonly type: string;
    readonly referenceId?: string;
    /** The reference of a record that exists already: its fields change. */
    readonly existing?: string;
  };
  readonly [field: string]: unknown;
}

/** Records of one file, or of whatever else has a name. */
export interface SeedFile {
  /** For messages: the path, or what stands for it. */
  readonly path: string;
  readonly records: readonly TreeRecord[];
  /** When it happened, in milliseconds since 1970; absent: at the org's present time. */
  readonly atMs?: number;
  /** Who did it, as a username; absent: the org itself. */
  readonly by?: string;
  /** How the values are written; CSV carries them all as text. Default `json`. */
  readonly wire?: Wire;
}

/** What is known while files are loaded. */
interface Loading {
  readonly tx: Transaction;
  readonly ids: Map<string, string>;
  readonly activations: SaveInput[];
  readonly file: SeedFile;
  readonly later: Later;
  /** Records so far. */
  readonly count: { records: number };
}

/** Reduction orders of files, and what belongs to them: they wait until what they reduce is activated. */
interface Later {
  readonly records: { readonly file: SeedFile; readonly record: TreeRecord }[];
  readonly references: Set<string>;
}

/**
 * Loads records into the org: all of them or none. The org's clock is where it was afterwards.
 * Throws an `Error` that names the file and the record that cannot be loaded.
 */
export function seedOrg(org: MockOrgCore, files: Iterable<SeedFile>): void {
  const before = org.snapshot();
  const ids = new Map<string, string>();
  const later: Later = { records: [], references: new Set() };
  const count = { records: 0 };
  let waiting: SaveInput[] = [];
  try {
    for (const file of files) {
      if (file.atMs !== undefined) org.clock.restore({ kind: "frozen", atMs: file.atMs });
      const actor = file.by === undefined ? org.systemActor : org.actor(file.by);
      if (actor === undefined) throw new Error(`${file.path}: there is no user ${file.by}`);
      waiting = org.transaction(actor, (tx) => {
        const loading: Loading = { tx, ids, activations: waiting, file, later, count };
        if (ids.size === 0) findStandardPricebook(tx, ids);
        for (const record of file.records)
          if (file.atMs !== undefined || !waits(later, record)) loadRecord(loading, record, { level: 1, parent: {} });
          else later.records.push({ file, record });
        // A generated chapter is complete; files of a plan may belong together, so their activations wait.
        return file.atMs === undefined ? loading.activations : activate(loading);
      });
      org.clock.restore(before.clock);
    }
    const last: SeedFile = { path: "the seed", records: [] };
    org.transaction(org.systemActor, (tx) => {
      const loading: Loading = { tx, ids, activations: waiting, file: last, later, count };
      activate(loading);
      for (const { file, record } of later.records) loadRecord({ ...loading, file }, record, { level: 1, parent: {} });
      activate(loading);
    });
  } catch (error) {
    org.restore(before);
    throw error;
  } finally {
    org.clock.restore(before.clock);
  }
}

/** True for a reduction order, and for whatever refers to a record that waits. */
function waits({ references }: Later, record: TreeRecord): boolean {
  const refersToWaiting = Object.values(record).some(
    (value) => typeof value === "string" && references.has(value.replace(/^@/, "")),
  );
  if (!refersToWaiting && (record["OriginalOrderId"] ?? null) === null) return false;
  const { referenceId } = record.attributes;
  if (referenceId !== undefined) references.add(referenceId);
  return true;
}

/** A new org's standard price book is inactive; whoever loads prices and orders means to use it. */
function findStandardPricebook(tx: Transaction, ids: Map<string, string>): void {
  const standard = [...tx.rows("Pricebook2")].find((row) => row["IsStandard"] === true);
  if (standard === undefined) return;
  const id = String(standard["Id"]);
  ids.set(STANDARD_PRICEBOOK, id);
  if (standard["IsActive"] === true) return;
  const records = [{ object: "Pricebook2", id, values: { IsActive: true } }];
  expectSaved(save(tx, { operation: "update", records, allOrNone: true }), "the seed", "the standard price book");
}

/** Gives records their final status; returns the empty list that takes the next ones. */
function activate({ tx, activations, file }: Loading): SaveInput[] {
  for (const input of activations) {
    const results = save(tx, { operation: "update", records: [input], allOrNone: true });
    expectSaved(results, file.path, input.object);
  }
  activations.length = 0;
  return activations;
}

interface Place {
  readonly level: number;
  readonly parent: Readonly<Record<string, string>>;
}

function loadRecord(loading: Loading, record: TreeRecord, place: Place): void {
  const { tx, ids, file } = loading;
  const { attributes } = record;
  const type = tx.catalog.object(attributes.type);
  if (type === undefined) throw new Error(`${file.path}: the org has no object ${attributes.type}`);
  if (place.level > LEVELS_MAX) throw new Error(`${file.path}: records are nested deeper than ${LEVELS_MAX}`);
  const { values, children } = readMembers(loading, type, record, place.parent);
  const what = `${type.name} ${attributes.referenceId ?? attributes.existing ?? ""}`.trim();
  const wire = { wire: file.wire ?? "json" } as const;
  if (attributes.existing !== undefined) {
    const id = resolve(ids, `@${attributes.existing}`, file.path);
    const request = { operation: "update", records: [{ object: type.name, id, values }], allOrNone: true } as const;
    expectSaved(save(tx, request, wire), file.path, what);
    return;
  }
  // What reduces an order needs it activated; in a generated chapter the order is complete.
  if (file.atMs !== undefined && "OriginalOrderId" in values) activate(loading);
  const status = STATUS_OBJECTS.has(type.name) ? values["Status"] : undefined;
  const activates = status !== undefined && status !== "Draft";
  if (activates) values["Status"] = "Draft";
  loading.count.records += 1;
  const made = requiredValues(type, values, {
    number: loading.count.records,
    today: tx.now.slice(0, 10),
    anyOf: (objects) => anyRecord(tx, objects),
  });
  const records = [{ object: type.name, values: { ...made, ...values } }];
  const id = expectSaved(save(tx, { operation: "insert", records, allOrNone: true }, wire), file.path, what);
  if (attributes.referenceId !== undefined) ids.set(attributes.referenceId, id);
  if (activates) loading.activations.push({ object: type.name, id, values: { Status: status } });
  for (const { field, records: nested } of children) {
    for (const next of nested) loadRecord(loading, next, { level: place.level + 1, parent: { [field]: id } });
  }
}

function anyRecord(tx: Transaction, objects: readonly string[]): string | undefined {
  for (const object of objects)
    for (const row of tx.rows(object)) if (row["IsDeleted"] !== true) return String(row["Id"]);
  return undefined;
}

interface Members {
  readonly values: Record<string, unknown>;
  readonly children: readonly { readonly field: string; readonly records: readonly TreeRecord[] }[];
}

function readMembers(
  { ids, file }: Loading,
  type: SObjectType,
  record: TreeRecord,
  parent: Readonly<Record<string, string>>,
): Members {
  const values: Record<string, unknown> = { ...parent };
  const children: { field: string; records: readonly TreeRecord[] }[] = [];
  for (const name of Object.keys(record)) {
    if (name === "attributes") continue;
    const value = record[name];
    if (typeof value === "string") {
      const refers = (type.field(name)?.referenceTo?.length ?? 0) > 0;
      // CSV files refer to records by the Ids that they had where they came from.
      if (refers && value.startsWith("@")) values[name] = resolve(ids, value, file.path);
      else values[name] = refers && file.wire === "csv" ? (ids.get(value) ?? value) : value;
      continue;
    }
    const child = typeof value === "object" && value !== null ? type.child(name) : undefined;
    if (child !== undefined && isRecordList(value)) children.push({ field: child.field.name, records: value.records });
    else values[name] = value;
  }
  return { values, children };
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

function isRecordList(value: unknown): value is { readonly records: readonly TreeRecord[] } {
  return typeof value === "object" && value !== null && "records" in value && Array.isArray(value.records);
}
