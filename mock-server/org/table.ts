/**
 * One object's records: a stack of layers with hash indexes and one index by `SystemModstamp`.
 *
 * A fork shares all layers of its origin as they are and both sides write into a layer of their own from then on, so a
 * fork costs the same at any size. Records are frozen objects of one hidden class per object and are replaced, never
 * changed. Soft deletion is a field like any other here.
 */
import assert from "node:assert/strict";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";
import { type IndexPlan, indexKey, Layer } from "./layer.ts";
import { compareText, lowerBound } from "./sorted-keys.ts";

/**
 * Most frozen layers under a table's own one. A read of an untouched record asks every layer, and only a chain of
 * forks or snapshots with changes between them grows the stack; then the two smallest neighbors are joined.
 */
const FROZEN_LAYERS_MAX = 6;

/** What never changes about an object's table, shared by all its forks. */
interface TableShape {
  readonly object: string;
  /** Every field with null: each record starts as a copy of it, which gives all the same hidden class. */
  readonly template: Row;
  /** The fields in the template's order. */
  readonly names: readonly string[];
  readonly plan: IndexPlan;
  readonly positions: ReadonlyMap<string, number>;
}

/** The frozen layers of a table at one moment; belongs to no table and never changes. */
export interface TableSnapshot {
  readonly layers: readonly Layer[];
  readonly count: number;
}

export class Table {
  readonly #shape: TableShape;
  /** Uppermost first. */
  #frozen: readonly Layer[];
  #own: Layer | undefined;
  #count: number;
  #version = 0;
  /** The last snapshot, as long as nothing changed since. */
  #taken: TableSnapshot | undefined;

  private constructor(shape: TableShape, snapshot: TableSnapshot) {
    this.#shape = shape;
    this.#frozen = snapshot.layers;
    this.#count = snapshot.count;
    this.#taken = snapshot;
  }

  /** An empty table, or one with the records of a snapshot; the object's fields decide what is indexed. */
  static create(type: SObjectType, snapshot: TableSnapshot = { layers: [], count: 0 }): Table {
    return new Table(shapeOf(type), snapshot);
  }

  /**
   * A table of the same records for another definition of the object: fields that are gone are dropped, new ones are
   * null, or false where they are checkboxes.
   */
  converted(type: SObjectType): Table {
    const table = Table.create(type);
    const { template, names } = table.#shape;
    const isNew = (name: string): boolean => !(name in this.#shape.template);
    const checkboxes = type.fields.filter((field) => field.type === "boolean" && isNew(field.name));
    const fresh = Object.fromEntries(checkboxes.map((field) => [field.name, false]));
    for (const row of this.rows()) {
      const kept: Record<string, FieldValue> = { ...template, ...fresh };
      for (const name of names) if (row[name] !== undefined) kept[name] = row[name];
      table.set(String(row["Id"]), table.shaped(kept));
    }
    return table;
  }

  get object(): string {
    return this.#shape.object;
  }

  /** Records, soft-deleted ones included. */
  get count(): number {
    return this.#count;
  }

  /** Grows with every change: whoever derives something from the records knows when to derive it again. */
  get version(): number {
    return this.#version;
  }

  get(id: string): Row | undefined {
    const own = this.#own?.rows.get(id);
    if (own !== undefined) return own ?? undefined;
    for (const layer of this.#frozen) {
      const row = layer.rows.get(id);
      if (row !== undefined) return row ?? undefined;
    }
    return undefined;
  }

  /** Every record in order of its Id. The table must not change while this is walked; copy it first. */
  rows(): Iterable<Row> {
    const layers = this.#layers();
    const lowest = layers.at(-1);
    if (lowest === undefined) return [];
    const below = lowestRows(lowest);
    const above = joined(layers.slice(0, -1).map((layer) => layer.ids.ordered()));
    return above.length === 0 ? below : this.#overlaid(below, above);
  }

  hasIndex(field: string): boolean {
    return field === "Id" || this.#shape.positions.has(field);
  }

  /** The records whose indexed field has this value, in order of Id; an `Error` where the field has no index. */
  find(field: string, value: FieldValue): readonly Row[] {
    if (field === "Id") {
      const row = typeof value === "string" ? this.get(value) : undefined;
      return row === undefined ? [] : [row];
    }
    const at = this.#shape.positions.get(field);
    const indexed = at === undefined ? undefined : this.#shape.plan.fields[at];
    if (at === undefined || indexed === undefined)
      throw new Error(`${this.object}.${field} has no index; scan the records of ${this.object} instead`);
    const key = indexKey(indexed, value);
    if (key === undefined) return [];
    return this.#checked(
      this.#layers().map((layer) => layer.indexes[at]?.ids(key) ?? []),
      (row) => indexKey(indexed, row[indexed.name]) === key,
    );
  }

