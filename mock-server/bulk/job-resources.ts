/** The resources under `/jobs` (Bulk API 2.0). Loaded when the first client comes. Source: rest-api §11, §12. */

import { OrgError } from "../errors.ts";
import { jsonParserError, missingBody, notFound, notImplemented, unsupportedMediaType } from "../http/faults.ts";
import { isObject } from "../http/json-object.ts";
import { parseJson } from "../http/json-syntax.ts";
import { decodeText } from "../http/request-body.ts";
import { NO_CONTENT, ok, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../http/rest.ts";
import { type FindResource, finder, type Resource, type Route } from "../http/routes.ts";
import { clientOf } from "../http/wire-call.ts";
import { type BulkJobs, createBulkJobs } from "./jobs/bulk-jobs.ts";
import type { ClassicJob } from "./jobs/classic-jobs.ts";
import { COLUMN_DELIMITERS, type ColumnDelimiter, type CsvForm, LINE_ENDINGS, type LineEnding } from "./jobs/csv.ts";
import { INGEST_OPERATIONS, type IngestJob, type IngestOperation, type ResultFile } from "./jobs/ingest-jobs.ts";
import { bulkError } from "./jobs/job.ts";
import type { QueryJob } from "./jobs/query-jobs.ts";

/** A multipart create carries no more characters than this. */
const MULTIPART_CHARACTERS_MAX = 100_000;
const RESULT_PAGES_VERSION = 58;
/** Jobs that one page of a list holds. */
const JOBS_PAGE = 1_000;
/** A file may have 150 MB. */
const UPLOAD_BYTES_MAX = 150 * 1024 * 1024;
/** Members of a new job; others are refused, because a misspelt one would be passed over in silence. */
const INGEST_MEMBERS = ["object", "operation", "externalIdFieldName", "contentType", "columnDelimiter", "lineEnding"];
const QUERY_MEMBERS = ["operation", "query", "contentType", "columnDelimiter", "lineEnding"];

function raw(methods: Resource["methods"]): Resource {
  return { methods, rawBody: true };
}

function jobsOf({ services }: RestContext): BulkJobs {
  const { bulk, org, save } = services;
  const { paceMs, allowances } = bulk;
  bulk.jobs ??= createBulkJobs({ org, save, trigger: (step) => bulk.trigger?.(step), paceMs, allowances });
  return bulk.jobs;
}

const createIngest: RestHandler = (context, request) => {
  const multipart = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(request.header("content-type") ?? "")?.[1];
  const parts = multipart === undefined ? undefined : readMultipart(bytesOf(request), multipart);
  const body = parts === undefined ? jsonBody(request) : parseJson(parts.get("job") ?? "");
  const fields = objectOf(body);
  if (fields["assignmentRuleId"] !== undefined) throw notImplemented("assignmentRuleId of bulk jobs");
  checkMembers(fields, INGEST_MEMBERS);
  const { object } = fields;
  if (typeof object !== "string" || object === "")
    throw bulkError("INVALIDJOB", "InvalidJob : Missing required field: object");
  const operation = enumValue(fields, "operation", INGEST_OPERATIONS);
  if (operation === undefined) throw bulkError("INVALIDJOB", "InvalidJob : Missing required field: operation");
  const externalIdFieldName = textOf(fields, "externalIdFieldName");
  const jobs = jobsOf(context).ingest;
  const job = jobs.create(context.tx.actor, {
    object,
    operation: operation as IngestOperation,
    externalIdFieldName,
    apiVersion: request.version,
    client: clientOf(request.header("sforce-call-options")),
    ...csvForm(fields),
  });
  if (parts === undefined) return ok(ingestInfo(job, "created"));
  jobs.upload(job.id, parts.get("content") ?? "");
  jobs.close(job.id);
  return ok(ingestInfo(job, "short"));
};

/** Jobs of both APIs, unless the client wants those of one. */
const listIngest: RestHandler = (context, request) => {
  const jobs = jobsOf(context);
  const wanted = request.query.get("jobType");
  const ingest = jobs.ingest.list().map((job) => ({ ...ingestInfo(job, "short"), jobType: "V2Ingest" }));
  const classic = jobs.classic.list().map((job) => ({ ...classicInfo(job), jobType: "Classic" }));
  const all = [...ingest, ...classic].filter((job) => wanted === null || job.jobType === wanted);
  return jobPage(request, all, "ingest");
};

const readIngest: RestHandler = (context, request) =>
  ok(ingestInfo(jobsOf(context).ingest.find(jobId(request)), "full"));

const changeIngest: RestHandler = (context, request) => {
  const jobs = jobsOf(context).ingest;
  const state = stateOf(request);
  const job = state === "UploadComplete" ? jobs.close(jobId(request)) : jobs.abort(jobId(request));
  return ok(ingestInfo(job, "short"));
};

const deleteIngest: RestHandler = (context, request) => {
  jobsOf(context).ingest.remove(jobId(request));
  return NO_CONTENT;
};

const uploadIngest: RestHandler = (context, request) => {
  const contentType = request.header("content-type") ?? "";
  if (!/^text\/csv(?:;|$)/i.test(contentType)) throw unsupportedMediaType(contentType);
  // A byte order mark stays: it spoils the first column's name, as it does in a real org.
  jobsOf(context).ingest.upload(jobId(request), bytesOf(request).toString("utf8"));
  return { status: 201 };
};

const readResultFile: RestHandler = (context, request) => {
  // The router lets only the three names of result files through.
  const file = request.segments[3] as ResultFile;
  return { status: 200, headers: CSV, body: jobsOf(context).ingest.resultFile(jobId(request), file) };
};

const CSV = { "Content-Type": "text/csv" };

const createQuery: RestHandler = (context, request) => {
  const fields = objectOf(jsonBody(request));
  checkMembers(fields, QUERY_MEMBERS);
  const operation = enumValue(fields, "operation", ["query", "queryAll"]);
  const query = textOf(fields, "query");
  if (operation === undefined || query === undefined) {
    throw bulkError(
      "INVALIDJOB",
      `InvalidJob : Missing required field: ${operation === undefined ? "operation" : "query"}`,
    );
  }
  const job = jobsOf(context).query.create(context.tx.actor, {
    operation: operation === "queryAll" ? "queryAll" : "query",
    query,
    apiVersion: request.version,
    ...csvForm(fields),
  });
  return ok(queryInfo(job, "short"));
};

const listQuery: RestHandler = (context, request) => {
  const wanted = request.query.get("jobType");
  const all = jobsOf(context)
    .query.list()
    .map((job) => ({ ...queryInfo(job, "short"), jobType: "V2Query" }))
    .filter((job) => wanted === null || job.jobType === wanted);
  return jobPage(request, all, "query");
};

/** One page of a list of jobs; its locator is the place to go on from. */
function jobPage(request: RestRequest, jobs: readonly unknown[], kind: "ingest" | "query"): RestResult {
  const locator = request.query.get("queryLocator") ?? "0";
  if (!/^\d{1,9}$/.test(locator)) throw bulkError("INVALIDLOCATOR", "invalid query locator");
  const end = Number(locator) + JOBS_PAGE;
  const records = jobs.slice(Number(locator), end);
  const done = end >= jobs.length;
  const nextRecordsUrl = done ? null : `/services/data/v${request.version}.0/jobs/${kind}?queryLocator=${end}`;
  return ok({ done, records, nextRecordsUrl });
}

const readQuery: RestHandler = (context, request) => ok(queryInfo(jobsOf(context).query.find(jobId(request)), "full"));

const changeQuery: RestHandler = (context, request) => {
  if (stateOf(request) !== "Aborted") throw bulkError("INVALIDJOB", "InvalidJob : A query job can only be aborted");
  return ok(queryInfo(jobsOf(context).query.abort(jobId(request)), "short"));
};

const deleteQuery: RestHandler = (context, request) => {
  jobsOf(context).query.remove(jobId(request));
  return NO_CONTENT;
};

const readQueryResults: RestHandler = (context, request) => {
  const jobs = jobsOf(context).query;
  if (jobs.find(jobId(request)).apiVersion !== request.version) {
    // The status is documented, code and text are from memory.
    throw new OrgError(409, { code: "API_ERROR", message: "The API version of the job and of the request differ" });
  }
  const maxRecords = request.query.get("maxRecords");
  const locator = request.query.get("locator");
  if (maxRecords !== null && !/^[1-9]\d{0,8}$/.test(maxRecords)) {
    throw bulkError("INVALIDJOB", `InvalidJob : maxRecords is no positive whole number: ${maxRecords}`);
  }
  const page = jobs.page(jobId(request), {
    ...(maxRecords === null ? {} : { maxRecords: Number(maxRecords) }),
    ...(locator === null ? {} : { locator }),
  });
  const headers = { ...CSV, "Sforce-Locator": page.next ?? "null", "Sforce-NumberOfRecords": String(page.rows) };
  return { status: 200, headers, body: page.csv };
};

const readResultPages: RestHandler = (context, request) => {
  if (request.version < RESULT_PAGES_VERSION) throw notFound();
  const base = `/services/data/v${request.version}.0/jobs/query/${jobId(request)}`;
  const { pages, next } = jobsOf(context).query.pageLocators(jobId(request), request.query.get("locator") ?? undefined);
  const resultPages = pages.map((locator) => ({
    resultUrl: locator === null ? `${base}/results` : `${base}/results?locator=${locator}`,
  }));
  return ok({
    resultPages,
    nextRecordsUrl: next === null ? null : `${base}/resultPages?locator=${next}`,
    done: next === null,
  });
};

/** Every resource under `/jobs`. */
export const BULK_ROUTES: readonly Route[] = [
  ["jobs/ingest", raw({ GET: listIngest, POST: createIngest })],
  ["jobs/ingest/{id}", raw({ GET: readIngest, PATCH: changeIngest, DELETE: deleteIngest })],
  ["jobs/ingest/{id}/batches", { ...raw({ PUT: uploadIngest }), bodyBytesMax: UPLOAD_BYTES_MAX }],
  ["jobs/ingest/{id}/successfulResults", raw({ GET: readResultFile })],
  ["jobs/ingest/{id}/failedResults", raw({ GET: readResultFile })],
  ["jobs/ingest/{id}/unprocessedrecords", raw({ GET: readResultFile })],
  ["jobs/query", raw({ GET: listQuery, POST: createQuery })],
  ["jobs/query/{id}", raw({ GET: readQuery, PATCH: changeQuery, DELETE: deleteQuery })],
  ["jobs/query/{id}/results", raw({ GET: readQueryResults })],
  ["jobs/query/{id}/resultPages", raw({ GET: readResultPages })],
  ["jobs/query/{id}/resultpages", raw({ GET: readResultPages })],
];

/** The resource at these segments; undefined where there is none. */
export const findBulkResource: FindResource = finder(BULK_ROUTES);

/** Job information in the three forms that recordings show: after create, after a change, and on demand. */
function ingestInfo(job: IngestJob, form: "created" | "short" | "full"): Record<string, unknown> {
  const head = {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.createdById,
    createdDate: job.createdDate,
    systemModstamp: job.systemModstamp,
    state: job.state,
    ...(job.externalIdFieldName === undefined ? {} : { externalIdFieldName: job.externalIdFieldName }),
    concurrencyMode: "Parallel",
    contentType: "CSV",
    apiVersion: job.apiVersion,
  };
  const csv = { lineEnding: job.lineEnding, columnDelimiter: job.columnDelimiter };
  if (form === "short") return head;
  if (form === "created") {
    return { ...head, contentUrl: `services/data/v${job.apiVersion}.0/jobs/ingest/${job.id}/batches`, ...csv };
  }
  return {
    ...head,
    jobType: "V2Ingest",
    ...csv,
    numberRecordsProcessed: job.processed,
    numberRecordsFailed: job.failed,
    retries: 0,
    totalProcessingTime: 0,
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
    ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
  };
}

function queryInfo(job: QueryJob, form: "short" | "full"): Record<string, unknown> {
  const head = {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.createdById,
    createdDate: job.createdDate,
    systemModstamp: job.systemModstamp,
    state: job.state,
    concurrencyMode: "Parallel",
    contentType: "CSV",
    apiVersion: job.apiVersion,
  };
  const csv = { lineEnding: job.lineEnding, columnDelimiter: job.columnDelimiter };
  if (form === "short") return { ...head, ...csv };
  return {
    ...head,
    jobType: "V2Query",
    ...csv,
    numberRecordsProcessed: job.processed,
    retries: 0,
    totalProcessingTime: 0,
    isPkChunkingSupported: false,
    ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
  };
}

/** A job of Bulk API 1.0 in a list. */
function classicInfo(job: ClassicJob): Record<string, unknown> {
  const { id, operation, object, actor, createdDate, systemModstamp, state, concurrencyMode, contentType, apiVersion } =
    job;
  return {
    id,
    operation,
    object,
    createdById: actor.userId,
    createdDate,
    systemModstamp,
    state,
    concurrencyMode,
    contentType,
    apiVersion,
  };
}

function checkMembers(fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  // [memory: platform §3] the text, in the words of the JSON parser.
  if (unknown !== undefined) throw jsonParserError(`Unrecognized field "${unknown}" at [line:1, column:1]`);
}

function jobId(request: RestRequest): string {
  return request.segments[2] ?? "";
}

function bytesOf(request: RestRequest): Buffer {
  if (Buffer.isBuffer(request.body)) return request.body;
  throw missingBody();
}

function jsonBody(request: RestRequest): unknown {
  const contentType = request.header("content-type") ?? "application/json";
  if (!/^application\/json(?:;|$)/i.test(contentType)) throw unsupportedMediaType(contentType);
  return parseJson(decodeText(bytesOf(request)));
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (isObject(body)) return body;
  throw jsonParserError("Cannot deserialize a job from this value at [line:1, column:1]");
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A member whose values are fixed; the refusal of others is from memory. */
function enumValue(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  allowed: readonly string[],
): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && allowed.includes(value)) return value;
  throw bulkError("INVALIDJOB", `InvalidJob : Invalid value for ${name}: ${JSON.stringify(value)}`);
}

