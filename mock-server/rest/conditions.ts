/** Conditional requests on records: ETag (Account only) and modification dates. Source: rest-api §2.6. */
import { createHash } from "node:crypto";
import { OrgError } from "../errors.ts";
import { NOT_MODIFIED, type RestRequest, type RestResult } from "../http/rest.ts";
import type { Row } from "../schema/definition.ts";

/** Only these objects have ETags. */
const TAGGED_OBJECTS = new Set(["Account"]);

const CONDITIONAL_HEADERS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] as const;

/** The headers that let a client ask conditionally next time. */
export function validators(object: string, row: Row): Readonly<Record<string, string>> {
  const known = VALIDATORS.get(row);
  if (known !== undefined) return known;
  const changed = changedMs(row);
  const headers = {
    ...(TAGGED_OBJECTS.has(object) ? { ETag: entityTag(row) } : {}),
    ...(changed === undefined ? {} : { "Last-Modified": new Date(changed).toUTCString() }),
  };
  VALIDATORS.set(row, headers);
  return headers;
}

/** Rows are replaced and never changed, so these are made once for each. */
const VALIDATORS = new WeakMap<Row, Readonly<Record<string, string>>>();

/**
 * Checks the conditions of a request against the record. Returns the answer that ends the request, or undefined when it
 * goes on. Throws 412 where a precondition failed, 400 where a changing request brings a malformed header.
 */
export function checkConditions(object: string, row: Row, request: RestRequest): RestResult | undefined {
  // Most requests have no condition; they must not pay for a hash.
  if (CONDITIONAL_HEADERS.every((name) => request.header(name) === undefined)) return undefined;
  const reads = request.method === "GET" || request.method === "HEAD";
  if (TAGGED_OBJECTS.has(object)) {
    const match = request.header("if-match");
    if (match !== undefined && !tagListHolds(match, row)) throw preconditionFailed();
    const noneMatch = request.header("if-none-match");
    if (noneMatch !== undefined && tagListHolds(noneMatch, row)) {
      if (reads) return NOT_MODIFIED;
      throw preconditionFailed();
    }
  }
  const changed = changedMs(row);
  const modifiedSince = dateHeader(request, "if-modified-since", reads);
  if (modifiedSince !== undefined && changed !== undefined && changed <= modifiedSince) {
    if (reads) return NOT_MODIFIED;
    throw preconditionFailed();
  }
  const unmodifiedSince = dateHeader(request, "if-unmodified-since", reads);
  if (unmodifiedSince !== undefined && changed !== undefined && changed > unmodifiedSince) throw preconditionFailed();
  return undefined;
}

/** `If-Modified-Since` against a moment of change, for resources without records. */
export function unchangedSince(request: RestRequest, changed: number): boolean {
  const since = dateHeader(request, "if-modified-since", true);
  return since !== undefined && Math.floor(changed / 1000) * 1000 <= since;
}

function dateHeader(request: RestRequest, name: string, ignoreMalformed: boolean): number | undefined {
  const text = request.header(name);
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  if (ignoreMalformed) return undefined;
  // The status is documented, the code is from memory.
  throw new OrgError(400, { code: "INVALID_REQUEST_HEADER", message: `Invalid value for header ${name}: ${text}` });
}

function tagListHolds(header: string, row: Row): boolean {
  if (header.trim() === "*") return true;
  const plain = header.replaceAll("-gzip", "").replaceAll("W/", "");
  return plain.split(",").some((tag) => tag.trim() === entityTag(row));
}

/**
 * The tag of a record's content. The stamp would not do: its grain is one second, and two changes within one second
 * must not look alike. Rows are replaced and never changed, so the tag is made once for each.
 */
function entityTag(row: Row): string {
  const known = TAGS.get(row);
  if (known !== undefined) return known;
  const tag = `"${createHash("sha1").update(JSON.stringify(row)).digest("base64")}"`;
  TAGS.set(row, tag);
  return tag;
}

const TAGS = new WeakMap<Row, string>();

function changedMs(row: Row): number | undefined {
  const stamp = row["SystemModstamp"] ?? row["LastModifiedDate"];
  return typeof stamp === "string" ? Date.parse(stamp.replace("+0000", "Z")) : undefined;
}

function preconditionFailed(): OrgError {
  // The status is documented, code and text are from memory.
  return new OrgError(412, { code: "PRECONDITION_FAILED", message: "A precondition of the request was not met" });
}
