/** What the people, the judge and the connector of a simulation have in front of them as their ERP. */
import type { ExternalSystem } from "../../src/external/port.ts";
import type { ExternalFields } from "../../src/model/external-record.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import type { Random } from "./random.ts";

/** Who writes: the connector, or a person. */
export type ErpAuthor = "connector" | "clerk";

/** One record as it is stored. */
export interface ErpRow {
  readonly key: NaturalKey;
  readonly fields: ExternalFields;
  readonly lines: ReadonlyMap<string, ExternalFields>;
  readonly version: number;
  readonly by: ErpAuthor;
  readonly atMs: number;
}

/** One committed change of one record; undefined where there is none. */
export interface ErpChange {
  readonly collection: string;
  readonly key: NaturalKey;
  readonly before: ErpRow | undefined;
  readonly after: ErpRow | undefined;
  readonly author: ErpAuthor;
}

/** Lines by number; null removes one. */
export type LineChanges = Readonly<Record<string, ExternalFields | null>>;

/** This many changes into one history of a table; another history begins where it is put back, moved or rebuilt. */
export interface Place {
  readonly history: number;
  readonly changes: number;
}

/** A transaction that a person holds open. */
export interface OpenTransaction {
  put(collection: string, name: string, fields: ExternalFields, lines?: LineChanges): void;
  commit(): void;
}

/**
 * An ERP. Records are named by their key, its parts joined by `|`. What people do is synchronous; the port that the
 * connector uses is not.
 */
export interface Erp extends ExternalSystem {
  /** Hears every committed change. */
  onChange: (change: ErpChange) => void;
  /** Where the table stands now in its own history. */
  place(collection: string): Place;
  /** True where the table has been at this place, and its present history goes on from there. */
  knows(collection: string, place: Place): boolean;
  /** Set where the feed tells a page's changes in any order, and some of them twice. */
  shuffle: Random | undefined;
  row(collection: string, name: string): ErpRow | undefined;
  rows(collection: string): readonly ErpRow[];
  /** What a person writes: fields that change. Makes the record where it is missing. */
  put(collection: string, name: string, fields: ExternalFields, lines?: LineChanges): void;
  remove(collection: string, name: string): void;
  begin(): OpenTransaction;
  start(collection: string): Promise<string>;
  /**
   * Something happens to the database as a whole. Comes back when its programs run again; true where it is not what it was
   * before.
   */
  suffer(upheaval: Upheaval): Promise<boolean>;
}

/**
 * What happens to a database as a whole. `snapshot`: a copy is laid aside. `restore`: it comes back to that copy. `move`: its
 * rows are loaded into a new database, whose change log begins at its beginning. `swap`: a table is replaced by a new
 * one of the same name, in which a record is missing, and the change log is installed once more. `reload`: all rows are
 * deleted and loaded again at once, which changes nothing.
 */
export type Upheaval = "snapshot" | "restore" | "move" | "swap" | "reload";

/** The name of a record: its key's parts joined by `|`. */
export function nameOf({ key }: Pick<ErpRow, "key">): string {
  return key.join("|");
}

/** A page's changes in any order, some of them twice. */
export function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const repeated = items.filter(() => random.chance(0.3));
  return [...items, ...repeated]
    .map((item) => ({ item, place: random.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
