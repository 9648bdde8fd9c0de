/** Query results in the forms of the Bulk APIs. Source: rest-api §5.3, §12, §13; which queries they answer: `soql/bulk.ts`. */
import { computedRecords } from "../../org/computed-records.ts";
import { visibleRecords } from "../../org/dataset.ts";
import type { MockOrgCore } from "../../org/org.ts";
import type { Actor } from "../../org/port.ts";
import type { JsonObject } from "../../soql/base/port.ts";
import { csvRow } from "../../soql/bulk.ts";
import type { PreparedQuery } from "../../soql/query.ts";
import { type CsvForm, csvLine } from "./csv.ts";

/** A query ready to run for somebody. */
export interface BulkQuery {
  readonly actor: Actor;
  readonly prepared: PreparedQuery;
  readonly apiVersion: number;
  readonly includeDeleted: boolean;
}

/** Runs a query in a transaction of its own; one line a record. */
export function queryCsv(org: MockOrgCore, query: BulkQuery & CsvForm): readonly string[] {
  return queryRecords(org, query).map((record) => csvLine(csvRow(query.prepared, record), query));
}

/** Runs a query in a transaction of its own; records as JSON shows them, parents and `attributes` included. */
export function queryRecords(org: MockOrgCore, query: BulkQuery): readonly JsonObject[] {
  const { actor, prepared, apiVersion, includeDeleted } = query;
  return org.transaction(actor, (tx) => {
    const outcome = prepared.run({
      catalog: actor.access.catalog,
      data: computedRecords(tx, visibleRecords(tx)),
      nowMs: org.clock.nowMs(),
      userId: actor.userId,
      timeZone: actor.timeZone,
      locale: actor.locale,
      apiVersion,
      includeDeleted,
      wireDoubles: true,
    });
    return outcome.records;
  });
}
