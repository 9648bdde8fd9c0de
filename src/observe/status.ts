/** What operators see: the present state of a synchronization as plain data. The engine fills it in. */
import type { RunRecord } from "../state/port.ts";

/**
 * One mapped object, or what is held under another name: `File` for rejected input files, and objects that were mapped
 * once. Times are epoch milliseconds.
 */
export interface ObjectStatus {
  readonly object: string;
  /** Empty where it is not mapped. */
  readonly collection: string;
  /** False where nothing flows to the external system, so that Salesforce is not polled. */
  readonly watched: boolean;
  /** Records that stand for each other on both sides. */
  readonly linked: number;
  /** Documents that wait for something else to happen. */
  readonly parked: number;
  /** Documents that one side rejects as they are. */
  readonly deadLetters: number;
  /** Fields that a person has to decide about. */
  readonly openConflicts: number;
  /** Everything that Salesforce committed before this time is known; null before the first run. */
  readonly salesforceKnownToMs: number | null;
  /** Everything that the external system committed before this time is known: the start of the last whole run. */
  readonly externalKnownToMs: number | null;
  /** Changes that the external feed holds back, and for whom, as of the last run; null where none are. */
  readonly externalWait: ExternalWaitStatus | null;
}

/** Changes that are held back until somebody's open transaction in the external system ends. */
export interface ExternalWaitStatus {
  readonly changes: number;
  readonly sinceMs: number;
  readonly holder: {
    readonly pid: number | null;
    readonly application: string | null;
    readonly user: string | null;
    readonly state: string | null;
  };
}

/** The present state. JSON-serializable. */
export interface SyncStatus {
  readonly source: string;
  readonly atMs: number;
  /** Who runs at this moment. */
  readonly running: { readonly holder: string; readonly expiresAtMs: number } | null;
  readonly objects: readonly ObjectStatus[];
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  /** Writes whose end nobody saw; the next run looks them up. */
  readonly unfinishedIntents: number;
  /** Since when a sweep is pending, because a run may have missed deletions; null where none is. */
  readonly sweepPendingSinceMs: number | null;
  /** What people should know about the external system, as of the last run. */
  readonly notices: readonly { readonly code: string; readonly message: string }[];
  /** When the last run that was not a failure ended; null before the first one. */
  readonly lastGoodRunAtMs: number | null;
  /** API calls of this connector in the last 24 hours. */
  readonly callsOfTheDay: number;
  readonly dailyCalls: number | null;
}

/** What a connector that stays up is doing. */
export interface ServiceState {
  readonly kind: "idle" | "running" | "halted" | "stopping";
  /** Why it stands still, or why the last run failed; null when all is well. */
  readonly trouble: string | null;
  readonly nextRunAtMs: number | null;
  /** The org's own count of API requests, as it last told. */
  readonly orgUsed: number | null;
  readonly orgLimit: number | null;
  /** The channels of change events that may start a run early; empty where none are listened to. */
  readonly changeEvents: readonly ChannelState[];
}

/** A channel of change events. While one is lost, changes are found by the schedule alone. */
export interface ChannelState {
  readonly channel: string;
  readonly kind: "connecting" | "listening" | "lost";
  /** Why it is lost; null while it is not. */
  readonly trouble: string | null;
}
