/** What one pass knows about a record on each side: seen, deleted for certain, missing, or left out by a filter. */
import type { ExternalView, Provenance, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey, RecordId } from "../model/key.ts";

/** A record on the Salesforce side. */
export type SalesforceObservation =
  | { readonly kind: "present"; readonly view: SalesforceView }
  /** Positive evidence: `IsDeleted`, `/deleted`, or absence in a complete sweep confirmed by a read. */
  | {
      readonly kind: "deleted";
      readonly provenance: Provenance;
      /** What it showed last; null where only the deletion log tells of it. */
      readonly document: SyncDocument | null;
      /** After an account merge: the surviving record. */
      readonly master: MergeSurvivor | null;
    }
  /** Not found, without evidence of a deletion. */
  | { readonly kind: "absent" }
  | { readonly kind: "filtered" };

/** The record that survived a merge. */
export interface MergeSurvivor {
  readonly recordId: RecordId;
  /** Its key, null when it has none; undefined when it has not been read, and then nothing is written. */
  readonly key: BusinessKey | null | undefined;
}

/** A record on the external side. */
export type ExternalObservation =
  | { readonly kind: "present"; readonly view: ExternalView }
  /** Positive evidence: a tombstone of the change feed, or absence in a complete sweep confirmed by a read. */
  | { readonly kind: "deleted" }
  | { readonly kind: "absent" }
  | { readonly kind: "filtered" };

/**
 * The sighting of a Salesforce record: its view where there is one, else what the deletion log told.
 * `master` is the surviving record of a merge, read by the view's `masterRecordId`.
 */
export function observeSalesforce(
  view: SalesforceView | undefined,
  evidence: {
    readonly deleted: boolean;
    readonly master?: MergeSurvivor;
  },
): SalesforceObservation {
  if (view !== undefined && !view.deleted) return { kind: "present", view };
  if (view === undefined && !evidence.deleted) return { kind: "absent" };
  const master =
    evidence.master ?? (view?.masterRecordId == null ? null : { recordId: view.masterRecordId, key: undefined });
  const provenance = view?.provenance ?? { by: null, at: null };
  return { kind: "deleted", provenance, document: view?.document ?? null, master };
}

/** The sighting of an external record: its view where there is one, else what the change feed told. */
export function observeExternal(view: ExternalView | undefined, deleted: boolean): ExternalObservation {
  if (view !== undefined) return { kind: "present", view };
  return deleted ? { kind: "deleted" } : { kind: "absent" };
}
