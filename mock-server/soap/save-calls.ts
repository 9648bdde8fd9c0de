/** SOAP calls that change records: create, update, upsert, delete, undelete and merge. Source: SOAP API Developer Guide. */
import type { SaveInput, SaveRequest, SaveResult } from "../dml/port.ts";
import { OrgError, type OrgFault } from "../errors.ts";
import { escapeXml } from "../http/xml-text.ts";
import { keyPrefixOf, to18 } from "../schema/record-id.ts";
import { elementOf, elementsOf, flagOf, type SoapElement, textOf, textsOf } from "./call.ts";
import type { DataCall, DataContext } from "./data-context.ts";
import { SoapFault } from "./envelope.ts";
import { sObjectInput } from "./sobject.ts";

const RECORDS_MAX = 200;
const MERGES_MAX = 10;

/** `create`. */
export const create: DataCall = (context) => {
  const records = sObjects(context);
  const withId = records.find((record) => record.id !== undefined);
  // [memory: platform §9] the text; the code is the documented one.
  if (withId !== undefined) {
    const fault = {
      code: "INVALID_FIELD_FOR_INSERT_UPDATE",
      message: "cannot specify Id in an insert call",
      fields: ["Id"],
    };
    return save(context, "insert", records, (record) => (record.id === undefined ? undefined : fault));
  }
  return save(context, "insert", records);
};

/** `update`. */
export const update: DataCall = (context) =>
  save(context, "update", sObjects(context), (record) => (record.id === undefined ? MISSING_ID : undefined));

/** `upsert`. */
export const upsert: DataCall = (context) => {
  const externalIdField = textOf(context.soap.input, "externalIDFieldName") ?? "";
  const records = sObjects(context).map(({ object, id, values }) => ({
    object,
    // By Id the key is a value among the others.
    values: id === undefined || externalIdField.toLowerCase() !== "id" ? values : { ...values, Id: id },
  }));
  return save(context, "upsert", records, undefined, externalIdField);
};

/** `delete`. */
export const remove: DataCall = (context) => byIds(context, "delete");

/** `undelete`. */
export const undelete: DataCall = (context) => byIds(context, "undelete");

/** `merge`: each request stands alone. */
export const merge: DataCall = (context) => {
  const requests = elementsOf(context.soap.input, "mergeRequests").concat(elementsOf(context.soap.input, "request"));
  if (requests.length > MERGES_MAX) throw tooManyRecords(MERGES_MAX);
  return requests.map((request) => mergeOne(context, request)).join("");
};

/** All headers that would change what a save does and that are not acted upon; throws by name where one is set. */
function checkHeaders({ header }: DataContext["soap"]): void {
  if (flagOf(elementOf(header, "AllowFieldTruncationHeader"), "allowFieldTruncation"))
    throw new SoapFault("INVALID_OPERATION", "AllowFieldTruncationHeader is not supported by the mock org");
}

function sObjects(context: DataContext): readonly SaveInput[] {
  const records = elementsOf(context.soap.input, "sObjects");
  if (records.length > RECORDS_MAX) throw tooManyRecords(RECORDS_MAX);
  return records.map(sObjectInput);
}

function byIds(context: DataContext, operation: "delete" | "undelete"): string {
  const ids = textsOf(context.soap.input, "ids");
  if (ids.length > RECORDS_MAX) throw tooManyRecords(RECORDS_MAX);
  const { catalog } = context.rest.tx.actor.access;
  const records = ids.map((id): SaveInput => {
    const type = to18(id) === undefined ? undefined : catalog.objectByPrefix(keyPrefixOf(id));
    return { object: type?.name ?? "", id, values: {} };
  });
  return save(context, operation, records, ({ object, id = "" }) =>
    object === "" ? { code: "MALFORMED_ID", message: `malformed id ${id}`, fields: [] } : undefined,
  );
}

