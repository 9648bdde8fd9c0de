/** Bulk API 1.0: jobs that hold batches, each with a result of its own. Source: rest-api §13. */
import type { SaveInput, SaveRequest, SaveResult } from "../../dml/port.ts";
import { OrgError } from "../../errors.ts";
import { wireInstant } from "../../org/clock.ts";
import type { DailyCount } from "../../org/daily-count.ts";
import type { Actor } from "../../org/port.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import type { Wire } from "../../schema/values.ts";
import type { JsonObject } from "../../soql/base/port.ts";
import { assertBulkQuery, csvHeader } from "../../soql/bulk.ts";
import { type PreparedQuery, prepareQuery } from "../../soql/query.ts";
import { NO_BATCHES_LEFT } from "./allowances.ts";
import { csvLine, parseCsv } from "./csv.ts";
import { bindHeader, rowInput } from "./ingest-row.ts";
import { HARD_DELETE_REFUSAL, JOB_LIFETIME_MS, JOBS_MAX, mayHardDelete } from "./job.ts";
import { type Chunking, chunkQueries } from "./pk-chunks.ts";
import { queryCsv, queryRecords } from "./query-results.ts";
import type { StepRunner } from "./runner.ts";
import { faultText, type Saver, saveRows } from "./save-rows.ts";

const CHUNK_ROWS = 200; // Salesforce: rows of one trigger execution
const BATCH_ROWS_MAX = 10_000; // Salesforce limit

const ALL_AT_ONCE: Chunking = { records: Number.MAX_SAFE_INTEGER, startRow: undefined };

/** The operations of a job. */
export const CLASSIC_OPERATIONS = ["insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll"] as const;
export type ClassicOperation = (typeof CLASSIC_OPERATIONS)[number];
export type ClassicContentType = "CSV" | "XML" | "JSON";

/** A refusal of this API: HTTP 400 with an exception code. */
export class AsyncApiError extends Error {
  readonly exceptionCode: string;

  constructor(exceptionCode: string, message: string) {
    super(message);
    this.name = "AsyncApiError";
    this.exceptionCode = exceptionCode;
  }
}

/** What a client asks for. */
export interface ClassicRequest {
  readonly operation: ClassicOperation;
  readonly object: string;
  readonly externalIdFieldName: string | undefined;
  readonly concurrencyMode: "Parallel" | "Serial";
  readonly contentType: ClassicContentType;
  readonly apiVersion: number;
  /** What the client calls itself. */
  readonly client: string | undefined;
  /** How queries are split into batches of their own; undefined where they are not. */
  readonly chunking: Chunking | undefined;
}

/** The result of a query: a CSV file, or records that become XML or JSON where the client fetches them. */
export type QueryResult =
  | { readonly id: string; readonly kind: "csv"; readonly text: string }
  | { readonly id: string; readonly kind: "records"; readonly records: readonly JsonObject[] };

/** The data of a batch: a CSV file, records that XML or JSON carried, or a query. */
export type BatchData =
  | { readonly kind: "csv"; readonly text: string }
  | { readonly kind: "records"; readonly records: readonly Readonly<Record<string, unknown>>[]; readonly wire: Wire }
  | { readonly kind: "query"; readonly soql: string };

export interface ClassicBatch {
  readonly id: string;
  readonly jobId: string;
  /** As uploaded. */
  readonly request: string;
  readonly data: BatchData;
  readonly createdDate: string;
  state: "Queued" | "InProgress" | "Completed" | "Failed" | "NotProcessed";
  stateMessage: string | undefined;
  systemModstamp: string;
  inputs: readonly SaveInput[];
  readonly results: SaveResult[];
  /** For queries that are through. */
  queryResult: QueryResult | undefined;
}

export interface ClassicJob extends ClassicRequest {
  readonly id: string;
  readonly actor: Actor;
  readonly type: SObjectType;
  readonly createdDate: string;
  readonly createdMs: number;
  systemModstamp: string;
  state: "Open" | "Closed" | "Aborted";
  readonly batches: Map<string, ClassicBatch>;
}

