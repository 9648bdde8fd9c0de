/** The reference's worked examples (order-domain §14), request by request, as one story. */
import { expect, it } from "vitest";
import { save } from "../../../mock-server/dml/save.ts";
import { refusal, Shop } from "./shop.ts";

it("an order is created, filled, activated twice, locked, opened again and deleted", () => {
  const shop = new Shop();
  const order = shop.order({ PoNumber: "PO-4471" });
  const item = shop.item(order, { Quantity: 2, UnitPrice: 499.0 });
  expect(shop.row("Order", order)).toMatchObject({ OrderNumber: "00000100", StatusCode: "Draft", TotalAmount: 998 });
  expect(shop.row("OrderItem", item)).toMatchObject({ ListPrice: 499, TotalPrice: 998 });

  const answers = [
    shop.tryUpdate("Order", order, { Status: "Activated" }),
    shop.tryUpdate("Order", order, { Status: "Activated" }),
    shop.tryInsert("OrderItem", shop.itemValues(order)),
    shop.tryDelete("Order", order),
    shop.tryUpdate("Order", order, { Status: "Draft" }),
    shop.tryDelete("Order", order),
    shop.tryDelete("Order", order),
  ].map(refusal);

  expect(answers).toEqual([
    "saved",
    "saved",
    "ENTITY_IS_LOCKED: Unable to modify activated or superseded Order:  cannot delete Order, or add or remove Order Products []",
    "DELETE_FAILED: unable to modify activated or superseded order: cannot delete order, or add or remove order products []",
    "saved",
    "saved",
    "ENTITY_IS_DELETED: entity is deleted []",
  ]);
});

it("a storefront creates, fills and activates an order in one transaction of three saves", () => {
  const shop = new Shop();
  const id = shop.org.transaction(shop.org.systemActor, (tx) => {
    const [order] = save(tx, {
      operation: "insert",
      allOrNone: true,
      records: [{ object: "Order", values: shop.orderValues() }],
    });
    const orderId = order?.id ?? "";
    const [line] = save(tx, {
      operation: "insert",
      allOrNone: true,
      records: [{ object: "OrderItem", values: shop.itemValues(orderId) }],
    });
    const [activated] = save(tx, {
      operation: "update",
      allOrNone: true,
      records: [{ object: "Order", id: orderId, values: { Status: "Activated" } }],
    });
    expect([line?.success, activated?.success]).toEqual([true, true]);
    return orderId;
  });

  expect(shop.row("Order", id)).toMatchObject({ StatusCode: "Activated", TotalAmount: 998 });
});

it("GEN-1: a required field is not cleared by an update, and all cleared ones are in one message", () => {
  const shop = new Shop();

  expect(refusal(shop.tryUpdate("Order", shop.order(), { Status: null, EffectiveDate: " ", OwnerId: null }))).toBe(
    "REQUIRED_FIELD_MISSING: Required fields are missing: [OwnerId, EffectiveDate, Status] [OwnerId,EffectiveDate,Status]",
  );
  expect(refusal(shop.tryUpdate("Account", shop.account, { Name: "" }))).toBe(
    "REQUIRED_FIELD_MISSING: Required fields are missing: [Name] [Name]",
  );
});
