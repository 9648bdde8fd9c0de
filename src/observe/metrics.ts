/** Prometheus metrics of a connector that stays up. One registry for each, so that a test may have many. */
import { Counter, collectDefaultMetrics, Gauge, type GaugeConfiguration, Histogram, Registry } from "prom-client";
import type { Side } from "../model/value.ts";
import type { SyncStatus } from "./status.ts";

/** What a finished run tells the metrics. */
export interface RunMeasure {
  readonly seconds: number;
  readonly outcome: "done" | "doneWithRefusals" | "failed";
  /** An error code where it failed. */
  readonly code: string | null;
  readonly calls: number;
  readonly predictedCalls: number;
}

const RUN_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** All metrics of one connector; `text()` is what `/metrics` answers. */
export class SyncMetrics {
  readonly #registry = new Registry();
  readonly #records: Counter<"object" | "side" | "action">;
  readonly #unsynced: Counter<"object" | "how">;
  readonly #retries: Counter<"reason">;
  readonly #runs: Counter<"outcome" | "code">;
  readonly #runSeconds: Histogram;
  readonly #calls: Counter;
  readonly #predicted: Gauge;
  readonly #callsDay: Gauge;
  readonly #orgUsed: LateGauge;
  readonly #orgRemaining: LateGauge;
  readonly #lag: Gauge<"object" | "side">;
  readonly #waiting: Gauge<"object" | "kind">;
  readonly #lastRun: LateGauge;
  readonly #halted: Gauge;
  readonly #pending: Gauge;
  readonly #missed: LateGauge;
  readonly #waits: Gauge<"object">;
  readonly #channels: Gauge<"channel">;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#records = new Counter({
      name: "order_sync_records_total",
      help: "Documents written, by object, side and action.",
      labelNames: ["object", "side", "action"],
      registers,
    });
    this.#unsynced = new Counter({
      name: "order_sync_unsynced_total",
      help: "Documents that a run did not write, by object and how they are held (parked, rejected).",
      labelNames: ["object", "how"],
      registers,
    });
    this.#retries = new Counter({
      name: "order_sync_retries_total",
      help: "Repeated calls to Salesforce, by reason.",
      labelNames: ["reason"],
      registers,
    });
    this.#runs = new Counter({
      name: "order_sync_runs_total",
      help: "Runs, by outcome and error code.",
      labelNames: ["outcome", "code"],
      registers,
    });
    this.#runSeconds = new Histogram({
      name: "order_sync_run_seconds",
      help: "How long runs take.",
      buckets: RUN_SECONDS,
      registers,
    });
    this.#calls = new Counter({ name: "order_sync_api_calls_total", help: "Salesforce API calls of runs.", registers });
    this.#predicted = new Gauge({
      name: "order_sync_api_calls_predicted",
      help: "Write calls that the last run was predicted to make.",
      registers,
    });
    this.#callsDay = new Gauge({
      name: "order_sync_api_calls_day",
      help: "Salesforce API calls of this connector in the last 24 hours.",
      registers,
    });
    this.#orgUsed = new LateGauge({
      name: "order_sync_org_api_calls_used",
      help: "API requests of the whole org in its 24-hour window, as Salesforce last told.",
      registers,
    });
    this.#orgRemaining = new LateGauge({
      name: "order_sync_org_api_calls_remaining",
      help: "API requests that the org has left, as Salesforce last told.",
      registers,
    });
    this.#lag = new Gauge({
      name: "order_sync_lag_seconds",
      help: "How far behind the present the connector's knowledge of a side is, at most.",
      labelNames: ["object", "side"],
      registers,
    });
    this.#waiting = new Gauge({
      name: "order_sync_waiting",
      help: "Documents that wait, by object and kind (parked, dead_letter, conflict).",
      labelNames: ["object", "kind"],
      registers,
    });
    this.#lastRun = new LateGauge({
      name: "order_sync_last_success_timestamp_seconds",
      help: "When the last run that was not a failure ended.",
      registers,
    });
    this.#halted = new Gauge({
      name: "order_sync_halted",
      help: "1 while the schedule stands still because a person is needed.",
      registers,
    });
    this.#missed = new LateGauge({
      name: "order_sync_sweep_missed",
      help: "Documents that the last sweep wrote although no feed had named them; 0 is what to expect.",
      registers,
    });
    this.#pending = new Gauge({
      name: "order_sync_sweep_pending",
      help: "1 while deletions may have been missed and no sweep has gone through since.",
      registers,
    });
    this.#waits = new Gauge({
      name: "order_sync_external_wait_seconds",
      help: "How long an open transaction in the external system has held back changes of the object, by the last run; 0 where none does.",
      labelNames: ["object"],
      registers,
    });
    this.#channels = new Gauge({
      name: "order_sync_change_events_listening",
      help: "1 while a channel of Salesforce change events is listened to, 0 while it is lost.",
      labelNames: ["channel"],
      registers,
    });
  }

  /** Whether a channel of change events is listened to. */
  channel(channel: string, isOpen: boolean): void {
    this.#channels.set({ channel }, isOpen ? 1 : 0);
  }

  written(object: string, side: Side, actions: readonly string[]): void {
    for (const action of actions) this.#records.inc({ object, side, action });
  }

  unsynced(object: string, how: "parked" | "rejected"): void {
    this.#unsynced.inc({ object, how });
  }

  retried(reason: string): void {
    this.#retries.inc({ reason });
  }

  ran(run: RunMeasure, nowMs: number): void {
    this.#runs.inc({ outcome: run.outcome, code: run.code ?? "" });
    this.#runSeconds.observe(run.seconds);
    this.#calls.inc(run.calls);
    this.#predicted.set(run.predictedCalls);
    if (run.outcome !== "failed") this.#lastRun.set(nowMs / 1000);
  }

  orgUsage(used: number | null, limit: number | null): void {
    if (used === null || limit === null) return;
    this.#orgUsed.set(used);
    this.#orgRemaining.set(Math.max(0, limit - used));
  }

  /** What a sweep found that the feeds had missed. */
  swept(missed: number): void {
    this.#missed.set(missed);
  }

  halted(isHalted: boolean): void {
    this.#halted.set(isHalted ? 1 : 0);
  }

  /** Everything that is read from the state. */
  status(status: SyncStatus): void {
    this.#callsDay.set(status.callsOfTheDay);
    this.#pending.set(status.sweepPendingSinceMs === null ? 0 : 1);
    if (status.lastGoodRunAtMs !== null) this.#lastRun.set(status.lastGoodRunAtMs / 1000);
    const seconds = (knownToMs: number): number => Math.max(0, (status.atMs - knownToMs) / 1000);
    // What nobody holds any more and is not mapped is not listed any more.
    this.#waiting.reset();
    for (const { object, ...of } of status.objects) {
      if (of.watched && of.salesforceKnownToMs !== null) {
        this.#lag.set({ object, side: "salesforce" }, seconds(of.salesforceKnownToMs));
      }
      if (of.externalKnownToMs !== null) this.#lag.set({ object, side: "external" }, seconds(of.externalKnownToMs));
      this.#waits.set({ object }, of.externalWait === null ? 0 : seconds(of.externalWait.sinceMs));
      this.#waiting.set({ object, kind: "parked" }, of.parked);
      this.#waiting.set({ object, kind: "dead_letter" }, of.deadLetters);
      this.#waiting.set({ object, kind: "conflict" }, of.openConflicts);
    }
  }

  /** The exposition format, and its content type. */
  async text(): Promise<{ readonly body: string; readonly contentType: string }> {
    return { body: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}

/** A gauge that is not there before its first value: a 0 that nobody measured would ring an alarm. */
class LateGauge {
  readonly #configuration: GaugeConfiguration<string>;
  #gauge: Gauge | null = null;

  constructor(configuration: GaugeConfiguration<string>) {
    this.#configuration = configuration;
  }

  set(value: number): void {
    this.#gauge ??= new Gauge(this.#configuration);
    this.#gauge.set(value);
  }
}
