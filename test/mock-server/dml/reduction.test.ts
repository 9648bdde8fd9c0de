import { describe, expect, it } from "vitest";
import { profileWithout, refusal, Shop, type Values } from "./shop.ts";

const reductions = { settings: { enableReductionOrders: true } };

function shopWithOriginal() {
  const shop = new Shop(reductions);
  const original = shop.order();
  const line = shop.item(original, { Quantity: 10 });
  shop.update("Order", original, { Status: "Activated" });
  const reductionValues = (values: Values = {}) => ({
    EffectiveDate: "2026-08-02",
    Status: "Draft",
    IsReductionOrder: true,
    OriginalOrderId: original,
    ...values,
  });
  const lineValues = (OrderId: string, values: Values = {}) =>
    shop.itemValues(OrderId, { OriginalOrderItemId: line, Quantity: -4, ...values });
  return { shop, original, line, reductionValues, lineValues };
}

describe("a reduction order", () => {
  it("takes account, contract and price book from its original, and its total is negative", () => {
    const { shop, reductionValues, lineValues } = shopWithOriginal();

    const id = shop.insert("Order", reductionValues());
    const item = shop.insert("OrderItem", lineValues(id));

    expect(shop.row("Order", id)).toMatchObject({
      AccountId: shop.account,
      Pricebook2Id: shop.book,
      TotalAmount: -1996,
    });
    expect(shop.row("OrderItem", item)["AvailableQuantity"]).toBe(0);
  });

  it("takes effect when it is activated and gives back when it is deactivated", () => {
    const { shop, line, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    shop.insert("OrderItem", lineValues(id));
    const available = () => shop.row("OrderItem", line)["AvailableQuantity"];

    const before = available();
    shop.update("Order", id, { Status: "Activated" });
    const during = available();
    shop.update("Order", id, { Status: "Draft" });

    expect([before, during, available()]).toEqual([10, 6, 10]);
  });

  it("takes more or less when a line of it is edited while activated, within what there is", () => {
    const { shop, line, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    const item = shop.insert("OrderItem", lineValues(id));
    shop.update("Order", id, { Status: "Activated" });

    shop.update("OrderItem", item, { Quantity: -10 });

    expect(shop.row("OrderItem", line)["AvailableQuantity"]).toBe(0);
    expect(refusal(shop.tryUpdate("OrderItem", item, { Quantity: -10.5 }))).toContain(
      "more than the available quantity",
    );
    expect(refusal(shop.tryUpdate("OrderItem", item, { Description: "all" }))).toBe("saved");
  });

  it("RED-1: needs the feature and the permission", () => {
    const off = new Shop();
    const withoutFeature = off.tryInsert(
      "Order",
      off.orderValues({ IsReductionOrder: true, OriginalOrderId: off.activatedOrder() }),
    );
    const shop = new Shop({ ...reductions, permissions: [profileWithout("clerk", "CreateReductionOrder")] });
    const original = shop.activatedOrder();
    shop.user = "clerk@mock.org";
    const withoutPermission = shop.tryInsert(
      "Order",
      shop.orderValues({ IsReductionOrder: true, OriginalOrderId: original }),
    );

    expect(refusal(withoutFeature)).toMatch(/^INVALID_FIELD_FOR_INSERT_UPDATE.*\[IsReductionOrder\]$/);
    expect(refusal(withoutPermission)).toMatch(/^INVALID_FIELD_FOR_INSERT_UPDATE.*\[IsReductionOrder\]$/);
  });

  it.each<[string, (parts: ReturnType<typeof shopWithOriginal>) => Values, RegExp]>([
    ["RED-2: without an original", () => ({ OriginalOrderId: null }), /\[OriginalOrderId\]$/],
    ["RED-2: that is none", () => ({ IsReductionOrder: false }), /\[OriginalOrderId\]$/],
    ["RED-3: of a draft", ({ shop }) => ({ OriginalOrderId: shop.order() }), /\[OriginalOrderId\]$/],
    ["RED-4: of another account", ({ shop }) => ({ AccountId: shop.otherAccount }), /\[AccountId\]$/],
  ])("%s is refused", (_case, values, answer) => {
    const parts = shopWithOriginal();
    const given = parts.reductionValues({ AccountId: parts.shop.account, ...values(parts) });

    expect(refusal(parts.shop.tryInsert("Order", given))).toMatch(answer);
  });

  it("RED-3: of a reduction order is refused", () => {
    const { shop, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    shop.insert("OrderItem", lineValues(id));
    shop.update("Order", id, { Status: "Activated" });

    expect(refusal(shop.tryInsert("Order", reductionValues({ OriginalOrderId: id })))).toMatch(/\[OriginalOrderId\]$/);
  });

  it.each<[string, Values, string]>([
    [
      "ITM-15: more than is available",
      { Quantity: -10.01 },
      "FIELD_INTEGRITY_EXCEPTION: You can't reduce more than the available quantity. [Quantity]",
    ],
    ["all that is available", { Quantity: -10 }, "saved"],
    ["RED-5: no original line", { OriginalOrderItemId: null }, "OriginalOrderItemId"],
    ["RED-6: another price", { UnitPrice: 1 }, "OriginalOrderItemId"],
    ["RED-7: a positive quantity", { Quantity: 1 }, "must be less than zero"],
  ])("a line with %s", (_case, values, answer) => {
    const { shop, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());

    expect(refusal(shop.tryInsert("OrderItem", lineValues(id, values)))).toContain(answer);
  });

  it("RED-5: an ordinary line names no original", () => {
    const { shop, line } = shopWithOriginal();

    expect(
      refusal(shop.tryInsert("OrderItem", shop.itemValues(shop.order(), { OriginalOrderItemId: line }))),
    ).toContain("OriginalOrderItemId");
  });

  it("RED-8: cannot be activated when another one was faster", () => {
    const { shop, reductionValues, lineValues } = shopWithOriginal();
    const [first, second] = [0, 1].map(() => {
      const id = shop.insert("Order", reductionValues());
      shop.insert("OrderItem", lineValues(id, { Quantity: -6 }));
      return id;
    });
    shop.update("Order", String(first), { Status: "Activated" });

    expect(refusal(shop.tryUpdate("Order", String(second), { Status: "Activated" }))).toBe(
      "FAILED_ACTIVATION: You can't reduce more than the available quantity. []",
    );
  });

  it("RED-9: cannot be activated after the feature was switched off", () => {
    const { shop, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    shop.insert("OrderItem", lineValues(id));
    shop.org.configure({ enableReductionOrders: false });

    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toMatch(/^FAILED_ACTIVATION/);
  });
});

describe("an order with reductions", () => {
  it("ORD-14, ORD-17: neither goes back to Draft nor is deleted until they are gone", () => {
    const { shop, original, reductionValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    expect(refusal(shop.tryUpdate("Order", original, { Status: "Draft" }))).toBe(
      "FAILED_ACTIVATION: You can't deactivate an order that has reduction orders. []",
    );
    shop.delete("Order", id);

    shop.update("Order", original, { Status: "Draft" });
    shop.delete("Order", original);

    expect(shop.row("Order", original)["IsDeleted"]).toBe(true);
  });

  it("ITM-11: keeps a reduced line as it is; a line that is not reduced stays open", () => {
    const { shop, original, line, reductionValues, lineValues } = shopWithOriginal();
    const id = shop.insert("Order", reductionValues());
    shop.insert("OrderItem", lineValues(id));
    shop.update("OrderItem", line, { Description: "not yet reduced" });
    shop.update("Order", id, { Status: "Activated" });

    expect(refusal(shop.tryUpdate("OrderItem", line, { Quantity: 3 }))).toBe(
      "FIELD_INTEGRITY_EXCEPTION: You can't update Quantity because the order product has been reduced. [Quantity]",
    );
    expect(refusal(shop.tryUpdate("OrderItem", line, { UnitPrice: 3 }))).toContain(
      "You can't update Unit Price because",
    );
    expect(shop.row("Order", original)["TotalAmount"]).toBe(4990);
  });
});
