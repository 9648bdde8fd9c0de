/** `order-sync worker`: one of any number of processes that share the work through the state in PostgreSQL. */
import { Cron } from "croner";
import { durationMs } from "../../config/duration.ts";
import type { Config } from "../../config/schema.ts";
import { openPorts } from "../../engine/open.ts";
import type { NextRun } from "../../workers/coordinate.ts";
import type { WorkerEvent } from "../../workers/crew.ts";
import { runWorker } from "../../workers/worker.ts";
import { showProgress } from "../progress.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";
import { requestOf } from "./run.ts";

/** Options of `order-sync worker`. */
export interface WorkerOptions extends ConfigOptions {
  readonly allowDeletes?: true;
}

const DEFAULT_EVERY = "5m";
/** Whatever still hangs by then is cut off: a service manager kills after ten seconds or later. */
const EXIT_MS = 9_500;

/** Works until the process is told to end. Throws `SyncError` when it cannot work at all. */
export async function workerCommand(options: WorkerOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    const stop = surroundings.signal ?? new AbortController().signal;
    stop.addEventListener("abort", () => setTimeout(() => process.exit(EXIT.done), EXIT_MS).unref(), { once: true });
    const say = (text: string): unknown => surroundings.stderr.write(`${text}\n`);
    const print = options.json === true ? (event: object) => say(JSON.stringify(event)) : undefined;
    await using open = await openPorts(loaded, { observe: print ?? showProgress(surroundings.stderr) });
    await runWorker(
      open.ports,
      {
        stateUrl: loaded.config.state.url,
        request: requestOf(loaded.config, options, surroundings),
        next: nextRun(loaded.config.schedule),
        observe: print ?? ((event) => say(eventText(event))),
      },
      stop,
    );
    return EXIT.done;
  });
}

/** When the run after one that started then is due, as the schedule of the configuration says. */
function nextRun({ every, cron, timeZone, jitter }: Config["schedule"]): NextRun {
  const put = (atMs: number): number => atMs + Math.random() * durationMs(jitter);
  if (cron === undefined) return (lastStartedAtMs) => put(lastStartedAtMs + durationMs(every ?? DEFAULT_EVERY));
  const times = new Cron(cron, { timezone: timeZone, paused: true });
  // An expression without a next time, such as a date in the past, never comes again.
  return (lastStartedAtMs) => put(times.nextRun(new Date(lastStartedAtMs))?.getTime() ?? Number.MAX_SAFE_INTEGER);
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
    case "trouble":
      return `trouble, tried again: ${event.message}`;
    default:
      return event satisfies never;
  }
}
