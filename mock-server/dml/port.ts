/** What callers of the save pipeline send and get: one shape for REST rows, collections, composite, tree, Bulk and SOAP. */
import type { OrgFault } from "../errors.ts";

/** One record to save: field names as the client wrote them, values as JSON carried them. */
export interface SaveInput {
  /** The sObject's name as the client wrote it. */
  readonly object: string;
  /** Record Id (15 or 18 characters) for update, delete and undelete. */
  readonly id?: string;
  /** Field values; a nested object under a relationship name refers to the parent by external Id. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** One save call. */
export interface SaveRequest {
  readonly operation: "insert" | "update" | "upsert" | "delete" | "undelete" | "hardDelete";
  readonly records: readonly SaveInput[];
  /** True: one failing record undoes all. False: each record stands alone. */
  readonly allOrNone: boolean;
  /** For upsert: the external-Id (or idLookup) field, `Id` allowed. */
  readonly externalIdField?: string;
  /** For upsert: refuse to create. */
  readonly updateOnly?: boolean;
}

/** The outcome of one record, in the order of the request. */
export type SaveResult =
  | { readonly success: true; readonly id: string; readonly created: boolean }
  | {
      readonly success: false;
      readonly id: string | null;
      readonly created: boolean;
      readonly faults: readonly OrgFault[];
      /** HTTP status that a single-row REST call gives this failure: 400, 403, 404 or 300 (several matches). */
      readonly statusCode: number;
      /** For 300: the Ids of the records that share the external Id. */
      readonly matches?: readonly string[];
    };
