/** The pain: the org made the records, the answer was lost, and the repeated request makes them again. */
import { expect, it } from "vitest";
import type { FaultHook } from "../../../mock-server/index.ts";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it.each(["drop", "twice"] as const)("makes every order once when the wire does: %s", async (act) => {
  const shop = await Shop.open();
  shop.batch(3);
  for (let index = 0; index < 10; index += 1) shop.order(`O${index}`, { lines: 2, state: "released" });
  shop.mock.faultHook = onEveryWrite(act);
  for (let run = 0; run < 4; run += 1) await shop.run();
  shop.mock.faultHook = undefined;

  const report = await shop.run();

  expect(report.writes).toBe(0);
  expect(report.unsynced).toEqual([]);
  expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(3);
  expect(await shop.salesforce.query("SELECT Id FROM Order WHERE StatusCode = 'Activated'")).toHaveLength(10);
  expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(20);
});

it("keeps on record what a write went over that was delivered twice, and whose second delivery is refused", async () => {
  const settings = { enableReductionOrders: true, enableNegativeQuantity: true };
  const Description = { from: "note", owner: "external" } as const;
  const mapping = erpMapping({ Order: { onActivated: "reduce", fields: { Description } } });
  const shop = await Shop.open(mapping, { settings });
  shop.batch(1);
  shop.order("O1", { state: "released" });
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O1", "Description");
  shop.save({
    operation: "update",
    records: [{ object: "Order", id: String(order?.["Id"]), values: { Description: "user's" } }],
  });
  shop.erp.put("orders", "O1", { note: "ERP's" }, { "10": { quantity: "1" } });
  shop.mock.faultHook = onEveryWrite("twice");
  await shop.run();
  shop.mock.faultHook = undefined;

  const report = await shop.run();

  expect(report.unsynced).toEqual([]);
  expect(await shop.record("Order", "erp:Order:O1", "Description")).toMatchObject({ Description: "ERP's" });
  expect(await shop.state.conflicts({ limit: 10 })).toMatchObject([
    { field: "Description", salesforce: "user's", external: "ERP's", winner: "external" },
  ]);
});

/** Every call that made a record loses its reply, or every graph and composite arrives twice. */
function onEveryWrite(act: "drop" | "twice"): FaultHook {
  return {
    before: (call) => (act === "twice" && call.method === "POST" ? { kind: "twice" } : undefined),
    after: (_call, result) =>
      act === "drop" && /"created":true|"httpStatusCode":201/.test(JSON.stringify(result.body ?? null))
        ? { kind: "drop" }
        : undefined,
  };
}
