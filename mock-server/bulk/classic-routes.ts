/**
 * Bulk API 1.0 over HTTP (`/services/async/…`): XML unless a client asks for JSON, a session header of its own, and
 * errors of its own. Loaded when the first client comes. Source: rest-api §13.
 */
import { API_DISABLED, mayUseApi, type SignInService } from "../auth/login.ts";
import { OrgError } from "../errors.ts";
import type { AnswerHeaders } from "../http/answer-headers.ts";
import { isObject } from "../http/json-object.ts";
import { parseJson } from "../http/json-syntax.ts";
import { decodeText, decompress, readBody } from "../http/request-body.ts";
import type { RestServices } from "../http/rest.ts";
import { clientOf, type WireCall } from "../http/wire-call.ts";
import { parseXml, parseXmlBody } from "../http/xml-body.ts";
import { escapeXml, xmlElement } from "../http/xml-text.ts";
import type { Actor } from "../org/port.ts";
import { wireJson } from "../schema/wire-double.ts";
import { NAMESPACE, queryResultXml } from "./classic-xml.ts";
import { createBulkJobs } from "./jobs/bulk-jobs.ts";
import {
  AsyncApiError,
  type BatchData,
  batchResultCsv,
  CLASSIC_OPERATIONS,
  type ClassicBatch,
  type ClassicContentType,
  type ClassicJob,
  type ClassicJobs,
  type ClassicOperation,
} from "./jobs/classic-jobs.ts";
import { readChunking } from "./jobs/pk-chunks.ts";

/** What the routes work with. */
export interface AsyncOptions {
  readonly services: RestServices;
  readonly signIn: SignInService;
  readonly headers: AnswerHeaders;
}

const BATCH_BYTES_MAX = 10 * 1024 * 1024; // Salesforce limit

/** An answer before it is written in XML or JSON. */
type Answer =
  | { readonly kind: "element"; readonly status: 200 | 201; readonly name: string; readonly value: unknown }
  | { readonly kind: "text"; readonly contentType: string; readonly text: string };

/** Answers one call of `/services/async/{version}/job…`. */
export async function answerAsync(options: AsyncOptions, call: WireCall): Promise<Response> {
  const headers = options.headers.standing(call.header("origin"));
  const json = /application\/json/.test(`${call.header("content-type") ?? ""} ${call.header("accept") ?? ""}`);
  try {
    const answer = await execute(options, call);
    if (answer.kind === "text") {
      headers["Content-Type"] = answer.contentType;
      return new Response(answer.text, { status: 200, headers });
    }
    return write(answer, { json, headers });
  } catch (error) {
    const { code, message } = asyncFault(error);
    headers["Content-Type"] = json ? "application/json;charset=UTF-8" : "application/xml;charset=UTF-8";
    const body = json
      ? JSON.stringify({ exceptionCode: code, exceptionMessage: message })
      : `<?xml version="1.0" encoding="UTF-8"?><error xmlns="${NAMESPACE}"><exceptionCode>${code}</exceptionCode><exceptionMessage>${escapeXml(message)}</exceptionMessage></error>`;
    return new Response(body, { status: 400, headers });
  }
}

function asyncFault(error: unknown): { code: string; message: string } {
  if (error instanceof AsyncApiError) return { code: error.exceptionCode, message: error.message };
  if (error instanceof OrgError) return { code: "ClientInputError", message: error.faults[0].message };
  throw error;
}

async function execute(options: AsyncOptions, call: WireCall): Promise<Answer> {
  const [version = "", ...segments] = call.path.slice("/services/async/".length).replace(/\/$/, "").split("/");
  const actor = authenticate(options.signIn, call);
  const apiVersion = Number(/^(\d+)\.0$/.exec(version)?.[1]);
  const { versions } = options.services;
  if (!(apiVersion >= versions.oldest && apiVersion <= versions.newest)) {
    throw new AsyncApiError("InvalidUrl", `Invalid Api version specified on URL: ${version}`);
  }
  if (!options.services.usage.charge(1)) throw new AsyncApiError("ExceededQuota", "TotalRequests Limit exceeded.");
  const jobs = jobsOf(options.services);
  const bytes = call.method === "POST" ? await readBody(call, BATCH_BYTES_MAX) : Buffer.alloc(0);
  const text = decodeText(decompress(bytes, call.header("content-encoding"), BATCH_BYTES_MAX));
  const [job, jobId = "", batch, batchId = "", part, resultId] = segments;
  const shape = `${call.method} ${[job, jobId && "id", batch, batchId && "id", part, resultId && "id"].filter(Boolean).join("/")}`;
  switch (shape) {
    case "POST job":
      return created("jobInfo", jobInfo(createJob(jobs, { actor, call, apiVersion }, readInfo(call, text))));
    case "POST job/id":
      return element("jobInfo", jobInfo(changeJob(jobs, jobId, readInfo(call, text))));
    case "GET job/id":
      return element("jobInfo", jobInfo(jobs.find(jobId)));
    case "POST job/id/batch": {
      const data = batchData(jobs.find(jobId), call, text);
      return created("batchInfo", batchInfo(jobs.addBatch(jobId, data, text)));
    }
    case "GET job/id/batch":
      return element("batchInfoList", { batchInfo: [...jobs.find(jobId).batches.values()].map(batchInfo) });
    case "GET job/id/batch/id":
      return element("batchInfo", batchInfo(jobs.batch(jobId, batchId)));
    case "GET job/id/batch/id/request":
      return { kind: "text", contentType: "text/csv", text: jobs.batch(jobId, batchId).request };
    case "GET job/id/batch/id/result":
      return batchResult(jobs.find(jobId), jobs.batch(jobId, batchId));
    case "GET job/id/batch/id/result/id":
      return queryResult(jobs.find(jobId), jobs.batch(jobId, batchId), resultId);
    default:
      throw new AsyncApiError("InvalidUrl", `Destination URL not valid: ${call.path}`);
  }
}

