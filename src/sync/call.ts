/** API calls as plain data: what the sequencer plans, the salesforce room sends, and the budget counts. */
import type { RowOperation } from "../model/salesforce-record.ts";

/** Operations on rows of one object and one verb, at most 200: one sObject Collections request. */
export interface CollectionPart {
  readonly verb: "upsert" | "update" | "delete";
  readonly object: string;
  /** For upsert: the external-Id field of all its operations. */
  readonly keyField: string | null;
  readonly operations: readonly RowOperation[];
}

/** Operations that land together or not at all, in order: one order with its lines and its activation. */
export interface OperationGraph {
  /** At most 39 characters, letters, digits and underscores. */
  readonly graphId: string;
  readonly operations: readonly RowOperation[];
}

/** One planned API call (for Bulk: one job). */
export type SalesforceCall =
  /** One `/composite` request with at most 5 collection parts, reads of pre-images included; partial success row by row. */
  | { readonly kind: "collections"; readonly parts: readonly CollectionPart[]; readonly predictedCalls: number }
  /** One `/composite/graph` request with at most 75 graphs and 500 nodes, reads of pre-images included; each graph is atomic. */
  | { readonly kind: "graphs"; readonly graphs: readonly OperationGraph[]; readonly predictedCalls: number }
  /** One `/composite` request with one conditional subrequest per row; at most 25 with the reads that go before them. */
  | { readonly kind: "rows"; readonly operations: readonly RowOperation[]; readonly predictedCalls: number }
  /** One Bulk 2.0 ingest job; partial success row by row. */
  | { readonly kind: "bulk"; readonly part: CollectionPart; readonly predictedCalls: number };
