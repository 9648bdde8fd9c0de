/** `/composite` and `/composite/graph` on the wire (reference: rest-api §9). */
import type { ApiError } from "../model/salesforce-record.ts";
import { isJsonObject, type JsonObject, parseApiErrors } from "./failure.ts";

/** Most subrequests of one `/composite` call (rest-api §9 [doc]). */
export const COMPOSITE_SUBREQUESTS_MAX = 25;

/** Most queries or collections among them (rest-api §9 [doc]). */
export const COMPOSITE_QUERIES_MAX = 5;

/** One request inside a composite. `url` starts with `/services/data/` and is encoded. */
export interface Subrequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  /** Letters, digits and underscores, unique in its request. */
  readonly referenceId: string;
  readonly body?: JsonObject;
  /** Headers of its own; Accept, Authorization and Content-Type are not allowed (rest-api §9). */
  readonly httpHeaders?: Readonly<Record<string, string>>;
}

/** The answer to one subrequest. */
export interface Subreply {
  readonly referenceId: string;
  readonly status: number;
  readonly body: unknown;
}

/** The body of a `/composite` request whose parts are independent of each other and run in order. */
export function compositeBody(subrequests: readonly Subrequest[]): JsonObject {
  return { allOrNone: false, collateSubrequests: false, compositeRequest: subrequests };
}

/** The replies by reference; undefined when the body is not a composite response. */
export function parseCompositeReplies(body: unknown): ReadonlyMap<string, Subreply> | undefined {
  if (!isJsonObject(body)) return undefined;
  const replies = body["compositeResponse"];
  if (!Array.isArray(replies)) return undefined;
  const byReference = new Map<string, Subreply>();
  for (const reply of replies) {
    if (!isJsonObject(reply)) continue;
    const { referenceId, httpStatusCode } = reply;
    if (typeof referenceId !== "string" || typeof httpStatusCode !== "number") continue;
    byReference.set(referenceId, { referenceId, status: httpStatusCode, body: reply["body"] });
  }
  return byReference;
}

/** Whether a subrequest went well. */
export function isGood(reply: Subreply): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/** The errors of a failed subrequest; at least one, made from the status when the body names none. */
export function apiErrorsOf(reply: Subreply): readonly ApiError[] {
  const apiErrors = parseApiErrors(reply.body);
  if (apiErrors.length > 0) return apiErrors;
  const code = reply.status === 300 ? "MULTIPLE_CHOICES" : `ERROR_HTTP_${reply.status}`;
  return [{ code, message: `HTTP ${reply.status}`, fields: [] }];
}
