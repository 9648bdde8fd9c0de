/** `order-sync worker`: one of any number of processes that share the work through the state in PostgreSQL. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import type { LoadedConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { EngineObserver } from "../../engine/events.ts";
import { openPorts } from "../../engine/open.ts";
import type { EnginePorts } from "../../engine/ports.ts";
import { pruneAfterRun } from "../../engine/retention.ts";
import { nextStartOf } from "../../engine/schedule.ts";
import { readStatus } from "../../engine/status.ts";
import { SyncMetrics } from "../../observe/metrics.ts";
import { addProbes, answerError } from "../../observe/probes.ts";
import type { WorkerEvent } from "../../workers/crew.ts";
import { WorkerSight } from "../../workers/sight.ts";
import { runWorker } from "../../workers/worker.ts";
import { type Listening, listen } from "../listen.ts";
import { showProgress } from "../progress.ts";
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
    const say = (text: string): unknown => surroundings.stderr.write(`${text}\n`);
    const print = options.json === true ? (event: object) => say(JSON.stringify(event)) : undefined;
    const show: EngineObserver = print ?? showProgress(surroundings.stderr);
    const metrics = new SyncMetrics();
    const sight = new WorkerSight(metrics, Date.now);
    await using open = await openPorts(loaded, {
      observe: (event) => {
        sight.sawEngine(event);
        show(event);
      },
      onRetry: (event) => sight.sawRetry(event),
    });
    await using probes = await listenForProbes(loaded, options, open.ports, { sight, metrics });
    if (probes !== null) say(print === undefined ? `metrics at ${probes.url}` : JSON.stringify({ url: probes.url }));
    await runWorker(
      open.ports,
      {
        stateUrl: loaded.config.state.url,
        request: requestOf(loaded.config, options, surroundings),
        next: nextStartOf(loaded.config.schedule, Math.random),
        fingerprint: fingerprintOf(loaded.config),
        observe: (event) => {
          sight.sawWorker(event);
          (print ?? ((one: WorkerEvent) => say(eventText(one))))(event);
        },
        afterRun: () => pruneAfterRun(open, loaded.config, say),
      },
      stop,
    );
    return EXIT.done;
  });
}

async function listenForProbes(
  { config, mapping }: LoadedConfig,
  { metricsPort, metricsHost }: WorkerOptions,
  ports: EnginePorts,
  { sight, metrics }: { readonly sight: WorkerSight; readonly metrics: SyncMetrics },
): Promise<Listening | null> {
  if (metricsPort === undefined) return null;
  const { dailyCalls } = config.limits;
  const app = new Hono();
  addProbes(app, {
    metrics,
    status: () => readStatus(ports.state, mapping, { nowMs: Date.now(), dailyCalls, runs: 1 }),
    service: () => sight.state(ports.salesforce.usage()),
  });
  app.onError(answerError);
  return await listen(app.fetch, metricsHost, metricsPort);
}

/** The mapping as it is written, in short. */
function fingerprintOf({ mapping }: Config): string {
  return createHash("sha256").update(JSON.stringify(mapping)).digest("hex").slice(0, 16);
}

function eventText(event: WorkerEvent): string {
  switch (event.kind) {
    case "coordinating":
      return event.on ? "this worker coordinates" : "this worker no longer coordinates";
    case "jobTaken":
      return `${event.object}, lane ${event.lane}: took ${event.documents} documents`;
    case "jobEnded":
      return `${event.object}, lane ${event.lane}: ${event.outcome}`;
    case "jobGivenBack":
      return `${event.object}, lane ${event.lane}: its worker is gone; another one takes it`;
    case "runFailed":
      return `run failed, the next one comes at its time: ${event.code}: ${event.message}`;
    case "halted":
      return `runs stand still until order-sync run went through once or this worker is restarted: ${event.code}: ${event.message}`;
    case "trouble":
      return `trouble, tried again: ${event.message}`;
    default:
      return event satisfies never;
  }
}
