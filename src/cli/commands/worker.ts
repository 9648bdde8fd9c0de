/** `order-sync worker`: one of any number of processes that share the work through the state in PostgreSQL. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import type { LoadedConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { EnginePorts } from "../../engine/context/ports.ts";
import { openLog, type SyncLogger } from "../../observe/log.ts";
import { SyncMetrics } from "../../observe/metrics.ts";
import { addProbes, answerError } from "../../observe/probes.ts";
import { openPorts } from "../../service/open.ts";
import { pruneAfterRun } from "../../service/retention.ts";
import { nextStartOf, sweepTimesOf } from "../../service/schedule.ts";
import { readStatus } from "../../service/status.ts";
import { SweepUpkeep } from "../../service/sweep-upkeep.ts";
import { logEvents } from "../../service/telemetry.ts";
import type { WorkerEvent } from "../../workers/context.ts";
import { WorkerTelemetry } from "../../workers/telemetry.ts";
import { runWorker } from "../../workers/worker.ts";
import { type Listening, listen } from "../listen.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";
import { requestOf } from "./run.ts";

/** Options of `order-sync worker`. */
export interface WorkerOptions extends ConfigOptions {
  readonly allowDeletes?: true;
  /** Port of `/metrics`, `/healthz` and `/readyz`; none without it. */
  readonly metricsPort?: number;
  readonly metricsHost: string;
}

/** Whatever still hangs by then is cut off: a service manager kills after ten seconds or later. */
const EXIT_MS = 9_500;

/** Works until the process is told to end. Throws `SyncError` when it cannot work at all. */
export async function workerCommand(options: WorkerOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    const stop = surroundings.signal ?? new AbortController().signal;
    stop.addEventListener("abort", () => setTimeout(() => process.exit(EXIT.done), EXIT_MS).unref(), { once: true });
    const print =
      options.json === true ? (event: object) => surroundings.stderr.write(`${JSON.stringify(event)}\n`) : null;
    const log = openLog({
      level: print === null ? loaded.config.log.level : "silent",
      write: (line) => surroundings.stdout.write(line),
      redact: loaded.redact,
      base: { source: loaded.config.mapping.source },
    });
    const lines = logEvents(log);
    const metrics = new SyncMetrics();
    const telemetry = new WorkerTelemetry(metrics, Date.now);
    await using open = await openPorts(loaded, {
      observe: (event) => {
        telemetry.sawEngine(event);
        lines.observe(event);
        print?.(event);
      },
      onRetry: (event) => {
        telemetry.sawRetry(event);
        lines.onRetry(event);
      },
    });
    await using probes = await listenForProbes(loaded, options, open.ports, { telemetry, metrics });
    if (loaded.config.schedule.changeEvents !== false) {
      log.warn("schedule.changeEvents has no effect on workers, which run by the schedule alone; see order-sync serve");
    }
    if (probes !== null) log.info({ url: probes.url }, `metrics at ${probes.url}`);
    const request = requestOf(loaded.config, options, surroundings);
    const sweeps = new SweepUpkeep({
      ports: open.ports,
      request,
      times: sweepTimesOf(loaded.config.schedule),
      log,
      nowMs: Date.now,
      onSwept: (missed) => metrics.swept(missed),
    });
    await runWorker(
      open.ports,
      {
        stateUrl: loaded.config.state.url,
        request,
        next: nextStartOf(loaded.config.schedule, Math.random),
        fingerprint: fingerprintOf(loaded.config),
        observe: (event) => {
          telemetry.sawWorker(event);
          logWorkerEvent(event, log);
          print?.(event);
        },
        afterRun: async (report, ended) => {
          await sweeps.afterRun(report, ended);
          await pruneAfterRun(open, loaded.config, (text) => log.warn(text));
        },
      },
      stop,
    );
    log.info("stopped");
    return EXIT.done;
  });
}

async function listenForProbes(
  { config, mapping }: LoadedConfig,
  { metricsPort, metricsHost }: WorkerOptions,
  ports: EnginePorts,
  { telemetry, metrics }: { readonly telemetry: WorkerTelemetry; readonly metrics: SyncMetrics },
): Promise<Listening | null> {
  if (metricsPort === undefined) return null;
  const { dailyCalls } = config.limits;
  const app = new Hono();
  addProbes(app, {
    metrics,
    status: () => readStatus(ports.state, mapping, { nowMs: Date.now(), dailyCalls, runs: 1 }),
    service: () => telemetry.state(ports.salesforce.usage()),
  });
  app.onError(answerError);
  return await listen(app.fetch, metricsHost, metricsPort);
}

/** The mapping as it is written, in short. */
function fingerprintOf({ mapping }: Config): string {
  return createHash("sha256").update(JSON.stringify(mapping)).digest("hex").slice(0, 16);
}

function logWorkerEvent(event: WorkerEvent, log: SyncLogger): void {
  switch (event.kind) {
    case "coordinating":
      log.info(event.on ? "this worker coordinates" : "this worker no longer coordinates");
      break;
    case "jobTaken":
      log.debug({ object: event.object, lane: event.lane, documents: event.documents }, "job taken");
      break;
    case "jobEnded":
      log.debug({ object: event.object, lane: event.lane, outcome: event.outcome }, "job ended");
      break;
    case "jobGivenBack":
      log.warn({ object: event.object, lane: event.lane }, "the worker that had a job is gone; another one takes it");
      break;
    case "runFailed":
      log.error({ code: event.code }, `the run failed, the next one comes at its time: ${event.message}`);
      break;
    case "halted":
      log.error(
        { code: event.code },
        `runs stand still until an order-sync run went through or this worker is restarted: ${event.message}`,
      );
      break;
    case "trouble":
      log.warn(`trouble, tried again: ${event.message}`);
      break;
    default:
      event satisfies never;
  }
}
