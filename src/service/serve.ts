/**
 * The connector that stays up: runs on its schedule, never two at a time, wakes early when asked, does what people answer
 * between two runs, and stops in good order.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { EnginePorts } from "../engine/context/ports.ts";
import { stoppedText } from "../engine/context/report.ts";
import { type RunRequest, runOnce } from "../engine/run/run.ts";
import { SyncError } from "../errors.ts";
import type { SyncLogger } from "../observe/log.ts";
import type { SyncMetrics } from "../observe/metrics.ts";
import type { ServiceState } from "../observe/status.ts";
import { isHalting, waitForManualRun } from "./halt.ts";
import { type NextStart, type SweepTimes, type WaitSurroundings, waitForStart } from "./schedule.ts";
import { readStatus } from "./status.ts";
import { SweepUpkeep } from "./sweep-upkeep.ts";
import { measureOf } from "./telemetry.ts";

/** What a service is made of. */
export interface ServiceParts {
  readonly ports: EnginePorts;
  readonly request: RunRequest;
  readonly next: NextStart;
  /** When it sweeps beside what its runs ask for; null: not at all. */
  readonly sweepTimes: SweepTimes | null;
  readonly log: SyncLogger;
  readonly metrics: SyncMetrics;
  readonly dailyCalls: number | null;
  /** False: the first run waits for the schedule. */
  readonly runAtStart: boolean;
  /** Looks before each run whether it can be made; throws the `SyncError` that keeps it from being made. */
  readonly beforeRun?: () => void | Promise<void>;
  /** Upkeep after each run that went through; tells by itself what hinders it. */
  readonly afterRun?: () => Promise<void>;
  /** The channels of change events that may wake it. */
  readonly channels?: () => ServiceState["changeEvents"];
  /** The defaults are the real clock and timers. */
  readonly around?: WaitSurroundings;
}

/** A run that is told to stop gets so long for its present page. Design: SIGTERM finishes or checkpoints within 10 s. */
export const STOP_GRACE_MS = 9_000;

