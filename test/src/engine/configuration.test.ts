/** What a run does about faults of configuration: one row is held back, a whole object stops, and the rest goes on. */
import { describe, expect, it } from "vitest";
import { refusing, Shop } from "./shop.ts";

const NOT_WRITABLE = {
  code: "INVALID_FIELD_FOR_INSERT_UPDATE",
  message: "Unable to create/update fields: Phone. Please check the security settings of this field",
  fields: ["Phone"],
};
const NO_RIGHT = { code: "INSUFFICIENT_ACCESS_OR_READONLY", message: "insufficient access rights", fields: [] };

describe("a fault of configuration", () => {
  it("of one row holds that row back, with its reason, and its neighbors land", async () => {
    const shop = await Shop.open();
    shop.batch(3);

    const report = await shop.run(
      {},
      refusing(shop, (opId) => opId.includes("Account:C1#"), NOT_WRITABLE),
    );

    expect(report.unsynced).toMatchObject([
      {
        object: "Account",
        key: "erp:Account:C1",
        how: "rejected",
        obstacles: [{ code: NOT_WRITABLE.code, message: NOT_WRITABLE.message, field: "Phone" }],
      },
    ]);
    expect(report.stopped).toEqual([]);
    expect(await shop.state.deadLetters("Account")).toHaveLength(1);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(2);
  });

  it("of the only row of a call says nothing about the mapping: that row is held back", async () => {
    const shop = await Shop.open();
    shop.batch(1);

    const report = await shop.run(
      {},
      refusing(shop, (opId) => opId.includes(":Account:"), NO_RIGHT),
    );

    expect(report.stopped).toEqual([]);
    expect(await shop.state.deadLetters("Account")).toHaveLength(1);
  });

  it("of all rows of a call stops their object, by name, and what does not depend on it goes on", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    shop.order("O1");
    await shop.run();
    for (const no of ["C1", "C2"]) shop.erp.put("customers", no, { name: `Customer ${no}` });
    shop.order("O2", { customer: "C0" });
    shop.order("O3", { customer: "C1" });

    const report = await shop.run(
      {},
      refusing(shop, (opId) => opId.includes(":Account:"), NO_RIGHT),
    );

    expect(report.stopped).toMatchObject([
      { object: "Account", code: NO_RIGHT.code, message: expect.stringContaining("insufficient access rights") },
    ]);
    expect(await shop.record("Order", "erp:Order:O2", "Status")).toBeDefined();
    expect(await shop.record("Order", "erp:Order:O3", "Status")).toBeUndefined();
    expect(await shop.state.deadLetters()).toEqual([]);
    expect((await shop.state.runs(1))[0]).toMatchObject({
      outcome: "failed",
      error: expect.stringContaining("Account"),
    });
  });

  it("that stopped an object is met by one call a run until it is put right, and then nothing was lost", async () => {
    const shop = await Shop.open();
    shop.batch(1_200);
    const ports = refusing(shop, (opId) => opId.includes(":Account:"), NO_RIGHT);
    await shop.run({}, ports);
    const before = shop.writeCalls;
    await shop.run({}, ports);
    const stopped = shop.writeCalls - before;

    const report = await shop.run();

    expect(stopped).toBe(0);
    expect(report.unsynced).toEqual([]);
    expect(report.stopped).toEqual([]);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(1_200);
  });

  it("lets the other direction of the same page go on", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    await shop.run();
    const account = await shop.record("Account", "erp:Account:C2", "Name");
    const records = [{ object: "Account", id: String(account?.["Id"]), values: { BillingCity: "Kiel" } }];
    shop.save({ operation: "update", records });
    for (const no of ["C0", "C1"]) shop.erp.put("customers", no, { city: "Bonn" });

    await shop.run(
      {},
      refusing(shop, (opId) => opId.includes(":Account:"), NO_RIGHT),
    );

    expect(shop.erp.row("customers", "C2")?.fields["city"]).toBe("Kiel");
  });
});
