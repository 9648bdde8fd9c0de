/**
 * Keeps the budget of API calls: asks before each call whether it may be made, and counts it for every process that shares
 * the state.
 *
 * A call is booked before it is sent, as many as the call is predicted to take; what it took in the end is put right with
 * the next one, and when the org is closed. So processes that work side by side keep one limit, and a restart does not
 * start the day's count over.
 */
import { SyncError } from "../errors.ts";
import type { SalesforceOrg } from "../salesforce/port.ts";
import type { StateUpkeep } from "../state/upkeep.ts";
import { allowCalls, type BudgetLimits } from "../sync/budget.ts";
import { BULK_JOB_CALLS } from "../sync/sequence.ts";

/** What the budget is kept by. */
export interface BudgetKeeping {
  readonly limits: BudgetLimits;
  readonly upkeep: Pick<StateUpkeep, "bookCalls">;
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;
/** Without a daily limit calls are only counted, and this many at a time, which costs next to nothing. */
const COUNTED_AT_A_TIME = 50;

/** The org with a guard before each method that costs calls. Without a daily number only the reserve is kept. */
export function withinBudget(org: SalesforceOrg, keeping: BudgetKeeping): SalesforceOrg {
  const ledger = new CallLedger(org, keeping);
  return {
    connect: () => org.connect(),
    describe: (objects) => ledger.during(1, () => org.describe(objects)),
    poll: (requests) => ledger.during(1, () => org.poll(requests)),
    read: (request) => ledger.during(1, () => org.read(request)),
    query: (soql) => ledger.during(1, () => org.query(soql)),
    execute: (call, listener) => ledger.during(call.predictedCalls, () => org.execute(call, listener)),
    endOfJob: (jobId) => ledger.during(BULK_JOB_CALLS, () => org.endOfJob(jobId)),
    holdOff: (attempt) => org.holdOff(attempt),
    usage: () => org.usage(),
    close: async () => {
      await ledger.close();
      await org.close();
    },
  };
}

/** Books calls before they are made. */
class CallLedger {
  readonly #org: SalesforceOrg;
  readonly #keeping: BudgetKeeping;
  readonly #callsBefore: number;
  #booked = 0;
  #underWay = 0;

  constructor(org: SalesforceOrg, keeping: BudgetKeeping) {
    this.#org = org;
    this.#keeping = keeping;
    this.#callsBefore = org.usage().calls;
  }

  /** Throws `SALESFORCE_LIMIT` when this many more calls are too many, else makes them. */
  async during<Result>(calls: number, work: () => Promise<Result>): Promise<Result> {
    await this.#ask(calls);
    this.#underWay += calls;
    try {
      return await work();
    } finally {
      this.#underWay -= calls;
    }
  }

  /** Brings the count up to date. A state that cannot be written has been reported where it mattered. */
  async close(): Promise<void> {
    try {
      await this.#book(this.#due(0), null);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
    }
  }

  async #ask(calls: number): Promise<void> {
    const { limits } = this.#keeping;
    const { used, limit } = this.#org.usage();
    const due = this.#due(calls);
    const answer =
      limits.dailyCalls === null && due < COUNTED_AT_A_TIME ? null : await this.#book(due, limits.dailyCalls);
    // What is booked for this process's own calls that are not made yet is not to be counted twice.
    const ownCalls = answer === null ? 0 : answer.counted + due - calls;
    const allowance = allowCalls(limits, { ownCalls, orgUsed: used, orgLimit: limit }, calls);
    if (allowance.kind === "refused") throw new SyncError("SALESFORCE_LIMIT", `The run ${allowance.message}`);
  }

  /** Calls to book, so that all that were made, are under way or come now are booked. */
  #due(calls: number): number {
    const made = this.#org.usage().calls - this.#callsBefore;
    return made + this.#underWay + calls - this.#booked;
  }

  async #book(calls: number, callsMax: number | null): Promise<{ readonly counted: number }> {
    const { upkeep, nowMs } = this.#keeping;
    const atMs = nowMs();
    // Booked at once here, so that a call that is asked for meanwhile does not book them again.
    this.#booked += calls;
    const answer = await upkeep.bookCalls({ atMs, calls, sinceMs: atMs - DAY_MS, callsMax });
    if (!answer.booked) this.#booked -= calls;
    return answer;
  }
}
