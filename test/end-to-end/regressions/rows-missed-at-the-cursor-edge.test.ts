/**
 * The pain: a transaction commits late with stamps older than the newest one seen, and its rows are never read
 * (reference: change-events §1.2 P2).
 */
import { expect, it } from "vitest";
import { save } from "../../../mock-server/dml/save.ts";
import { Shop } from "../../src/engine/shop.ts";

it("a row of a transaction that commits late arrives, whatever was read meanwhile", async () => {
  const shop = await Shop.open();
  shop.batch(2);
  await shop.run();
  const accounts = await shop.salesforce.query("SELECT Id FROM Account ORDER BY ERP_Key__c");
  const [first, second] = accounts.map((account) => String(account["Id"]));
  const update = (id: string | undefined, Phone: string) =>
    ({ operation: "update", records: [{ object: "Account", id: String(id), values: { Phone } }] }) as const;
  const long = shop.mock.org.openLongTransaction();
  long.run((tx) => save(tx, { ...update(first, "late"), allOrNone: false }));
  shop.mock.clock.advance({ minutes: 10 });
  shop.save(update(second, "early"));
  await shop.run();
  await shop.run();

  long.commit();
  await shop.run();

  expect(shop.erp.row("customers", "C1")?.fields["phone"]).toBe("early");
  expect(shop.erp.row("customers", "C0")?.fields["phone"]).toBe("late");
});
