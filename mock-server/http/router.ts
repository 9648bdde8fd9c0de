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
import type { Method, RestContext, RestHandler, RestRequest, RestResult } from "./rest.ts";

/** One resource: its methods in the order in which a refusal lists them. */
export interface Resource {
  readonly methods: Readonly<Partial<Record<Method, RestHandler>>>;
  /** True where the handler wants the body's bytes. */
  readonly rawBody?: boolean;
  /** Bytes that a body may have where they are more than elsewhere. */
  readonly bodyBytesMax?: number;
  /** Loads the resource itself; what stands here is only its place. */
  readonly load?: () => Promise<Resource | undefined>;
}

/** Runs a request by its resource's handler; throws `OrgError` (404, 405) where there is none. */
export function dispatch(context: RestContext, request: RestRequest): RestResult {
  const resource = findResource(request.segments);
  if (resource === undefined) throw notFound();
  const handler = resource.methods[request.method];
  if (handler === undefined) throw methodNotAllowed(request.method, Object.keys(resource.methods));
  return handler(context, request);
}

/** The resource at these path segments after the version; undefined where there is none. */
export function findResource(segments: readonly string[]): Resource | undefined {
  const [first, ...rest] = segments;
  if (first === undefined) return ROOT;
  if (first === "sobjects") return sobjectResource(rest);
  if (first === "composite") return compositeResource(rest);
  if (first === "query" || first === "queryAll") return queryResource(first, rest);
  if (first === "jobs") return { methods: {}, load: () => bulkResource(rest) };
  if (first === "tooling") return { methods: {}, load: () => toolingResource(rest) };
  if (first === "limits")
    return rest.length === 0 ? LIMITS : rest.join("/") === "recordCount" ? RECORD_COUNT : undefined;
  return (rest.length === 0 ? SINGLE.get(first) : undefined) ?? REFUSED.get(first);
}

function reading(handler: RestHandler): Resource {
  return { methods: { HEAD: handler, GET: handler } };
}

const ROOT = reading(readResourceMap);
const LIMITS = reading(readLimits);
const RECORD_COUNT = reading(readRecordCount);

const SINGLE: ReadonlyMap<string, Resource> = new Map([
  ["search", reading(search)],
  [
    "parameterizedSearch",
    { methods: { HEAD: parameterizedSearch, GET: parameterizedSearch, POST: parameterizedSearch } },
  ],
  ["recent", reading(readRecent)],
]);

const GLOBAL_DESCRIBE = reading(readGlobalDescribe);
const OBJECT: Resource = { methods: { HEAD: readBasicInfo, GET: readBasicInfo, POST: createRow } };
const DESCRIBE = reading(readDescribe);
const LAYOUTS = reading(readLayouts);
const COMPACT_LAYOUTS = reading(readCompactLayouts);
const UPDATED = reading(readUpdated);
const DELETED = reading(readDeleted);
const ROW: Resource = { methods: { HEAD: readRow, GET: readRow, PATCH: updateRow, DELETE: deleteRow } };
const THROUGH_ID: Resource = { methods: { POST: createThroughId } };

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

function sobjectResource(rest: readonly string[]): Resource | undefined {
  const [object, member, ...more] = rest;
  if (object === undefined) return GLOBAL_DESCRIBE;
  if (member === undefined) return OBJECT;
  switch (member) {
    case "describe":
      return describeResource(more);
    case "updated":
      return more.length === 0 ? UPDATED : undefined;
    case "deleted":
      return more.length === 0 ? DELETED : undefined;
    case "listviews":
    case "quickActions":
    case "defaultValues":
      return refusing(`/sobjects/${object}/${member}`);
    default:
  }
  if (more.length > 0) return BELOW_ROW;
  return member.toLowerCase() === "id" ? THROUGH_ID : ROW;
}

function describeResource(more: readonly string[]): Resource | undefined {
  const [kind, ...below] = more;
  if (kind === undefined) return DESCRIBE;
  if (kind === "layouts" && below.length <= 1) return LAYOUTS;
  if (kind === "compactLayouts" && below.length === 0) return COMPACT_LAYOUTS;
  return kind === "approvalLayouts" ? refusing("describe/approvalLayouts") : undefined;
}

const COMPOSITE: Resource = {
  methods: { HEAD: readCompositeResources, GET: readCompositeResources, POST: runComposite },
};
const BATCH: Resource = { methods: { POST: runBatch } };
const GRAPH: Resource = { methods: { POST: runGraphs } };
const TREE: Resource = { methods: { POST: createTree } };
const COLLECTION: Resource = {
  methods: { POST: createCollection, PATCH: updateCollection, DELETE: deleteCollection },
};
const RETRIEVE: Resource = { methods: { HEAD: retrieveCollection, GET: retrieveCollection, POST: retrieveCollection } };
const UPSERT: Resource = { methods: { PATCH: upsertCollection } };

function compositeResource(rest: readonly string[]): Resource | undefined {
  const [kind, ...more] = rest;
  if (kind === undefined) return COMPOSITE;
  if (kind === "batch" && more.length === 0) return BATCH;
  if (kind === "graph" && more.length === 0) return GRAPH;
  if (kind === "tree" && more.length === 1) return TREE;
  if (kind !== "sobjects") return undefined;
  return [COLLECTION, RETRIEVE, UPSERT][more.length];
}

const QUERY = reading(query);
const QUERY_ALL = reading(queryAll);
const QUERY_MORE = reading(queryMore);

function queryResource(first: "query" | "queryAll", rest: readonly string[]): Resource | undefined {
  if (rest.length === 0) return first === "query" ? QUERY : QUERY_ALL;
  return rest.length === 1 ? QUERY_MORE : undefined;
}

/** Bulk jobs bring a CSV reader along, which nobody else shall wait for. */
async function bulkResource(rest: readonly string[]): Promise<Resource | undefined> {
  const { findBulkResource } = await import("./resources/bulk.ts");
  return findBulkResource(rest);
}

/** Few clients ask for the schema as records. */
async function toolingResource(rest: readonly string[]): Promise<Resource | undefined> {
  const { findToolingResource } = await import("./resources/tooling.ts");
  return findToolingResource(rest);
}

/** Resources that real orgs have and this one refuses by name. */
const REFUSED: ReadonlyMap<string, Resource> = new Map(
  (
    "actions analytics appMenu async-queries chatter commerce compactLayouts connect consent dedupe event " +
    "knowledgeManagement metadata process quickActions sfdc support tabs theme tooling ui-api wave webhooks"
  )
    .split(" ")
    .map((name) => [name, refusing(`/${name}`)]),
);

function refusing(what: string): Resource {
  const refuse: RestHandler = () => {
    throw notImplemented(what);
  };
  return { methods: { HEAD: refuse, GET: refuse, POST: refuse, PATCH: refuse, PUT: refuse, DELETE: refuse } };
}