/** The classic jobs of one org. */
export class ClassicJobs {
  readonly #saver: Saver;
  readonly #runner: StepRunner;
  readonly #newId: (keyPrefix: "750" | "751" | "752") => string;
  readonly #allowance: DailyCount;
  readonly #jobs = new Map<string, ClassicJob>();

  constructor(options: {
    readonly saver: Saver;
    readonly runner: StepRunner;
    readonly newId: (keyPrefix: "750" | "751" | "752") => string;
    /** Batches of a day. */
    readonly allowance: DailyCount;
  }) {
    this.#saver = options.saver;
    this.#allowance = options.allowance;
    this.#runner = options.runner;
    this.#newId = options.newId;
  }

  /** Opens a job; throws `AsyncApiError`. */
  create(actor: Actor, request: ClassicRequest): ClassicJob {
    const type = actor.access.catalog.object(request.object);
    if (type === undefined) throw new AsyncApiError("InvalidJob", `Unable to find object: ${request.object}`);
    if (request.operation === "upsert" && addressable(type, request.externalIdFieldName) === undefined) {
      const name = request.externalIdFieldName ?? "";
      throw new AsyncApiError(
        "InvalidJob",
        `Field name provided, ${name} does not match an External ID for ${type.name}`,
      );
    }
    if (request.operation === "hardDelete" && !mayHardDelete(actor))
      throw new AsyncApiError("FeatureNotEnabled", HARD_DELETE_REFUSAL);
    const now = this.#now();
    const job: ClassicJob = {
      ...request,
      id: this.#newId("750"),
      object: type.name,
      actor,
      type,
      createdDate: now,
      createdMs: this.#saver.org.clock.nowMs(),
      systemModstamp: now,
      state: "Open",
      batches: new Map(),
    };
    const oldest = this.#jobs.keys().next();
    if (this.#jobs.size >= JOBS_MAX && !oldest.done) this.#jobs.delete(oldest.value);
    this.#jobs.set(job.id, job);
    return job;
  }

  /** The job with this Id, 15 or 18 characters; throws `AsyncApiError`. */
  find(id: string): ClassicJob {
    const job = this.#jobs.get(id) ?? [...this.#jobs.values()].find((each) => each.id.slice(0, 15) === id);
    const expired = job !== undefined && this.#saver.org.clock.nowMs() - job.createdMs >= JOB_LIFETIME_MS;
    if (job === undefined || expired) throw new AsyncApiError("InvalidJob", `Unable to find job: ${id}`);
    return job;
  }

  /** All jobs, oldest first. */
  list(): readonly ClassicJob[] {
    const { clock } = this.#saver.org;
    return [...this.#jobs.values()].filter((job) => clock.nowMs() - job.createdMs < JOB_LIFETIME_MS);
  }

  /** Closes or aborts a job. Batches of a closed job go on; those of an aborted one that wait are not processed. */
  change(id: string, state: "Closed" | "Aborted"): ClassicJob {
    const job = this.find(id);
    if (job.state !== "Open") {
      throw new AsyncApiError("InvalidJobState", `Job is not open. Current job state is '${job.state}'`);
    }
    job.state = state;
    job.systemModstamp = this.#now();
    return job;
  }

  /** Takes one batch and queues it; throws `AsyncApiError`. */
  addBatch(jobId: string, data: BatchData, request: string): ClassicBatch {
    const job = this.find(jobId);
    if (job.state !== "Open") {
      const message = `Failed to create batch, since the Job is not Open. Current job state is '${job.state}'`;
      throw new AsyncApiError("InvalidJobState", message);
    }
    if (!this.#allowance.charge(1)) throw new AsyncApiError("ExceededQuota", NO_BATCHES_LEFT);
    const batch = this.#newBatch(job, data, request);
    job.batches.set(batch.id, batch);
    const split = job.chunking !== undefined && data.kind === "query";
    this.#runner.start(() => (split ? this.#split(job, batch, data.soql) : this.#begin(job, batch)));
    return batch;
  }

  #newBatch(job: ClassicJob, data: BatchData, request: string): ClassicBatch {
    const now = this.#now();
    return {
      id: this.#newId("751"),
      jobId: job.id,
      request,
      data,
      createdDate: now,
      state: "Queued",
      stateMessage: undefined,
      systemModstamp: now,
      inputs: [],
      results: [],
      queryResult: undefined,
    };
  }

  /** Makes a batch of each chunk of a query; the batch that brought the query is not processed itself. */
  #split(job: ClassicJob, batch: ClassicBatch, soql: string): boolean {
    const chunks = this.#checkedQuery(job, soql, () =>
      chunkQueries(soql, job.chunking ?? ALL_AT_ONCE, this.#idsOf(job)),
    );
    if (typeof chunks === "string") {
      batch.stateMessage = chunks;
      this.#enter(batch, "Failed");
      return false;
    }
    this.#enter(batch, "NotProcessed");
    for (const chunk of chunks) this.#queueChunk(job, chunk);
    return false;
  }

  /** Chunks count as batches; they are made even where the day has none left, as the job has begun already. */
  #queueChunk(job: ClassicJob, soql: string): void {
    this.#allowance.charge(1);
    const batch = this.#newBatch(job, { kind: "query", soql }, soql);
    job.batches.set(batch.id, batch);
    this.#runner.start(() => this.#begin(job, batch));
  }