/** An expired session is 400 here, with a code that clients look for. */
function authenticate(signIn: SignInService, call: WireCall): Actor {
  const visitor = signIn.enter(call.header("x-sfdc-session"));
  if (visitor === undefined) throw new AsyncApiError("InvalidSessionId", "Invalid session id");
  // The code is a guess.
  if (!mayUseApi(visitor.actor)) throw new AsyncApiError("FeatureNotEnabled", API_DISABLED.message);
  return visitor.actor;
}

function jobsOf(services: RestServices): ClassicJobs {
  const { bulk, org, save } = services;
  const { paceMs, allowances } = bulk;
  bulk.jobs ??= createBulkJobs({ org, save, trigger: (step) => bulk.trigger?.(step), paceMs, allowances });
  return bulk.jobs.classic;
}

function readInfo(call: WireCall, text: string): Readonly<Record<string, unknown>> {
  const json = /application\/json/.test(call.header("content-type") ?? "");
  const info = json ? parseJson(text) : parseXmlBody(text);
  if (!isObject(info)) throw new AsyncApiError(json ? "InvalidJob" : "InvalidXML", "A jobInfo is required");
  return info;
}

function createJob(
  jobs: ClassicJobs,
  by: { readonly actor: Actor; readonly call: WireCall; readonly apiVersion: number },
  info: Readonly<Record<string, unknown>>,
): ClassicJob {
  const { operation, object, externalIdFieldName, concurrencyMode, contentType = "XML" } = info;
  const known = CLASSIC_OPERATIONS.find((each) => each === operation);
  if (known === undefined) throw new AsyncApiError("InvalidJob", `Unknown operation: ${JSON.stringify(operation)}`);
  const format = (["CSV", "XML", "JSON"] as const).find((each) => each === contentType);
  if (format === undefined) {
    throw new AsyncApiError(
      "InvalidJob",
      `Content type ${JSON.stringify(contentType)} is not supported by the mock org`,
    );
  }
  if (typeof object !== "string") throw new AsyncApiError("InvalidJob", "An object is required");
  const chunking = readChunking(by.call.header("sforce-enable-pkchunking"));
  if (typeof chunking === "string") throw new AsyncApiError("InvalidJob", chunking);
  return jobs.create(by.actor, {
    operation: known satisfies ClassicOperation,
    object,
    externalIdFieldName: typeof externalIdFieldName === "string" ? externalIdFieldName : undefined,
    concurrencyMode: concurrencyMode === "Serial" ? "Serial" : "Parallel",
    contentType: format satisfies ClassicContentType,
    apiVersion: by.apiVersion,
    client: clientOf(by.call.header("sforce-call-options")),
    chunking,
  });
}

function changeJob(jobs: ClassicJobs, id: string, info: Readonly<Record<string, unknown>>): ClassicJob {
  const { state } = info;
  if (state === "Closed" || state === "Aborted") return jobs.change(id, state);
  throw new AsyncApiError("InvalidJobState", `Unknown state: ${JSON.stringify(state)}`);
}

function batchData(job: ClassicJob, call: WireCall, text: string): BatchData {
  if (job.operation === "query" || job.operation === "queryAll") return { kind: "query", soql: text.trim() };
  const contentType = call.header("content-type") ?? "";
  switch (job.contentType) {
    case "CSV":
      if (!/text\/csv/.test(contentType)) {
        throw new AsyncApiError("ClientInputError", `Content type ${contentType} does not match the job's CSV`);
      }
      return { kind: "csv", text };
    case "JSON":
      return { kind: "records", wire: "json", records: recordList(parseJson(text)) };
    case "XML": {
      const { sObjects } = parseXml(text);
      if (sObjects === undefined) throw new AsyncApiError("InvalidXML", "sObjects is required");
      const plain = parseXmlBody(text);
      const list = isObject(plain) ? plain["sObject"] : undefined;
      return { kind: "records", wire: "xml", records: recordList(Array.isArray(list) ? list : [list]) };
    }
  }
}

