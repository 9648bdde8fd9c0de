/** `POST /composite`: up to 25 requests that may refer to each other, in one call. Source: rest-api §9.1. */
import { OrgError } from "../../errors.ts";
import { invalidInput } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import { ok, type RestHandler } from "../../http/rest.ts";
import { readSubrequests, runSubrequests, type Subrequest } from "./subrequests.ts";

const SUBREQUESTS_MAX = 25; // Salesforce limit
const HEAVY_SUBREQUESTS_MAX = 5; // Salesforce limit: query, queryAll and collections together

/** `GET /composite`: the members of the family. */
export const readCompositeResources: RestHandler = (_, { version }) => {
  const base = `/services/data/v${version}.0/composite`;
  return ok({
    tree: `${base}/tree`,
    batch: `${base}/batch`,
    sobjects: `${base}/sobjects`,
    graph: `${base}/graph`,
  });
};

/**
 * `POST /composite`. `collateSubrequests` is accepted and has no effect: collation only saves time on the platform, and
 * this org always executes in the order of the request.
 */
export const runComposite: RestHandler = (context, request) => {
  const body = requireBody(request.body);
  if (!isObject(body)) throw invalidInput("The composite request must be an object.");
  const subrequests = readSubrequests(body["compositeRequest"], request.version);
  if (subrequests.length > SUBREQUESTS_MAX) {
    throw tooMany(`The request can't contain more than ${SUBREQUESTS_MAX} subrequests.`);
  }
  if (subrequests.filter(isHeavy).length > HEAVY_SUBREQUESTS_MAX) {
    throw tooMany(`The request can't contain more than ${HEAVY_SUBREQUESTS_MAX} query or collections subrequests.`);
  }
  for (const subrequest of subrequests) {
    if (!isComposable(subrequest.url)) {
      throw invalidInput(`The resource ${subrequest.url} can't be used in a composite request.`);
    }
  }
  const { responses } = runSubrequests(context, request, subrequests, { allOrNone: body["allOrNone"] === true });
  return ok({ compositeResponse: responses });
};

const COMPOSABLE =
  /^\/services\/data\/v\d+\.0\/(?:sobjects|query|queryAll|search|parameterizedSearch|limits|composite\/sobjects)(?:[/?]|$)/;

/** Addresses outside `/services/data` fail their subrequest only; resources that are not composable fail the call. */
function isComposable(url: string): boolean {
  return !/^\/services\/data\/v\d+\.0\/(?:composite|jobs|tooling|metadata)/.test(url) || COMPOSABLE.test(url);
}

function isHeavy({ url }: Subrequest): boolean {
  return /^\/services\/data\/v\d+\.0\/(?:query|queryAll|composite\/sobjects)(?:[/?]|$)/.test(url);
}

/** The limits are documented, code and texts are from memory. */
function tooMany(message: string): OrgError {
  return new OrgError(400, { code: "LIMIT_EXCEEDED", message });
}
