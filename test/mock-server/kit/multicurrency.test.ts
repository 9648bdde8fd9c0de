/** An org with several currencies: what records carry, and that nothing is added up across currencies. */
import { describe, expect, it } from "vitest";
import { createMockOrg, numberField } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

const NOW = "2026-03-01T08:00:00Z";
const multicurrency = { EUR: 1, USD: 1.08, JPY: 157 };

describe("an org with several currencies", () => {
  it("has them as records, and the corporate one on what is made without another", async () => {
    await using org = await createMockOrg({ now: NOW, multicurrency });
    const client = clientOf(org);
    const types = await client.query(
      "SELECT IsoCode, ConversionRate, DecimalPlaces, IsCorporate FROM CurrencyType ORDER BY ConversionRate",
    );
    expect(types.body).toMatchObject({
      records: [
        { IsoCode: "EUR", ConversionRate: 1, DecimalPlaces: 2, IsCorporate: true },
        { IsoCode: "USD", ConversionRate: 1.08, DecimalPlaces: 2, IsCorporate: false },
        { IsoCode: "JPY", ConversionRate: 157, DecimalPlaces: 0, IsCorporate: false },
      ],
    });
    expect(org.given.order({ lines: 1 }).record).toMatchObject({ CurrencyIsoCode: "EUR", TotalAmount: 100 });
  });

  it("refuses an entry in another currency than the order's", async () => {
    await using org = await createMockOrg({ now: NOW, multicurrency });
    const product = org.given.product();
    expect(() => org.given.order({ CurrencyIsoCode: "USD", lines: [{ product }] })).toThrow(/different currency/);
    expect(() => org.given.account({ CurrencyIsoCode: "GBP" })).toThrow(/INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST/);
  });

  it.each([
    "SELECT SUM(TotalAmount) FROM Order",
    "SELECT AccountId, MAX(TotalAmount) FROM Order GROUP BY AccountId",
    "SELECT convertCurrency(TotalAmount) FROM Order",
    "SELECT FORMAT(TotalAmount) FROM Order",
    "SELECT Id FROM OrderItem ORDER BY UnitPrice",
    "SELECT Id FROM Order WHERE TotalAmount > USD5000",
  ])("refuses by name what it would have to convert: %s", async (soql) => {
    await using org = await createMockOrg({ now: NOW, multicurrency });
    const { status, body } = await clientOf(org).query(soql);
    expect(status).toBe(400);
    expect(body).toMatchObject([{ message: expect.stringContaining("is not supported by the mock org") }]);
    expect(org.journal.unsupported).toHaveLength(1);
  });

  it("compares amounts with plain numbers, and counts", async () => {
    await using org = await createMockOrg({ now: NOW, multicurrency });
    org.given.order({ lines: 1 });
    const { body } = await clientOf(org).query("SELECT COUNT(TotalAmount) n FROM Order WHERE TotalAmount > 99");
    expect(body).toMatchObject({ records: [{ n: 1 }] });
  });

  it("may be the demo company, and be reset to its beginning", async () => {
    await using org = await createMockOrg({ now: NOW, seed: "demo", multicurrency });
    org.reset();
    expect(org.records("CurrencyType").count()).toBe(3);
    expect(org.records("Order").where({ CurrencyIsoCode: "EUR" }).length).toBe(org.records("Order").count());
  });

  it("says which roll-up summaries it does not convert", async () => {
    const total = {
      ...numberField("Ordered__c"),
      type: "currency",
      summary: { operation: "sum", childObject: "Order", foreignKey: "AccountId", field: "TotalAmount", filters: [] },
    } as const;
    await using org = await createMockOrg({ multicurrency, fields: { Account: [total] } });
    expect(org.remarks).toEqual([expect.objectContaining({ path: "Account.Ordered__c" })]);
  });

  it.each([
    [{}, "needs the first one"],
    [{ Euro: 1 }, "Euro is no ISO code"],
    [{ EUR: 0 }, "the rate of EUR is 0"],
  ])("is not made of %j", async (wrong, message) => {
    await expect(createMockOrg({ multicurrency: wrong })).rejects.toThrow(message);
  });
});
