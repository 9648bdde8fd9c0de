/** What the query engine needs from outside: a schema, rows, and who asks when. It knows no HTTP and no store. */
import type { Catalog } from "../../schema/catalog.ts";
import type { Row } from "../../schema/definition.ts";
import type { WireDouble } from "../../schema/wire-double.ts";

/**
 * The rows that the asking user may see, object by object. Soft-deleted rows are included; the executor drops them
 * unless `queryAll` asks for them.
 */
export interface SoqlDataset {
  get(object: string, id: string): Row | undefined;
  /** Every row in order of its Id. */
  rows(object: string): Iterable<Row>;
  count(object: string): number;
  hasIndex(object: string, field: string): boolean;
  /** Rows whose indexed field equals the value (text ignores case unless the field is case-sensitive), by Id. */
  find(object: string, field: string, value: string | number): readonly Row[];
  /** Rows with `from <= SystemModstamp <= to`, ordered by (SystemModstamp, Id); an absent bound is open. */
  byStamp(object: string, from?: string, to?: string): Iterable<Row>;
}

/** Who asks, when, and with which schema. */
export interface QueryContext {
  /** The catalog as the asking user sees it. */
  readonly catalog: Catalog;
  readonly data: SoqlDataset;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly userId: string;
  /** IANA time zone for date literals. */
  readonly timeZone: string;
  /** Salesforce locale, for example `en_US`: FORMAT() and the first day of the week. */
  readonly locale: string;
  /** REST API version as a number, for example 62. */
  readonly apiVersion: number;
  /** True for `/queryAll`: soft-deleted rows are returned too. */
  readonly includeDeleted: boolean;
  /** True where results are for the wire: doubles are `WireDouble`s wherever JavaScript writes them in another form. */
  readonly wireDoubles?: boolean;
}

/** JSON as results are made of it. */
export type JsonValue = string | number | boolean | null | WireDouble | readonly JsonValue[] | JsonObject;

/** A JSON object whose members cannot be changed. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
