/** `POST /composite/batch`: up to 25 independent requests, executed in order. Source: rest-api §9.2. */
import { OrgError } from "../../errors.ts";
import { errorResult, invalidInput } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import {
  type Method,
  ok,
  type RestContext,
  type RestHandler,
  type RestRequest,
  type RestResult,
} from "../../http/rest.ts";
import { internalRequest } from "./subrequests.ts";

const SUBREQUESTS_MAX = 25; // Salesforce limit
const OLDEST_SUBREQUEST_VERSION = 34;
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"];

/** `POST /composite/batch`. Every subrequest counts as an API call; the batch itself counts as the first of them. */
export const runBatch: RestHandler = (context, request) => {
  const body = requireBody(request.body);
  const list = isObject(body) ? body["batchRequests"] : undefined;
  if (!isObject(body) || !Array.isArray(list)) throw invalidInput("The batchRequests field is required.");
  if (list.length > SUBREQUESTS_MAX) {
    const message = `The request can't contain more than ${SUBREQUESTS_MAX} subrequests.`;
    throw new OrgError(400, { code: "LIMIT_EXCEEDED", message });
  }
  if (list.length > 1) context.services.usage.charge(list.length - 1);
  const haltOnError = body["haltOnError"] === true;
  const results: { statusCode: number; result: unknown }[] = [];
  let hasErrors = false;
  for (const entry of list as readonly unknown[]) {
    const result: RestResult = hasErrors && haltOnError ? HALTED : runOne(context, request, entry);
    hasErrors ||= result.status >= 400;
    results.push({ statusCode: result.status, result: result.body ?? null });
  }
  return ok({ hasErrors, results });
};

const HALTED = errorResult(
  new OrgError(412, { code: "BATCH_PROCESSING_HALTED", message: "Batch processing halted per request" }),
);

function runOne(context: RestContext, outer: RestRequest, entry: unknown): RestResult {
  const savepoint = context.tx.savepoint();
  try {
    if (!isObject(entry)) throw invalidInput("Each entry of batchRequests must be an object.");
    const { method, url, richInput } = entry;
    if (typeof method !== "string" || !METHODS.includes(method))
      throw invalidInput(`Invalid method: ${String(method)}`);
    if (typeof url !== "string") throw invalidInput("Each entry of batchRequests needs a url.");
    const address = url.startsWith("/services/data/") ? url : `/services/data/${url.replace(/^\//, "")}`;
    const inner = internalRequest(context, {
      // METHODS holds exactly the members of Method.
      method: method as Method,
      url: address,
      body: richInput,
      header: (name) => outer.header(name),
    });
    if (inner.version < OLDEST_SUBREQUEST_VERSION || inner.version > outer.version) {
      throw invalidInput(`Version ${inner.version}.0 can't be used in a batch of version ${outer.version}.0.`);
    }
    if (inner.segments[0] === "jobs") throw invalidInput(`The resource ${url} can't be used in a batch request.`);
    if (inner.segments[0] === "composite" && inner.segments[1] !== "sobjects" && inner.segments[1] !== "tree") {
      throw invalidInput(`The resource ${url} can't be used in a batch request.`);
    }
    return context.dispatch(context, inner);
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    context.tx.rollbackTo(savepoint);
    context.services.journal.noteRefusal(error);
    return errorResult(error);
  }
}
