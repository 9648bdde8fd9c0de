/**
 * Keeps a connector within its API budget: its own number of calls in 24 hours, and the org's reserve for others.
 *
 * Asked before each call with what the call will cost. What earlier runs used is read from the run records, so that a
 * restart does not start the day anew.
 */
import { SyncError } from "../errors.ts";
import type { SalesforceOrg } from "../salesforce/port.ts";
import type { RunRecord, StateStore } from "../state/port.ts";
import { allowCalls, type BudgetLimits } from "../sync/budget.ts";
import { BULK_JOB_CALLS } from "../sync/sequence.ts";

/** What the budget is kept by. */
export interface BudgetKeeping {
  readonly limits: BudgetLimits;
  readonly state: StateStore;
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;
/** More runs than a day has at one a minute, twice over. */
const RUNS_MAX = 3_000;
/** How finely the calls of a long-lived process are dated. */
const READING_EVERY_MS = 60_000;

/** The org with a guard before each method that costs calls. Without a daily number only the reserve is kept. */
export function withinBudget(org: SalesforceOrg, keeping: BudgetKeeping): SalesforceOrg {
  const ledger = new CallLedger(org, keeping);
  return {
    connect: () => org.connect(),
    describe: async (objects) => {
      await ledger.ask(1);
      return await org.describe(objects);
    },
    poll: async (requests) => {
      await ledger.ask(1);
      return await org.poll(requests);
    },
    read: async (request) => {
      await ledger.ask(1);
      return await org.read(request);
    },
    query: async (soql) => {
      await ledger.ask(1);
      return await org.query(soql);
    },
    execute: async (call, listener) => {
      await ledger.ask(call.predictedCalls);
      return await org.execute(call, listener);
    },
    endOfJob: async (jobId) => {
      await ledger.ask(BULK_JOB_CALLS);
      return await org.endOfJob(jobId);
    },
    usage: () => org.usage(),
    close: () => org.close(),
  };
}

/** Counts the calls of the last 24 hours: those of earlier processes by their run records, ours by the connection. */
class CallLedger {
  readonly #org: SalesforceOrg;
  readonly #keeping: BudgetKeeping;
  readonly #bornAtMs: number;
  /** The connection's counter at times of the last 24 hours; the first one is the counter before them. */
  readonly #readings: { readonly atMs: number; readonly calls: number }[];
  #earlier: readonly RunRecord[] | null = null;
  #askedAtMs: number;

  constructor(org: SalesforceOrg, keeping: BudgetKeeping) {
    this.#org = org;
    this.#keeping = keeping;
    this.#bornAtMs = keeping.nowMs();
    this.#askedAtMs = this.#bornAtMs;
    this.#readings = [{ atMs: this.#bornAtMs, calls: org.usage().calls }];
  }

  /** Throws `SALESFORCE_LIMIT` when so many more calls are too many. */
  async ask(calls: number): Promise<void> {
    const { limits } = this.#keeping;
    const usage = this.#org.usage();
    const ownCalls = limits.dailyCalls === null ? 0 : await this.#callsOfTheDay(usage.calls);
    const allowance = allowCalls(limits, { ownCalls, orgUsed: usage.used, orgLimit: usage.limit }, calls);
    if (allowance.kind === "refused") throw new SyncError("SALESFORCE_LIMIT", `The run ${allowance.message}`);
  }

  async #callsOfTheDay(calls: number): Promise<number> {
    const { state, nowMs } = this.#keeping;
    const now = nowMs();
    const readings = this.#readings;
    // After a rest the counter stands where the last call before it left it.
    if (now - this.#askedAtMs >= READING_EVERY_MS) readings.push({ atMs: this.#askedAtMs, calls });
    else if (now - (readings.at(-1)?.atMs ?? 0) >= READING_EVERY_MS) readings.push({ atMs: now, calls });
    this.#askedAtMs = now;
    while ((readings[1]?.atMs ?? now) <= now - DAY_MS) readings.shift();
    this.#earlier ??= (await state.runs(RUNS_MAX)).filter((run) => run.startedAtMs < this.#bornAtMs);
    const earlier = this.#earlier.filter((run) => run.startedAtMs > now - DAY_MS);
    return earlier.reduce((sum, run) => sum + run.apiCalls, 0) + calls - (readings[0]?.calls ?? 0);
  }
}
