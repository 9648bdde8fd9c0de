/**
 * Answers SOAP calls: `/services/Soap/u/` (partner), `/c/` (enterprise) and `/m/` (metadata).
 *
 * version ─ message ─ session→actor ─ API limit ─ operation ─► envelope. A refusal anywhere becomes a fault with 500.
 */
import { OrgError } from "../errors.ts";
import type { CallTrace } from "../http/call-trace.ts";
import type { FaultAct } from "../http/fault-hook.ts";
import { requestLimitExceeded } from "../http/faults.ts";
import { isObject } from "../http/json-object.ts";
import { dropConnection, type PipelineOptions } from "../http/pipeline.ts";
import { decodeText, decompress, readBody } from "../http/request-body.ts";
import type { RestContext } from "../http/rest.ts";
import type { WireCall } from "../http/wire-call.ts";
import type { Actor } from "../org/port.ts";
import { elementOf, parseCall, type SoapCall, textOf } from "./call.ts";
import type { DataCall } from "./data-context.ts";
import { faultEnvelope, type LimitInfo, SoapFault, type SoapFlavor, soapEnvelope } from "./envelope.ts";
import { metadataCall } from "./metadata-calls.ts";
import * as reads from "./read-calls.ts";
import * as saves from "./save-calls.ts";
import { authenticate, getServerTimestamp, getUserInfo, login, logout } from "./session-calls.ts";

const FLAVOURS: Readonly<Record<string, SoapFlavor>> = { u: "partner", c: "enterprise", m: "metadata" };

/** The data calls by name. */
export const DATA_CALLS: Readonly<Record<string, DataCall>> = {
  create: saves.create,
  update: saves.update,
  upsert: saves.upsert,
  delete: saves.remove,
  undelete: saves.undelete,
  merge: saves.merge,
  query: reads.query,
  queryAll: reads.queryAll,
  queryMore: reads.queryMore,
  retrieve: reads.retrieve,
  getUpdated: reads.getUpdated,
  getDeleted: reads.getDeleted,
  describeGlobal: reads.describeGlobal,
  describeSObject: reads.describeSObject,
  describeSObjects: reads.describeSObjects,
};

/** What a call left behind for the journal and the answer's header. */
interface Trace {
  actor: Actor | undefined;
  limit: LimitInfo | undefined;
  apiCalls: number;
  /** What happened inside the org; undefined where the journal is off or no transaction ran. */
  inside: CallTrace | undefined;
  /** Names of the faults that were applied to this call. */
  readonly faults: string[];
}

/** Answers one call. */
export async function answerSoap(options: PipelineOptions, call: WireCall): Promise<Response> {
  const startedMs = performance.now();
  const headers = options.headers.standing(call.header("origin"));
  if (call.method !== "POST") {
    headers["Content-Type"] = "text/html;charset=UTF-8";
    return new Response("<html><body>Only POST allowed</body></html>", { status: 405, headers });
  }
  headers["Content-Type"] = "text/xml;charset=UTF-8";
  const [, letter = "", version = ""] = /^\/services\/Soap\/([ucm])\/(\d+)\.0(?:\/|$)/.exec(call.path) ?? [];
  const flavor = FLAVOURS[letter] ?? FLAVOURS[call.path.charAt("/services/Soap/".length)] ?? "partner";
  const trace: Trace = { actor: undefined, limit: undefined, apiCalls: 0, inside: undefined, faults: [] };
  const outcome = await outcomeOf(options, call, { flavor, version: Number(version) }, trace);
  options.journal.add({
    atMs: options.services.org.clock.nowMs(),
    method: call.method,
    path: call.path,
    status: outcome === null ? 0 : typeof outcome === "string" ? 200 : 500,
    actor: trace.actor,
    errorCode: outcome instanceof SoapFault ? outcome.code : null,
    durationMs: performance.now() - startedMs,
    requestBody: null,
    responseBody: null,
    apiCalls: trace.apiCalls,
    trace: trace.inside,
    faults: trace.faults,
  });
  if (outcome === null) return dropConnection(call);
  if (outcome instanceof SoapFault) return new Response(faultEnvelope(flavor, outcome), { status: 500, headers });
  return new Response(soapEnvelope(flavor, outcome, trace.limit), { status: 200, headers });
}

interface Place {
  readonly flavor: SoapFlavor;
  /** NaN or 0 where the address has none. */
  readonly version: number;
}

