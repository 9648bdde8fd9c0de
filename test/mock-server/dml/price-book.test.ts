import { describe, expect, it } from "vitest";
import { refusal, Shop, type Values } from "./shop.ts";

describe("a price book entry", () => {
  it("is inactive unless said otherwise and mirrors its product's name and code", () => {
    const shop = new Shop();
    const product = shop.insert("Product2", { Name: "Rope", ProductCode: "R-1" });

    const id = shop.insert("PricebookEntry", { Pricebook2Id: shop.standardBook, Product2Id: product, UnitPrice: 5 });
    shop.update("Product2", product, { Name: "Long rope" });

    expect(shop.row("PricebookEntry", id)).toMatchObject({
      IsActive: false,
      UseStandardPrice: false,
      Name: "Long rope",
      ProductCode: "R-1",
    });
    expect(shop.row("Product2", product)["IsActive"]).toBe(false);
  });

  it("PBE-1: comes after the standard price, also within one request", () => {
    const shop = new Shop();
    const Product2Id = shop.insert("Product2", { Name: "Rope" });
    const custom = { object: "PricebookEntry", values: { Pricebook2Id: shop.book, Product2Id, UnitPrice: 4 } };
    const standard = {
      object: "PricebookEntry",
      values: { Pricebook2Id: shop.standardBook, Product2Id, UnitPrice: 5 },
    };

    const results = shop.save({ operation: "insert", allOrNone: false, records: [custom, standard, custom] });

    expect(results.map(refusal)).toEqual([
      "STANDARD_PRICE_NOT_DEFINED: Before creating a custom price, create a standard price. []",
      "saved",
      "saved",
    ]);
  });

  it("PBE-2: is the only one of its product in the book; an inactive one counts, a deleted one does not", () => {
    const shop = new Shop();
    const again = { Pricebook2Id: shop.book, Product2Id: shop.product, UnitPrice: 1 };
    shop.update("PricebookEntry", shop.entry, { IsActive: false });
    expect(refusal(shop.tryInsert("PricebookEntry", again))).toBe(
      "FIELD_INTEGRITY_EXCEPTION: This price definition already exists in this price book []",
    );

    shop.delete("PricebookEntry", shop.entry);

    expect(refusal(shop.tryInsert("PricebookEntry", again))).toBe("saved");
  });

  it.each<[string, Values]>([
    ["another price", { UnitPrice: 499 }],
    ["no price", { UnitPrice: undefined }],
  ])("PBE-3, PBE-4: UseStandardPrice with %s is refused", (_case, values) => {
    const shop = new Shop();
    shop.delete("PricebookEntry", shop.entry);

    const answer = refusal(
      shop.tryInsert("PricebookEntry", {
        Pricebook2Id: shop.book,
        Product2Id: shop.product,
        UseStandardPrice: true,
        ...values,
      }),
    );

    expect(answer).toBe(
      values["UnitPrice"] === undefined
        ? "REQUIRED_FIELD_MISSING: Required fields are missing: [UnitPrice] [UnitPrice]"
        : "FIELD_INTEGRITY_EXCEPTION: field integrity exception []",
    );
  });

  it("PBE-3: the standard book itself does not use the standard price", () => {
    const shop = new Shop();

    expect(refusal(shop.tryUpdate("PricebookEntry", shop.standardEntry, { UseStandardPrice: true }))).toBe(
      "FIELD_INTEGRITY_EXCEPTION: field integrity exception []",
    );
  });

  it("with UseStandardPrice and the same price follows the standard price", () => {
    const shop = new Shop();
    shop.update("PricebookEntry", shop.entry, { UseStandardPrice: true, UnitPrice: 500 });

    shop.update("PricebookEntry", shop.standardEntry, { UnitPrice: 510 });

    expect(shop.row("PricebookEntry", shop.entry)["UnitPrice"]).toBe(510);
    expect(shop.row("PricebookEntry", shop.otherEntry)["UnitPrice"]).toBe(400);
    expect(refusal(shop.tryUpdate("PricebookEntry", shop.entry, { UnitPrice: 1 }))).toContain(
      "field integrity exception",
    );
  });

  it("keeps book and product", () => {
    const shop = new Shop();

    expect(refusal(shop.tryUpdate("PricebookEntry", shop.entry, { Pricebook2Id: shop.otherBook }))).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE/,
    );
  });

  it("in use by an order product is not deleted", () => {
    const shop = new Shop();
    shop.item(shop.order());

    expect(refusal(shop.tryDelete("PricebookEntry", shop.entry))).toBe(
      "DELETE_FAILED: Your attempt to delete Anvil could not be completed because it is associated with the following order products.: 0000000001\n []",
    );
  });

  it("PBE-5: the standard price stays while custom prices exist", () => {
    const shop = new Shop();
    expect(refusal(shop.tryDelete("PricebookEntry", shop.standardEntry))).toMatch(/^DELETE_FAILED/);
    shop.delete("PricebookEntry", shop.entry);
    shop.delete("PricebookEntry", shop.otherEntry);

    expect(refusal(shop.tryDelete("PricebookEntry", shop.standardEntry))).toBe("saved");
  });
});

describe("a product", () => {
  it("PRD-1: in use by order products is not deleted; otherwise its entries go with it", () => {
    const shop = new Shop();
    const order = shop.order();
    const item = shop.item(order);
    expect(refusal(shop.tryDelete("Product2", shop.product))).toBe(
      "DELETE_FAILED: Your attempt to delete Anvil could not be completed because it is associated with the following order products.: 0000000001\n []",
    );
    shop.delete("OrderItem", item);

    shop.delete("Product2", shop.product);

    expect(shop.rows("PricebookEntry").map((entry) => entry["IsDeleted"])).toEqual([true, true, true]);
  });
});

describe("the standard price book", () => {
  it("PBK-1: is neither deleted nor renamed, but may be activated", () => {
    const shop = new Shop();

    expect(refusal(shop.tryDelete("Pricebook2", shop.standardBook))).toMatch(/^DELETE_FAILED/);
    expect(refusal(shop.tryUpdate("Pricebook2", shop.standardBook, { Name: "Mine" }))).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE: .*\[Name\]$/,
    );
    expect(refusal(shop.tryUpdate("Pricebook2", shop.standardBook, { IsActive: true }))).toBe("saved");
  });

  it("a custom book in use by an order is not deleted", () => {
    const shop = new Shop();
    shop.order();

    expect(refusal(shop.tryDelete("Pricebook2", shop.book))).toContain(
      "associated with the following orders.: 00000100",
    );
    expect(refusal(shop.tryDelete("Pricebook2", shop.otherBook))).toBe("saved");
  });
});
