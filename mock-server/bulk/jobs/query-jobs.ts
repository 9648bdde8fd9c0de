/** Bulk API 2.0 query jobs: a query runs apart from the request, its rows are read as CSV in pages. Source: rest-api §12. */

import { OrgError } from "../../errors.ts";
import { wireInstant } from "../../org/clock.ts";
import type { DailyCount } from "../../org/daily-count.ts";
import type { MockOrgCore } from "../../org/org.ts";
import type { Actor } from "../../org/port.ts";
import { assertBulkQuery, csvHeader } from "../../soql/bulk.ts";
import { type PreparedQuery, prepareQuery } from "../../soql/query.ts";
import { type CsvForm, csvLine } from "./csv.ts";
import type { BulkFaultHook } from "./fault-hook.ts";
import {
  abortRefusal,
  bulkError,
  deleteRefusal,
  hasEnded,
  JOB_LIFETIME_MS,
  JOBS_MAX,
  type JobCore,
  type JobState,
  unknownJob,
} from "./job.ts";
import { queryCsv } from "./query-results.ts";
import type { StepRunner } from "./runner.ts";

/** Rows of one result page unless the client asks for another number. */
const PAGE_ROWS = 50_000;
/** Pages that `resultPages` names at a time. */
const RESULT_PAGES = 5;

/** What a client asks for. */
export interface QueryJobRequest extends CsvForm {
  readonly operation: "query" | "queryAll";
  readonly query: string;
  readonly apiVersion: number;
}

/** One query job. Only this file changes it. */
export interface QueryJob extends JobCore {
  readonly operation: "query" | "queryAll";
  readonly actor: Actor;
  readonly prepared: PreparedQuery;
  /** Finished CSV lines; empty until the job is complete. */
  lines: readonly string[];
}

/** One page of a result. */
export interface ResultPage {
  readonly csv: string;
  readonly rows: number;
  /** The locator of the next page; null on the last one. */
  readonly next: string | null;
}

/** The query jobs of one org. */
export class QueryJobs {
  readonly #org: MockOrgCore;
  readonly #runner: StepRunner;
  readonly #newId: () => string;
  readonly #allowance: DailyCount;
  readonly #jobs = new Map<string, QueryJob>();

  readonly #trigger: BulkFaultHook;

  constructor(options: {
    readonly org: MockOrgCore;
    readonly runner: StepRunner;
    readonly newId: () => string;
    readonly trigger: BulkFaultHook;
    /** Query jobs of a day. */
    readonly allowance: DailyCount;
  }) {
    this.#org = options.org;
    this.#trigger = options.trigger;
    this.#allowance = options.allowance;
    this.#runner = options.runner;
    this.#newId = options.newId;
  }

