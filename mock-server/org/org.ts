/**
 * The org: a synchronous state machine in memory that owns the records and everything that belongs to them.
 *
 * All change goes through `transaction`. A fork, a snapshot and a restore cost the same at any number of records,
 * because tables share their layers (`table.ts`).
 */
import { type Catalog, type CustomLabels, createCatalog } from "../schema/catalog.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import { to18 } from "../schema/record-id.ts";
import { Actors } from "./actors.ts";
import { ManualClock } from "./clock.ts";
import { Counters } from "./ids.ts";
import { Listeners } from "./listeners.ts";
import type { LongTransaction } from "./long-transaction.ts";
import { type OrgSnapshot, tableOf } from "./org-snapshot.ts";
import { type Grant, type PermissionDefinition, STANDARD_USER, SYSTEM_ADMINISTRATOR } from "./permissions.ts";
import type { Actor, CommitListener, Org, OrgSettings, Transaction, TransactionOrigin } from "./port.ts";
import { RecentlyViewed } from "./recently-viewed.ts";
import { RecycleBin } from "./recycle-bin.ts";
import { grantOf } from "./rights.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { Setup, type SetupParts } from "./setup.ts";
import type { SharingModels } from "./sharing.ts";
import {
  ADMIN_USER,
  assignPermissionSet,
  insertStandardRecords,
  insertUser,
  savePermissionRecord,
  type UserDefinition,
} from "./standard-records.ts";
import { Table } from "./table.ts";
import { Transactions } from "./transactions.ts";

/** What a new org is made of. */
export interface OrgOptions {
  /** The schema. It must have `User` and `Profile`; everything else may be missing. */
  readonly definitions: readonly ObjectDefinition[];
  readonly settings?: Partial<OrgSettings>;
  /** Texts that formulas name with `$Label`. */
  readonly labels?: CustomLabels;
  /** Default: runs with real time. */
  readonly clock?: ManualClock;
  /** Where record Ids begin. The same seed gives the same Ids. */
  readonly seed?: number | string;
  /** Id of the org itself, 15 or 18 characters. Default: the first one that the seed gives. */
  readonly id?: string;
  readonly name?: string;
  /** Profiles and permission sets beside System Administrator and Standard User; one of these names replaces it. */
  readonly permissions?: readonly PermissionDefinition[];
  /** Users beside `admin@mock.org`. */
  readonly users?: readonly UserDefinition[];
  /** Organization-wide defaults that differ from the schema's. */
  readonly sharing?: SharingModels;
}

/** Makes an org with the records that every org has. Throws an `Error` where the options contradict each other. */
export function createOrg(options: OrgOptions): MockOrgCore {
  return MockOrgCore.create(options);
}

/** The one implementation of `Org`, with what only a mock can do: forks, snapshots, a clock in hand, locks. */
export class MockOrgCore implements Org {
  readonly clock: ManualClock;
  /** What was deleted, and for how long it can come back. */
  readonly recycleBin: RecycleBin;
  /** What each user looked at last. It is no part of snapshots and forks. */
  readonly recentlyViewed = new RecentlyViewed();
  readonly #counters: Counters;
  readonly #replaced = new Listeners<[]>();
  readonly #setup: Setup;
  readonly #transactions: Transactions;
  #id: string;
  #tables: ReadonlyMap<string, Table>;
  #origin: OrgSnapshot | undefined;

