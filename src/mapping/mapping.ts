/** The compiled mapping: everything that the rooms above need to know about the two shapes of a record. */
import type { ExternalFields, ExternalValue } from "../model/external-record.ts";
import type { Side, Value, ValueKind } from "../model/value.ts";
import type { FilterSpec } from "./spec.ts";

/** The whole mapping. Immutable; made by `compileMapping`, narrowed by `refineMapping`. */
export interface Mapping {
  readonly source: string;
  /** IANA zone of external times that name none, or null. */
  readonly zone: string | null;
  /** Parents before children. */
  readonly objects: readonly ObjectMapping[];
  readonly byObject: ReadonlyMap<string, ObjectMapping>;
}

/** How a field that moved on both sides is settled. */
export type ConflictPolicy = "salesforce" | "external" | "newest" | "manual";

/** Which way values flow. */
export type Direction = "both" | "toSalesforce" | "toExternal";

/** One mapped object with its lines. */
export interface ObjectMapping {
  readonly source: string;
  /** As in `Mapping`. */
  readonly zone: string | null;
  readonly object: string;
  readonly collection: string;
  readonly keyField: string;
  /** External fields that name a record. */
  readonly naturalKey: readonly string[];
  readonly keyCase: "exact" | "lower";
  /** Salesforce field that names a record which was made in Salesforce. */
  readonly newKey: string;
  readonly policy: ConflictPolicy;
  /** On which sides records may be made. */
  readonly create: Readonly<Record<Side, boolean>>;
  /** On which sides records are deleted after they were deleted on the other side. */
  readonly delete: Readonly<Record<Side, boolean>>;
  readonly onActivated: "reopen" | "reduce" | "park";
  readonly activation: "inGraph" | "after";
  readonly draftStatus: string | null;
  readonly filter: Readonly<Record<Side, FilterSpec>>;
  /** By what a record without a key is recognized as one of the other side: all must agree. Empty: by nothing. */
  readonly match: readonly MatchMapping[];
  /** True when the Salesforce side must be polled. */
  readonly watch: boolean;
  readonly fields: readonly FieldMapping[];
  readonly lines: LinesMapping | null;
  /** Mapped objects that this one refers to, itself excepted. */
  readonly dependsOn: readonly string[];
}

/** The lines of a mapped object. */
export interface LinesMapping {
  readonly object: string;
  readonly relationship: string;
  /** The line's field that refers to the root, and its relationship name. */
  readonly parent: string;
  readonly parentRelationship: string;
  readonly keyField: string;
  readonly naturalKey: readonly string[];
  readonly direction: Direction;
  readonly foreign: "keep" | "park";
  /** By what lines without a key are recognized when their document is adopted. */
  readonly match: readonly MatchMapping[];
  readonly fields: readonly FieldMapping[];
}

/** What may differ between two values that match. */
export type MatchIgnore = "case" | "blanks" | "leadingZeros" | "punctuation" | "nonDigits";

/** One field by which records are matched. */
export interface MatchMapping {
  readonly field: string;
  /** The external field whose text is compared with the Salesforce field's; null: what the mapping of `field` makes of it. */
  readonly external: string | null;
  readonly ignore: readonly MatchIgnore[];
  /** The mapping of `field`, where it is mapped. */
  readonly mapping: FieldMapping | null;
}

/** One mapped field. */
export interface FieldMapping {
  readonly field: string;
  readonly kind: ValueKind;
  readonly direction: Direction;
  readonly owner: Side | null;
  /**
   * `always`; `once`: only when the record is made, never compared afterwards; `fixed`: Salesforce lets it change only
   * from empty, so a later difference is an obstacle.
   */
  readonly write: "always" | "once" | "fixed";
  /** Digits after the point to which the mapping rounds; null: every digit counts. */
  readonly scale: number | null;
  /** Digits after the point that each side is known to keep; null where that is not known. */
  readonly keeps: Readonly<Record<Side, number | null>>;
  /** True where Salesforce takes whole numbers only. */
  readonly whole: boolean;
  /** Characters that the Salesforce field holds, as far as known. */
  readonly length: number | null;
  readonly reference: ReferenceMapping | null;
  /** IANA zone of external times that name none, and of the days of moments; absent where none is set. */
  readonly zone?: string;
  /** True where the value of one external field is taken as it is, without a converter. */
  readonly isPlain: boolean;
  /** True where it flows to Salesforce only because its value cannot be turned back, and nobody has said so. */
  readonly isTacitlyOneWay: boolean;
  /** The external fields it is read from; none for a constant. */
  readonly externalFields: readonly string[];
  readonly convert: Converter;
  /** Salesforce values that a table or a constant can yield, for preflight; empty where any value is possible. */
  readonly possibleValues: readonly string[];
}

/** Where a reference leads. */
export interface ReferenceMapping {
  readonly object: string;
  readonly relationship: string;
  /** The external-Id field of the referred object; null for the standard price book, which is known by Id only. */
  readonly keyField: string | null;
}

/** What a converter reads out of an external record, before it is made canonical by kind. */
export type RawReading =
  | { readonly kind: "absent" }
  | { readonly kind: "raw"; readonly raw: ExternalValue }
  | { readonly kind: "problem"; readonly reason: string; readonly raw: string };

/** External fields to write, or why a value cannot be expressed. */
export type RawWriting =
  | { readonly kind: "fields"; readonly fields: ExternalFields }
  | { readonly kind: "problem"; readonly reason: string };

/** Both ways between external fields and one value. Never throws. */
export interface Converter {
  read(fields: ExternalFields): RawReading;
  /** Null where the value cannot be turned back, for example a concatenation. */
  readonly write: ((value: Value) => RawWriting) | null;
}

/** The mapping of an object; throws when it is not mapped, which is a programmer error. */
export function objectMapping(mapping: Mapping, object: string): ObjectMapping {
  const found = mapping.byObject.get(object);
  if (found === undefined) throw new TypeError(`${object} is not mapped`);
  return found;
}
