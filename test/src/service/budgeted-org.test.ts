import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { withinBudget } from "../../../src/service/budgeted-org.ts";
import { type OpenState, openStateStore } from "../../../src/state/open.ts";

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
    holdOff: refuse,
    usage: () => ({ calls, ...usage }),
    close: async () => {},
  };
  return org;
}

let state: OpenState;

beforeEach(async () => {
  state = await openStateStore(":memory:");
  await state.migrate();
});
afterEach(async () => {
  await state.close();
});

function budgeted(dailyCalls: number | null, nowMs = () => NOW, org = countingOrg()): SalesforceOrg {
  return withinBudget(org, { limits: { dailyCalls, reserveShare: 0 }, upkeep: state.upkeep, nowMs });
}

describe("the budget of a day", () => {
  it("is one for all processes that share the state, and stops before the call too many", async () => {
    const [one, other] = [budgeted(3), budgeted(3)];

    await Promise.all([one.query("one"), other.query("two")]);
    await one.query("three");

    await expect(other.query("four")).rejects.toMatchObject({
      code: "SALESFORCE_LIMIT",
      message: expect.stringContaining("limits.dailyCalls 3 leaves 0"),
    });
  });

  it("counts calls of processes that have ended, also of those that had no limit", async () => {
    const earlier = budgeted(null);
    await earlier.query("one");
    await earlier.query("two");
    await earlier.close();

    const later = budgeted(3);
    await later.query("three");

    await expect(later.query("four")).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
  });

  it("counts what a call took, not what it was predicted to take", async () => {
    const org = countingOrg();
    const repeated = budgeted(4, undefined, org);
    // The connection repeated the call twice by itself.
    await repeated.query("one");
    await org.query("one");
    await org.query("one");

    await repeated.query("two");

    await expect(repeated.query("three")).rejects.toThrow(/leaves 0/);
  });

  it("gives calls of a long-lived process back after 24 hours", async () => {
    const clock = { nowMs: NOW };
    const org = budgeted(2, () => clock.nowMs);
    await org.query("one");
    await org.query("two");
    await expect(org.query("three")).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });

    clock.nowMs += 25 * HOUR;

    await expect(org.query("four")).resolves.toEqual([]);
  });

  it("leaves the reserve of the org to others", async () => {
    const org = withinBudget(countingOrg({ used: 90, limit: 100 }), {
      limits: { dailyCalls: null, reserveShare: 0.1 },
      upkeep: state.upkeep,
      nowMs: () => NOW,
    });

    await expect(org.query("one")).rejects.toThrow(/10 are kept for other applications/);
  });
});
