/** A small in-memory dataset for tests and benchmarks of the query language: arrays, maps, nothing clever. */
import type { Catalog } from "../../../mock-server/schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../../../mock-server/schema/definition.ts";
import type { QueryContext, SoqlDataset } from "../../../mock-server/soql/base/port.ts";

/** Records by object; fields that are absent become null (false for booleans). */
export type Records = Readonly<Record<string, readonly Readonly<Record<string, FieldValue>>[]>>;

/** Which fields have an index: Id, unique, external Id, idLookup and reference fields. */
export function isIndexed(field: FieldDefinition): boolean {
  return (
    field.type === "id" ||
    field.type === "reference" ||
    field.unique === true ||
    field.externalId === true ||
    field.idLookup === true
  );
}

/** Builds a dataset; rows are kept in order of Id. */
export function createDataset(catalog: Catalog, records: Records, useIndexes = true): SoqlDataset {
  const tables = new Map<string, Table>();
  for (const object of catalog.objects) {
    const given = records[object.name] ?? [];
    // One template, so that all rows share a hidden class as in the org's store.
    const template = Object.freeze(
      Object.fromEntries(object.fields.map((field): [string, FieldValue] => [field.name, blank(field)])),
    );
    const rows = given
      .map((record): Row => {
        const row: Record<string, FieldValue> = { ...template };
        for (const [name, value] of Object.entries(record)) row[name] = value;
        return Object.freeze(row);
      })
      .sort((a, b) => (String(a["Id"]) < String(b["Id"]) ? -1 : 1));
    tables.set(object.name, createTable(rows, useIndexes ? object.fields.filter(isIndexed) : []));
  }
  const table = (object: string): Table => tables.get(object) ?? createTable([], []);
  return {
    get: (object, id) => table(object).byId.get(id),
    rows: (object) => table(object).rows,
    count: (object) => table(object).rows.length,
    hasIndex: (object, field) => table(object).indexes.has(field),
    find(object, field, value) {
      const index = table(object).indexes.get(field);
      if (index === undefined) throw new Error(`${object}.${field} has no index`);
      return index.rows.get(index.folds && typeof value === "string" ? value.toLowerCase() : value) ?? [];
    },
    byStamp(object, from, to) {
      const { stamped } = table(object);
      const start = from === undefined ? 0 : lowerBound(stamped, from, false);
      const end = to === undefined ? stamped.length : lowerBound(stamped, to, true);
      return stamped.slice(start, end);
    },
  };
}

/** The context of an English administrator in UTC at the given moment. */
export function createContext(catalog: Catalog, data: SoqlDataset, more: Partial<QueryContext> = {}): QueryContext {
  return {
    catalog,
    data,
    nowMs: Date.UTC(2024, 5, 12, 10, 0, 0),
    userId: "005000000000001AAA",
    timeZone: "UTC",
    locale: "en_US",
    apiVersion: 62,
    includeDeleted: false,
    ...more,
  };
}

interface Table {
  readonly rows: readonly Row[];
  readonly byId: ReadonlyMap<string, Row>;
  readonly stamped: readonly Row[];
  readonly indexes: ReadonlyMap<string, { readonly folds: boolean; readonly rows: Map<FieldValue, Row[]> }>;
}

function createTable(rows: readonly Row[], indexed: readonly FieldDefinition[]): Table {
  const indexes = new Map<string, { folds: boolean; rows: Map<FieldValue, Row[]> }>();
  for (const field of indexed) {
    const folds = field.type !== "id" && field.type !== "reference" && field.caseSensitive !== true;
    const byValue = new Map<FieldValue, Row[]>();
    for (const row of rows) {
      const value = row[field.name] ?? null;
      if (value === null) continue;
      const key = folds && typeof value === "string" ? value.toLowerCase() : value;
      const list = byValue.get(key);
      if (list === undefined) byValue.set(key, [row]);
      else list.push(row);
    }
    indexes.set(field.name, { folds, rows: byValue });
  }
  const stamped = [...rows].sort((a, b) => compare(stampOf(a), stampOf(b)));
  return { rows, byId: new Map(rows.map((row) => [String(row["Id"]), row])), stamped, indexes };
}

function lowerBound(rows: readonly Row[], stamp: string, after: boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    const order = row === undefined ? 0 : compare(stampOf(row), stamp);
    if (order < 0 || (after && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function stampOf(row: Row): string {
  return String(row["SystemModstamp"] ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function blank(field: FieldDefinition): FieldValue {
  return field.type === "boolean" ? false : null;
}