  /**
   * The records with `from <= SystemModstamp <= to`, ordered by (SystemModstamp, Id); an absent bound is open.
   * The table must not change while this is walked. An `Error` where the object has no `SystemModstamp`.
   */
  *byStamp(from?: string, to?: string): Generator<Row, void, undefined> {
    if (!this.#shape.plan.stamped) throw new Error(`${this.object} has no SystemModstamp`);
    const layers = this.#layers();
    const keys = layers.map((layer) => layer.stampKeys.ordered());
    const next = keys.map((list) => (from === undefined ? 0 : lowerBound(list, from)));
    for (;;) {
      let stamp: string | undefined;
      for (const [at, list] of keys.entries()) {
        const candidate = list[next[at] ?? 0];
        if (candidate !== undefined && (stamp === undefined || candidate < stamp)) stamp = candidate;
      }
      if (stamp === undefined || (to !== undefined && stamp > to)) return;
      const wanted = stamp;
      for (const [at, list] of keys.entries()) if (list[next[at] ?? 0] === wanted) next[at] = (next[at] ?? 0) + 1;
      yield* this.#checked(
        layers.map((layer) => layer.stamps.ids(wanted)),
        (row) => row["SystemModstamp"] === wanted,
      );
    }
  }

  /**
   * The record as this table stores it: fields that `row` lacks are null, frozen, of the hidden class that all records
   * of the object share. A field that the object does not have is a programmer error.
   */
  shaped(row: Row): Row {
    const record: Record<string, FieldValue> = { ...this.#shape.template };
    for (const field in row) {
      if (!(field in record)) assert.fail(`${this.object} has no field ${field}`);
      const value = row[field];
      if (value !== undefined) record[field] = value;
    }
    return Object.freeze(record);
  }

  /**
   * Like `shaped`, for a record made by spreading a stored one: such a record has the hidden class already, so it is
   * frozen and taken as it is, which is three times as fast as a copy.
   */
  reshaped(row: Row): Row {
    const { names } = this.#shape;
    let at = 0;
    for (const field in row) {
      if (field !== names[at]) return this.shaped(row);
      at += 1;
    }
    return at === names.length ? Object.freeze(row) : this.shaped(row);
  }

  /** Stores a record that `shaped` made, replaces it, or with `undefined` removes it, and keeps the indexes. */
  set(id: string, after: Row | undefined): void {
    const before = this.get(id);
    if (before === after) return;
    this.#version += 1;
    this.#taken = undefined;
    this.#own ??= new Layer(this.#shape.plan);
    if (after !== undefined) this.#own.setRow(id, after);
    else if (this.#frozen.length === 0) this.#own.dropRow(id);
    else this.#own.setRow(id, null);
    this.#count += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    index(this.#shape.plan, this.#own, { id, before, after });
  }

  /** An independent table with the same records. Neither sees what the other changes afterwards. */
  fork(): Table {
    return new Table(this.#shape, this.snapshot());
  }

  /** The records as they are now, unaffected by later changes. */
  snapshot(): TableSnapshot {
    if (this.#taken !== undefined) return this.#taken;
    if (this.#own !== undefined && this.#own.rows.size > 0) {
      this.#frozen = bounded([this.#own, ...this.#frozen], this.#shape.plan);
      this.#own = undefined;
    }
    this.#taken = { layers: this.#frozen, count: this.#count };
    return this.#taken;
  }

  /** Goes back to a snapshot of this table or of one that it was forked from. */
  restore(snapshot: TableSnapshot): void {
    this.#own = undefined;
    this.#frozen = snapshot.layers;
    this.#count = snapshot.count;
    this.#taken = snapshot;
    this.#version += 1;
  }

  #layers(): readonly Layer[] {
    return this.#own === undefined ? this.#frozen : [this.#own, ...this.#frozen];
  }

  /** The records of the lowest layer, with those that upper layers added, replaced or removed. Both are in order. */
  *#overlaid(below: Iterable<Row>, above: readonly string[]): Generator<Row, void, undefined> {
    let at = 0;
    for (const row of below) {
      const id = String(row["Id"]);
      let changed = above[at];
      for (; changed !== undefined && changed <= id; at += 1, changed = above[at]) {
        const upper = this.get(changed);
        if (upper !== undefined) yield upper;
      }
      // Passed just now where an upper layer has it too.
      if (above[at - 1] !== id) yield row;
    }
    for (const id of above.slice(at)) {
      const added = this.get(id);
      if (added !== undefined) yield added;
    }
  }

  /** Joins the Ids that the layers gave and keeps the records that still have the key. */
  #checked(lists: readonly (readonly string[])[], holds: (row: Row) => boolean): readonly Row[] {
    const rows: Row[] = [];
    for (const id of joined(lists)) {
      const row = this.get(id);
      if (row !== undefined && holds(row)) rows.push(row);
    }
    return rows;
  }
}

/** A lowest layer holds no marks of removal, so its map is the answer where the map is in order. */
function lowestRows(layer: Layer): Iterable<Row> {
  if (layer.ids.alwaysAscending) return layer.rows.values() as Iterable<Row>;
  const rows = layer.ids.ordered().map((id) => layer.rows.get(id));
  return rows.filter((row) => row !== undefined && row !== null);
}

function shapeOf(type: SObjectType): TableShape {
  // Frozen, because V8 spreads a frozen object ten times as fast as one that was built key by key.
  const template = Object.freeze(Object.fromEntries(type.fields.filter(isStored).map((field) => [field.name, null])));
  const fields = type.fields
    .filter((field) => field.name !== "Id" && isIndexed(field))
    .map((field) => ({ name: field.name, folded: isFolded(field) }));
  return {
    object: type.name,
    template,
    names: Object.keys(template),
    plan: { fields, stamped: "SystemModstamp" in template },
    positions: new Map(fields.map((field, at) => [field.name, at])),
  };
}

/** Compound fields are read from their components. */
function isStored(field: FieldDefinition): boolean {
  return field.type !== "address" && field.type !== "location";
}

function isIndexed(field: FieldDefinition): boolean {
  return field.type === "reference" || [field.unique, field.externalId, field.idLookup].includes(true);
}

/** Ids differ by letter case, so references are compared as they are. */
function isFolded(field: FieldDefinition): boolean {
  return field.type !== "reference" && field.caseSensitive !== true;
}

function index(
  plan: IndexPlan,
  own: Layer,
  change: { readonly id: string; readonly before: Row | undefined; readonly after: Row | undefined },
): void {
  const { id, before, after } = change;
  const { fields } = plan;
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at];
    if (field === undefined) continue;
    const oldValue = before?.[field.name] ?? null;
    const newValue = after?.[field.name] ?? null;
    // An unchanged key is in the layer that the earlier record came from.
    if (oldValue === newValue) continue;
    const oldKey = indexKey(field, oldValue);
    const newKey = indexKey(field, newValue);
    if (oldKey === newKey) continue;
    if (oldKey !== undefined) own.indexes[at]?.remove(oldKey, id);
    if (newKey !== undefined) own.indexes[at]?.add(newKey, id);
  }
  if (!plan.stamped) return;
  const oldStamp = before?.["SystemModstamp"] ?? null;
  const newStamp = after?.["SystemModstamp"] ?? null;
  if (oldStamp === newStamp) return;
  if (typeof oldStamp === "string") own.removeStamp(oldStamp, id);
  if (typeof newStamp === "string") own.addStamp(newStamp, id);
}

