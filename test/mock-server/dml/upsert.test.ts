import { describe, expect, it } from "vitest";
import type { SaveInput, SaveRequest } from "../../../mock-server/dml/port.ts";
import { OrgError } from "../../../mock-server/errors.ts";
import type { FieldDefinition } from "../../../mock-server/schema/definition.ts";
import { refusal, Shop, type Values } from "./shop.ts";

const erpId: FieldDefinition = {
  name: "ERP__c",
  label: "ERP",
  type: "string",
  length: 40,
  custom: true,
  nillable: true,
  createable: true,
  updateable: true,
  externalId: true,
  unique: true,
};
const legacyId: FieldDefinition = { ...erpId, name: "Legacy__c", label: "Legacy", unique: false };
const parentRef: FieldDefinition = {
  name: "Subject__c",
  label: "Subject",
  type: "reference",
  length: 18,
  custom: true,
  nillable: true,
  createable: true,
  updateable: true,
  referenceTo: ["Account", "Contact"],
  relationshipName: "Subject__r",
};

const newShop = () =>
  new Shop({ fields: { Account: [erpId, legacyId], Contact: [erpId], Order: [erpId, legacyId, parentRef] } });

const upsert = (shop: Shop, records: readonly Values[], more: Partial<SaveRequest> = {}) =>
  shop.save({
    operation: "upsert",
    allOrNone: false,
    externalIdField: "ERP__c",
    records: records.map((values): SaveInput => ({ object: "Order", values })),
    ...more,
  });

describe("an upsert by external Id", () => {
  it("creates, then finds the same record in any letter case", () => {
    const shop = newShop();

    const [created] = upsert(shop, [shop.orderValues({ ERP__c: "a-1" })]);
    const [updated] = upsert(shop, [{ erp__C: "A-1", Name: "again" }]);

    expect(created).toMatchObject({ success: true, created: true });
    expect(updated).toEqual({ success: true, created: false, id: created?.id });
    expect(shop.rows("Order")).toHaveLength(1);
    expect(shop.rows("Order")[0]).toMatchObject({ ERP__c: "a-1", Name: "again" });
  });

  it("creates again when the only match is deleted", () => {
    const shop = newShop();
    const gone = shop.order({ ERP__c: "a-1" });
    shop.delete("Order", gone);

    expect(upsert(shop, [shop.orderValues({ ERP__c: "a-1" })])[0]).toMatchObject({ created: true });
  });

  it("refuses every row of a request that shares a key with another", () => {
    const shop = newShop();

    const results = upsert(shop, [
      shop.orderValues({ ERP__c: "a-1" }),
      shop.orderValues({ ERP__c: "a-2" }),
      shop.orderValues({ ERP__c: "A-1" }),
    ]);

    expect(results.map(refusal)).toEqual([
      "DUPLICATE_VALUE: Duplicate external id specified: a-1 []",
      "saved",
      "DUPLICATE_VALUE: Duplicate external id specified: A-1 []",
    ]);
  });

  it("answers 300 with the matches where the key is not unique", () => {
    const shop = newShop();
    const ids = [shop.order({ Legacy__c: "x" }), shop.order({ Legacy__c: "x" })];

    const [result] = upsert(shop, [{ Legacy__c: "x", Name: "n" }], { externalIdField: "Legacy__c" });

    expect(result).toMatchObject({ success: false, statusCode: 300, matches: ids });
  });

  it("needs a value for the key", () => {
    const shop = newShop();

    expect(refusal(upsert(shop, [shop.orderValues({ ERP__c: null })])[0] ?? never())).toBe(
      "MISSING_ARGUMENT: ERP__c not specified []",
    );
  });

  it("with updateOnly creates nothing", () => {
    const shop = newShop();

    expect(upsert(shop, [shop.orderValues({ ERP__c: "a-1" })], { updateOnly: true })[0]).toMatchObject({
      success: false,
      statusCode: 404,
    });
    expect(shop.rows("Order")).toEqual([]);
  });

  it("by a field that is no external Id refuses the request", () => {
    const shop = newShop();

    expect(() => upsert(shop, [{}], { externalIdField: "PoNumber" })).toThrow(OrgError);
  });

  it("by Id creates without one and updates with one", () => {
    const shop = newShop();

    const [created] = upsert(shop, [shop.orderValues()], { externalIdField: "Id" });
    const [updated] = upsert(shop, [{ Id: created?.id, Name: "n" }], { externalIdField: "Id" });

    expect(created).toMatchObject({ created: true });
    expect(updated).toMatchObject({ success: true, created: false, id: created?.id });
  });

  it("by OrderNumber finds the order", () => {
    const shop = newShop();
    const id = shop.order();

    expect(upsert(shop, [{ OrderNumber: "00000100", Name: "n" }], { externalIdField: "OrderNumber" })[0]).toMatchObject(
      {
        success: true,
        id,
      },
    );
  });
});

