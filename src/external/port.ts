/** The port to an external system. Every adapter implements it and passes the same contract tests. */
import type { ExternalCollectionInfo } from "../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../model/external-record.ts";
import type { NaturalKey } from "../model/key.ts";

/** One page of a change feed. Feeds only nominate keys: whoever reads them reads the records afterwards. */
export interface ExternalChangePage {
  readonly changes: readonly ExternalChange[];
  /** Opaque position after this page; stored only once every key of the page is done, parked or dead-lettered. */
  readonly cursor: string;
  readonly more: boolean;
  /**
   * Set on the first page of a reading from the beginning that the position had not asked for: the position does not
   * belong to the source that is there now.
   */
  readonly restart?: ExternalRestart;
  /** Set on the last page where changes are committed that cannot be reported yet. */
  readonly wait?: ExternalWait;
  /** Set on the page that ends a reading of all records, where the system counts its records. */
  readonly census?: ExternalCensus;
}

/** A reading of all records against the system's own count, both of the same moment. */
export interface ExternalCensus {
  /** Records that the pages named. Fewer than `counted`: the feed has missed some. */
  readonly named: number;
  /** Records with a whole key, counted in another way than by the pages. */
  readonly counted: number;
  /** Records beside them whose key is empty in a part: nobody can name them. */
  readonly unnamed: number;
}

/** Why a feed is read again from the beginning although its position was stored. */
export interface ExternalRestart {
  /** What was found, as a main clause in plain English without a full stop. */
  readonly reason: string;
  /** Whether records may have vanished that no feed will tell: only a sweep finds them. */
  readonly deletesMissed: boolean;
  /**
   * Set where another source, or an older state of it, is in its place: what it lacks was perhaps never deleted, so
   * that not even a sweep takes its absence for a deletion unless a person says so.
   */
  readonly isAnother?: true;
}

/** Changes that are committed and cannot be reported in order yet, because an older transaction is still open. Nothing is lost. */
export interface ExternalWait {
  /** How many changes are held back; `WAITING_COUNTED_MAX` stands for so many or more. */
  readonly changes: number;
  /** How long that transaction has been open, by the external system's own clock; null where it does not say. */
  readonly ageMs: number | null;
  /** Who has it open: each part is null where the external system does not say. */
  readonly holder: {
    readonly pid: number | null;
    readonly application: string | null;
    readonly user: string | null;
    /** For example `idle in transaction`, `active`, `prepared`. */
    readonly state: string | null;
  };
}

/** Held-back changes that are counted at most. */
export const WAITING_COUNTED_MAX = 10_000;

/** Something about the external system that people should know and that stops no run. */
export interface ExternalNotice {
  /** A short name, the same for the same fact. */
  readonly code: string;
  /** What is so, what follows, and the way out. */
  readonly message: string;
}

/** A record that changed or vanished. */
export interface ExternalChange {
  readonly naturalKey: NaturalKey;
  /** True only on positive evidence (a tombstone), never because a record is missing from a list. */
  readonly deleted: boolean;
}

/** A problem that `check` reports: what, where and the way out. */
export interface ExternalProblem {
  readonly place: string;
  readonly message: string;
  /** True where runs work all the same. */
  readonly warning?: true;
}

/** What the caller knows about earlier operations. */
export interface ApplyOptions {
  /**
   * Collections in which an operation has been `locked` in this run, with the reason that it gave: waiting for locks there
   * has cost its time already.
   */
  readonly lockedCollections?: ReadonlyMap<string, string>;
}

/** Something that the external system sent and that could not be read at all, so that no record of it is known. */
export interface RejectedInput {
  readonly collection: string;
  /** Names it within the collection, for example a file. */
  readonly name: string;
  /** Whether it came after the position that was asked about. */
  readonly isNew: boolean;
  /** Why, with the lines where they are known. */
  readonly reasons: readonly string[];
}

/** All rejected inputs that nobody has dealt with, and the position after the newest. */
export interface RejectedInputs {
  readonly inputs: readonly RejectedInput[];
  readonly position: string;
}

/**
 * An external system with its collections (tables, resources, folders).
 *
 * Methods throw `SyncError` (`EXTERNAL_UNREACHABLE`, `EXTERNAL_REFUSED`) when the system as a whole cannot be used;
 * the fate of single records is in the outcomes.
 */
export interface ExternalSystem {
  /** The name that starts business keys, for example `erp`. */
  readonly name: string;
  /** Everything about the configured collections that does not fit; empty when all is well. */
  check(): Promise<readonly ExternalProblem[]>;
  info(collection: string): Promise<ExternalCollectionInfo>;
  /**
   * The changes after `cursor`; null starts with every record that exists. At most `limit` changes. A change may be
   * reported twice but is never lost, also when it was committed late by a long transaction.
   */
  changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage>;
  /**
   * The cursor from which `changes` reads every record that exists, like null, and then whatever happened since now. Stored
   * before the first reading, so that a deletion is reported even if that reading breaks off. Absent where null does the same.
   */
  start?(collection: string): Promise<string>;
  /** The records with these keys, in any order; missing ones are absent. */
  read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]>;
  /** Applies each operation as a transaction of its own; one outcome each, in order. */
  apply(operations: readonly ExternalOperation[], options?: ApplyOptions): Promise<readonly ExternalOutcome[]>;
  /**
   * Tells that this cursor has been stored: what lies before it will not be asked for again by whoever holds it. What no
   * holder needs may be forgotten (a change log is pruned, a file is archived); several objects of one run, and several
   * connectors, may each hold a cursor of one collection. Best called after each commit; safe to call twice or never.
   */
  acknowledge?(collection: string, cursor: string): Promise<void>;
  /** What the calls so far have found that people should know. Absent where an adapter never finds anything. */
  notices?(): readonly ExternalNotice[];
  /** What could not be read and still waits for somebody. `since` is a position of an earlier answer. Absent where nothing is sent. */
  rejected?(since: string | null): Promise<RejectedInputs>;
  /** Reads a rejected input once more, with the next look; false when it is not there any more. */
  readmit?(collection: string, name: string): Promise<boolean>;
  close(): Promise<void>;
}
