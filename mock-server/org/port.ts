/**
 * What the rooms of the mock org agree on: reading and changing records, who asks, and what time it is.
 *
 * `org/` implements these interfaces; `dml/`, `http/`, `bulk/`, `console/` and the SOQL dataset only use them.
 */
import type { Catalog } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";

/** Reads records. Soft-deleted records are included everywhere: whoever asks filters on `IsDeleted`. */
export interface RecordReader {
  get(object: string, id: string): Row | undefined;
  /** Every record in order of its Id. */
  rows(object: string): Iterable<Row>;
  count(object: string): number;
  /** True where `find` answers from an index: Id, unique, external-Id, idLookup and reference fields. */
  hasIndex(object: string, field: string): boolean;
  /**
   * The records whose indexed field has this value, in order of Id. Text indexes ignore letter case unless the field
   * is case-sensitive. Throws an `Error` when the field has no index.
   */
  find(object: string, field: string, value: string | number): readonly Row[];
  /** The records with `from <= SystemModstamp <= to` ordered by (SystemModstamp, Id); an absent bound is open. */
  byStamp(object: string, from?: string, to?: string): Iterable<Row>;
}

/** One user's rights, merged from the profile and the permission sets. Pure look-ups, no record access. */
export interface Access {
  /** A user permission by its API name without prefix, for example `EditActivatedOrders`. */
  has(permission: string): boolean;
  object(name: string): ObjectAccess;
  canReadField(object: string, field: string): boolean;
  canEditField(object: string, field: string): boolean;
  /** The part of the org's catalog that this user may see. */
  readonly catalog: Catalog;
}

/** A user's rights on one object. */
export interface ObjectAccess {
  readonly create: boolean;
  readonly read: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  readonly viewAll: boolean;
  readonly modifyAll: boolean;
}

/** Who asks. */
export interface Actor {
  readonly userId: string;
  readonly username: string;
  /** IANA time zone of the user. */
  readonly timeZone: string;
  readonly locale: string;
  readonly access: Access;
}

/** A point to which a transaction can return. */
export type Savepoint = number & { readonly __savepoint: true };

/**
 * One unit of work on the org's records. It is synchronous from beginning to end: nobody else sees or changes anything
 * in between, and it is undone as a whole when its function throws.
 */
export interface Transaction extends RecordReader {
  readonly actor: Actor;
  readonly catalog: Catalog;
  readonly settings: OrgSettings;
  /** The transaction's time in Salesforce's wire form, second grain: every stamp written in it. */
  readonly now: string;
  /** True where the actor may see this record (object permission aside): ownership, hierarchy, defaults, parents. */
  canSee(object: string, row: Row): boolean;
  canEdit(object: string, row: Row): boolean;
  /** True where the actor may see every record of the object, so that `canSee` need not be asked for each. */
  seesAll(object: string): boolean;
  /**
   * What gives a record the actor's own `LastViewedDate` and `LastReferencedDate`; undefined where the actor has looked
   * at no record yet.
   */
  viewDates(): ((row: Row) => Row) | undefined;
  newId(object: string): string;
  /** The next value of an auto-number field, already formatted. Numbers are consumed even when the save fails. */
  nextAutoNumber(object: string, field: string): string;
  /** Stores a new record. Fields that `row` lacks are null. */
  insert(object: string, row: Row): void;
  /** Replaces the record with the same Id. Takes `row` over and freezes it: best a spread of the stored record. */
  replace(object: string, row: Row): void;
  /** Removes a record for good (hard delete or purge). */
  remove(object: string, id: string): void;
  savepoint(): Savepoint;
  rollbackTo(savepoint: Savepoint): void;
}

/** Settings of the whole org that change rules. Names follow Salesforce's `OrderSettings` where it has one. */
export interface OrgSettings {
  readonly enableOrders: boolean;
  readonly enableReductionOrders: boolean;
  readonly enableNegativeQuantity: boolean;
  readonly enableZeroQuantity: boolean;
  readonly enableOptionalPricebook: boolean;
  readonly enableEnhancedCommerceOrders: boolean;
  readonly autoCalculateEndDate: boolean;
  /** Open points of the reference, each with the recommended default. */
  readonly activationStatusOnly: boolean;
  readonly lockStartDateOnActivate: boolean;
  readonly pricebookChangeWithoutItems: boolean;
  readonly clearActivationStamp: boolean;
  readonly touchParentOnItemDml: boolean;
  readonly requireActiveProduct: boolean;
  readonly requireActivePricebook: boolean;
  /** True: numbers and totals are rounded to their field's scale as they are stored. */
  readonly roundStoredNumbers: boolean;
  /** Objects that are selected for Change Data Capture. */
  readonly changeDataCapture: readonly string[];
}

/** Time as an input. Milliseconds since 1970 in UTC. */
export interface Clock {
  nowMs(): number;
}

/** Through which API a transaction came, as change events tell it. */
export interface TransactionOrigin {
  readonly api: "rest" | "soap" | "bulkapi";
  /** API version as a number, for example 62. */
  readonly version: number;
  /** What the caller named itself in the call options. */
  readonly client: string | undefined;
}

/** Told about each commit that changed records. `origin` is absent for what no API call began. */
export type CommitListener = (
  changes: readonly RecordChange[],
  actor: Actor,
  origin: TransactionOrigin | undefined,
) => void;

/** One record that a committed transaction changed: `before` is undefined for an insert, `after` for a removal. */
export interface RecordChange {
  readonly object: string;
  readonly id: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** Settings and identity of one org, and its records. */
export interface Org {
  /** 18-character Id of the Organization record. */
  readonly id: string;
  readonly catalog: Catalog;
  readonly settings: OrgSettings;
  readonly clock: Clock;
  /** The user with this Id or username, as an actor; undefined when there is no such user. */
  actor(userIdOrUsername: string): Actor | undefined;
  /**
   * Runs `work` as one transaction: commits when it returns, undoes everything when it throws, and rethrows.
   * Nested calls are a programmer error.
   */
  transaction<T>(actor: Actor, work: (tx: Transaction) => T, origin?: TransactionOrigin): T;
  /** Called after each commit that changed records, in order; returns the function that stops it. */
  onCommit(listener: CommitListener): () => void;
}