  private constructor(parts: {
    readonly id: string;
    readonly catalog: Catalog;
    readonly tables: ReadonlyMap<string, Table>;
    readonly counters: Counters;
    readonly clock: ManualClock;
    readonly recycleBin: RecycleBin;
    readonly settings: OrgSettings;
    readonly sharing: SharingModels;
    readonly actors: Actors;
  }) {
    this.#id = parts.id;
    this.clock = parts.clock;
    this.recycleBin = parts.recycleBin;
    this.#tables = parts.tables;
    this.#counters = parts.counters;
    const { clock, counters, recycleBin, catalog, settings, sharing, actors, tables } = parts;
    this.#setup = new Setup({ catalog, settings, sharing, actors, tables, nowMs: clock.nowMs() });
    const { recentlyViewed } = this;
    this.#transactions = new Transactions({
      clock,
      counters,
      recycleBin,
      recentlyViewed,
      setup: this.#setup,
      tables: () => this.#tables,
    });
  }

  /** See `createOrg`. */
  static create(options: OrgOptions): MockOrgCore {
    const catalog = createCatalog(options.definitions, options.labels);
    for (const object of ["User", "Profile"])
      if (catalog.object(object) === undefined)
        throw new Error(`An org needs the object ${object}: add its definition to the schema`);
    const counters = new Counters(options.seed);
    const tables = new Map(catalog.objects.map((type) => [type.name, Table.create(type)]));
    const org = new MockOrgCore({
      id: options.id === undefined ? counters.nextId(ORG_PREFIX) : orgIdOf(options.id),
      catalog,
      tables,
      counters,
      clock: options.clock ?? new ManualClock(),
      recycleBin: RecycleBin.create(),
      settings: { ...DEFAULT_SETTINGS, ...options.settings },
      sharing: options.sharing ?? {},
      actors: Actors.create(catalog, tables),
    });
    const adminId = counters.nextId("005");
    org.transaction({ ...org.systemActor, userId: adminId }, (tx) => {
      for (const definition of [SYSTEM_ADMINISTRATOR, STANDARD_USER, ...(options.permissions ?? [])])
        org.#setup.actors.grant(savePermissionRecord(tx, definition), grantOf(tx.catalog, definition));
      insertUser(tx, ADMIN_USER, adminId);
      insertStandardRecords(tx, { id: org.id, name: options.name ?? "Mock Org" });
      for (const user of options.users ?? []) insertUser(tx, user);
    });
    org.#setup.isNew(org.clock.nowMs());
    org.#origin = org.snapshot();
    return org;
  }

  get id(): string {
    return this.#id;
  }

  /** The objects that exist in this org under its settings. */
  get catalog(): Catalog {
    return this.#setup.catalog;
  }

  get settings(): OrgSettings {
    return this.#setup.settings;
  }

  /** When objects, fields, settings or anybody's rights last changed, in milliseconds: what describe tells hangs on them. */
  get schemaChangedMs(): number {
    return this.#setup.changedMs;
  }

  /** The whole schema, also of objects that the settings hide. */
  get wholeCatalog(): Catalog {
    return this.#setup.wholeCatalog;
  }

  /** Organization-wide defaults that differ from the schema's. */
  get sharingModels(): SharingModels {
    return this.#setup.sharingModels;
  }

  /** Changes settings of the whole org, as an administrator does in Setup. */
  configure(settings: Partial<OrgSettings>): void {
    this.#reconfigure({ settings: { ...this.settings, ...settings } });
  }

  /** Changes organization-wide defaults. */
  share(models: SharingModels): void {
    this.#reconfigure({ sharing: { ...this.sharingModels, ...models } });
  }

  /** The org itself as an actor: for loading and for what happens without a user. It sees and may do everything. */
  get systemActor(): Actor {
    return this.#setup.actors.system();
  }

  actor(userIdOrUsername: string): Actor | undefined {
    return this.#setup.actors.find(userIdOrUsername);
  }

  transaction<T>(actor: Actor, work: (tx: Transaction) => T, origin?: TransactionOrigin): T {
    return this.#transactions.transact(actor, work, origin);
  }

  onCommit(listener: CommitListener): () => void {
    return this.#transactions.onCommit(listener);
  }

  /**
   * Called after the records were replaced as a whole, by `restore` or `reset`: whatever was derived from commits is
   * void. Returns the function that stops it.
   */
  onReplaced(listener: () => void): () => void {
    return this.#replaced.add(listener);
  }

  /**
   * Changes the schema while the org runs, as an administrator does in Setup: the records of objects that stay are
   * kept, a new field of theirs is empty (a checkbox false), and what is no longer defined is gone with its records.
   *
   * Definitions that did not change should be the same objects as before: their tables are kept as they are.
   */
  redefine(definitions: readonly ObjectDefinition[]): void {
    this.#transactions.assertNone("an org is not redefined within a transaction");
    const before = this.wholeCatalog;
    const catalog = createCatalog(definitions, before.labels);
    const tables = catalog.objects.map((type): [string, Table] => {
      const table = this.#tables.get(type.name);
      if (table === undefined) return [type.name, Table.create(type)];
      const unchanged = before.object(type.name)?.definition === type.definition;
      return [type.name, unchanged ? table : table.converted(type)];
    });
    this.#tables = new Map(tables);
    this.#reconfigure({ catalog });
    this.#replaced.tell();
  }

  /** What profiles and permission sets grant beside the fields of their records, by record Id. */
  get grants(): ReadonlyMap<string, Grant> {
    return this.#setup.actors.grants;
  }

  /** Writes or replaces a profile or permission set; users who have it have its rights from now on. Returns its Id. */
  definePermissions(definition: PermissionDefinition): string {
    const id = this.transaction(this.systemActor, (tx) => savePermissionRecord(tx, definition));
    this.#setup.actors.grant(id, grantOf(this.wholeCatalog, definition));
    this.#setup.changed(this.clock.nowMs());
    return id;
  }

  /** Writes a user and returns its Id. Throws an `Error` where the profile, role or permission set is unknown. */
  addUser(user: UserDefinition): string {
    return this.transaction(this.systemActor, (tx) => insertUser(tx, user));
  }

  /** Gives a permission set to a user. */
  assignPermissionSet(userId: string, name: string): void {
    this.transaction(this.systemActor, (tx) => assignPermissionSet(tx, userId, name));
  }

  /**
   * Removes everything that is in the recycle bin, as an administrator does who empties it early. `/deleted` tells of
   * the records still.
   */
  emptyRecycleBin(): void {
    this.#transactions.purge(this.recycleBin.entries().filter((deletion) => !deletion.purged));
  }

  /** An independent org with the same records, settings and time. Neither sees what the other does afterwards. */
  fork(): MockOrgCore {
    this.#transactions.assertNone("an org is not forked within a transaction");
    const counters = new Counters();
    counters.restore(this.#counters.state);
    const fork = new MockOrgCore({
      id: this.id,
      catalog: this.wholeCatalog,
      tables: eachTable(this.#tables, (table) => table.fork()),
      counters,
      clock: this.clock.fork(),
      recycleBin: this.recycleBin.fork(),
      settings: this.settings,
      sharing: this.sharingModels,
      actors: this.#setup.actors,
    });
    fork.#origin = this.snapshot();
    return fork;
  }

  /** The org's state now. Open long transactions and row locks are not part of it. */
  snapshot(): OrgSnapshot {
    this.#transactions.assertNone("an org is not snapshotted within a transaction");
    return {
      id: this.#id,
      catalog: this.wholeCatalog,
      tables: eachTable(this.#tables, (table) => table.snapshot()),
      bin: this.recycleBin.snapshot(),
      counters: this.#counters.state,
      grants: this.grants,
      settings: this.settings,
      sharing: this.sharingModels,
      clock: this.clock.state,
    };
  }

  /**
   * Goes back to a snapshot of this org or of the org that it was forked from, its clock included. Open long
   * transactions are dropped and row locks released; commit listeners stay and are not told.
   */
  restore(snapshot: OrgSnapshot): void {
    this.#transactions.assertNone("an org is not restored within a transaction");
    this.#transactions.dropAll();
    this.recentlyViewed.clear();
    if (snapshot.catalog === this.wholeCatalog) {
      for (const [object, table] of this.#tables) table.restore(tableOf(snapshot, object));
    } else {
      // The schema was changed since.
      const types = snapshot.catalog.objects;
      this.#tables = new Map(types.map((type) => [type.name, Table.create(type, tableOf(snapshot, type.name))]));
    }
    this.#id = snapshot.id;
    this.recycleBin.restore(snapshot.bin);
    this.#counters.restore(snapshot.counters);
    this.clock.restore(snapshot.clock);
    this.#reconfigure(snapshot);
    this.#replaced.tell();
  }

  /** Goes back to the moment when this org was made or forked, or to the last `markOrigin`. */
  reset(): void {
    if (this.#origin !== undefined) this.restore(this.#origin);
  }

  /** Makes the present state the one that `reset` goes back to: called after seeding. */
  markOrigin(): void {
    this.#origin = this.snapshot();
  }

  /** Opens a transaction that others do not wait for; see `LongTransaction`. */
  openLongTransaction(actor: Actor = this.systemActor): LongTransaction {
    return this.#transactions.openLong(actor);
  }

  /** Lets every change of the record fail with `UNABLE_TO_LOCK_ROW` until the returned function is called. */
  lockRow(id: string): () => void {
    return this.#transactions.lockRow(id);
  }

  /**
   * Up to when every change is visible, in wire form: now, or the start of the oldest open long transaction
   * (reference: change-events §1.3 [doc]).
   */
  latestDateCovered(): string {
    return this.#transactions.latestDateCovered();
  }

  #reconfigure(parts: Partial<SetupParts>): void {
    this.#setup.change(parts, this.#tables, this.clock.nowMs());
  }
}

/** In a plain loop, because a fork is made for every test. */
function eachTable<T>(tables: ReadonlyMap<string, Table>, make: (table: Table) => T): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const [object, table] of tables) made.set(object, make(table));
  return made;
}

const ORG_PREFIX = "00D";

function orgIdOf(text: string): string {
  const id = to18(text);
  if (id?.startsWith(ORG_PREFIX) === true) return id;
  throw new Error(`${text} is no Id of an org, which has 15 or 18 characters and begins with ${ORG_PREFIX}`);
}
