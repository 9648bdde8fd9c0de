/**
 * Bulk 2.0 ingest: one job per call. Nothing of a job is processed before it is closed, and its Id is stored before
 * that, so that a process that dies can find out what became of it.
 *
 * jsforce's own job helper is not used: it deletes the job when its poll time-out passes (reference: change-events §6.6).
 */
import { SyncError } from "../errors.ts";
import type { FailureClass, RowOperation, RowOutcome } from "../model/salesforce-record.ts";
import type { CollectionPart } from "../sync/call.ts";
import { bulkCsv, bulkOutcomes, fitsBulk, parseResultFile, type ResultRow } from "./bulk-rows.ts";
import type { OrgCaller } from "./caller.ts";
import { CallFailure, describeFailure, isJsonObject, shorten } from "./failure.ts";
import { allUnknown } from "./write.ts";

/** Remembers running jobs beyond the life of the process. */
export interface BulkJournal {
  /** Called with the job's Id before any row is uploaded; the job goes on when it returns. */
  started(job: { readonly jobId: string; readonly opIds: readonly string[] }): Promise<void>;
  /** Called when the job has ended and its outcomes are about to be returned. */
  finished(jobId: string): Promise<void>;
}

/** How long to wait for a job. */
export interface BulkPatience {
  readonly sleep: (ms: number) => Promise<void>;
  /** Over the whole job; when it passes, the outcomes are `unknown` and the job may still run. */
  readonly waitMs: number;
}

/** How a job ended; `running` when patience ended first. */
export type JobState = "complete" | "failed" | "aborted" | "running";

interface JobInfo {
  readonly state: JobState | "open";
  readonly failedRows: number | null;
  readonly error: string;
}

/** 150 MB is the limit after base64 (rest-api §11.2 [doc]). */
const UPLOAD_BYTES_MAX = 100 * 1024 * 1024;

const POLL_FIRST_MS = 1_000;
const POLL_FACTOR = 1.5;
const POLL_MAX_MS = 30_000;

/** Runs a job to its end. Rejects with `SyncError` when the job could not be started, in which case nothing landed. */
export async function executeBulk(
  caller: OrgCaller,
  part: CollectionPart,
  context: { readonly journal: BulkJournal | null; readonly patience: BulkPatience },
): Promise<readonly RowOutcome[]> {
  const fitting = { ...part, operations: part.operations.filter(fitsBulk) };
  const misfits = new Map(part.operations.filter((operation) => !fitsBulk(operation)).map((op) => [op.opId, op]));
  const outcomes = fitting.operations.length === 0 ? [] : await runJob(caller, fitting, context);
  const byOperation = new Map(outcomes.map((outcome) => [outcome.opId, outcome]));
  return part.operations.flatMap(({ opId }) => {
    const misfit = misfits.get(opId);
    const outcome = misfit === undefined ? byOperation.get(opId) : refuseMisfit(misfit);
    return outcome === undefined ? [] : [outcome];
  });
}

function refuseMisfit(operation: RowOperation): RowOutcome {
  const message = "the text #N/A empties a field in a Bulk job; send this row by collections";
  return {
    kind: "failed",
    opId: operation.opId,
    class: "refused",
    faults: [{ code: "VALUE_NOT_IN_BULK", message, fields: [] }],
  };
}

async function runJob(
  caller: OrgCaller,
  part: CollectionPart,
  { journal, patience }: { readonly journal: BulkJournal | null; readonly patience: BulkPatience },
): Promise<readonly RowOutcome[]> {
  const csv = bulkCsv(part);
  if (Buffer.byteLength(csv) > UPLOAD_BYTES_MAX) {
    throw new RangeError(`a Bulk job of ${part.operations.length} rows of ${part.object} is larger than 100 MB`);
  }
  const jobId = await createJob(caller, part);
  await journal?.started({ jobId, opIds: part.operations.map(({ opId }) => opId) });
  await uploadAndClose(caller, jobId, csv);
  const { ended, outcomes } = await collectOutcomes(caller, part, jobId, patience);
  if (ended) await journal?.finished(jobId);
  return outcomes;
}

/** What became of a job's rows, once it has ended; `unknown` for all of them when it does not end in time. */
export async function resumeBulk(
  caller: OrgCaller,
  part: CollectionPart,
  jobId: string,
  patience: BulkPatience,
): Promise<readonly RowOutcome[]> {
  return (await collectOutcomes(caller, part, jobId, patience)).outcomes;
}

interface JobOutcomes {
  /** False while the job may still run, or its results could not be read. */
  readonly ended: boolean;
  readonly outcomes: readonly RowOutcome[];
}

async function collectOutcomes(
  caller: OrgCaller,
  part: CollectionPart,
  jobId: string,
  patience: BulkPatience,
): Promise<JobOutcomes> {
  try {
    const info = await waitForJob(caller, jobId, patience);
    if (info.state === "running") {
      return { ended: false, outcomes: allUnknown(part.operations, `Bulk job ${jobId} is still running`) };
    }
    const complete = info.state === "complete";
    const outcomes = bulkOutcomes(
      part,
      {
        successful: await fetchResults(caller, jobId, "successfulResults"),
        // A job without failures has nothing to tell in the other two files.
        failed: complete && info.failedRows === 0 ? [] : await fetchResults(caller, jobId, "failedResults"),
        unprocessed: complete ? [] : await fetchResults(caller, jobId, "unprocessedrecords"),
        unprocessedClass: unprocessedClass(info),
        unprocessedReason: info.error === "" ? `Bulk job ${jobId} was aborted` : shorten(info.error),
      },
      jobId,
    );
    return { ended: true, outcomes };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    const reason = `Bulk job ${jobId}: ${describeFailure(error.failure)}`;
    return { ended: false, outcomes: allUnknown(part.operations, reason) };
  }
}

