/** The pain: an administrator removes a field, every query fails, and the connector writes nulls or stops silently. */
import { expect, it } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it("a field that is not there stops the run with its name, and writes nothing", async () => {
  const shop = await Shop.open(
    erpMapping({ Account: { fields: { BillingCity: null, Region__c: { from: "city", direction: "both" } } } }),
  );
  shop.batch(2);

  const failure = await shop.run().catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(SyncError);
  expect(failure).toMatchObject({ code: "SALESFORCE_REFUSED", message: expect.stringContaining("Region__c") });
  expect(await shop.salesforce.query("SELECT Id FROM Account")).toEqual([]);
  // Which org it was is remembered; no feed has a position.
  expect(Object.keys(await shop.state.cursors()).filter((name) => name !== "salesforce")).toEqual([]);
});
