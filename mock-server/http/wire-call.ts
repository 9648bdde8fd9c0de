/** One HTTP call as it came in: what the pipeline and the login endpoints read of it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";
import { OrgError } from "../errors.ts";

/** Node's own request and response, where the app runs behind @hono/node-server; absent in process. */
export interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

/** The environment of the mock org's Hono app. */
export interface AppEnvironment {
  Bindings: NodeBindings;
}

/** What is read of a request itself: of a web request, or of a call that never was one. */
export interface RawCall {
  readonly headers: Iterable<readonly [string, string]> & {
    readonly get: (name: string) => string | null | undefined;
  };
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Fires when the client goes away. */
  readonly signal?: AbortSignal;
}

/** A call in process, without a web request around it. */
export interface PlainCall {
  readonly method: string;
  /** From the first slash on, with the query. */
  readonly path: string;
  readonly accessToken: string;
  readonly body?: string;
  /** Default: JSON. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call. Path and query are raw text, still percent-encoded. */
export interface WireCall {
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
  /** `https://host:port` as the client wrote it. */
  readonly origin: string;
  readonly header: (name: string) => string | undefined;
  readonly raw: RawCall;
  readonly incoming: IncomingMessage | undefined;
  readonly outgoing: ServerResponse | undefined;
}

/**
 * The path of an address for the router, with one slash in front: the Salesforce CLI keeps a slash behind the host and
 * puts another before the path, and real orgs answer it. Doubled slashes further behind stay what they are.
 */
export function routedPath(request: Request): string {
  return withOneSlash(getPath(request));
}

function withOneSlash(path: string): string {
  return path.startsWith("//") ? path.replace(/^\/+/, "/") : path;
}

/** Salesforce's bound on an address, and on address and headers together. */
const URI_BYTES_MAX = 16_384;

/** Takes the call out of Hono's context. */
export function wireCall(context: Context<AppEnvironment>): WireCall {
  const { raw } = context.req;
  const { url } = raw;
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  const queryStart = url.indexOf("?", pathStart);
  return {
    method: raw.method,
    path: withOneSlash(queryStart < 0 ? url.slice(pathStart) : url.slice(pathStart, queryStart)),
    query: queryStart < 0 ? "" : url.slice(queryStart + 1),
    origin: url.slice(0, pathStart),
    header: (name) => context.req.header(name),
    raw,
    incoming: context.env?.incoming,
    outgoing: context.env?.outgoing,
  };
}

/** The host that calls in process seem to come to. */
const PLAIN_ORIGIN = "https://mock-org.my.salesforce.com";

/** Dresses a plain call up as one that came in. */
export function dressed(call: PlainCall): WireCall {
  const { method, path, accessToken, body, contentType = "application/json" } = call;
  const headers = new Map([["authorization", `Bearer ${accessToken}`]]);
  for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name.toLowerCase(), value);
  if (body !== undefined) headers.set("content-type", contentType);
  const queryStart = path.indexOf("?");
  return {
    method,
    path: queryStart < 0 ? path : path.slice(0, queryStart),
    query: queryStart < 0 ? "" : path.slice(queryStart + 1),
    origin: PLAIN_ORIGIN,
    header: (name) => headers.get(name),
    raw: { headers, body: body === undefined ? null : once(Buffer.from(body)) },
    incoming: undefined,
    outgoing: undefined,
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Refuses oversize addresses (414) and headers (431). Source: rest-api §2.5; codes and texts are this org's own. */
export function checkSize(call: WireCall): void {
  const uriBytes = call.path.length + call.query.length + 1;
  if (uriBytes > URI_BYTES_MAX) {
    throw new OrgError(414, { code: "URI_TOO_LONG", message: `The URI is longer than ${URI_BYTES_MAX} bytes` });
  }
  const headers = call.incoming?.rawHeaders;
  const headerBytes = headers === undefined ? webHeaderBytes(call.raw.headers) : textBytes(headers);
  if (uriBytes + headerBytes > URI_BYTES_MAX) {
    const message = `The URI and the headers are longer than ${URI_BYTES_MAX} bytes`;
    throw new OrgError(431, { code: "REQUEST_HEADER_FIELDS_TOO_LARGE", message });
  }
}

function textBytes(texts: readonly string[]): number {
  let bytes = 0;
  for (const text of texts) bytes += text.length + 2;
  return bytes;
}

function webHeaderBytes(headers: RawCall["headers"]): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}

/** The client's name for itself in `Sforce-Call-Options` (rest-api §2.4). Items are separated by semicolons in documents and by commas in jsforce. */
export function clientOf(callOptions: string | undefined): string | undefined {
  return callOptions === undefined ? undefined : /(?:^|[;,])\s*client=([^;,]*)/i.exec(callOptions)?.[1]?.trim();
}
