/** Documents: an Account, a Contract, or an Order with its lines, in canonical form. */
import type { BusinessKey, LineKey, NaturalKey, RecordId } from "./key.ts";
import type { Fields } from "./value.ts";

/** One record that is synced as a whole, with its lines where it has any. JSON-serializable. */
export interface SyncDocument {
  /** The root sObject, for example `Order`. */
  readonly object: string;
  readonly key: BusinessKey;
  readonly fields: Fields;
  /** Lines by line key; absent where the object has none. */
  readonly lines?: Readonly<Record<LineKey, Fields>>;
}

/** Who changed a record last and when, as far as the side tells. */
export interface Provenance {
  readonly by: string | null;
  /** Canonical instant. */
  readonly at: string | null;
}

/** A value that could not be made canonical. Its field is absent from the document, and the document is not written. */
export interface ValueProblem {
  readonly field: string;
  readonly lineKey?: LineKey;
  /** The raw value, shortened. */
  readonly value: string;
  /** What is wrong and what would be right, as a sentence. */
  readonly reason: string;
  /** The external records that make one key, as they spell it. */
  readonly naturalKeys?: readonly NaturalKey[];
}

/** The life-cycle category of an order's or contract's status (`StatusCode`). */
export type StatusCategory = string;

/** A document as Salesforce shows it now. */
export interface SalesforceView {
  readonly side: "salesforce";
  readonly document: SyncDocument;
  readonly recordId: RecordId;
  readonly lineIds: Readonly<Record<LineKey, RecordId>>;
  /** Lines that carry no line key: somebody made them in Salesforce. */
  readonly foreignLineIds: readonly RecordId[];
  /** Lines of which activated reduction orders have taken something; absent where none are looked for. */
  readonly reducedLineIds?: readonly RecordId[];
  /** `SystemModstamp` as Salesforce wrote it. */
  readonly stamp: string;
  readonly deleted: boolean;
  /** After an account merge: the surviving record. */
  readonly masterRecordId: RecordId | null;
  /** `StatusCode` where the object has one. */
  readonly statusCategory: StatusCategory | null;
  readonly provenance: Provenance;
  readonly problems: readonly ValueProblem[];
  /** False when the record does not hold its key: somebody made it in Salesforce, or its key was cleared or changed. */
  readonly keyed: boolean;
  /** What is in the key field of a record that is known by another key; absent where it is empty or right. */
  readonly heldKey?: string;
  /** Lines that do not hold their key, with what stands there instead; absent where all of them do. */
  readonly heldLineKeys?: Readonly<Record<LineKey, string | null>>;
  /** What it is matched by; absent where the mapping names nothing, or a value is empty. */
  readonly match?: string;
}

/** A document as the external system shows it now. */
export interface ExternalView {
  readonly side: "external";
  readonly document: SyncDocument;
  readonly naturalKey: NaturalKey;
  /** How the external system spells its line keys; absent where it tells no lines. */
  readonly lineKeys?: Readonly<Record<LineKey, NaturalKey>>;
  /** The adapter's token for conditional writes: an ETag, a version column or a content hash. */
  readonly version: string | null;
  readonly deleted: boolean;
  readonly provenance: Provenance;
  readonly problems: readonly ValueProblem[];
  /** As in `SalesforceView`. */
  readonly match?: string;
}
