/**
 * The mock org as a Hono app: every path of the org, and which room answers it.
 *
 * The app knows no port. `app.fetch` answers in process; behind @hono/node-server the same app answers over HTTP.
 */
import { type Context, Hono } from "hono";
import { LinearRouter } from "hono/router/linear-router";
import { LoginDesk } from "../auth/login.ts";
import { type BulkLimits, bulkAllowances } from "../bulk/allowances.ts";
import { OrgError } from "../errors.ts";
import type { MockOrgCore } from "../org/org.ts";
import { recordIdOf } from "../schema/record-id.ts";
import { AnswerHeaders } from "./answer-headers.ts";
import type { FaultHook } from "./fault-hook.ts";
import { errorResult, notFound, notImplemented } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { answerLoginCall } from "./login-call.ts";
import {
  answerAuthConfiguration,
  answerAuthorize,
  answerDeviceApproval,
  answerIdentity,
  answerIntrospect,
  answerKeys,
  answerOpenIdConfiguration,
  answerRevoke,
  answerToken,
  answerUserInfo,
  isLoginHost,
  type OAuthOptions,
} from "./oauth-routes.ts";
import { answerRest, type PipelineOptions } from "./pipeline.ts";
import { PreparedQueries } from "./prepared-queries.ts";
import { QueryCursors } from "./query-cursors.ts";
import { BODY_BYTES_MAX } from "./request-body.ts";
import type { RestServices } from "./rest.ts";
import { answerForm, buildResponse } from "./serialise.ts";
import { type StreamingLimits, streamingUsage } from "./streaming-usage.ts";
import type { ApiUsage } from "./usage.ts";
import { type VersionRange, versionList, versionRange } from "./versions.ts";
import { type AppEnvironment, routedPath, type WireCall, wireCall } from "./wire-call.ts";

/** What an app is made of. */
export interface AppOptions {
  readonly org: MockOrgCore;
  readonly desk: LoginDesk;
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
}

/** Builds the app of one org. */
export function createApp(options: AppOptions): MockOrgApp {
  const { org, desk, journal } = options;
  const headers = new AnswerHeaders(org.clock, options.corsOrigins);
  const versions = options.versions ?? versionRange();
  const services: RestServices = {
    org,
    save: options.save,
    merge: options.merge,
    versions,
    usage: options.usage,
    cursors: new QueryCursors(org.clock, counter("01g")),
    queries: new PreparedQueries(),
    journal,
    bulk: {
      jobs: undefined,
      paceMs: options.bulkPaceMs ?? 0,
      allowances: bulkAllowances(org.clock, options.bulkLimits),
      strike: undefined,
    },
    streaming: streamingUsage(org.clock, options.streamingLimits),
  };
  const myDomain = `https://${options.myDomain ?? "mock-org"}.my.salesforce.com`;
  const instanceUrl = (call: WireCall): string => (isLoginHost(call) ? myDomain : call.origin);
  // oxlint-disable-next-line no-console -- the only word about a defect that no client may see
  const onDefect = options.onDefect ?? ((error: unknown) => console.error(error));
  const rest: PipelineOptions = {
    services,
    desk,
    journal,
    headers,
    faultHook: options.faultHook ?? (() => undefined),
    instanceUrl,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    onDefect,
  };
  const login: OAuthOptions = { desk, headers, instanceUrl };
  // Hono's own choice compiles its routes at the first call, which costs each fork of a test run more than the call.
  const app = new Hono<AppEnvironment>({ router: new LinearRouter(), getPath: routedPath });
  const plain = (call: WireCall, status: number, body: unknown): Response =>
    buildResponse({ status, body }, answerForm(call.method, call.header), headers.standing(call.header("origin")));

  app.options("*", (context) => headers.preflight(context.req.header("origin")));
  app.all("/services/data/*", (context) => {
    const call = wireCall(context);
    // The list of versions needs no session; everything below does.
    return isVersionList(call.path) ? plain(call, 200, versionList(versions)) : answerRest(rest, call);
  });
  const route = (answer: (call: WireCall) => Response | Promise<Response>) => (context: Context<AppEnvironment>) =>
    answerLoginCall(rest, wireCall(context), answer);
  app.on(
    ["GET", "POST"],
    "/services/oauth2/token",
    route((call) => answerToken(login, call)),
  );
  app.on(
    ["GET", "POST"],
    "/services/oauth2/authorize",
    route((call) => answerAuthorize(login, call)),
  );
  app.on(
    ["GET", "POST"],
    "/setup/connect",
    route((call) => answerDeviceApproval(login, call)),
  );
  app.get("/id/keys", (context) => answerKeys(login, wireCall(context)));
  app.on(
    ["GET", "POST"],
    "/services/oauth2/revoke",
    route((call) => answerRevoke(login, call)),
  );
  app.post(
    "/services/oauth2/introspect",
    route((call) => answerIntrospect(login, call)),
  );
  app.on(
    ["GET", "POST"],
    "/services/oauth2/userinfo",
    route((call) => answerUserInfo(login, call)),
  );
  app.on(
    ["GET", "POST"],
    "/id/:org/:user",
    route((call) => answerIdentity(login, call)),
  );
  app.get("/.well-known/openid-configuration", (context) => answerOpenIdConfiguration(login, wireCall(context)));
  app.get("/.well-known/auth-configuration", (context) => answerAuthConfiguration(login, wireCall(context)));
  app.all(
    "/services/async/*",
    route(async (call) => {
      const { answerAsync } = await import("./async-routes.ts");
      return answerAsync({ services, desk, headers }, call);
    }),
  );
  for (const [path, what] of REFUSED)
    app.all(path, (context) => answerRest(rest, wireCall(context), notImplemented(what)));
  app.notFound((context) => {
    const call = wireCall(context);
    // Only where nobody has added a route: a test may stand in for its org's own Apex.
    if (call.path.startsWith(APEX_REST)) return answerRest(rest, call, notImplemented("Apex REST"));
    const { status, body } = errorResult(notFound());
    journal.noteUnknownAddress(call.path);
    journal.add({
      atMs: org.clock.nowMs(),
      method: call.method,
      path: call.query === "" ? call.path : `${call.path}?${call.query}`,
      status,
      errorCode: "NOT_FOUND",
      durationMs: 0,
      requestBody: null,
      responseBody: body ?? null,
    });
    return plain(call, status, body);
  });
  app.onError((error, context) => {
    const call = wireCall(context);
    if (error instanceof OrgError) {
      const { status, body } = errorResult(error);
      return plain(call, status, body);
    }
    onDefect(error);
    return plain(call, 500, [{ message: "An unexpected error occurred.", errorCode: "UNKNOWN_EXCEPTION" }]);
  });
  return { app, services, pipeline: rest };
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

function isVersionList(path: string): boolean {
  return path === "/services/data" || path === "/services/data/";
}

function counter(keyPrefix: string): () => string {
  let count = 0;
  return () => recordIdOf(keyPrefix, ++count);
}