/** The body of the answer, the fault, or null where the connection is to be cut. */
async function outcomeOf(
  options: PipelineOptions,
  call: WireCall,
  place: Place,
  trace: Trace,
): Promise<string | SoapFault | null> {
  const hook = options.faultHook();
  // A body can be read once; a second delivery is the same message again.
  let message: Promise<SoapCall> | undefined;
  const read = (): Promise<SoapCall> => {
    message ??= readCall(options, call);
    return message;
  };
  const run = () => faultAsOutcome(options, () => execute(options, { ...place, call, read }, trace));
  if (hook === undefined) return run();
  const faultCall = {
    method: call.method,
    path: call.path,
    query: call.query,
    header: call.header,
    applied: trace.faults,
  };
  const before = await hook.before(faultCall);
  if (before?.kind === "drop") return null;
  if (before?.kind === "answer") return injected(before);
  if (before?.kind === "twice") await run();
  const outcome = await run();
  const status = outcome instanceof SoapFault ? 500 : 200;
  const after = await hook.after(faultCall, { status });
  if (after?.kind === "drop") return null;
  return after?.kind === "answer" ? injected(after) : outcome;
}

/** A fault that was ordered in the words of REST. */
function injected({ result }: Extract<FaultAct, { kind: "answer" }>): SoapFault {
  const first: unknown = Array.isArray(result.body) ? result.body[0] : undefined;
  const { errorCode, message } = isObject(first) ? first : {};
  return new SoapFault(
    typeof errorCode === "string" ? errorCode : "UNKNOWN_EXCEPTION",
    typeof message === "string" ? message : "An unexpected error occurred.",
  );
}

async function faultAsOutcome(options: PipelineOptions, work: () => Promise<string>): Promise<string | SoapFault> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SoapFault) {
      options.journal.noteRefusal(new OrgError(500, { code: error.code, message: error.message }));
      return error;
    }
    if (error instanceof OrgError) {
      options.journal.noteRefusal(error);
      return orgFault(error);
    }
    options.onDefect(error);
    return new SoapFault("UNKNOWN_EXCEPTION", "An unexpected error occurred.");
  }
}

/** Which element of the fault's detail a code stands in. */
const FAULT_ELEMENTS: Readonly<Record<string, string>> = {
  INVALID_FIELD: "InvalidFieldFault",
  INVALID_TYPE: "InvalidSObjectFault",
  MALFORMED_QUERY: "MalformedQueryFault",
  INVALID_QUERY_LOCATOR: "InvalidQueryLocatorFault",
  MALFORMED_ID: "InvalidIdFault",
};

function orgFault(error: OrgError): SoapFault {
  return new SoapFault(error.errorCode, error.faults[0].message, FAULT_ELEMENTS[error.errorCode]);
}

interface Delivery extends Place {
  readonly call: WireCall;
  readonly read: () => Promise<SoapCall>;
}

async function execute(options: PipelineOptions, delivery: Delivery, trace: Trace): Promise<string> {
  const { signIn, services, dispatch } = options;
  const { flavor, version, call } = delivery;
  if (!(version >= services.versions.oldest && version <= services.versions.newest))
    throw new SoapFault("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL");
  const soap = await delivery.read();
  if (soap.operation === "login" && flavor !== "metadata")
    return login({ signIn, host: options.instanceUrl(call), version, flavor }, soap);
  const { session, actor } = authenticate(signIn, soap);
  trace.actor = actor;
  if (soap.operation === "logout" && flavor !== "metadata") return logout(signIn, session);
  if (!services.usage.charge(1)) throw requestLimitExceeded();
  trace.apiCalls += 1;
  trace.limit = { current: services.usage.used, limit: services.usage.max };
  if (flavor === "metadata") return metadataCall({ services, actor, version, soap });
  switch (soap.operation) {
    case "getServerTimestamp":
      return getServerTimestamp(signIn);
    case "getUserInfo":
      return getUserInfo(signIn, actor);
    default:
  }
  const operation = dataCall(flavor, soap);
  const instanceUrl = options.instanceUrl(call);
  trace.inside = options.journal.begin();
  try {
    return services.org.transaction(
      actor,
      (tx) => {
        const rest: RestContext = { tx, services, session, instanceUrl, wholeOrNothing: false, dispatch };
        const results = operation({ rest, version, soap });
        return `<${soap.operation}Response>${results}</${soap.operation}Response>`;
      },
      { api: "soap", version, client: textOf(elementOf(soap.header, "CallOptions"), "client") },
    );
  } finally {
    options.journal.end();
  }
}

function dataCall(flavor: SoapFlavor, soap: SoapCall): DataCall {
  const operation = Object.hasOwn(DATA_CALLS, soap.operation) ? DATA_CALLS[soap.operation] : undefined;
  if (operation === undefined)
    throw new SoapFault("INVALID_OPERATION", `SOAP operation ${soap.operation} is not supported by the mock org`);
  // Enterprise messages are typed by the WSDL of one org.
  if (flavor === "enterprise")
    throw new SoapFault(
      "INVALID_OPERATION",
      `SOAP operation ${soap.operation} of the enterprise API is not supported by the mock org; use the partner API`,
    );
  return operation;
}

async function readCall(options: PipelineOptions, call: WireCall): Promise<SoapCall> {
  const { bodyBytesMax } = options;
  const bytes = decompress(await readBody(call, bodyBytesMax), call.header("content-encoding"), bodyBytesMax);
  return parseCall(decodeText(bytes));
}
