/** What one run did, in numbers and names. */
import type { ExternalNotice, ExternalRestart, ExternalWait } from "../../external/port.ts";
import type { BusinessKey, LineKey } from "../../model/key.ts";
import type { Side, Value } from "../../model/value.ts";
import type { Conflict, Obstacle } from "../../sync/decision.ts";

/** How many documents of one object were written to one side, by action (`create`, `update`, `activate`, `delete`). */
export interface WrittenCount {
  readonly object: string;
  readonly side: Side;
  readonly action: string;
  /** Documents written. */
  readonly count: number;
}

/** A document that was not written, and why. */
export interface UnsyncedDocument {
  readonly object: string;
  readonly key: BusinessKey;
  readonly how: "parked" | "rejected";
  readonly obstacles: readonly Obstacle[];
}

/** Values of one field that a side keeps otherwise than they were sent: rounded, or spelled in another way. */
export interface KeptCount {
  readonly object: string;
  readonly side: Side;
  readonly field: string;
  readonly count: number;
  /** The first of them. */
  readonly example: {
    readonly key: BusinessKey;
    readonly lineKey?: LineKey;
    readonly sent: Value;
    readonly kept: Value;
  };
}

/** Documents or lines that stand on one side only and are left alone, by reason. */
export interface OneSidedCount {
  readonly object: string;
  /** `FILTERED`, `CREATE_NOT_ALLOWED`, `DELETE_NOT_PROPAGATED`, `DELETED_BEFORE_AGREEMENT`, `MERGED_AWAY`, `FOREIGN_LINES`, `LINE_IGNORED`. */
  readonly code: string;
  /** What was said of the first of them. */
  readonly message: string;
  /** Documents, or lines for `LINE_IGNORED`. */
  readonly count: number;
  /** The first of them, at most `ONE_SIDED_EXAMPLES_MAX`. */
  readonly examples: readonly { readonly key: BusinessKey; readonly lineKey?: LineKey }[];
}

/** Examples of one reason: enough to see a pattern. */
export const ONE_SIDED_EXAMPLES_MAX = 5;
/** An object whose writes to Salesforce were all refused alike, so that its mapping stood still for the rest of the run. */
export interface StoppedObject {
  readonly object: string;
  /** Salesforce's code. */
  readonly code: string;
  /** What was refused, with Salesforce's words. */
  readonly message: string;
}

/** A feed that is read again from the beginning. */
export interface FeedRestart extends ExternalRestart {
  readonly object: string;
  readonly collection: string;
}

/** A feed that waits, since when in epoch milliseconds at the latest, and for whom. */
export interface FeedWait extends Omit<ExternalWait, "ageMs"> {
  readonly sinceMs: number;
}

/** A wait in the report of a run. */
export interface ObjectWait extends FeedWait {
  readonly object: string;
  readonly collection: string;
}

/** The result of a run. JSON-serializable. */
export interface RunReport {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly written: readonly WrittenCount[];
  /** Documents written, over all objects and sides. */
  readonly writes: number;
  readonly conflicts: readonly Conflict[];
  readonly unsynced: readonly UnsyncedDocument[];
  /** Values that a side shows otherwise than they were sent, seen for the first time in this run; the sent ones stand. */
  readonly keptOtherwise: readonly KeptCount[];
  /** What this run found on one side only and left alone, by reason. A run at rest compares nothing and finds nothing. */
  readonly oneSided: readonly OneSidedCount[];
  /** Objects that stood still because of their mapping or rights; empty in a run that did all it could. */
  readonly stopped: readonly StoppedObject[];
  /** Objects whose deletion log does not reach back to the last run: only a sweep finds what was deleted meanwhile. */
  readonly unseenDeletes: readonly string[];
  /** External feeds that were read again from the beginning, because their position belonged to another source. */
  readonly restarts: readonly FeedRestart[];
  /** External feeds that hold changes back until somebody's open transaction ends. */
  readonly waits: readonly ObjectWait[];
  /** What people should know about the external system; each fact once, in the run that found it. */
  readonly notices: readonly ExternalNotice[];
  /** Since when a sweep is pending, because deletions may have been missed; null where none is. */
  readonly sweepPendingSinceMs: number | null;
  /** Dead letters of earlier runs that were tried again. */
  readonly retried: number;
  /** Dead letters that were open when the run ended, those of earlier runs included. */
  readonly openDeadLetters: number;
  /** Intents of interrupted runs that were looked up. */
  readonly recovered: number;
  /** Keys that the feeds named and that were read and compared. */
  readonly compared: number;
  readonly apiCalls: number;
  /** The write calls that the sequencer predicted. */
  readonly predictedWriteCalls: number;
}

/** Names one document. */
export interface DocumentName {
  readonly object: string;
  readonly key: BusinessKey;
}

/**
 * How a run is remembered that nothing ended before its time. Refusals of earlier runs count as long as they are open:
 * they are not tried in every run, and a schedule must not look well in between.
 */
export function outcomeOf(report: Pick<RunReport, "stopped" | "unsynced" | "openDeadLetters">): {
  readonly outcome: "done" | "doneWithRefusals" | "failed";
  readonly error: string | null;
} {
  const { stopped, unsynced, openDeadLetters } = report;
  if (stopped.length > 0) return { outcome: "failed", error: stoppedText(stopped) };
  return { outcome: unsynced.length + openDeadLetters === 0 ? "done" : "doneWithRefusals", error: null };
}

/** Stopped objects as one sentence. */
export function stoppedText(stopped: readonly StoppedObject[]): string {
  return stopped.map(({ object, message }) => `${object} stands still: ${message}`).join("; ");
}
