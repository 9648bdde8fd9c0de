/**
 * The queue: pg-boss in a schema of its own beside the state, one queue per object level.
 *
 * pg-boss gives each job to one worker at a time and counts how often it had to be given again. Whether that worker still
 * lives is told by the lane's lease, which is prolonged while it works; pg-boss's own expiry is the last resort.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import PgBoss from "pg-boss";
import { placeOf } from "../database/url.ts";
import { SyncError } from "../errors.ts";
import { stateError } from "../state/state-error.ts";
import { decodeJob, decodeOutcome, encodeJob, type Job, type JobOutcome } from "./job.ts";
import { Notifier, type Topic } from "./notifier.ts";

/** The schema of pg-boss's tables. */
export const QUEUE_SCHEMA = "order_sync_jobs";
/** How often a job is given to another worker after the first one was lost. */
export const JOB_RETRIES_MAX = 3;
/** Longest time that a worker spends on one job: a page of orders takes seconds, one with a large Bulk job an hour. */
export const JOB_MS_MAX = 2 * 3_600_000;

/** pg-boss gives a job again after this time, whatever the leases say. */
const JOB_EXPIRES_SECONDS = JOB_MS_MAX / 1_000 + 900;
const CONNECTIONS_MAX = 3;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const ARCHIVE_AFTER_SECONDS = 3_600;
const DELETE_AFTER_DAYS = 2;
const MAINTENANCE_SECONDS = 300;

/** A job that this worker took. */
export interface TakenJob {
  readonly id: string;
  readonly object: string;
  /** How often others had it before. */
  readonly tries: number;
  /** Undefined when another version of this program sent it. */
  readonly job: Job | undefined;
}

/** How a job stands. */
export type JobState =
  | { readonly kind: "waiting" }
  | { readonly kind: "active"; readonly startedAtMs: number }
  | { readonly kind: "ended"; readonly outcome: JobOutcome }
  /** Given to as many workers as it may be, and none of them ended it. */
  | { readonly kind: "exhausted" }
  /** Removed by somebody, or ended without an outcome that can be read. */
  | { readonly kind: "lost" };

/** The queue of one source. Methods throw `STATE_UNREACHABLE` and `STATE_UNREADABLE`. */
export class JobQueue {
  readonly notifier: Notifier;
  readonly #boss: PgBoss;
  readonly #pool: pg.Pool;
  readonly #source: string;
  readonly #place: string;

  private constructor(parts: {
    readonly boss: PgBoss;
    readonly pool: pg.Pool;
    readonly notifier: Notifier;
    readonly source: string;
    readonly place: string;
  }) {
    this.#boss = parts.boss;
    this.#pool = parts.pool;
    this.notifier = parts.notifier;
    this.#source = parts.source;
    this.#place = parts.place;
  }

  /** Opens the queue and makes pg-boss's tables where they are missing. */
  static async open(url: string, source: string): Promise<JobQueue> {
    const place = placeOf(url);
    const pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: "order-sync jobs",
      allowExitOnIdle: true,
    });
    // The server may end an idle connection at any time; the next statement opens another one.
    pool.on("error", () => undefined);
    const boss = new PgBoss({
      db: { executeSql: (text, values) => pool.query(text, values) },
      schema: QUEUE_SCHEMA,
      // The schedule is ours.
      schedule: false,
      supervise: true,
      migrate: true,
      maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
      archiveCompletedAfterSeconds: ARCHIVE_AFTER_SECONDS,
      deleteAfterDays: DELETE_AFTER_DAYS,
    });
    // Housekeeping goes on with the next turn; whoever waits for an answer gets the error itself.
    boss.on("error", () => undefined);
    try {
      await boss.start();
    } catch (error) {
      await pool.end();
      throw stateError(error, place);
    }
    return new JobQueue({ boss, pool, notifier: new Notifier(url, source), source, place });
  }

  /** Makes the queues of these objects where they are missing. */
  async prepare(objects: readonly string[]): Promise<void> {
    await this.#ask(async () => {
      const known = new Set((await this.#boss.getQueues()).map((queue) => queue.name));
      for (const object of objects) {
        if (!known.has(this.#name(object))) await this.#boss.createQueue(this.#name(object));
      }
    });
  }

  /** A new job Id. A send whose reply got lost is repeated with the same one. */
  newJobId(): string {
    return randomUUID();
  }

  /** Puts a job into the queue of its object, once. It is given again so often after a worker was lost. */
  async send(id: string, job: Job, retries = JOB_RETRIES_MAX): Promise<void> {
    await this.#ask(async () => {
      await this.#boss.send(this.#name(job.object), encodeJob(job), {
        id,
        retryLimit: retries,
        retryDelay: 0,
        expireInSeconds: JOB_EXPIRES_SECONDS,
      });
    });
  }

  /** Takes the oldest job of an object; undefined when there is none or the database does not answer. */
  async take(object: string): Promise<TakenJob | undefined> {
    const [taken] = await this.#boss.fetch<unknown>(this.#name(object), { includeMetadata: true });
    if (taken === undefined) return undefined;
    return { id: taken.id, object, tries: taken.retryCount, job: decodeJob(taken.data) };
  }

  /** Says what became of a job. Does nothing when the job was given to somebody else and waits. */
  async end(job: TakenJob, outcome: JobOutcome): Promise<void> {
    await this.#ask(() => this.#boss.complete(this.#name(job.object), job.id, outcome));
  }

  /** Gives a job back, so that another worker takes it; after the last of its retries it is exhausted. */
  async giveBack(object: string, id: string, reason: string): Promise<void> {
    await this.#ask(() => this.#boss.fail(this.#name(object), id, { reason }));
  }

  async look(object: string, id: string): Promise<JobState> {
    const found = await this.#ask(() => this.#boss.getJobById(this.#name(object), id, { includeArchive: true }));
    if (found === null) return { kind: "lost" };
    switch (found.state) {
      case "created":
      case "retry":
        return { kind: "waiting" };
      case "active":
        return { kind: "active", startedAtMs: found.startedOn.getTime() };
      case "completed": {
        const outcome = decodeOutcome(found.output);
        return outcome === undefined ? { kind: "lost" } : { kind: "ended", outcome };
      }
      case "failed":
        return { kind: "exhausted" };
      case "cancelled":
        return { kind: "lost" };
      default:
        return found.state satisfies never;
    }
  }

  /** Removes the jobs of these objects that nobody has taken. */
  async purge(objects: readonly string[]): Promise<void> {
    await this.#ask(async () => {
      for (const object of objects) await this.#boss.purgeQueue(this.#name(object));
    });
  }

  /** Wakes whoever waits for this. A ring that cannot be sent is no failure: waits have an end. */
  async notify(what: Topic): Promise<void> {
    const { text, values } = this.notifier.notify(what);
    try {
      await this.#ask(() => this.#pool.query(text, [...values]));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
    }
  }

  /** The database's time in milliseconds since 1970. */
  async nowMs(): Promise<number> {
    const { rows } = await this.#ask(() =>
      this.#pool.query<{ now: number }>("select (extract(epoch from clock_timestamp()) * 1000)::float8 as now"),
    );
    const [row] = rows;
    if (row === undefined) throw new SyncError("STATE_UNREACHABLE", `State database ${this.#place} tells no time`);
    return Math.round(row.now);
  }

  async close(): Promise<void> {
    await this.notifier.close();
    await this.#boss.stop({ graceful: false });
    await this.#pool.end();
  }

  #name(object: string): string {
    return `${this.#source}.${object}`;
  }

  async #ask<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw stateError(error, this.#place);
    }
  }
}
