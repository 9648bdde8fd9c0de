/** A plan says what a run then does, also about documents that it meets twice. */
import { expect, it } from "vitest";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

it("plans the order of an account that waited deleted and is made again, although the feed names its deletion too", async () => {
  const shop = await Shop.open(erpMapping({ Account: { policy: "manual" } }));
  shop.batch(1);
  shop.erp.put("prices", "TEA", { sku: "TEA", price: "10" });
  await shop.run();
  const account = await shop.record("Account", "erp:Account:C0", "Name");
  shop.save({ operation: "delete", records: [{ object: "Account", id: String(account?.["Id"]), values: {} }] });
  shop.erp.put("customers", "C0", { name: "Renamed" });
  await shop.run({}, {}, 0);
  const conflicts = await shop.state.conflicts({ open: true, limit: 10 });
  shop.state.write({ conflicts: conflicts.map((conflict) => ({ ...conflict, winner: "external" as const })) });
  shop.order("O1");

  const plan = await makePlan(shop.ports, { holder: "test" });
  const report = await shop.run();

  expect(report).toMatchObject({ unsynced: [], writes: 2 });
  expect(plan.unsynced).toEqual([]);
  expect(plan.writes.map(({ key }) => key)).toEqual(["erp:Account:C0", "erp:Order:O1"]);
});