  #idsOf({ object }: ClassicJob): readonly string[] {
    const { org } = this.#saver;
    return org.transaction(org.systemActor, (tx) => Array.from(tx.rows(object), (row) => String(row["Id"])));
  }

  /** A batch of a job; throws `AsyncApiError`. */
  batch(jobId: string, batchId: string): ClassicBatch {
    const { batches } = this.find(jobId);
    const batch = batches.get(batchId) ?? [...batches.values()].find((each) => each.id.slice(0, 15) === batchId);
    if (batch === undefined) throw new AsyncApiError("InvalidBatch", `Unable to find batch: ${batchId}`);
    return batch;
  }

  #begin(job: ClassicJob, batch: ClassicBatch): boolean {
    if (job.state === "Aborted") {
      this.#enter(batch, "NotProcessed");
      return false;
    }
    this.#enter(batch, "InProgress");
    const problem = batch.data.kind === "query" ? this.#query(job, batch, batch.data.soql) : prepareInputs(job, batch);
    if (problem !== undefined) {
      batch.stateMessage = problem;
      this.#enter(batch, "Failed");
    } else if (batch.data.kind === "query") this.#enter(batch, "Completed");
    else this.#runner.start(() => this.#continue(job, batch));
    return false;
  }

  #continue(job: ClassicJob, batch: ClassicBatch): boolean {
    const applied = this.#saver.trigger({ object: job.object, operation: job.operation, username: job.actor.username });
    if (applied?.kind === "stuck") return false;
    if (applied?.kind === "failed") {
      batch.stateMessage = applied.message;
      this.#enter(batch, "Failed");
      return false;
    }
    const records = batch.inputs.slice(batch.results.length, batch.results.length + CHUNK_ROWS);
    if (records.length > 0) {
      const wire = batch.data.kind === "records" ? batch.data.wire : "csv";
      const operation = saveOperation(job.operation);
      batch.results.push(...saveRows(this.#saver, { ...job, operation, records, wire }));
    }
    if (batch.results.length < batch.inputs.length) return true;
    this.#enter(batch, "Completed");
    return false;
  }

  /** Runs a query; a text says why the batch fails. */
  #query(job: ClassicJob, batch: ClassicBatch, soql: string): string | undefined {
    const result = this.#checkedQuery(job, soql, (prepared) => {
      const { org } = this.#saver;
      const query = { ...job, prepared, includeDeleted: job.operation === "queryAll" };
      const id = this.#newId("752");
      if (job.contentType !== "CSV") return { id, kind: "records", records: queryRecords(org, query) } as const;
      const form = { columnDelimiter: "COMMA", lineEnding: "LF" } as const;
      const lines = queryCsv(org, { ...query, ...form });
      return { id, kind: "csv", text: csvLine(csvHeader(prepared), form) + lines.join("") } as const;
    });
    if (typeof result === "string") return result;
    batch.queryResult = result;
    return undefined;
  }

  /** Works on a query that this API answers; a text says why it does not. */
  #checkedQuery<T>(job: ClassicJob, soql: string, work: (prepared: PreparedQuery) => T): T | string {
    try {
      const prepared = prepareQuery(soql, { catalog: job.actor.access.catalog, apiVersion: job.apiVersion });
      const root = prepared.bound.object.name;
      if (root !== job.object) {
        return `InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query (${root}) does not match the entity of the requested Bulk API Job (${job.object}).`;
      }
      assertBulkQuery(prepared);
      return work(prepared);
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      return `InvalidBatch : Failed to process query: ${error.errorCode}: ${error.faults[0].message}`;
    }
  }

  #enter(batch: ClassicBatch, state: ClassicBatch["state"]): void {
    batch.state = state;
    batch.systemModstamp = this.#now();
  }

  #now(): string {
    return wireInstant(this.#saver.org.clock.nowMs());
  }
}

