import { describe, expect, it } from "vitest";
import { withinBudget } from "../../../src/engine/budgeted-org.ts";
import { overrideState } from "../../../src/engine/state-views.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { openStateStore } from "../../../src/state/open.ts";
import type { RunRecord, StateStore } from "../../../src/state/port.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const HOUR = 3_600_000;

/** An org that counts one call for each query. */
function countingOrg(usage: { used: number | null; limit: number | null } = { used: null, limit: null }) {
  let calls = 0;
  const refuse = (): never => {
    throw new TypeError("not used here");
  };
  const org: SalesforceOrg = {
    connect: refuse,
    describe: refuse,
    poll: refuse,
    read: refuse,
    execute: refuse,
    endOfJob: refuse,
    query: async () => {
      calls += 1;
      return [];
    },
    usage: () => ({ calls, ...usage }),
    close: async () => {},
  };
  return org;
}

async function stateWithRuns(runs: readonly Partial<RunRecord>[]): Promise<StateStore> {
  const records = runs.map(
    (run): RunRecord => ({
      id: String(run.startedAtMs),
      startedAtMs: NOW,
      finishedAtMs: NOW,
      outcome: "done",
      apiCalls: 0,
      predictedCalls: 0,
      error: null,
      counts: {},
      ...run,
    }),
  );
  const state = await openStateStore(":memory:");
  return overrideState(state, { runs: async () => records });
}

describe("the budget of a day", () => {
  it("counts the runs of the last 24 hours, also those of earlier processes, and stops before the call too many", async () => {
    const state = await stateWithRuns([
      { startedAtMs: NOW - 2 * HOUR, apiCalls: 7 },
      { startedAtMs: NOW - 25 * HOUR, apiCalls: 100 },
    ]);
    const org = withinBudget(countingOrg(), { limits: { dailyCalls: 9, reserveShare: 0 }, state, nowMs: () => NOW });

    await org.query("one");
    await org.query("two");

    await expect(org.query("three")).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
    await state.close();
  });

  it("gives calls of a long-lived process back after 24 hours", async () => {
    const clock = { nowMs: NOW };
    const state = await stateWithRuns([]);
    const org = withinBudget(countingOrg(), {
      limits: { dailyCalls: 2, reserveShare: 0 },
      state,
      nowMs: () => clock.nowMs,
    });
    await org.query("one");
    await org.query("two");
    await expect(org.query("three")).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });

    clock.nowMs += 25 * HOUR;

    await expect(org.query("four")).resolves.toEqual([]);
    await state.close();
  });

  it("leaves the reserve of the org to others", async () => {
    const state = await stateWithRuns([]);
    const org = withinBudget(countingOrg({ used: 90, limit: 100 }), {
      limits: { dailyCalls: null, reserveShare: 0.1 },
      state,
      nowMs: () => NOW,
    });

    await expect(org.query("one")).rejects.toThrow(/10 are kept for other applications/);
    await state.close();
  });
});
