/** What a formula runs on, and the values that it meets on the way. */
import type { Num } from "./number.ts";

/** One stored value of a record, as the schema stores it. */
export type Stored = string | number | boolean | null;

/** One record by API names. */
export type RecordValues = Readonly<Record<string, Stored>>;

/** Who saves or reads, and when. */
export interface FormulaContext {
  readonly nowMs: number;
  /** The running user's record. */
  readonly user: RecordValues;
  /** IANA time zone of the user, for TODAY(). */
  readonly timeZone: string;
  /** The record before the save; undefined for a new record and outside of a save. */
  readonly previous?: RecordValues | undefined;
  /** Whether the user has a permission or custom permission; absent where nobody can say. */
  readonly holds?: (permission: string) => boolean;
  /** The first record of an object whose field has this value, or simply the first; absent where nothing can be searched. */
  readonly find?: (
    object: string,
    where?: { readonly field: string; readonly value: string },
  ) => RecordValues | undefined;
}

/** The record of an object with this Id, deleted or not; undefined where there is none. */
export type ParentLookup = (object: string, id: string) => RecordValues | undefined;

/** One record with its surroundings. */
export interface Scope {
  readonly row: RecordValues;
  readonly parentLookup: ParentLookup;
  readonly context: FormulaContext;
}

/** A point on the earth, in degrees. */
export interface Place {
  readonly latitude: Num;
  readonly longitude: Num;
}

/** A part of a formula, ready to run. */
export type Run<T> = (scope: Scope) => T;

/**
 * A part of a formula with its type.
 *
 * Texts and Ids are never null: an empty one is "". A date is days since 1970, a date-time milliseconds since 1970, a
 * time milliseconds since midnight. A boolean is null only where a formula says NULL.
 */
export type Typed =
  | { readonly type: "number"; readonly run: Run<Num | null> }
  | { readonly type: "text" | "id" | "picklist" | "multipicklist"; readonly run: Run<string> }
  | { readonly type: "date" | "datetime" | "time"; readonly run: Run<number | null> }
  | { readonly type: "boolean"; readonly run: Run<boolean | null> }
  | { readonly type: "location"; readonly run: Run<Place | null> }
  /** NULL, or a choice between nothing and nothing. */
  | { readonly type: "null"; readonly run: Run<null> };

/** The types of values in formulas. */
export type FormulaType = Typed["type"];

/** A field or a variable that a formula names. */
export interface Named {
  readonly value: Typed;
  /** The field's name where it is one of the record itself, as ISCHANGED and PRIORVALUE need it. */
  readonly own?: string;
}

/** What the engine asks about names: fields, paths to parents' fields and `$` variables. */
export interface Names {
  /** True for the formula of a formula field, where functions of saves have no meaning. */
  readonly isField: boolean;
  /** Throws a `FormulaError` where there is nothing of this name. */
  named(name: string): Named;
  /** The object and field of `$ObjectType.X__c.Fields.Y__c`, as VLOOKUP names them. */
  objectField(name: string): { readonly object: string; readonly field: string };
}