function csvForm(fields: Readonly<Record<string, unknown>>): CsvForm {
  enumValue(fields, "contentType", ["CSV"]);
  // enumValue lets only the keys of the two tables through.
  const delimiter = enumValue(fields, "columnDelimiter", Object.keys(COLUMN_DELIMITERS)) as ColumnDelimiter | undefined;
  const ending = enumValue(fields, "lineEnding", Object.keys(LINE_ENDINGS)) as LineEnding | undefined;
  return { columnDelimiter: delimiter ?? "COMMA", lineEnding: ending ?? "LF" };
}

function stateOf(request: RestRequest): "UploadComplete" | "Aborted" {
  const { state } = objectOf(jsonBody(request));
  if (state === "UploadComplete" || state === "Aborted") return state;
  throw bulkError("INVALIDJOB", `InvalidJob : Invalid value for state: ${JSON.stringify(state)}`);
}

/** The named parts of a multipart body as text. */
function readMultipart(bytes: Buffer, boundary: string): ReadonlyMap<string, string> {
  const text = decodeText(bytes);
  if (text.length > MULTIPART_CHARACTERS_MAX) {
    throw bulkError(
      "INVALIDJOB",
      `InvalidJob : A multipart request can't have more than ${MULTIPART_CHARACTERS_MAX} characters`,
    );
  }
  const parts = new Map<string, string>();
  for (const section of text.split(`--${boundary}`).slice(1, -1)) {
    const [, head = "", content = ""] = /^\r?\n([\s\S]*?)\r?\n\r?\n([\s\S]*?)\r?\n?$/.exec(section) ?? [];
    const name = /name="([^"]*)"/.exec(head)?.[1];
    if (name !== undefined) parts.set(name, content);
  }
  if (!parts.has("job") || !parts.has("content")) {
    throw bulkError("INVALIDJOB", "InvalidJob : A multipart request needs the parts job and content");
  }
  return parts;
}