function recordList(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw new AsyncApiError("InvalidBatch", "A batch is a list of records");
  }
  return value.map(unwrapParents);
}

/** XML wraps a parent that is named by its external Id in an `sObject` element. */
function unwrapParents(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      isObject(value) && isObject(value["sObject"]) ? value["sObject"] : value,
    ]),
  );
}

function batchResult(job: ClassicJob, batch: ClassicBatch): Answer {
  if (batch.state !== "Completed") {
    throw new AsyncApiError("InvalidBatch", `Batch not completed. Current batch state is '${batch.state}'`);
  }
  if (batch.queryResult !== undefined) return element("result-list", { result: [batch.queryResult.id] });
  if (job.contentType === "CSV") return { kind: "text", contentType: "text/csv", text: batchResultCsv(batch) };
  const results = batch.results.map((result) => ({
    ...(result.success || result.id !== null ? { id: result.id } : {}),
    success: result.success,
    created: result.success && result.created,
    errors: result.success
      ? []
      : result.faults.map(({ code, message, fields }) => ({ fields: fields ?? [], message, statusCode: code })),
  }));
  if (job.contentType === "JSON") {
    return { kind: "text", contentType: "application/json;charset=UTF-8", text: JSON.stringify(results) };
  }
  return element("results", { result: results });
}

function queryResult(job: ClassicJob, { queryResult: result }: ClassicBatch, resultId: string | undefined): Answer {
  if (result === undefined || result.id !== resultId)
    throw new AsyncApiError("InvalidBatch", `Unable to find result: ${resultId ?? ""}`);
  if (result.kind === "csv") return { kind: "text", contentType: "text/csv", text: result.text };
  return job.contentType === "JSON"
    ? { kind: "text", contentType: "application/json;charset=UTF-8", text: wireJson(result.records) }
    : { kind: "text", contentType: "application/xml;charset=UTF-8", text: queryResultXml(result.records) };
}

function jobInfo(job: ClassicJob): Record<string, unknown> {
  const batches = [...job.batches.values()];
  const count = (state: ClassicBatch["state"]): number => batches.filter((batch) => batch.state === state).length;
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.actor.userId,
    createdDate: job.createdDate,
    systemModstamp: job.systemModstamp,
    state: job.state,
    ...(job.externalIdFieldName === undefined ? {} : { externalIdFieldName: job.externalIdFieldName }),
    concurrencyMode: job.concurrencyMode,
    contentType: job.contentType,
    numberBatchesQueued: count("Queued"),
    numberBatchesInProgress: count("InProgress"),
    numberBatchesCompleted: count("Completed"),
    numberBatchesFailed: count("Failed"),
    numberBatchesTotal: batches.length,
    numberRecordsProcessed: batches.reduce((sum, batch) => sum + batch.results.length, 0),
    numberRetries: 0,
    apiVersion: `${job.apiVersion}.0`,
    numberRecordsFailed: batches.reduce((sum, batch) => sum + failures(batch), 0),
    totalProcessingTime: 0,
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
  };
}

function batchInfo(batch: ClassicBatch): Record<string, unknown> {
  return {
    id: batch.id,
    jobId: batch.jobId,
    state: batch.state,
    ...(batch.stateMessage === undefined ? {} : { stateMessage: batch.stateMessage }),
    createdDate: batch.createdDate,
    systemModstamp: batch.systemModstamp,
    numberRecordsProcessed: batch.results.length,
    numberRecordsFailed: failures(batch),
    totalProcessingTime: 0,
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
  };
}

function failures(batch: ClassicBatch): number {
  return batch.results.filter((result) => !result.success).length;
}

function element(name: string, value: unknown): Answer {
  return { kind: "element", status: 200, name, value };
}

function created(name: string, value: unknown): Answer {
  return { kind: "element", status: 201, name, value };
}

function write(
  answer: Extract<Answer, { kind: "element" }>,
  { json, headers }: { readonly json: boolean; readonly headers: Record<string, string> },
): Response {
  const { status, name, value } = answer;
  if (json) {
    headers["Content-Type"] = "application/json;charset=UTF-8";
    const list = name === "result-list" && isObject(value) ? value["result"] : value;
    return new Response(JSON.stringify(name === "jobInfo" ? alphabetical(list) : list), { status, headers });
  }
  headers["Content-Type"] = "application/xml;charset=UTF-8";
  const xml = xmlElement(name, value).replace(`<${name}>`, `<${name} xmlns="${NAMESPACE}">`);
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>${xml}`, { status, headers });
}

/** Job information in JSON is sorted and knows two members more. */
function alphabetical(info: unknown): unknown {
  if (!isObject(info)) return info;
  const all = { assignmentRuleId: null, fastPathEnabled: false, ...info };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
