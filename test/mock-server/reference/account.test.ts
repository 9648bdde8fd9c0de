/** Accounts, the recycle bin, access and customization (reference: order-domain §6, §7.4, §8.2, §8.3). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numberField, textField } from "../../../mock-server/setup/custom-fields.ts";
import { activatedOrder, Client, DATA, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

const ALL = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };
const NONE = { create: false, read: false, edit: false, delete: false, viewAll: false, modifyAll: false };
const READ = { ...NONE, read: true };
const OWN = { ...ALL, viewAll: false, modifyAll: false };

beforeAll(async () => {
  shop = await openShop({
    fields: {
      Order: [
        textField("ERP_Key__c", { externalId: true, unique: true, length: 20, label: "ERP Key" }),
        textField("Terms__c", { label: "Terms", length: 5 }),
      ],
      Account: [
        textField("Ext__c", { externalId: true }),
        textField("Case_Key__c", { externalId: true, unique: true, caseSensitive: true }),
        numberField("No__c", { externalId: true, unique: true, precision: 10 }),
        textField("Needed__c"),
      ],
    },
    sharing: { Account: "Private", Order: "ControlledByParent", Contract: "Private" },
    permissions: [
      {
        kind: "profile",
        name: "Half Blind",
        userPermissions: ["ApiEnabled", "ActivateOrder", "EditActivatedOrders"],
        grant: {
          objects: { Contract: READ, Product2: NONE },
          fields: {
            "Order.PoNumber": { read: false, edit: false },
            "Order.Description": { read: true, edit: false },
          },
          otherObjects: ALL,
          otherFields: { read: true, edit: true },
        },
      },
      {
        kind: "profile",
        name: "Loner",
        userPermissions: ["ApiEnabled", "ActivateOrder", "EditActivatedOrders"],
        grant: { objects: {}, fields: {}, otherObjects: OWN, otherFields: { read: true, edit: true } },
      },
    ],
    users: [
      { username: "blind@mock.org", profile: "Half Blind" },
      { username: "loner@mock.org", profile: "Loner" },
      { username: "gone@mock.org", profile: "Loner", isActive: false },
    ],
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

describe("an account", () => {
  it.each([[{}], [{ Name: null }], [{ Name: "   " }]])("needs a name: %j", async (values) => {
    const answer = await admin.post("/sobjects/Account", values);
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    ]);
  });

  it("is not its own ancestor", async () => {
    const a = await admin.create("Account", { Name: "A" });
    const b = await admin.create("Account", { Name: "B", ParentId: a });
    const c = await admin.create("Account", { Name: "C", ParentId: b });
    for (const parent of [a, c]) {
      const answer = await admin.patch(`/sobjects/Account/${a}`, { ParentId: parent });
      expect([answer.status, answer.body[0].errorCode]).toEqual([400, "CIRCULAR_DEPENDENCY"]);
    }
  });

  it("is not given to an inactive user", async () => {
    const { body } = await admin.query("SELECT Id FROM User WHERE Username = 'gone@mock.org'");
    const answer = await admin.post("/sobjects/Account", { Name: "A", OwnerId: body.records[0].Id });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "INACTIVE_OWNER_OR_USER"]);
  });

  it("its delete takes draft orders, draft contracts, contacts along and unties children", async () => {
    const account = await admin.create("Account", { Name: "A" });
    const child = await admin.create("Account", { Name: "B", ParentId: account });
    const order = await draftOrder({ ...shop, account });
    const item = await orderItem(shop, order);
    const contract = await admin.create("Contract", { AccountId: account });
    const contact = await admin.create("Contact", { AccountId: account, LastName: "L" });
    expect((await admin.delete(`/sobjects/Account/${account}`)).status).toBe(204);
    for (const [object, id] of [
      ["Order", order],
      ["OrderItem", item],
      ["Contract", contract],
      ["Contact", contact],
    ] as const) {
      expect([object, await admin.read(object, id, "IsDeleted")]).toEqual([object, { IsDeleted: true }]);
    }
    expect(await admin.read("Account", child, "ParentId, IsDeleted")).toEqual({ ParentId: null, IsDeleted: false });
    const bin = await admin.query(`SELECT Id FROM Order WHERE AccountId = '${account}'`);
    expect(bin.body.totalSize).toBe(0);
    const read = await admin.get(`/sobjects/Account/${account}`);
    expect(read.status).toBe(404);
  });

  it("activated orders and contracts block its delete", async () => {
    const account = await admin.create("Account", { Name: "Busy" });
    const { order } = await activatedOrder({ ...shop, account });
    const { OrderNumber } = await admin.read("Order", order, "OrderNumber");
    const answer = await admin.delete(`/sobjects/Account/${account}`);
    expect([answer.status, answer.body]).toEqual([
      400,
      fault(
        "DELETE_FAILED",
        `Your attempt to delete Busy could not be completed because it is associated with the following orders.: ${OrderNumber}\n`,
        [],
      ),
    ]);
    const second = await admin.create("Account", { Name: "Bound" });
    const contract = await admin.create("Contract", { AccountId: second });
    await admin.update("Contract", contract, { Status: "Activated" });
    const refused = await admin.delete(`/sobjects/Account/${second}`);
    expect(refused.body[0].message).toContain("is associated with the following contracts.: 000");
  });
});

describe("what a caller sees", () => {
  it.each<[string, string, string, number, readonly unknown[]]>([
    [
      "an unknown object",
      "GET",
      "/sobjects/Nope",
      404,
      [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }],
    ],
    [
      "an unknown object's describe",
      "GET",
      "/sobjects/Nope/describe",
      404,
      [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }],
    ],
    [
      "a creation of it",
      "POST",
      "/sobjects/Nope",
      404,
      [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }],
    ],
  ])("%s", async (_, method, path, status, body) => {
    const answer = await admin.call(method, path, method === "POST" ? {} : undefined);
    expect([answer.status, answer.text]).toEqual([status, JSON.stringify(body)]);
  });

  it("an unknown field in a body", async () => {
    const answer = await admin.post("/sobjects/Order", { Foo__c: 1 });
    expect(answer.text).toBe(
      `[{"message":"No such column 'Foo__c' on sobject of type Order","errorCode":"INVALID_FIELD"}]`,
    );
  });

  it("OpportunityId does not exist in a plain org", async () => {
    const answer = await admin.post("/sobjects/Order", { OpportunityId: null });
    expect(answer.body[0].message).toBe("No such column 'OpportunityId' on sobject of type Order");
  });

  it("a hidden field does not exist for reading and is not writable", async () => {
    const blind = new Client(shop.org, "blind@mock.org");
    const order = await draftOrder(shop, { PoNumber: "P", Description: "D" });
    const { body: described } = await blind.get("/sobjects/Order/describe");
    const names = described.fields.map((field: { name: string }) => field.name);
    expect(names).not.toContain("PoNumber");
    const description = described.fields.find((field: { name: string }) => field.name === "Description");
    expect([description.createable, description.updateable]).toEqual([false, false]);
    const query = await blind.query("SELECT PoNumber FROM Order");
    expect([query.status, query.body[0].errorCode]).toEqual([400, "INVALID_FIELD"]);
    expect(query.body[0].message).toContain("No such column 'PoNumber' on entity 'Order'.");
    const row = await blind.get(`/sobjects/Order/${order}`);
    expect(row.body).not.toHaveProperty("PoNumber");
    expect(row.body.Description).toBe("D");
    for (const field of ["PoNumber", "Description"]) {
      const answer = await blind.patch(`/sobjects/Order/${order}`, { [field]: "X" });
      expect([field, answer.status, answer.body[0].errorCode, answer.body[0].fields]).toEqual([
        field,
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        [field],
      ]);
    }
    const where = await blind.query("SELECT Id FROM Order WHERE PoNumber = 'P'");
    expect(where.status).toBe(400);
    const filter = await blind.get(`/sobjects/Order/${order}?fields=PoNumber`);
    expect(filter.status).toBe(400);
  });

  it("an object that may not be read does not exist", async () => {
    const blind = new Client(shop.org, "blind@mock.org");
    const query = await blind.query("SELECT Id FROM Product2");
    expect([query.status, query.body[0].errorCode]).toEqual([400, "INVALID_TYPE"]);
    expect((await blind.get(`/sobjects/Product2/${shop.product}`)).status).toBe(404);
    const { body } = await blind.get("/sobjects");
    expect(body.sobjects.map((each: { name: string }) => each.name)).not.toContain("Product2");
  });

  it("an object that may not be created", async () => {
    const blind = new Client(shop.org, "blind@mock.org");
    const answer = await blind.post("/sobjects/Contract", { AccountId: shop.account });
    expect([400, 403]).toContain(answer.status);
    expect(answer.body[0].errorCode).toBe("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");
    const { body } = await blind.get("/sobjects/Contract/describe");
    expect([body.createable, body.updateable, body.deletable, body.queryable]).toEqual([false, false, false, true]);
  });

  it("a record of somebody else is not there", async () => {
    const loner = new Client(shop.org, "loner@mock.org");
    const order = await draftOrder(shop);
    expect((await loner.query("SELECT Id FROM Account")).body.totalSize).toBe(0);
    expect((await loner.query("SELECT Id FROM Order")).body.totalSize).toBe(0);
    expect((await loner.get(`/sobjects/Order/${order}`)).status).toBe(404);
    expect((await loner.patch(`/sobjects/Order/${order}`, { Name: "N" })).status).toBe(404);
    const cross = await loner.post("/sobjects/Contract", { AccountId: shop.account });
    expect([cross.status, cross.body[0].errorCode]).toEqual([400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]);
    expect(cross.body[0].message).toContain("insufficient access rights on cross-reference id");
  });

  it("orders of a queue are seen by its members", async () => {
    const queue = await admin.create("Group", { Name: "Pickers", Type: "Queue", DeveloperName: "Pickers" });
    const { body } = await admin.query("SELECT Id FROM User WHERE Username = 'loner@mock.org'");
    const member = await admin.create("GroupMember", { GroupId: queue, UserOrGroupId: body.records[0].Id });
    expect(member).toMatch(/^011/);
    const org = await openShop({ sharing: { Order: "Private" }, users: [{ username: "picker@mock.org" }] });
    const picker = new Client(org.org, "picker@mock.org");
    const pickers = await org.admin.create("Group", { Name: "Pickers", Type: "Queue", DeveloperName: "Pickers" });
    const order = await draftOrder(org, { OwnerId: pickers });
    expect((await picker.query("SELECT Id FROM Order")).body.totalSize).toBe(0);
    const user = await org.admin.query("SELECT Id FROM User WHERE Username = 'picker@mock.org'");
    await org.admin.create("GroupMember", { GroupId: pickers, UserOrGroupId: user.body.records[0].Id });
    expect((await picker.query("SELECT Id FROM Order")).body.totalSize).toBe(1);
    expect((await picker.query("SELECT Owner.Name FROM Order")).body.records[0].Owner).toEqual({
      attributes: { type: "Name", url: `${DATA}/sobjects/Group/${pickers}` },
      Name: "Pickers",
    });
    expect((await picker.patch(`/sobjects/Order/${order}`, { Name: "N" })).status).toBe(204);
    await org.org.close();
  });

  it.each<[string, unknown, string]>([
    ["does not exist", "001000000000999AAA", "INVALID_CROSS_REFERENCE_KEY"],
    ["belongs to another object", "contact", "FIELD_INTEGRITY_EXCEPTION"],
    ["is no Id", "nonsense", "MALFORMED_ID"],
  ])("a lookup whose value %s", async (_, value, code) => {
    const contact = await admin.create("Contact", { LastName: "L" });
    const AccountId = value === "contact" ? contact : value;
    const answer = await admin.post("/sobjects/Order", { AccountId, EffectiveDate: "2026-01-01", Status: "Draft" });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, code]);
    if (code !== "INVALID_CROSS_REFERENCE_KEY") {
      expect([answer.body[0].message, answer.body[0].fields]).toEqual([
        `Account ID: id value of incorrect type: ${String(AccountId)}`,
        ["AccountId"],
      ]);
    }
  });
});

describe("custom fields", () => {
  it("upsert creates, then updates, with the version's answers", async () => {
    const values = { AccountId: shop.account, EffectiveDate: "2026-08-01", Status: "Draft" };
    const created = await admin.patch("/sobjects/Order/ERP_Key__c/4711", values);
    expect([created.status, created.text]).toEqual([
      201,
      `{"id":"${created.body.id}","success":true,"errors":[],"created":true}`,
    ]);
    expect(created.headers.get("location")).toBe(`${DATA}/sobjects/Order/${created.body.id}`);
    const updated = await admin.patch("/sobjects/Order/erp_key__C/4711", { Name: "N" });
    expect([updated.status, updated.text]).toEqual([
      200,
      `{"id":"${created.body.id}","success":true,"errors":[],"created":false}`,
    ]);
    const old = await admin.patch("/services/data/v45.0/sobjects/Order/ERP_Key__c/4711", { Name: "O" });
    expect([old.status, old.text]).toEqual([204, ""]);
    const fresh = await admin.patch("/services/data/v45.0/sobjects/Order/ERP_Key__c/4712", values);
    expect([fresh.status, fresh.text]).toEqual([201, `{"id":"${fresh.body.id}","success":true,"errors":[]}`]);
    const read = await admin.get("/sobjects/Order/ERP_Key__c/4711");
    expect([read.status, read.body.ERP_Key__c, read.body.Id]).toEqual([200, "4711", created.body.id]);
    expect((await admin.get("/sobjects/Order/ERP_Key__c/none")).status).toBe(404);
    const only = await admin.patch("/sobjects/Order/ERP_Key__c/none?updateOnly=true", values);
    expect([only.status, only.body[0].errorCode]).toEqual([404, "NOT_FOUND"]);
    expect((await admin.delete("/sobjects/Order/ERP_Key__c/4712")).status).toBe(204);
  });

  it("a repeated upsert with create-only fields fails", async () => {
    const values = { AccountId: shop.account, EffectiveDate: "2026-08-01", Status: "Draft", IsReductionOrder: false };
    expect((await admin.patch("/sobjects/Order/ERP_Key__c/repeat", values)).status).toBe(201);
    const again = await admin.patch("/sobjects/Order/ERP_Key__c/repeat", values);
    expect([again.status, again.body[0].errorCode, again.body[0].fields]).toEqual([
      400,
      "INVALID_FIELD_FOR_INSERT_UPDATE",
      ["IsReductionOrder"],
    ]);
  });

  it("several matches are 300 with their addresses", async () => {
    const a = await admin.create("Account", { Name: "A", Ext__c: "same" });
    const b = await admin.create("Account", { Name: "B", Ext__c: "same" });
    for (const [method, body] of [
      ["GET", undefined],
      ["PATCH", { Name: "C" }],
      ["DELETE", undefined],
    ] as const) {
      const answer = await admin.call(method, "/sobjects/Account/Ext__c/same", body);
      expect([answer.status, answer.body]).toEqual([
        300,
        [`${DATA}/sobjects/Account/${a}`, `${DATA}/sobjects/Account/${b}`],
      ]);
    }
  });

  it("unique values ignore letter case unless they are case-sensitive", async () => {
    const order = await draftOrder(shop, { ERP_Key__c: "Abc" });
    const answer = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      ERP_Key__c: "aBC",
    });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault(
        "DUPLICATE_VALUE",
        `duplicate value found: ERP_Key__c duplicates value on record with id: ${order.slice(0, 15)}`,
        [],
      ),
    ]);
    await admin.create("Account", { Name: "A", Case_Key__c: "Abc" });
    await admin.create("Account", { Name: "A", Case_Key__c: "aBC" });
    expect((await admin.get("/sobjects/Account/Case_Key__c/ABC")).status).toBe(404);
  });

  it("a number is a key", async () => {
    const created = await admin.patch("/sobjects/Account/No__c/12", { Name: "Twelve" });
    expect(created.status).toBe(201);
    expect((await admin.get("/sobjects/Account/No__c/12.0")).body.No__c).toBe(12);
    expect((await admin.patch("/sobjects/Account/No__c/12", { Name: "Dozen" })).body.created).toBe(false);
    const bad = await admin.patch("/sobjects/Account/No__c/twelve", { Name: "Dozen" });
    expect([bad.status, bad.body[0].errorCode]).toEqual([400, "JSON_PARSER_ERROR"]);
  });

  it("a parent is named by its external Id", async () => {
    const account = await admin.create("Account", { Name: "P", Case_Key__c: "P-1" });
    const order = await admin.create("Order", {
      Account: { Case_Key__c: "P-1" },
      EffectiveDate: "2026-08-01",
      Status: "Draft",
    });
    expect(await admin.read("Order", order, "AccountId")).toEqual({ AccountId: account });
    const missing = await admin.post("/sobjects/Order", {
      Account: { Case_Key__c: "P-2" },
      EffectiveDate: "2026-08-01",
      Status: "Draft",
    });
    expect([missing.status, missing.body[0].errorCode]).toEqual([400, "INVALID_FIELD"]);
    expect(missing.body[0].message).toBe(
      "Foreign key external ID: P-2 not found for field Case_Key__c in entity Account",
    );
  });

  it("a text that is too long names label and limit", async () => {
    const answer = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      PoNumber: "x".repeat(81),
      Terms__c: "123456",
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual([
      {
        message: `PO Number: data value too large: ${"x".repeat(81)} (max length=80)`,
        errorCode: "STRING_TOO_LONG",
        fields: ["PoNumber"],
      },
      {
        message: "Terms: data value too large: 123456 (max length=5)",
        errorCode: "STRING_TOO_LONG",
        fields: ["Terms__c"],
      },
    ]);
    await draftOrder(shop, { PoNumber: "x".repeat(80), Terms__c: "12345" });
  });
});
