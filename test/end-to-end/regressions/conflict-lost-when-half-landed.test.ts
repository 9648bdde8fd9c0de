/**
 * Regression: an order that was written in steps stopped between two of them (the org's calls ran out). The first step
 * had overwritten a user's edit, and the conflict was reported only when the whole document landed: later runs found nothing
 * to tell any more.
 */
import { expect, it } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { operationsOf } from "../../../src/sync/split.ts";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it("tells of the edit that a step overwrote, when the next step is never sent", async () => {
  const shop = await Shop.open(erpMapping({ Order: { activation: "after" } }));
  shop.batch(1);
  shop.order("O1");
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O1", "Description");
  shop.save({
    operation: "update",
    records: [{ object: "Order", id: String(order?.["Id"]), values: { Description: "a user's words" } }],
  });
  shop.erp.put("orders", "O1", { note: "the ERP's words" }, { "10": { quantity: "5" } });

  await expect(shop.run({}, outOfCallsBeforeLines(shop))).rejects.toThrow("no calls are left");
  await shop.run();

  const told = await shop.state.conflicts({ limit: 10 });
  expect(await shop.record("Order", "erp:Order:O1", "Description")).toMatchObject({ Description: "the ERP's words" });
  expect(told).toMatchObject([{ field: "Description", salesforce: "a user's words", winner: "external" }]);
});

function outOfCallsBeforeLines(shop: Shop): { readonly salesforce: SalesforceOrg } {
  return {
    salesforce: {
      ...shop.salesforce,
      execute: async (call, listener) => {
        if (operationsOf(call).some(({ object }) => object === "OrderItem"))
          throw new SyncError("SALESFORCE_LIMIT", "no calls are left");
        return await shop.salesforce.execute(call, listener);
      },
    },
  };
}
