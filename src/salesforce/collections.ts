/**
 * Writes collections: up to five times 200 rows in one composite call, each row on its own. One outcome per operation,
 * with the record as it was right before where the operation asks for it; such reads take one of the five parts.
 *
 * A part that Salesforce refuses as a whole (one value that does not parse spoils its neighbors) comes back as
 * `retrySerially`, so that smaller parts find the culprit; a part of one row is refused for good.
 */
import type { FailureClass, RowOperation, RowOutcome } from "../model/salesforce-record.ts";
import type { CollectionPart } from "../sync/call.ts";
import type { OrgCaller } from "./caller.ts";
import { classify, classifyApiErrors } from "./classify.ts";
import {
  apiErrorsOf,
  COMPOSITE_QUERIES_MAX,
  compositeBody,
  isGood,
  parseCompositeReplies,
  type Subreply,
  type Subrequest,
} from "./composite.ts";
import { describeFailure, isJsonObject, type JsonObject, parseApiErrors } from "./failure.ts";
import { collectionReadRequests, PreImages } from "./pre-images.ts";
import { allUnknown, done, failed, unknown } from "./row-outcome.ts";
import { sendWrite, wireFields } from "./send-write.ts";

/** Most rows of one collection (rest-api §9 [doc]). */
const COLLECTION_ROWS_MAX = 200;

/** Sends at most five collections in one composite call, the reads before them included. */
export async function executeCollections(
  caller: OrgCaller,
  parts: readonly CollectionPart[],
): Promise<readonly RowOutcome[]> {
  const { root } = caller.connection;
  const operations = parts.flatMap((part) => part.operations);
  const reads = collectionReadRequests(operations, root);
  const count = parts.length + reads.length;
  if (count > COMPOSITE_QUERIES_MAX || parts.some((part) => part.operations.length > COLLECTION_ROWS_MAX)) {
    throw new RangeError(
      `a composite holds at most ${COMPOSITE_QUERIES_MAX} collections of at most ${COLLECTION_ROWS_MAX} rows`,
    );
  }
  const subrequests = [...reads, ...parts.map((part, index) => collectionSubrequest(part, `part${index}`, root))];
  const sent = await sendWrite(
    caller,
    { operations, divisible: operations.length > 1 },
    {
      method: "POST",
      path: `${root}/composite`,
      json: compositeBody(subrequests),
    },
  );
  if (sent.kind === "failed") return sent.outcomes;
  const replies = parseCompositeReplies(sent.reply.body);
  if (replies === undefined) return allUnknown(operations, "the reply is not a composite response");
  const preImages = new PreImages(replies, reads);
  const outcomes = parts.flatMap((part, index) => partOutcomes(part, replies.get(`part${index}`)));
  return operations.map((operation, index) => preImages.tell(operation, outcomes[index] ?? lost(operation)));
}

function lost(operation: RowOperation): RowOutcome {
  return unknown(operation, "the reply holds no result for this row");
}

function collectionSubrequest(part: CollectionPart, referenceId: string, root: string): Subrequest {
  const collections = `${root}/composite/sobjects`;
  switch (part.verb) {
    case "upsert": {
      const { keyField } = part;
      if (keyField === null) throw new RangeError(`upsert of ${part.object} needs an external-Id field`);
      return {
        method: "PATCH",
        url: `${collections}/${part.object}/${keyField}`,
        referenceId,
        body: { allOrNone: false, records: part.operations.map((operation) => collectionRow(operation)) },
      };
    }
    case "update":
      return {
        method: "PATCH",
        url: collections,
        referenceId,
        body: { allOrNone: false, records: part.operations.map((operation) => collectionRow(operation)) },
      };
    case "delete": {
      const ids = part.operations.map((operation) => (operation.kind === "delete" ? operation.recordId : ""));
      return { method: "DELETE", url: `${collections}?ids=${ids.join(",")}&allOrNone=false`, referenceId };
    }
  }
}

function collectionRow(operation: RowOperation): JsonObject {
  const attributes = { type: operation.object };
  switch (operation.kind) {
    case "upsert":
      return { attributes, ...wireFields(operation.fields, noReferences), [operation.keyField]: operation.key };
    case "update":
      return { attributes, id: operation.recordId, ...wireFields(operation.fields, noReferences) };
    case "delete":
      return { attributes, id: operation.recordId };
  }
}

function noReferences(opId: string): string {
  throw new RangeError(`operation ${opId} is referenced from a collection; only graphs can refer to operations`);
}

function partOutcomes(part: CollectionPart, reply: Subreply | undefined): readonly RowOutcome[] {
  const { operations } = part;
  if (reply === undefined) return allUnknown(operations, "the composite response lacks this part");
  if (!isGood(reply)) return wholePartOutcomes(operations, reply);
  const { body } = reply;
  if (!Array.isArray(body) || body.length !== operations.length) {
    return allUnknown(operations, "the reply does not hold one result per row");
  }
  return operations.map((operation, index) => rowOutcome(operation, body[index]));
}

function wholePartOutcomes(operations: readonly RowOperation[], reply: Subreply): readonly RowOutcome[] {
  const apiErrors = apiErrorsOf(reply);
  const failure = { kind: "http", status: reply.status, apiErrors, html: false, retryAfterMs: null } as const;
  const failureClass = classify(failure, "write");
  if (failureClass === "unknown") return allUnknown(operations, describeFailure(failure));
  return operations.map((operation) => failed(operation, smallerFirst(failureClass, operations.length), apiErrors));
}

/** A refusal of many rows at once says nothing about each of them: smaller groups tell who is to blame. */
function smallerFirst(failureClass: FailureClass, rows: number): FailureClass {
  const blamesRows = failureClass === "refused" || failureClass === "configuration" || failureClass === "replan";
  return blamesRows && rows > 1 ? "retrySerially" : failureClass;
}

function rowOutcome(operation: RowOperation, result: unknown): RowOutcome {
  if (!isJsonObject(result)) return unknown(operation, "the result of this row is not an object");
  if (result["success"] === true) {
    return done(operation, result["id"], result["created"] === true);
  }
  const apiErrors = parseApiErrors(result["errors"]);
  return failed(operation, classifyApiErrors(apiErrors), apiErrors);
}
