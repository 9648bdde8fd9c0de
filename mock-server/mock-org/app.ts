/**
 * The mock org as a Hono app: every path of the org, and which room answers it.
 *
 * The app knows no port. `app.fetch` answers in process; behind @hono/node-server the same app answers over HTTP.
 */
import { Hono } from "hono";
import { LinearRouter } from "hono/router/linear-router";
import type { SignInService } from "../auth/login.ts";
import { type BulkLimits, bulkAllowances } from "../bulk/jobs/allowances.ts";
import { BULK_ROUTES, mountClassicBulk } from "../bulk/routes.ts";
import { OrgError } from "../errors.ts";
import { AnswerHeaders } from "../http/answer-headers.ts";
import type { FaultHook } from "../http/fault-hook.ts";
import { errorResult, notFound, notImplemented } from "../http/faults.ts";
import type { Journal } from "../http/journal.ts";
import { answerPlain, answerRest, type PipelineOptions } from "../http/pipeline.ts";
import { PreparedQueries } from "../http/prepared-queries.ts";
import { QueryCursors } from "../http/query-cursors.ts";
import { BODY_BYTES_MAX } from "../http/request-body.ts";
import type { RestServices } from "../http/rest.ts";
import { dispatcher, finder, type Route } from "../http/routes.ts";
import { type StreamingLimits, streamingUsage } from "../http/streaming-usage.ts";
import type { ApiUsage } from "../http/usage.ts";
import { type VersionRange, versionRange } from "../http/versions.ts";
import { type AppEnvironment, routedPath, type WireCall, wireCall } from "../http/wire-call.ts";
import { isLoginHost } from "../oauth/endpoints.ts";
import { mountOAuth } from "../oauth/routes.ts";
import type { MockOrgCore } from "../org/org.ts";
import { mountRest, REST_ROUTES } from "../rest/routes.ts";
import { recordIdOf } from "../schema/record-id.ts";
import { mountSoap } from "../soap/routes.ts";
import { mountStreaming, type StreamingGateway } from "../streaming/routes.ts";
import { TOOLING_ROUTES } from "../tooling/routes.ts";

/** What an app is made of. */
export interface AppOptions {
  readonly org: MockOrgCore;
  readonly signIn: SignInService;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  /** The save pipeline with the org's own rules. */
  readonly save: RestServices["save"];
  readonly merge: RestServices["merge"];
  readonly versions?: VersionRange;
  /** First label of the org's My Domain host, used where the client came through login.salesforce.com. */
  readonly myDomain?: string;
  readonly corsOrigins?: readonly string[];
  /** Largest request body in bytes, decompressed. */
  readonly bodyBytesMax?: number;
  /** Time on the org's clock that each step of a bulk job waits for; default 0: as fast as the process can. */
  readonly bulkPaceMs?: number;
  /** What bulk jobs may use in 24 hours. */
  readonly bulkLimits?: BulkLimits;
  /** What streaming clients may use in 24 hours, and how many there may be. */
  readonly streamingLimits?: StreamingLimits;
  /** Asked at each REST call. */
  readonly faultHook?: () => FaultHook | undefined;
  /** Told about defects of the mock itself. Default: the console's error output. */
  readonly onDefect?: (error: unknown) => void;
}

/** An app, and what of its state others look into. */
export interface MockOrgApp {
  readonly app: Hono<AppEnvironment>;
  readonly services: RestServices;
  /** What the REST calls go through, for other protocols on the same app. */
  readonly pipeline: PipelineOptions;
  readonly streaming: StreamingGateway;
}

/** The resources of all APIs under `/services/data/`. */
export const RESOURCES: readonly Route[] = [...REST_ROUTES, ...BULK_ROUTES, ...TOOLING_ROUTES];

const findResource = finder(RESOURCES);
const dispatch = dispatcher(findResource);

