/** The life of a Bulk 2.0 job, ingest or query alike (reference: rest-api §11, §12). */
import type { OrgCaller } from "./caller.ts";
import { isJsonObject } from "./failure.ts";

/** How long to wait for a job. */
export interface BulkPolling {
  readonly sleep: (ms: number) => Promise<void>;
  /** Over the whole job. */
  readonly waitMs: number;
}

/** How a job ended; `running` when patience ended first. */
export type JobState = "complete" | "failed" | "aborted" | "running";

/** A job as the org tells it. */
export interface JobInfo {
  readonly state: JobState | "open";
  readonly failedRows: number | null;
  /** The column that tells its rows apart. */
  readonly keyColumn: string;
  /** Empty unless the job failed. */
  readonly error: string;
}

const POLL_FIRST_MS = 1_000;
const POLL_FACTOR = 1.5;
const POLL_MAX_MS = 30_000;

/** Waits until the job at `path` has ended or patience has. Rejects with `CallFailure` or `SyncError`. */
export async function waitForJob(
  caller: OrgCaller,
  path: string,
  { sleep, waitMs }: BulkPolling,
): Promise<JobInfo & { readonly state: JobState }> {
  let waitedMs = 0;
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * POLL_FACTOR)) {
    const info = await fetchJob(caller, path);
    const { state } = info;
    if (state !== "running" && state !== "open") return { ...info, state };
    if (waitedMs + pauseMs > waitMs) return { ...info, state: "running" };
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

/** The job at `path` now. Rejects with `CallFailure` or `SyncError`. */
export async function fetchJob(caller: OrgCaller, path: string): Promise<JobInfo> {
  const { body } = await caller.attemptCall({ method: "GET", path }, { intent: "read", name: "Bulk job" });
  const info = isJsonObject(body) ? body : {};
  const failed = info["numberRecordsFailed"];
  const error = info["errorMessage"];
  const keyField = info["externalIdFieldName"];
  return {
    state: JOB_STATES[typeof info["state"] === "string" ? info["state"] : ""] ?? "running",
    keyColumn: typeof keyField === "string" && keyField !== "" ? keyField : "Id",
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

/** Closes or aborts the job at `path`; setting the same state twice changes nothing. Rejects with `CallFailure`. */
export async function changeJobState(
  caller: OrgCaller,
  path: string,
  state: "UploadComplete" | "Aborted",
): Promise<void> {
  await caller.attemptCall({ method: "PATCH", path, json: { state } }, { intent: "read", name: `${state} Bulk job` });
}
