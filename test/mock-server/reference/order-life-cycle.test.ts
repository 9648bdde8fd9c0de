/** Orders from creation to deletion (reference: order-domain §2, §13, §14). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { activatedOrder, Client, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

const LOCKED = "Unable to modify activated or superseded Order:  cannot delete Order, or add or remove Order Products";
const DELETE_LOCKED =
  "unable to modify activated or superseded order: cannot delete order, or add or remove order products";
const NOT_WRITABLE = (fields: string): string =>
  `Unable to create/update fields: ${fields}. Please check the security settings of this field and verify that it is ` +
  "read/write for your profile or permission set.";

let shop: Shop;
let admin: Client;
let editor: Client;
let activator: Client;
let nobody: Client;
let contract: string;

beforeAll(async () => {
  shop = await openShop({
    permissions: [
      {
        kind: "permissionSet",
        name: "Everything",
        userPermissions: ["ApiEnabled"],
        grant: {
          objects: {},
          fields: {},
          otherObjects: { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true },
        },
      },
      {
        kind: "permissionSet",
        name: "Edits Activated",
        userPermissions: ["ActivateOrder", "EditActivatedOrders"],
        grant: { objects: {}, fields: {} },
      },
      {
        kind: "profile",
        name: "Clerk",
        userPermissions: ["ApiEnabled"],
        grant: {
          objects: {},
          fields: {},
          otherObjects: { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true },
          otherFields: { read: true, edit: true },
        },
      },
    ],
    users: [
      { username: "editor@mock.org", profile: "Clerk", permissionSets: ["Edits Activated"] },
      { username: "activator@mock.org", profile: "Standard User", permissionSets: ["Everything"] },
      { username: "nobody@mock.org", profile: "Clerk" },
    ],
  });
  ({ admin } = shop);
  editor = new Client(shop.org, "editor@mock.org");
  activator = new Client(shop.org, "activator@mock.org");
  nobody = new Client(shop.org, "nobody@mock.org");
  contract = await admin.create("Contract", { AccountId: shop.account, StartDate: "2026-06-01", ContractTerm: 6 });
});

afterAll(() => shop.org.close());

describe("creating an order", () => {
  it("needs only an account, a start date and a status", async () => {
    const answer = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
    });
    expect(answer.status).toBe(201);
    const read = await admin.read(
      "Order",
      answer.body.id,
      "StatusCode, TotalAmount, IsReductionOrder, Pricebook2Id, Name, BillingCity, ActivatedDate, OwnerId",
    );
    expect(read).toMatchObject({
      StatusCode: "Draft",
      TotalAmount: 0,
      IsReductionOrder: false,
      Pricebook2Id: null,
      Name: null,
      BillingCity: null,
      ActivatedDate: null,
    });
    expect(read.OwnerId).toMatch(/^005/);
  });

  it("numbers orders with eight digits from 00000100 on", async () => {
    const { body } = await admin.query("SELECT OrderNumber FROM Order ORDER BY OrderNumber LIMIT 1");
    expect(body.records[0].OrderNumber).toBe("00000100");
  });

  it.each<[string, Record<string, unknown>, string, string, string[]]>([
    ["without an account", { AccountId: undefined }, "REQUIRED_FIELD_MISSING", "Select an account.", []],
    ["with a null account", { AccountId: null }, "REQUIRED_FIELD_MISSING", "Select an account.", []],
    [
      "without a start date",
      { EffectiveDate: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [EffectiveDate]",
      ["EffectiveDate"],
    ],
    [
      "without a status",
      { Status: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [Status]",
      ["Status"],
    ],
    [
      "without both",
      { Status: undefined, EffectiveDate: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [EffectiveDate, Status]",
      ["EffectiveDate", "Status"],
    ],
    [
      "as activated",
      { Status: "Activated" },
      "FAILED_ACTIVATION",
      "For a new or cloned order, choose Draft. An Activated order's status can't be edited.",
      [],
    ],
    [
      "with an unknown status",
      { Status: "Foo" },
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "Status: bad value for restricted picklist field: Foo",
      ["Status"],
    ],
    [
      "with a total",
      { TotalAmount: 5 },
      "INVALID_FIELD_FOR_INSERT_UPDATE",
      NOT_WRITABLE("TotalAmount"),
      ["TotalAmount"],
    ],
    [
      "with a number and a creation date",
      { OrderNumber: "1", CreatedDate: "2026-01-01T00:00:00Z" },
      "INVALID_FIELD_FOR_INSERT_UPDATE",
      NOT_WRITABLE("OrderNumber, CreatedDate"),
      ["OrderNumber", "CreatedDate"],
    ],
  ])("%s is refused", async (_, values, code, message, fields) => {
    const { status, body } = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      ...values,
    });
    expect({ status, body }).toEqual({ status: 400, body: fault(code, message, fields) });
  });

  it.each<[string, string, string | undefined]>([
    ["on the contract's last day", "2026-11-30", undefined],
    ["after it", "2026-12-01", "Order Start Date can't be later than its contract's end date.: Order Start Date"],
    ["on the contract's first day", "2026-06-01", undefined],
    ["before it", "2026-05-31", "Order Start Date can't be earlier than the contract's start date.: Order Start Date"],
  ])("an order of a contract starting %s", async (_, EffectiveDate, message) => {
    const answer = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      ContractId: contract,
      EffectiveDate,
      Status: "Draft",
    });
    if (message === undefined) expect(answer.status).toBe(201);
    else
      expect(answer).toMatchObject({
        status: 400,
        body: fault("FIELD_INTEGRITY_EXCEPTION", message, ["EffectiveDate"]),
      });
  });

  it("the contract of another account is refused", async () => {
    const other = await admin.create("Account", { Name: "Other" });
    const { status, body } = await admin.post("/sobjects/Order", {
      AccountId: other,
      ContractId: contract,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
    });
    expect(status).toBe(400);
    expect(body[0].errorCode).toBe("FIELD_INTEGRITY_EXCEPTION");
  });

  it("an end before the start is refused", async () => {
    const { status, body } = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      EndDate: "2026-07-31",
      Status: "Draft",
    });
    expect(status).toBe(400);
    expect(body[0].errorCode).toBe("FIELD_INTEGRITY_EXCEPTION");
  });

  it("a datetime without T in a date field is a JSON error", async () => {
    const { status, body } = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01 00:00:00",
      Status: "Draft",
    });
    expect(status).toBe(400);
    expect(body[0].errorCode).toBe("JSON_PARSER_ERROR");
    expect(body[0].message).toContain(
      "Cannot deserialize instance of date from VALUE_STRING value 2026-08-01 00:00:00",
    );
    expect(body[0]).not.toHaveProperty("fields");
  });
});

describe("activating an order", () => {
  it("an order without products is refused", async () => {
    const order = await draftOrder(shop);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { Status: "Activated" });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(fault("FAILED_ACTIVATION", "An order must have at least one product.", []));
  });

  it("a user without Activate Orders is refused", async () => {
    const order = await draftOrder(shop);
    await orderItem(shop, order);
    const answer = await nobody.patch(`/sobjects/Order/${order}`, { Status: "Activated" });
    expect([400, 403]).toContain(answer.status);
    expect(answer.body).toEqual(
      fault("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", []),
    );
  });

  it("a draft contract is refused, an activated one is not", async () => {
    const draft = await admin.create("Contract", {
      AccountId: shop.account,
      Pricebook2Id: shop.book,
      StartDate: "2026-06-01",
      ContractTerm: 6,
    });
    const order = await draftOrder(shop, { ContractId: draft });
    await orderItem(shop, order);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { Status: "Activated" });
    expect(answer.status).toBe(400);
    expect(answer.body[0].errorCode).toBe("FAILED_ACTIVATION");
    await admin.update("Contract", draft, { Status: "Activated" });
    expect((await admin.patch(`/sobjects/Order/${order}`, { Status: "Activated" })).status).toBe(204);
  });

  it("leaves its stamp, and doing it again changes nothing", async () => {
    const { order } = await activatedOrder(shop);
    const before = await admin.read("Order", order, "Status, StatusCode, ActivatedDate, ActivatedById");
    expect(before).toMatchObject({ StatusCode: "Activated", ActivatedDate: "2026-03-01T08:00:00.000+0000" });
    expect(before.ActivatedById).toMatch(/^005/);
    shop.org.clock.advance({ minutes: 1 });
    expect((await admin.patch(`/sobjects/Order/${order}`, { Status: "Activated" })).status).toBe(204);
    const after = await admin.read("Order", order, "Status, StatusCode, ActivatedDate, ActivatedById");
    expect(after).toEqual(before);
  });

  it("an entry that became inactive does not block it", async () => {
    const product = await admin.create("Product2", { Name: "Old", IsActive: true });
    for (const Pricebook2Id of [shop.standardBook, shop.book]) {
      await admin.create("PricebookEntry", { Pricebook2Id, Product2Id: product, UnitPrice: 1, IsActive: true });
    }
    const { body } = await admin.query(
      `SELECT Id FROM PricebookEntry WHERE Product2Id = '${product}' AND Pricebook2Id = '${shop.book}'`,
    );
    const order = await draftOrder(shop);
    await orderItem(shop, order, { PricebookEntryId: body.records[0].Id });
    await admin.update("PricebookEntry", body.records[0].Id, { IsActive: false });
    expect((await admin.patch(`/sobjects/Order/${order}`, { Status: "Activated" })).status).toBe(204);
  });
});

describe("an activated order", () => {
  it.each<[string, Record<string, unknown>]>([
    ["another account", { AccountId: "other" }],
    ["a contract", { ContractId: "contract" }],
    ["another price book", { Pricebook2Id: "book" }],
    ["no price book", { Pricebook2Id: null }],
    ["no account", { AccountId: null }],
  ])("cannot get %s", async (_, values) => {
    const { order } = await activatedOrder(shop);
    const ids: Record<string, string> = {
      other: await admin.create("Account", { Name: "Other" }),
      contract,
      book: shop.standardBook,
    };
    const [[field, value]] = Object.entries(values) as [[string, string | null]];
    const answer = await admin.patch(`/sobjects/Order/${order}`, { [field]: value === null ? null : ids[value] });
    expect(answer.status).toBe(400);
    expect(["FIELD_INTEGRITY_EXCEPTION", "ENTITY_IS_LOCKED", "REQUIRED_FIELD_MISSING"]).toContain(
      answer.body[0].errorCode,
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["name", { Name: "N" }],
    ["description", { Description: "D" }],
    ["purchase order", { PoNumber: "P", PoDate: "2026-01-01", OrderReferenceNumber: "R" }],
    ["addresses", { BillingCity: "B", ShippingCity: "S" }],
    ["end date", { EndDate: "2027-01-01" }],
    ["type", { Type: null }],
  ])("gets a new %s from one who may edit activated orders", async (_, values) => {
    const { order } = await activatedOrder(shop);
    expect((await editor.patch(`/sobjects/Order/${order}`, values)).status).toBe(204);
  });

  it("cannot move its start date", async () => {
    const { order } = await activatedOrder(shop);
    const { status, body } = await admin.patch(`/sobjects/Order/${order}`, { EffectiveDate: "2026-08-02" });
    expect([status, body[0].errorCode]).toEqual([400, "FIELD_INTEGRITY_EXCEPTION"]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["a name", { Name: "N" }],
    ["Draft", { Status: "Draft" }],
  ])("gets %s from nobody without Edit Activated Orders", async (_, values) => {
    const { order } = await activatedOrder(shop);
    for (const client of [activator, nobody]) {
      const { status, body } = await client.patch(`/sobjects/Order/${order}`, values);
      expect([status, body[0].errorCode, body[0].fields]).toEqual([400, "ENTITY_IS_LOCKED", []]);
    }
  });

  it("its products are edited only with Edit Activated Orders, and the total follows", async () => {
    const { order, item } = await activatedOrder(shop);
    const refused = await nobody.patch(`/sobjects/OrderItem/${item}`, { Quantity: 3 });
    expect([refused.status, refused.body[0].errorCode]).toEqual([400, "ENTITY_IS_LOCKED"]);
    expect((await editor.patch(`/sobjects/OrderItem/${item}`, { Quantity: 3, UnitPrice: 10 })).status).toBe(204);
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 30 });
  });

  it("gets no product, with no permission", async () => {
    const { order } = await activatedOrder(shop);
    const answer = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(fault("ENTITY_IS_LOCKED", LOCKED, []));
  });

  it("loses no product, with no permission", async () => {
    const { item } = await activatedOrder(shop);
    const answer = await admin.delete(`/sobjects/OrderItem/${item}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(fault("DELETE_FAILED", DELETE_LOCKED, []));
  });

  it("cannot be deleted, with no permission", async () => {
    const { order } = await activatedOrder(shop);
    const answer = await admin.delete(`/sobjects/Order/${order}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(fault("DELETE_FAILED", DELETE_LOCKED, []));
  });

  it("goes back to Draft, loses its stamp, and is then deleted with its products", async () => {
    const { order, item } = await activatedOrder(shop);
    await editor.update("Order", order, { Status: "Draft" });
    expect(await admin.read("Order", order, "StatusCode, ActivatedDate, ActivatedById")).toEqual({
      StatusCode: "Draft",
      ActivatedDate: null,
      ActivatedById: null,
    });
    expect((await admin.delete(`/sobjects/Order/${order}`)).status).toBe(204);
    expect(await admin.read("OrderItem", item, "IsDeleted")).toEqual({ IsDeleted: true });
    const again = await admin.delete(`/sobjects/Order/${order}`);
    expect([again.status, again.body]).toEqual([404, fault("ENTITY_IS_DELETED", "entity is deleted", [])]);
  });
});

describe("a draft order", () => {
  it("gets a price book once", async () => {
    const order = await draftOrder(shop, { Pricebook2Id: null });
    expect((await admin.patch(`/sobjects/Order/${order}`, { Pricebook2Id: shop.book })).status).toBe(204);
    for (const Pricebook2Id of [shop.standardBook, null]) {
      const answer = await admin.patch(`/sobjects/Order/${order}`, { Pricebook2Id });
      expect([answer.status, answer.body[0].errorCode, answer.body[0].fields]).toEqual([
        400,
        "FIELD_INTEGRITY_EXCEPTION",
        ["Pricebook2Id"],
      ]);
    }
  });

  it("moves to another account, unless its contract belongs to the old one", async () => {
    const other = await admin.create("Account", { Name: "Other" });
    const free = await draftOrder(shop);
    expect((await admin.patch(`/sobjects/Order/${free}`, { AccountId: other })).status).toBe(204);
    const bound = await draftOrder(shop, { Pricebook2Id: null, ContractId: contract });
    const answer = await admin.patch(`/sobjects/Order/${bound}`, { AccountId: other });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "FIELD_INTEGRITY_EXCEPTION"]);
  });

  it.each([
    ["IsReductionOrder", true],
    ["OriginalOrderId", null],
    ["OrderNumber", "1"],
    ["TotalAmount", 1],
  ])("never changes its %s", async (field, value) => {
    const order = await draftOrder(shop);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { [field]: value });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE(field), [field]),
    ]);
  });

  it("its category is not written by hand", async () => {
    const order = await draftOrder(shop);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { StatusCode: "Activated" });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
    expect((await admin.patch(`/sobjects/Order/${order}`, { StatusCode: "Draft" })).status).toBe(204);
  });

  it.each(["Canceled", "Expired", "Superseded"])("the category %s cannot be assigned as a status", async (Status) => {
    const order = await draftOrder(shop);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { Status });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]);
  });

  it("null as its status is refused", async () => {
    const order = await draftOrder(shop);
    const answer = await admin.patch(`/sobjects/Order/${order}`, { Status: null });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("REQUIRED_FIELD_MISSING", "Required fields are missing: [Status]", ["Status"]),
    ]);
  });

  it("new dates must hold its products", async () => {
    const order = await draftOrder(shop, { EndDate: "2026-12-31" });
    await orderItem(shop, order, { ServiceDate: "2026-09-01", EndDate: "2026-12-31" });
    for (const values of [{ EffectiveDate: "2026-09-02" }, { EndDate: "2026-12-30" }]) {
      const answer = await admin.patch(`/sobjects/Order/${order}`, values);
      expect([answer.status, answer.body[0].errorCode]).toEqual([400, "FIELD_INTEGRITY_EXCEPTION"]);
    }
  });

  it("is undone with its products by a delete, and both are in queryAll only", async () => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order);
    expect((await admin.delete(`/sobjects/Order/${order}`)).status).toBe(204);
    for (const [object, id] of [
      ["Order", order],
      ["OrderItem", item],
    ] as const) {
      const { body } = await admin.query(`SELECT Id FROM ${object} WHERE Id = '${id}'`);
      expect(body).toEqual({ totalSize: 0, done: true, records: [] });
      expect(await admin.read(object, id, "IsDeleted")).toEqual({ IsDeleted: true });
    }
  });
});