describe("a parent by external Id", () => {
  it("is found, cleared with null, and missed by name", () => {
    const shop = newShop();
    shop.update("Account", shop.account, { ERP__c: "C-1" });
    const values = shop.orderValues({ AccountId: undefined, Account: { ERP__c: "C-1" } });

    expect(shop.row("Order", shop.insert("Order", values))["AccountId"]).toBe(shop.account);
    expect(refusal(shop.tryInsert("Order", { ...values, Account: { ERP__c: "C-2" } }))).toBe(
      "INVALID_FIELD: Foreign key external ID: C-2 not found for field ERP__c in entity Account []",
    );
    expect(refusal(shop.tryInsert("Order", { ...values, Account: null }))).toContain("Select an account.");
  });

  it.each([
    ["an unknown field", { Foo__c: 1 }, "INVALID_FIELD: No such column 'Foo__c' on sobject of type Account"],
    ["a field that is no external Id", { Site: "x" }, "does not match an External ID for Account"],
    ["two fields", { ERP__c: "1", Legacy__c: "2" }, "More than 1 field provided"],
  ])("with %s is refused", (_case, Account, answer) => {
    const shop = newShop();

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ AccountId: undefined, Account })))).toContain(answer);
  });

  it("that several records share is refused", () => {
    const shop = newShop();
    shop.update("Account", shop.account, { Legacy__c: "x" });
    shop.update("Account", shop.otherAccount, { Legacy__c: "x" });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Account: { Legacy__c: "x" } })))).toMatch(
      /^DUPLICATE_EXTERNAL_ID/,
    );
  });

  it("of a polymorphic field says its type first", () => {
    const shop = newShop();
    const contact = shop.insert("Contact", { LastName: "Davis", ERP__c: "P-1" });
    const typed = { attributes: { type: "Contact" }, ERP__c: "P-1" };

    const id = shop.insert("Order", shop.orderValues({ Subject__r: typed }));

    expect(shop.row("Order", id)["Subject__c"]).toBe(contact);
    expect(() => shop.tryInsert("Order", shop.orderValues({ Subject__r: { ERP__c: "P-1" } }))).toThrow(
      "Nested object for polymorphic foreign key must have an attributes field before any other fields.",
    );
  });
});

describe("a unique field", () => {
  it("GEN-2: names the record that has the value, in 15 characters and any letter case", () => {
    const shop = newShop();
    const first = shop.order({ ERP__c: "a-1" });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ ERP__c: "A-1" })))).toBe(
      `DUPLICATE_VALUE: duplicate value found: ERP__c duplicates value on record with id: ${first.slice(0, 15)} []`,
    );
    expect(refusal(shop.tryUpdate("Order", first, { ERP__c: "a-1" }))).toBe("saved");
  });

  it("GEN-2: a deleted record's value is free, and then keeps that record in the bin", () => {
    const shop = newShop();
    const first = shop.order({ ERP__c: "a-1" });
    shop.delete("Order", first);

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ ERP__c: "a-1" })))).toBe("saved");
    expect(refusal(shop.one("undelete", "Order", first, {}))).toMatch(/^DUPLICATE_VALUE/);
  });
});

function never(): never {
  throw new Error("there is a result");
}
