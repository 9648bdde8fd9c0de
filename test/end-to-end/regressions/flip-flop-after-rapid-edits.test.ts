/** The pain: both sides are edited in quick succession, and the two values chase each other for ever. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

it("comes to rest after quick edits of one field on both sides, with the loser on record", async () => {
  const shop = await Shop.open(erpMapping({ Account: { policy: "newest" } }));
  shop.batch(1);
  await shop.run();
  const account = await shop.record("Account", "erp:Account:C0", "Name");
  for (let round = 0; round < 3; round += 1) {
    shop.save({
      operation: "update",
      records: [{ object: "Account", id: String(account?.["Id"]), values: { Name: `Salesforce ${round}` } }],
    });
    shop.mock.clock.advance({ seconds: 1 });
    shop.erp.put("customers", "C0", { name: `ERP ${round}` });
    await shop.run();
  }

  const rest = [await shop.run(), await shop.run()];

  expect(rest.map(({ writes }) => writes)).toEqual([0, 0]);
  expect((await shop.record("Account", "erp:Account:C0", "Name"))?.["Name"]).toBe("ERP 2");
  expect(shop.erp.row("customers", "C0")?.fields["name"]).toBe("ERP 2");
  const lost = (await shop.state.conflicts({ limit: 10 })).map(({ salesforce }) => salesforce);
  expect(lost).toEqual(expect.arrayContaining(["Salesforce 0", "Salesforce 1", "Salesforce 2"]));
});
