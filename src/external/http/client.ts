/** Sends requests to the API: authorization, time-outs, rate limits, and the only retries of this room. */
import { setTimeout as delay } from "node:timers/promises";
import pRetry, { AbortError } from "p-retry";
import { SyncError } from "../../errors.ts";
import { type Json, parseJson, stringifyJson } from "../json.ts";
import { Authorization } from "./authorization.ts";
import type { HttpConfig } from "./config.ts";

/** One request. Paths are relative to `external.url`. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** True: sending it twice does no harm, so it may be sent again after a lost reply. */
  readonly repeatable: boolean;
}

/** An answer below 500, other than 401 and 429. */
export interface HttpAnswer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; undefined when it is empty. */
  readonly body: Json | undefined;
}

/** Nobody knows whether the request did something. Only for requests that are not repeatable. */
export interface HttpUnknown {
  readonly kind: "unknown";
  readonly reason: string;
}

/** What tests replace. */
export interface HttpSurroundings {
  readonly now?: () => number;
  /** Waits; returns early never. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** A number from 0 to 1 for the jitter. */
  readonly random?: () => number;
}

/** First back-off; doubles with each attempt, with full jitter. */
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** The longest wait for a rate limit inside a run; beyond it the run ends and the next one tries again. */
const RATE_WAIT_MAX_MS = 120_000;
const REASON_LENGTH_MAX = 300;
/** Characters of an unexpected answer that a message shows. */
const SHOWN_MAX = 100;
/** Errors of a connection that was never made: nothing was sent. */
const NOT_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The authorization that the request carried. */
  readonly sentAs: string | undefined;
}

/** A failed attempt that may be repeated. */
class Attempt extends Error {
  readonly sent: boolean;
  /** What the server asked for; undefined: back off as usual. */
  readonly waitMs: number | undefined;

  constructor(
    message: string,
    facts: { readonly sent: boolean; readonly waitMs?: number | undefined; readonly cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.sent = facts.sent;
    this.waitMs = facts.waitMs;
  }
}

/** An answer of which nothing can be used; trying again does not help. The message goes on after the place. */
class UnreadableAnswer extends Error {}

/** The API, reached over HTTP. */
export class HttpClient {
  readonly #config: HttpConfig;
  readonly #authorization: Authorization;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #random: () => number;
  /** Until then the server wants to be left alone. */
  #restUntilMs = 0;

  constructor(config: HttpConfig, surroundings: HttpSurroundings = {}) {
    this.#config = config;
    this.#now = surroundings.now ?? Date.now;
    this.#sleep = surroundings.sleep ?? ((ms) => delay(ms));
    this.#random = surroundings.random ?? Math.random;
    this.#authorization = new Authorization(config, this.#now);
  }

