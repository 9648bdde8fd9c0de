/**
 * The console in a real browser. Skipped by name where there is no Chromium at the usual place: the other tests of this
 * folder hold what can be held without one.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { CHROMIUM, chromiumIsHere, launchChromium } from "../../support/chromium.ts";
import { client, consoleOrg, first, firstId, HOSTILE, isActivated, isDraft } from "./console-org.ts";

const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 860 };
const BASE = "/_mock/console";

describe.skipIf(!chromiumIsHere())(`the console in a browser (needs ${CHROMIUM})`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let org: MockOrg;
  let page: Page;
  let url: string;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
    await consoleOrg();
  }, 30_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    org = await consoleOrg();
    ({ url } = await org.listen());
    context = await browser.newContext({ viewport: DESK, baseURL: url });
    context.setDefaultTimeout(5_000);
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        complaints.push(message.text());
    });
    return async () => {
      await context.close();
      await org.close();
      expect(complaints).toEqual([]);
    };
  });

  const said = (text: string) => page.locator("#said", { hasText: text }).waitFor();

  it("shows a request the moment it comes", async () => {
    await page.goto("/_mock/");
    await client(org)("PATCH", `/sobjects/Order/${firstId(org, "Order", isDraft)}`, { Name: HOSTILE, PoNumber: null });
    await page.locator(".call.fresh", { hasText: "changed" }).waitFor();
    await page.locator("[data-live=used]", { hasText: "1" }).waitFor();
    expect(await page.title()).toBe("Requests · Mock org");
  });

  it("brings an order's page up to date when somebody changes the order", async () => {
    const order = firstId(org, "Order", isDraft);
    await page.goto(`${BASE}/orders/${order}`);
    await page.getByText("Delete the order").click();
    await client(org)("PATCH", `/sobjects/Order/${order}`, { PoNumber: "PO-LIVE" });
    await page.locator(".timeline", { hasText: "PoNumber" }).waitFor();
    expect(await page.locator("details[open] > summary", { hasText: "Delete the order" }).count()).toBe(1);
    expect(await page.locator(":focus").textContent()).toContain("Delete the order");
  });

  it("does a step of an order, and says why it is refused the second time", async () => {
    const order = firstId(org, "Order", (row) => isDraft(row) && Number(row["TotalAmount"]) > 0);
    await page.goto(`${BASE}/orders/${order}`);
    await page.locator(".steps summary", { hasText: "Activate (Activated)" }).click();
    await page.getByRole("button", { name: "Do it as admin@mock.org: Activate (Activated)" }).click();
    await said("Done.");
    expect(first(org, "Order", (row) => row["Id"] === order)["StatusCode"]).toBe("Activated");
    await page.locator(".steps summary", { hasText: "Add an order product" }).click();
    await page.getByRole("button", { name: "Do it as admin@mock.org: Add an order product" }).click();
    await said("ENTITY_IS_LOCKED");
  });

  it("moves the clock", async () => {
    await page.goto("/_mock/");
    await page.getByRole("button", { name: "+1 day" }).click();
    await page.locator("[data-live=now]", { hasText: "2026-03-02 08:00:00" }).waitFor();
    expect(new Date(org.clock.nowMs()).toISOString()).toBe("2026-03-02T08:00:00.000Z");
  });

  it("resets only when asked twice, and restores a snapshot", async () => {
    const call = client(org);
    await page.goto("/_mock/");
    await page.getByRole("button", { name: "Snapshot" }).click();
    await said("Snapshot kept");
    await call("POST", "/sobjects/Account", { Name: "After the snapshot" });
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("button", { name: "Really restore?" }).click();
    await said("Back at the snapshot");
    expect(() => first(org, "Account", (row) => row["Name"] === "After the snapshot")).toThrow();
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByRole("button", { name: "Really reset?" }).click();
    await said("back at its beginning");
  });

  it("shows the real refusal beside the edited field, then saves", async () => {
    const order = firstId(org, "Order", isActivated);
    await page.goto(`${BASE}/records/Order/${order}`);
    await page.getByText("Edit as admin@mock.org").click();
    const account = page.locator("[name=AccountId]");
    const before = await account.inputValue();
    const other = firstId(org, "Account", (row) => row["Id"] !== before);
    await account.fill(other);
    await page.getByRole("button", { name: "Save as admin@mock.org" }).click();
    await page.locator("[data-refusals]", { hasText: "FIELD_INTEGRITY_EXCEPTION" }).waitFor();
    expect(await page.locator(".field.wrong [name=AccountId]").count()).toBe(1);
    await account.fill(before);
    await page.locator("[name=PoNumber]").fill("PO-NEW");
    await page.getByRole("button", { name: "Save as admin@mock.org" }).click();
    await said("Saved.");
    expect(first(org, "Order", (row) => row["Id"] === order)["PoNumber"]).toBe("PO-NEW");
    expect(org.requests.at(-1)).toMatchObject({
      method: "PATCH",
      username: "admin@mock.org",
      requestBody: { PoNumber: "PO-NEW" },
    });
  });

  it("edits as the user that it views as", async () => {
    const order = firstId(org, "Order", isActivated);
    await page.goto(`${BASE}/records/Order/${order}`);
    await page.locator("#view-as").selectOption("clerk@mock.org");
    await said("Viewing as clerk@mock.org");
    await page.getByText("Edit as clerk@mock.org").click();
    await page.locator("[name=PoNumber]").fill("PO-CLERK");
    await page.getByRole("button", { name: "Save as clerk@mock.org" }).click();
    await page.locator("[data-refusals] p").waitFor();
    expect(org.requests.at(-1)).toMatchObject({ username: "clerk@mock.org", status: 400 });
  });

  it("creates, deletes and undeletes a record", async () => {
    await page.goto(`${BASE}/records/Account/new`);
    await page.locator("[name=Name]").fill(HOSTILE);
    await page.getByRole("button", { name: "Create as admin@mock.org" }).click();
    await said("Created.");
    expect(await page.locator("h1").textContent()).toContain("<img src=x");
    await page.getByRole("button", { name: "Delete as admin@mock.org" }).click();
    await page.getByRole("button", { name: "Really delete?" }).click();
    await said("Deleted");
    await page.getByRole("button", { name: "Undelete as admin@mock.org" }).click();
    await said("Undeleted.");
    expect(first(org, "Account", (row) => row["Name"] === HOSTILE)["IsDeleted"]).toBe(false);
    expect(await page.title()).not.toBe("owned");
  });

  it("arms a fault that applies, and disarms it", async () => {
    await page.goto(`${BASE}/faults`);
    await page.getByText("validation-rule", { exact: true }).click();
    await page.locator("#validation-rule-message").fill("Closed for stocktaking.");
    await page.locator("#match-object").fill("Account");
    await page.getByRole("button", { name: "Arm", exact: true }).click();
    await said("Armed: validation-rule #1");
    expect(await client(org)("POST", "/sobjects/Account", { Name: "x" })).toMatchObject({
      status: 400,
      body: [{ message: "Closed for stocktaking." }],
    });
    await page.getByRole("button", { name: "Disarm validation-rule #1" }).click();
    await said("Disarmed.");
    expect(org.faults.list()).toEqual([]);
  });

  it("says why a fault cannot be armed", async () => {
    await page.goto(`${BASE}/faults`);
    await page.getByText("delay", { exact: true }).click();
    await page.locator("#delay-ms").fill("-1");
    await page.getByRole("button", { name: "Arm", exact: true }).click();
    await page.locator("[data-refusals]", { hasText: "the fault delay is not right" }).waitFor();
  });

  it("completes names by keyboard and runs the query", async () => {
    await page.goto(`${BASE}/soql`);
    const editor = page.locator("#soql");
    await editor.fill("SELECT  FROM Order");
    await editor.press("Home");
    for (let count = 0; count < "SELECT ".length; count += 1) await editor.press("ArrowRight");
    await editor.pressSequentially("Order");
    await page.locator("#suggestions [aria-selected=true]", { hasText: "OrderReferenceNumber" }).waitFor();
    await editor.pressSequentially("Num");
    await page.locator("#suggestions [aria-selected=true]", { hasText: "OrderNumber" }).waitFor();
    await editor.press("Tab");
    expect(await editor.inputValue()).toBe("SELECT OrderNumber FROM Order");
    await editor.press("Control+Enter");
    await page.getByRole("heading", { name: /^\d+ rows$/ }).waitFor();
  });

  it("puts the cursor on the error of a query", async () => {
    await page.goto(`${BASE}/soql?q=${encodeURIComponent("SELECT Id,\n  Nme FROM Order")}`);
    const marked = await page.locator("#soql").evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area as unknown as {
        value: string;
        selectionStart: number;
        selectionEnd: number;
      };
      return value.slice(selectionStart, selectionEnd);
    });
    expect(marked).toBe("Nme");
  });

  it("is used by keyboard alone", async () => {
    await client(org)("GET", "/limits");
    await page.goto("/_mock/");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.locator(":focus").getAttribute("id")).toBe("main");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/requests/1");
    await page.keyboard.press("?");
    expect(await page.locator("#keys[open]").count()).toBe(1);
    await page.keyboard.press("Escape");
    await page.keyboard.press("2");
    await page.waitForURL("**/orders");
    await page.keyboard.press("/");
    expect(await page.locator(":focus").getAttribute("name")).toBe("find");
  });

  it("keeps the state of the org in one row on a desk, and leaves a phone to the page", async () => {
    org.snapshots.take("console");
    await page.setViewportSize({ width: 1200, height: 800 });
    await page.goto("/_mock/");
    const restore = page.getByRole("button", { name: "Restore" });
    await restore.waitFor();
    const hour = await page.getByRole("button", { name: "+1 h" }).boundingBox();
    expect((await restore.boundingBox())?.y).toBe(hour?.y);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${BASE}/coverage`);
    expect((await page.locator("header").boundingBox())?.height).toBeLessThan(300);
    expect((await page.locator("[aria-current]").boundingBox())?.x).toBeLessThan(390);
  });

  it("fits a phone without scrolling sideways", async () => {
    const call = client(org);
    await call("POST", "/sobjects/Account", { Name: `${"W".repeat(180)}${HOSTILE}` });
    await call("GET", `/query?q=${"x".repeat(400)}`);
    await call("GET", `/tooling/${"x".repeat(300)}`);
    org.faults.add({ act: "maintenance", path: `/${"p".repeat(120)}`, name: "N".repeat(120) });
    await page.setViewportSize(PHONE);
    const account = firstId(org, "Account", (row) => String(row["Name"]).startsWith("WWW"));
    const paths = [
      "/_mock/",
      `${BASE}/requests/1`,
      `${BASE}/requests/2`,
      `${BASE}/orders`,
      `${BASE}/records`,
      `${BASE}/records/Account`,
      `${BASE}/orders/${firstId(org, "Order", isActivated)}`,
      `${BASE}/records/Account/${account}`,
      `${BASE}/records/Order/new`,
      `${BASE}/soql?q=SELECT+Name+FROM+Account`,
      `${BASE}/faults`,
      `${BASE}/coverage`,
    ];
    for (const path of paths) {
      await page.goto(path);
      const width = await page
        .locator("html")
        .evaluate((root) => (root as unknown as { scrollWidth: number }).scrollWidth);
      expect(width, path).toBeLessThanOrEqual(PHONE.width);
    }
  });
});
