/** The connector as a library, as the entry point's own example uses it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  applyPlan,
  checkEverything,
  defineConfig,
  loadConfig,
  makePlan,
  openPorts,
  parsePlan,
  processHolder,
  runOnce,
  runOptions,
  SyncError,
} from "../../../src/index.ts";
import { ENVIRONMENT, openShop, type Shop } from "../cli/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

describe("the library", () => {
  it("loads a configuration, opens its ports, and runs", async () => {
    const seen: string[] = [];
    const loaded = await loadConfig(shop.config, ENVIRONMENT);
    await using open = await openPorts(loaded, { observe: (event) => seen.push(event.kind) });

    const report = await runOnce(open.ports, { holder: processHolder(Date.now()), ...runOptions(loaded.config) });

    expect(report.writes).toBe(8);
    expect(seen[0]).toBe("runStarted");
    expect(seen.at(-1)).toBe("runFinished");
  });

  it("checks, plans and applies", async () => {
    const loaded = await loadConfig(shop.config, ENVIRONMENT);
    await using open = await openPorts(loaded);
    const request = { holder: processHolder(Date.now()) };

    expect((await checkEverything(open.ports)).problems).toEqual([]);
    const plan = await makePlan(open.ports, request);
    const report = await applyPlan(open.ports, parsePlan(JSON.parse(JSON.stringify(plan)), "plan.json"), request);

    expect(report.writes).toBe(plan.writes.length);
  });

  it("fails with an error that has a code and a sentence", async () => {
    await expect(loadConfig("nowhere.yaml", {})).rejects.toThrow(SyncError);
    await expect(loadConfig("nowhere.yaml", {})).rejects.toMatchObject({ code: "CONFIG_UNREADABLE", retry: "never" });
  });

  it("a run that is aborted stops between two pages, and the next one goes on", async () => {
    const loaded = await loadConfig(shop.config, ENVIRONMENT);
    const stop = new AbortController();
    await using open = await openPorts(loaded, {
      observe: (event) => {
        if (event.kind === "passDone" && event.object === "Product2") stop.abort(new Error("enough"));
      },
    });
    const holder = processHolder(Date.now());

    await expect(runOnce(open.ports, { holder, signal: stop.signal })).rejects.toThrow("enough");
    const report = await runOnce(open.ports, { holder });

    expect(report.unsynced).toEqual([]);
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(2);
  });

  it("defineConfig gives its argument back", () => {
    const settings = {
      salesforce: { auth: { kind: "cli" as const, targetOrg: "dev" } },
      external: { kind: "sql" as const, name: "erp", url: "file:erp.db", collections: {} },
      mapping: { source: "erp", objects: {} },
    };

    expect(defineConfig(settings)).toBe(settings);
  });
});
