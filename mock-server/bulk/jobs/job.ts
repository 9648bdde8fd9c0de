/** What ingest and query jobs have in common: identity, states, and the errors of the resource. Source: rest-api §11, §12. */
import { OrgError } from "../../errors.ts";
import type { Actor } from "../../org/port.ts";
import type { CsvForm } from "./csv.ts";

/** A job's way: Open → UploadComplete → InProgress → JobComplete or Failed; Aborted from everywhere before the end. */
export type JobState = "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";

/** Jobs are removed after seven days by the org's clock. */
export const JOB_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;
/** Jobs kept at a time; the oldest goes first. */
export const JOBS_MAX = 10_000;

/** What every job is made of. */
export interface JobCore extends CsvForm {
  readonly id: string;
  readonly operation: string;
  readonly object: string;
  readonly createdById: string;
  /** Wire form. */
  readonly createdDate: string;
  readonly createdMs: number;
  readonly apiVersion: number;
  state: JobState;
  /** Wire form. */
  systemModstamp: string;
  errorMessage: string | undefined;
  processed: number;
  failed: number;
}

/** True where nothing happens to the job any more. */
export function hasEnded(job: Pick<JobCore, "state">): boolean {
  return job.state === "JobComplete" || job.state === "Failed" || job.state === "Aborted";
}

/** 400 with a code of the Bulk API, which are spelled without underscores. */
export function bulkError(errorCode: string, message: string): OrgError {
  return new OrgError(400, { code: errorCode, message });
}

/**
 * Hard deletes need a permission of their own. In a real org an administrator must be given it too; here the
 * administrator's profile holds every permission.
 */
export function mayHardDelete(actor: Actor): boolean {
  return actor.access.has("BulkApiHardDelete");
}

/** The text of the refusal is from memory. */
export const HARD_DELETE_REFUSAL =
  "hardDelete operation requires special user profile permission, please contact your system administrator";

/** 404: no such job. */
export function unknownJob(): OrgError {
  return new OrgError(404, { code: "NOT_FOUND", message: "The requested resource does not exist" });
}

/** Refuses to abort what has ended. */
export function abortRefusal(job: Pick<JobCore, "state">): OrgError {
  const state = job.state === "JobComplete" ? "Completed" : job.state;
  return bulkError("INVALIDJOBSTATE", `Aborting already ${state} Job not allowed`);
}

/** Refuses to delete what still runs. */
export function deleteRefusal(): OrgError {
  return bulkError("API_ERROR", "Error encountered when deleting the job because the job is not terminated");
}
