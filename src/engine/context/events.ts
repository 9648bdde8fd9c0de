/** What a run tells while it runs: plain facts for progress bars, logs and metrics. Nothing secret, no whole records. */
import type { BusinessKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import type { Obstacle } from "../../sync/decision.ts";
import type { Recovery } from "../../sync/recover.ts";
import type { RunReport } from "./report.ts";

/** One fact of a run. */
export type EngineEvent =
  | { readonly kind: "runStarted"; readonly runId: string; readonly atMs: number }
  /** An intent of an interrupted run was looked up. */
  | {
      readonly kind: "recovered";
      readonly object: string;
      readonly key: BusinessKey;
      /** What became of the write: landed, not, in part, or nobody can tell. */
      readonly found: Recovery["kind"];
    }
  /** One page of one object is done: how many keys it named and how many documents were written. */
  | {
      readonly kind: "passDone";
      readonly object: string;
      readonly feed: Side | "waiting";
      readonly nominated: number;
      readonly written: number;
    }
  /** A document was written to one side. */
  | {
      readonly kind: "written";
      readonly object: string;
      readonly key: BusinessKey;
      readonly side: Side;
      readonly actions: readonly string[];
    }
  /** A document was not written. */
  | {
      readonly kind: "unsynced";
      readonly object: string;
      readonly key: BusinessKey;
      readonly how: "parked" | "rejected";
      readonly obstacles: readonly Obstacle[];
    }
  | { readonly kind: "runFinished"; readonly report: RunReport };

/** Receives the events of a run. Must not throw and must return at once. */
export type EngineObserver = (event: EngineEvent) => void;
