/** `order-sync serve` as a process: how it stops by signal and goes on after a restart, and that it keeps its secrets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openShop, type Shop } from "../src/cli/shop.ts";
import { isBuilt, type Running, startOrderSync } from "../support/child.ts";
import { type Gate, openGate } from "../support/gate.ts";

const SECRETS = {
  SF_PASSWORD: "mock-password",
  PAGES_TOKEN: "token-that-nobody-may-see",
  HOOK_SECRET: "hook-secret-that-nobody-may-see",
};
const STOPS_WITHIN_MS = 10_000;

describe.skipIf(!isBuilt())("the serving process (skipped where npm run build has not been run)", () => {
  let shop: Shop;
  let gate: Gate;
  const running: Running[] = [];

  beforeEach(async () => {
    shop = await openShop();
    gate = await openGate(shop.orgUrl);
    shop.configure({
      [shop.orgUrl]: gate.url,
      "state:":
        'schedule: { every: 1h }\nlog: { level: trace }\nserve: { port: 0, token: "${PAGES_TOKEN}", webhookSecret: "${HOOK_SECRET}" }\nstate:',
    });
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      child.kill("SIGKILL");
      await child.ended;
    }
    await gate[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  function start(...args: readonly string[]): Running {
    const child = startOrderSync([...args, "--config", shop.config], SECRETS);
    running.push(child);
    return child;
  }

  it("ends within ten seconds of SIGTERM in the middle of a run, and the next start goes on", async () => {
    const first = start("serve");
    const startedAt = await new Promise<number>((resolve) => {
      gate.watch((event) => {
        if (event.when === "before" && event.path.includes("/composite")) {
          // One signal only: a second one ends the process at once.
          gate.watch(() => {});
          first.kill("SIGTERM");
          resolve(performance.now());
        }
      });
    });
    const ended = await first.ended;
    const tookMs = performance.now() - startedAt;
    gate.watch(() => {});

    const second = start("serve");
    await vi.waitFor(() => expect(second.said.out).toContain('"run finished"'), { timeout: 25_000 });
    second.kill("SIGTERM");

    expect(ended.code).toBe(0);
    expect(tookMs).toBeLessThan(STOPS_WITHIN_MS);
    expect((await second.ended).code).toBe(0);
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(2);
  });

  it("shows its secrets nowhere: not in its output, its pages, its metrics, its state or its journal", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    const outputs = [await start("check").ended, await start("plan", "--json").ended, await start("run").ended];
    const child = start("serve");
    await vi.waitFor(() => expect(child.said.out).toContain('"run finished"'), { timeout: 25_000 });
    const url = /"url":"([^"]+)"/.exec(child.said.out)?.[1] ?? "";
    const pages = ["/", "/conflicts", "/dead-letters", "/records", "/plan", "/metrics", "/api/status", "/readyz"];
    const texts = await Promise.all(pages.map(async (page) => await (await fetch(`${url}${page}`)).text()));
    child.kill("SIGTERM");
    outputs.push(await child.ended, await start("journal", "--json").ended, await start("status", "--json").ended);
    const files = readdirSync(shop.folder).filter((name) => name.startsWith("state.db"));
    const state = files.map((name) => readFileSync(join(shop.folder, name), "latin1"));

    const everything = [...outputs.flatMap(({ out, err }) => [out, err]), ...texts, ...state].join("\n");

    expect(everything.length).toBeGreaterThan(20_000);
    for (const secret of Object.values(SECRETS)) expect(everything).not.toContain(secret);
    // Session Ids of the mock org start with its organization's Id and an exclamation mark.
    expect(everything).not.toMatch(/00D\w{12,15}!/);
  });
});
