/**
 * Sends the jobs of one wave, lane by lane, and waits until each of them has ended: the barrier.
 *
 * A lane has one job in the queue at a time, so its jobs are in order and no parent is ever in two hands. A job whose
 * worker is gone goes back into the queue. One that lost every worker it was given to may hold a record that brings
 * workers down: it is parted, so that its neighbours go on, and the record that is left over becomes a dead letter.
 */
import type { RunContext } from "../engine/context/context.ts";
import type { Nomination } from "../engine/read/nominations.ts";
import { SyncError } from "../errors.ts";
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { Lease } from "../state/port.ts";
import type { DeadLetter, Parked } from "../sync/decision.ts";
import { type Crew, laneLimits } from "./crew.ts";
import { type Job, type JobOutcome, keysOf, laneName } from "./job.ts";
import { assignLanes } from "./lanes.ts";
import { JOB_RETRIES_MAX, type JobState } from "./queue.ts";
import { touchedRecords } from "./touched.ts";
import { LANE_PATIENCE_MS } from "./work.ts";

/** How long the coordinator waits for the bell before it looks by itself, and looks after lost workers. */
const LOOK_EVERY_MS = 1_000;
/** A worker that has just taken a job needs this time at most to take its lane, or gives the job back. */
const LANE_GRACE_MS = LANE_PATIENCE_MS + 1_000;

/** A run as its coordinator holds it. */
export interface Round {
  readonly crew: Crew;
  /** Its lease is the run's. */
  readonly context: RunContext;
  /** Aborted when this process must stop or is no longer the coordinator. */
  readonly ended: AbortSignal;
  readonly calls: CallTally;
}

/** API calls that other processes made for the run; this process counts its own by itself, those of its hand included. */
export interface CallTally {
  elsewhere: number;
}