/** The result of a batch of rows as CSV: one line for each, in the order of the request. */
export function batchResultCsv(batch: ClassicBatch): string {
  const form = { columnDelimiter: "COMMA", lineEnding: "LF" } as const;
  const lines = batch.results.map((result) =>
    csvLine(
      [result.id ?? "", String(result.success), String(result.success && result.created), errorText(result)],
      form,
    ),
  );
  return csvLine(["Id", "Success", "Created", "Error"], form) + lines.join("");
}

function errorText(result: SaveResult): string {
  return result.success ? "" : result.faults.map(faultText).join("");
}

/** Reads the rows of a batch; a text says why the batch fails. */
function prepareInputs(job: ClassicJob, batch: ClassicBatch): string | undefined {
  const { data } = batch;
  const operation = saveOperation(job.operation);
  if (data.kind === "csv") {
    const lineEnding = /\r\n/.test(data.text) ? "CRLF" : "LF";
    const table = parseCsv(data.text, { columnDelimiter: "COMMA", lineEnding });
    if ("problem" in table) return table.problem;
    const [header = [], ...rows] = table;
    const columns = bindHeader(job.type, header);
    if (typeof columns === "string") return `InvalidBatch : Field name not found : ${columns}`;
    batch.inputs = rows.map((cells) => rowInput(job.type, columns, cells, operation));
  } else if (data.kind === "records") {
    batch.inputs = data.records.map((record) => recordInput(job, record));
  }
  return batch.inputs.length > BATCH_ROWS_MAX ? `InvalidBatch : Records: more than ${BATCH_ROWS_MAX}` : undefined;
}

function recordInput(job: ClassicJob, record: Readonly<Record<string, unknown>>): SaveInput {
  const id = Object.entries(record).find(([name]) => name.toLowerCase() === "id")?.[1];
  const rest = Object.entries(record).filter(([name]) => !["id", "attributes", "type"].includes(name.toLowerCase()));
  const values = Object.fromEntries(rest);
  if (job.operation === "insert") return { object: job.object, values };
  if (job.operation === "upsert") {
    return { object: job.object, values: id === undefined ? values : { ...values, Id: id } };
  }
  return { object: job.object, id: typeof id === "string" ? id : "", values: job.operation === "update" ? values : {} };
}

function saveOperation(operation: ClassicOperation): SaveRequest["operation"] {
  return operation === "query" || operation === "queryAll" ? "insert" : operation;
}

function addressable(type: SObjectType, name: string | undefined) {
  const field = name === undefined ? undefined : type.field(name);
  return field?.externalId === true || field?.idLookup === true || field?.name === "Id" ? field : undefined;
}
