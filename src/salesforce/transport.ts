/**
 * The HTTP transport under jsforce: one attempt per request, one time-out over the whole exchange, kept connections.
 *
 * jsforce's own transport retries by itself up to five times without regard to Retry-After, waits up to thirty minutes
 * for headers and for ever for a body, hides status and headers from the caller, and opens a new TLS connection for
 * each request. None of this can be switched off by options of `Connection`, so the transport is replaced; jsforce
 * keeps building the requests and reading the bodies. Retrying happens in `call-policy.ts` and nowhere else.
 */
// Default imports, because msw replaces `http.request` and a named import would keep the original.
import http, { type IncomingHttpHeaders } from "node:http";
import https from "node:https";
import { PassThrough } from "node:stream";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Transport } from "jsforce/lib/transport.js";
import type { HttpRequest, HttpRequestOptions, HttpResponse } from "jsforce/lib/types/common.js";
import { StreamPromise } from "jsforce/lib/util/promise.js";
import { withExactNumbers } from "./exact-numbers.ts";
import { CallFailure } from "./failure.ts";
import { type Environment, proxyFor, tunnelAgent } from "./proxy.ts";

/** What one exchange looked like, for limits, clocks and Retry-After. */
export interface Exchange {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Per-request options; jsforce hands the second argument of `Connection.request` down to the transport. */
export interface ExchangeOptions extends HttpRequestOptions {
  /** Sees the answer of this request before jsforce reads it. */
  readonly onReply?: (exchange: Exchange) => void;
}

/** Settings of the transport. */
export interface TransportOptions {
  /** Over the whole exchange, from connecting to the last byte of the body. */
  readonly timeoutMs: number;
  /** Sees every answer, whatever its status, before anybody reads the body. It may throw a `CallFailure`. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Names the proxy, if any; default: the process's. */
  readonly environment?: Environment;
  /** Sees every request that ended without a complete answer. */
  readonly onLost?: (failure: CallFailure) => void;
}

/** Enough for the lanes of one process; more would only queue at the org. */
const SOCKETS_MAX = 10;

/** An idle connection is closed by us before a server or a load balancer does it under a request. */
const IDLE_SOCKET_MS = 4_000;

/** A reply larger than this is a mistake or an attack: a page of 2,000 wide rows stays under 20 MB. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** jsforce's transport with one honest attempt per request. Close it to let the process end at once. */
export class OrgTransport extends Transport {
  readonly #options: TransportOptions;
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_SOCKET_MS });
  readonly #https = new https.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_SOCKET_MS });
  /** By proxy address. */
  readonly #tunnels = new Map<string, https.Agent>();

  constructor(options: TransportOptions) {
    super();
    this.#options = options;
  }

  /** Sends once. Rejects with `CallFailure` when there is no complete answer. */
  override httpRequest(request: HttpRequest, options: ExchangeOptions = {}): StreamPromise<HttpResponse> {
    return StreamPromise.create(() => ({
      // jsforce wants a stream of the exchange; nothing here reads or writes bodies as streams.
      stream: new PassThrough(),
      promise: this.#send(request, options),
    }));
  }

  /** Closes idle connections. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
    for (const agent of this.#tunnels.values()) agent.destroy();
  }

  #agentFor(url: URL): http.Agent {
    if (url.protocol !== "https:") return this.#http;
    const proxy = proxyFor(url, this.#options.environment ?? process.env);
    if (proxy === null) return this.#https;
    const known = this.#tunnels.get(proxy.href);
    if (known !== undefined) return known;
    const agent = tunnelAgent(proxy, {
      keepAlive: true,
      maxSockets: SOCKETS_MAX,
      timeout: IDLE_SOCKET_MS,
      connectMs: this.#options.timeoutMs,
    });
    this.#tunnels.set(proxy.href, agent);
    return agent;
  }

  async #send(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
    let exchange: Exchange;
    try {
      exchange = await this.#exchange(request);
    } catch (error) {
      if (error instanceof CallFailure) this.#options.onLost?.(error);
      throw error;
    }
    this.#options.onExchange?.(exchange);
    options.onReply?.(exchange);
    const isJson = exchange.headers["content-type"]?.includes("json") === true;
    const body = isJson ? withExactNumbers(exchange.body) : exchange.body;
    return { statusCode: exchange.status, headers: exchange.headers, body };
  }

  #exchange(request: HttpRequest): Promise<Exchange> {
    const url = new URL(request.url);
    const secure = url.protocol === "https:";
    const body = typeof request.body === "string" ? Buffer.from(request.body, "utf8") : undefined;
    const { timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      let connected = false;
      const outgoing = (secure ? https : http).request(url, {
        method: request.method,
        agent: this.#agentFor(url),
        headers: {
          "accept-encoding": "gzip, deflate",
          ...request.headers,
          ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
        },
      });
      const timer = setTimeout(() => {
        outgoing.destroy(new CallFailure({ kind: "timeout", timeoutMs }));
      }, timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error instanceof CallFailure ? error : networkFailure(error, connected));
      };
      outgoing.on("error", fail);
      outgoing.on("socket", (socket) => {
        if (!socket.connecting) {
          connected = true;
          return;
        }
        // Only bytes on an established (and, for https, verified) connection can have been processed.
        socket.once(secure ? "secureConnect" : "connect", () => {
          connected = true;
        });
      });
      outgoing.on("response", (incoming) => {
        connected = true;
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on("data", (chunk: Buffer) => {
          bytes += chunk.byteLength;
          if (bytes > BODY_BYTES_MAX) outgoing.destroy(new Error("reply larger than 256 MB"));
          else chunks.push(chunk);
        });
        incoming.on("error", fail);
        incoming.on("end", () => {
          clearTimeout(timer);
          const headers = plainHeaders(incoming.headers);
          try {
            resolve({
              url: request.url,
              status: incoming.statusCode ?? 0,
              headers,
              body: decodeBody(Buffer.concat(chunks), headers["content-encoding"]),
            });
          } catch (error) {
            fail(error instanceof Error ? error : new Error("unreadable body"));
          }
        });
      });
      outgoing.end(body);
    });
  }
}

/** Errors of finding and reaching a host. Other errors before the connection stands are doubtful, so they count as sent. */
const UNREACHED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|PROXY_.*|ERR_TLS_.*|CERT_.*|UNABLE_TO_.*|.*_CERT.*|ERR_SSL_.*)$/;

function networkFailure(error: Error, connected: boolean): CallFailure {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
  return new CallFailure({ kind: "network", code, sent: connected || !UNREACHED.test(code) }, { cause: error });
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}

function decodeBody(bytes: Buffer, encoding: string | undefined): string {
  if (bytes.byteLength === 0) return "";
  switch (encoding) {
    case "gzip":
      return gunzipSync(bytes).toString("utf8");
    case "deflate":
      return inflateSync(bytes).toString("utf8");
    case "br":
      return brotliDecompressSync(bytes).toString("utf8");
    default:
      return bytes.toString("utf8");
  }
}
