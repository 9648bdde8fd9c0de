/**
 * Pre-images on the wire: reads that go before the writes of the same call, and their answers.
 *
 * A composite reads with sObject Collections, a graph with one node per record. Both answer with the record's own
 * fields; paths to parents are not asked for, because no document says that they are served there.
 */
import type { RowOperation, RowOutcome, SalesforceRecord } from "../model/salesforce-record.ts";
import { collectionReads, readsOf } from "../sync/pre-image.ts";
import { isGood, type Subreply, type Subrequest } from "./composite.ts";
import { isJsonObject } from "./failure.ts";

/** The reads of a composite: one request per object (reference: change-events §6.1). */
export function collectionReadRequests(operations: readonly RowOperation[], root: string): readonly Subrequest[] {
  return collectionReads(operations).map(({ object, recordIds, fields }, index) => ({
    method: "POST",
    url: `${root}/composite/sobjects/${object}`,
    referenceId: referenceOf(index),
    body: { ids: recordIds, fields },
  }));
}

/** The reads of a graph: one node per record (reference: change-events §6.1). */
export function rowReadRequests(operations: readonly RowOperation[], root: string): readonly Subrequest[] {
  return readsOf(operations).map(({ object, recordId, fields }, index) => ({
    method: "GET",
    url: `${root}/sobjects/${object}/${recordId}?fields=${fields.join(",")}`,
    referenceId: referenceOf(index),
  }));
}

/** Gives outcomes what was read before them; a record that several operations touch is reported with the first one. */
export class PreImages {
  readonly #records = new Map<string, SalesforceRecord>();

  constructor(replies: ReadonlyMap<string, Subreply>, reads: readonly Subrequest[]) {
    for (const { referenceId } of reads) {
      const reply = replies.get(referenceId);
      if (reply === undefined || !isGood(reply)) continue;
      // A record that is gone, or that the user may not see, is null.
      for (const record of [reply.body].flat()) {
        if (!isJsonObject(record) || typeof record["Id"] !== "string") continue;
        this.#records.set(record["Id"], record);
      }
    }
  }

  tell(operation: RowOperation, outcome: RowOutcome): RowOutcome {
    if (outcome.kind !== "done" || operation.kind === "upsert") return outcome;
    const preImage = (operation.preImage ?? []).flatMap(({ recordId }) => {
      const record = this.#records.get(recordId);
      this.#records.delete(recordId);
      return record === undefined ? [] : [record];
    });
    return preImage.length === 0 ? outcome : { ...outcome, preImage };
  }
}

function referenceOf(index: number): string {
  return `before${index}`;
}
