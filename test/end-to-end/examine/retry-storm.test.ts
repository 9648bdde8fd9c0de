/** Errors that affect every row: the run gives up early instead of trying each record by itself. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../../src/cli/shop.ts";

const CUSTOMERS = 150;

describe("an error that affects every row", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.order("run");
    shop.erp(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${CUSTOMERS - 1})
      INSERT INTO customers SELECT 'K-' || i, 'Many', NULL, NULL FROM n`);
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it.each(["SOME_NEW_CODE", "UNABLE_TO_LOCK_ROW"])("with the code %s costs a handful of calls a run", async (code) => {
    const fault = shop.org.faults.add({ act: "partial-failure", object: "Account", code });

    const storm = JSON.parse((await shop.order("run", "--json")).out);
    fault.remove();
    const after = await shop.order("run");

    expect(storm.unsynced).toHaveLength(CUSTOMERS);
    expect(storm.apiCalls).toBeLessThan(25);
    expect(after).toMatchObject({ exit: 0, out: expect.stringContaining(`${CUSTOMERS} documents written`) });
  });

  it("is told from many rows that each spoil their neighbors", async () => {
    for (let number = 0; number < CUSTOMERS; number += 20) {
      shop.erp("INSERT INTO orders VALUES (?, 'C-1', '1600-01-01', 'draft')", `D-${number}`);
      shop.erp("INSERT INTO orders VALUES (?, 'C-1', '2026-01-01', 'draft')", `E-${number}`);
    }

    const run = JSON.parse((await shop.order("run", "--json")).out);

    expect(run.unsynced).toHaveLength(8);
    expect(run.writes).toBe(CUSTOMERS + 8);
  });

  it("is not in the way of finding the one row that spoils its neighbors", async () => {
    shop.erp("UPDATE customers SET name = ? WHERE no = 'K-77'", "n".repeat(300));

    const run = JSON.parse((await shop.order("run", "--json")).out);

    expect(run.unsynced).toHaveLength(1);
    expect(run.writes).toBe(CUSTOMERS - 1);
  });
});
