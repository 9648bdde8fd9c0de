import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SaveInput } from "../../../mock-server/dml/port.ts";
import type { Row } from "../../../mock-server/schema/definition.ts";
import { Shop } from "./shop.ts";

/** One edit by somebody who does not know the rules. */
type Edit =
  | { readonly kind: "add"; readonly order: number; readonly quantity: number; readonly price: number }
  | { readonly kind: "change"; readonly item: number; readonly quantity: number; readonly price: number }
  | { readonly kind: "remove"; readonly item: number }
  | { readonly kind: "status"; readonly order: number; readonly status: string }
  | { readonly kind: "reduce"; readonly order: number; readonly item: number; readonly quantity: number }
  | { readonly kind: "drop" | "restore"; readonly order: number };

const index = fc.nat({ max: 7 });
const amount = fc.integer({ min: -300, max: 99_999 }).map((cents) => cents / 100);
const quantity = fc.integer({ min: -500, max: 1_000 }).map((hundredths) => hundredths / 100);

const reduction = fc.integer({ min: -600, max: 20 }).map((hundredths) => hundredths / 100);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("add" as const), order: index, quantity, price: amount }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), item: index, quantity, price: amount }) },
  fc.record({ kind: fc.constant("remove" as const), item: index }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      order: index,
      status: fc.constantFrom("Draft", "Activated"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("reduce" as const), order: index, item: index, quantity: reduction }),
  },
  fc.record({ kind: fc.constantFrom("drop" as const, "restore" as const), order: index }),
);

