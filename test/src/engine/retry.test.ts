/** Refused documents that are tried again by themselves, and how often. */
import { describe, expect, it } from "vitest";
import type { RunReport } from "../../../src/engine/context/report.ts";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import type { SalesforceCall } from "../../../src/sync/call.ts";
import { operationsOf } from "../../../src/sync/split.ts";
import { Shop } from "./shop.ts";

const MINUTE_MS = 60_000;
/** A run of the shop is followed by a little more than four minutes. */
const WAITS = { retryWaitsMs: [0, 30 * MINUTE_MS, 120 * MINUTE_MS] };

describe("a refused document", () => {
  it("is tried in the next run, then after growing times, then at the last one", async () => {
    const shop = await refusedOrder();
    const triedAt: number[] = [];
    const started = shop.mock.clock.nowMs();
    for (let run = 0; run < 68; run += 1) {
      const at = shop.mock.clock.nowMs() - started;
      if ((await shop.run(WAITS, refuse(shop))).retried > 0) triedAt.push(Math.round(at / MINUTE_MS));
    }

    expect(triedAt).toEqual([0, 33, 154, 275]);
  });

  it("costs nothing while no try is due: a run is one call and no write", async () => {
    const shop = await refusedOrder();
    await shop.run(WAITS, refuse(shop));
    const writes = shop.writeCalls;
    let report: RunReport | undefined;

    const calls = await shop.calls(async () => {
      report = await shop.run(WAITS, refuse(shop));
    });

    expect(calls).toBe(1);
    expect(shop.writeCalls).toBe(writes);
    expect(report).toMatchObject({ writes: 0, unsynced: [], retried: 0, openDeadLetters: 1 });
  });

  it("keeps a run from looking well as long as it is open", async () => {
    const shop = await refusedOrder();
    await shop.run(WAITS, refuse(shop));
    await shop.run(WAITS, refuse(shop));
    const [refused] = await shop.state.runs(1);
    shop.mock.clock.advance({ ms: 31 * MINUTE_MS });
    await shop.run(WAITS);
    const [cured] = await shop.state.runs(1);

    expect(refused).toMatchObject({ outcome: "doneWithRefusals" });
    expect(cured).toMatchObject({ outcome: "done" });
  });

  it("is tried at once when a record that it refers to changes, and is decided again from what is there then", async () => {
    const shop = await refusedOrder();
    await shop.run(WAITS, refuse(shop));
    shop.erp.put("orders", "O1", { note: "newer" }, { "10": { sku: "TEA", quantity: "5", price: "10" } });
    await shop.run(WAITS, refuse(shop));
    shop.erp.put("prices", "TEA", { sku: "TEA", price: "11" });

    const report = await shop.run(WAITS);

    expect(report).toMatchObject({ retried: 1, openDeadLetters: 0, unsynced: [] });
    expect(await shop.record("Order", "erp:Order:O1", "Description")).toMatchObject({ Description: "newer" });
  });

  it("is one of a bounded number per run", async () => {
    const shop = await Shop.open();
    shop.batch(7);
    await shop.run(WAITS, refuse(shop, "Account"));

    const first = await shop.run({ ...WAITS, retriesMax: 3 });
    const second = await shop.run({ ...WAITS, retriesMax: 3 });

    expect([first.retried, first.openDeadLetters]).toEqual([3, 4]);
    expect([second.retried, second.openDeadLetters]).toEqual([3, 1]);
  });

  it("is left to people where no times are set", async () => {
    const shop = await refusedOrder();

    const report = await shop.run({ retryWaitsMs: [] });

    expect(report).toMatchObject({ retried: 0, openDeadLetters: 1 });
  });

  it("that is only put off by its refusal does not start its times again", async () => {
    const shop = await refusedOrder();
    const again = refuse(shop, "Order", "replan");
    await shop.run(WAITS, again);
    shop.mock.clock.advance({ ms: 31 * MINUTE_MS });
    await shop.run(WAITS, again);

    expect(await shop.state.parked()).toEqual([]);
    expect(await shop.state.deadLetters()).toMatchObject([{ attempts: 3 }]);
  });

  it("that a feed of the same run names too is told and counted once", async () => {
    const shop = await refusedOrder();
    shop.erp.put("orders", "O1", { note: "newer" });

    const { runId } = await shop.run(WAITS, refuse(shop));

    const told = (await shop.state.journal({ limit: 100 })).filter((entry) => entry.runId === runId);
    expect(told).toMatchObject([{ key: "erp:Order:O1", event: "rejected" }]);
    expect(await shop.state.deadLetters()).toMatchObject([{ attempts: 2 }]);
  });

  it("that is refused for another reason in the same run tells both", async () => {
    const shop = await refusedOrder();
    shop.erp.put("orders", "O1", { note: "newer" });
    const codes = ["STRING_TOO_LONG", "FIELD_INTEGRITY_EXCEPTION"];

    const { runId } = await shop.run(WAITS, refuse(shop, "Order", "refused", codes));

    const told = (await shop.state.journal({ limit: 100 })).filter((entry) => entry.runId === runId);
    expect(told.map(({ detail }) => detail["obstacles"])).toMatchObject([[{ code: codes[1] }], [{ code: codes[0] }]]);
    expect(await shop.state.deadLetters()).toMatchObject([{ attempts: 2 }]);
  });

  it("is counted in a plan with its calls", async () => {
    const shop = await refusedOrder();

    const plan = await makePlan(shop.ports, { holder: "test", ...WAITS });

    expect(plan.writes).toMatchObject([{ key: "erp:Order:O1", side: "salesforce" }]);
    expect(plan.calls.writing).toBe(1);
  });
});

/** A shop with one order that Salesforce has refused once. */
async function refusedOrder(): Promise<Shop> {
  const shop = await Shop.open();
  shop.batch(1);
  shop.erp.put("prices", "TEA", { sku: "TEA", price: "10" });
  await shop.run();
  shop.order("O1");
  await shop.run({}, refuse(shop));
  return shop;
}

/** The shop's org, except that it refuses every write of an object. */
function refuse(
  shop: Shop,
  object = "Order",
  kind: "refused" | "replan" = "refused",
  codes: readonly string[] = ["STRING_TOO_LONG"],
): { readonly salesforce: SalesforceOrg } {
  let calls = 0;
  const execute = async (call: SalesforceCall): ReturnType<SalesforceOrg["execute"]> => {
    const operations = operationsOf(call);
    if (!operations.some((operation) => operation.object === object)) return await shop.salesforce.execute(call);
    const code = codes[calls % codes.length] ?? "";
    calls += 1;
    const apiErrors = [{ code, message: "too long", fields: [] }];
    return operations.map(({ opId }) => ({ kind: "failed", opId, class: kind, apiErrors }));
  };
  return { salesforce: { ...shop.salesforce, execute } };
}
