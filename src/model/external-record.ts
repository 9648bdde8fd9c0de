/** External records and operations as plain data: what an adapter reads and is asked to write. */
import type { NaturalKey } from "./key.ts";

/** A value as the external system holds it. Numbers are only used for integers that a double holds exactly. */
export type ExternalValue = string | number | bigint | boolean | null;

/** One row or object of the external system, by the external system's own field names. */
export type ExternalFields = Readonly<Record<string, ExternalValue>>;

/** A record with its lines, as the adapter reads it. */
export interface ExternalRecord {
  readonly naturalKey: NaturalKey;
  readonly fields: ExternalFields;
  /** Lines with the natural key of each line (parts of the line only), where the collection has lines. */
  readonly lines?: readonly { readonly naturalKey: NaturalKey; readonly fields: ExternalFields }[];
  /** Token for a conditional write; null where the system has none. */
  readonly version: string | null;
  readonly changedBy: string | null;
  /** A canonical instant, or `YYYY-MM-DDThh:mm:ss` where the system names no zone; null where it does not tell. */
  readonly changedAt: string | null;
  /** Why nothing of the record can be read, although it is there: then `fields` is empty, and the record must wait. */
  readonly unreadable?: string;
}

/** One write of one record with its lines: applied as a whole or not at all. */
export interface ExternalOperation {
  readonly opId: string;
  readonly collection: string;
  readonly naturalKey: NaturalKey;
  readonly change:
    | {
        readonly kind: "create" | "update";
        /** For update: only the fields that change. */
        readonly fields: ExternalFields;
        readonly lines?: readonly ExternalLineChange[];
      }
    | { readonly kind: "delete" };
  /** The write happens only when the record still has this version; null writes unconditionally. */
  readonly expectedVersion: string | null;
}

/** One line inside an `ExternalOperation`. */
export type ExternalLineChange =
  | { readonly kind: "put"; readonly naturalKey: NaturalKey; readonly fields: ExternalFields }
  | { readonly kind: "remove"; readonly naturalKey: NaturalKey };

/** What became of one external operation. Exactly one per operation, in order. */
export type ExternalOutcome =
  | { readonly kind: "done"; readonly opId: string; readonly version: string | null }
  /** The record moved since it was read, or the write was undone for the `reason` given: read again and decide again. */
  | { readonly kind: "stale"; readonly opId: string; readonly reason?: string }
  /** Somebody else's transaction was in the way for too long; nothing was written, and the next run tries again. */
  | { readonly kind: "locked"; readonly opId: string; readonly reason: string }
  /** The system refuses this record for good until its data change. */
  | { readonly kind: "refused"; readonly opId: string; readonly reason: string }
  /** Nobody knows whether it landed: read the record before anything else. */
  | { readonly kind: "unknown"; readonly opId: string; readonly reason: string };
