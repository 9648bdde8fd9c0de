/** What is to be written, on either side, before it becomes operations. */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { ParentLookup } from "../mapping/write.ts";
import type { ExternalView, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey, LineKey } from "../model/key.ts";
import type { Fields } from "../model/value.ts";
import type { Link } from "./decision.ts";
import type { Merged, Write } from "./merge-sheet.ts";
import type { OrgRules } from "./org-rules.ts";

/** What the writes of one document depend on besides the document. */
export interface WriteContext {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  readonly link: Link | null;
  readonly org: OrgRules;
  readonly parents: ParentLookup;
  /** True when the record is in a status that it only passes through, and has to be led out of it. */
  readonly resumes: boolean;
  /** What it means that a record gets its key, where that is not part of making it on the other side. */
  readonly keyWrite?: KeyWrite;
}

/** A key that is written to a record that stands. */
export interface KeyWrite {
  /** `adopt`, or `restore key`. */
  readonly action: string;
  readonly rule: string;
}

/**
 * What to write to Salesforce: the merge of two records, a whole new record, or, to a record that stands, its key and
 * what our last write has hidden.
 */
export type SalesforceTarget =
  | { readonly seen: SalesforceView; readonly external: ExternalView; readonly merged: Merged }
  | { readonly seen: null; readonly external: ExternalView }
  | { readonly seen: SalesforceView; readonly external: null; readonly restored: readonly Write[] };

/** What to write to the external system: the merge of two records, or a whole new record. */
export type ExternalTarget =
  | { readonly seen: ExternalView; readonly salesforce: SalesforceView; readonly merged: Merged }
  | { readonly seen: null; readonly salesforce: SalesforceView };

/** The fields that a target writes, of the record and of its lines. */
export function fieldWrites(target: SalesforceTarget | ExternalTarget): readonly Write[] {
  if ("merged" in target) return target.merged.writes;
  return "restored" in target ? target.restored : [];
}

/** The lines that get their key, each with the key that it holds instead. */
export function heldLines(seen: SalesforceView): readonly (readonly [LineKey, string | null])[] {
  return Object.entries(seen.heldLineKeys ?? {}) as [LineKey, string | null][];
}

/** The lines of a document by key; none where it has no lines. */
export function lineEntries(lines: SyncDocument["lines"]): readonly (readonly [LineKey, Fields])[] {
  return Object.entries(lines ?? {}) as [LineKey, Fields][];
}
