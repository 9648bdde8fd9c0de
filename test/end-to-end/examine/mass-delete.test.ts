/** A truncated table looks like many deletions: the run stops before the first of them is carried out. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../../src/cli/shop.ts";

const ORDERS = 40;

describe("a run that would delete much", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    shop.configure({
      "onActivated: reopen": "onActivated: reopen\n      delete: { salesforce: true, external: true }",
    });
    shop.erp(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ORDERS - 2})
      INSERT INTO orders SELECT 'M-' || i, 'C-1', '2026-03-05', 'draft' FROM n`);
    shop.erp("INSERT INTO order_lines SELECT no, 1, 'P-1', '3', '18.00' FROM orders WHERE no LIKE 'M-%'");
    await shop.order("run");
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it("stops, names the numbers and deletes nothing, in the next run as well", async () => {
    shop.erp("DELETE FROM order_lines");
    shop.erp("DELETE FROM orders");

    const first = await shop.order("run");
    const second = await shop.order("run");

    expect(first).toMatchObject({ exit: 3, err: expect.stringContaining("DELETE_GUARD") });
    expect(first.err).toContain(`40 of 40 known Order records`);
    expect(first.err).toContain("--allow-deletes");
    expect(second).toMatchObject({ exit: 3, err: expect.stringContaining("40 of 40") });
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(ORDERS);
  });

  it("deletes all of them once somebody allows it", async () => {
    shop.erp("DELETE FROM order_lines");
    shop.erp("DELETE FROM orders");
    await shop.order("run");

    const allowed = await shop.order("run", "--allow-deletes");

    expect(allowed).toMatchObject({ exit: 0 });
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(0);
    expect((await shop.order("run")).out).toContain("0 documents written");
  });

  it("forgets about it when the records are back", async () => {
    const lines = shop.erp("SELECT * FROM order_lines WHERE no LIKE 'M-%'");
    const orders = shop.erp("SELECT * FROM orders WHERE no LIKE 'M-%'");
    shop.erp("DELETE FROM order_lines WHERE no LIKE 'M-%'");
    shop.erp("DELETE FROM orders WHERE no LIKE 'M-%'");
    await shop.order("run");
    for (const row of orders) shop.erp("INSERT INTO orders VALUES (?, ?, ?, ?)", ...Object.values(row));
    for (const row of lines) shop.erp("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)", ...Object.values(row));

    const back = await shop.order("run");

    expect(back).toMatchObject({ exit: 0, err: expect.not.stringContaining("DELETE") });
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(ORDERS);
    expect((await shop.order("run")).out).toContain("0 documents written");
  });

  it("does what is asked up to the limit: ten records always, more up to the share", async () => {
    shop.configure({
      "onActivated: reopen": "onActivated: reopen\n      delete: { salesforce: true }",
      'state: { url: "file:state.db" }': 'state: { url: "file:state.db" }\nlimits: { deleteShare: 0.3 }',
    });
    shop.erp("DELETE FROM order_lines WHERE no IN (SELECT no FROM orders WHERE no LIKE 'M-%' ORDER BY no LIMIT 12)");
    shop.erp("DELETE FROM orders WHERE no IN (SELECT no FROM orders WHERE no LIKE 'M-%' ORDER BY no LIMIT 12)");

    expect(await shop.order("run")).toMatchObject({ exit: 0 });
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(ORDERS - 12);
  });

  it("holds for deletions in Salesforce as well", async () => {
    const ids = (await shop.ask("SELECT Id FROM Order WHERE Status = 'Draft'")).map((row) => String(row["Id"]));
    for (const id of ids) await shop.remove(`Order/${id}`);

    const said = await shop.order("run");

    expect(said).toMatchObject({ exit: 3, err: expect.stringContaining("DELETE_GUARD") });
    expect(shop.erp("SELECT count(*) AS n FROM orders")).toEqual([{ n: ORDERS }]);
  });

  it("a plan stops in the same way and leaves nothing behind", async () => {
    shop.erp("DELETE FROM order_lines");
    shop.erp("DELETE FROM orders");

    expect(await shop.order("plan")).toMatchObject({ exit: 3, err: expect.stringContaining("DELETE_GUARD") });
    expect(await shop.order("plan", "--allow-deletes")).toMatchObject({ exit: 0 });
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(ORDERS);
  });
});
