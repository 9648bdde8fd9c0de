/** What one worker shows of itself: the state of its service, and the metrics of what it did. */
import type { EngineEvent } from "../engine/context/events.ts";
import { stoppedText } from "../engine/context/report.ts";
import type { SyncMetrics } from "../observe/metrics.ts";
import type { ServiceState } from "../observe/status.ts";
import type { RetryEvent } from "../salesforce/call-policy.ts";
import type { ApiUsage } from "../salesforce/port.ts";
import { countRecords, measureOf, reasonClass } from "../service/telemetry.ts";
import type { WorkerEvent } from "./context.ts";

/**
 * Turns the events of a worker into its state and metrics.
 *
 * Each worker counts the records and retries of its own jobs; runs are counted by the one that coordinates them. So a sum
 * over all workers is right for every counter, and gauges that are read from the state are the same everywhere.
 */
export class WorkerTelemetry {
  readonly #metrics: SyncMetrics;
  readonly #nowMs: () => number;
  #kind: ServiceState["kind"] = "idle";
  #trouble: string | null = null;

  constructor(metrics: SyncMetrics, nowMs: () => number) {
    this.#metrics = metrics;
    this.#nowMs = nowMs;
  }

  /** The state as the probes show it. The next start is known to the coordinator alone, so none is named. */
  state({ used, limit }: ApiUsage): ServiceState {
    return {
      kind: this.#kind,
      trouble: this.#trouble,
      nextRunAtMs: null,
      orgUsed: used,
      orgLimit: limit,
      changeEvents: [],
    };
  }

  sawEngine(event: EngineEvent): void {
    countRecords(event, this.#metrics);
    // Also out of a halt: somebody has put right what a person was needed for.
    if (event.kind === "runStarted") this.#kind = "running";
    if (event.kind !== "runFinished") return;
    this.#kind = "idle";
    const { report } = event;
    this.#trouble = report.stopped.length === 0 ? null : stoppedText(report.stopped);
    this.#metrics.ran(measureOf(report), this.#nowMs());
  }

  sawRetry({ reason }: RetryEvent): void {
    this.#metrics.retried(reasonClass(reason));
  }

  sawWorker(event: WorkerEvent): void {
    switch (event.kind) {
      case "jobTaken":
        if (this.#kind === "idle") this.#kind = "running";
        break;
      case "jobEnded":
        if (this.#kind === "running") this.#kind = "idle";
        if (event.outcome === "done") this.#trouble = null;
        break;
      case "runFailed":
      case "halted":
        this.#kind = event.kind === "halted" ? "halted" : "idle";
        this.#trouble = `${event.code}: ${event.message}`;
        this.#metrics.ran(
          { seconds: 0, outcome: "failed", code: event.code, calls: 0, predictedCalls: 0 },
          this.#nowMs(),
        );
        break;
      case "trouble":
        this.#trouble = event.message;
        break;
      case "coordinating":
        // Whoever has lost the role is not the one who stands still.
        if (!event.on && this.#kind === "halted") this.#kind = "idle";
        break;
      case "jobGivenBack":
        break;
      default:
        event satisfies never;
    }
  }
}
