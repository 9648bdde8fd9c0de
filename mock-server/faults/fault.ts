/**
 * The vocabulary of faults: when one applies and what it does, as plain data, so that code, the admin API and the command
 * line say the same thing.
 *
 * ```ts
 * org.faults.add({ act: "lost-reply", path: "/composite/*", times: 1 });
 * org.faults.add({ act: "row-lock", account: "001…", nth: 3 });
 * ```
 */
import type { FieldValue } from "../schema/definition.ts";

/** Operations of a call; `write` and `read` stand for all of their kind. */
export const CALL_OPERATIONS = [
  "write",
  "read",
  "query",
  "query-more",
  "create",
  "retrieve",
  "update",
  "upsert",
  "delete",
  "collection",
  "composite",
  "graph",
  "batch",
  "tree",
  "describe",
  "updated",
  "deleted",
  "limits",
  "search",
  "login",
  "bulk",
  "other",
] as const;

/** Operations of one row within a save. */
export const ROW_OPERATIONS = ["write", "create", "update", "delete"] as const;

export type CallOperation = (typeof CALL_OPERATIONS)[number];
export type RowOperation = (typeof ROW_OPERATIONS)[number];

/** How often a fault applies among what it matches. Without any of these: every time. */
export interface FaultCount {
  /** A name for the journal and the list; default: the act and a number. */
  readonly name?: string;
  /** Apply at the nth match, counted from 1; alone it applies once. */
  readonly nth?: number;
  /** Apply this often, then no more. Default: without end, or once where `nth` is given. */
  readonly times?: number;
  /** Apply with this probability, from 0 to 1. */
  readonly chance?: number;
  /** Where the dice of `chance` begin: the same seed applies at the same matches. Default 1. */
  readonly seed?: number;
}

/** Which calls a fault is about. What is absent matches all. */
export interface CallMatch extends FaultCount {
  readonly operation?: CallOperation;
  readonly method?: string;
  /** A glob over the path with or without `/services/data/vNN.0`: `*` within a segment, `**` across. */
  readonly path?: string;
  /** An sObject that the call names in its path, its query or its body. */
  readonly object?: string;
  /** A username. */
  readonly user?: string;
}

/** Which rows a fault is about. What is absent matches all. */
export interface RowMatch extends FaultCount {
  readonly operation?: RowOperation;
  readonly object?: string;
  readonly user?: string;
  /** Values that the row has as it will be stored. */
  readonly record?: Readonly<Record<string, FieldValue>>;
  /** An account's Id: the account itself and every record that belongs to it. */
  readonly account?: string;
}

/** Which bulk jobs a fault is about. */
export interface BulkMatch extends FaultCount {
  readonly object?: string;
  /** The job's operation: `insert`, `update`, `upsert`, `delete`, `hardDelete`, `query`, `queryAll`. */
  readonly operation?: string;
  readonly user?: string;
}

/** Faults of a call. */
export type CallFault = CallMatch &
  (
    | {
        /** 403: the day's calls are used up, `remaining` calls from now; the counter tells the truth. */
        readonly act: "request-limit";
        readonly remaining?: number;
      }
    /** 403: too many long calls at once. */
    | { readonly act: "concurrent-limit" }
    /** The call's session ends before it is looked at. */
    | { readonly act: "session-expired" }
    /** 503 with an HTML page. */
    | { readonly act: "maintenance" }
    /** The answer takes this many milliseconds of real time longer. */
    | { readonly act: "delay"; readonly ms: number }
    /** The connection closes before anything is done. */
    | { readonly act: "cut-before" }
    /** The connection closes after everything was done. */
    | { readonly act: "lost-reply" }
    /** The call is executed twice, as a network that repeats it would; the client gets the second answer. */
    | { readonly act: "duplicate-delivery" }
    /** Any answer, before anything is done. */
    | {
        readonly act: "status";
        readonly status: number;
        readonly errorCode?: string;
        readonly message?: string;
        /** Instead of an error array: text as it is, or a value as JSON. */
        readonly body?: unknown;
        readonly headers?: Readonly<Record<string, string>>;
      }
    /** Every open query result is forgotten. */
    | { readonly act: "locator-lost" }
    /**
     * A long transaction opens: `latestDateCovered` stands still, and what it writes becomes visible late, with old
     * stamps. Without a condition it opens at once. It ends after `holdMs` of the org's clock or when it is removed.
     */
    | { readonly act: "long-transaction"; readonly holdMs?: number; readonly write?: readonly LateWrite[] }
  );

/** A record that a long transaction writes: an update where there is an Id, else an insert. */
export interface LateWrite {
  readonly object: string;
  readonly id?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Faults of a row. */
export type RowFault = RowMatch &
  /** `UNABLE_TO_LOCK_ROW`. */
  (
    | { readonly act: "row-lock" }
    /** The row is refused while its neighbors may pass. */
    | {
        readonly act: "partial-failure";
        readonly code?: string;
        readonly message?: string;
        readonly fields?: readonly string[];
      }
    /** A trigger that sets a field to a value after the client's. */
    | { readonly act: "rewrite-field"; readonly field: string; readonly value: FieldValue }
    /** A validation rule that rejects. */
    | { readonly act: "validation-rule"; readonly message: string; readonly field?: string }
  );

/** Faults of a bulk job. */
export type BulkFault = BulkMatch &
  /** The job stays in its state for ever. */
  (
    | { readonly act: "bulk-stuck" }
    /** A batch of the job fails; its rows stay unprocessed. */
    | { readonly act: "bulk-failed-batch"; readonly message?: string }
  );

/** One fault. */
export type Fault = CallFault | RowFault | BulkFault;

/** Faults that apply to rows. */
export const ROW_ACTS: ReadonlySet<string> = new Set([
  "row-lock",
  "partial-failure",
  "rewrite-field",
  "validation-rule",
]);

/** Faults that apply to Bulk jobs. */
export const BULK_ACTS: ReadonlySet<string> = new Set(["bulk-stuck", "bulk-failed-batch"]);

export function isRowFault(fault: Fault): fault is RowFault {
  return ROW_ACTS.has(fault.act);
}

export function isBulkFault(fault: Fault): fault is BulkFault {
  return BULK_ACTS.has(fault.act);
}

export function isCallFault(fault: Fault): fault is CallFault {
  return !isRowFault(fault) && !isBulkFault(fault);
}
