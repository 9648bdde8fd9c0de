/**
 * An org's state as plain data, and back: what a snapshot file holds.
 *
 * Reading builds a snapshot beside the org, so a file that turns out to be invalid has changed nothing; `MockOrgCore.restore`
 * then takes it as it takes any other.
 */
import { type Catalog, createCatalog } from "../schema/catalog.ts";
import type { FieldValue, ObjectDefinition, Row } from "../schema/definition.ts";
import { to18 } from "../schema/record-id.ts";
import type { ClockState } from "./clock.ts";
import { type CounterState, Counters } from "./ids.ts";
import type { OrgSnapshot } from "./org-snapshot.ts";
import type { Grant } from "./permissions.ts";
import type { OrgSettings } from "./port.ts";
import { type Deletion, RecycleBin } from "./recycle-bin.ts";
import type { SharingModels } from "./sharing.ts";
import { Table } from "./table.ts";

/** Everything of an org but its schema and its records. */
export interface OrgState {
  readonly id: string;
  readonly settings: OrgSettings;
  readonly sharing: SharingModels;
  readonly clock: ClockState;
  readonly counters: CounterState;
  /** By Id of the Profile or PermissionSet. */
  readonly grants: Readonly<Record<string, Grant>>;
  readonly deletions: readonly Deletion[];
  /** Up to when deletions are forgotten; null while all are remembered. */
  readonly earliestDeletion: string | null;
}

/** The state of a snapshot without its records. */
export function stateOf(snapshot: OrgSnapshot): OrgState {
  const bin = RecycleBin.create(snapshot.bin);
  return {
    id: snapshot.id,
    settings: snapshot.settings,
    sharing: snapshot.sharing,
    clock: snapshot.clock,
    counters: snapshot.counters,
    grants: Object.fromEntries(snapshot.grants),
    deletions: bin.entries(),
    earliestDeletion: bin.earliestDateAvailable ?? null,
  };
}

/** How a schema that was changed while an org ran differs from the one that it started with. */
export interface SchemaChanges {
  /** Objects that are new or other than before, whole. */
  readonly changed: readonly ObjectDefinition[];
  /** Names of objects that are gone. */
  readonly removed: readonly string[];
}

/** What changed from one schema to the other; undefined where nothing did. */
export function schemaChanges(base: Catalog, catalog: Catalog): SchemaChanges | undefined {
  if (base === catalog) return undefined;
  const definitions = catalog.objects.map((type) => type.definition);
  const changed = definitions.filter((definition) => base.object(definition.name)?.definition !== definition);
  const removed = base.objects.map((type) => type.name).filter((name) => catalog.object(name) === undefined);
  return changed.length + removed.length === 0 ? undefined : { changed, removed };
}

/** The schema with the changes in it. Throws an `Error` where they do not fit. */
export function withSchemaChanges(base: Catalog, { changed, removed }: SchemaChanges): Catalog {
  const gone = new Set([...removed, ...changed.map((definition) => definition.name)]);
  const kept = base.objects.map((type) => type.definition).filter((definition) => !gone.has(definition.name));
  return createCatalog([...kept, ...changed], base.labels);
}

/** How many records a snapshot holds. */
export function recordCount(snapshot: OrgSnapshot): number {
  let count = 0;
  for (const table of snapshot.tables.values()) count += table.count;
  return count;
}

/** The objects of a snapshot that have records, by name, each with its records in order of Id, nulls left out. */
export function* recordsOf(
  snapshot: OrgSnapshot,
): Generator<{ readonly object: string; readonly rows: Iterable<Row> }, void, undefined> {
  for (const type of snapshot.catalog.objects) {
    const table = snapshot.tables.get(type.name);
    if (table !== undefined && table.count > 0)
      yield { object: type.name, rows: withoutNulls(Table.create(type, table).rows()) };
  }
}

/** Builds a snapshot from state and records that came from outside, refusing what the schema does not know. */
export class SnapshotBuilder {
  readonly #state: OrgState;
  readonly #catalog: Catalog;
  readonly #counters = new Counters();
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #fields: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(catalog: Catalog, state: OrgState) {
    this.#state = state;
    this.#catalog = catalog;
    this.#counters.restore(state.counters);
    this.#tables = new Map(catalog.objects.map((type) => [type.name, Table.create(type)]));
    this.#fields = new Map(catalog.objects.map((type) => [type.name, new Set(type.fields.map((field) => field.name))]));
  }

  /** Adds one record; absent fields are null. Throws an `Error` that says what is wrong with it. */
  add(object: string, values: Readonly<Record<string, unknown>>): void {
    const table = this.#tables.get(object);
    const fields = this.#fields.get(object);
    if (table === undefined || fields === undefined) throw new Error(`the schema has no object ${object}`);
    const id = values["Id"];
    if (typeof id !== "string" || to18(id) !== id)
      throw new Error(`${object} has a record without a valid Id: ${String(id)}`);
    if (table.get(id) !== undefined) throw new Error(`${object} ${id} stands there twice`);
    const row: Record<string, FieldValue> = {};
    for (const [name, value] of Object.entries(values)) {
      if (!fields.has(name)) throw new Error(`the schema has no field ${object}.${name}`);
      if (!isFieldValue(value)) throw new Error(`${object} ${id}: ${name} is neither text, number, boolean nor null`);
      row[name] = value;
    }
    this.#counters.observeId(id);
    table.set(id, table.shaped(row));
  }

  /** The snapshot, to be restored by an org of the same schema. */
  finish(): OrgSnapshot {
    const { id, settings, sharing, clock, grants, deletions, earliestDeletion } = this.#state;
    const bin = RecycleBin.create();
    bin.load(deletions, earliestDeletion ?? undefined);
    return {
      id,
      catalog: this.#catalog,
      tables: new Map([...this.#tables].map(([object, table]) => [object, table.snapshot()])),
      bin: bin.snapshot(),
      counters: this.#counters.state,
      grants: new Map(Object.entries(grants)),
      settings,
      sharing,
      clock,
    };
  }
}

function* withoutNulls(rows: Iterable<Row>): Generator<Row, void, undefined> {
  for (const row of rows) yield Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

function isFieldValue(value: unknown): value is FieldValue {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