const REAL: WaitSurroundings = {
  nowMs: Date.now,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

/** A connector that stays up. `run` once; the other methods may be called at any time. */
export class SyncService {
  readonly #parts: ServiceParts;
  readonly #around: WaitSurroundings;
  readonly #sweeps: SweepUpkeep;
  #wake = new AbortController();
  /** Work of people, done between runs; each one settles by itself and never rejects here. */
  #answers: Promise<unknown> = Promise.resolve();
  #kind: ServiceState["kind"] = "idle";
  #trouble: string | null = null;
  #nextRunAtMs: number | null = null;
  #running: Promise<void> | null = null;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#around = parts.around ?? REAL;
    const { ports, request, sweepTimes: times, log, metrics } = parts;
    const { nowMs } = this.#around;
    this.#sweeps = new SweepUpkeep({
      ports,
      request,
      times,
      log,
      nowMs,
      onSwept: (missed) => metrics.swept(missed),
      onRun: (part) => metrics.ran(measureOf(part), nowMs()),
    });
  }

  get state(): ServiceState {
    const { used, limit } = this.#parts.ports.salesforce.usage();
    return {
      kind: this.#kind,
      trouble: this.#trouble,
      nextRunAtMs: this.#nextRunAtMs,
      orgUsed: used,
      orgLimit: limit,
      changeEvents: this.#parts.channels?.() ?? [],
    };
  }

  /** Starts a run as soon as possible, also out of a halt. Asking again before it has started changes nothing. */
  wake(): void {
    this.#wake.abort();
  }

  /** The same for machines that say that something changed: they wake nobody out of a halt, which wants a person. */
  nudge(): void {
    if (this.#kind !== "halted") this.wake();
  }

  /** Does something with the state while no run is under way: at once, or after the present run. */
  async between<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = Promise.all([this.#answers, this.#running]);
    const result = before.then(work);
    this.#answers = result.then(
      () => {},
      () => {},
    );
    return await result;
  }

  /**
   * Runs until `stop` is aborted. Then the present run ends at its next page; one that does not within the grace is left
   * to the next start, which finds its intents. Failures of runs are logged and never end the service.
   */
  async run(stop: AbortSignal): Promise<void> {
    const { next, runAtStart, log } = this.#parts;
    let lastStartMs: number | null = null;
    if (!runAtStart) await this.#wait(next, lastStartMs, stop);
    while (!stop.aborted) {
      await this.#answers;
      lastStartMs = this.#around.nowMs();
      this.#wake = new AbortController();
      this.#running = this.#runOnce(stop);
      await Promise.race([this.#running, graceAfter(stop)]);
      if (stop.aborted) break;
      this.#running = null;
      if (this.#kind === "halted") await this.#waitForPerson(stop);
      else await this.#wait(next, lastStartMs, stop);
    }
    this.#kind = "stopping";
    log.info("stopped");
  }

  async #wait(next: NextStart, lastStartMs: number | null, stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, this.#wake.signal]);
    await waitForStart(next, lastStartMs, this.#around, signal, (startMs) => {
      this.#nextRunAtMs = Number.isFinite(startMs) ? startMs : null;
    });
  }

  /** A person has somebody run: by our button, or from a shell. */
  async #waitForPerson(stop: AbortSignal): Promise<void> {
    this.#nextRunAtMs = null;
    await waitForManualRun(this.#parts.ports.state, this.#around.sleep, AbortSignal.any([stop, this.#wake.signal]));
  }

  /** Never rejects. */
  async #runOnce(stop: AbortSignal): Promise<void> {
    const { ports, request, metrics, log } = this.#parts;
    const startedMs = this.#around.nowMs();
    const callsBefore = ports.salesforce.usage().calls;
    this.#kind = "running";
    this.#nextRunAtMs = null;
    const seconds = (): number => Math.max(0, this.#around.nowMs() - startedMs) / 1000;
    try {
      await this.#parts.beforeRun?.();
      const report = await runOnce(ports, { ...request, signal: stop });
      const { stopped } = report;
      this.#kind = "idle";
      this.#trouble = stopped.length === 0 ? null : stoppedText(stopped);
      if (this.#trouble !== null) log.error({ code: stopped[0]?.code }, this.#trouble);
      metrics.ran(measureOf(report), this.#around.nowMs());
      await this.#sweeps.afterRun(report, stop);
      await this.#parts.afterRun?.();
    } catch (error) {
      if (stop.aborted && error === stop.reason) {
        log.info("run stopped between two pages");
        return;
      }
      this.#failed(error);
      const calls = ports.salesforce.usage().calls - callsBefore;
      const code = error instanceof SyncError ? error.code : "DEFECT";
      metrics.ran({ seconds: seconds(), outcome: "failed", code, calls, predictedCalls: 0 }, this.#around.nowMs());
    }
    await this.#measure();
  }

  #failed(error: unknown): void {
    const { log, metrics } = this.#parts;
    const halts = isHalting(error);
    this.#kind = halts ? "halted" : "idle";
    if (error instanceof SyncError) {
      this.#trouble = `${error.code}: ${error.message}`;
      log.error({ code: error.code, context: error.context }, error.message);
    } else {
      this.#trouble = error instanceof Error ? error.message : String(error);
      log.error({ err: error }, "unexpected failure");
    }
    if (halts)
      log.error("the schedule stands still until somebody starts a run by hand, with the button or order-sync run");
    metrics.halted(halts);
  }

  async #measure(): Promise<void> {
    const { ports, metrics, dailyCalls, log } = this.#parts;
    const { used, limit } = ports.salesforce.usage();
    metrics.orgUsage(used, limit);
    if (this.#kind !== "halted") metrics.halted(false);
    try {
      metrics.status(await readStatus(ports.state, ports.mapping, { nowMs: ports.nowMs(), dailyCalls, runs: 1 }));
    } catch (error) {
      // Metrics of a state that cannot be read are worth a line, not the service.
      log.error({ err: error }, "the state cannot be read for metrics");
    }
  }
}

/** Resolves when the stop was asked for and the grace is over. */
async function graceAfter(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  await delay(STOP_GRACE_MS, undefined, { ref: false });
}
