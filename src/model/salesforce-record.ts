/** Salesforce records and row operations as plain data: what the salesforce room reads and is asked to write. */
import type { BusinessKey, RecordId } from "./key.ts";

/** A record as the REST API returns it, with nested parents and child sets. */
export type SalesforceRecord = Readonly<Record<string, unknown>>;

/**
 * A value to send. A parent is named by its record Id where it is known, else by external Id, else by an earlier
 * operation of the same graph.
 */
export type WireValue =
  | string
  | number
  | boolean
  | null
  | { readonly kind: "byKey"; readonly relationship: string; readonly keyField: string; readonly key: BusinessKey }
  | { readonly kind: "byOperation"; readonly opId: string };

/** One write of one row. `opId` is unique in a run and names the operation in intents, outcomes and the journal. */
export type RowOperation =
  | {
      readonly kind: "upsert";
      readonly opId: string;
      readonly object: string;
      /** The unique external-Id field; creates are upserts on the key, so a repeated one cannot double. */
      readonly keyField: string;
      readonly key: string;
      /** By API name of the field (`AccountId`), also when the value is a parent's external Id. */
      readonly fields: Readonly<Record<string, WireValue>>;
    }
  | {
      readonly kind: "update";
      readonly opId: string;
      readonly object: string;
      readonly recordId: RecordId;
      readonly fields: Readonly<Record<string, WireValue>>;
      /** Read in the same call, right before the row is written. */
      readonly preImage?: readonly RecordRead[];
      /** Refused where the record was modified after this `SystemModstamp`; only sent row by row. */
      readonly unmodifiedSince?: string;
    }
  | {
      readonly kind: "delete";
      readonly opId: string;
      readonly object: string;
      readonly recordId: RecordId;
      /** The record and what goes with it. */
      readonly preImage?: readonly RecordRead[];
    };

/** Fields of one record to be read by its Id. */
export interface RecordRead {
  readonly object: string;
  readonly recordId: RecordId;
  readonly fields: readonly string[];
}

/** How the retry layer treats a failure; the letters of the error table. */
export type FailureClass =
  /** Try again with back-off. */
  | "retry"
  /** Try again alone or in smaller groups (row locks). */
  | "retrySerially"
  /** Slow down: a limit. */
  | "slow"
  /** Log in again, once. */
  | "login"
  /** The row is refused for good until its data change: dead letter. */
  | "refused"
  /** The world moved: read again and decide again. */
  | "replan"
  /** Configuration or permission: stop the mapping. */
  | "configuration"
  /** Nobody knows whether it landed: look it up by key. */
  | "unknown"
  /** Undone because of another row: try again free of charge. */
  | "collateral";

/** One of Salesforce's errors. */
export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** What became of one operation. Exactly one per operation, in the order of the call. */
export type RowOutcome =
  | {
      readonly kind: "done";
      readonly opId: string;
      readonly recordId: RecordId;
      readonly created: boolean;
      /** The records of the operation's `preImage` as they were right before; a record is reported once per call. */
      readonly preImage?: readonly SalesforceRecord[];
    }
  | {
      readonly kind: "failed";
      readonly opId: string;
      readonly class: FailureClass;
      readonly apiErrors: readonly ApiError[];
    }
  | { readonly kind: "unknown"; readonly opId: string; readonly reason: string };
