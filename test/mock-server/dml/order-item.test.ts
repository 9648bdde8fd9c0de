import { describe, expect, it } from "vitest";
import { refusal, Shop, type Values } from "./shop.ts";

const integrity = (message: string, ...fields: readonly string[]) =>
  `FIELD_INTEGRITY_EXCEPTION: ${message} [${fields.join(",")}]`;

describe("adding an order product", () => {
  it("takes list price, product and available quantity from entry and quantity, and sums the order", () => {
    const shop = new Shop({ settings: { roundStoredNumbers: true } });
    const order = shop.order();

    const id = shop.item(order, { Quantity: 3, UnitPrice: 0.335 });

    expect(shop.row("OrderItem", id)).toMatchObject({
      OrderItemNumber: "0000000001",
      Product2Id: shop.product,
      ListPrice: 499,
      UnitPrice: 0.34,
      TotalPrice: 1.02,
      AvailableQuantity: 3,
    });
    expect(shop.row("Order", order)["TotalAmount"]).toBe(1.02);
  });

  it("keeps the digits of price, quantity and totals unless the org rounds", () => {
    const shop = new Shop();
    const order = shop.order();

    const id = shop.item(order, { Quantity: 1.125, UnitPrice: 0.335 });
    shop.item(order, { Quantity: 0.1, UnitPrice: 0.2 });

    expect(shop.row("OrderItem", id)).toMatchObject({ UnitPrice: 0.335, Quantity: 1.125, TotalPrice: 0.376875 });
    expect(shop.row("Order", order)["TotalAmount"]).toBe(0.396875);
  });

  it("keeps the list price when the entry's price moves later", () => {
    const shop = new Shop();
    const id = shop.item(shop.order());

    shop.update("PricebookEntry", shop.entry, { UnitPrice: 10 });

    expect(shop.row("OrderItem", id)["ListPrice"]).toBe(499);
  });

  it("never gives the order a price book", () => {
    const shop = new Shop();
    const order = shop.order({ Pricebook2Id: null });

    shop.tryInsert("OrderItem", shop.itemValues(order));

    expect(shop.row("Order", order)["Pricebook2Id"]).toBeNull();
  });

  it("allows the same product twice", () => {
    const shop = new Shop();
    const order = shop.order();
    shop.item(order);

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order)))).toBe("saved");
  });

  it.each<[string, (shop: Shop) => Values, string]>([
    [
      "GEN-1: no quantity",
      () => ({ Quantity: undefined }),
      "REQUIRED_FIELD_MISSING: Required fields are missing: [Quantity] [Quantity]",
    ],
    [
      "ITM-1: no unit price",
      () => ({ UnitPrice: undefined }),
      "REQUIRED_FIELD_MISSING: Order Products must have a Unit Price. []",
    ],
    [
      "ITM-3: no entry",
      () => ({ PricebookEntryId: null }),
      integrity(
        "field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id, others must specify product id)",
        "PricebookEntryId",
        "unknown",
      ),
    ],
    [
      "ITM-4: an entry of another book",
      (shop) => ({ PricebookEntryId: shop.otherEntry }),
      integrity(
        "field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook than the one assigned to the order)",
        "PricebookEntryId",
      ),
    ],
    [
      "ITM-6: an inactive entry",
      (shop) => {
        shop.update("PricebookEntry", shop.entry, { IsActive: false });
        return {};
      },
      integrity("field integrity exception: PricebookEntryId (pricebook entry is inactive)", "PricebookEntryId"),
    ],
    [
      "ITM-16: another product than the entry's",
      (shop) => ({ Product2Id: shop.insert("Product2", { Name: "Rope" }) }),
      integrity("field integrity exception: Product2Id (product does not match the pricebook entry)", "Product2Id"),
    ],
    [
      "ITM-7: quantity zero",
      () => ({ Quantity: 0 }),
      integrity("Can't save order products with quantities of zero", "Quantity"),
    ],
    [
      "ITM-8: a negative quantity",
      () => ({ Quantity: -1 }),
      integrity("Can't save order products with quantities of less than zero", "Quantity"),
    ],
    [
      "ITM-12: a start before the order's",
      () => ({ ServiceDate: "2026-07-31" }),
      integrity("Order Product Start Date can't be earlier than its order's start date.: Start Date", "ServiceDate"),
    ],
    [
      "ITM-13: an end after the order's",
      () => ({ EndDate: "2026-09-01" }),
      integrity("Order Product End Date can't be later than its order's end date.: End Date", "EndDate"),
    ],
    [
      "ITM-18: an end before its start",
      () => ({ ServiceDate: "2026-08-03", EndDate: "2026-08-02" }),
      integrity("Order Product End Date can't be earlier than its start date.: End Date", "EndDate"),
    ],
  ])("%s is refused", (_case, values, answer) => {
    const shop = new Shop();
    const order = shop.order({ EndDate: "2026-08-31" });

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order, values(shop))))).toBe(answer);
    expect(shop.row("Order", order)["TotalAmount"]).toBe(0);
  });

  it.each<[string, Values]>([
    ["a price of zero", { UnitPrice: 0 }],
    ["a negative price", { UnitPrice: -5 }],
    ["the dates of the order", { ServiceDate: "2026-08-01", EndDate: "2026-08-31" }],
    ["one hundredth of a piece", { Quantity: 0.01 }],
  ])("%s is accepted", (_case, values) => {
    const shop = new Shop();
    const order = shop.order({ EndDate: "2026-08-31" });

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order, values)))).toBe("saved");
  });

  it("ITM-5: an archived entry is refused", () => {
    const shop = new Shop();
    const order = shop.order();
    shop.org.transaction(shop.org.systemActor, (tx) =>
      tx.replace("PricebookEntry", { ...shop.rowIn(tx, "PricebookEntry", shop.entry), IsArchived: true }),
    );

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order)))).toBe(
      integrity("field integrity exception: PricebookEntryId (pricebook entry has been archived)", "PricebookEntryId"),
    );
  });

  it("an end date has no ceiling while the order has none", () => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(shop.order(), { EndDate: "2099-01-01" })))).toBe(
      "saved",
    );
  });

  it("ITM-2: the order needs a price book", () => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(shop.order({ Pricebook2Id: null }))))).toBe(
      integrity("The order is missing a price book"),
    );
  });

  it("ITM-17: an inactive product with an active entry passes, unless the org is strict", () => {
    const [lenient, strict] = [false, true].map((requireActiveProduct) => {
      const shop = new Shop({ settings: { requireActiveProduct } });
      shop.update("Product2", shop.product, { IsActive: false });
      return refusal(shop.tryInsert("OrderItem", shop.itemValues(shop.order())));
    });

    expect(lenient).toBe("saved");
    expect(strict).toBe(
      integrity("field integrity exception: PricebookEntryId (product is inactive)", "PricebookEntryId"),
    );
  });

  it("ITM-7, ITM-8: settings allow zero and negative quantities", () => {
    const shop = new Shop({ settings: { enableZeroQuantity: true, enableNegativeQuantity: true } });
    const order = shop.order();

    shop.item(order, { Quantity: 0 });
    shop.item(order, { Quantity: -2 });

    expect(shop.row("Order", order)["TotalAmount"]).toBe(-998);
  });

  it("with optional price books a product and a price suffice", () => {
    const shop = new Shop({ settings: { enableOptionalPricebook: true } });
    const order = shop.order({ Pricebook2Id: null });
    const free = { PricebookEntryId: undefined, Product2Id: shop.product };

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order, free)))).toBe("saved");
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order, { PricebookEntryId: null })))).toContain(
      "PricebookEntryId, unknown",
    );
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order)))).toBe(
      integrity("The order is missing a price book"),
    );
  });

  it("an order that does not exist, or was deleted, takes no product", () => {
    const shop = new Shop();
    const gone = shop.order();
    shop.delete("Order", gone);

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues("8015e0000009999AAA")))).toBe(
      "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id []",
    );
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(gone)))).toBe("ENTITY_IS_DELETED: entity is deleted []");
  });
});

