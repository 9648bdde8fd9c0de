/**
 * The way of one REST call through the org.
 *
 * journal ─ fault ─ size ─ session→actor ─ version ─ API limit ─ route ─ decode ─► transaction ─► serialize.
 * Everything between decoding and serializing is synchronous; a refusal anywhere becomes the error array.
 */
import { API_DISABLED, mayUseApi, type SignInService, type Visitor } from "../auth/login.ts";
import { OrgError } from "../errors.ts";
import type { Actor, TransactionOrigin } from "../org/port.ts";
import type { AnswerHeaders } from "./answer-headers.ts";
import type { CallTrace } from "./call-trace.ts";
import type { FaultAct, FaultCall, FaultHook } from "./fault-hook.ts";
import { errorResult, invalidSession, methodNotAllowed, notFound, requestLimitExceeded } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { isObject } from "./json-object.ts";
import { decodeBody, decompress, readBody } from "./request-body.ts";
import type { Method, RestContext, RestHandler, RestRequest, RestResult, RestServices } from "./rest.ts";
import type { FindResource, Resource } from "./routes.ts";
import { answerForm, buildResponse } from "./serialize.ts";
import { checkVersion } from "./versions.ts";
import { checkSize, clientOf, type WireCall } from "./wire-call.ts";

/** Larger bodies are not kept by the journal. */
const JOURNAL_BODY_BYTES_MAX = 64 * 1024;

/** What the pipeline is made of. */
export interface PipelineOptions {
  readonly services: RestServices;
  readonly signIn: SignInService;
  readonly journal: Journal;
  readonly headers: AnswerHeaders;
  /** The resources of every protocol under `/services/data/`. */
  readonly findResource: FindResource;
  /** Runs a request by these resources in a transaction that is open already. */
  readonly dispatch: RestContext["dispatch"];
  /** Asked at each call, so that faults may come and go. */
  readonly faultHook: () => FaultHook | undefined;
  /** Scheme and host to put into answers, for a call. */
  readonly instanceUrl: (call: WireCall) => string;
  readonly bodyBytesMax: number;
  /** Told about defects of the mock itself; the client sees `UNKNOWN_EXCEPTION` without details. */
  readonly onDefect: (error: unknown) => void;
}

/** What a call left behind for headers and journal, filled in on its way. */
interface Trace {
  actor: Actor | undefined;
  limitInfo: string | undefined;
  warning: string | undefined;
  requestBody: unknown;
  requestBytes: number;
  apiCalls: number;
  /** What happened inside the org; undefined where the journal is off or nothing ran. */
  inside: CallTrace | undefined;
  faults: readonly string[];
}

/** An answer before it becomes a message. */
export interface RestAnswer {
  readonly result: RestResult;
  readonly headers: Record<string, string>;
}

/** Answers one call under `/services/data/`, or refuses one that is not answered at all. */
export async function answerRest(options: PipelineOptions, call: WireCall, refusal?: OrgError): Promise<Response> {
  const answer = await answerInProcess(options, call, refusal);
  if (answer === "dropped") return dropConnection(call);
  return buildResponse(answer.result, answerForm(call.method, call.header), answer.headers);
}

/** The same, and leaves it to the caller to make a message of the answer. */
export async function answerInProcess(
  options: PipelineOptions,
  call: WireCall,
  refusal?: OrgError,
): Promise<RestAnswer | "dropped"> {
  const startedMs = performance.now();
  const trace: Trace = {
    actor: undefined,
    limitInfo: undefined,
    warning: undefined,
    requestBody: null,
    requestBytes: 0,
    apiCalls: 0,
    inside: undefined,
    faults: [],
  };
  const hook = options.faultHook();
  let result: RestResult;
  if (refusal !== undefined) {
    result = await refusalAsResult(options, () => Promise.reject(refusal));
  } else if (hook === undefined) {
    result = await refusalAsResult(options, () => execute(options, call, trace));
  } else {
    const outcome = await executeWithFaults(options, call, trace, hook);
    if (outcome === "drop") {
      record(options, call, trace, { status: 0 }, startedMs);
      return "dropped";
    }
    result = outcome;
  }
  record(options, call, trace, result, startedMs);
  const headers = options.headers.standing(call.header("origin"));
  if (trace.limitInfo !== undefined) headers["Sforce-Limit-Info"] = trace.limitInfo;
  if (trace.warning !== undefined) headers["Warning"] = trace.warning;
  if (result.status === 401) headers["WWW-Authenticate"] = "Token";
  return { result, headers };
}

