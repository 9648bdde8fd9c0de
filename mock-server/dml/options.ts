/**
 * What a caller may add to a save: how the values came over the wire, and the extension points of test authors and of
 * fault injection. Nothing here is needed for an ordinary save.
 */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import type { Wire } from "../schema/values.ts";
import type { SaveRequest, SaveResult } from "./port.ts";

/** Options of one save call. */
export interface SaveOptions {
  /** How the values came; a wrong type refuses the whole request in JSON and one row in CSV and XML. Default: `json`. */
  readonly wire?: Wire;
  readonly validationRules?: readonly ValidationRule[];
  readonly triggers?: readonly Trigger[];
  /**
   * True where another transaction holds this record: the row fails with `UNABLE_TO_LOCK_ROW`. Asked for the record
   * itself and for the parents that a save of it locks (the order of an order product).
   */
  readonly lockCheck?: (tx: Transaction, object: string, row: Row) => boolean;
  /** Told of each rule that was asked, in order: the reason of an answer, for the journal. */
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** A rule of the customer's own; several broken ones are reported together (reference: order-domain §8.3). */
export interface ValidationRule {
  readonly name: string;
  readonly object: string;
  /** True where the record is wrong, as in Salesforce's error condition formula. */
  isBroken(record: Row, before: Row | undefined, tx: Transaction): boolean;
  /** The text that the client gets, verbatim. */
  readonly message: string;
  /** Default: `FIELD_CUSTOM_VALIDATION_EXCEPTION`. */
  readonly code?: string;
  /** The field beside which the message stands; absent: top of page, and `fields` is empty. */
  readonly field?: string;
}

/** When a trigger runs. */
export type TriggerEvent =
  | "before insert"
  | "before update"
  | "before delete"
  | "after insert"
  | "after update"
  | "after delete"
  | "after undelete";

/**
 * Code that runs within the save. Unlike Apex it sees one record at a time.
 *
 * A thrown error refuses the record with `CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY`.
 */
export interface Trigger {
  readonly name: string;
  readonly object: string;
  readonly on: readonly TriggerEvent[];
  run(context: TriggerContext): void;
}

/** What a trigger sees and may do. */
export interface TriggerContext {
  readonly event: TriggerEvent;
  readonly tx: Transaction;
  readonly before: Row | undefined;
  /** The record as it will be stored (before events) or was stored (after events). */
  readonly record: Row;
  /** Sets a field; only in `before insert` and `before update`, elsewhere it throws as Apex does. */
  readonly set: (field: string, value: FieldValue) => void;
  /** Refuses the record with this text, as Apex's `addError` does. */
  readonly addError: (message: string, field?: string) => void;
  /** Refuses the record with exactly this fault: for faults that a platform gives and Apex cannot. */
  readonly refuse: (fault: OrgFault) => void;
  /** Saves other records in the same transaction; nested at most 16 deep. */
  readonly save: (request: SaveRequest) => readonly SaveResult[];
}

/** One rule's answer about one record. */
export interface Verdict {
  /** Position of the record in its request. */
  readonly row: number;
  /** The catalog's number or the validation rule's or trigger's name. */
  readonly rule: string;
  readonly object: string;
  readonly id: string | null;
  readonly kept: boolean;
  readonly fault?: OrgFault;
}

/** A verdict before it is known which row of the request it is about. */
export type RowVerdict = Omit<Verdict, "row">;
