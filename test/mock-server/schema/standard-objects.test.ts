import { describe, expect, it } from "vitest";
import { withMulticurrency, withOrderOpportunity } from "../../../fixtures/objects/features.ts";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";

const catalog = createCatalog(STANDARD_OBJECTS);

describe("the standard schema", () => {
  it("has one catalog without a name twice", () => {
    expect(catalog.objects.length).toBe(STANDARD_OBJECTS.length);
    expect(catalog.objectByPrefix("801")?.name).toBe("Order");
    expect(catalog.objectByPrefix("00e")?.name).toBe("Profile");
    expect(catalog.objectByPrefix("00E")?.name).toBe("UserRole");
  });

  it("gives every object an Id and a prefix for its records", () => {
    const without = STANDARD_OBJECTS.filter(
      (object) => object.fields[0]?.name !== "Id" || (object.keyPrefix ?? object.idPrefix)?.length !== 3,
    );
    expect(without).toEqual([]);
  });

  it("finds objects without a key prefix by the prefix of their records, unless they share it", () => {
    expect(catalog.objectByPrefix("0Fy")?.name).toBe("OrderShare");
    expect(catalog.objectByPrefix("011")?.name).toBe("GroupMember");
    expect(catalog.objectByPrefix("017")).toBeUndefined();
  });

  it.each([
    ["Order", "EffectiveDate", { type: "date", createable: true, updateable: true, filterable: true }],
    ["Order", "TotalAmount", { type: "currency", precision: 18, scale: 2, defaultedOnCreate: true }],
    [
      "Order",
      "OrderNumber",
      { length: 30, nameField: true, idLookup: true, autoNumber: { format: "{00000000}", start: 100 } },
    ],
    ["OrderItem", "Quantity", { type: "double", precision: 18, scale: 2, createable: true, updateable: true }],
    ["PricebookEntry", "UnitPrice", { type: "currency", precision: 18, scale: 2 }],
    ["Account", "NumberOfEmployees", { type: "int", digits: 8, nillable: true }],
    ["Contract", "SpecialTerms", { length: 4000, filterable: true, sortable: true, aggregatable: true }],
    ["Account", "Description", { length: 32000, type: "textarea" }],
  ])("describes %s.%s as the reference does", (object, field, expected) => {
    expect(catalog.object(object)?.field(field)).toMatchObject(expected);
  });

  it("keeps the fields that a real describe shows as not writable, not filterable or not groupable", () => {
    const order = catalog.object("Order");
    expect(order?.field("OrderNumber")?.createable).toBeUndefined();
    expect(order?.field("OrderNumber")?.groupable).toBeUndefined();
    expect(order?.field("Description")?.filterable).toBeUndefined();
    expect(order?.field("OriginalOrderId")?.updateable).toBeUndefined();
    expect(order?.field("CurrencyIsoCode")).toBeUndefined();
    expect(order?.field("OpportunityId")).toBeUndefined();
    expect(catalog.object("OrderItem")?.field("Discount")).toBeUndefined();
  });

  it.each([
    ["Account", "Orders", "Order", "both"],
    ["Account", "Contracts", "Contract", "both"],
    ["Account", "Contacts", "Contact", "cascade"],
    ["Account", "ChildAccounts", "Account", "setNull"],
    ["Contract", "Orders", "Order", "cascade"],
    ["Order", "OrderItems", "OrderItem", "cascade"],
    ["Order", "Orders", "Order", "restrict"],
    ["Order", "Histories", "OrderHistory", "cascade"],
    ["OrderItem", "ChildOrderItems", "OrderItem", "setNull"],
    ["Product2", "PricebookEntries", "PricebookEntry", "both"],
    ["Pricebook2", "PricebookEntries", "PricebookEntry", "cascade"],
    ["Pricebook2", "Orders", "Order", "restrict"],
    ["PricebookEntry", "OrderItems", "OrderItem", "restrict"],
    ["Contact", "ContractsSigned", "Contract", "restrict"],
    ["User", "ContractsSigned", "Contract", "setNull"],
  ])("lets %s reach its %s, which are %s records (delete: %s)", (parent, name, child, onDelete) => {
    expect(catalog.object(parent)?.child(name)).toMatchObject({ childObject: child, onParentDelete: onDelete });
  });

  it("keeps the order products of a product out of subqueries, and in its way when it is deleted", () => {
    const unnamed = catalog.object("Product2")?.children.find((child) => child.childObject === "OrderItem");
    expect(unnamed).toMatchObject({ name: null, onParentDelete: "restrict" });
  });
});

describe("org features", () => {
  it("add the currency fields of a multicurrency org, read-only on order products", () => {
    const multi = createCatalog(withMulticurrency(STANDARD_OBJECTS, ["EUR", "USD"]));
    expect(multi.object("Order")?.field("CurrencyIsoCode")).toMatchObject({
      createable: true,
      restrictedPicklist: true,
    });
    expect(multi.object("OrderItem")?.field("CurrencyIsoCode")?.createable).toBeUndefined();
    expect(multi.object("PricebookEntry")?.field("CurrencyIsoCode")?.updateable).toBeUndefined();
    expect(
      multi
        .object("CurrencyType")
        ?.field("IsoCode")
        ?.picklistValues?.map((each) => each.value),
    ).toEqual(["EUR", "USD"]);
  });

  it("place the opportunity of an order right after its original order", () => {
    const names = createCatalog(withOrderOpportunity(STANDARD_OBJECTS))
      .object("Order")
      ?.fields.map((each) => each.name);
    expect(names?.[names.indexOf("OriginalOrderId") + 1]).toBe("OpportunityId");
  });
});
