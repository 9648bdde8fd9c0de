/** Writes one record through the API, if it still is what was read. */
import { createHash } from "node:crypto";
import { SyncError } from "../../errors.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { atPointer, isArray, type Json, stringifyJson, withPointer } from "../json.ts";
import { type HttpAnswer, type HttpClient, type HttpRequest, reasonOf } from "./client.ts";
import type { HttpCollectionConfig, HttpConfig } from "./config.ts";
import {
  decodeRecord,
  EncodingProblem,
  encodeFields,
  encodeKey,
  encodeLines,
  isDeleted,
  pathFor,
  withoutKey,
} from "./record.ts";

/** One collection of an API. */
export interface HttpTarget {
  readonly client: HttpClient;
  readonly config: HttpConfig;
  readonly name: string;
  readonly collection: HttpCollectionConfig;
}

/** A record with the document that it was read from. */
export interface FetchedRecord {
  readonly record: ExternalRecord;
  readonly document: Json;
}

/** Reads one record; undefined when the API says that there is none (404, 410). */
export async function fetchRecord(target: HttpTarget, naturalKey: NaturalKey): Promise<FetchedRecord | undefined> {
  const { client, collection } = target;
  if (naturalKey.length !== collection.key.length) return undefined;
  const path = pathFor(collection.item.path, collection.key, naturalKey);
  const request = { method: "GET", path, repeatable: true } as const;
  const answer = await client.send(request);
  if (answer.kind === "unknown") throw new Error("a repeatable request has no unknown fate");
  if (answer.status === 404 || answer.status === 410) return undefined;
  const document = answer.body === undefined ? undefined : atPointer(answer.body, collection.item.data);
  if (answer.status >= 400 || document === undefined || document === null) {
    throw new SyncError("EXTERNAL_REFUSED", `${client.place(request)} shows no record: ${reasonOf(answer)}`);
  }
  const record = decodeRecord(collection, document, answer.headers.get("etag"), (problem) => {
    throw new SyncError("EXTERNAL_REFUSED", `${client.place(request)} ${problem} (${reasonOf(answer)})`);
  });
  // A tombstone that can still be read is a record that is gone.
  if (isDeleted(collection, document)) return undefined;
  return { record, document };
}

/**
 * Applies one operation. Reads the record first: a create that finds it has landed before, an update that finds another
 * version is stale. With `version: etag` or `ifMatch` the API itself checks once more while it writes.
 */
export async function applyOperation(target: HttpTarget, operation: ExternalOperation): Promise<ExternalOutcome> {
  const { opId, naturalKey, change, expectedVersion } = operation;
  const { collection } = target;
  const endpoint = collection[change.kind];
  const refused = (reason: string): ExternalOutcome => ({ kind: "refused", opId, reason });
  if (endpoint === undefined) {
    return refused(`collection "${target.name}" has no \`${change.kind}\` in the configuration`);
  }
  if (naturalKey.length !== collection.key.length || naturalKey.includes("")) {
    return refused(`key [${naturalKey.join(", ")}] must have ${collection.key.length} parts that are not empty`);
  }
  const before = await fetchRecord(target, naturalKey);
  if (change.kind === "delete" && before === undefined) return { kind: "done", opId, version: null };
  if ((change.kind === "create") !== (before === undefined)) return { kind: "stale", opId };
  if (expectedVersion !== null && before?.record.version !== expectedVersion) return { kind: "stale", opId };
  try {
    const answer = await target.client.send(writeRequest(target, operation, before));
    if (answer.kind === "unknown") return { kind: "unknown", opId, reason: answer.reason };
    return await outcomeOf(target, { operation, before, answer });
  } catch (error) {
    if (error instanceof EncodingProblem) return refused(error.message);
    throw error;
  }
}

