/** The hand of a worker: takes job after job, whoever sent them. */
import { MatchCache } from "../engine/context/match-cache.ts";
import { SyncError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import { type Job, type JobOutcome, NO_WORK } from "./job.ts";
import type { TakenJob } from "./queue.ts";
import { isOutage, persistently } from "./retry.ts";
import { type Assignment, workOn } from "./work.ts";

/** How long a worker waits for the bell before it looks by itself. */
const LOOK_EVERY_MS = 2_000;

/** The two steps of an end. */
export interface Ending {
  /** Aborted: no further job is taken. */
  readonly noMore: AbortSignal;
  /** Aborted with a `SyncError`: the job at hand sends nothing more. */
  readonly putDown: AbortSignal;
}

/**
 * Takes jobs until it is told to end. Throws the error of a defect, and `SALESFORCE_LOGIN`: logging in again and again
 * would lock the user.
 */
export async function takeJobs(worker: WorkerContext, { noMore, putDown }: Ending): Promise<void> {
  const { queue, ports } = worker;
  const objects = ports.mapping.objects.map((mapping) => mapping.object);
  const looks = new LooksOfRun();
  while (!noMore.aborted) {
    const seen = queue.notifier.count("jobs");
    let taken: TakenJob | undefined;
    for (const object of objects) taken ??= await queue.take(object);
    if (taken === undefined) await queue.notifier.waitAfter("jobs", seen, LOOK_EVERY_MS, noMore);
    else await handle(worker, taken, { stop: putDown, looks });
  }
}

async function handle(
  worker: WorkerContext,
  taken: TakenJob,
  { stop, looks }: { readonly stop: AbortSignal; readonly looks: LooksOfRun },
): Promise<void> {
  const { queue, observe } = worker;
  const { job } = taken;
  const lane = job?.lane ?? -1;
  observe({ kind: "jobTaken", object: taken.object, lane, documents: job?.nominations.length ?? 0 });
  let refused: string | undefined;
  const end = async (outcome: JobOutcome): Promise<void> => {
    await persistently(() => queue.end(taken, outcome));
    observe({ kind: "jobEnded", object: taken.object, lane, outcome: outcome.kind });
    if (outcome.kind === "failed" && outcome.code === "SALESFORCE_LOGIN") refused = outcome.message;
  };
  try {
    if (job === undefined) await end(unfit(worker, OTHER_VERSION));
    else if (await isStale(worker, job)) await end({ kind: "stale" });
    else if (job.fingerprint !== worker.fingerprint) await end(unfit(worker, OTHER_CONFIGURATION));
    else {
      const again = taken.tries > 0;
      await workOn(worker, { id: taken.id, job, again, ...looks.of(job.runId) }, { stop, end });
    }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    observe({ kind: "trouble", message: error.message });
    // Whoever took the lane over has the job, or the run is gone.
    if (error.code !== "LEASE_LOST") await giveBack(worker, taken, error);
    return;
  }
  await queue.notify("done");
  if (refused !== undefined) throw new SyncError("SALESFORCE_LOGIN", refused);
}

/** Whether the run that sent the job is over. */
async function isStale({ ports }: WorkerContext, job: Job): Promise<boolean> {
  const run = await persistently(() => ports.state.leaseHolder(job.run.name));
  return run?.fence !== job.run.fence;
}

/** The lane is not free, or the database stayed away: another worker, or this one, tries again. */
async function giveBack(worker: WorkerContext, taken: TakenJob, why: SyncError): Promise<void> {
  try {
    await worker.queue.giveBack(taken.object, taken.id, why.message);
    await worker.queue.notify("jobs");
  } catch (error) {
    // The coordinator sees that nobody holds the lane and gives the job back.
    if (!isOutage(error)) throw error;
  }
}

const OTHER_VERSION = "A job of another version of order-sync is in the queue; run the same version on all machines";
const OTHER_CONFIGURATION =
  "The coordinator's mapping differs from that of another worker; give all workers the same configuration";

function unfit({ options }: WorkerContext, message: string): JobOutcome {
  return { kind: "failed", holder: options.holder, report: NO_WORK, code: "CONFIG_INVALID", message };
}

/** What a worker looks up once per run: what records without a key are matched against. */
class LooksOfRun {
  #runId = "";
  #matches = new MatchCache();

  of(runId: string): Pick<Assignment, "matches"> {
    if (runId !== this.#runId) this.#matches = new MatchCache();
    this.#runId = runId;
    return { matches: this.#matches };
  }
}
