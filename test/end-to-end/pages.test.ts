/** The pages of `order-sync serve` in a real browser: by mouse and keyboard, light and dark, at the width of a phone. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { ENVIRONMENT, openShop, type Shop } from "../src/cli/shop.ts";
import { CHROMIUM, chromiumIsHere, launchChromium } from "../support/chromium.ts";

const TOKEN = "token-of-the-pages";
/** Set to a folder to keep a picture of every page. */
const PICTURES = process.env["ORDER_SYNC_PICTURES"];

describe.skipIf(!chromiumIsHere())(`the pages in a browser (skipped where ${CHROMIUM} is absent)`, () => {
  let shop: Shop;
  let browser: Browser;
  let url: string;
  const stop = new AbortController();
  let ended: Promise<unknown>;

  beforeAll(async () => {
    shop = await openShop();
    await shop.order("run");
    const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Ærø Boats'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "+45 SF", BillingCity: "Salesforce City" });
    shop.erp("UPDATE customers SET phone = '+45 ERP', city = 'ERP By' WHERE no = 'C-1'");
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    shop.configure({ "state:": `schedule: { every: 1h }\nserve: { port: 0, token: ${TOKEN} }\nstate:` });
    const lines: string[] = [];
    ended = runProgram(["serve", "--config", shop.config], {
      environment: ENVIRONMENT,
      stdout: { write: (line: string) => lines.push(line) },
      stderr: { write: () => {} },
      signal: stop.signal,
    });
    await vi.waitFor(() => expect(lines.join("")).toContain('"run finished"'), { timeout: 25_000 });
    url = /"url":"([^"]+)"/.exec(lines.join(""))?.[1] ?? "";
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    stop.abort(new Error("done"));
    await ended;
    await shop[Symbol.asyncDispose]();
  });

  async function open(path: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.on("pageerror", (error) => {
      throw error;
    });
    await page.goto(`${url}${path}`);
    return page;
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }

  it("every page fits a phone without scrolling sideways, in light and in dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open("/", { viewport: { width: 360, height: 740 }, colorScheme });
      for (const path of ["/", "/conflicts", "/dead-letters", "/records", "/plan", "/sign-in"]) {
        await page.goto(`${url}${path}`);
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect(overflow, `${path} in ${colorScheme}`).toBeLessThanOrEqual(0);
        await picture(page, `phone-${colorScheme}-${path.slice(1) || "state"}`);
      }
      await page.close();
    }
  });

  it("loads nothing from another host, and the policy lets its own style and script run", async () => {
    const page = await browser.newPage();
    const hosts = new Set<string>();
    const complaints: string[] = [];
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(url);

    expect([...hosts].filter((host) => host !== "")).toEqual([new URL(url).host]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate("getComputedStyle(document.querySelector('header')).display")).toBe("flex");
    await picture(page, "desk-light-state");
    await page.close();
  });

  it("whoever is not signed in sees everything and can press nothing", async () => {
    const page = await open("/conflicts");

    expect(await page.getByRole("button", { name: "Salesforce is right" }).first().isDisabled()).toBe(true);
    expect(await page.textContent("main")).toContain("+45 ERP");
    await page.close();
  });

  it("a person resolves a conflict by keyboard alone", async () => {
    const page = await open("/sign-in", { colorScheme: "dark" });
    // The browser moves the focus to the field a moment after the page has loaded.
    await page.waitForFunction("document.activeElement.id === 'token'");
    await page.keyboard.type(TOKEN);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/`);
    await picture(page, "desk-dark-state");
    await page.goto(`${url}/conflicts`);
    await picture(page, "desk-dark-conflicts");
    const conflict = page.getByRole("region", { name: "Phone" });
    await conflict.getByRole("button", { name: "The external system is right" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/conflicts?done=answered`);

    expect(await page.getByRole("status").textContent()).toContain("Noted");
    expect(await page.getByRole("region", { name: "Phone" }).textContent()).toContain("the next run carries it out");
    await page.close();
  });

  it("a dead letter is tried again, the plan shows what a run would do, and the timeline tells the past", async () => {
    const page = await open("/sign-in");
    await page.fill("#token", TOKEN);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/`);
    await page.goto(`${url}/dead-letters`);
    await picture(page, "desk-light-dead-letters");
    await page.getByRole("button", { name: "Try again", exact: true }).click();
    await page.waitForURL(`${url}/dead-letters?done=retry`);
    await page.goto(`${url}/plan`);
    await page.getByRole("button", { name: "Make a plan" }).click();
    await page.getByText("API calls").waitFor();
    await picture(page, "desk-light-plan");
    const plan = await page.textContent("main");
    await page.goto(`${url}/records?key=erp:Order:O-1`);
    await picture(page, "desk-light-record");

    expect(plan).toContain("erp:Order:O-3");
    expect(await page.textContent("ol.timeline")).toContain("create, lines, activate");
    await page.close();
  });

  it("the first Tab reaches the link to the content, and it is seen", async () => {
    const page = await open("/");
    await page.keyboard.press("Tab");

    expect(await page.evaluate("document.activeElement.textContent")).toBe("To the content");
    expect(await page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")).toBe(true);
    await page.close();
  });
});