/** A nomination with the feed that named it. */
export interface WaveItem {
  readonly nomination: Nomination;
  readonly feed: Job["feed"];
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

/** A job that lost its workers is parted in so many, and each part again: three steps from a page to one record. */
const PARTS = 10;
/** A part is given to one more worker only: each of them may be brought down by it. */
const PART_RETRIES = 1;

/**
 * Has a wave worked on. Returns when every key of it is done, parked or a dead letter, or the object has to stand still
 * (`tally.isStopped`); throws the error that ends the run after every job that had begun has ended.
 */
export async function dispatch(
  round: Round,
  mapping: ObjectMapping,
  items: readonly WaveItem[],
  how: { readonly recover?: boolean; readonly deletes?: boolean } = {},
): Promise<void> {
  const isStopped = (): boolean => round.context.tally.isStopped(mapping.object);
  if (items.length === 0 || isStopped()) return;
  const lanes = await lanesOf(round, mapping, items, how);
  const outstanding = new Map<string, Outstanding>();
  for (const lane of lanes) await sendNext(round, lane, outstanding);
  await round.crew.queue.ring("jobs");
  let failure: Error | undefined;
  while (outstanding.size > 0) {
    round.ended.throwIfAborted();
    await round.context.lease.keep();
    const rung = round.crew.queue.bell.count("done");
    let moved = false;
    for (const [id, entry] of outstanding) {
      const state = await round.crew.queue.look(entry.job.object, id);
      let met: Error | undefined;
      if (state.kind === "ended") {
        met = settle(round, entry.job, state.outcome);
      } else if (state.kind === "exhausted") {
        const parts = partsOf(entry.job);
        if (parts.length > 1) entry.lane.waiting.unshift(...parts);
        else met = await condemn(round, entry.job);
      } else if (state.kind === "lost") {
        met = await giveUp(round, entry.job);
      } else {
        if (await isForsaken(round, entry.job, state)) await sendBack(round, id, entry.job);
        continue;
      }
      failure ??= met;
      moved = true;
      outstanding.delete(id);
      if (failure === undefined && !isStopped()) await sendNext(round, entry.lane, outstanding);
    }
    // What nobody has begun need not begin any more.
    if (failure !== undefined || isStopped()) await withdraw(round, outstanding);
    if (moved) await round.crew.queue.ring("jobs");
    else await round.crew.queue.bell.waitAfter("done", rung, LOOK_EVERY_MS, round.ended);
  }
  if (failure !== undefined) throw failure;
}

async function lanesOf(
  round: Round,
  mapping: ObjectMapping,
  items: readonly WaveItem[],
  { recover = false, deletes = false }: { readonly recover?: boolean; readonly deletes?: boolean },
): Promise<readonly Lane[]> {
  const { ports, options, lease, runId } = round.context;
  const nominations = items.map(({ nomination }) => nomination);
  const namesOf = await touchedRecords(ports, mapping, nominations);
  const withLines = mapping.lines !== null;
  const size = withLines ? options.passOrders : options.passDocuments;
  const limits = laneLimits(withLines);
  return assignLanes(items, ({ nomination }) => namesOf(nomination), limits).map((members, number) => ({
    waiting: byFeed(members).flatMap(({ feed, nominated }) =>
      chunks(nominated, size).map((part) => ({
        retries: JOB_RETRIES_MAX,
        job: {
          runId,
          run: lease.lease,
          fingerprint: round.crew.fingerprint,
          object: mapping.object,
          lane: number,
          feed,
          recover,
          deletes,
          stopped: round.context.tally.stopped,
          nominations: part,
        },
      })),
    ),
  }));
}

const FEEDS = ["waiting", "salesforce", "external"] as const;

function byFeed(members: readonly WaveItem[]): readonly { feed: Job["feed"]; nominated: readonly Nomination[] }[] {
  return FEEDS.map((feed) => ({
    feed,
    nominated: members.filter((member) => member.feed === feed).map(({ nomination }) => nomination),
  }));
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function sendNext(round: Round, lane: Lane, outstanding: Map<string, Outstanding>): Promise<void> {
  const errand = lane.waiting.shift();
  if (errand === undefined) return;
  const { job, retries } = errand;
  const id = round.crew.queue.newJobId();
  await round.crew.queue.send(id, job, retries);
  outstanding.set(id, { lane, job });
}

/** Adds what a job did to the run's numbers. Returns the error that ends the run, if the job met one. */
function settle({ context, crew, calls }: Round, job: Job, outcome: JobOutcome): Error | undefined {
  if (outcome.kind === "stale") {
    return new SyncError("LEASE_LOST", "The run was taken over while its jobs were under way; this coordinator stops");
  }
  context.tally.absorb(outcome.report, job.object, keysOf(job));
  if (outcome.holder !== crew.options.holder) calls.elsewhere += outcome.report.apiCalls;
  if (outcome.kind === "done") return undefined;
  return outcome.code === null ? new Error(outcome.message) : new SyncError(outcome.code, outcome.message);
}

/** Whether a job has begun, and nobody holds its lane any more. */
async function isForsaken({ crew }: Round, job: Job, state: JobState): Promise<boolean> {
  const { ports } = crew;
  if (state.kind !== "active" || ports.nowMs() - state.startedAtMs < LANE_GRACE_MS) return false;
  return !isAlive(crew, await ports.state.leaseHolder(laneName(ports.mapping.source, job.lane)));
}

/** Whether a lease is held by a process that may be alive. */
export function isAlive({ ports }: Crew, lease: Lease | undefined): boolean {
  if (lease === undefined || lease.expiresAtMs <= ports.nowMs()) return false;
  return ports.holderIsGone?.(lease.holder) !== true;
}

async function sendBack({ crew }: Round, id: string, job: Job): Promise<void> {
  await crew.queue.giveBack(job.object, id, "the worker that had it is gone");
  await crew.queue.ring("jobs");
  crew.observe({ kind: "jobGivenBack", object: job.object, lane: job.lane });
}

async function withdraw(round: Round, outstanding: Map<string, Outstanding>): Promise<void> {
  const objects = new Set([...outstanding.values()].map(({ job }) => job.object));
  await round.crew.queue.purge([...objects]);
  for (const [id, { job }] of outstanding) {
    const state = await round.crew.queue.look(job.object, id);
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
 * workers too. Returns the error that ends the run where the record has no key, so that nothing could remember it.
 */
async function condemn({ context }: Round, job: Job): Promise<SyncError | undefined> {
  const { ports, lease, memory, tally, runId } = context;
  const [key] = keysOf(job);
  if (key === undefined) return withoutKey(job);
  const atMs = ports.nowMs();
  const message =
    "every worker that took this record ended before it was done, alone with it at last; look for the reason in their logs and memory, then order-sync dead-letters retry";
  const obstacles = [{ code: WORKERS_LOST, message }];
  const known = memory.deadLetter(job.object, key);
  const letter: DeadLetter = {
    object: job.object,
    key,
    obstacles,
    faults: [],
    attempts: (known?.attempts ?? 0) + 1,
    firstAtMs: known?.firstAtMs ?? atMs,
    lastAtMs: atMs,
    runId,
    fingerprint: "",
  };
  await lease.commit({
    deadLetters: [letter],
    clearParked: [letter],
    journal: [{ atMs, runId, object: job.object, key, event: "rejected", side: null, detail: { obstacles } }],
  });
  memory.reject(letter);
  tally.addHeld({ object: job.object, key, how: "rejected", obstacles });
  return undefined;
}

function withoutKey(job: Job): SyncError {
  return new SyncError("STOPPED", `A job of ${job.object} lost all its workers; the next run reads its page again`);
}

/**
 * The job is gone, nobody knows how: its keys wait for the next run, which looks up their unfinished writes first. Returns the
 * error that ends the run where a record has no key yet, so that nothing could remember it but the feed.
 */
async function giveUp({ context }: Round, job: Job): Promise<SyncError | undefined> {
  const { ports, lease, memory, tally, runId } = context;
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
  for (const entry of parked) {
    memory.park(entry);
    tally.addHeld({ object: entry.object, key: entry.key, how: "parked", obstacles });
  }
  return parked.length === job.nominations.length ? undefined : withoutKey(job);
}
