/** Query results as CSV lines. Source: rest-api §5.3, §12; which queries Bulk answers is `soql/bulk.ts`. */
import { computedRecords } from "../org/computed-records.ts";
import type { Actor } from "../org/contract.ts";
import { visibleRecords } from "../org/dataset.ts";
import type { MockOrgCore } from "../org/org.ts";
import { csvRow } from "../soql/bulk.ts";
import type { PreparedQuery } from "../soql/query.ts";
import { type CsvForm, csvLine } from "./csv.ts";

/** A query ready to run for somebody. */
export interface CsvQuery extends CsvForm {
  readonly actor: Actor;
  readonly prepared: PreparedQuery;
  readonly apiVersion: number;
  readonly includeDeleted: boolean;
}

/** Runs a query in a transaction of its own; one line a record. */
export function queryCsv(org: MockOrgCore, query: CsvQuery): readonly string[] {
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
    });
    return outcome.records.map((record) => csvLine(csvRow(prepared, record), query));
  });
}
