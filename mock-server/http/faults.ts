/** The refusals that concern a whole request, and how faults look on the wire. Source: rest-api §2.2, §14.1. */
import { OrgError, type OrgFault } from "../errors.ts";
import type { RestResult } from "./rest.ts";

/** 404: no such resource, object or record. */
export function notFound(): OrgError {
  return new OrgError(404, { code: "NOT_FOUND", message: "The requested resource does not exist" });
}

/** 404: the path segment after an object is neither an Id nor an external-Id field of it. */
export function unknownExternalIdField(segment: string): OrgError {
  const message = `Provided external ID field does not exist or is not accessible: ${segment}`;
  return new OrgError(404, { code: "NOT_FOUND", message });
}

/** 405: the resource exists but not with this method. */
export function methodNotAllowed(method: string, allowed: readonly string[]): OrgError {
  const message = `HTTP Method '${method}' not allowed. Allowed are ${allowed.join(",")}`;
  return new OrgError(405, { code: "METHOD_NOT_ALLOWED", message });
}

/** 401: no session, or none that is alive. */
export function invalidSession(): OrgError {
  return new OrgError(401, { code: "INVALID_SESSION_ID", message: "Session expired or invalid" });
}

/** 403: the day's calls are used up. */
export function requestLimitExceeded(): OrgError {
  return new OrgError(403, { code: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." });
}

/** 415: a body of a type that the resource does not read. */
export function unsupportedMediaType(mediaType: string): OrgError {
  const message = `MediaType of '${mediaType}' is not supported by this resource`;
  return new OrgError(415, { code: "UNSUPPORTED_MEDIA_TYPE", message });
}

/** 400: the body is no JSON, or JSON of another shape. */
export function jsonParserError(message: string): OrgError {
  return new OrgError(400, { code: "JSON_PARSER_ERROR", message });
}

/** 400: the resource needs a body and got none. */
export function missingBody(): OrgError {
  return jsonParserError("The HTTP entity body is required, but this request has no entity body.");
}

/** 400: the envelope of a composite-like request is not what the resource needs. */
export function invalidInput(message: string): OrgError {
  return new OrgError(400, { code: "INVALID_INPUT", message });
}

/**
 * 501: something that a real org does and this one does not. The name says what.
 * No real org answers so; a wrong answer would be worse than an unknown code.
 */
export function notImplemented(what: string): OrgError {
  return new OrgError(501, { code: "NOT_IMPLEMENTED", message: `${what} is not supported by the mock org` });
}

/** The framework's own faults and those of bulk jobs put `errorCode` first; save errors put `message` first, as recorded. */
const CODE_FIRST = new Set([
  "NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "PROCESSING_HALTED",
  "INVALIDJOB",
  "INVALIDJOBSTATE",
  "INVALIDENTITY",
  "API_ERROR",
]);

/** One fault in the shape of the REST error array. */
export function faultBody(fault: OrgFault): Record<string, unknown> {
  const { code, message, fields } = fault;
  if (CODE_FIRST.has(code) && fields === undefined) return { errorCode: code, message };
  return fields === undefined ? { message, errorCode: code } : { message, errorCode: code, fields };
}

/** A refused request as a result: the error array with its status. */
export function errorResult(error: OrgError): RestResult {
  return { status: error.statusCode, body: error.faults.map(faultBody) };
}
