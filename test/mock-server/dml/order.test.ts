import { describe, expect, it } from "vitest";
import { profileWithout, refusal, Shop } from "./shop.ts";

const LOCKED_INSERT =
  "ENTITY_IS_LOCKED: Unable to modify activated or superseded Order:  cannot delete Order, or add or remove Order Products []";
const LOCKED_DELETE =
  "DELETE_FAILED: unable to modify activated or superseded order: cannot delete order, or add or remove order products []";

describe("creating an order", () => {
  it("needs an account, a start date and a status, and gives number, category, owner and a total of zero", () => {
    const shop = new Shop();

    const id = shop.insert("Order", { AccountId: shop.account, EffectiveDate: "2026-08-01", Status: "Draft" });

    expect(shop.row("Order", id)).toMatchObject({
      OrderNumber: "00000100",
      StatusCode: "Draft",
      TotalAmount: 0,
      IsReductionOrder: false,
      Pricebook2Id: null,
      Name: null,
      BillingStreet: null,
      OwnerId: shop.org.actor("admin@mock.org")?.userId,
      CreatedDate: "2026-08-01T12:00:00.000+0000",
      SystemModstamp: "2026-08-01T12:00:00.000+0000",
    });
  });

  it.each([
    ["ORD-1: no account", { AccountId: undefined }, "REQUIRED_FIELD_MISSING: Select an account. []"],
    ["ORD-1: an empty account", { AccountId: null }, "REQUIRED_FIELD_MISSING: Select an account. []"],
    [
      "ORD-2: no start date",
      { EffectiveDate: undefined },
      "REQUIRED_FIELD_MISSING: Required fields are missing: [EffectiveDate] [EffectiveDate]",
    ],
    [
      "ORD-2: no status",
      { Status: undefined },
      "REQUIRED_FIELD_MISSING: Required fields are missing: [Status] [Status]",
    ],
    [
      "ORD-2: all missing fields are in one message",
      { Status: "", EffectiveDate: undefined, AccountId: undefined },
      "REQUIRED_FIELD_MISSING: Required fields are missing: [EffectiveDate, Status] [EffectiveDate,Status]",
    ],
    [
      "ORD-3: activated at once",
      { Status: "Activated" },
      "FAILED_ACTIVATION: For a new or cloned order, choose Draft. An Activated order's status can't be edited. []",
    ],
    [
      "ORD-6: an unknown status",
      { Status: "Foo" },
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Status: bad value for restricted picklist field: Foo [Status]",
    ],
    [
      "ORD-15: fields of the org",
      { TotalAmount: 1, OrderNumber: "7" },
      "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: TotalAmount, OrderNumber. Please check the security settings of this field and verify that it is read/write for your profile or permission set. [TotalAmount,OrderNumber]",
    ],
    [
      "a compound address",
      { BillingAddress: { city: "Turin" } },
      "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: BillingAddress. Please check the security settings of this field and verify that it is read/write for your profile or permission set. [BillingAddress]",
    ],
    ["an unknown field", { Foo__c: 1 }, "INVALID_FIELD: No such column 'Foo__c' on sobject of type Order"],
    [
      "GEN-4: a text over its length",
      { PoNumber: "x".repeat(81) },
      `STRING_TOO_LONG: PO Number: data value too large: ${"x".repeat(81)} (max length=80) [PoNumber]`,
    ],
    [
      "ORD-20: an end before the start",
      { EndDate: "2026-07-31" },
      "FIELD_INTEGRITY_EXCEPTION: Order End Date can't be earlier than its start date.: Order End Date [EndDate]",
    ],
  ])("%s is refused", (_case, values, answer) => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("Order", shop.orderValues(values)))).toBe(answer);
    expect(shop.rows("Order")).toEqual([]);
  });

  it.each([
    ["a text of full length", { PoNumber: "x".repeat(80) }],
    ["an end on the start date", { EndDate: "2026-08-01" }],
    ["a null where null is allowed", { Pricebook2Id: null }],
  ])("%s is accepted", (_case, values) => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("Order", shop.orderValues(values)))).toBe("saved");
  });

  it("ORD-16: with orders switched off the object does not exist", () => {
    const shop = new Shop({ settings: { enableOrders: false } });

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toMatch(
      /^INVALID_TYPE: sObject type 'Order' is not supported/,
    );
  });
});

