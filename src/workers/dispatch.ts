/**
 * Sends the jobs of one wave, lane by lane, and waits until each of them has ended: the barrier.
 *
 * A lane has one job in the queue at a time, so its jobs are in order and no parent is ever in two hands. A job whose
 * worker is gone goes back into the queue. One that lost every worker it was given to may hold a record that brings
 * workers down: it is split, so that its neighbors go on, and the record that is left over becomes a dead letter.
 */
import type { RunContext } from "../engine/context/context.ts";
import { ALL_DELETIONS, DELETION_KINDS, joinDeletions } from "../engine/pass/delete-limit.ts";
import { type Executor, pageSizeOf, type Wave, type WaveResult } from "../engine/run/executor.ts";
import { inProcess } from "../engine/run/in-process.ts";
import { chunks, pagesOf } from "../engine/run/wave-items.ts";
import { SyncError } from "../errors.ts";
import type { Lease } from "../state/port.ts";
import type { DeadLetter, Parked } from "../sync/decision.ts";
import { LANES_MAX, laneLimits, type WorkerContext } from "./context.ts";
import { type Job, type JobOutcome, keysOf, laneName, NO_WORK, resultOf } from "./job.ts";
import { assignLanes } from "./lanes.ts";
import { JOB_RETRIES_MAX, type JobState } from "./queue.ts";
import { touchedRecords } from "./touched.ts";
import { LANE_WAIT_MS } from "./work.ts";

/** How long the coordinator waits for the bell before it looks by itself, and looks after lost workers. */
const LOOK_EVERY_MS = 1_000;
/** A worker that has just taken a job needs this time at most to take its lane, or gives the job back. */
const LANE_GRACE_MS = LANE_WAIT_MS + 1_000;

/** A run as its coordinator holds it. */
export interface Round {
  readonly worker: WorkerContext;
  /** Its lease is the run's. */
  readonly context: RunContext;
  /** Aborted when this process must stop or is no longer the coordinator. */
  readonly ended: AbortSignal;
}

/** A job, and how often it may be given to another worker. */
interface Errand {
  readonly job: Job;
  readonly retries: number;
}

interface Lane {
  /** What is still to be sent. */
  readonly waiting: Errand[];
}

interface Outstanding {
  readonly lane: Lane;
  readonly job: Job;
}

/** A job that lost its workers is split in this many, and each part again: three steps from a page to one record. */
const PARTS = 10;
/** A part is given to one more worker only: each of them may be brought down by it. */
const PART_RETRIES = 1;

/** Jobs per lane in one wave. */
const WAVE_ROUNDS = 4;

/**
 * The executor that has waves carried out by all workers. A wave holds as many documents as keep all lanes busy for a
 * while and fit into memory. `ended` is aborted when this process must stop or is no longer the coordinator.
 */
export function throughQueue(worker: WorkerContext, ended: AbortSignal): Executor {
  return {
    waveDocuments: (pageSize) => pageSize * LANES_MAX * WAVE_ROUNDS,
    execute: async (context, wave) => {
      const result = await dispatch({ worker, context, ended }, wave);
      if (result.failure !== null) return result;
      await context.memory.reload(context.ports.state);
      if (result.parts.some(({ stopped }) => stopped.length > 0)) return result;
      // No job can be given what has no key: this process records it, with the positions behind the wave.
      const rest = await inProcess().execute(context, { ...wave, items: [] });
      return joinResults([result, rest], rest.failure);
    },
  };
}

/**
 * Has the items of a wave worked on. Returns when every key of them is done, parked or a dead letter, or the object has to
 * stand still; with a `failure` after every job that had begun has ended. Throws when this process has to stop.
 */