/**
 * Brings a job of an earlier process to its end: waits while it runs and aborts it when it was never closed. Afterwards
 * its rows can be looked up by key. Rejects with `SyncError`.
 */
export async function settleBulkJob(caller: OrgCaller, jobId: string, patience: BulkPatience): Promise<JobState> {
  try {
    const { state } = await fetchJob(caller, jobId);
    if (state !== "open") return (await waitForJob(caller, jobId, patience)).state;
    await changeState(caller, jobId, "Aborted");
    return "aborted";
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    // Jobs are removed after seven days, and by people; what is gone does not run.
    if (error.failure.kind === "http" && error.failure.status === 404) return "aborted";
    throw caller.explain(error, `Bulk job ${jobId}`);
  }
}

/** A job without rows does nothing, so its creation may be repeated like a read. */
async function createJob(caller: OrgCaller, part: CollectionPart): Promise<string> {
  const { body } = await caller.call(
    {
      method: "POST",
      path: jobsPath(caller),
      json: {
        object: part.object,
        operation: part.verb,
        ...(part.verb === "upsert" ? { externalIdFieldName: part.keyField } : {}),
        contentType: "CSV",
        lineEnding: "LF",
        columnDelimiter: "COMMA",
      },
    },
    { intent: "read", name: `create Bulk job for ${part.object}` },
  );
  const jobId = isJsonObject(body) ? body["id"] : undefined;
  if (typeof jobId === "string") return jobId;
  throw new SyncError("SALESFORCE_UNAVAILABLE", `${caller.host}: a new Bulk job came without an Id`);
}

async function uploadAndClose(caller: OrgCaller, jobId: string, csv: string): Promise<void> {
  try {
    await caller.attemptCall(
      { method: "PUT", path: `${jobsPath(caller)}/${jobId}/batches`, text: csv, contentType: "text/csv" },
      { intent: "read", name: "upload Bulk rows" },
    );
  } catch (error) {
    // Not closed, so nothing is processed; without the abort the job would keep its rows for a day.
    await changeState(caller, jobId, "Aborted").catch((abortError: unknown) => {
      if (!(abortError instanceof CallFailure)) throw abortError;
    });
    throw error instanceof CallFailure ? caller.explain(error, "upload Bulk rows") : error;
  }
  try {
    await changeState(caller, jobId, "UploadComplete");
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    // Either the first of several attempts closed it, or nobody knows: the job itself tells.
  }
}

async function changeState(caller: OrgCaller, jobId: string, state: "UploadComplete" | "Aborted"): Promise<void> {
  await caller.attemptCall(
    { method: "PATCH", path: `${jobsPath(caller)}/${jobId}`, json: { state } },
    // Setting the same state twice changes nothing.
    { intent: "read", name: `${state} Bulk job` },
  );
}

async function waitForJob(
  caller: OrgCaller,
  jobId: string,
  { sleep, waitMs }: BulkPatience,
): Promise<JobInfo & { readonly state: JobState }> {
  let waitedMs = 0;
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * POLL_FACTOR)) {
    const info = await fetchJob(caller, jobId);
    const { state } = info;
    if (state !== "running" && state !== "open") return { ...info, state };
    if (waitedMs + pauseMs > waitMs) return { ...info, state: "running" };
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

async function fetchJob(caller: OrgCaller, jobId: string): Promise<JobInfo> {
  const { body } = await caller.attemptCall(
    { method: "GET", path: `${jobsPath(caller)}/${jobId}` },
    { intent: "read", name: "Bulk job" },
  );
  const info = isJsonObject(body) ? body : {};
  const failed = info["numberRecordsFailed"];
  const error = info["errorMessage"];
  return {
    state: JOB_STATES[typeof info["state"] === "string" ? info["state"] : ""] ?? "running",
    failedRows: typeof failed === "number" ? failed : null,
    error: typeof error === "string" ? error : "",
  };
}

/** Reference: rest-api §11.4 [doc]. */
const JOB_STATES: Readonly<Record<string, JobInfo["state"]>> = {
  Open: "open",
  UploadComplete: "running",
  InProgress: "running",
  JobComplete: "complete",
  Failed: "failed",
  Aborted: "aborted",
};

async function fetchResults(caller: OrgCaller, jobId: string, file: string): Promise<readonly ResultRow[]> {
  const { body } = await caller.attemptCall(
    { method: "GET", path: `${jobsPath(caller)}/${jobId}/${file}`, raw: true, headers: { accept: "text/csv" } },
    { intent: "read", name: `Bulk ${file}` },
  );
  return parseResultFile(typeof body === "string" ? body : "");
}

/** Why the rest of a job was not attempted decides what to do about it (change-events §7.2). */
function unprocessedClass({ state, error }: JobInfo): FailureClass {
  if (state === "aborted") return "retry";
  if (/retried more than/i.test(error)) return "retrySerially";
  return /InvalidBatch|ClientInputError|LineEnding/i.test(error) ? "configuration" : "retry";
}

function jobsPath(caller: OrgCaller): string {
  return `${caller.connection.root}/jobs/ingest`;
}
