/** Works on one job: takes its lane, looks up unfinished writes where there may be some, and carries it out in this process. */
import type { RunContext } from "../engine/context/context.ts";
import type { MatchCache } from "../engine/context/match-cache.ts";
import { RunMemory } from "../engine/context/memory.ts";
import { NOTHING_DONE } from "../engine/context/part.ts";
import { startHeartbeat } from "../engine/lease/heartbeat.ts";
import { LeaseKeeper } from "../engine/lease/lease.ts";
import { ALL_DELETIONS, type DeletionKind, NO_DELETIONS } from "../engine/pass/delete-limit.ts";
import { recoverIntents } from "../engine/pass/recovery.ts";
import type { Wave, WaveResult } from "../engine/run/executor.ts";
import { inProcess } from "../engine/run/in-process.ts";
import { SyncError } from "../errors.ts";
import { objectMapping } from "../mapping/mapping.ts";
import type { WorkerContext } from "./context.ts";
import { type Job, type JobOutcome, type JobReport, jobReport, keysOf, laneName } from "./job.ts";
import { jobPorts } from "./job-ports.ts";
import { JOB_MS_MAX } from "./queue.ts";
import { isOutage, pause } from "./retry.ts";

/** How long a worker waits for the lane's former owner to let go of it. */
export const LANE_WAIT_MS = 2_000;
const LANE_PAUSE_MS = 50;
/** Attempts at one job while the database comes and goes, with these pauses between them. */
const OUTAGE_PAUSES_MS = [100, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** A job with what its worker knows about it. */
export interface Assignment {
  readonly id: string;
  readonly job: Job;
  /** True when another worker may have begun it. */
  readonly again: boolean;
  readonly matches: MatchCache;
}

/**
 * Works on a job until every key is done, parked or a dead letter, or the run has to end.
 *
 * `end` receives the outcome while the lane is still held: a job whose lane is free has nobody who works on it.
 * Once `stop` is aborted nothing further is written: what had landed is recorded, the rest is parked. Throws `LEASE_LOST`
 * when somebody else took the lane or the run over (nothing may be said about the job then), `LEASE_HELD` when the lane
 * is not free, and `STATE_*` when the database stays away.
 */
export async function workOn(
  worker: WorkerContext,
  assignment: Assignment,
  { stop, end }: { readonly stop: AbortSignal; readonly end: (outcome: JobOutcome) => Promise<void> },
): Promise<void> {
  const { ports, options } = worker;
  const { job } = assignment;
  const lane = await takeLane(worker, job);
  const heartbeat = startHeartbeat(options.leaseTtlMs, async () => {
    await lane.renew();
    if ((await ports.state.renewLease(job.run, options.leaseTtlMs, ports.nowMs())) === undefined) throw lostRun();
  });
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(tooLong()), JOB_MS_MAX);
  timer.unref();
  const ended = AbortSignal.any([stop, heartbeat.lost, overdue.signal]);
  const callsBefore = ports.salesforce.usage().calls;
  const attempts: WaveResult[] = [];
  const holder = options.holder;
  const report = (): JobReport => jobReport(attempts, ports.salesforce.usage().calls - callsBefore);
  try {
    const error = await carryOut(worker, assignment, { lane, attempts, ended });
    if (error === undefined) return await end({ kind: "done", holder, report: report() });
    const code = error instanceof SyncError ? error.code : null;
    await end({ kind: "failed", holder, report: report(), code, message: error.message });
  } finally {
    heartbeat.stop();
    clearTimeout(timer);
    await letGo(lane);
  }
}

async function takeLane(worker: WorkerContext, job: Job): Promise<LeaseKeeper> {
  const { ports, options } = worker;
  const { state, nowMs, holderIsGone } = ports;
  const giveUpAtMs = performance.now() + LANE_WAIT_MS;
  for (;;) {
    try {
      return await LeaseKeeper.take({
        state,
        name: laneName(ports.mapping.source, job.lane),
        holder: options.holder,
        ttlMs: options.leaseTtlMs,
        nowMs,
        under: [job.run],
        ...(holderIsGone === undefined ? {} : { holderIsGone }),
      });
    } catch (error) {
      const held = error instanceof SyncError && error.code === "LEASE_HELD";
      if (!held || performance.now() >= giveUpAtMs) throw error;
    }
    await pause(LANE_PAUSE_MS);
  }
}

