/** The first run of a configuration that does not fit: everything is named at once, and nothing is written. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg, textField } from "../../../mock-server/index.ts";
import { openShop, type Shop } from "../../src/cli/shop.ts";

const OBJECTS = ["Account", "Product2", "PricebookEntry", "Order", "OrderItem"];

describe("a first run", () => {
  let shop: Shop;
  let org: MockOrg | undefined;

  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await org?.close();
    await shop[Symbol.asyncDispose]();
  });

  it.each([
    { key: { unique: true, caseSensitive: true }, said: "is not an External ID" },
    { key: { externalId: true }, said: "is not unique" },
    { key: { externalId: true, unique: true }, said: "ignores case" },
  ])("against a key field of which the check says that it $said writes nothing", async ({ key, said }) => {
    const field = textField("ERP_Key__c", key);
    org = await createMockOrg({ fields: Object.fromEntries(OBJECTS.map((object) => [object, [field]])) });
    const { url } = await org.listen();
    shop.configure({ [shop.orgUrl]: url });

    const run = await shop.order("run");

    expect(run).toMatchObject({ exit: 2, err: expect.stringContaining("MAPPING_INVALID") });
    for (const place of ["Account.keyField", "Order.keyField", "Order.lines.keyField"])
      expect(run.err).toContain(place);
    expect(run.err).toContain(said);
    expect((await shop.order("status")).out).toMatch(/Account +0 +0 +0/);
  });

  it("without the change log names the collections and the command that installs it", async () => {
    for (const { name } of shop.erp("SELECT name FROM sqlite_master WHERE type = 'trigger'")) {
      shop.erp(`DROP TRIGGER ${String(name)}`);
    }

    const run = await shop.order("run");

    expect(run).toMatchObject({ exit: 2, err: expect.stringContaining("order-sync init --install-change-log") });
    expect(run.err.split("\n").filter((line) => line.includes("change log of table"))).toHaveLength(4);
  });

  it("of a configuration that fits just runs", async () => {
    expect(await shop.order("run")).toMatchObject({ exit: 0 });
  });
});
