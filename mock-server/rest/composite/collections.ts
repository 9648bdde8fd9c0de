/** `/composite/sobjects`: up to 200 records in one call, saved, deleted or read. Source: rest-api §9.4. */
import type { SaveInput, SaveRequest, SaveResult } from "../../dml/port.ts";
import { OrgError, type OrgFault } from "../../errors.ts";
import { invalidInput, unknownExternalIdField } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import { ok, type RestContext, type RestHandler, type RestRequest } from "../../http/rest.ts";
import { keyPrefixOf, to18 } from "../../schema/record-id.ts";
import { listParameter, namedFields, recordBody, visibleRow, visibleType } from "../record-body.ts";
import { addressingField } from "../resources/external-id.ts";
import { memberOf, withoutAttributes } from "../save-row.ts";

const RECORDS_MAX = 200; // Salesforce limit
const CHUNKS_MAX = 10; // Salesforce limit: runs of records of one type
const RETRIEVE_MAX = 2_000; // Salesforce limit for POST; GET is bounded by the length of its address

/** One record of a call: something to save, or the reason why it cannot be tried. */
type Item =
  | { readonly kind: "input"; readonly input: SaveInput }
  | { readonly kind: "refused"; readonly id: string | null; readonly fault: OrgFault };

/** `POST /composite/sobjects`. */
export const createCollection: RestHandler = (context, request) => {
  const { records, allOrNone } = readRecords(context, request);
  const items = records.map((record): Item => {
    const values = withoutAttributes(record);
    if (memberOf(values, "Id") === undefined) return { kind: "input", input: { object: typeName(record), values } };
    const fault = {
      code: "INVALID_FIELD",
      message: "The Id field should not be specified in the sobject data.",
      fields: [],
    };
    return { kind: "refused", id: null, fault };
  });
  return ok(saveItems(context, request, { operation: "insert", items, allOrNone }));
};

/** `PATCH /composite/sobjects`. */
export const updateCollection: RestHandler = (context, request) => {
  const { records, allOrNone } = readRecords(context, request);
  const items = records.map((record): Item => {
    const id = memberOf(record, "id");
    if (typeof id !== "string" || id === "") {
      const fault = { code: "MISSING_ARGUMENT", message: "Id not specified in an update call", fields: [] };
      return { kind: "refused", id: null, fault };
    }
    return { kind: "input", input: { object: typeName(record), id, values: withoutId(record) } };
  });
  return ok(saveItems(context, request, { operation: "update", items, allOrNone }));
};

/** `PATCH /composite/sobjects/{T}/{Field}`. */
export const upsertCollection: RestHandler = (context, request) => {
  const [, , object = "", segment = ""] = request.segments;
  const type = visibleType(context, object);
  const field = addressingField(type, segment);
  if (field === undefined) throw unknownExternalIdField(segment);
  const { records, allOrNone } = readRecords(context, request);
  const items = records.map((record): Item => {
    const name = typeName(record);
    if (name.toLowerCase() !== type.name.toLowerCase()) {
      throw invalidInput(`All records must be of type ${type.name}, not ${name}.`);
    }
    return { kind: "input", input: { object: type.name, values: withoutAttributes(record) } };
  });
  const upsert = { operation: "upsert", items, allOrNone, externalIdField: field.name } as const;
  return ok(saveItems(context, request, upsert));
};

/** `DELETE /composite/sobjects?ids=…&allOrNone=…`. */
export const deleteCollection: RestHandler = (context, request) => {
  const ids = listParameter(request.query, "ids");
  if (ids === undefined)
    throw new OrgError(400, { code: "MISSING_ARGUMENT", message: "The ids parameter is required." });
  if (ids.length > RECORDS_MAX) throw recordLimit();
  const items = ids.map((id): Item => {
    const type = context.tx.actor.access.catalog.objectByPrefix(keyPrefixOf(id));
    if (to18(id) === undefined || type === undefined) {
      return { kind: "refused", id, fault: { code: "MALFORMED_ID", message: `malformed id ${id}`, fields: [] } };
    }
    return { kind: "input", input: { object: type.name, id, values: {} } };
  });
  const allOrNone = request.query.get("allOrNone") === "true";
  return ok(saveItems(context, request, { operation: "delete", items, allOrNone }));
};

/** `GET` or `POST /composite/sobjects/{T}`: records in the order of their Ids, null for each that cannot be read. */
export const retrieveCollection: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[2] ?? "");
  const { ids, names } = request.method === "POST" ? retrieveBody(request) : retrieveParameters(request);
  if (ids.length > RETRIEVE_MAX) throw recordLimit();
  const fields = namedFields(type, names);
  return ok(
    ids.map((id) => {
      const row = visibleRow(context, type, to18(id) ?? "");
      return row === undefined ? null : recordBody(type, row, request.version, fields);
    }),
  );
};

function retrieveParameters(request: RestRequest): { ids: readonly string[]; names: readonly string[] } {
  const ids = listParameter(request.query, "ids");
  const names = listParameter(request.query, "fields");
  if (ids === undefined || names === undefined) throw invalidInput("The ids and fields parameters are required.");
  return { ids, names };
}

