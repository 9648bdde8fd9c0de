/**
 * The resources under `/tooling`, as far as they tell about the schema: queries and describes of EntityDefinition,
 * FieldDefinition, CustomObject and CustomField. Loaded when the first client comes. Source: Tooling API Developer Guide.
 */
import { OrgError } from "../errors.ts";
import { notFound, notImplemented } from "../http/faults.ts";
import { HeldRecords } from "../http/held-records.ts";
import { isObject } from "../http/json-object.ts";
import { listedSet, pageRowsOf, type QueryPage } from "../http/query-cursors.ts";
import { ok, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../http/rest.ts";
import { type FindResource, finder, type Resource, type Route, reading } from "../http/routes.ts";
import { describeGlobal, describeObject, describeSummary } from "../schema/describe.ts";
import type { QueryContext } from "../soql/base/port.ts";
import { runQuery } from "../soql/query.ts";
import { TOOLING_CATALOG } from "./catalog.ts";
import { NO_RECORD_ID, toolingRecords } from "./records.ts";

function refuse(what: string): RestHandler {
  return (_, request) => {
    throw notImplemented(`${what} through the Tooling API (/${request.segments.slice(0, 3).join("/")})`);
  };
}

const readResources: RestHandler = (_, request) => {
  const base = `/services/data/v${request.version}.0/tooling`;
  return ok({ query: `${base}/query`, queryAll: `${base}/queryAll`, sobjects: `${base}/sobjects` });
};

const query: RestHandler = (context, request) => {
  const soql = request.query.get("q") ?? "";
  if (soql.trim() === "") throw new OrgError(400, { code: "MALFORMED_QUERY", message: "unexpected token: '<EOF>'" });
  checkQuery(soql);
  const outcome = runQuery(soql, engineOf(context, request));
  // [memory: platform §11] the text; that it is refused is documented.
  if (outcome.totalSize > 1 && /\bFullName\b/i.test(selectList(soql)))
    throw new OrgError(400, {
      code: "MALFORMED_QUERY",
      message:
        "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval.",
    });
  const { records } = outcome;
  const rows = records.length === 0 ? records : (toolingForm(records) as typeof records);
  const page = context.services.cursors.open(
    { ...listedSet(rows), totalSize: outcome.totalSize },
    {
      userId: context.tx.actor.userId,
      version: request.version,
      pageRows: pageRowsOf(request.header("sforce-query-options")),
      records: new HeldRecords(context.tx),
    },
  );
  return pageResult(page, entityName(soql));
};

const queryMore: RestHandler = (context, request) => {
  const { tx, services } = context;
  const locator = request.segments[2] ?? "";
  const page = services.cursors.next(locator, { userId: tx.actor.userId, version: request.version, tx });
  return pageResult(page, null);
};

function engineOf({ tx, services }: RestContext, request: RestRequest): QueryContext {
  return {
    catalog: TOOLING_CATALOG,
    data: toolingRecords(tx.actor.access.catalog),
    nowMs: services.org.clock.nowMs(),
    userId: tx.actor.userId,
    timeZone: tx.actor.timeZone,
    locale: tx.actor.locale,
    apiVersion: request.version,
    includeDeleted: true,
  };
}

/** What a real org answers and this one does not, and what a real org refuses. */
function checkQuery(soql: string): void {
  if (/\bMetadata\b/i.test(selectList(soql))) throw notImplemented("Tooling: the field Metadata");
  const entity = entityName(soql);
  // [memory: platform §11] the text; the rule is documented.
  if (entity === "FieldDefinition" && !/\bwhere\b[\s\S]*\b(?:EntityDefinition(?:Id\b|\.)|DurableId\b)/i.test(soql))
    throw new OrgError(400, {
      code: "MALFORMED_QUERY",
      message: "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]",
    });
}

function selectList(soql: string): string {
  return /^\s*select\b([\s\S]*?)\bfrom\b/i.exec(soql)?.[1] ?? "";
}

function entityName(soql: string): string | null {
  const name = /\bfrom\s+(\w+)/i.exec(soql)?.[1];
  return name === undefined ? null : (TOOLING_CATALOG.object(name)?.name ?? null);
}

/** The members of tooling results; the page's own come in another order than in `/query`. */
function pageResult(page: QueryPage, entityTypeName: string | null): RestResult {
  const { totalSize, done, nextRecordsUrl, records } = page;
  const more =
    nextRecordsUrl === undefined ? {} : { nextRecordsUrl: nextRecordsUrl.replace("/query/", "/tooling/query/") };
  return ok({ size: records.length, totalSize, done, queryLocator: null, ...more, entityTypeName, records });
}

const readGlobal: RestHandler = (context, request) =>
  ok(toolingForm(describeGlobal(describeContext(context, request))));

const readSummary: RestHandler = (context, request) => {
  const objectDescribe = toolingForm(describeSummary(toolingType(request), describeContext(context, request)));
  return ok({ objectDescribe, recentItems: [] });
};

const readDescribe: RestHandler = (context, request) =>
  ok(toolingForm(describeObject(toolingType(request), describeContext(context, request))));

/** `GET /tooling/sobjects/{T}/{Id}`. */
const readRow: RestHandler = (context, request) => {
  const type = toolingType(request);
  const id = request.segments[3] ?? "";
  const row = toolingRecords(context.tx.actor.access.catalog).get(type.name, id);
  if (row === undefined) throw notFound();
  const url = `/services/data/v${request.version}.0/tooling/sobjects/${type.name}/${id}`;
  const fields = type.fields.map((field) => [field.name, row[field.name] ?? null]);
  return ok(toolingForm({ attributes: { type: type.name, url }, ...Object.fromEntries(fields) }));
};

const READ_MORE = reading(queryMore);
const NOT_WRITTEN = refuse("Writing records");
const REFUSED = refuse("This resource");

/** What real orgs have beside records: Apex, tests, code completion, logs. */
const ANYTHING_ELSE: Resource = {
  methods: { HEAD: REFUSED, GET: REFUSED, POST: REFUSED, PATCH: REFUSED, PUT: REFUSED, DELETE: REFUSED },
};

/** Every resource under `/tooling`. */
export const TOOLING_ROUTES: readonly Route[] = [
  ["tooling", reading(readResources)],
  ["tooling/query", reading(query)],
  ["tooling/query/{locator}", READ_MORE],
  ["tooling/queryAll", reading(query)],
  ["tooling/queryAll/{locator}", READ_MORE],
  ["tooling/sobjects", reading(readGlobal)],
  ["tooling/sobjects/{object}", { methods: { ...reading(readSummary).methods, POST: NOT_WRITTEN } }],
  ["tooling/sobjects/{object}/describe", reading(readDescribe)],
  [
    "tooling/sobjects/{object}/{id}",
    { methods: { ...reading(readRow).methods, PATCH: NOT_WRITTEN, DELETE: NOT_WRITTEN } },
  ],
  ["tooling/{rest...}", ANYTHING_ELSE],
];

/** The resource at these segments; undefined where there is none. */
export const findToolingResource: FindResource = finder(TOOLING_ROUTES);

function toolingType(request: RestRequest) {
  const name = request.segments[2] ?? "";
  const type = TOOLING_CATALOG.object(name);
  if (type === undefined) throw notImplemented(`The object ${name} of the Tooling API`);
  return type;
}

function describeContext({ instanceUrl }: RestContext, request: RestRequest) {
  return { catalog: TOOLING_CATALOG, apiVersion: request.version, host: instanceUrl };
}

/** Addresses below `/tooling`, and no Ids where the objects have none. */
function toolingForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toolingForm);
  if (typeof value === "string")
    return value.replace(/^(\/services\/data\/v\d+\.0)\/sobjects\//, "$1/tooling/sobjects/");
  if (!isObject(value)) return value;
  const attributes = value["attributes"];
  const durable = isObject(attributes) && /^(?:Entity|Field)Definition$/.test(String(attributes["type"]));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      durable && name === "Id" ? NO_RECORD_ID : toolingForm(member),
    ]),
  );
}