function writeRequest(
  target: HttpTarget,
  operation: ExternalOperation,
  before: FetchedRecord | undefined,
): HttpRequest {
  const { collection, config } = target;
  const { naturalKey, change } = operation;
  const endpoint = collection[change.kind];
  if (endpoint === undefined) throw new Error("the endpoint has been looked up");
  const method = "method" in endpoint ? endpoint.method : "DELETE";
  const wrap = "wrap" in endpoint ? endpoint.wrap : "";
  const document =
    change.kind === "delete" ? undefined : bodyOf(collection, { operation, before, whole: method === "PUT" });
  const body = document === undefined ? undefined : withPointer({}, wrap, document);
  const path = pathFor(endpoint.path, collection.key, naturalKey);
  const headers: Record<string, string> = {};
  const { version } = collection;
  const condition = operation.expectedVersion ?? before?.record.version;
  const byHeader = version.kind === "etag" || (version.kind === "field" && version.ifMatch);
  if (byHeader && condition !== null && condition !== undefined) headers["if-match"] = condition;
  if (version.kind === "etag" && change.kind === "create" && method === "PUT") headers["if-none-match"] = "*";
  if (config.idempotencyHeader !== undefined) {
    // The same write has the same name in every run, so that one whose reply was lost can be sent again.
    const facts = [
      config.name,
      target.name,
      naturalKey,
      change.kind,
      body === undefined ? "" : stringifyJson(body),
      condition,
    ];
    headers[config.idempotencyHeader] = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 36);
  }
  return {
    method,
    path,
    headers,
    ...(body !== undefined && { body }),
    repeatable: config.idempotencyHeader !== undefined,
  };
}

/** The record as it is sent: whole, or only with what changes. Throws `EncodingProblem`. */
function bodyOf(
  collection: HttpCollectionConfig,
  facts: { readonly operation: ExternalOperation; readonly before: FetchedRecord | undefined; readonly whole: boolean },
): Json {
  const { operation, before, whole } = facts;
  const { change, naturalKey } = operation;
  if (change.kind === "delete") throw new Error("a delete has no body");
  const start = whole && before !== undefined ? before.document : {};
  const keyed = change.kind === "create" ? encodeKey(collection.key, start, naturalKey) : start;
  const fields = withoutKey(collection, change.fields, { naturalKey, isNew: change.kind === "create" });
  let body = encodeFields(collection.fields, keyed, fields);
  if (change.lines !== undefined && change.lines.length > 0) {
    if (collection.lines === undefined) throw new EncodingProblem("the collection has no lines in the configuration");
    const known = before === undefined ? undefined : atPointer(before.document, collection.lines.pointer);
    const lines = encodeLines(collection.lines, isArray(known) ? known : [], change.lines);
    body = withPointer(body, collection.lines.pointer, lines);
  }
  if (collection.version.kind !== "field" || collection.version.ifMatch || before === undefined) return body;
  // The version in the API's own type: the API compares it while it writes.
  const version = atPointer(before.document, collection.version.pointer);
  return version === undefined ? body : withPointer(body, collection.version.pointer, version);
}

async function outcomeOf(
  target: HttpTarget,
  facts: {
    readonly operation: ExternalOperation;
    readonly before: FetchedRecord | undefined;
    readonly answer: HttpAnswer;
  },
): Promise<ExternalOutcome> {
  const { operation, before, answer } = facts;
  const { opId, naturalKey, change } = operation;
  const { status } = answer;
  if (status < 300) {
    if (change.kind === "delete") return { kind: "done", opId, version: null };
    const etag = target.collection.version.kind === "etag" ? answer.headers.get("etag") : null;
    if (etag !== null) return { kind: "done", opId, version: etag };
    const now = await recordNow(target, naturalKey);
    // The write was accepted, whatever this read says; the next read tells the version.
    if (now === "unreadable") return { kind: "done", opId, version: null };
    // Some APIs say 200 and mean an error; taken for done, the old value would come back as an edit of theirs.
    if (now === undefined) {
      return {
        kind: "refused",
        opId,
        reason: `the API accepted the write and has no such record (${reasonOf(answer)})`,
      };
    }
    const { version } = now.record;
    if (change.kind === "update" && version !== null && version === before?.record.version) {
      return { kind: "refused", opId, reason: `the API accepted the write and changed nothing (${reasonOf(answer)})` };
    }
    return { kind: "done", opId, version };
  }
  if (status === 404 || status === 410) {
    return change.kind === "delete" ? { kind: "done", opId, version: null } : { kind: "stale", opId };
  }
  if (status === 412) return { kind: "stale", opId };
  if (status === 409) {
    // Some APIs say 409 for a record that moved, others for a rule of theirs: look which one it is.
    const now = await fetchRecord(target, naturalKey);
    if (now?.record.version !== before?.record.version) return { kind: "stale", opId };
  }
  return { kind: "refused", opId, reason: reasonOf(answer) };
}

async function recordNow(
  target: HttpTarget,
  naturalKey: NaturalKey,
): Promise<FetchedRecord | "unreadable" | undefined> {
  try {
    return await fetchRecord(target, naturalKey);
  } catch (error) {
    if (error instanceof SyncError) return "unreadable";
    throw error;
  }
}
