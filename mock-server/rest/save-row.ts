/** Saves one record for the single-row resources: a failure refuses the request. */
import type { SaveInput, SaveRequest, SaveResult } from "../dml/port.ts";
import { OrgError } from "../errors.ts";
import { jsonParserError } from "../http/faults.ts";
import { isObject } from "../http/json-object.ts";
import { requireBody } from "../http/request-body.ts";
import type { RestContext, RestRequest } from "../http/rest.ts";

/** The outcome of a save that did not fail. */
export type Saved = Extract<SaveResult, { success: true }>;

/** Several records share the external Id: their Ids. */
export interface SeveralMatches {
  readonly matches: readonly string[];
}

/** Saves one record; throws `OrgError` with the record's faults and the status that a single row gets for them. */
export function saveRow(
  context: RestContext,
  request: Pick<RestRequest, "wire">,
  operation: SaveRequest["operation"],
  input: SaveInput,
  upsert: Pick<SaveRequest, "externalIdField" | "updateOnly"> = {},
): Saved | SeveralMatches {
  const [result] = context.services.save(
    context.tx,
    { operation, records: [input], allOrNone: true, ...upsert },
    request.wire,
  );
  if (result === undefined) throw new Error("a save call answers every record");
  if (result.success) return result;
  if (result.statusCode === 300) return { matches: result.matches ?? [] };
  const [first, ...more] = result.faults;
  if (first === undefined) throw new Error("a failed record has a fault");
  throw new OrgError(result.statusCode, first, ...more);
}

/** The field values of a request's body without `attributes`; throws `OrgError` where the body is no object. */
export function bodyValues(request: RestRequest): Readonly<Record<string, unknown>> {
  const body = requireBody(request.body);
  if (!isObject(body)) {
    throw jsonParserError(
      `Cannot deserialize instance of complexvalue from ${tokenOf(body)} or request may be missing a required field at [line:1, column:1]`,
    );
  }
  return withoutAttributes(body);
}

/** A record's values without the `attributes` member. */
export function withoutAttributes(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!("attributes" in record)) return record;
  const { attributes: _, ...values } = record;
  return values;
}

/** The value of a member whose name is compared without letter case. */
export function memberOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name in record) return record[name];
  const lower = name.toLowerCase();
  const key = Object.keys(record).find((candidate) => candidate.toLowerCase() === lower);
  return key === undefined ? undefined : record[key];
}

/** 400: a field that the address names, or that the org alone writes, is in the body too. */
export function surplusField(field: string): OrgError {
  return new OrgError(400, {
    code: "INVALID_FIELD",
    message: `The ${field} field should not be specified in the sobject data.`,
  });
}

function tokenOf(body: unknown): string {
  if (Array.isArray(body)) return "START_ARRAY value [";
  if (body === null) return "VALUE_NULL value null";
  if (typeof body === "string") return `VALUE_STRING value ${body.slice(0, 100)}`;
  if (typeof body === "number") return `VALUE_NUMBER_${Number.isInteger(body) ? "INT" : "FLOAT"} value ${body}`;
  return body === true ? "VALUE_TRUE value true" : "VALUE_FALSE value false";
}
