import { describe, expect, it } from "vitest";
import { OrgError } from "../../../mock-server/errors.ts";
import { profileWithout, refusal, Shop } from "./shop.ts";

const order = (shop: Shop, values = {}) => ({ object: "Order", values: shop.orderValues(values) });

describe("a request of several records", () => {
  it("saves the good ones when each stands alone", () => {
    const shop = new Shop();

    const results = shop.save({
      operation: "insert",
      allOrNone: false,
      records: [order(shop), order(shop, { Status: "Foo" }), order(shop)],
    });

    expect(results.map((result) => result.success)).toEqual([true, false, true]);
    expect(shop.rows("Order")).toHaveLength(2);
  });

  it("GEN-5: saves nothing when all stand together, and tells the good rows so", () => {
    const shop = new Shop();
    const kept = shop.order();

    const results = shop.save({
      operation: "insert",
      allOrNone: true,
      records: [order(shop), order(shop, { Status: "Foo" }), order(shop, { AccountId: null })],
    });

    expect(results.map(refusal)).toEqual([
      "ALL_OR_NONE_OPERATION_ROLLED_BACK: Record rolled back because not all records were valid and the request was using AllOrNone header []",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Status: bad value for restricted picklist field: Foo [Status]",
      "REQUIRED_FIELD_MISSING: Select an account. []",
    ]);
    expect(results[0]).toMatchObject({ id: null, created: true });
    expect(shop.rows("Order").map((row) => row["Id"])).toEqual([kept]);
  });

  it("lets later records see earlier ones, objects mixed", () => {
    const shop = new Shop();
    const id = shop.order();

    const results = shop.save({
      operation: "insert",
      allOrNone: true,
      records: [
        { object: "OrderItem", values: shop.itemValues(id) },
        { object: "orderitem", values: shop.itemValues(id) },
        { object: "Nothing__c", values: {} },
      ],
    });

    expect(results.map(refusal)[2]).toMatch(/^INVALID_TYPE: sObject type 'Nothing__c' is not supported/);
    expect(shop.row("Order", id)["TotalAmount"]).toBe(0);
  });

  it("consumes auto-numbers that are rolled back", () => {
    const shop = new Shop();
    shop.save({ operation: "insert", allOrNone: true, records: [order(shop), order(shop, { Status: "Foo" })] });

    expect(shop.row("Order", shop.order())["OrderNumber"]).toBe("00000101");
  });
});

describe("one record", () => {
  it("is updated by an empty update", () => {
    const shop = new Shop();
    const id = shop.order();
    shop.org.clock.advance({ hours: 1 });

    shop.update("Order", id, {});

    expect(shop.row("Order", id)["SystemModstamp"]).toBe("2026-08-01T13:00:00.000+0000");
  });

  it("takes its fields in any letter case, and trimmed text", () => {
    const shop = new Shop();

    expect(shop.row("Order", shop.order({ PONUMBER: "  P-1 " }))["PoNumber"]).toBe("P-1");
  });

  it("carries no Id in its values", () => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Id: "801000000000001AAA" })))).toBe(
      "INVALID_FIELD: The Id field should not be specified in the sobject data.",
    );
  });

  it("with a wrong JSON type refuses the whole request; in CSV only the row", () => {
    const shop = new Shop();
    const bad = order(shop, { EffectiveDate: "2026-08-01 00:00:00" });
    const request = { operation: "insert", allOrNone: false, records: [order(shop), bad] } as const;

    expect(() => shop.save(request)).toThrow(OrgError);
    expect(() => shop.save(request)).toThrow(/JSON_PARSER_ERROR: Cannot deserialize instance of date/);
    expect(shop.rows("Order")).toEqual([]);
    expect(shop.save(request, { wire: "csv" }).map(refusal)).toEqual([
      "saved",
      "INVALID_TYPE_ON_FIELD_IN_RECORD: Order Start Date: value not of required type: 2026-08-01 00:00:00 [EffectiveDate]",
    ]);
  });

  it("points only to records that exist and are of the right kind", () => {
    const shop = new Shop();
    const gone = shop.insert("Account", { Name: "Gone" });
    shop.delete("Account", gone);
    const answers = ["0015e0000009999AAA", gone, shop.product, "abc"].map((AccountId) =>
      refusal(shop.tryInsert("Order", shop.orderValues({ AccountId }))),
    );

    expect(answers[0]).toMatch(/^(INVALID_CROSS_REFERENCE_KEY|MALFORMED_ID)/);
    expect(answers[1]).toBe("ENTITY_IS_DELETED: entity is deleted []");
    expect(answers[2]).toBe(
      `FIELD_INTEGRITY_EXCEPTION: Account ID: id value of incorrect type: ${shop.product} [AccountId]`,
    );
    expect(answers[3]).toBe("MALFORMED_ID: Account ID: id value of incorrect type: abc [AccountId]");
  });

  it("is not owned by an inactive user", () => {
    const shop = new Shop();
    const user = shop.org.addUser({ username: "gone@mock.org", isActive: false });

    expect(refusal(shop.tryInsert("Account", { Name: "A", OwnerId: user }))).toBe(
      `INACTIVE_OWNER_OR_USER: operation performed with inactive user [${user}] as owner of account []`,
    );
  });

  it("ACC-2: is not its own ancestor", () => {
    const shop = new Shop();
    const child = shop.insert("Account", { Name: "Child", ParentId: shop.account });

    expect(refusal(shop.tryUpdate("Account", shop.account, { ParentId: child }))).toBe(
      "CIRCULAR_DEPENDENCY: attempt to violate hierarchy constraints [ParentId]",
    );
    expect(refusal(shop.tryUpdate("Account", shop.account, { ParentId: shop.account }))).toMatch(
      /^CIRCULAR_DEPENDENCY/,
    );
  });

  it("ORD-18: that was deleted is not found for change", () => {
    const shop = new Shop();
    const id = shop.order();
    shop.delete("Order", id);

    expect(shop.tryUpdate("Order", id, { Name: "x" })).toMatchObject({ statusCode: 404 });
    expect(refusal(shop.tryUpdate("Order", id, { Name: "x" }))).toBe("ENTITY_IS_DELETED: entity is deleted []");
  });
});

