/**
 * Writes rows one by one in a composite, each only if the record was not modified since it was read
 * (`If-Unmodified-Since`; reference: change-events §6.3). One outcome per operation.
 *
 * The header has a grain of one second: an edit within the second of the stamp that was read is not noticed by it.
 */
import type { RowOperation, RowOutcome } from "../model/salesforce-record.ts";
import type { OrgCaller } from "./caller.ts";
import { classify } from "./classify.ts";
import {
  apiErrorsOf,
  COMPOSITE_SUBREQUESTS_MAX,
  compositeBody,
  isGood,
  parseCompositeReplies,
  type Subreply,
  type Subrequest,
} from "./composite.ts";
import { describeFailure, isJsonObject } from "./failure.ts";
import { collectionReadRequests, PreImages } from "./pre-images.ts";
import { allUnknown, done, failed, unknown } from "./row-outcome.ts";
import { rowRequest } from "./row-request.ts";
import { sendWrite } from "./send-write.ts";

/** Sends at most 25 rows in one composite call, the reads before them included. */
export async function executeRows(
  caller: OrgCaller,
  operations: readonly RowOperation[],
): Promise<readonly RowOutcome[]> {
  const { root } = caller.connection;
  const reads = collectionReadRequests(operations, root);
  if (operations.length + reads.length > COMPOSITE_SUBREQUESTS_MAX) {
    throw new RangeError(`a composite holds at most ${COMPOSITE_SUBREQUESTS_MAX} requests`);
  }
  const subrequests = [...reads, ...operations.map((operation, index) => conditionalRequest(operation, index, root))];
  const sent = await sendWrite(
    caller,
    { operations, divisible: operations.length > 1 },
    { method: "POST", path: `${root}/composite`, json: compositeBody(subrequests) },
  );
  if (sent.kind === "failed") return sent.outcomes;
  const replies = parseCompositeReplies(sent.reply.body);
  if (replies === undefined) return allUnknown(operations, "the reply is not a composite response");
  const preImages = new PreImages(replies, reads);
  return operations.map((operation, index) =>
    preImages.tell(operation, rowOutcome(operation, replies.get(referenceOf(index)))),
  );
}

function conditionalRequest(operation: RowOperation, index: number, root: string): Subrequest {
  const since = operation.kind === "update" ? operation.unmodifiedSince : undefined;
  return {
    ...rowRequest(operation, root, (opId) => {
      throw new RangeError(`operation ${opId} is referenced from a single row; only graphs can refer to operations`);
    }),
    referenceId: referenceOf(index),
    ...(since === undefined ? {} : { httpHeaders: { "If-Unmodified-Since": httpDate(since) } }),
  };
}

/** A `SystemModstamp` as an HTTP date; what is below a second is cut off, as Salesforce's own grain is a second. */
function httpDate(stamp: string): string {
  return new Date(Date.parse(stamp.replace(/\+0000$/, "Z"))).toUTCString();
}

function rowOutcome(operation: RowOperation, reply: Subreply | undefined): RowOutcome {
  if (reply === undefined) return unknown(operation, "the reply lacks this row");
  if (isGood(reply)) {
    const body = isJsonObject(reply.body) ? reply.body : {};
    return done(operation, body["id"], reply.status === 201 || body["created"] === true);
  }
  const apiErrors = apiErrorsOf(reply);
  const failure = { kind: "http", status: reply.status, apiErrors, html: false, retryAfterMs: null } as const;
  const failureClass = classify(failure, "write");
  return failureClass === "unknown"
    ? unknown(operation, describeFailure(failure))
    : failed(operation, failureClass, apiErrors);
}

function referenceOf(index: number): string {
  return `row${index}`;
}
