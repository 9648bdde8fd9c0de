/** What an org and an external system say about themselves, as far as the mapping is compared with it. */
import type { ExternalCollectionInfo } from "../model/external-facts.ts";

/** The parts of an object's describe that are compared. */
export interface ObjectFacts {
  readonly name: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly deletable: boolean;
  readonly fields: readonly FieldFacts[];
}

/** The parts of a field's describe that are compared. */
export interface FieldFacts {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly calculated: boolean;
  readonly externalId: boolean;
  readonly unique: boolean;
  /** Whether values that differ in case only are different; absent means not known. */
  readonly caseSensitive?: boolean;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  /** Active values; null when the field is not a restricted picklist. */
  readonly restrictedValues: readonly string[] | null;
  /** True where the org fills the field when it is not sent; absent means not known. */
  readonly defaultedOnCreate?: boolean;
}

/** A status value with its category. */
export interface StatusFacts {
  readonly value: string;
  readonly category: string;
}

/** Everything that the mapping is compared with. */
export interface PreflightFacts {
  readonly objects: readonly ObjectFacts[];
  /** Status rows by sObject; empty where they cannot be read. */
  readonly statuses: Readonly<Record<string, readonly StatusFacts[]>>;
  readonly collections: readonly ExternalCollectionInfo[];
}
