/** The pain: after a crash a record that somebody undeleted passes for the new one, and its old values win. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it("an undeleted record is not the one that a dead process was about to make", async () => {
  const shop = await Shop.open(erpMapping({ Account: { create: { salesforce: true, external: true } } }));
  shop.batch(1);
  await shop.run();
  const id = String((await shop.record("Account", "erp:Account:C0", "Name"))?.["Id"]);
  shop.save({ operation: "delete", records: [{ object: "Account", id, values: {} }] });
  shop.erp.put("customers", "C0", { city: "Odense" });
  const execute = shop.salesforce.execute.bind(shop.salesforce);
  shop.salesforce.execute = async () => {
    throw new TypeError("the process dies");
  };
  await expect(shop.run()).rejects.toThrow("the process dies");
  shop.salesforce.execute = execute;
  shop.save({ operation: "undelete", records: [{ object: "Account", id, values: {} }] });

  await shop.run();
  await shop.run();

  const account = await shop.record("Account", "erp:Account:C0", "BillingCity");
  expect(account).toMatchObject({ Id: id, BillingCity: "Odense" });
  expect(shop.erp.row("customers", "C0")?.fields["city"]).toBe("Odense");
});