function retrieveBody(request: RestRequest): { ids: readonly string[]; names: readonly string[] } {
  const body = requireBody(request.body);
  if (!isObject(body)) throw invalidInput("The request body must be an object.");
  const { ids, fields } = body;
  if (!isTextList(ids) || !isTextList(fields)) throw invalidInput("The ids and fields lists are required.");
  return { ids, names: fields };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item: unknown) => typeof item === "string");
}

function readRecords(
  context: RestContext,
  request: RestRequest,
): { records: readonly Readonly<Record<string, unknown>>[]; allOrNone: boolean } {
  const body = requireBody(request.body);
  const list = isObject(body) ? body["records"] : undefined;
  if (!isObject(body) || !Array.isArray(list)) throw invalidInput("The records field is required and must be a list.");
  if (list.length > RECORDS_MAX) throw recordLimit();
  const records = list.map((record: unknown) => {
    if (!isObject(record)) throw invalidInput("Each record must be an object.");
    return record;
  });
  const chunks = records.filter((record, index) => {
    const before = records[index - 1];
    return before === undefined || typeName(before).toLowerCase() !== typeName(record).toLowerCase();
  });
  if (chunks.length > CHUNKS_MAX) {
    // The limit is documented, code and text are from memory.
    throw new OrgError(400, { code: "LIMIT_EXCEEDED", message: `The records form more than ${CHUNKS_MAX} chunks.` });
  }
  return { records, allOrNone: body["allOrNone"] === true || context.wholeOrNothing };
}

function typeName(record: Readonly<Record<string, unknown>>): string {
  const attributes = record["attributes"];
  const type = isObject(attributes) ? attributes["type"] : undefined;
  if (typeof type !== "string" || type === "") throw invalidInput("Each record needs attributes with a type.");
  return type;
}

function withoutId(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => name !== "attributes" && name.toLowerCase() !== "id"),
  );
}

interface SaveItems {
  readonly operation: SaveRequest["operation"];
  readonly items: readonly Item[];
  readonly allOrNone: boolean;
  readonly externalIdField?: string;
}

/** Saves the items in runs of one object each, and words the outcome of every one. */
function saveItems(context: RestContext, request: RestRequest, call: SaveItems): readonly unknown[] {
  const { operation, items, allOrNone, externalIdField } = call;
  const start = context.tx.savepoint();
  const results: SaveResult[] = [];
  for (const run of runsOf(context, items)) {
    const inputs = run.filter((item) => item.kind === "input").map((item) => item.input);
    const upsert = externalIdField === undefined ? {} : { externalIdField };
    const saved =
      inputs.length === 0
        ? []
        : context.services.save(context.tx, { operation, records: inputs, allOrNone: false, ...upsert }, request.wire);
    let next = 0;
    for (const item of run) results.push(item.kind === "input" ? resultAt(saved, next++) : refusal(item));
  }
  if (!allOrNone || results.every((result) => result.success)) {
    return results.map((result) => resultBody(result, operation));
  }
  context.tx.rollbackTo(start);
  return results.map((result) => resultBody(result.success ? rolledBack(result, operation) : result, operation));
}

function runsOf(context: RestContext, items: readonly Item[]): readonly (readonly Item[])[] {
  const runs: Item[][] = [];
  let current: string | undefined;
  for (const item of items) {
    const object = item.kind === "input" ? item.input.object.toLowerCase() : current;
    // An unknown object fails record by record, as recorded.
    const known: Item =
      item.kind === "refused" || context.tx.actor.access.catalog.object(item.input.object) !== undefined
        ? item
        : { kind: "refused", id: item.input.id ?? null, fault: unknownType(item.input.object) };
    const run = runs.at(-1);
    if (run === undefined || object !== current) runs.push([known]);
    else run.push(known);
    current = object;
  }
  return runs;
}

function unknownType(name: string): OrgFault {
  return { code: "INVALID_TYPE", message: `sObject type '${name}' is not supported.`, fields: [] };
}

function resultAt(results: readonly SaveResult[], index: number): SaveResult {
  const result = results[index];
  if (result === undefined) throw new Error("a save call answers every record");
  return result;
}

function refusal(item: Extract<Item, { kind: "refused" }>): SaveResult {
  return { success: false, id: item.id, created: false, faults: [item.fault], statusCode: 400 };
}

function rolledBack(result: SaveResult, operation: SaveRequest["operation"]): SaveResult {
  const fault: OrgFault = {
    code: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
    fields: [],
  };
  const id = operation === "insert" || result.created ? null : result.id;
  return { success: false, id, created: result.created, faults: [fault], statusCode: 400 };
}

/** One item of the answer: `id, success, errors`, and `created` after upserts. */
export function resultBody(result: SaveResult, operation: SaveRequest["operation"]): unknown {
  const created = operation === "upsert" ? { created: result.created } : {};
  if (result.success) return { id: result.id, success: true, errors: [], ...created };
  const id = result.id === null ? {} : { id: result.id };
  return { ...id, success: false, errors: result.faults.map(itemFault), ...created };
}

/** A fault in the shape of collections and trees: `statusCode`, and `fields` always. */
export function itemFault(fault: OrgFault): unknown {
  return { statusCode: fault.code, message: fault.message, fields: fault.fields ?? [] };
}

function recordLimit(): OrgError {
  const message = `record limit reached. cannot submit more than ${RECORDS_MAX} records into this call`;
  return new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
}
