/**
 * The one subclass of jsforce's `Connection`: explicit version, our name in every call, no hidden retries, no silent
 * refreshing of sessions, and a meter that counts calls and reads limits and the server's clock from each answer.
 */
import { CallFailure, parseApiErrors } from "./failure.ts";
import { Connection } from "./jsforce.ts";
import { type Exchange, type ExchangeOptions, OrgTransport } from "./transport.ts";

/** Settings of a connection. */
export interface ConnectionOptions {
  /** API version without `v`, for example `62.0`. */
  readonly version: string;
  /** Sent as `Sforce-Call-Options: client=…`; shows up in change events as the origin. */
  readonly client: string;
  /** Over one whole exchange. */
  readonly timeoutMs: number;
  /** A clock that only runs forward, for example `performance.now`. */
  readonly monotonicMs: () => number;
}

/** Who is logged in where. */
export interface Session {
  readonly accessToken: string;
  /** Scheme and host, no trailing slash. */
  readonly instanceUrl: string;
  /** Null where the way of logging in does not tell. */
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly username: string | null;
}

/** One request of the REST API; `path` starts with `/services/data/`. */
export interface OrgRequest {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with `contentType`. */
  readonly text?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** True: the body comes back as text, whatever its type. */
  readonly raw?: boolean;
}

/** One answer of the REST API. */
export interface OrgReply {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  /** The server's clock when it answered, in epoch milliseconds (whole seconds); null without a Date header. */
  readonly serverDateMs: number | null;
  /** How long the exchange took by our clock. */
  readonly elapsedMs: number;
}

/** What the answers so far have told about the org's limits. */
export interface Meter {
  /** Calls that reached the org and count against its limit, failed ones included. */
  readonly calls: number;
  readonly used: number | null;
  readonly limit: number | null;
  /** By the connection's monotonic clock; null before the first reading. */
  readonly readAtMs: number | null;
}

/** jsforce's connection, made predictable. Rejects with `CallFailure` for everything that is not a good answer. */
export class OrgConnection extends Connection {
  readonly #options: ConnectionOptions;
  readonly #wire: OrgTransport;
  #meter: Meter = { calls: 0, used: null, limit: null, readAtMs: null };
  /** Server time minus our monotonic time. */
  #serverOffsetMs: number | null = null;

  constructor(options: ConnectionOptions) {
    super({ version: options.version, callOptions: { client: options.client }, logLevel: "NONE" });
    this.#options = options;
    this.#wire = new OrgTransport({
      timeoutMs: options.timeoutMs,
      onExchange: (exchange) => this.#observe(exchange),
      onLost: ({ failure }) => {
        // A request that was sent and lost has most likely been counted by the org.
        if (failure.kind === "timeout" || (failure.kind === "network" && failure.sent)) this.#count(1);
      },
    });
    this._transport = this.#wire;
  }

  get meter(): Meter {
    return this.#meter;
  }

  /** The server's time as far as the last answer told; null before the first answer. */
  get serverNowMs(): number | null {
    return this.#serverOffsetMs === null ? null : this.#serverOffsetMs + this.#options.monotonicMs();
  }

  /** The version root, for example `/services/data/v62.0`. */
  get root(): string {
    return `/services/data/v${this.version}`;
  }

  /** Takes over a session; the next request uses it. */
  useSession(session: Session): void {
    this._establish({ accessToken: session.accessToken, instanceUrl: session.instanceUrl });
  }

  /** One attempt of one request. */
  async send(request: OrgRequest): Promise<OrgReply> {
    const startedMs = this.#options.monotonicMs();
    const text = request.json === undefined ? request.text : JSON.stringify(request.json);
    const seen: { exchange?: Exchange } = {};
    const options: ExchangeOptions & { readonly responseType?: string } = {
      onReply: (exchange) => {
        refuseFailedAnswer(exchange);
        seen.exchange = exchange;
      },
      ...(request.raw === true ? { responseType: "text/plain" } : {}),
    };
    const body: unknown = await this.request(
      {
        method: request.method,
        url: `${this.instanceUrl}${request.path}`,
        ...(text === undefined ? {} : { body: text }),
        headers: {
          ...request.headers,
          ...(text === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
        },
      },
      options,
    );
    const { exchange } = seen;
    return {
      body,
      status: exchange?.status ?? 0,
      headers: exchange?.headers ?? {},
      serverDateMs: exchange === undefined ? null : dateHeaderMs(exchange),
      elapsedMs: this.#options.monotonicMs() - startedMs,
    };
  }

  /** Closes idle connections; the session stays valid. */
  close(): void {
    this.#wire.close();
  }

  /** Learns the server's time from an answer of any of its hosts. */
  learnServerTime(exchange: Exchange): void {
    const dateMs = dateHeaderMs(exchange);
    if (dateMs !== null) this.#serverOffsetMs = dateMs - this.#options.monotonicMs();
  }

  #observe(exchange: Exchange): void {
    this.learnServerTime(exchange);
    if (!isApiCall(exchange.url)) return;
    if (exchange.status !== STATUS_UNAUTHORIZED) this.#count(1);
    const usage = /api-usage=(\d+)\/(\d+)/.exec(exchange.headers["sforce-limit-info"] ?? "");
    if (usage === null) return;
    this.#meter = {
      ...this.#meter,
      used: Number(usage[1]),
      limit: Number(usage[2]),
      readAtMs: this.#options.monotonicMs(),
    };
  }

  #count(calls: number): void {
    this.#meter = { ...this.#meter, calls: this.#meter.calls + calls };
  }
}

const STATUS_UNAUTHORIZED = 401;

/** Logins and identity pages are not charged (reference: change-events §8 [memory]). */
function isApiCall(url: string): boolean {
  return url.includes("/services/data/");
}

/** Throws the answer as a `CallFailure` unless it is a good one, so that status, headers and faults are not lost. */
export function refuseFailedAnswer(exchange: Exchange): void {
  const html = isWebPage(exchange);
  if (exchange.status < 300 && !html) return;
  throw new CallFailure({
    kind: "http",
    status: exchange.status,
    html,
    apiErrors: html ? [] : parseApiErrors(parseJson(exchange.body)),
    retryAfterMs: retryAfterMs(exchange),
  });
}

/** A maintenance page or a proxy's answer can come with any status and even with 200 (change-events §7.1). */
function isWebPage({ headers, body }: Exchange): boolean {
  if (/^text\/html/i.test(headers["content-type"] ?? "")) return true;
  return /^\s*<(!doctype html|html)/i.test(body.slice(0, 100));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some errors are plain text (rest-api §3.8); they carry no code, so the status alone decides.
    return undefined;
  }
}

function dateHeaderMs({ headers }: Exchange): number | null {
  const ms = Date.parse(headers["date"] ?? "");
  return Number.isNaN(ms) ? null : ms;
}

/** Retry-After as seconds or as a date, which is read against the server's own Date header. */
function retryAfterMs(exchange: Exchange): number | null {
  const text = exchange.headers["retry-after"];
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const untilMs = Date.parse(text);
  const nowMs = dateHeaderMs(exchange);
  return Number.isNaN(untilMs) || nowMs === null ? null : Math.max(0, untilMs - nowMs);
}
