/** Which resource an address names, and which methods it answers. */
import { runBatch } from "./composite/batch.ts";
import {
  createCollection,
  deleteCollection,
  retrieveCollection,
  updateCollection,
  upsertCollection,
} from "./composite/collections.ts";
import { readCompositeResources, runComposite } from "./composite/composite.ts";
import { runGraphs } from "./composite/graph.ts";
import { createTree } from "./composite/tree.ts";
import { methodNotAllowed, notFound, notImplemented } from "./faults.ts";
import {
  readBasicInfo,
  readCompactLayouts,
  readDescribe,
  readGlobalDescribe,
  readLayouts,
  readRecent,
} from "./resources/describe.ts";
import {
  addressingField,
  createThroughId,
  deleteByExternalId,
  readByExternalId,
  upsertByExternalId,
} from "./resources/external-id.ts";
import { readLimits, readRecordCount } from "./resources/limits.ts";
import { query, queryAll, queryMore } from "./resources/query.ts";
import { deleteRelated, readRelated, updateRelated } from "./resources/relationships.ts";
import { readDeleted, readUpdated } from "./resources/replication.ts";
import { readResourceMap } from "./resources/root.ts";
import { createRow, deleteRow, readRow, updateRow } from "./resources/rows.ts";
import { parameterizedSearch, search } from "./resources/search.ts";
import type { RestContext, RestHandler, RestRequest, RestResult } from "./rest.ts";
import { type FindResource, finder, type Resource, type Route, reading } from "./routes.ts";

/** Runs a request by its resource's handler; throws `OrgError` (404, 405) where there is none. */
export function dispatch(context: RestContext, request: RestRequest): RestResult {
  const resource = findResource(request.segments);
  if (resource === undefined || request.version < (resource.since ?? 0)) throw notFound();
  const handler = resource.methods[request.method];
  if (handler === undefined) throw methodNotAllowed(request.method, Object.keys(resource.methods));
  return handler(context, request);
}

/** Rows that an external Id or a relationship leads to: which of the two only the object's schema tells. */
const READ_BELOW = belowRow(readByExternalId, readRelated);
const BELOW_ROW: Resource = {
  methods: {
    HEAD: READ_BELOW,
    GET: READ_BELOW,
    PATCH: belowRow(upsertByExternalId, updateRelated),
    DELETE: belowRow(deleteByExternalId, deleteRelated),
  },
};

function belowRow(byExternalId: RestHandler, byRelationship: RestHandler): RestHandler {
  return (context, request) => {
    const [, object = "", segment = ""] = request.segments;
    const type = context.tx.actor.access.catalog.object(object);
    const idShaped = /^(?:[A-Za-z0-9]{15}|[A-Za-z0-9]{18})$/.test(segment);
    const related = idShaped && type !== undefined && addressingField(type, segment) === undefined;
    return (related ? byRelationship : byExternalId)(context, request);
  };
}

const THROUGH_ID: Resource = { since: 37, methods: { POST: createThroughId } };
const LAYOUTS = reading(readLayouts);

const SOBJECTS: readonly Route[] = [
  ["sobjects", reading(readGlobalDescribe)],
  ["sobjects/{object}", { methods: { HEAD: readBasicInfo, GET: readBasicInfo, POST: createRow } }],
  ["sobjects/{object}/describe", reading(readDescribe)],
  ["sobjects/{object}/describe/layouts", LAYOUTS],
  ["sobjects/{object}/describe/layouts/{recordType}", LAYOUTS],
  ["sobjects/{object}/describe/compactLayouts", reading(readCompactLayouts)],
  ["sobjects/{object}/describe/approvalLayouts", refusing("describe/approvalLayouts")],
  ["sobjects/{object}/describe/{rest...}", undefined],
  ["sobjects/{object}/updated", reading(readUpdated)],
  ["sobjects/{object}/updated/{rest...}", undefined],
  ["sobjects/{object}/deleted", reading(readDeleted)],
  ["sobjects/{object}/deleted/{rest...}", undefined],
  ...["listviews", "quickActions", "defaultValues"].flatMap((name): Route[] => {
    const resource = refusing(`/sobjects/{object}/${name}`);
    return [
      [`sobjects/{object}/${name}`, resource],
      [`sobjects/{object}/${name}/{rest...}`, resource],
    ];
  }),
  ["sobjects/{object}/Id", THROUGH_ID],
  ["sobjects/{object}/id", THROUGH_ID],
  ["sobjects/{object}/ID", THROUGH_ID],
  ["sobjects/{object}/{row}", { methods: { HEAD: readRow, GET: readRow, PATCH: updateRow, DELETE: deleteRow } }],
  ["sobjects/{object}/{row}/{below...}", BELOW_ROW],
];

