/** Values that come back otherwise than they were sent: nobody has edited them, and nobody's digits are overwritten. */
import { describe, expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const KEY = "erp:Account:C0";

/** Annual revenue has no decimals in Salesforce, and the mock org rounds it. The ERP holds it in a text column. */
const MAPPING: MappingInput = erpMapping({
  Account: { policy: "external", fields: { AnnualRevenue: "city", BillingCity: null } },
});

describe("a value with more decimals than its field's scale, which Salesforce keeps", () => {
  it("is the same on both sides, and nothing is said", async () => {
    const shop = await Shop.open(MAPPING);
    shop.batch(1);
    shop.erp.put("customers", "C0", { name: "Customer 0", city: "1234.56" });

    const first = await shop.run();
    const second = await shop.run();

    expect(await shop.record("Account", KEY, "AnnualRevenue")).toMatchObject({ AnnualRevenue: 1234.56 });
    expect(first.keptOtherwise).toEqual([]);
    expect([second.writes, revenue(shop)]).toEqual([0, "1234.56"]);
  });
});

describe("a value that Salesforce rounds", () => {
  it("is in the ERP as it is, is reported once, and the runs after that rest", async () => {
    const shop = await withRevenue("1234.56");

    const first = await shop.run();
    const second = await shop.run();
    const third = await shop.run();

    expect(await shop.record("Account", KEY, "AnnualRevenue")).toMatchObject({ AnnualRevenue: 1235 });
    expect(revenue(shop)).toBe("1234.56");
    expect(first.keptOtherwise).toEqual([
      {
        object: "Account",
        side: "salesforce",
        field: "AnnualRevenue",
        count: 1,
        example: { key: KEY, sent: "1234.56", kept: "1235" },
      },
    ]);
    expect([second, third].map(({ writes, keptOtherwise }) => [writes, keptOtherwise])).toEqual([
      [0, []],
      [0, []],
    ]);
    const [entry] = (await shop.state.journal({ object: "Account", key: KEY, limit: 20 })).filter(
      ({ event }) => event === "kept otherwise",
    );
    expect(entry).toMatchObject({
      side: "salesforce",
      detail: { changes: [{ field: "AnnualRevenue", from: "1234.56", to: "1235" }] },
    });
  });

  it("stays in the ERP when a user edits another field", async () => {
    const shop = await withRevenue("1234.56");
    await shop.run();

    await edit(shop, { Phone: "112" });
    await shop.run();

    expect(shop.erp.row("customers", "C0")?.fields).toMatchObject({ phone: "112", city: "1234.56" });
  });

  it("is overwritten by a user's edit of it", async () => {
    const shop = await withRevenue("1234.56");
    await shop.run();

    await edit(shop, { AnnualRevenue: 1236 });
    await shop.run();

    expect(revenue(shop)).toBe("1236");
  });

  it("follows the ERP's next edit, although Salesforce shows the same afterwards", async () => {
    const shop = await withRevenue("1234.56");
    await shop.run();

    shop.erp.put("customers", "C0", { name: "Customer 0", city: "1234.78" });
    const reports = [await shop.run(), await shop.run()];

    expect(revenue(shop)).toBe("1234.78");
    expect(reports.map(({ writes }) => writes)).toEqual([1, 0]);
    expect(await shop.state.conflicts({ limit: 10 })).toEqual([]);
  });

  it("stays in the ERP when the run dies right after its write", async () => {
    const shop = await withRevenue("1234.56");
    await shop.run({}, dyingAfterWrite(shop)).catch(() => {});

    await shop.run();
    await shop.run();
    const last = await shop.run();

    expect(revenue(shop)).toBe("1234.56");
    expect(last.writes).toBe(0);
  });

  it("of 18 digits is in the ERP to the last digit", async () => {
    const shop = await withRevenue("123456789012345678");
    await shop.run();
    const last = await shop.run();

    expect(revenue(shop)).toBe("123456789012345678");
    expect(last.writes).toBe(0);
  });
});

it("a fraction in a field of whole numbers is refused, and named", async () => {
  const shop = await Shop.open(erpMapping({ Account: { fields: { NumberOfEmployees: "staff" } } }));
  shop.batch(2);
  shop.erp.put("customers", "C0", { name: "Customer 0", staff: "12.5" });

  const report = await shop.run();

  expect(report.unsynced).toMatchObject([
    {
      key: KEY,
      how: "rejected",
      obstacles: [{ code: "VALUE_INVALID", message: expect.stringContaining("is no whole number") }],
    },
  ]);
  expect(await shop.record("Account", "erp:Account:C1", "Name")).toBeDefined();
});

async function withRevenue(text: string): Promise<Shop> {
  const shop = await Shop.open(MAPPING, { settings: { roundStoredNumbers: true } });
  shop.batch(1);
  shop.erp.put("customers", "C0", { name: "Customer 0", city: text });
  return shop;
}

function revenue(shop: Shop): unknown {
  return shop.erp.row("customers", "C0")?.fields["city"];
}

async function edit(shop: Shop, values: Readonly<Record<string, string | number>>): Promise<void> {
  const id = String((await shop.record("Account", KEY, "Name"))?.["Id"]);
  shop.save({ operation: "update", records: [{ object: "Account", id, values }] });
}

/** The write lands, and nothing of it is recorded. */
function dyingAfterWrite(shop: Shop): Partial<EnginePorts> {
  return {
    salesforce: {
      ...shop.salesforce,
      execute: async (call, listener) => {
        await shop.salesforce.execute(call, listener);
        throw new Error("the process is gone");
      },
    },
  };
}