  /** Starts a job; throws `OrgError` where the query is wrong or none that Bulk can answer. */
  create(actor: Actor, request: QueryJobRequest): QueryJob {
    const { query, ...form } = request;
    const prepared = prepareQuery(query, { catalog: actor.access.catalog, apiVersion: request.apiVersion });
    assertBulkQuery(prepared);
    // [memory: platform §3] the text.
    if (!this.#allowance.charge(1))
      throw bulkError("EXCEEDEDQUOTA", "ExceededQuota : DailyBulkV2QueryJobs Limit exceeded.");
    const now = wireInstant(this.#org.clock.nowMs());
    const job: QueryJob = {
      ...form,
      object: prepared.bound.object.name,
      id: this.#newId(),
      createdById: actor.userId,
      createdDate: now,
      createdMs: this.#org.clock.nowMs(),
      state: "UploadComplete",
      systemModstamp: now,
      errorMessage: undefined,
      processed: 0,
      failed: 0,
      actor,
      prepared,
      lines: [],
    };
    const oldest = this.#jobs.keys().next();
    if (this.#jobs.size >= JOBS_MAX && !oldest.done) this.#jobs.delete(oldest.value);
    this.#jobs.set(job.id, job);
    this.#runner.start(() => this.#begin(job));
    return job;
  }

  /** The job with this Id; throws 404. */
  find(id: string): QueryJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw unknownJob();
    if (this.#org.clock.nowMs() - job.createdMs < JOB_LIFETIME_MS) return job;
    this.#jobs.delete(id);
    throw unknownJob();
  }

  /** All jobs, oldest first. */
  list(): readonly QueryJob[] {
    return [...this.#jobs.values()].filter((job) => this.#org.clock.nowMs() - job.createdMs < JOB_LIFETIME_MS);
  }

  /** Stops a job. */
  abort(id: string): QueryJob {
    const job = this.find(id);
    if (hasEnded(job)) throw abortRefusal(job);
    this.#enter(job, "Aborted");
    return job;
  }

  /** Removes an ended job and its result. */
  remove(id: string): void {
    if (!hasEnded(this.find(id))) throw deleteRefusal();
    this.#jobs.delete(id);
  }

  /** One page of a finished job's rows, with the header line. */
  page(id: string, wanted: { readonly maxRecords?: number; readonly locator?: string }): ResultPage {
    const job = this.#finished(id);
    const from = wanted.locator === undefined ? 0 : readLocator(wanted.locator);
    const rows = Math.max(1, wanted.maxRecords ?? PAGE_ROWS);
    if (from > job.lines.length) throw bulkError("INVALIDLOCATOR", "invalid query locator");
    const page = job.lines.slice(from, from + rows);
    const header = csvLine(csvHeader(job.prepared), job);
    const end = from + page.length;
    return { csv: header + page.join(""), rows: page.length, next: end < job.lines.length ? writeLocator(end) : null };
  }

  /** Locators of up to five pages that can be read at the same time, from a locator on; null is the first page. */
  pageLocators(
    id: string,
    locator: string | undefined,
  ): { readonly pages: readonly (string | null)[]; readonly next: string | null } {
    const job = this.#finished(id);
    const from = locator === undefined ? 0 : readLocator(locator);
    const starts = Array.from({ length: RESULT_PAGES }, (_, index) => from + index * PAGE_ROWS).filter(
      (start) => start === 0 || start < job.lines.length,
    );
    const next = from + RESULT_PAGES * PAGE_ROWS;
    return {
      pages: starts.map((start) => (start === 0 ? null : writeLocator(start))),
      next: next < job.lines.length ? writeLocator(next) : null,
    };
  }

  #finished(id: string): QueryJob {
    const job = this.find(id);
    // What a real org answers before the end is not known.
    if (job.state !== "JobComplete")
      throw bulkError("INVALIDJOBSTATE", `The job is not complete. Current job state is '${job.state}'`);
    return job;
  }

  #begin(job: QueryJob): boolean {
    if (job.state !== "UploadComplete") return false;
    this.#enter(job, "InProgress");
    this.#runner.start(() => this.#finish(job));
    return false;
  }

  #finish(job: QueryJob): boolean {
    if (job.state !== "InProgress") return false;
    const applied = this.#trigger({ object: job.object, operation: job.operation, username: job.actor.username });
    if (applied?.kind === "stuck") return false;
    if (applied?.kind === "failed") {
      job.errorMessage = applied.message;
      this.#enter(job, "Failed");
      return false;
    }
    try {
      job.lines = queryCsv(this.#org, { ...job, includeDeleted: job.operation === "queryAll" });
      job.processed = job.lines.length;
      this.#enter(job, "JobComplete");
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      job.errorMessage = `${error.errorCode}: ${error.faults[0].message}`;
      this.#enter(job, "Failed");
    }
    return false;
  }

  #enter(job: QueryJob, state: JobState): void {
    job.state = state;
    job.systemModstamp = wireInstant(this.#org.clock.nowMs());
  }
}

function writeLocator(offset: number): string {
  return Buffer.from(String(offset)).toString("base64url");
}

function readLocator(locator: string): number {
  const offset = Buffer.from(locator, "base64url").toString("utf8");
  if (!/^\d{1,12}$/.test(offset)) throw bulkError("INVALIDLOCATOR", "invalid query locator");
  return Number(offset);
}