async function refusalAsResult(options: PipelineOptions, work: () => Promise<RestResult>): Promise<RestResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OrgError) {
      options.journal.noteRefusal(error);
      return errorResult(error);
    }
    options.onDefect(error);
    return errorResult(
      new OrgError(500, {
        code: "UNKNOWN_EXCEPTION",
        message: "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)",
      }),
    );
  }
}

async function executeWithFaults(
  options: PipelineOptions,
  call: WireCall,
  trace: Trace,
  hook: FaultHook,
): Promise<RestResult | "drop"> {
  const applied: string[] = [];
  trace.faults = applied;
  const { method, path, query, header } = call;
  const faultCall: FaultCall = { method, path, query, header, applied };
  let before: FaultAct | undefined = await hook.before(faultCall);
  if (before?.kind === "drop") return "drop";
  if (before?.kind === "answer") return before.result;
  const prepared = await prepareOrRefuse(options, call, trace);
  if ("status" in prepared) return prepared;
  const decodedCall: FaultCall = { ...faultCall, body: prepared.body };
  before ??= await hook.decoded?.(decodedCall);
  if (before?.kind === "drop") return "drop";
  if (before?.kind === "answer") return before.result;
  let result = await refusalAsResult(options, async () => prepared.run());
  if (before?.kind === "twice") {
    if (options.services.usage.charge(1)) trace.apiCalls += 1;
    result = await refusalAsResult(options, async () => prepared.run());
  }
  const after = await hook.after(decodedCall, result);
  if (after?.kind === "drop") return "drop";
  return after?.kind === "answer" ? after.result : result;
}

async function prepareOrRefuse(options: PipelineOptions, call: WireCall, trace: Trace): Promise<Prepared | RestResult> {
  let prepared: Prepared | undefined;
  const refusal = await refusalAsResult(options, async () => {
    prepared = await prepare(options, call, trace);
    return { status: 200 };
  });
  return prepared ?? refusal;
}

async function execute(options: PipelineOptions, call: WireCall, trace: Trace): Promise<RestResult> {
  const prepared = await prepare(options, call, trace);
  return prepared.run();
}

/** A call that is ready to run. */
interface Prepared {
  readonly body: unknown;
  readonly run: () => RestResult;
}

/** Everything before the transaction: throws `OrgError`, or gives the function that runs the call. */
async function prepare(options: PipelineOptions, call: WireCall, trace: Trace): Promise<Prepared> {
  const { services, signIn, dispatch } = options;
  checkSize(call);
  const { session, actor } = authenticate(signIn, call);
  trace.actor = actor;
  const { version, warning, segments } = readPath(services, call.path);
  trace.warning = warning;
  const charged = services.usage.charge(1);
  trace.limitInfo = services.usage.header();
  if (!charged) throw requestLimitExceeded();
  trace.apiCalls = 1;
  const query = new URLSearchParams(call.query);
  const place = options.findResource(segments);
  const resource = place?.load === undefined ? place : (await place.load())(segments);
  if (resource === undefined || version < (resource.since ?? 0)) {
    options.journal.noteUnknownAddress(call.path);
    throw notFound();
  }
  const { method, handler } = handlerFor(resource, overriddenMethod(call.method, query));
  const body = await bodyOf(options, call, resource, trace);
  const wire = /^(?:application|text)\/xml/i.test(call.header("content-type") ?? "") ? "xml" : "json";
  const request: RestRequest = { method, version, segments, query, header: call.header, body, wire };
  const instanceUrl = options.instanceUrl(call);
  const run = () => {
    const usedBefore = services.usage.used;
    trace.inside = options.journal.begin();
    try {
      return services.org.transaction(
        actor,
        (tx) => {
          const context: RestContext = { tx, services, session, instanceUrl, wholeOrNothing: false, dispatch };
          const result = handler(context, request);
          trace.limitInfo = services.usage.header();
          return result;
        },
        originOf(request),
      );
    } finally {
      options.journal.end();
      trace.apiCalls += services.usage.used - usedBefore;
    }
  };
  return { body, run };
}