describe("what a user may do", () => {
  const none = { create: false, read: false, edit: false, delete: false, viewAll: false, modifyAll: false };
  const profile = (name: string, order: Partial<typeof none>, fields = {}) => {
    const base = profileWithout(name);
    return { ...base, grant: { ...base.grant, objects: { Order: { ...none, ...order } }, fields } };
  };

  it("without Create on Order creates none", () => {
    const shop = new Shop({ permissions: [profile("reader", { read: true, viewAll: true })] });
    shop.user = "reader@mock.org";

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toBe(
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: Order []",
    );
  });

  it("without Edit on Order changes neither it nor its products; without Delete keeps it", () => {
    const shop = new Shop({ permissions: [profile("reader", { read: true, viewAll: true })] });
    const id = shop.order();
    const item = shop.item(id);
    shop.user = "reader@mock.org";
    const answer = "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on object id []";

    expect(shop.tryUpdate("Order", id, { Name: "x" })).toMatchObject({ statusCode: 403 });
    expect(refusal(shop.tryUpdate("Order", id, { Name: "x" }))).toBe(answer);
    expect(refusal(shop.tryUpdate("OrderItem", item, { Quantity: 1 }))).toBe(answer);
    expect(refusal(shop.tryDelete("OrderItem", item))).toBe(answer);
    expect(refusal(shop.tryDelete("Order", id))).toBe(answer);
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(id)))).toMatch(/^CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY/);
  });

  it("without Read on Order does not know the object", () => {
    const shop = new Shop({ permissions: [profile("stranger", {})] });
    shop.user = "stranger@mock.org";

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toMatch(/^INVALID_TYPE/);
  });

  it("writes no field that field-level security keeps from them", () => {
    const hidden = { "Order.PoNumber": { read: true, edit: false } };
    const shop = new Shop({ permissions: [profile("clerk", { create: true, read: true, edit: true }, hidden)] });
    shop.user = "clerk@mock.org";

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ PoNumber: "1" })))).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create\/update fields: PoNumber\. .*\[PoNumber\]$/,
    );
    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toBe("saved");
  });

  it("cannot point to a record that they cannot see, nor change it", () => {
    const visible = { ...none, create: true, read: true, edit: true, delete: true };
    const base = profileWithout("clerk");
    const clerk = { ...base, grant: { ...base.grant, objects: { Order: visible, Account: visible } } };
    const shop = new Shop({ permissions: [clerk] });
    shop.org.share({ Account: "Private" });
    shop.user = "clerk@mock.org";

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toBe(
      `INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: insufficient access rights on cross-reference id: ${shop.account} []`,
    );
    expect(shop.tryUpdate("Account", shop.account, { Name: "x" })).toMatchObject({ statusCode: 404 });
  });

  it("writes no history row", () => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("OrderHistory", {}))).toBe(
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: Order History []",
    );
  });
});