export async function dispatch(round: Round, wave: Wave): Promise<WaveResult> {
  const results: WaveResult[] = [];
  const isStopped = (): boolean => results.some(({ parts }) => parts.some(({ stopped }) => stopped.length > 0));
  const lanes = wave.items.length === 0 ? [] : await lanesOf(round, wave);
  const outstanding = new Map<string, Outstanding>();
  for (const lane of lanes) await sendNext(round, lane, outstanding);
  if (outstanding.size > 0) await round.worker.queue.notify("jobs");
  let failure: unknown = null;
  while (outstanding.size > 0) {
    round.ended.throwIfAborted();
    await round.context.lease.keep();
    const seen = round.worker.queue.notifier.count("done");
    let moved = false;
    for (const [id, entry] of outstanding) {
      const state = await round.worker.queue.look(entry.job.object, id);
      let met: WaveResult | undefined;
      if (state.kind === "ended") {
        met = settle(round, state.outcome);
      } else if (state.kind === "exhausted") {
        const parts = partsOf(entry.job);
        if (parts.length > 1) entry.lane.waiting.unshift(...parts);
        else met = await deadLetterJob(round, entry.job);
      } else if (state.kind === "lost") {
        met = await giveUp(round, entry.job);
      } else {
        if (await isAbandoned(round, entry.job, state)) await sendBack(round, id, entry.job);
        continue;
      }
      if (met !== undefined) results.push(met);
      failure ??= met?.failure ?? null;
      moved = true;
      outstanding.delete(id);
      if (failure === null && !isStopped()) await sendNext(round, entry.lane, outstanding);
    }
    // What nobody has begun need not begin any more.
    if (failure !== null || isStopped()) await withdraw(round, outstanding);
    if (moved) await round.worker.queue.notify("jobs");
    else await round.worker.queue.notifier.waitAfter("done", seen, LOOK_EVERY_MS, round.ended);
  }
  return joinResults(results, failure);
}

function joinResults(results: readonly WaveResult[], failure: unknown): WaveResult {
  return {
    parts: results.flatMap(({ parts }) => parts),
    deletions: joinDeletions(results.map(({ deletions }) => deletions)),
    again: results.flatMap(({ again }) => again),
    worthALook: results.flatMap(({ worthALook }) => worthALook),
    abandoned: results.flatMap(({ abandoned }) => abandoned),
    failure,
  };
}

async function lanesOf(round: Round, { mapping, items, recover, deletions, stopped }: Wave): Promise<readonly Lane[]> {
  const { ports, lease, runId } = round.context;
  // Lanes work side by side, so none of them can count: a kind is deleted without limit, or not yet.
  const deletes = DELETION_KINDS.filter((kind) => deletions[kind] === ALL_DELETIONS[kind]);
  const nominations = items.map(({ nomination }) => nomination);
  const namesOf = await touchedRecords(ports, mapping, nominations);
  const withLines = mapping.lines !== null;
  const size = pageSizeOf(round.context, mapping);
  const limits = laneLimits(withLines);
  return assignLanes(items, ({ nomination }) => namesOf(nomination), limits).map((members, number) => ({
    waiting: pagesOf(members, size).map((page) => ({
      retries: JOB_RETRIES_MAX,
      job: {
        runId,
        run: lease.lease,
        fingerprint: round.worker.fingerprint,
        object: mapping.object,
        lane: number,
        recover,
        deletes,
        stopped,
        ...page,
      },
    })),
  }));
}

async function sendNext(round: Round, lane: Lane, outstanding: Map<string, Outstanding>): Promise<void> {
  const errand = lane.waiting.shift();
  if (errand === undefined) return;
  const { job, retries } = errand;
  const id = round.worker.queue.newJobId();
  await round.worker.queue.send(id, job, retries);
  outstanding.set(id, { lane, job });
}

/** What a job did. The calls of this process's own hand are counted with its other calls. */
function settle({ worker }: Round, outcome: JobOutcome): WaveResult {
  if (outcome.kind === "stale") return endedBy(new SyncError("LEASE_LOST", TAKEN_OVER));
  const isOwn = outcome.holder === worker.options.holder;
  const result = resultOf(isOwn ? { ...outcome.report, apiCalls: 0 } : outcome.report);
  if (outcome.kind === "done") return result;
  const { code, message } = outcome;
  return { ...result, failure: code === null ? new Error(message) : new SyncError(code, message) };
}

const TAKEN_OVER = "The run was taken over while its jobs were under way; this coordinator stops";

function endedBy(failure: SyncError): WaveResult {
  return { ...resultOf(NO_WORK), failure };
}

/** Whether a job has begun, and nobody holds its lane any more. */
async function isAbandoned({ worker }: Round, job: Job, state: JobState): Promise<boolean> {
  const { ports } = worker;
  if (state.kind !== "active" || ports.nowMs() - state.startedAtMs < LANE_GRACE_MS) return false;
  return !isAlive(worker, await ports.state.leaseHolder(laneName(ports.mapping.source, job.lane)));
}

