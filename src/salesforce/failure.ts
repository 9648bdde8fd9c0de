/**
 * How a whole API call can fail, as one value: what the transport throws, what `classify` reads and what becomes a
 * `SyncError` once no attempt is left. Failures of single rows are not exceptions; they are in the outcomes.
 */
import type { ApiError } from "../model/salesforce-record.ts";

/** One failed call. */
export type Failure =
  /** No answer. `sent` false: the request certainly did not reach the server, so a write may be repeated. */
  | { readonly kind: "network"; readonly code: string; readonly sent: boolean }
  /** No complete answer within the time-out; the server may have done the work. */
  | { readonly kind: "timeout"; readonly timeoutMs: number }
  | {
      readonly kind: "http";
      readonly status: number;
      readonly apiErrors: readonly ApiError[];
      /** True when the body is a web page: a maintenance page, a wrong host or a proxy. */
      readonly html: boolean;
      readonly retryAfterMs: number | null;
    };

/** A call that failed. Stays inside this room: callers of the port see `SyncError`. */
export class CallFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options: { readonly cause?: unknown } = {}) {
    super(describeFailure(failure), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CallFailure";
    this.failure = failure;
  }
}

/** One line for people: the code, or what happened instead of an answer. Holds no secret and no record. */
export function describeFailure(failure: Failure): string {
  switch (failure.kind) {
    case "network":
      return failure.sent ? `connection lost before the reply (${failure.code})` : `cannot connect (${failure.code})`;
    case "timeout":
      return `no reply within ${failure.timeoutMs} ms`;
    case "http": {
      if (failure.html) return `HTTP ${failure.status} with a web page instead of data (maintenance or wrong host)`;
      const [first] = failure.apiErrors;
      return first === undefined ? `HTTP ${failure.status}` : `${first.code}: ${shorten(first.message)}`;
    }
  }
}

/** Error messages of Salesforce can quote whole queries; what people read is bounded. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MESSAGE_CHARACTERS_MAX ? line : `${line.slice(0, MESSAGE_CHARACTERS_MAX - 1)}…`;
}

const MESSAGE_CHARACTERS_MAX = 400;

/**
 * The errors in a response body, in each of the shapes that Salesforce uses: an array of `{errorCode}` (REST), items
 * with `{statusCode}` (collections), one bare object, or `{error, error_description}` (OAuth).
 * Reference: rest-api §2.2 [fixture]. Empty when the body holds none.
 */
export function parseApiErrors(body: unknown): readonly ApiError[] {
  const items: readonly unknown[] = Array.isArray(body) ? body : [body];
  return items.flatMap((item): readonly ApiError[] => {
    if (!isJsonObject(item)) return [];
    const code = item["errorCode"] ?? item["statusCode"] ?? item["error"];
    if (typeof code !== "string") return [];
    const message = item["message"] ?? item["error_description"];
    const fields = item["fields"];
    return [
      {
        code,
        message: typeof message === "string" ? message : "",
        fields: Array.isArray(fields) ? fields.filter((field) => typeof field === "string") : [],
      },
    ];
  });
}

/** A JSON object, as opposed to a scalar, an array or null. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text property of a JSON object; empty when it is missing or no text. */
export function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  return typeof value === "string" ? value : "";
}
