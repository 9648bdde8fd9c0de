/** What an external system says about its collections, as data: for preflight, and for messages. Absent parts are not known. */

/** What one collection of the external system looks like. */
export interface ExternalCollectionInfo {
  readonly collection: string;
  /** By external field name; absent where the system does not tell its fields. */
  readonly fields?: Readonly<Record<string, ExternalFieldFacts>>;
  readonly lineFields?: Readonly<Record<string, ExternalFieldFacts>>;
  /** The field that tells when a record was changed last; null where no field does, absent where that is not known. */
  readonly changedAt?: (ExternalFieldFacts & { readonly name: string }) | null;
  /** What the system will not let us do with the records. */
  readonly refuses?: WriteRefusals;
  /** What the system will not let us do with the lines. */
  readonly lineRefuses?: WriteRefusals;
}

/**
 * Why writes of a kind cannot work, each as a main clause in plain English without a full stop, with the way out; absent
 * where they can. For example: the view cannot be written, the user lacks the right, the file is read-only.
 */
export interface WriteRefusals {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
}

/** What a field can hold. `moment` has a time zone, `localTime` is a date and a time without one. */
export type ExternalFieldKind = "text" | "number" | "boolean" | "date" | "moment" | "localTime";

/** What the system says about one field. */
export interface ExternalFieldFacts {
  /** The type as the system spells it, for example `numeric(10,2)`. */
  readonly type: string;
  /** Absent for every other kind of value, and where any value fits. */
  readonly kind?: ExternalFieldKind;
  /** The longest text, in characters. */
  readonly length?: number;
  /** Digits that a number may have in all. */
  readonly precision?: number;
  /** Digits after the point that a number keeps. */
  readonly scale?: number;
  /** False where the field must have a value. */
  readonly nullable?: boolean;
  /** True where the system fills the field of a new record that comes without it. */
  readonly hasDefault?: boolean;
  /** True where the system computes the value: it can be read, never written. */
  readonly generated?: boolean;
  /** False where we may not give it a value in a new record. */
  readonly creatable?: false;
  /** False where we may not change its value. */
  readonly updatable?: false;
  /** The only values that it takes. */
  readonly values?: readonly string[];
}