describe("whatever is attempted", () => {
  it("an order's amount is the exact sum of its lines, and no state breaks the rules", () => {
    const origin = new Shop({ settings: { enableReductionOrders: true, roundStoredNumbers: true } });
    const orders = [0, 1, 2].map(() => origin.order());
    for (const order of orders) for (const Quantity of [10, 3.5]) origin.item(order, { Quantity });
    for (const order of orders.slice(0, 2)) origin.update("Order", order, { Status: "Activated" });
    const snapshot = origin.org.snapshot();
    fc.assert(
      fc.property(fc.array(edit, { minLength: 5, maxLength: 40 }), (edits) => {
        origin.org.restore(snapshot);
        for (const each of edits) attempt(origin, each, orders.length);
        for (const order of origin.rows("Order")) checkOrder(origin, order);
        for (const item of origin.rows("OrderItem")) checkAvailable(origin, item);
      }),
      { numRuns: 150, seed: 42 },
    );
  });

  it("a refused record leaves the org as it was, and an all-or-none request with one leaves nothing", () => {
    const shop = new Shop();
    const order = shop.order({ EndDate: "2026-12-31" });
    const bad = badItem(shop);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(bad, fc.boolean()), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (rows, allOrNone) => {
          const before = contentOf(shop);
          const records = rows.map(
            ([values, good]): SaveInput => ({
              object: "OrderItem",
              values: shop.itemValues(order, good ? {} : values),
            }),
          );
          const results = shop.save({ operation: "insert", allOrNone, records });
          const anyBad = rows.some(([, good]) => !good);

          expect(results.map((result) => result.success)).toEqual(
            rows.map(([, good]) => good && !(allOrNone && anyBad)),
          );
          if (allOrNone && anyBad) expect(contentOf(shop)).toEqual(before);
          else expect(shop.rows("OrderItem").length - before.items).toBe(rows.filter(([, good]) => good).length);
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  it("amounts beyond a double's cents are added up exactly as far as a double can show", () => {
    const shop = new Shop();
    const order = shop.order();

    for (const UnitPrice of [999_999_999_999.99, 0.01, 0.02]) shop.item(order, { Quantity: 1, UnitPrice });

    expect(shop.row("Order", order)["TotalAmount"]).toBe(1_000_000_000_000.02);
  });
});

function attempt(shop: Shop, each: Edit, orderCount: number): void {
  const orders = shop.rows("Order");
  const items = shop.rows("OrderItem");
  const idOf = (rows: readonly Row[], at: number): string => String(rows[at % Math.max(1, rows.length)]?.["Id"] ?? "");
  switch (each.kind) {
    case "add":
      shop.tryInsert(
        "OrderItem",
        shop.itemValues(idOf(orders, each.order), { Quantity: each.quantity, UnitPrice: each.price }),
      );
      return;
    case "change":
      shop.tryUpdate("OrderItem", idOf(items, each.item), { Quantity: each.quantity, UnitPrice: each.price });
      return;
    case "remove":
      shop.tryDelete("OrderItem", idOf(items, each.item));
      return;
    case "status":
      shop.tryUpdate("Order", idOf(orders, each.order), { Status: each.status });
      return;
    case "reduce": {
      const OriginalOrderId = idOf(orders.slice(0, orderCount), each.order);
      const created = shop.tryInsert("Order", {
        EffectiveDate: "2026-08-02",
        Status: "Draft",
        IsReductionOrder: true,
        OriginalOrderId,
      });
      const original = items.filter((item) => item["OrderId"] === OriginalOrderId)[each.item % 2];
      if (!created.success || original === undefined) return;
      shop.tryInsert("OrderItem", {
        OrderId: created.id,
        PricebookEntryId: original["PricebookEntryId"],
        UnitPrice: original["UnitPrice"],
        OriginalOrderItemId: original["Id"],
        Quantity: each.quantity,
      });
      shop.tryUpdate("Order", created.id, { Status: "Activated" });
      return;
    }
    case "drop":
      shop.tryDelete("Order", idOf(orders, each.order));
      return;
    case "restore":
      shop.one("undelete", "Order", idOf(orders, each.order), {});
      return;
    default: {
      const unknown: never = each;
      throw new Error(`unknown edit ${String(unknown)}`);
    }
  }
}

function checkOrder(shop: Shop, order: Row): void {
  if (order["IsDeleted"] === true) return;
  const lines = shop.rows("OrderItem").filter((item) => item["OrderId"] === order["Id"] && item["IsDeleted"] === false);
  const cents = lines.reduce((total, item) => total + BigInt(Math.round(Number(item["TotalPrice"]) * 100)), 0n);
  expect(order["TotalAmount"]).toBe(Number(cents) / 100);
  expect(order["StatusCode"] === "Activated").toBe(order["ActivatedDate"] !== null);
  if (order["StatusCode"] === "Activated") expect(lines.length).toBeGreaterThan(0);
}

/** What is available is what was ordered less what activated reduction orders took. */
function checkAvailable(shop: Shop, item: Row): void {
  expect(Number(item["AvailableQuantity"])).toBeGreaterThanOrEqual(0);
  if (item["IsDeleted"] === true || item["OriginalOrderItemId"] !== null) return;
  const taken = shop
    .rows("OrderItem")
    .filter((each) => each["OriginalOrderItemId"] === item["Id"] && each["IsDeleted"] === false)
    .filter((each) => shop.row("Order", String(each["OrderId"]))["StatusCode"] === "Activated")
    .reduce((hundredths, each) => hundredths + Math.round(Number(each["Quantity"]) * 100), 0);
  expect(item["AvailableQuantity"]).toBe((Math.round(Number(item["Quantity"]) * 100) + taken) / 100);
}

function badItem(shop: Shop): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.constantFrom<Readonly<Record<string, unknown>>>(
    { Quantity: 0 },
    { UnitPrice: null },
    { PricebookEntryId: shop.otherEntry },
    { ServiceDate: "2026-07-31" },
    { EndDate: "2027-01-01" },
    { TotalPrice: 1 },
    { Foo__c: 1 },
    { Description: "x".repeat(256) },
    { OrderId: shop.product },
  );
}

function contentOf(shop: Shop) {
  return {
    items: shop.rows("OrderItem").length,
    orders: JSON.stringify(shop.rows("Order")),
    rows: JSON.stringify(shop.rows("OrderItem")),
  };
}