/** Whether a lease is held by a process that may be alive. */
export function isAlive({ ports }: WorkerContext, lease: Lease | undefined): boolean {
  if (lease === undefined || lease.expiresAtMs <= ports.nowMs()) return false;
  return ports.holderIsGone?.(lease.holder) !== true;
}

async function sendBack({ worker }: Round, id: string, job: Job): Promise<void> {
  await worker.queue.giveBack(job.object, id, "the worker that had it is gone");
  await worker.queue.notify("jobs");
  worker.observe({ kind: "jobGivenBack", object: job.object, lane: job.lane });
}

async function withdraw(round: Round, outstanding: Map<string, Outstanding>): Promise<void> {
  const objects = new Set([...outstanding.values()].map(({ job }) => job.object));
  await round.worker.queue.purge([...objects]);
  for (const [id, { job }] of outstanding) {
    const state = await round.worker.queue.look(job.object, id);
    if (state.kind === "lost" || state.kind === "exhausted") outstanding.delete(id);
  }
}

/** The job in parts that look up unfinished writes first; itself when it holds one document. */
function partsOf(job: Job): readonly Errand[] {
  const { nominations } = job;
  return chunks(nominations, Math.ceil(nominations.length / PARTS)).map((part) => ({
    job: { ...job, recover: true, nominations: part },
    retries: PART_RETRIES,
  }));
}

/** The code of what waits, or was refused, because nobody could finish its job. */
export const WORKERS_LOST = "WORKERS_LOST";

/**
 * Every worker that had this one document ended before it was done: a dead letter, so that the next run does not lose its
 * workers too. Ends the run where the record has no key, so that nothing could remember it.
 */
async function deadLetterJob({ context }: Round, job: Job): Promise<WaveResult> {
  const { ports, lease, memory, runId } = context;
  const [key] = keysOf(job);
  if (key === undefined) return endedBy(withoutKey(job));
  const atMs = ports.nowMs();
  const message =
    "every worker that took this record ended before it was done, alone with it at last; look for the reason in their logs and memory, then order-sync dead-letters retry";
  const obstacles = [{ code: WORKERS_LOST, message }];
  const known = memory.deadLetter(job.object, key);
  const deadLetter: DeadLetter = {
    object: job.object,
    key,
    obstacles,
    apiErrors: [],
    attempts: (known?.attempts ?? 0) + 1,
    firstAtMs: known?.firstAtMs ?? atMs,
    lastAtMs: atMs,
    runId,
    fingerprint: "",
  };
  await lease.commit({
    deadLetters: [deadLetter],
    clearParked: [deadLetter],
    journal: [{ atMs, runId, object: job.object, key, event: "rejected", side: null, detail: { obstacles } }],
  });
  const unsynced = [{ object: job.object, key, how: "rejected" as const, obstacles }];
  return { ...resultOf({ ...NO_WORK, unsynced }), abandoned: [key] };
}

function withoutKey(job: Job): SyncError {
  return new SyncError("STOPPED", `A job of ${job.object} lost all its workers; the next run reads its page again`);
}

/**
 * The job is gone, nobody knows how: its keys wait for the next run, which looks up their unfinished writes first. Ends the
 * run where a record has no key yet, so that nothing could remember it but the feed.
 */
async function giveUp({ context }: Round, job: Job): Promise<WaveResult> {
  const { ports, lease, memory, runId } = context;
  const atMs = ports.nowMs();
  const message = "its job vanished from the queue before it was done; it is tried again in the next run";
  const obstacles = [{ code: WORKERS_LOST, message }];
  const parked = keysOf(job).map(
    (key): Parked => ({
      object: job.object,
      key,
      obstacles,
      attempts: (memory.parked(job.object, key)?.attempts ?? 0) + 1,
      sinceMs: memory.parked(job.object, key)?.sinceMs ?? atMs,
    }),
  );
  await lease.commit({
    parked,
    journal: parked.map(({ object, key }) => ({
      atMs,
      runId,
      object,
      key,
      event: "parked",
      side: null,
      detail: { obstacles },
    })),
  });
  const unsynced = parked.map(({ object, key }) => ({ object, key, how: "parked" as const, obstacles }));
  const failure = parked.length === job.nominations.length ? null : withoutKey(job);
  return { ...resultOf({ ...NO_WORK, unsynced }), abandoned: parked.map(({ key }) => key), failure };
}