/** Builds the app of one org. */
export function createApp(options: AppOptions): MockOrgApp {
  const services = servicesOf(options);
  const pipeline = pipelineOf(options, services);
  // Hono's own choice compiles its routes at the first call, which costs each fork of a test run more than the call.
  const app = new Hono<AppEnvironment>({ router: new LinearRouter(), getPath: routedPath });
  app.options("*", (context) => pipeline.headers.preflight(context.req.header("origin")));
  mountRest(app, pipeline);
  mountOAuth(app, pipeline);
  mountClassicBulk(app, pipeline);
  mountSoap(app, pipeline);
  const streaming = mountStreaming(app, pipeline);
  for (const [path, what] of REFUSED)
    app.all(path, (context) => answerRest(pipeline, wireCall(context), notImplemented(what)));
  app.notFound((context) => answerUnknown(pipeline, wireCall(context)));
  app.onError((error, context) => answerDefect(pipeline, wireCall(context), error));
  return { app, services, pipeline, streaming };
}

function servicesOf({ org, save, merge, versions, usage, journal, ...options }: AppOptions): RestServices {
  return {
    org,
    save,
    merge,
    versions: versions ?? versionRange(),
    usage,
    cursors: new QueryCursors(org.clock, counter("01g")),
    queries: new PreparedQueries(),
    journal,
    bulk: {
      jobs: undefined,
      paceMs: options.bulkPaceMs ?? 0,
      allowances: bulkAllowances(org.clock, options.bulkLimits),
      trigger: undefined,
    },
    streaming: streamingUsage(org.clock, options.streamingLimits),
  };
}

function pipelineOf({ org, signIn, journal, ...options }: AppOptions, services: RestServices): PipelineOptions {
  const myDomain = `https://${options.myDomain ?? "mock-org"}.my.salesforce.com`;
  return {
    services,
    signIn,
    journal,
    headers: new AnswerHeaders(org.clock, options.corsOrigins),
    findResource,
    dispatch,
    faultHook: options.faultHook ?? (() => undefined),
    instanceUrl: (call) => (isLoginHost(call) ? myDomain : call.origin),
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    // oxlint-disable-next-line no-console -- the only word about a defect that no client may see
    onDefect: options.onDefect ?? ((error: unknown) => console.error(error)),
  };
}

/** An address that no route takes. */
function answerUnknown(pipeline: PipelineOptions, call: WireCall): Response | Promise<Response> {
  // Only where nobody has added a route: a test may replace its org's own Apex.
  if (call.path.startsWith(APEX_REST)) return answerRest(pipeline, call, notImplemented("Apex REST"));
  const { journal, services } = pipeline;
  const result = errorResult(notFound());
  journal.noteUnknownAddress(call.path);
  journal.add({
    atMs: services.org.clock.nowMs(),
    method: call.method,
    path: call.query === "" ? call.path : `${call.path}?${call.query}`,
    status: result.status,
    errorCode: "NOT_FOUND",
    durationMs: 0,
    requestBody: null,
    responseBody: result.body ?? null,
  });
  return answerPlain(pipeline, call, result);
}

function answerDefect(pipeline: PipelineOptions, call: WireCall, error: Error): Response {
  if (error instanceof OrgError) return answerPlain(pipeline, call, errorResult(error));
  pipeline.onDefect(error);
  const body = [{ message: "An unexpected error occurred.", errorCode: "UNKNOWN_EXCEPTION" }];
  return answerPlain(pipeline, call, { status: 500, body });
}

/** Where Apex classes answer with addresses of their own. */
const APEX_REST = "/services/apexrest/";

/** Addresses that real orgs have outside the REST resources, and this one refuses by name. */
const REFUSED: readonly (readonly [path: string, what: string])[] = [
  ["/services/Soap/s/*", "The Apex SOAP API"],
  ["/services/Soap/T/*", "The Tooling SOAP API"],
  ["/secur/*", "frontdoor.jsp and the other pages under /secur/"],
  ["/services/oauth2/singleaccess", "The single access flow"],
];

function counter(keyPrefix: string): () => string {
  let count = 0;
  return () => recordIdOf(keyPrefix, ++count);
}
