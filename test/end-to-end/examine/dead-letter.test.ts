/** Dead letters leave by themselves when what they complained about is gone. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../../src/cli/shop.ts";

describe("a dead letter", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.order("run");
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it("about an unknown product goes out in the run that brings the product", async () => {
    addOrder("O-9", "P-9");
    expect(await shop.order("run")).toMatchObject({ exit: 1, out: expect.stringContaining("PRODUCT_UNKNOWN") });

    shop.erp("INSERT INTO products VALUES ('P-9', 'Anchor', '80')");
    const cured = await shop.order("run");

    expect(cured).toMatchObject({ exit: 0, out: expect.stringContaining("3 documents written") });
    expect((await shop.order("dead-letters", "list")).out).toBe("No dead letters.\n");
  });

  it("that misses two products waits for the second one without being tried in every run", async () => {
    addOrder("O-9", "P-8");
    shop.erp("INSERT INTO order_lines VALUES ('O-9', 2, 'P-9', '1', '5')");
    await shop.order("run");
    shop.erp("INSERT INTO products VALUES ('P-9', 'Anchor', '80')");

    const half = await shop.order("run");
    const rest = await shop.order("run");

    expect(half).toMatchObject({ exit: 1, out: expect.stringContaining("P-8") });
    expect(rest).toMatchObject({ exit: 1, out: expect.stringContaining("1 dead letter open") });
    expect(rest.out).toContain("0 compared");
  });

  it("leaves when the external system takes its change back", async () => {
    shop.erp("UPDATE order_lines SET quantity = 'four' WHERE no = 'O-2'");
    expect(await shop.order("run")).toMatchObject({ exit: 1, out: expect.stringContaining("VALUE_INVALID") });

    shop.erp("UPDATE order_lines SET quantity = '2' WHERE no = 'O-2'");

    expect(await shop.order("run")).toMatchObject({ exit: 0, out: expect.stringContaining("0 documents written") });
    expect((await shop.order("dead-letters", "list")).out).toBe("No dead letters.\n");
  });

  it("leaves when Salesforce takes its change back", async () => {
    const [account] = await shop.ask("SELECT Id FROM Account WHERE ERP_Key__c = 'erp:Account:C-2'");
    shop.erp("UPDATE customers SET name = '' WHERE no = 'C-2'");
    expect(await shop.order("run")).toMatchObject({ exit: 1, out: expect.stringContaining("REQUIRED_FIELD_MISSING") });

    shop.erp("UPDATE customers SET name = 'Łódź Mills' WHERE no = 'C-2'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: null });

    expect(await shop.order("run")).toMatchObject({ exit: 0 });
    expect((await shop.order("dead-letters", "list")).out).toBe("No dead letters.\n");
  });

  function addOrder(no: string, sku: string): void {
    shop.erp("INSERT INTO orders VALUES (?, 'C-1', '2026-03-05', 'released')", no);
    shop.erp("INSERT INTO order_lines VALUES (?, 1, ?, '3', '18.00')", no, sku);
  }
});