  /**
   * Sends a request and returns the answer.
   *
   * Sent again, up to `attempts` times: what was not processed (no connection, 429, 503 with Retry-After, 401 once with
   * a fresh token), and repeatable requests also after a lost reply, a time-out or another 5xx. Throws
   * `EXTERNAL_UNREACHABLE` when that does not help and `EXTERNAL_REFUSED` for 401, redirects, and answers that are not
   * JSON or too long; a write whose fate is not known is `unknown`.
   */
  async send(request: HttpRequest): Promise<HttpAnswer | HttpUnknown> {
    try {
      return await pRetry(() => this.#attempt(request), {
        retries: this.#config.attempts - 1,
        // The pauses are made below, where the server's wishes are known.
        minTimeout: 0,
        maxTimeout: 0,
        factor: 1,
        randomize: false,
        shouldRetry: ({ error }) => error instanceof Attempt && (request.repeatable || !error.sent),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (!(error instanceof Attempt) || retriesLeft === 0 || (error.sent && !request.repeatable)) return;
          const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** (attemptNumber - 1));
          await this.#pause(error.waitMs ?? Math.ceil(ceiling * this.#random()), request);
        },
      });
    } catch (error) {
      if (error instanceof UnreadableAnswer) {
        const message = `${this.place(request)} ${error.message}`;
        // A write was carried out before its answer was written.
        if (!request.repeatable) return { kind: "unknown", reason: message };
        throw new SyncError("EXTERNAL_REFUSED", message, { cause: error.cause });
      }
      if (error instanceof SyncError || !(error instanceof Attempt)) throw error;
      if (error.sent && !request.repeatable) return { kind: "unknown", reason: error.message };
      throw new SyncError(
        "EXTERNAL_UNREACHABLE",
        `${this.place(request)} cannot be reached: ${error.message}; check external.url and the network.`,
        { cause: error, context: { place: this.place(request), attempts: this.#config.attempts } },
      );
    }
  }

  /** Method and URL of a request without its query, for messages. */
  place(request: Pick<HttpRequest, "method" | "path">): string {
    const url = new URL(this.#config.url);
    return `${request.method} ${url.origin}${url.pathname.replace(/\/$/, "")}${request.path}`;
  }

  async #attempt(request: HttpRequest): Promise<HttpAnswer> {
    if (this.#restUntilMs > this.#now()) await this.#pause(this.#restUntilMs - this.#now(), request);
    let answer = await this.#fetch(request);
    if (answer.status === 401 && (await this.#authorization.forget(answer.sentAs))) answer = await this.#fetch(request);
    this.#heedRateLimit(answer.headers);
    const { status, headers } = answer;
    const refuse = (message: string): AbortError =>
      new AbortError(new SyncError("EXTERNAL_REFUSED", `${this.place(request)} ${message}`, { context: { status } }));
    if (status === 401) throw refuse("refuses the credentials (401); correct external.auth.");
    if (status >= 300 && status < 400) {
      const to = headers.get("location");
      const where = to === null ? "" : ` to ${originOf(to, this.#config.url)}`;
      throw refuse(
        `answers with a redirect (${status})${where}, which is not followed: it would carry the credentials there. Set external.url to the final address.`,
      );
    }
    if (status === 429 || (status === 503 && headers.has("retry-after"))) {
      throw new Attempt(`answer ${status}`, { sent: false, waitMs: retryAfterMs(headers, this.#now()) });
    }
    if (status >= 500) {
      throw new Attempt(`answer ${status}`, { sent: true, waitMs: retryAfterMs(headers, this.#now()) });
    }
    if (answer.text.trim() === "") return { kind: "answer", status, headers, body: undefined };
    try {
      return { kind: "answer", status, headers, body: parseJson(answer.text) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // An error page says nothing in JSON; a success that is no JSON means that this is not the API.
      if (status >= 400) return { kind: "answer", status, headers, body: answer.text.slice(0, REASON_LENGTH_MAX) };
      const type = headers.get("content-type")?.split(";")[0] ?? "no content type";
      throw refuse(
        `answers ${status} with something that is not JSON (${type}: ${shown(answer.text)}), or that is cut off; correct external.url.`,
      );
    }
  }

  async #fetch(request: HttpRequest): Promise<RawAnswer> {
    const { method, path, query = {}, body } = request;
    const url = new URL(`${this.#config.url.replace(/\/$/, "")}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = new Headers({ accept: "application/json", ...this.#config.headers, ...request.headers });
    const authorization = await this.#authorization.header((error) => {
      throw new Attempt(`the token cannot be fetched (${causeOf(error)})`, { sent: false, cause: error });
    });
    if (authorization !== undefined) headers.set(authorization.name, authorization.value);
    if (body !== undefined) headers.set("content-type", "application/json");
    try {
      const response = await fetch(url, {
        method,
        headers,
        // A redirect would carry headers with secrets to wherever it points.
        redirect: "manual",
        signal: AbortSignal.timeout(this.#config.timeoutMs),
        ...(body !== undefined && { body: stringifyJson(body) }),
      });
      const text = await boundedText(response, this.#config.answerBytesMax);
      return { status: response.status, headers: response.headers, text, sentAs: authorization?.value };
    } catch (error) {
      if (error instanceof UnreadableAnswer) throw new AbortError(error);
      const why = causeOf(error);
      throw new Attempt(why, { sent: !NOT_SENT.some((code) => why.includes(code)), cause: error });
    }
  }

  /** Both the IETF draft's `RateLimit-*` and the wide-spread `X-RateLimit-*`: nothing left means wait for the reset. */
  #heedRateLimit(headers: Headers): void {
    for (const prefix of ["ratelimit", "x-ratelimit"]) {
      if (headers.get(`${prefix}-remaining`)?.trim() !== "0") continue;
      const reset = Number(headers.get(`${prefix}-reset`));
      if (!Number.isFinite(reset) || reset <= 0) continue;
      const serverMs = Date.parse(headers.get("date") ?? "");
      // A large number is a time since 1970 by the server's clock, a small one a number of seconds.
      const epochMs = reset > 1e11 ? reset : reset * 1000;
      const waitMs = reset > 1e9 ? epochMs - (Number.isNaN(serverMs) ? this.#now() : serverMs) : reset * 1000;
      this.#restUntilMs = Math.max(this.#restUntilMs, this.#now() + waitMs);
    }
  }

  async #pause(ms: number, request: HttpRequest): Promise<void> {
    if (ms > RATE_WAIT_MAX_MS) {
      throw new SyncError(
        "EXTERNAL_UNREACHABLE",
        `${this.place(request)} asks to wait ${Math.ceil(ms / 1000)} s (rate limit); the next run tries again.`,
        { context: { waitMs: Math.ceil(ms) } },
      );
    }
    if (ms > 0) await this.#sleep(ms);
  }
}

/** What an API says about a refusal: the message in its body, shortened. */
export function reasonOf(answer: HttpAnswer): string {
  const { body, status } = answer;
  const said = body === undefined ? "" : typeof body === "string" ? body : stringifyJson(body);
  return `answer ${status}${said === "" ? "" : `: ${said.slice(0, REASON_LENGTH_MAX)}`}`;
}

/** Milliseconds of a Retry-After header, which holds seconds or a date. */
function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) return undefined;
  const serverMs = Date.parse(headers.get("date") ?? "");
  return Math.max(0, atMs - (Number.isNaN(serverMs) ? nowMs : serverMs));
}

async function boundedText(response: Response, bytesMax: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = decoderFor(response.headers.get("content-type"));
  const told = Number(response.headers.get("content-length"));
  const reader = response.body.getReader();
  let text = "";
  let bytes = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > bytesMax) {
        const size = told > bytesMax ? `${told} bytes` : `more than ${bytesMax} bytes`;
        throw new UnreadableAnswer(
          `answers with ${size}, and external.answerBytesMax is ${bytesMax}; ask for smaller pages (list.paging), or raise it.`,
        );
      }
      text += decoder.decode(part.value, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    // The rest is not wanted; nobody waits for the server to hear of it.
    reader.cancel().catch(() => undefined);
    const isGarbled =
      error instanceof TypeError && "code" in error && error.code === "ERR_ENCODING_INVALID_ENCODED_DATA";
    if (!isGarbled) throw error;
    throw new UnreadableAnswer(
      `answers with text that is not ${decoder.encoding}; it has to be sent in the charset that its content-type names.`,
      { cause: error },
    );
  }
}

/** JSON is UTF-8 (RFC 8259), except where an answer says otherwise. */
function decoderFor(contentType: string | null): InstanceType<typeof TextDecoder> {
  const charset = /charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnreadableAnswer(`answers in the charset ${charset}, which is not known.`, { cause: error });
  }
}

/** The beginning of a text on one line. */
function shown(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return JSON.stringify(line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line);
}

function originOf(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : "an address that is none";
}

/** `fetch failed` hides the reason in its causes. */
function causeOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    parts.push([code, at.message].filter((part) => part !== "").join(" "));
    if (at instanceof AggregateError) parts.push(causeOf(at.errors[0]));
  }
  return parts.join(": ");
}