/** Carries the job out; again when the database was away. Returns the error that ends the run, if any. */
async function carryOut(
  worker: WorkerContext,
  { id, job, again, matches }: Assignment,
  held: {
    readonly lane: LeaseKeeper;
    /** Filled with what each attempt has done. */
    readonly attempts: WaveResult[];
    readonly ended: AbortSignal;
  },
): Promise<Error | undefined> {
  const { lane, attempts, ended } = held;
  const ports = jobPorts(worker.ports, { jobId: id, object: job.object, keys: keysOf(job) }, ended);
  const begin = async (): Promise<RunContext> => ({
    ports,
    options: worker.options,
    runId: job.runId,
    identity: await ports.salesforce.connect(),
    lease: lane,
    memory: await RunMemory.load(ports.state),
    matches,
  });
  let recover = job.recover || again;
  for (let attempt = 0; ; attempt++) {
    const result = await attemptOf(begin, waveOf(worker, job, recover));
    attempts.push(result);
    const { failure } = result;
    if (failure === null) return undefined;
    if (!(failure instanceof Error)) throw failure;
    const code = failure instanceof SyncError ? failure.code : null;
    // What had landed is recorded, and the rest waits: the job is as done as it can be.
    if (code === "STOPPED") return undefined;
    if (code === "LEASE_LOST") throw failure;
    if (!isOutage(failure)) return failure;
    const pauseMs = OUTAGE_PAUSES_MS[attempt];
    if (pauseMs === undefined || ended.aborted) throw failure;
    worker.observe({ kind: "trouble", message: failure.message });
    await pause(pauseMs, ended);
    // Nobody knows what of it was stored or sent.
    recover = true;
  }
}

/** A job is a small wave, which its worker carries out by itself. */
function waveOf(worker: WorkerContext, job: Job, recover: boolean): Wave {
  // After an interruption the external record may equal its base because we wrote it: no echo is dropped unread.
  const feed = recover ? "waiting" : job.feed;
  const allowed = (kind: DeletionKind): number =>
    worker.options.allowDeletes || job.deletes.includes(kind) ? ALL_DELETIONS[kind] : 0;
  return {
    mapping: objectMapping(worker.ports.mapping, job.object),
    items: job.nominations.map((nomination) => ({ nomination, feed })),
    unkeyed: [],
    cursors: {},
    // A job knows its own deletions only: the run counts those of all jobs.
    deletions: { records: allowed("records"), lines: allowed("lines") },
    recover,
    stopped: job.stopped,
  };
}

async function attemptOf(begin: () => Promise<RunContext>, wave: Wave): Promise<WaveResult> {
  const nothing = { deletions: NO_DELETIONS, again: [], worthALook: [], abandoned: [] };
  let recovered = NOTHING_DONE;
  try {
    const context = await begin();
    if (wave.recover) recovered = await recoverIntents(context);
    const result = await inProcess().execute(context, wave);
    return { ...result, parts: [recovered, ...result.parts] };
  } catch (failure) {
    return { ...nothing, parts: [recovered], failure };
  }
}

async function letGo(lane: LeaseKeeper): Promise<void> {
  try {
    await lane.release();
  } catch (error) {
    // It runs out by itself.
    if (!(error instanceof SyncError)) throw error;
  }
}

function lostRun(): SyncError {
  return new SyncError("LEASE_LOST", "The run that this job belongs to was taken over; this worker leaves the job");
}

function tooLong(): SyncError {
  return new SyncError("STOPPED", `A job took longer than ${JOB_MS_MAX} ms; what it had not sent waits`);
}
