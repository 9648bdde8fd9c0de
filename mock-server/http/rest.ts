/**
 * The words of the REST layer: a request as handlers see it, and the result that they give.
 *
 * Handlers are plain synchronous functions inside one transaction, so the composite resources call the same handlers in
 * process that the network calls from outside.
 */
import type { Session } from "../auth/sessions.ts";
import type { BulkAllowances } from "../bulk/jobs/allowances.ts";
import type { BulkJobs } from "../bulk/jobs/bulk-jobs.ts";
import type { BulkFaultHook } from "../bulk/jobs/fault-hook.ts";
import type { MergeRequest } from "../dml/merge.ts";
import type { SaveRequest, SaveResult } from "../dml/port.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Transaction } from "../org/port.ts";
import type { Wire } from "../schema/values.ts";
import type { Journal } from "./journal.ts";
import type { PreparedQueries } from "./prepared-queries.ts";
import type { QueryCursors } from "./query-cursors.ts";
import type { StreamingUsage } from "./streaming-usage.ts";
import type { ApiUsage } from "./usage.ts";
import type { VersionRange } from "./versions.ts";

/** The HTTP methods that some resource answers. */
export type Method = "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";

/** One REST request after routing and decoding, or one subrequest of a composite resource. */
export interface RestRequest {
  readonly method: Method;
  /** API version of the address as a number, for example 62. */
  readonly version: number;
  /** Decoded path segments after the version: `["sobjects", "Account", "001…"]`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** A request header by its lower-case name. */
  header(name: string): string | undefined;
  /** The decoded body; undefined when the request has none. */
  readonly body: unknown;
  /** How the body's values came: XML carries them all as text. */
  readonly wire: Wire;
}

/** What a handler answers. An absent body sends none. */
export interface RestResult {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the org offers to handlers beside its records; one object for the life of an org. */
export interface RestServices {
  readonly org: MockOrgCore;
  /** The save pipeline with the org's own validation rules and triggers. */
  readonly save: (tx: Transaction, request: SaveRequest, wire: Wire) => readonly SaveResult[];
  /** The same for a merge, which only SOAP offers. */
  readonly merge: (tx: Transaction, request: MergeRequest, wire: Wire) => SaveResult;
  readonly versions: VersionRange;
  readonly usage: ApiUsage;
  readonly cursors: QueryCursors;
  readonly queries: PreparedQueries;
  /** Takes note of what happens inside a call. */
  readonly journal: Journal;
  /** Bulk jobs, made when the first client asks for one. */
  readonly bulk: {
    jobs: BulkJobs | undefined;
    /** The time that each step of a job waits. */
    readonly paceMs: number;
    readonly allowances: BulkAllowances;
    /** Lets faults in. */
    trigger: BulkFaultHook | undefined;
  };
  readonly streaming: StreamingUsage;
}

/** Everything that a handler works with. */
export interface RestContext {
  readonly tx: Transaction;
  readonly services: RestServices;
  readonly session: Session;
  /** Scheme and host of the org as the client reaches it, without a slash at the end. */
  readonly instanceUrl: string;
  /** True inside a composite request that stands or falls as a whole: nested collections must not save in part. */
  readonly wholeOrNothing: boolean;
  /** Routes and runs a subrequest in the same transaction. Throws `OrgError` where the request is refused as a whole. */
  readonly dispatch: (context: RestContext, request: RestRequest) => RestResult;
}

/** Answers one request inside the context's transaction; throws `OrgError` to refuse it. */
export type RestHandler = (context: RestContext, request: RestRequest) => RestResult;

/** 200 with a body. */
export function ok(body: unknown, headers?: Readonly<Record<string, string>>): RestResult {
  return headers === undefined ? { status: 200, body } : { status: 200, body, headers };
}

/** 204: done, nothing to say. */
export const NO_CONTENT: RestResult = { status: 204 };

/** 304: what the client has is still true. */
export const NOT_MODIFIED: RestResult = { status: 304 };
