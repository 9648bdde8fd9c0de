/** Reduction orders (reference: order-domain §2.9). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { activatedOrder, type Client, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop({ settings: { enableReductionOrders: true } });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

function reductionOf(order: string, values: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    AccountId: shop.account,
    Pricebook2Id: shop.book,
    EffectiveDate: "2026-08-01",
    Status: "Draft",
    IsReductionOrder: true,
    OriginalOrderId: order,
    ...values,
  };
}

function lineOf(order: string, item: string, values: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    OrderId: order,
    OriginalOrderItemId: item,
    PricebookEntryId: shop.entry,
    Quantity: -1,
    UnitPrice: 499,
    ...values,
  };
}

describe("a reduction order", () => {
  it("takes from the original when it is activated, gives back when it is deactivated", async () => {
    const { order, item } = await activatedOrder(shop);
    const reduction = await admin.create("Order", reductionOf(order));
    const line = await admin.create("OrderItem", lineOf(reduction, item));
    expect(await admin.read("OrderItem", line, "AvailableQuantity, TotalPrice")).toEqual({
      AvailableQuantity: 0,
      TotalPrice: -499,
    });
    expect(await admin.read("Order", reduction, "TotalAmount")).toEqual({ TotalAmount: -499 });
    expect(await admin.read("OrderItem", item, "AvailableQuantity")).toEqual({ AvailableQuantity: 2 });
    await admin.update("Order", reduction, { Status: "Activated" });
    expect(await admin.read("OrderItem", item, "AvailableQuantity")).toEqual({ AvailableQuantity: 1 });
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 998 });

    const edit = await admin.patch(`/sobjects/OrderItem/${item}`, { Quantity: 5 });
    expect([edit.status, edit.body]).toEqual([
      400,
      fault("FIELD_INTEGRITY_EXCEPTION", "You can't update Quantity because the order product has been reduced.", [
        "Quantity",
      ]),
    ]);
    const price = await admin.patch(`/sobjects/OrderItem/${item}`, { UnitPrice: 5 });
    expect(price.body[0].message).toBe("You can't update Unit Price because the order product has been reduced.");

    const draft = await admin.patch(`/sobjects/Order/${order}`, { Status: "Draft" });
    expect([draft.status, draft.body[0].errorCode]).toEqual([400, "FAILED_ACTIVATION"]);
    await admin.update("Order", reduction, { Status: "Draft" });
    expect(await admin.read("OrderItem", item, "AvailableQuantity")).toEqual({ AvailableQuantity: 2 });
    // It still refers to the original: it must be deleted too.
    expect((await admin.patch(`/sobjects/Order/${order}`, { Status: "Draft" })).status).toBe(400);
    expect((await admin.delete(`/sobjects/Order/${reduction}`)).status).toBe(204);
    expect((await admin.patch(`/sobjects/Order/${order}`, { Status: "Draft" })).status).toBe(204);
  });

  it("must have a product to be activated", async () => {
    const { order } = await activatedOrder(shop);
    const reduction = await admin.create("Order", reductionOf(order));
    const { body } = await admin.patch(`/sobjects/Order/${reduction}`, { Status: "Activated" });
    expect(body).toEqual(fault("FAILED_ACTIVATION", "An order must have at least one product.", []));
  });

  it("takes no more than is available, over several reduction orders", async () => {
    const { order, item } = await activatedOrder(shop);
    const first = await admin.create("Order", reductionOf(order));
    const tooMuch = await admin.post("/sobjects/OrderItem", lineOf(first, item, { Quantity: -3 }));
    expect([tooMuch.status, tooMuch.body[0].errorCode, tooMuch.body[0].fields]).toEqual([
      400,
      "FIELD_INTEGRITY_EXCEPTION",
      ["Quantity"],
    ]);
    await admin.create("OrderItem", lineOf(first, item, { Quantity: -2 }));
    const second = await admin.create("Order", reductionOf(order));
    await admin.create("OrderItem", lineOf(second, item, { Quantity: -1 }));
    await admin.update("Order", first, { Status: "Activated" });
    const answer = await admin.patch(`/sobjects/Order/${second}`, { Status: "Activated" });
    expect(answer.status).toBe(400);
    expect(await admin.read("OrderItem", item, "AvailableQuantity")).toEqual({ AvailableQuantity: 0 });
  });

  it.each<[string, Record<string, unknown>]>([
    ["a positive quantity", { Quantity: 1 }],
    ["a quantity of zero", { Quantity: 0 }],
    ["no original item", { OriginalOrderItemId: null }],
    ["another price", { UnitPrice: 498 }],
  ])("refuses a product with %s", async (_, values) => {
    const { order, item } = await activatedOrder(shop);
    const reduction = await admin.create("Order", reductionOf(order));
    const answer = await admin.post("/sobjects/OrderItem", lineOf(reduction, item, values));
    expect(answer.status).toBe(400);
  });

  it("refuses an item of another order", async () => {
    const { order } = await activatedOrder(shop);
    const { item } = await activatedOrder(shop);
    const reduction = await admin.create("Order", reductionOf(order));
    expect((await admin.post("/sobjects/OrderItem", lineOf(reduction, item))).status).toBe(400);
  });

  it("reduces only activated orders, and no reduction order", async () => {
    const draft = await draftOrder(shop);
    await orderItem(shop, draft);
    expect((await admin.post("/sobjects/Order", reductionOf(draft))).status).toBe(400);
    const { order, item } = await activatedOrder(shop);
    const reduction = await admin.create("Order", reductionOf(order));
    await admin.create("OrderItem", lineOf(reduction, item));
    await admin.update("Order", reduction, { Status: "Activated" });
    expect((await admin.post("/sobjects/Order", reductionOf(reduction))).status).toBe(400);
  });

  it("needs an original, and an original needs the flag", async () => {
    const { order } = await activatedOrder(shop);
    expect((await admin.post("/sobjects/Order", reductionOf(order, { OriginalOrderId: null }))).status).toBe(400);
    expect((await admin.post("/sobjects/Order", reductionOf(order, { IsReductionOrder: false }))).status).toBe(400);
  });

  it("the account is the original's", async () => {
    const { order } = await activatedOrder(shop);
    const other = await admin.create("Account", { Name: "Other" });
    expect((await admin.post("/sobjects/Order", reductionOf(order, { AccountId: other }))).status).toBe(400);
  });

  it("an order with reduction orders cannot be deleted", async () => {
    const { order } = await activatedOrder(shop);
    await admin.create("Order", reductionOf(order));
    const { status, body } = await admin.delete(`/sobjects/Order/${order}`);
    expect([status, body[0].errorCode]).toEqual([400, "DELETE_FAILED"]);
  });

  it("without the feature nobody makes one", async () => {
    const plain = await openShop();
    const { order } = await activatedOrder(plain);
    const answer = await plain.admin.post("/sobjects/Order", {
      AccountId: plain.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      IsReductionOrder: true,
      OriginalOrderId: order,
    });
    expect(answer.status).toBe(400);
    await plain.org.close();
  });
});