/** Keeps a stack of frozen layers within its bound by joining the two neighbors with the fewest records. */
function bounded(layers: readonly Layer[], plan: IndexPlan): readonly Layer[] {
  if (layers.length <= FROZEN_LAYERS_MAX) return layers;
  let smallest = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [at, layer] of layers.entries()) {
    const below = layers[at + 1];
    if (below === undefined || layer.rows.size + below.rows.size >= fewest) continue;
    smallest = at;
    fewest = layer.rows.size + below.rows.size;
  }
  const upper = layers[smallest];
  const lower = layers[smallest + 1];
  assert(upper !== undefined && lower !== undefined, "a stack over its bound has two neighbors");
  const merged = mergeLayers(upper, lower, { plan, lowest: smallest + 2 === layers.length });
  return bounded([...layers.slice(0, smallest), merged, ...layers.slice(smallest + 2)], plan);
}

/** One layer with the content of two. It indexes every key of its records, also those whose key came from below. */
function mergeLayers(
  upper: Layer,
  lower: Layer,
  options: { readonly plan: IndexPlan; readonly lowest: boolean },
): Layer {
  const merged = new Layer(options.plan);
  for (const id of joined([upper.ids.ordered(), lower.ids.ordered()])) {
    const row = upper.rows.has(id) ? upper.rows.get(id) : lower.rows.get(id);
    if (row === undefined || (row === null && options.lowest)) continue;
    merged.setRow(id, row);
    if (row !== null) index(options.plan, merged, { id, before: undefined, after: row });
  }
  return merged;
}

/** The Ids of several ascending lists as one ascending list without repetition. */
function joined(lists: readonly (readonly string[])[]): readonly string[] {
  const filled = lists.filter((list) => list.length > 0);
  if (filled.length <= 1) return filled[0] ?? [];
  const all = filled.flat().sort(compareText);
  return all.filter((id, at) => at === 0 || all[at - 1] !== id);
}
