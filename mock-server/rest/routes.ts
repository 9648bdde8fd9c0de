/** The resources of the REST API: which one an address names, and which methods it answers. */

import type { Hono } from "hono";
import { notImplemented } from "../http/faults.ts";
import { answerPlain, answerRest, type PipelineOptions } from "../http/pipeline.ts";
import type { RestHandler } from "../http/rest.ts";
import { type Resource, type Route, reading } from "../http/routes.ts";
import { versionList } from "../http/versions.ts";
import { type AppEnvironment, wireCall } from "../http/wire-call.ts";
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

/** Every resource below the version but those of the Bulk and Tooling APIs. */
export const REST_ROUTES: readonly Route[] = [
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
  ...REFUSED,
];

/** Adds `/services/data/` to the app: the list of versions, which needs no session, and every resource of a version. */
export function mountRest(app: Hono<AppEnvironment>, options: PipelineOptions): void {
  app.all("/services/data/*", (context) => {
    const call = wireCall(context);
    return call.path === "/services/data" || call.path === "/services/data/"
      ? answerPlain(options, call, { status: 200, body: versionList(options.services.versions) })
      : answerRest(options, call);
  });
}

function refusing(what: string): Resource {
  const refuse: RestHandler = () => {
    throw notImplemented(what);
  };
  return { methods: { HEAD: refuse, GET: refuse, POST: refuse, PATCH: refuse, PUT: refuse, DELETE: refuse } };
}
