/** `order-sync worker`: one of any number of processes that share the work through the state in PostgreSQL. */
import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.ts";
import { openPorts } from "../../engine/open.ts";
import { nextStartOf } from "../../engine/schedule.ts";
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
        next: nextStartOf(loaded.config.schedule, Math.random),
        fingerprint: fingerprintOf(loaded.config),
        observe: print ?? ((event) => say(eventText(event))),
      },
      stop,
    );
    return EXIT.done;
  });
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
    case "trouble":
      return `trouble, tried again: ${event.message}`;
    default:
      return event satisfies never;
  }
}