describe("editing an order product", () => {
  it("quantity and price move the totals, description does not", () => {
    const shop = new Shop();
    const order = shop.order();
    const id = shop.item(order);

    shop.update("OrderItem", id, { Quantity: 5, Description: "blue" });

    expect(shop.row("OrderItem", id)).toMatchObject({ UnitPrice: 499, TotalPrice: 2495, AvailableQuantity: 5 });
    expect(shop.row("Order", order)["TotalAmount"]).toBe(2495);
  });

  it("ITM-14: order, entry, product and list price stay, even with their own value", () => {
    const shop = new Shop();
    const order = shop.order();
    const id = shop.item(order);

    expect(
      refusal(shop.tryUpdate("OrderItem", id, { OrderId: order, PricebookEntryId: shop.entry, ListPrice: 1 })),
    ).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create\/update fields: OrderId, PricebookEntryId, ListPrice\. .* \[OrderId,PricebookEntryId,ListPrice\]$/,
    );
  });

  it("ITM-1: the unit price cannot be cleared", () => {
    const shop = new Shop();

    expect(refusal(shop.tryUpdate("OrderItem", shop.item(shop.order()), { UnitPrice: null }))).toContain("Unit Price");
  });

  it("ITM-19: Enhanced Commerce Orders freezes price fields on activated orders, and only those", () => {
    const shop = new Shop({ settings: { enableEnhancedCommerceOrders: true } });
    const order = shop.order();
    const id = shop.item(order);
    shop.update("OrderItem", id, { Quantity: 4 });
    shop.update("Order", order, { Status: "Activated" });

    expect(refusal(shop.tryUpdate("OrderItem", id, { UnitPrice: 1 }))).toMatch(
      /^FIELD_INTEGRITY_EXCEPTION: .*\[UnitPrice\]$/,
    );
    expect(refusal(shop.tryUpdate("OrderItem", id, { Description: "blue" }))).toBe("saved");
  });
});

