/** Bulk API 2.0 ingest jobs: create, upload, close, process in chunks of 200, results. Source: rest-api §11. */
import type { SaveResult } from "../../dml/port.ts";
import { wireInstant } from "../../org/clock.ts";
import type { DailyCount } from "../../org/daily-count.ts";
import type { Actor } from "../../org/port.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import { BATCH_ROWS, NO_BATCHES_LEFT } from "./allowances.ts";
import { type CsvForm, csvHeader, csvLine, parseCsv } from "./csv.ts";
import { bindHeader, type Column, rowInput } from "./ingest-row.ts";
import {
  abortRefusal,
  bulkError,
  deleteRefusal,
  HARD_DELETE_REFUSAL,
  hasEnded,
  JOB_LIFETIME_MS,
  JOBS_MAX,
  type JobCore,
  type JobState,
  mayHardDelete,
  unknownJob,
} from "./job.ts";
import type { StepRunner } from "./runner.ts";
import { faultText, type Saver, saveRows } from "./save-rows.ts";

const CHUNK_ROWS = 200; // Salesforce: rows of one trigger execution

/** The operations of an ingest job. */
export const INGEST_OPERATIONS = ["insert", "update", "upsert", "delete", "hardDelete"] as const;
export type IngestOperation = (typeof INGEST_OPERATIONS)[number];

/** What a client asks for. */
export interface IngestRequest extends CsvForm {
  readonly object: string;
  readonly operation: IngestOperation;
  readonly externalIdFieldName: string | undefined;
  readonly apiVersion: number;
  /** What the client calls itself. */
  readonly client: string | undefined;
}

/** One ingest job. Only this file changes it. */
export interface IngestJob extends JobCore {
  readonly operation: IngestOperation;
  readonly externalIdFieldName: string | undefined;
  readonly client: string | undefined;
  readonly actor: Actor;
  readonly type: SObjectType;
  text: string | undefined;
  header: readonly string[];
  rows: readonly (readonly string[])[];
  columns: readonly Column[];
  /** One for each processed row, in order. */
  readonly results: SaveResult[];
}

/** The files that a finished job offers. */
export type ResultFile = "successfulResults" | "failedResults" | "unprocessedrecords";

/** What the jobs need from outside. */
export interface IngestOptions extends Saver {
  readonly runner: StepRunner;
  /** Gives 18-character Ids with the prefix `750`. */
  readonly newId: () => string;
  /** Batches of a day. */
  readonly allowance: DailyCount;
}

