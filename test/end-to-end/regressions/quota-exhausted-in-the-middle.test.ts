/** The pain: the day's requests run out in the middle of a run, and nobody knows what was done. */
import { expect, it } from "vitest";
import { Shop } from "../../src/engine/shop.ts";

it("a run that meets the limit stops, keeps what it did, and the next one does the rest once", async () => {
  const shop = await Shop.open();
  shop.batch(50);
  for (let index = 0; index < 200; index += 1)
    shop.order(`O${index}`, { customer: `C${index % 50}`, state: "released" });
  shop.mock.apiUsage.max = shop.mock.apiUsage.used + 9;

  await expect(shop.run()).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
  const made = (await shop.state.counts())["Account"]?.["bases"];
  shop.mock.apiUsage.max = 5_000_000;
  // What the last answer said about the limit is believed for five minutes.
  shop.mock.clock.advance({ minutes: 6 });
  const report = await shop.run();

  expect(made).toBe(50);
  expect(report.unsynced).toEqual([]);
  expect(await shop.salesforce.query("SELECT Id FROM Order WHERE StatusCode = 'Activated'")).toHaveLength(200);
  expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(200);
  expect((await shop.run()).writes).toBe(0);
});
