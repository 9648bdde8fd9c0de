/**
 * One worker process: a hand that takes jobs, and, for one of all workers, the coordinator who sends them.
 *
 * All workers of a source share its state in PostgreSQL; they may be started and stopped at any time, on any machine.
 */

import { isPostgresUrl, placeOf } from "../database/url.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts } from "../engine/context/ports.ts";
import { startHeartbeat } from "../engine/lease/heartbeat.ts";
import type { RunRequest } from "../engine/run/run.ts";
import { SyncError } from "../errors.ts";
import type { NextStart } from "../service/schedule.ts";
import { DatabaseClock } from "./clock.ts";
import { takeJobs } from "./consumer.ts";
import type { AfterRun, WorkerContext, WorkerObserver } from "./context.ts";
import { coordinate } from "./coordinate.ts";
import { JobQueue } from "./queue.ts";
import { pause } from "./retry.ts";
import { leaveRun } from "./round.ts";

/** What a worker works with besides the ports. */
export interface WorkerSettings {
  /** The state's PostgreSQL; the ports' state is in the same database. */
  readonly stateUrl: string;
  readonly request: RunRequest;
  readonly next: NextStart;
  /** Tells configurations apart: all workers must have the same. */
  readonly fingerprint: string;
  readonly observe?: WorkerObserver;
  /** Upkeep by the coordinator after each run that went through. */
  readonly afterRun?: AfterRun;
}

/** Time after a stop in which the job at hand may end by itself; after it, what is not sent is put down. */
const FINISH_MS = 3_000;
/** Time after a stop at which a worker leaves, whatever is under way; others look it up. */
const LEAVE_MS = 9_000;

/**
 * Works until `stop` is aborted, then finishes or puts down its job and returns within ten seconds.
 *
 * Throws `CONFIG_INVALID` when the state is not in PostgreSQL, `STATE_*` when it cannot be opened, and
 * `SALESFORCE_LOGIN` when Salesforce refuses the credentials of a worker that another one coordinates.
 */
export async function runWorker(ports: EnginePorts, settings: WorkerSettings, stop: AbortSignal): Promise<void> {
  if (!isPostgresUrl(settings.stateUrl)) {
    throw new SyncError(
      "CONFIG_INVALID",
      `state.url is ${placeOf(settings.stateUrl)}; workers share their state in PostgreSQL: give postgres://user:password@host/database, or run order-sync serve`,
    );
  }
  const queue = await JobQueue.open(settings.stateUrl, ports.mapping.source);
  try {
    const clock = new DatabaseClock();
    const { nowMs } = clock;
    await clock.set(() => queue.nowMs());
    const { signal: _own, ...request } = settings.request;
    const options = { ...DEFAULT_RUN_OPTIONS, ...request };
    const { fingerprint, observe = () => {}, afterRun = async () => {} } = settings;
    const worker: WorkerContext = { ports: { ...ports, nowMs }, options, queue, fingerprint, observe, afterRun };
    const setting = startHeartbeat(options.leaseTtlMs, () => clock.set(() => queue.nowMs()));
    try {
      await work(worker, settings.next, stop);
    } finally {
      setting.stop();
    }
  } finally {
    await queue.close();
  }
}

async function work(worker: WorkerContext, next: NextStart, stop: AbortSignal): Promise<void> {
  // The coordinator stops at once, the hand takes no further job; what it has not sent by then it puts down later.
  const leaving = new AbortController();
  const putDown = new AbortController();
  const gone = new AbortController();
  const begin = (): void => {
    leaving.abort(stopped());
    void pause(FINISH_MS, gone.signal).then(() => putDown.abort(stopped()));
  };
  if (stop.aborted) begin();
  stop.addEventListener("abort", begin, { once: true });
  const parts = [
    takeJobs(worker, { noMore: leaving.signal, putDown: putDown.signal }),
    coordinate(worker, next, leaving.signal),
  ];
  try {
    await Promise.race([Promise.all(parts), leftBehind(leaving.signal, gone.signal)]);
  } catch (error) {
    // One part has failed for good: the other one ends its work, and then the error is reported.
    begin();
    await Promise.race([Promise.allSettled(parts), pause(LEAVE_MS)]);
    throw error;
  } finally {
    stop.removeEventListener("abort", begin);
    gone.abort();
  }
  await leaveRun(worker);
}

/** Resolves when the time for leaving is over. */
async function leftBehind(leaving: AbortSignal, gone: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => leaving.addEventListener("abort", () => resolve(), { once: true }));
  await pause(LEAVE_MS, gone);
}

function stopped(): SyncError {
  return new SyncError("STOPPED", "This worker was told to end; what it had not sent waits for another one");
}
