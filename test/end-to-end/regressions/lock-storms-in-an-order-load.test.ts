/** The pain: orders of one account lock it against each other, and a whole load fails with UNABLE_TO_LOCK_ROW. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";

it("a locked order does not hold up its neighbors, and follows when it is free", async () => {
  const shop = await Shop.open();
  shop.batch(1);
  for (let index = 0; index < 30; index += 1) shop.order(`O${index}`);
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O7", "Status");
  const release = shop.mock.org.lockRow(String(order?.["Id"]));
  for (let index = 0; index < 30; index += 1) shop.erp.put("orders", `O${index}`, { note: "moved" });

  const stormy = await shop.run();
  release();
  const calm = await shop.run();

  expect(stormy.unsynced.map(({ key }) => key)).toEqual(["erp:Order:O7"]);
  expect(stormy.writes).toBe(29);
  expect(calm.writes).toBe(1);
  expect(calm.unsynced).toEqual([]);
  const orders = await shop.salesforce.query("SELECT Description FROM Order");
  expect(orders.filter((each) => each["Description"] === "moved")).toHaveLength(30);
});

it("a lock that lasts a moment is waited for in the same run", async () => {
  const shop = await Shop.open();
  shop.batch(1);
  shop.order("O1");
  await shop.run();
  const order = await shop.record("Order", "erp:Order:O1", "Status");
  const release = shop.mock.org.lockRow(String(order?.["Id"]));
  shop.erp.put("orders", "O1", { note: "moved" });
  const attempts: number[] = [];
  shop.salesforce.holdOff = async (attempt) => {
    attempts.push(attempt);
    if (attempt === 2) release();
  };

  const report = await shop.run();

  expect(attempts).toEqual([1, 2]);
  expect(report).toMatchObject({ writes: 1, unsynced: [] });
});

it("locks on everything are waited for a few times, not once for every record", async () => {
  const shop = await Shop.open();
  shop.batch(1);
  for (let index = 0; index < 120; index += 1) shop.order(`O${index}`);
  await shop.run();
  const orders = await shop.salesforce.query("SELECT Id FROM Order");
  for (const { Id: id } of orders) shop.mock.org.lockRow(String(id));
  for (let index = 0; index < 120; index += 1) shop.erp.put("orders", `O${index}`, { note: "moved" });
  const attempts: number[] = [];
  shop.salesforce.holdOff = async (attempt) => {
    attempts.push(attempt);
  };

  const report = await shop.run();

  expect(report.writes).toBe(0);
  expect(attempts.length).toBeLessThanOrEqual(12);
});
