/**
 * Bulk 2.0 ingest: one job per call. Nothing of a job is processed before it is closed, and its Id is reported before its
 * rows are uploaded, so that whoever comes after a process that died can find out what became of it.
 *
 * jsforce's own job helper is not used: it deletes the job when its poll time-out passes (reference: change-events §6.6).
 */
import { SyncError } from "../errors.ts";
import type { FailureClass, RowOperation, RowOutcome } from "../model/salesforce-record.ts";
import type { CollectionPart } from "../sync/call.ts";
import { type BulkPolling, changeJobState, fetchJob, type JobInfo, waitForJob } from "./bulk-job.ts";
import { bulkCsv, bulkOutcomes, fitsBulk, parseResultFile, type ResultRow } from "./bulk-rows.ts";
import type { OrgCaller } from "./caller.ts";
import { CallFailure, isJsonObject, shorten } from "./failure.ts";
import type { CallListener, JobEnd } from "./port.ts";
import { allUnknown } from "./row-outcome.ts";

/** 150 MB is the limit after base64 (rest-api §11.2 [doc]). */
const UPLOAD_BYTES_MAX = 100 * 1024 * 1024;

/** Runs a job to its end. Rejects with `SyncError` when the job could not be started, in which case nothing landed. */
export async function executeBulk(
  caller: OrgCaller,
  part: CollectionPart,
  context: { readonly listener: CallListener | null; readonly polling: BulkPolling },
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
    apiErrors: [{ code: "VALUE_NOT_IN_BULK", message, fields: [] }],
  };
}

async function runJob(
  caller: OrgCaller,
  part: CollectionPart,
  { listener, polling }: { readonly listener: CallListener | null; readonly polling: BulkPolling },
): Promise<readonly RowOutcome[]> {
  const csv = bulkCsv(part);
  if (Buffer.byteLength(csv) > UPLOAD_BYTES_MAX) {
    throw new RangeError(`a Bulk job of ${part.operations.length} rows of ${part.object} is larger than 100 MB`);
  }
  const jobId = await createJob(caller, part);
  await listener?.jobStarted(jobId);
  await uploadAndClose(caller, jobId, csv);
  return await collectOutcomes(caller, part, jobId, polling);
}

async function collectOutcomes(
  caller: OrgCaller,
  part: CollectionPart,
  jobId: string,
  polling: BulkPolling,
): Promise<readonly RowOutcome[]> {
  try {
    const info = await waitForJob(caller, jobPath(caller, jobId), polling);
    if (info.state === "running") {
      return allUnknown(part.operations, `Bulk job ${jobId} is still running`);
    }
    const complete = info.state === "complete";
    return bulkOutcomes(
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
  } catch (error) {
    // Whatever stops us now (a limit, a login, a lost line), the job goes on without us.
    if (!(error instanceof CallFailure || error instanceof SyncError)) throw error;
    return allUnknown(part.operations, `Bulk job ${jobId}: ${error.message}`);
  }
}

/**
 * The end of a job whose sender did not see it. One that was never closed is aborted: nothing of it is processed then.
 * Rejects with `SyncError`; while the job still runs nothing may be decided about its rows.
 */
export async function endOfBulkJob(caller: OrgCaller, jobId: string, polling: BulkPolling): Promise<JobEnd> {
  const name = `Bulk job ${jobId}`;
  try {
    const found = await fetchJob(caller, jobPath(caller, jobId));
    if (found.state === "open") {
      await changeJobState(caller, jobPath(caller, jobId), "Aborted");
      return NOTHING_TOLD;
    }
    const info = await waitForJob(caller, jobPath(caller, jobId), polling);
    if (info.state === "running") {
      const since = `${name} of an earlier call has not ended within ${polling.waitMs} ms`;
      throw new SyncError("SALESFORCE_UNAVAILABLE", `${caller.host}: ${since}; the next run waits for it again`);
    }
    const landed = new Map<string, boolean>();
    for (const file of ["unprocessedrecords", "failedResults", "successfulResults"]) {
      const rows = await fetchResults(caller, jobId, file);
      for (const row of rows) landed.set(row[info.keyColumn] ?? "", file === "successfulResults");
    }
    return { landed };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    // Jobs and their results are removed after seven days, and by people; what is gone does not run.
    // A job that ended without telling is not running either: its rows are looked up.
    if (error.failure.kind === "http" && [400, 404].includes(error.failure.status)) return NOTHING_TOLD;
    throw caller.explain(error, name);
  }
}

const NOTHING_TOLD: JobEnd = { landed: new Map() };

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
      { method: "PUT", path: `${jobPath(caller, jobId)}/batches`, text: csv, contentType: "text/csv" },
      { intent: "read", name: "upload Bulk rows" },
    );
  } catch (error) {
    // Not closed, so nothing is processed; without the abort the job would keep its rows for a day.
    await changeJobState(caller, jobPath(caller, jobId), "Aborted").catch((abortError: unknown) => {
      if (!(abortError instanceof CallFailure)) throw abortError;
    });
    throw error instanceof CallFailure ? caller.explain(error, "upload Bulk rows") : error;
  }
  try {
    await changeJobState(caller, jobPath(caller, jobId), "UploadComplete");
  } catch (error) {
    if (!(error instanceof CallFailure || error instanceof SyncError)) throw error;
    // Either the first of several attempts closed it, or nobody knows: the job itself tells.
  }
}

async function fetchResults(caller: OrgCaller, jobId: string, file: string): Promise<readonly ResultRow[]> {
  const { body } = await caller.attemptCall(
    { method: "GET", path: `${jobPath(caller, jobId)}/${file}`, raw: true, headers: { accept: "text/csv" } },
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

function jobPath(caller: OrgCaller, jobId: string): string {
  return `${jobsPath(caller)}/${jobId}`;
}

function jobsPath(caller: OrgCaller): string {
  return `${caller.connection.root}/jobs/ingest`;
}
