/**
 * What happened inside the org while one call ran: queries with their plan, rules with their verdict, records before
 * and after. The journal makes an entry of it.
 *
 * A transaction is synchronous, so whoever notes something while it runs notes it for the call at hand.
 */
import type { Verdict } from "../dml/options.ts";
import type { RecordChange } from "../org/port.ts";
import type { QueryPlanReport } from "../soql/query.ts";

/** One query of a call. */
export interface JournalQuery extends QueryPlanReport {
  readonly soql: string;
}

/** Most of each kind that one call keeps; a call that saves thousands of records is reported by its first ones. */
export const NOTED_QUERIES_MAX = 50;
export const NOTED_VERDICTS_MAX = 300;
export const NOTED_CHANGES_MAX = 200;

/** The notes of one call. Kept verdicts and changes are bounded; the counts are true. */
export class CallTrace {
  readonly queries: JournalQuery[] = [];
  readonly verdicts: Verdict[] = [];
  readonly changes: RecordChange[] = [];
  /** Names of the faults that were applied. */
  readonly faults: string[] = [];
  verdictCount = 0;
  changeCount = 0;

  query(soql: string, plan: QueryPlanReport): void {
    if (this.queries.length < NOTED_QUERIES_MAX) this.queries.push({ soql, ...plan });
  }

  /** A broken rule is always worth its place; kept ones only while there is room. */
  verdict(verdict: Verdict): void {
    this.verdictCount += 1;
    if (this.verdicts.length < NOTED_VERDICTS_MAX) this.verdicts.push(verdict);
    else if (!verdict.kept && this.verdicts.length < 2 * NOTED_VERDICTS_MAX) this.verdicts.push(verdict);
  }

  /** Rows are frozen and shared with the store, so keeping them costs a reference. */
  changed(changes: readonly RecordChange[]): void {
    this.changeCount += changes.length;
    for (const change of changes) {
      if (this.changes.length >= NOTED_CHANGES_MAX) return;
      this.changes.push(change);
    }
  }
}