describe("the order behind a product", () => {
  it("is touched by a change of its total", () => {
    const shop = new Shop();
    const order = shop.order();
    shop.org.clock.advance({ hours: 1 });

    shop.item(order);

    expect(shop.row("Order", order)).toMatchObject({
      LastModifiedDate: "2026-08-01T13:00:00.000+0000",
      SystemModstamp: "2026-08-01T13:00:00.000+0000",
    });
  });

  it("keeps LastModifiedDate when the org does not touch parents", () => {
    const shop = new Shop({ settings: { touchParentOnItemDml: false } });
    const order = shop.order();
    shop.org.clock.advance({ hours: 1 });

    shop.item(order);

    expect(shop.row("Order", order)).toMatchObject({
      LastModifiedDate: "2026-08-01T12:00:00.000+0000",
      SystemModstamp: "2026-08-01T13:00:00.000+0000",
    });
  });

  it("ORD-12: keeps its price book; a missing one may be set", () => {
    const shop = new Shop();
    const empty = shop.order({ Pricebook2Id: null });

    shop.update("Order", empty, { Pricebook2Id: shop.book });

    expect(refusal(shop.tryUpdate("Order", empty, { Pricebook2Id: shop.otherBook }))).toBe(
      integrity("You can't change or remove the price book of an order.", "Pricebook2Id"),
    );
    expect(refusal(shop.tryUpdate("Order", empty, { Pricebook2Id: null }))).toContain("price book of an order");
  });

  it("ORD-12: with the setting it may change while there are no products", () => {
    const shop = new Shop({ settings: { pricebookChangeWithoutItems: true } });
    const order = shop.order();
    shop.update("Order", order, { Pricebook2Id: shop.otherBook });
    shop.item(order, { PricebookEntryId: shop.otherEntry });

    expect(refusal(shop.tryUpdate("Order", order, { Pricebook2Id: shop.book }))).toContain("price book of an order");
  });

  it("ORD-21: does not move its dates away from its products", () => {
    const shop = new Shop();
    const order = shop.order({ EndDate: "2026-12-31" });
    shop.item(order, { ServiceDate: "2026-08-10", EndDate: "2026-09-10" });

    expect(refusal(shop.tryUpdate("Order", order, { EffectiveDate: "2026-08-11" }))).toMatch(/\[EffectiveDate\]$/);
    expect(refusal(shop.tryUpdate("Order", order, { EndDate: "2026-09-09" }))).toMatch(/\[EndDate\]$/);
    expect(refusal(shop.tryUpdate("Order", order, { EffectiveDate: "2026-08-10", EndDate: "2026-09-10" }))).toBe(
      "saved",
    );
  });

  it("ORD-28: takes an inactive price book, unless the org is strict", () => {
    const [lenient, strict] = [false, true].map((requireActivePricebook) => {
      const shop = new Shop({ settings: { requireActivePricebook } });
      return refusal(shop.tryInsert("Order", shop.orderValues({ Pricebook2Id: shop.standardBook })));
    });

    expect(lenient).toBe("saved");
    expect(strict).toMatch(/^FIELD_INTEGRITY_EXCEPTION: .*\[Pricebook2Id\]$/);
  });
});

describe("in a multicurrency org", () => {
  it("ITM-23, ORD-27, PBE-2: items take the order's currency, which their entry must have", () => {
    const shop = new Shop({ currencies: ["EUR", "USD"] });
    const order = shop.order({ CurrencyIsoCode: "USD" });

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(order)))).toMatch(/different currency/);
    shop.price(shop.standardBook, 550, { CurrencyIsoCode: "USD" });
    const entry = shop.price(shop.book, 540, { CurrencyIsoCode: "USD" });
    const id = shop.item(order, { PricebookEntryId: entry });

    expect(shop.row("OrderItem", id)["CurrencyIsoCode"]).toBe("USD");
    expect(refusal(shop.tryUpdate("Order", order, { CurrencyIsoCode: "EUR" }))).toContain(
      "currency of an order that has products",
    );
  });
});
