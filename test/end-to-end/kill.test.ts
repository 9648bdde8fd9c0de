/**
 * `kill -9`: the connector as a process of its own, killed at seeded moments of its first run, and run again.
 *
 * A gate between the connector and the org knows when a write has reached the org and its answer has not come back:
 * the worst moment, because nobody but the org knows what happened.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../src/cli/shop.ts";
import { isBuilt, startOrderSync } from "../support/child.ts";
import { type Gate, openGate } from "../support/gate.ts";

const ENVIRONMENT = { SF_PASSWORD: "mock-password" };
const ORDERS = 100;

describe.skipIf(!isBuilt())("the connector killed with SIGKILL (skipped where npm run build has not been run)", () => {
  let shop: Shop;
  let gate: Gate;

  beforeEach(async () => {
    shop = await openShop();
    gate = await openGate(shop.orgUrl);
    shop.configure({ [shop.orgUrl]: gate.url });
    for (let number = 10; number < 10 + ORDERS - 2; number += 1) {
      shop.erp(
        "INSERT INTO orders VALUES (?, 'C-1', '2026-03-05', ?)",
        `O-${number}`,
        number % 2 ? "released" : "draft",
      );
      shop.erp("INSERT INTO order_lines VALUES (?, 1, 'P-1', '3', '18.00')", `O-${number}`);
    }
  });
  afterEach(async () => {
    await gate[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  it.each([
    { write: 1, when: "after" },
    { write: 3, when: "before" },
    { write: 4, when: "after" },
    { write: 5, when: "after" },
  ] as const)(
    "$when the org has write $write: a second run loses no order and doubles none",
    async ({ write, when }) => {
      const first = start();
      killAtWrite(write, when, () => first.kill("SIGKILL"));
      expect((await first.ended).signal).toBe("SIGKILL");

      const second = await start().ended;

      expect(second).toMatchObject({ code: 0, err: expect.not.stringContaining("held") });
      await expectEverythingOnce();
    },
  );

  it("three times in a row while it writes to the ERP: every change arrives, none twice", async () => {
    await start().ended;
    const orders = await shop.ask("SELECT Id FROM Order WHERE Status = 'Draft'");
    for (const order of orders) await shop.patch(`Order/${String(order["Id"])}`, { EffectiveDate: "2026-04-01" });
    for (const delayMs of [5, 15, 40]) {
      const run = start();
      killAfterPoll(delayMs, () => run.kill("SIGKILL"));
      await run.ended;
    }

    const last = await start().ended;

    expect(last.code).toBe(0);
    const moved = shop.erp("SELECT count(*) AS n FROM orders WHERE day = '2026-04-01'");
    expect(moved).toEqual([{ n: orders.length }]);
    await expectEverythingOnce();
  });

  function start(): ReturnType<typeof startOrderSync> {
    return startOrderSync(["run", "--config", shop.config], ENVIRONMENT);
  }

  /** Writes are POSTs to composite resources that are no reads; the first poll of a run is a composite, too. */
  function killAtWrite(write: number, when: "before" | "after", kill: () => void): void {
    let seen = 0;
    const reads = 1;
    gate.watch((event) => {
      if (event.method !== "POST" || !event.path.includes("/composite")) return;
      if (event.when === "before") seen += 1;
      if (event.when === when && seen === write + reads) kill();
    });
  }

  function killAfterPoll(delayMs: number, kill: () => void): void {
    gate.watch((event) => {
      if (event.when === "after" && event.path.includes("/composite")) setTimeout(kill, delayMs);
    });
  }

  async function expectEverythingOnce(): Promise<void> {
    gate.watch(() => {});
    const orders = await shop.ask("SELECT ERP_Key__c, Status FROM Order");
    const lines = await shop.ask("SELECT ERP_Key__c FROM OrderItem");
    expect(orders).toHaveLength(ORDERS);
    expect(new Set(orders.map((order) => order["ERP_Key__c"])).size).toBe(ORDERS);
    expect(lines).toHaveLength(ORDERS + 1);
    expect(orders.filter((order) => order["Status"] === "Activated")).toHaveLength(1 + (ORDERS - 2) / 2);
    expect(await shop.ask("SELECT Id FROM Account")).toHaveLength(2);
    const [released] = shop.erp("SELECT count(*) AS n FROM orders WHERE state = 'released'");
    expect(released).toEqual({ n: 1 + (ORDERS - 2) / 2 });
    const third = await shop.order("run");
    expect(third.out).toContain("0 documents written");
  }
});
