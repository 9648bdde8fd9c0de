/** Org settings and user permissions that move the rules (reference: order-domain §1.15, §2.4, §2.6, §7.1, §12). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OrgSettings } from "../../../mock-server/org/port.ts";
import { DEFAULT_SETTINGS } from "../../../mock-server/org/settings.ts";
import { activatedOrder, Client, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

const FULL = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };

function profile(name: string, ...userPermissions: string[]) {
  return {
    kind: "profile" as const,
    name,
    userPermissions: ["ApiEnabled", ...userPermissions],
    grant: { objects: {}, fields: {}, otherObjects: FULL, otherFields: { read: true, edit: true } },
  };
}

beforeAll(async () => {
  shop = await openShop({
    permissions: [profile("Editor", "EditActivatedOrders"), profile("All Data", "ModifyAllData", "ViewAllData")],
    users: [
      { username: "editor@mock.org", profile: "Editor" },
      { username: "all@mock.org", profile: "All Data" },
    ],
  });
  ({ admin } = shop);
});

afterEach(() => shop.org.org.configure(DEFAULT_SETTINGS));
afterAll(() => shop.org.close());

function configure(settings: Partial<OrgSettings>): void {
  shop.org.org.configure(settings);
}

async function codeOf(answer: Promise<{ status: number; body: { errorCode: string }[] | undefined }>): Promise<string> {
  const { status, body } = await answer;
  return status < 300 ? "ok" : (body?.[0]?.errorCode ?? String(status));
}

describe("the activation", () => {
  it("may bring other changes along, unless the org says otherwise", async () => {
    const change = { Status: "Activated", Name: "N" };
    const first = await draftOrder(shop);
    await orderItem(shop, first);
    expect(await codeOf(admin.patch(`/sobjects/Order/${first}`, change))).toBe("ok");
    configure({ activationStatusOnly: true });
    const second = await draftOrder(shop);
    await orderItem(shop, second);
    expect(await codeOf(admin.patch(`/sobjects/Order/${second}`, change))).not.toBe("ok");
    expect(await codeOf(admin.patch(`/sobjects/Order/${second}`, { Status: "Activated" }))).toBe("ok");
  });

  it("keeps its stamp after a deactivation where the org says so", async () => {
    configure({ clearActivationStamp: false });
    const { order } = await activatedOrder(shop);
    await admin.update("Order", order, { Status: "Draft" });
    expect((await admin.read("Order", order, "ActivatedDate")).ActivatedDate).not.toBeNull();
  });

  it("needs Activate Orders also of one who may edit activated orders", async () => {
    const { order } = await activatedOrder(shop);
    const editor = new Client(shop.org, "editor@mock.org");
    expect(await codeOf(editor.patch(`/sobjects/Order/${order}`, { Status: "Draft" }))).toBe("ok");
    expect(await codeOf(editor.patch(`/sobjects/Order/${order}`, { Status: "Activated" }))).toBe(
      "INSUFFICIENT_ACCESS_OR_READONLY",
    );
  });

  it("Modify All Data does not open the locks", async () => {
    const { order, item } = await activatedOrder(shop);
    const all = new Client(shop.org, "all@mock.org");
    expect(await codeOf(all.patch(`/sobjects/Order/${order}`, { Name: "N" }))).toBe("ENTITY_IS_LOCKED");
    expect(await codeOf(all.patch(`/sobjects/OrderItem/${item}`, { Quantity: 1 }))).toBe("ENTITY_IS_LOCKED");
    expect(await codeOf(all.delete(`/sobjects/Order/${order}`))).toBe("DELETE_FAILED");
    expect(await codeOf(all.patch(`/sobjects/Order/${order}`, { Status: "Activated" }))).toBe("ok");
  });
});

describe("an activated order", () => {
  it("moves its start date where the org allows it", async () => {
    configure({ lockStartDateOnActivate: false });
    const { order } = await activatedOrder(shop);
    expect(await codeOf(admin.patch(`/sobjects/Order/${order}`, { EffectiveDate: "2026-09-01" }))).toBe("ok");
  });

  it("freezes the prices of its products under Enhanced Commerce Orders", async () => {
    const { item } = await activatedOrder(shop);
    configure({ enableEnhancedCommerceOrders: true });
    expect(await codeOf(admin.patch(`/sobjects/OrderItem/${item}`, { Quantity: 3 }))).not.toBe("ok");
    expect(await codeOf(admin.patch(`/sobjects/OrderItem/${item}`, { UnitPrice: 3 }))).not.toBe("ok");
    expect(await codeOf(admin.patch(`/sobjects/OrderItem/${item}`, { Description: "D" }))).toBe("ok");
  });

  it("may change hands", async () => {
    const { order } = await activatedOrder(shop);
    const user = await admin.query("SELECT Id FROM User WHERE Username = 'editor@mock.org'");
    expect(await codeOf(admin.patch(`/sobjects/Order/${order}`, { OwnerId: user.body.records[0].Id }))).toBe("ok");
  });
});

describe("a draft order", () => {
  it("changes its price book without products where the org allows it", async () => {
    configure({ pricebookChangeWithoutItems: true });
    const order = await draftOrder(shop);
    expect(await codeOf(admin.patch(`/sobjects/Order/${order}`, { Pricebook2Id: shop.standardBook }))).toBe("ok");
    const full = await draftOrder(shop);
    await orderItem(shop, full);
    expect(await codeOf(admin.patch(`/sobjects/Order/${full}`, { Pricebook2Id: shop.standardBook }))).toBe(
      "FIELD_INTEGRITY_EXCEPTION",
    );
  });

  it("does not take its account from its contract", async () => {
    const contract = await admin.create("Contract", { AccountId: shop.account });
    const answer = await admin.post("/sobjects/Order", {
      ContractId: contract,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
    });
    expect(answer.body).toEqual(fault("REQUIRED_FIELD_MISSING", "Select an account.", []));
  });

  it("is assigned a contract of its own price book only", async () => {
    const order = await draftOrder(shop);
    const other = await admin.create("Contract", { AccountId: shop.account, Pricebook2Id: shop.standardBook });
    const same = await admin.create("Contract", { AccountId: shop.account, Pricebook2Id: shop.book });
    expect(await codeOf(admin.patch(`/sobjects/Order/${order}`, { ContractId: other }))).toBe(
      "FIELD_INTEGRITY_EXCEPTION",
    );
    expect(await codeOf(admin.patch(`/sobjects/Order/${order}`, { ContractId: same }))).toBe("ok");
  });

  it("its products keep a price and a quantity", async () => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order);
    const price = await admin.patch(`/sobjects/OrderItem/${item}`, { UnitPrice: null });
    expect(price.body).toEqual(fault("REQUIRED_FIELD_MISSING", "Order Products must have a Unit Price.", []));
    const quantity = await admin.patch(`/sobjects/OrderItem/${item}`, { Quantity: 0 });
    expect(quantity.body).toEqual(
      fault("FIELD_INTEGRITY_EXCEPTION", "Can't save order products with quantities of zero", ["Quantity"]),
    );
    const negative = await admin.patch(`/sobjects/OrderItem/${item}`, { UnitPrice: -1 });
    expect(negative.status).toBe(204);
  });

  it("its stamps stand still under its products where the org says so", async () => {
    configure({ touchParentOnItemDml: false });
    const order = await draftOrder(shop);
    const before = await admin.read("Order", order, "LastModifiedDate");
    shop.org.clock.advance({ seconds: 5 });
    await orderItem(shop, order);
    expect(await admin.read("Order", order, "LastModifiedDate")).toEqual(before);
  });
});

describe("orders switched off", () => {
  it("do not exist for the API", async () => {
    const order = await draftOrder(shop);
    configure({ enableOrders: false });
    expect((await admin.query("SELECT Id FROM Order")).body[0].errorCode).toBe("INVALID_TYPE");
    expect((await admin.query("SELECT Id FROM OrderStatus")).body[0].errorCode).toBe("INVALID_TYPE");
    expect((await admin.get(`/sobjects/Order/${order}`)).status).toBe(404);
    expect((await admin.post("/sobjects/Order", {})).status).toBe(404);
    const { body } = await admin.get("/sobjects");
    expect(body.sobjects.some((each: { name: string }) => each.name.startsWith("Order"))).toBe(false);
    const account = await admin.get("/sobjects/Account/describe");
    expect(
      account.body.childRelationships.some((each: { childSObject: string }) => each.childSObject === "Order"),
    ).toBe(false);
    expect((await admin.query("SELECT Id, (SELECT Id FROM Orders) FROM Account")).status).toBe(400);
    configure({ enableOrders: true });
    expect((await admin.get(`/sobjects/Order/${order}`)).status).toBe(200);
  });
});
