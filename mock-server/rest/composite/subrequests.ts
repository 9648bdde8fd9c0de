/**
 * Runs a list of subrequests one after the other inside one transaction: the heart of `/composite` and of each graph.
 *
 * Every subrequest has a savepoint. In a list that stands or falls as a whole the first failure undoes everything and
 * halts all others. Source: rest-api §9.1, §9.5.
 */
import { OrgError } from "../../errors.ts";
import { errorResult, faultBody, invalidInput, notFound } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import type { Method, RestContext, RestRequest, RestResult } from "../../http/rest.ts";
import { checkVersion } from "../../http/versions.ts";
import { type Answers, substitute, substituteUrl } from "./references.ts";

/** One entry of `compositeRequest` after its form was checked. */
export interface Subrequest {
  readonly method: Method;
  readonly url: string;
  readonly referenceId: string;
  readonly body: unknown;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** One entry of `compositeResponse`. */
export interface Subresponse {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"];
const INHERITED_HEADERS = ["accept", "authorization", "content-type"];
/** From this version on an illegal reference id refuses the whole request. */
const STRICT_REFERENCE_VERSION = 52;

/** Checks the entries of `compositeRequest`; throws `OrgError` (400) for the request as a whole. */
export function readSubrequests(list: unknown, version: number): readonly Subrequest[] {
  if (!Array.isArray(list)) throw invalidInput("The compositeRequest field is required and must be a list.");
  const seen = new Set<string>();
  return list.map((entry: unknown) => {
    if (!isObject(entry)) throw invalidInput("Each entry of compositeRequest must be an object.");
    const { method, url, referenceId, body, httpHeaders } = entry;
    if (typeof referenceId !== "string" || referenceId === "") {
      throw invalidInput("Each subrequest needs a referenceId.");
    }
    if (version >= STRICT_REFERENCE_VERSION && !/^[A-Za-z0-9][A-Za-z0-9_]*$/.test(referenceId)) {
      throw invalidInput(
        `Provided referenceId ('${referenceId}') must start with a letter or a number, ` +
          "and it can contain only letters, numbers and underscores ('_').",
      );
    }
    if (seen.has(referenceId)) throw invalidInput(`Duplicate referenceId provided in the request: ${referenceId}`);
    seen.add(referenceId);
    if (typeof method !== "string" || !METHODS.includes(method)) {
      throw invalidInput(`Invalid method for subrequest ${referenceId}: ${String(method)}`);
    }
    if (typeof url !== "string") throw invalidInput(`Subrequest ${referenceId} needs a url.`);
    // METHODS holds exactly the members of Method.
    return { method: method as Method, url, referenceId, body, headers: readHeaders(referenceId, httpHeaders) };
  });
}

function readHeaders(referenceId: string, headers: unknown): ReadonlyMap<string, string> {
  if (headers === undefined || headers === null) return new Map();
  if (!isObject(headers)) throw invalidInput(`The httpHeaders of subrequest ${referenceId} must be an object.`);
  return new Map(
    Object.entries(headers).map(([name, value]) => {
      if (INHERITED_HEADERS.includes(name.toLowerCase())) {
        throw invalidInput(`Subrequest ${referenceId} must not bring the header ${name}.`);
      }
      return [name.toLowerCase(), String(value)];
    }),
  );
}

/** What became of a list of subrequests. */
export interface Outcome {
  readonly responses: readonly Subresponse[];
  /** True where the list stood or fell as a whole and fell. */
  readonly rolledBack: boolean;
}

/** Executes subrequests in order. */
export function runSubrequests(
  context: RestContext,
  request: RestRequest,
  subrequests: readonly Subrequest[],
  { allOrNone }: { readonly allOrNone: boolean },
): Outcome {
  const start = context.tx.savepoint();
  const inner: RestContext = { ...context, wholeOrNothing: allOrNone || context.wholeOrNothing };
  const answers = new Map<string, unknown>();
  const responses: Subresponse[] = [];
  for (const subrequest of subrequests) {
    const result = runOne(inner, request, subrequest, answers);
    answers.set(subrequest.referenceId, result.body);
    responses.push(subresponse(subrequest.referenceId, result));
    if (allOrNone && failed(result)) {
      context.tx.rollbackTo(start);
      return { responses: subrequests.map((other) => halted(other, subrequest, result)), rolledBack: true };
    }
  }
  return { responses, rolledBack: false };
}

function runOne(context: RestContext, outer: RestRequest, subrequest: Subrequest, answers: Answers): RestResult {
  const savepoint = context.tx.savepoint();
  try {
    const url = substituteUrl(subrequest.url, answers);
    const body = substitute(subrequest.body, answers);
    const header = (name: string): string | undefined =>
      subrequest.headers.get(name) ?? (INHERITED_HEADERS.includes(name) ? outer.header(name) : undefined);
    return context.dispatch(context, internalRequest(context, { method: subrequest.method, url, body, header }));
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    context.tx.rollbackTo(savepoint);
    context.services.journal.noteRefusal(error);
    return errorResult(error);
  }
}

/** A request from an address such as `/services/data/v62.0/query?q=…`; throws `OrgError` where it has another form. */
export function internalRequest(
  context: RestContext,
  parts: Pick<RestRequest, "method" | "body" | "header"> & { readonly url: string },
): RestRequest {
  const { url, method, body, header } = parts;
  const [path = "", ...queryParts] = url.split("?");
  const [empty, services, data, versionSegment = "", ...rest] = path.split("/");
  if (empty !== "" || services !== "services" || data !== "data") throw notFound();
  const verdict = checkVersion(context.services.versions, versionSegment);
  if (verdict.kind !== "live") throw notFound();
  if (rest.at(-1) === "") rest.pop();
  return {
    method,
    version: verdict.version,
    segments: rest.map(decodeSegment),
    query: new URLSearchParams(queryParts.join("?")),
    header,
    wire: "json",
    body: method === "GET" || method === "HEAD" ? undefined : (body ?? undefined),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
}

function subresponse(referenceId: string, result: RestResult): Subresponse {
  return {
    body: result.body ?? null,
    httpHeaders: result.headers ?? {},
    httpStatusCode: result.status,
    referenceId,
  };
}

/** A refused subrequest, or a collection with a refused record: both bring an all-or-none list down. */
function failed(result: RestResult): boolean {
  if (result.status >= 400 || result.status === 300) return true;
  return Array.isArray(result.body) && result.body.some((item: unknown) => isObject(item) && item["success"] === false);
}

/** The culprit keeps its answer; everybody else was rolled back. */
function halted(subrequest: Subrequest, culprit: Subrequest, result: RestResult): Subresponse {
  if (subrequest === culprit) return subresponse(culprit.referenceId, result);
  return haltedSubresponse(subrequest.referenceId);
}

/** The answer of a subrequest that was rolled back, or never executed, because another one failed. */
export function haltedSubresponse(referenceId: string): Subresponse {
  const message = "The transaction was rolled back since another operation in the same transaction failed.";
  return {
    body: [faultBody({ code: "PROCESSING_HALTED", message })],
    httpHeaders: {},
    httpStatusCode: 400,
    referenceId,
  };
}
