/** What the parts of one worker process share. */
import type { EnginePorts, RunOptions } from "../engine/context/ports.ts";
import type { RunReport } from "../engine/context/report.ts";
import type { LaneLimits } from "./lanes.ts";
import type { JobQueue } from "./queue.ts";

/** What a worker tells while it works: plain facts for a log. What happens to records comes through `ports.observe`. */
export type WorkerEvent =
  /** This process sends the jobs from now on, or no longer. */
  | { readonly kind: "coordinating"; readonly on: boolean }
  | { readonly kind: "jobTaken"; readonly object: string; readonly lane: number; readonly documents: number }
  | { readonly kind: "jobEnded"; readonly object: string; readonly lane: number; readonly outcome: string }
  /** A job of a worker that is gone was given back to the queue. */
  | { readonly kind: "jobGivenBack"; readonly object: string; readonly lane: number }
  /** A run could not be done; the next one comes at its time. */
  | { readonly kind: "runFailed"; readonly code: string; readonly message: string }
  /** Runs stand still until a person has done something and this worker is restarted, or a run by hand went through. */
  | { readonly kind: "halted"; readonly code: string; readonly message: string }
  /** Something failed that is tried again. */
  | { readonly kind: "trouble"; readonly message: string };

/** Receives the events. Must not throw and must return at once. */
export type WorkerObserver = (event: WorkerEvent) => void;

/** Lanes at most: an org runs 25 long requests at once (reference: rest-api §10 [report]); the rest is for others. */
export const LANES_MAX = 16;
/** One full graph call (75 graphs, Salesforce limit), beside the call that reads them: small lanes share better. */
const LANE_ORDERS = 75;
/** Half a composite of collections (5 of 200 rows each, Salesforce limit). */
const LANE_DOCUMENTS = 500;

/** What follows a run under the coordinator's role. May throw what a run throws; `ended` is aborted when it must stop. */
export type AfterRun = (report: RunReport, ended: AbortSignal) => Promise<void>;

/** One worker process. */
export interface WorkerContext {
  /** `nowMs` is the database's time. */
  readonly ports: EnginePorts;
  readonly options: RunOptions;
  readonly queue: JobQueue;
  /** Tells configurations apart: a job is only done by a worker that maps as its sender does. */
  readonly fingerprint: string;
  readonly observe: WorkerObserver;
  /** Upkeep by the coordinator after each run that went through. */
  readonly afterRun: AfterRun;
}

/** How a level of documents with or without lines is split. */
export function laneLimits(withLines: boolean): LaneLimits {
  return { lanesMax: LANES_MAX, laneDocuments: withLines ? LANE_ORDERS : LANE_DOCUMENTS };
}