describe("activating an order", () => {
  it("stamps who and when, keeps the total, and a second activation changes nothing of it", () => {
    const shop = new Shop();
    const id = shop.order();
    shop.item(id);

    shop.update("Order", id, { Status: "Activated" });
    shop.org.clock.advance({ hours: 1 });
    shop.update("Order", id, { Status: "Activated" });

    expect(shop.row("Order", id)).toMatchObject({
      StatusCode: "Activated",
      ActivatedDate: "2026-08-01T12:00:00.000+0000",
      ActivatedById: shop.org.actor("admin@mock.org")?.userId,
      TotalAmount: 998,
    });
  });

  it("ORD-4: an order without products cannot be activated", () => {
    const shop = new Shop();
    const id = shop.order();

    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toBe(
      "FAILED_ACTIVATION: An order must have at least one product. []",
    );
    expect(shop.row("Order", id)["StatusCode"]).toBe("Draft");
  });

  it("ORD-4: a deleted product does not count", () => {
    const shop = new Shop();
    const id = shop.order();
    shop.delete("OrderItem", shop.item(id));

    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toContain("at least one product");
  });

  it("ORD-4, ORD-5: what is missing is reported together", () => {
    const shop = new Shop();
    const id = shop.order({ ContractId: shop.contract() });

    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toBe(
      "FAILED_ACTIVATION: An order must have at least one product. [] | " +
        "FAILED_ACTIVATION: The order's contract must be activated before the order can be activated. []",
    );
  });

  it("ORD-5: an activated contract lets the order through", () => {
    const shop = new Shop();
    const contract = shop.contract();
    const id = shop.order({ ContractId: contract });
    shop.item(id);
    shop.update("Contract", contract, { Status: "Activated" });

    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toBe("saved");
  });

  it("ORD-24: needs Activate Orders", () => {
    const shop = new Shop({ permissions: [profileWithout("clerk", "ActivateOrder")] });
    const id = shop.order();
    shop.item(id);
    shop.user = "clerk@mock.org";

    expect(shop.tryUpdate("Order", id, { Status: "Activated" })).toMatchObject({ success: false, statusCode: 403 });
    expect(refusal(shop.tryUpdate("Order", id, { Name: "draft" }))).toBe("saved");
  });

  it("ORD-25: other fields may change with it, unless the org says Status only", () => {
    const lenient = new Shop();
    const strict = new Shop({ settings: { activationStatusOnly: true } });
    const [easy, hard] = [lenient, strict].map((shop) => {
      const id = shop.order();
      shop.item(id);
      return refusal(shop.tryUpdate("Order", id, { Status: "Activated", Name: "Spring" }));
    });

    expect(easy).toBe("saved");
    expect(hard).toMatch(/^FAILED_ACTIVATION/);
  });
});

describe("an activated order", () => {
  it("ITM-9, ITM-10, ORD-7: takes no product, gives none up and is not deleted, whatever the permissions", () => {
    const shop = new Shop();
    const id = shop.activatedOrder();
    const [item] = shop.rows("OrderItem");

    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(id)))).toBe(LOCKED_INSERT);
    expect(refusal(shop.tryDelete("OrderItem", String(item?.["Id"])))).toBe(LOCKED_DELETE);
    expect(refusal(shop.tryDelete("Order", id))).toBe(LOCKED_DELETE);
  });

  it("lets its fields and products be edited with Edit Activated Orders", () => {
    const shop = new Shop();
    const id = shop.activatedOrder();
    const [item] = shop.rows("OrderItem");

    shop.update("Order", id, { Name: "Spring", BillingCity: "Turin" });
    shop.update("OrderItem", String(item?.["Id"]), { Quantity: 3 });

    expect(shop.row("Order", id)).toMatchObject({ Name: "Spring", TotalAmount: 1497 });
  });

  it("ORD-8, ITM-20: is read-only without Edit Activated Orders, except for an update that changes nothing", () => {
    const shop = new Shop({ permissions: [profileWithout("clerk", "EditActivatedOrders")] });
    const id = shop.activatedOrder();
    const [item] = shop.rows("OrderItem");
    shop.user = "clerk@mock.org";

    expect(refusal(shop.tryUpdate("Order", id, { Name: "Spring" }))).toBe(LOCKED_INSERT);
    expect(refusal(shop.tryUpdate("OrderItem", String(item?.["Id"]), { Quantity: 3 }))).toBe(LOCKED_INSERT);
    expect(refusal(shop.tryUpdate("Order", id, { Status: "Activated" }))).toBe("saved");
  });

  it.each([
    ["ORD-13: account", (shop: Shop) => ({ AccountId: shop.otherAccount }), "AccountId"],
    ["ORD-13: contract", (shop: Shop) => ({ ContractId: shop.contract() }), "ContractId"],
    ["ORD-13: price book", (shop: Shop) => ({ Pricebook2Id: shop.otherBook }), "Pricebook2Id"],
    ["ORD-26: start date", () => ({ EffectiveDate: "2026-07-01" }), "EffectiveDate"],
  ])("%s stays", (_case, values, field) => {
    const shop = new Shop();
    const id = shop.activatedOrder();

    expect(refusal(shop.tryUpdate("Order", id, values(shop)))).toMatch(
      new RegExp(`^FIELD_INTEGRITY_EXCEPTION: .*\\[${field}\\]$`),
    );
  });

  it("goes back to Draft, loses its stamp, and can then be deleted once", () => {
    const shop = new Shop();
    const id = shop.activatedOrder();

    shop.update("Order", id, { Status: "Draft" });

    expect(shop.row("Order", id)).toMatchObject({ StatusCode: "Draft", ActivatedDate: null, ActivatedById: null });
    expect(refusal(shop.tryDelete("Order", id))).toBe("saved");
    expect(shop.tryDelete("Order", id)).toEqual({
      success: false,
      id,
      created: false,
      statusCode: 404,
      faults: [{ code: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }],
    });
  });
});
