/** SOAP calls that read: queries, records by Id, replication and describes. Source: SOAP API Developer Guide. */
import { OrgError } from "../errors.ts";
import { HeldRecords } from "../http/held-records.ts";
import { isObject } from "../http/json-object.ts";
import { pageRowsOf, type QueryPage } from "../http/query-cursors.ts";
import type { RestHandler } from "../http/rest.ts";
import { xmlElement } from "../http/xml-text.ts";
import { namedFields, recordBody, visibleRow } from "../rest/record-body.ts";
import { queryContext } from "../rest/resources/query.ts";
import { readDeleted, readUpdated } from "../rest/resources/replication.ts";
import type { SObjectType } from "../schema/catalog.ts";
import { type DescribeContext, describeObject, describeGlobal as globalDescribe } from "../schema/describe.ts";
import { to18 } from "../schema/record-id.ts";
import { elementOf, textOf, textsOf } from "./call.ts";
import { type DataCall, type DataContext, restRequest } from "./data-context.ts";
import { queryResultContent, recordContent } from "./sobject.ts";

const RETRIEVE_MAX = 2_000;
const DESCRIBE_MAX = 100;

/** `query`. */
export const query: DataCall = (context) => runQuery(context, false);

/** `queryAll`: deleted records too. */
export const queryAll: DataCall = (context) => runQuery(context, true);

/** `queryMore`: the next page. */
export const queryMore: DataCall = (context) => {
  const { rest, version, soap } = context;
  const locator = textOf(soap.input, "queryLocator") ?? "";
  const { tx, services } = rest;
  return pageElement(context, services.cursors.next(locator, { userId: tx.actor.userId, version, tx }));
};

/** `retrieve`: records in the order of their Ids, nil for each that cannot be read. */
export const retrieve: DataCall = (context) => {
  const { rest, version, soap } = context;
  const type = soapType(context, textOf(soap.input, "sObjectType") ?? "");
  const ids = textsOf(soap.input, "ids");
  if (ids.length > RETRIEVE_MAX) {
    const message = `record limit reached. cannot submit more than ${RETRIEVE_MAX} records into this call`;
    throw new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
  }
  const names = (textOf(soap.input, "fieldList") ?? "").split(",").map((name) => name.trim());
  const fields = namedFields(
    type,
    names.filter((name) => name !== ""),
  );
  const writer = { catalog: rest.tx.actor.access.catalog };
  return ids
    .map((id) => {
      const row = visibleRow(rest, type, to18(id) ?? "");
      if (row === undefined) return '<result xsi:nil="true"/>';
      const content = recordContent(writer, recordBody(type, row, version, fields));
      return `<result xsi:type="sf:sObject">${content}</result>`;
    })
    .join("");
};

/** `getUpdated`. */
export const getUpdated: DataCall = (context) => replication(context, readUpdated);

/** `getDeleted`. */
export const getDeleted: DataCall = (context) => replication(context, readDeleted);

/** `describeGlobal`. */
export const describeGlobal: DataCall = (context) => describeElement(globalDescribe(describeContext(context)));

/** `describeSObject`. */
export const describeSObject: DataCall = (context) => {
  const name = textsOf(context.soap.input, "sObjectType")[0] ?? "";
  return describeElement(describeObject(soapType(context, name), describeContext(context)));
};

/** `describeSObjects`: up to 100 objects. */
export const describeSObjects: DataCall = (context) => {
  const names = textsOf(context.soap.input, "sObjectType");
  if (names.length > DESCRIBE_MAX) {
    const message = `record limit reached. cannot submit more than ${DESCRIBE_MAX} records into this call`;
    throw new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
  }
  const describes = describeContext(context);
  return names.map((name) => describeElement(describeObject(soapType(context, name), describes))).join("");
};

function runQuery(context: DataContext, includeDeleted: boolean): string {
  const { rest, version, soap } = context;
  const soql = textOf(soap.input, "queryString") ?? "";
  if (soql === "") throw new OrgError(400, { code: "MALFORMED_QUERY", message: "unexpected token: '<EOF>'" });
  const records = new HeldRecords(rest.tx);
  const engine = queryContext(rest, { version }, { includeDeleted, records });
  const outcome = rest.services.queries.prepare(soql, engine).run(engine);
  rest.services.journal.noteQuery(soql, outcome.plan);
  const batchSize = textOf(elementOf(soap.header, "QueryOptions"), "batchSize");
  const pageRows = pageRowsOf(batchSize === undefined ? undefined : `batchSize=${batchSize}`);
  const { userId } = rest.tx.actor;
  return pageElement(context, rest.services.cursors.open(outcome, { userId, version, pageRows, records }));
}

function pageElement({ rest }: DataContext, page: QueryPage): string {
  const writer = { catalog: rest.tx.actor.access.catalog };
  return `<result xsi:type="QueryResult">${queryResultContent(writer, { ...page })}</result>`;
}

/** The REST resource answers the same question; SOAP sends whole datetimes where REST cuts to minutes. */
function replication(context: DataContext, handler: RestHandler): string {
  const { rest, soap } = context;
  const type = soapType(context, textOf(soap.input, "sObjectType") ?? "");
  const start = textOf(soap.input, "startDate") ?? "";
  const end = textOf(soap.input, "endDate") ?? "";
  if (type.definition.replicateable !== true)
    throw new OrgError(400, { code: "INVALID_TYPE", message: `sObject type '${type.name}' is not replicateable` });
  const kind = handler === readUpdated ? "updated" : "deleted";
  const { body } = handler(rest, restRequest(context, ["sobjects", type.name, kind], { start, end }));
  return xmlElement("result", inWsdlOrder(body));
}

/** REST puts the Id of a deleted record first, the WSDL its date. */
function inWsdlOrder(body: unknown): unknown {
  const records = isObject(body) ? body["deletedRecords"] : undefined;
  if (!isObject(body) || !Array.isArray(records)) return body;
  const deletedRecords = records.filter(isObject).map(({ deletedDate, id }) => ({ deletedDate, id }));
  return { ...body, deletedRecords };
}

function soapType({ rest }: DataContext, name: string): SObjectType {
  const type = rest.tx.actor.access.catalog.object(name);
  if (type !== undefined) return type;
  throw new OrgError(400, { code: "INVALID_TYPE", message: `sObject type '${name}' is not supported.` });
}

function describeContext({ rest, version }: DataContext): DescribeContext {
  const { access } = rest.tx.actor;
  return { catalog: access.catalog, apiVersion: version, host: rest.instanceUrl, rights: access };
}

/** A describe without what only REST has: the map of addresses, and members without a value. */
function describeElement(describe: object): string {
  return xmlElement("result", withoutNulls(describe));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const { urls, ...members } = value;
  const pages = isObject(urls) ? pageUrls(urls) : {};
  const kept = Object.entries({ ...members, ...pages }).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
}

function pageUrls(urls: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { urlDetail: urls["uiDetailTemplate"], urlEdit: urls["uiEditTemplate"], urlNew: urls["uiNewRecord"] };
}
