/** A job: the keys of one lane and object level that one worker passes over, and what became of them. */
import { z } from "zod";
import { joinParts, type PartReport } from "../engine/context/part.ts";
import type { StoppedObject } from "../engine/context/report.ts";
import { type DeletionCounts, type DeletionKind, joinDeletions } from "../engine/pass/delete-limit.ts";
import type { Nomination } from "../engine/read/nominations.ts";
import type { WaveResult } from "../engine/run/executor.ts";
import type { WaveItem } from "../engine/run/wave-items.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Lease } from "../state/port.ts";

/** What a worker gets. Business keys and Ids only: the records are read when the job is worked on. */
export interface Job {
  readonly runId: string;
  /** The run's lease; its fencing number shuts out jobs of a run that has ended. */
  readonly run: Lease;
  /** The sender's configuration. */
  readonly fingerprint: string;
  readonly object: string;
  /** Number of the lane, from 0. */
  readonly lane: number;
  readonly feed: WaveItem["feed"];
  /** True: unfinished writes of these keys are looked up before anything is decided. */
  readonly recover: boolean;
  /** What it may delete: others are parked, so that the coordinator knows how many there are before the first is made. */
  readonly deletes: readonly DeletionKind[];
  /** Objects that stand still for the rest of the run: what depends on their records waits. */
  readonly stopped: readonly StoppedObject[];
  readonly nominations: readonly Nomination[];
}

/** What a worker has done for a job. */
export interface JobReport extends PartReport, Pick<WaveResult, "again" | "worthALook"> {
  readonly deletions: {
    readonly made: DeletionCounts;
    readonly deferred: readonly (readonly [BusinessKey, DeletionCounts])[];
  };
}

/** The report of a job from which nothing has come. */
export const NO_WORK: JobReport = jobReport([], 0);

/** What the attempts at a job have come to, with the API calls that they took. */
export function jobReport(attempts: readonly WaveResult[], apiCalls: number): JobReport {
  const { made, deferred } = joinDeletions(attempts.map(({ deletions }) => deletions));
  return {
    ...joinParts(attempts.flatMap(({ parts }) => parts)),
    apiCalls,
    again: attempts.flatMap(({ again }) => again),
    worthALook: attempts.flatMap(({ worthALook }) => worthALook),
    deletions: { made, deferred: [...deferred] },
  };
}

/** A job's report as the run takes it. */
export function resultOf({ again, worthALook, deletions, ...part }: JobReport): WaveResult {
  return {
    parts: [part],
    deletions: { made: deletions.made, deferred: new Map(deletions.deferred) },
    again,
    worthALook,
    abandoned: [],
    failure: null,
  };
}

/** What became of a job. */
export type JobOutcome =
  /** Every key is done, parked or a dead letter. */
  | { readonly kind: "done"; readonly holder: string; readonly report: JobReport }
  /** The run must end; what had landed by then is recorded. `code` null: a defect, not an operating error. */
  | {
      readonly kind: "failed";
      readonly holder: string;
      readonly report: JobReport;
      readonly code: ErrorCode | null;
      readonly message: string;
    }
  /** The run that sent it is over. */
  | { readonly kind: "stale" };

/** Raised when a job means something else than before: workers of different versions may share one queue. */
const JOB_VERSION = 3;

const leaseSchema = z.object({
  name: z.string(),
  holder: z.string(),
  fence: z.number(),
  expiresAtMs: z.number(),
});

const jobSchema = z.object({
  version: z.literal(JOB_VERSION),
  runId: z.string(),
  run: leaseSchema,
  fingerprint: z.string(),
  object: z.string(),
  lane: z.number(),
  feed: z.enum(["salesforce", "external", "waiting"]),
  recover: z.boolean(),
  deletes: z.array(z.enum(["records", "lines"])),
  stopped: z.array(z.object({ object: z.string(), code: z.string(), message: z.string() })),
  // Only this program writes into the queue; keys and Ids were parsed before they went in.
  nominations: z.array(z.custom<Nomination>((value) => typeof value === "object" && value !== null)),
});

const reportSchema = z.custom<JobReport>((value) => typeof value === "object" && value !== null);

const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), holder: z.string(), report: reportSchema }),
  z.object({
    kind: z.literal("failed"),
    holder: z.string(),
    report: reportSchema,
    code: z.custom<ErrorCode>((value) => typeof value === "string" && Object.hasOwn(ERROR_CODES, value)).nullable(),
    message: z.string(),
  }),
  z.object({ kind: z.literal("stale") }),
]);

/** What goes into the queue. The fields that the feed showed stay behind. */
export function encodeJob(job: Job): object {
  const nominations = job.nominations.map(({ seen: _seen, ...nomination }) => nomination);
  return { version: JOB_VERSION, ...job, nominations };
}

/** Reads a job; undefined when a newer or older version of this program wrote it. */
export function decodeJob(data: unknown): Job | undefined {
  const parsed = jobSchema.safeParse(data);
  if (!parsed.success) return undefined;
  const { version: _known, ...job } = parsed.data;
  return job;
}

/** Reads an outcome; undefined when it is not one. */
export function decodeOutcome(output: unknown): JobOutcome | undefined {
  const parsed = outcomeSchema.safeParse(output);
  return parsed.success ? parsed.data : undefined;
}

/** The keys of a job, as far as they are known before the records are read. */
export function keysOf(job: Job): readonly BusinessKey[] {
  return job.nominations.flatMap(({ key }) => (key === null ? [] : [key]));
}

/** The name of a lane's lease. Lanes are few and numbered, so that their leases stay few as well. */
export function laneName(source: string, lane: number): string {
  return `lane:${source}:${lane}`;
}
