/** The port to the connector's memory: typed reads, and one way to write. */
import type { BusinessKey, RecordId } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import type { Base, Conflict, DeadLetter, Intent, Link, Parked } from "../sync/decision.ts";

/** The right to run, with the fencing number that every commit carries. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: number;
  readonly expiresAtMs: number;
}

/** One line of history. Append-only; secrets never enter it. */
export interface JournalEntry {
  readonly atMs: number;
  readonly runId: string;
  readonly object: string;
  readonly key: BusinessKey;
  /** What happened: `created`, `updated`, `activated`, `conflict`, `parked`, `rejected`, `recovered`, … */
  readonly event: string;
  readonly side: Side | null;
  /** JSON-serializable facts: changed fields with old and new value, rule, codes. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One run as it is remembered. */
export interface RunRecord {
  readonly id: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly outcome: "running" | "done" | "doneWithRefusals" | "failed";
  readonly apiCalls: number;
  readonly predictedCalls: number;
  readonly error: string | null;
  /** Counters by object, side and action. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A conflict as it is remembered. */
export interface StoredConflict extends Conflict {
  readonly id: string;
  readonly runId: string;
  readonly atMs: number;
  readonly resolvedAtMs: number | null;
}

/** Everything that one step of a run writes, in one transaction. Absent parts stay as they are. */
export interface StateBatch {
  /** Leases that must be valid too, for example the run's above that of a part of it; else nothing is written. */
  readonly under?: readonly Lease[];
  readonly links?: readonly Link[];
  readonly bases?: readonly Base[];
  readonly removeBases?: readonly { readonly object: string; readonly key: BusinessKey }[];
  readonly putIntents?: readonly Intent[];
  readonly clearIntents?: readonly string[];
  /** Position by feed name, for example `salesforce:Order` or `external:orders`. */
  readonly cursors?: Readonly<Record<string, string>>;
  readonly conflicts?: readonly StoredConflict[];
  readonly deadLetters?: readonly DeadLetter[];
  readonly clearDeadLetters?: readonly { readonly object: string; readonly key: BusinessKey }[];
  readonly parked?: readonly Parked[];
  readonly clearParked?: readonly { readonly object: string; readonly key: BusinessKey }[];
  readonly journal?: readonly JournalEntry[];
  readonly run?: RunRecord;
}

/** Filters of the journal, newest first. */
export interface JournalQuery {
  readonly object?: string;
  readonly key?: string;
  readonly runId?: string;
  readonly sinceMs?: number;
  /** Entries at most, newest first. */
  readonly limit: number;
}

/**
 * The connector's memory. Written once, run on SQLite and PostgreSQL.
 *
 * Methods throw `SyncError`: `STATE_UNREADABLE`, `STATE_LOCKED`, `STATE_UNREACHABLE`, and `LEASE_LOST` from `commit`.
 */
export interface StateStore {
  /** Brings the schema up to this version; refuses a store that is newer or foreign. */
  migrate(): Promise<void>;
  /** Takes the named lease when it is free, expired or already ours; undefined when somebody else holds it. */
  acquireLease(request: {
    readonly name: string;
    readonly holder: string;
    readonly ttlMs: number;
    readonly nowMs: number;
  }): Promise<Lease | undefined>;
  /** Prolongs a lease; undefined when it was lost. */
  renewLease(lease: Lease, ttlMs: number, nowMs: number): Promise<Lease | undefined>;
  releaseLease(lease: Lease): Promise<void>;
  /** Who holds the lease, for messages. */
  leaseHolder(name: string): Promise<Lease | undefined>;

  cursors(): Promise<Readonly<Record<string, string>>>;
  links(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Link>>;
  linksByRecordId(object: string, ids: readonly RecordId[]): Promise<ReadonlyMap<RecordId, Link>>;
  bases(object: string, keys: readonly BusinessKey[]): Promise<ReadonlyMap<BusinessKey, Base>>;
  /** Keys of an object in pages ordered by key, for the sweep. */
  keys(object: string, after: BusinessKey | null, limit: number): Promise<readonly BusinessKey[]>;
  intents(): Promise<readonly Intent[]>;
  parked(object?: string): Promise<readonly Parked[]>;
  deadLetters(object?: string): Promise<readonly DeadLetter[]>;
  conflicts(query: { readonly open?: boolean; readonly limit: number }): Promise<readonly StoredConflict[]>;
  journal(query: JournalQuery): Promise<readonly JournalEntry[]>;
  runs(limit: number): Promise<readonly RunRecord[]>;
  /** How many links, bases, open conflicts, dead letters and parked documents there are, by object. */
  counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  /** How many lines the links of an object hold; reads all of them. */
  lineCount(object: string): Promise<number>;

  /**
   * Writes everything or nothing. Throws `LEASE_LOST` when the lease's fencing number is no longer the newest.
   *
   * After `STATE_UNREACHABLE` nobody knows whether it was written: end the run, the next one starts from what is there.
   */
  commit(lease: Lease, batch: StateBatch): Promise<void>;
  close(): Promise<void>;
}