/** Reads begin nothing that anybody asks the origin of. */
function originOf(request: RestRequest): TransactionOrigin | undefined {
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  return { api: "rest", version: request.version, client: clientOf(request.header("sforce-call-options")) };
}

/** The session and its user; throws 401, or 403 where the user may not use the API. */
function authenticate(signIn: SignInService, call: WireCall): Visitor {
  const token = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  const visitor = signIn.enter(token);
  if (visitor === undefined) throw invalidSession();
  if (!mayUseApi(visitor.actor)) throw new OrgError(403, API_DISABLED);
  return visitor;
}

/** Takes `/services/data/v62.0/sobjects/Account/` apart. */
function readPath(
  services: RestServices,
  path: string,
): { version: number; warning: string | undefined; segments: readonly string[] } {
  const [versionSegment = "", ...rest] = path.slice("/services/data/".length).split("/");
  const verdict = checkVersion(services.versions, versionSegment);
  if (verdict.kind === "retired") {
    throw new OrgError(410, { code: "GONE", message: "The requested version of the API has been retired" });
  }
  if (verdict.kind === "unknown") throw notFound();
  // One slash at the end is tolerated, an empty segment inside is not.
  if (rest.at(-1) === "") rest.pop();
  const segments = rest.map(decodeSegment);
  if (segments.includes("")) throw notFound();
  return { version: verdict.version, warning: verdict.warning, segments };
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
}

function overriddenMethod(method: string, query: URLSearchParams): string {
  return method === "POST" ? (query.get("_HttpMethod") ?? method) : method;
}

function handlerFor(resource: Resource, method: string): { method: Method; handler: RestHandler } {
  // The table of a resource has only methods as keys.
  const known = method as Method;
  const handler = Object.hasOwn(resource.methods, method) ? resource.methods[known] : undefined;
  if (handler === undefined) throw methodNotAllowed(method, Object.keys(resource.methods));
  return { method: known, handler };
}

async function bodyOf(options: PipelineOptions, call: WireCall, resource: Resource, trace: Trace): Promise<unknown> {
  if (call.method === "GET" || call.method === "HEAD") return undefined;
  const bytesMax = Math.max(options.bodyBytesMax, resource.bodyBytesMax ?? 0);
  const bytes = decompress(await readBody(call, bytesMax), call.header("content-encoding"), bytesMax);
  if (resource.rawBody === true) return bytes.length === 0 ? undefined : bytes;
  const body = await decodeBody(bytes, call.header("content-type"));
  if (bytes.length <= JOURNAL_BODY_BYTES_MAX) {
    trace.requestBody = body ?? null;
    trace.requestBytes = bytes.length;
  }
  return body;
}

function record(options: PipelineOptions, call: WireCall, trace: Trace, result: RestResult, startedMs: number): void {
  options.journal.add({
    atMs: options.services.org.clock.nowMs(),
    method: call.method,
    path: call.query === "" ? call.path : `${call.path}?${call.query}`,
    status: result.status,
    actor: trace.actor,
    errorCode: firstErrorCode(result),
    durationMs: performance.now() - startedMs,
    requestBody: trace.requestBody,
    requestBytes: trace.requestBytes,
    apiCalls: trace.apiCalls,
    trace: trace.inside,
    faults: trace.faults,
    responseBody: result.status >= 400 ? (result.body ?? null) : null,
  });
}

function firstErrorCode(result: RestResult): string | null {
  if (result.status < 400 || !Array.isArray(result.body)) return null;
  const first: unknown = result.body[0];
  return isObject(first) && typeof first["errorCode"] === "string" ? first["errorCode"] : null;
}

/** Writes a result that no handler gave: with the headers of every answer, in the form that the client reads. */
export function answerPlain(
  { headers }: Pick<PipelineOptions, "headers">,
  call: WireCall,
  result: RestResult,
): Response {
  return buildResponse(result, answerForm(call.method, call.header), headers.standing(call.header("origin")));
}

/** Closes the connection without an answer; in process the caller sees a network error. */
export function dropConnection(call: WireCall): Response {
  if (call.outgoing === undefined) return Response.error();
  call.outgoing.destroy();
  // This header tells @hono/node-server that the answer is not its business any more.
  return new Response(null, { headers: { "x-hono-already-sent": "true" } });
}