const COMPOSITE: readonly Route[] = [
  ["composite", { methods: { HEAD: readCompositeResources, GET: readCompositeResources, POST: runComposite } }],
  ["composite/batch", { methods: { POST: runBatch } }],
  ["composite/graph", { since: 50, methods: { POST: runGraphs } }],
  ["composite/tree/{object}", { methods: { POST: createTree } }],
  ["composite/sobjects", { methods: { POST: createCollection, PATCH: updateCollection, DELETE: deleteCollection } }],
  [
    "composite/sobjects/{object}",
    { methods: { HEAD: retrieveCollection, GET: retrieveCollection, POST: retrieveCollection } },
  ],
  ["composite/sobjects/{object}/{field}", { since: 46, methods: { PATCH: upsertCollection } }],
];

const QUERY_MORE = reading(queryMore);

/** Resources that real orgs have and this one refuses by name, with everything below them. */
const REFUSED: readonly Route[] = (
  "actions analytics appMenu async-queries chatter commerce compactLayouts connect consent dedupe event " +
  "knowledgeManagement metadata process quickActions sfdc support tabs theme ui-api wave webhooks"
)
  .split(" ")
  .flatMap((name): Route[] => [
    [name, refusing(`/${name}`)],
    [`${name}/{rest...}`, refusing(`/${name}`)],
  ]);

/** Every resource below the version. */
export const ROUTES: readonly Route[] = [
  ["", reading(readResourceMap)],
  ...SOBJECTS,
  ...COMPOSITE,
  ["query", reading(query)],
  ["query/{locator}", QUERY_MORE],
  ["queryAll", reading(queryAll)],
  ["queryAll/{locator}", QUERY_MORE],
  ["search", reading(search)],
  [
    "parameterizedSearch",
    { methods: { HEAD: parameterizedSearch, GET: parameterizedSearch, POST: parameterizedSearch } },
  ],
  ["recent", reading(readRecent)],
  ["limits", reading(readLimits)],
  ["limits/recordCount", reading(readRecordCount)],
  ["jobs/{rest...}", { methods: {}, load: bulkResources }],
  ["tooling", { methods: {}, load: toolingResources }],
  ["tooling/{rest...}", { methods: {}, load: toolingResources }],
  ...REFUSED,
];

/** The resource at these path segments after the version; undefined where there is none. */
export const findResource: FindResource = finder(ROUTES);

/** Bulk jobs bring a CSV reader along, which nobody else shall wait for. */
async function bulkResources(): Promise<FindResource> {
  const { findBulkResource } = await import("./resources/bulk.ts");
  return findBulkResource;
}

/** Few clients ask for the schema as records. */
async function toolingResources(): Promise<FindResource> {
  const { findToolingResource } = await import("./resources/tooling.ts");
  return findToolingResource;
}

function refusing(what: string): Resource {
  const refuse: RestHandler = () => {
    throw notImplemented(what);
  };
  return { methods: { HEAD: refuse, GET: refuse, POST: refuse, PATCH: refuse, PUT: refuse, DELETE: refuse } };
}