/** Saves the records that are not refused beforehand, in runs of one object each, as the platform does. */
function save(
  context: DataContext,
  operation: SaveRequest["operation"],
  records: readonly SaveInput[],
  refuse: (record: SaveInput) => OrgFault | undefined = () => undefined,
  externalIdField?: string,
): string {
  checkHeaders(context.soap);
  const { tx, services } = context.rest;
  const start = tx.savepoint();
  const results: SaveResult[] = [];
  for (const run of runsOf(records)) {
    const faults = run.map((record) => unknownType(context, record) ?? refuse(record));
    const good = run.filter((_, at) => faults[at] === undefined);
    const upsertKey = externalIdField === undefined ? {} : { externalIdField };
    const saved =
      good.length === 0 ? [] : services.save(tx, { operation, records: good, allOrNone: false, ...upsertKey }, "xml");
    let next = 0;
    for (const [at, fault] of faults.entries()) {
      const result = fault === undefined ? saved[next++] : refused(run[at], fault);
      if (result === undefined) throw new Error("a save call answers every record");
      results.push(result);
    }
  }
  const allOrNone = flagOf(elementOf(context.soap.header, "AllOrNoneHeader"), "allOrNone");
  if (!allOrNone || results.every((result) => result.success))
    return results.map((result) => resultElement(result, operation)).join("");
  tx.rollbackTo(start);
  return results.map((result) => resultElement(result.success ? rolledBack(result) : result, operation)).join("");
}

function runsOf(records: readonly SaveInput[]): readonly (readonly SaveInput[])[] {
  const runs: SaveInput[][] = [];
  for (const record of records) {
    const run = runs.at(-1);
    if (run?.[0]?.object.toLowerCase() === record.object.toLowerCase()) run.push(record);
    else runs.push([record]);
  }
  return runs;
}

/** A call with an unknown object is refused as a whole; ids without one are refused row by row. */
function unknownType({ rest }: DataContext, { object, id }: SaveInput): undefined {
  if (object === "" && id !== undefined) return undefined;
  if (object === "") throw new OrgError(400, { code: "INVALID_TYPE", message: "Must send a concrete entity type." });
  if (rest.tx.actor.access.catalog.object(object) !== undefined) return undefined;
  throw new OrgError(400, { code: "INVALID_TYPE", message: `sObject type '${object}' is not supported.` });
}

const MISSING_ID: OrgFault = {
  code: "MISSING_ARGUMENT",
  message: "Id not specified in an update call",
  fields: ["Id"],
};

function refused(record: SaveInput | undefined, fault: OrgFault): SaveResult {
  return { success: false, id: record?.id ?? null, created: false, faults: [fault], statusCode: 400 };
}

function rolledBack(result: Extract<SaveResult, { success: true }>): SaveResult {
  const message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
  const fault = { code: "ALL_OR_NONE_OPERATION_ROLLED_BACK", message, fields: [] };
  return { success: false, id: null, created: result.created, faults: [fault], statusCode: 400 };
}

/** One `result`, its members in the order of the WSDL. */
function resultElement(result: SaveResult, operation: SaveRequest["operation"]): string {
  const created = operation === "upsert" ? `<created>${result.success && result.created}</created>` : "";
  if (result.success) return `<result>${created}<id>${result.id}</id><success>true</success></result>`;
  // Failed rows of create and upsert have no Id; those of the other calls name the one that was sent.
  const id = operation === "insert" || operation === "upsert" || result.id === null ? null : result.id;
  const shown = id === null ? '<id xsi:nil="true"/>' : `<id>${escapeXml(id)}</id>`;
  return `<result>${created}${result.faults.map(errorElement).join("")}${shown}<success>false</success></result>`;
}

function errorElement({ code, message, fields = [] }: OrgFault): string {
  const named = fields.map((field) => `<fields>${escapeXml(field)}</fields>`).join("");
  return `<errors>${named}<message>${escapeXml(message)}</message><statusCode>${escapeXml(code)}</statusCode></errors>`;
}

function mergeOne(context: DataContext, request: SoapElement): string {
  const master = sObjectInput(elementOf(request, "masterRecord"));
  unknownType(context, master);
  const loserIds = textsOf(request, "recordToMergeIds");
  const { tx, services } = context.rest;
  const merged = services.merge(
    tx,
    { object: master.object, masterId: to18(master.id ?? "") ?? "", loserIds, values: master.values },
    "xml",
  );
  if (!merged.success) {
    const id = master.id === undefined ? '<id xsi:nil="true"/>' : `<id>${escapeXml(master.id)}</id>`;
    return `<result>${merged.faults.map(errorElement).join("")}${id}<success>false</success></result>`;
  }
  const losers = loserIds.map((id) => `<mergedRecordIds>${escapeXml(to18(id) ?? id)}</mergedRecordIds>`).join("");
  return `<result><id>${merged.id}</id>${losers}<success>true</success></result>`;
}

function tooManyRecords(bound: number): OrgError {
  const message = `record limit reached. cannot submit more than ${bound} records into this call`;
  return new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
}
