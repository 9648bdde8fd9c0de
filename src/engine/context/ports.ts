/** Everything a run touches, handed in: the two systems, the memory, the time, and who listens. */
import type { ExternalSystem } from "../../external/port.ts";
import type { Mapping } from "../../mapping/mapping.ts";
import type { SalesforceOrg } from "../../salesforce/port.ts";
import type { StateStore } from "../../state/port.ts";
import type { EngineObserver } from "./events.ts";

/** What a run works with. The engine opens and closes none of it. */
export interface EnginePorts {
  readonly mapping: Mapping;
  readonly salesforce: SalesforceOrg;
  readonly external: ExternalSystem;
  readonly state: StateStore;
  /** Our own clock, for leases and the journal only; it is never compared with a stamp of either side. */
  readonly nowMs: () => number;
  /** A new unique text for runs, intents and conflicts; at most 39 letters and digits. */
  readonly newId: () => string;
  readonly observe: EngineObserver;
  /** True when the process that calls itself so is known to be dead; without it leases of the dead run out by time. */
  readonly holderIsGone?: (holder: string) => boolean;
}

/** How a run behaves. */
export interface RunOptions {
  /** Who runs, for the message that another process prints when it finds the lease taken. */
  readonly holder: string;
  /** How long a silent holder keeps the lease. */
  readonly leaseTtlMs: number;
  /** Documents without lines per pass: one composite call of collections holds 1,000. */
  readonly passDocuments: number;
  /** Documents with lines per pass: a graph call holds 75 orders. */
  readonly passOrders: number;
  /** The run stops when it would delete more than this share of an object's known records. */
  readonly deleteShare: number;
  /** The same for lines whose document stays. */
  readonly deleteLineShare: number;
  readonly allowDeletes: boolean;
  /** This many single rows of one kind go as a Bulk 2.0 job; null never uses Bulk. */
  readonly bulkRows: number | null;
  /** Times between the tries of a dead letter that nothing else brings back; the last one repeats, empty: never. */
  readonly retryWaitsMs: readonly number[];
  /** Dead letters that one run tries again. */
  readonly retriesMax: number;
  /** Existing records are read in the call that writes them, so that edits made meanwhile are found and kept. */
  readonly preImages: boolean;
  /** Single records are written only if they were not modified since they were read. */
  readonly conditionalWrites: boolean;
  /** Asks the run to stop at the next page. */
  readonly signal?: AbortSignal;
}

/** Times between the tries of a dead letter: the next run, a quarter of an hour, one hour, six hours, then once a day. */
const RETRY_WAITS_MS: readonly number[] = [0, 15 * 60_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000];
/** A thousand orders with three lines take about 20 calls to look at and to send. */
const RETRIES_MAX = 1_000;

/** What `runOnce` uses where the caller says nothing. */
export const DEFAULT_RUN_OPTIONS: Omit<RunOptions, "holder"> = {
  leaseTtlMs: 120_000,
  passDocuments: 1_000,
  passOrders: 300,
  deleteShare: 0.2,
  deleteLineShare: 0.2,
  allowDeletes: false,
  bulkRows: null,
  retryWaitsMs: RETRY_WAITS_MS,
  retriesMax: RETRIES_MAX,
  preImages: true,
  conditionalWrites: false,
};
