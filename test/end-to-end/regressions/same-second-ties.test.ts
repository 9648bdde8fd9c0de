/** The pain: many rows share one second, and a cursor that stops within it skips the rest (change-events §1.2 P1). */
import { expect, it } from "vitest";
import { runOnce } from "../../../src/engine/run/run.ts";
import { Shop } from "../../src/engine/shop.ts";

it("of rows with one stamp, read in two halves of that second, none is missed", async () => {
  const shop = await Shop.open();
  shop.batch(20);
  await shop.run();
  const accounts = await shop.salesforce.query("SELECT Id FROM Account ORDER BY Id");
  const edit = (rows: typeof accounts): void => {
    const records = rows.map((row) => ({ object: "Account", id: String(row["Id"]), values: { Phone: "tie" } }));
    shop.save({ operation: "update", records });
  };
  edit(accounts.slice(0, 10));
  await runOnce(shop.ports, { holder: "test" });
  edit(accounts.slice(10));

  await shop.run();
  await shop.run();

  expect(shop.erp.rows("customers").filter((row) => row.fields["phone"] === "tie")).toHaveLength(20);
});
