/** Somebody changes the ERP's tables between two runs. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../../src/cli/shop.ts";

describe("a mapped column that was renamed in the ERP", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.order("run");
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it.each([
    { table: "customers", column: "city", place: "mapping.objects.Account.fields.BillingCity" },
    { table: "order_lines", column: "price", place: "mapping.objects.Order.lines.fields.UnitPrice" },
  ])("$table.$column ends the run, which writes nothing until it is put right", async ({ table, column, place }) => {
    shop.erp(`ALTER TABLE ${table} RENAME COLUMN ${column} TO other_name`);
    shop.erp("UPDATE customers SET phone = '99'");

    const broken = await shop.order("run");
    const untouched = await shop.ask("SELECT Id FROM Account WHERE Phone = '99'");
    shop.erp(`ALTER TABLE ${table} RENAME COLUMN other_name TO ${column}`);
    const repaired = await shop.order("run");

    expect(broken).toMatchObject({ exit: 2, err: expect.stringContaining(place) });
    expect(broken.err).toContain("other_name");
    expect(untouched).toEqual([]);
    expect(repaired).toMatchObject({ exit: 0, out: expect.stringContaining("2 documents written") });
  });
});
