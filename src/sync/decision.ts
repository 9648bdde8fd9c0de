/** What a pass decides and stores: decisions, intents, conflicts, dead letters and links, as plain data. */
import type { SyncDocument } from "../model/document.ts";
import type { ExternalOperation } from "../model/external-record.ts";
import type { BusinessKey, LineKey, NaturalKey, RecordId } from "../model/key.ts";
import type { ApiError, RowOperation } from "../model/salesforce-record.ts";
import type { Side, Value } from "../model/value.ts";
import type { Instruction, Presence } from "./presence.ts";

/** The tie between a key and what both sides call the record. */
export interface Link {
  readonly object: string;
  readonly key: BusinessKey;
  readonly recordId: RecordId | null;
  readonly naturalKey: NaturalKey | null;
  readonly lineIds: Readonly<Record<LineKey, RecordId>>;
  readonly presence: Presence;
  readonly instruction?: Instruction;
}

/** The last values that both sides agreed on. `document` null: both sides agreed that there is no record. */
export interface Base {
  readonly object: string;
  readonly key: BusinessKey;
  readonly document: SyncDocument | null;
  /** `SystemModstamp` of the last Salesforce state that was compared with this base, or null when it is not known. */
  readonly salesforceStamp: string | null;
  readonly externalVersion: string | null;
  /** Fields that we wrote and that came back different, for the detection of automations that undo our writes. */
  readonly rewrites?: readonly Rewrite[];
  /** Set while Salesforce is in a transitional status, in which we left the record. */
  readonly transitional?: TransitionalStatus | null;
  /** Edits that our last write replaced unseen and about which nothing has been decided yet. */
  readonly unsettledEdits?: readonly UnsettledEdit[];
  /** Set while one side keeps, with edits, a record that the other one has deleted, and that has been settled. */
  readonly keptOnOneSide?: KeptOnOneSide;
  /** Values that a side keeps otherwise than we sent them, or may. */
  readonly kept?: readonly Kept[];
}

/**
 * A value of the base that a side may keep otherwise than it was sent. It holds as long as the base has that value: what
 * the side shows then stands for it.
 */
export interface Kept {
  readonly side: Side;
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly sent: Value;
  /** What the side shows in its place; absent until it has been seen. */
  readonly shown?: Value;
}

/**
 * A deletion against an edit that is settled and has nothing to write, because the mapping makes or deletes no records on
 * that side. It holds as long as the side shows what it showed then: nobody is asked twice about the same facts.
 */
export interface KeptOnOneSide {
  /** The side that keeps the record. */
  readonly side: Side;
  /** What it showed. */
  readonly document: SyncDocument;
  readonly winner: Side;
}

/**
 * A value that somebody wrote in Salesforce after we had read the field and before we wrote it. As long as the field
 * still shows what we wrote, this value stands for it: it is what Salesforce would show without us.
 */
export interface UnsettledEdit {
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly value: Value;
  /** What we wrote over it. */
  readonly ours: Value;
  /** Who changed the record last before our write, and when. */
  readonly by: string | null;
  readonly at: string | null;
}

/**
 * A status that a record only passes through: an order is Draft while it is made, and again while it is reopened for an
 * edit. When a write stops there, the order shows a status that nobody chose, and must not be taken for an edit.
 */
export interface TransitionalStatus {
  readonly shown: string;
  /** What the status stands for: the one before the interruption, for a new record the one it was made for. */
  readonly meant: string;
}

/** How often in a row we wrote the same value to the same field because it had been changed back. */
export interface Rewrite {
  readonly side: Side;
  readonly lineKey?: LineKey;
  readonly field: string;
  /** The value that we wrote. */
  readonly value: Value;
  /** The value that we found in its place. */
  readonly found: Value;
  readonly times: number;
  readonly lastAtMs: number;
}

/** How a field that moved on both sides is settled. */
export type ConflictPolicy = "salesforce" | "external" | "newest" | "manual";

/** One field (or a whole record) that moved on both sides to different values. */
export interface Conflict {
  readonly object: string;
  readonly key: BusinessKey;
  readonly lineKey?: LineKey;
  /** The field's API name; `*` for delete against edit. */
  readonly field: string;
  readonly base: Value | undefined;
  readonly salesforce: Value | undefined;
  readonly external: Value | undefined;
  readonly salesforceBy: string | null;
  readonly salesforceAt: string | null;
  readonly externalBy: string | null;
  readonly externalAt: string | null;
  /** Who won; null while it waits for a person (`manual`). */
  readonly winner: Side | null;
  /** The rule that decided, as a short sentence: `field owner external`, `policy newest`, … */
  readonly rule: string;
}

/** Why a document is not written now. Parked ones are tried again every run; rejected ones become dead letters. */
export interface Obstacle {
  /** A stable code, for example `PRODUCT_UNKNOWN`, `ORDER_ACTIVATED`, `CONFLICT_MANUAL`, `VALUE_INVALID`. */
  readonly code: string;
  /** Names the thing (and line), the value and the way out. */
  readonly message: string;
  readonly lineKey?: LineKey;
  readonly field?: string;
  /** The record whose absence is the reason: when it comes, the document is tried again. */
  readonly missing?: { readonly object: string; readonly key: BusinessKey };
  /** The external records that make one key: they are looked up together again, or one of them would seem to be alone. */
  readonly naturalKeys?: readonly NaturalKey[];
  /** How many lines of the document it is about. */
  readonly lines?: number;
}