/** The ingest jobs of one org. */
export class IngestJobs {
  readonly #options: IngestOptions;
  readonly #jobs = new Map<string, IngestJob>();

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Opens a job; throws `OrgError` where the object or the external Id field does not do. */
  create(actor: Actor, request: IngestRequest): IngestJob {
    const { org, newId } = this.#options;
    const type = actor.access.catalog.object(request.object);
    if (type === undefined || type.definition.createable !== true) {
      throw bulkError("INVALIDENTITY", `InvalidEntity : Entity '${request.object}' is not supported by the Bulk API.`);
    }
    checkExternalId(type, request);
    if (request.operation === "hardDelete" && !mayHardDelete(actor))
      throw bulkError("FEATURENOTENABLED", `FeatureNotEnabled : ${HARD_DELETE_REFUSAL}`);
    const now = wireInstant(org.clock.nowMs());
    const job: IngestJob = {
      ...request,
      object: type.name,
      id: newId(),
      createdById: actor.userId,
      createdDate: now,
      createdMs: org.clock.nowMs(),
      state: "Open",
      systemModstamp: now,
      errorMessage: undefined,
      processed: 0,
      failed: 0,
      actor,
      type,
      text: undefined,
      header: [],
      rows: [],
      columns: [],
      results: [],
    };
    const oldest = this.#jobs.keys().next();
    if (this.#jobs.size >= JOBS_MAX && !oldest.done) this.#jobs.delete(oldest.value);
    this.#jobs.set(job.id, job);
    return job;
  }

  /** The job with this Id; throws 404. */
  find(id: string): IngestJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw unknownJob();
    if (this.#options.org.clock.nowMs() - job.createdMs < JOB_LIFETIME_MS) return job;
    this.#jobs.delete(id);
    throw unknownJob();
  }

  /** All jobs, oldest first. */
  list(): readonly IngestJob[] {
    const { clock } = this.#options.org;
    return [...this.#jobs.values()].filter((job) => clock.nowMs() - job.createdMs < JOB_LIFETIME_MS);
  }

  /** Takes the data, once and while the job is open. */
  upload(id: string, text: string): void {
    const job = this.find(id);
    if (job.state !== "Open" || job.text !== undefined) {
      const shown = job.state === "Open" ? "UploadComplete" : job.state;
      // The class of the error is known, status and text are from memory.
      throw bulkError(
        "INVALIDJOBSTATE",
        `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job. Current job state is '${shown}'`,
      );
    }
    job.text = text;
  }

  /** Ends the upload; processing begins. */
  close(id: string): IngestJob {
    const job = this.find(id);
    if (job.state !== "Open") {
      throw bulkError("INVALIDJOBSTATE", `Closing already ${job.state} Job not allowed`);
    }
    this.#enter(job, "UploadComplete");
    this.#options.runner.start(() => this.#begin(job));
    return job;
  }

  /** Stops a job; rows that were processed stay processed. */
  abort(id: string): IngestJob {
    const job = this.find(id);
    if (hasEnded(job)) throw abortRefusal(job);
    if (job.header.length === 0) this.#readTable(job);
    this.#enter(job, "Aborted");
    return job;
  }

  /** Removes an ended job and its data. */
  remove(id: string): void {
    const job = this.find(id);
    if (job.state === "Open" || job.state === "InProgress") throw deleteRefusal();
    this.#jobs.delete(id);
  }

  /** One of the three result files of a job as CSV text. */
  resultFile(id: string, file: ResultFile): string {
    const job = this.find(id);
    if (file === "unprocessedrecords") {
      const left = job.rows.slice(job.results.length).map((row) => csvLine(row, job));
      return csvHeader([], job.header, job) + left.join("");
    }
    const good = file === "successfulResults";
    const lines = job.results.flatMap((result, index) => {
      if (result.success !== good) return [];
      const own = result.success
        ? [result.id, String(result.created)]
        : [result.id ?? "", result.faults.map(faultText).join("")];
      return [csvLine([...own, ...(job.rows[index] ?? [])], job)];
    });
    return csvHeader(["sf__Id", good ? "sf__Created" : "sf__Error"], job.header, job) + lines.join("");
  }

  #begin(job: IngestJob): boolean {
    if (job.state !== "UploadComplete") return false;
    const problem = this.#readTable(job);
    if (problem !== undefined) {
      job.errorMessage = problem;
      this.#enter(job, "Failed");
      return false;
    }
    this.#enter(job, "InProgress");
    this.#options.runner.start(() => this.#continue(job));
    return false;
  }

  #readTable(job: IngestJob): string | undefined {
    if (job.text === undefined || job.text === "") return undefined;
    const table = parseCsv(job.text, job);
    job.text = "";
    if ("problem" in table) return table.problem;
    const [header = [], ...rows] = table;
    job.header = header;
    job.rows = rows;
    const columns = bindHeader(job.type, header);
    if (typeof columns === "string") return `InvalidBatch : Field name not found : ${columns}`;
    job.columns = columns;
    const key = job.externalIdFieldName?.toLowerCase();
    if (job.operation === "upsert" && !header.some((name) => name.toLowerCase() === key))
      return `External ID was blank for ${job.object}. An External ID must be specified for upsert.`;
    const needsId = job.operation !== "insert" && job.operation !== "upsert";
    if (needsId && !columns.some((column) => column.kind === "id")) {
      return "InvalidBatch : Field name not found : Id";
    }
    const batches = Math.ceil(rows.length / BATCH_ROWS);
    if (batches > 0 && !this.#options.allowance.charge(batches)) return `ExceededQuota : ${NO_BATCHES_LEFT}`;
    return undefined;
  }

  #continue(job: IngestJob): boolean {
    if (job.state !== "InProgress") return false;
    const applied = this.#options.trigger({
      object: job.object,
      operation: job.operation,
      username: job.actor.username,
    });
    if (applied?.kind === "stuck") return false;
    if (applied?.kind === "failed") {
      job.errorMessage = applied.message;
      this.#enter(job, "Failed");
      return false;
    }
    const from = job.results.length;
    const rows = job.rows.slice(from, from + CHUNK_ROWS);
    if (rows.length > 0) {
      const results = this.#saveChunk(job, rows);
      job.results.push(...results);
      job.processed += results.length;
      job.failed += results.filter((result) => !result.success).length;
    }
    if (job.results.length < job.rows.length) return true;
    this.#enter(job, "JobComplete");
    return false;
  }

  #saveChunk(job: IngestJob, rows: readonly (readonly string[])[]): readonly SaveResult[] {
    const records = rows.map((cells) => rowInput(job.type, job.columns, cells, job.operation));
    return saveRows(this.#options, { ...job, records, wire: "csv" });
  }

  #enter(job: IngestJob, state: JobState): void {
    job.state = state;
    job.systemModstamp = wireInstant(this.#options.org.clock.nowMs());
  }
}

function checkExternalId(type: SObjectType, request: IngestRequest): void {
  if (request.operation !== "upsert") return;
  const name = request.externalIdFieldName;
  if (name === undefined) {
    throw bulkError("INVALIDJOB", "InvalidJob : External ID field name is required for upsert");
  }
  const field = type.field(name);
  if (field !== undefined && (field.externalId === true || field.idLookup === true || field.name === "Id")) return;
  const known = `${name.toLowerCase()} does not match an External ID, Salesforce Id, or indexed field for ${type.name}`;
  throw bulkError("INVALIDJOB", `InvalidJob : Field name provided, ${known}`);
}