/** What to do about one nominated key. Pure data; `RowOperation`s are in the order in which they must happen. */
export interface Decision {
  readonly object: string;
  readonly key: BusinessKey;
  /**
   * `agree`: both sides are alike, at most the base is brought up to date. `change`: there is something to write.
   * `park`: waits for somebody or something else. `reject`: cannot be written as it is.
   * With `agree` and `change` the obstacles are notes for the journal and hold nothing up.
   */
  readonly kind: "agree" | "change" | "park" | "reject";
  /** The base once everything below has landed. */
  readonly agreed: SyncDocument | null;
  readonly link: Link;
  readonly salesforceStamp: string | null;
  readonly externalVersion: string | null;
  /** What Salesforce showed when this was decided, for the intent; null where it had no record. */
  readonly salesforceBefore: SyncDocument | null;
  readonly externalBefore: SyncDocument | null;
  readonly salesforce: readonly RowOperation[];
  readonly external: ExternalOperation | null;
  readonly conflicts: readonly Conflict[];
  readonly obstacles: readonly Obstacle[];
  /** Short words for the plan and the journal: `create`, `update`, `activate`, `reopen`, `delete`, `revive`, … */
  readonly actions: readonly string[];
  /** The fields that the writes change, for plan and journal. */
  readonly changes: readonly FieldChange[];
  /** Set when the operations lead the record through a status that is not meant; copied into the intent. */
  readonly transitional: TransitionalStatus | null;
  /** To be stored with the base. */
  readonly rewrites: readonly Rewrite[];
  /** Unsettled edits that this decision leaves undecided; to be stored with the base. */
  readonly unsettledEdits: readonly UnsettledEdit[];
  /** To be stored with the base. */
  readonly keptOnOneSide: KeptOnOneSide | null;
  /** To be stored with the base; absent means none. */
  readonly kept?: readonly Kept[];
  /** Of `kept`, what was seen for the first time: to be reported. */
  readonly found?: readonly Kept[];
  /** Set where the writes are only a first step: once they have landed, the document is decided about again, for this reason. */
  readonly again?: Obstacle;
  /** The key under which an adopted record was known while it waited; it ends with the adoption. */
  readonly replaces?: BusinessKey;
}

/** One field that a decision changes on one side. */
export interface FieldChange {
  readonly side: Side;
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly from: Value | undefined;
  readonly to: Value | undefined;
  readonly rule: string;
  /** The operation that makes the change. */
  readonly opId: string;
}

/** What we are about to write to one side of one document; committed before the call, cleared after it. */
export interface Intent {
  readonly id: string;
  readonly object: string;
  readonly key: BusinessKey;
  readonly side: Side;
  /** What the side showed before the write; null: no record. */
  readonly before: SyncDocument | null;
  /** What it will show when the write has landed; null: no record. */
  readonly after: SyncDocument | null;
  /** The stamp or version of what the side showed before the write; null or absent where it tells none. */
  readonly seen?: string | null;
  /** From the decision; absent means none. */
  readonly transitional?: TransitionalStatus | null;
  /** Lines that it removes and adds again, with the fields by which the new line differs for good from the old one. */
  readonly replaced?: Readonly<Record<LineKey, readonly string[]>>;
  /** True when the write lands as a whole or not at all: one graph, one row, one external operation. */
  readonly atomic?: boolean;
  /** The Bulk job by which the write went, and the key or record Id of its row there. */
  readonly job?: { readonly jobId: string; readonly row: string };
  /** What the write overwrites although it had moved: recovery keeps it when nobody else is left to do so. */
  readonly conflicts?: readonly Conflict[];
  /** From the decision; absent means none. */
  readonly kept?: readonly Kept[];
  readonly startedAtMs: number;
}

/** A document that cannot be written as it is. A redrive decides again from the present state. */
export interface DeadLetter {
  readonly object: string;
  readonly key: BusinessKey;
  readonly obstacles: readonly Obstacle[];
  readonly apiErrors: readonly ApiError[];
  /** Runs that have tried it so far. */
  readonly attempts: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The run of the latest attempt; absent in what earlier versions stored. */
  readonly runId?: string;
  /** Hash of what was tried: the dead letter is tried again by itself when the source record changes. */
  readonly fingerprint: string;
  /** The records that it refers to: when one of them changes, the document is tried again. */
  readonly dependsOn?: readonly { readonly object: string; readonly key: BusinessKey }[];
}

/** A document that waits: for a parent, for a person, for a lock, for a limit. */
export interface Parked {
  readonly object: string;
  readonly key: BusinessKey;
  readonly obstacles: readonly Obstacle[];
  /** Runs that have tried it so far. */
  readonly attempts: number;
  readonly sinceMs: number;
  /** The attempts of the dead letter that it was before, so that tries of what is refused again stay rare. */
  readonly refusals?: number;
}
