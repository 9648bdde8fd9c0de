/** Deleting, restoring and what stands in the way (reference: order-domain §1.14, §2.11, §4, §6; change-events §1.2). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { save } from "../../../mock-server/dml/save.ts";
import { textField } from "../../../mock-server/setup/custom-fields.ts";
import { activatedOrder, Client, draftOrder, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

const FULL = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };

beforeAll(async () => {
  shop = await openShop({
    fields: { Order: [textField("Key__c", { externalId: true, unique: true })] },
    permissions: [
      {
        kind: "profile",
        name: "No Contracts",
        userPermissions: ["ApiEnabled"],
        grant: { objects: {}, fields: {}, otherObjects: FULL, otherFields: { read: true, edit: true } },
      },
    ],
    users: [{ username: "clerk@mock.org", profile: "No Contracts" }],
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

async function newProduct(): Promise<{ product: string; entry: string; standard: string }> {
  const product = await admin.create("Product2", { Name: "P" });
  const price = { Product2Id: product, UnitPrice: 1, IsActive: true };
  const standard = await admin.create("PricebookEntry", { ...price, Pricebook2Id: shop.standardBook });
  const entry = await admin.create("PricebookEntry", { ...price, Pricebook2Id: shop.book });
  return { product, entry, standard };
}

describe("a delete", () => {
  it("is not stopped by what is in the recycle bin", async () => {
    const { product, entry } = await newProduct();
    const order = await draftOrder(shop);
    await orderItem(shop, order, { PricebookEntryId: entry });
    expect((await admin.delete(`/sobjects/Product2/${product}`)).status).toBe(400);
    await admin.delete(`/sobjects/Order/${order}`);
    expect((await admin.delete(`/sobjects/Product2/${product}`)).status).toBe(204);
  });

  it("of a contact is stopped by an order that names it", async () => {
    const contact = await admin.create("Contact", { LastName: "Buyer", FirstName: "Ann", AccountId: shop.account });
    const order = await draftOrder(shop, { BillToContactId: contact });
    const { OrderNumber } = await admin.read("Order", order, "OrderNumber");
    const answer = await admin.delete(`/sobjects/Contact/${contact}`);
    expect([answer.status, answer.body[0].errorCode, answer.body[0].message]).toEqual([
      400,
      "DELETE_FAILED",
      `Your attempt to delete Ann Buyer could not be completed because it is associated with the following orders.: ${OrderNumber}\n`,
    ]);
    await admin.update("Order", order, { BillToContactId: null });
    expect((await admin.delete(`/sobjects/Contact/${contact}`)).status).toBe(204);
  });

  it("of a contract takes its draft orders along, and is stopped by activated ones", async () => {
    const contract = await admin.create("Contract", { AccountId: shop.account, Pricebook2Id: shop.book });
    const order = await draftOrder(shop, { ContractId: contract });
    await orderItem(shop, order);
    await admin.update("Contract", contract, { Status: "Activated" });
    await admin.update("Order", order, { Status: "Activated" });
    const answer = await admin.delete(`/sobjects/Contract/${contract}`);
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "DELETE_FAILED"]);
    await admin.update("Order", order, { Status: "Draft" });
    const clerk = new Client(shop.org, "clerk@mock.org");
    const refused = await clerk.delete(`/sobjects/Contract/${contract}`);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect((await admin.delete(`/sobjects/Contract/${contract}`)).status).toBe(204);
    expect(await admin.read("Order", order, "IsDeleted")).toEqual({ IsDeleted: true });
  });

  it("of a user or of a status value does not exist", async () => {
    const user = await admin.query("SELECT Id FROM User LIMIT 1");
    const status = await admin.query("SELECT Id FROM OrderStatus LIMIT 1");
    for (const path of [`User/${user.body.records[0].Id}`, `OrderStatus/${status.body.records[0].Id}`]) {
      expect((await admin.delete(`/sobjects/${path}`)).status).toBe(400);
    }
  });

  it("of an order by a parent's delete undoes nothing when it is refused", async () => {
    const account = await admin.create("Account", { Name: "Half" });
    const draft = await draftOrder({ ...shop, account });
    await activatedOrder({ ...shop, account });
    expect((await admin.delete(`/sobjects/Account/${account}`)).status).toBe(400);
    expect(await admin.read("Order", draft, "IsDeleted")).toEqual({ IsDeleted: false });
  });

  it("of several records in a list sees the earlier ones", async () => {
    const { product, entry, standard } = await newProduct();
    const inOrder = await admin.delete(`/composite/sobjects?ids=${entry},${standard},${product}`);
    expect(inOrder.body.map((row: { success: boolean }) => row.success)).toEqual([true, true, true]);
  });
});

describe("a restored order", () => {
  it("brings back what went with it, not what was deleted before", async () => {
    const order = await draftOrder(shop);
    const kept = await orderItem(shop, order);
    const gone = await orderItem(shop, order);
    await admin.delete(`/sobjects/OrderItem/${gone}`);
    shop.org.clock.advance({ seconds: 1 });
    await admin.delete(`/sobjects/Order/${order}`);
    undelete(order);
    expect(await admin.read("Order", order, "IsDeleted, TotalAmount")).toEqual({ IsDeleted: false, TotalAmount: 998 });
    expect(await admin.read("OrderItem", kept, "IsDeleted")).toEqual({ IsDeleted: false });
    const { body } = await admin.queryAll(`SELECT Id FROM OrderItem WHERE Id = '${gone}' AND IsDeleted = false`);
    expect(body.totalSize).toBe(0);
  });

  it("is refused where its key was taken meanwhile", async () => {
    const order = await draftOrder(shop, { Key__c: "K" });
    await admin.delete(`/sobjects/Order/${order}`);
    await draftOrder(shop, { Key__c: "k" });
    expect(undelete(order)).toContain("DUPLICATE_VALUE");
  });

  function undelete(id: string): string {
    const { org } = shop.org;
    const [result] = org.transaction(org.systemActor, (tx) =>
      save(tx, { operation: "undelete", allOrNone: false, records: [{ object: "Order", id, values: {} }] }),
    );
    return result?.success === true ? "restored" : JSON.stringify(result?.success === false ? result.faults : []);
  }
});

describe("owners", () => {
  it("are users and queues, no other groups", async () => {
    const group = await admin.create("Group", { Name: "Everybody", Type: "Regular", DeveloperName: "Everybody" });
    const queue = await admin.create("Group", { Name: "Desk", Type: "Queue", DeveloperName: "Desk" });
    const order = await draftOrder(shop);
    expect((await admin.patch(`/sobjects/Order/${order}`, { OwnerId: queue })).status).toBe(204);
    expect((await admin.patch(`/sobjects/Order/${order}`, { OwnerId: group })).status).toBe(400);
    expect((await admin.patch(`/sobjects/Order/${order}`, { OwnerId: null })).status).toBe(400);
  });

  it("a member is put into a group once", async () => {
    const group = await admin.create("Group", { Name: "Once", Type: "Regular", DeveloperName: "Once" });
    const user = await admin.query("SELECT Id FROM User WHERE Username = 'clerk@mock.org'");
    const member = { GroupId: group, UserOrGroupId: user.body.records[0].Id };
    const first = await admin.create("GroupMember", member);
    expect((await admin.patch(`/sobjects/GroupMember/${first}`, {})).status).toBe(400);
    expect((await admin.delete(`/sobjects/GroupMember/${first}`)).status).toBe(204);
    expect((await admin.query(`SELECT Id FROM GroupMember WHERE GroupId = '${group}'`)).body.totalSize).toBe(0);
  });
});

describe("users", () => {
  it("are made, renamed and deactivated, and their names are theirs alone", async () => {
    const profile = await admin.query("SELECT Id FROM Profile WHERE Name = 'Standard User'");
    const values = {
      Username: "new@mock.org",
      LastName: "New",
      FirstName: "Ann",
      Email: "new@mock.org",
      Alias: "new",
      CommunityNickname: "new",
      TimeZoneSidKey: "Europe/Berlin",
      LocaleSidKey: "en_US",
      EmailEncodingKey: "UTF-8",
      LanguageLocaleKey: "en_US",
      ProfileId: profile.body.records[0].Id,
      Department: "Sales",
    };
    const id = await admin.create("User", values);
    expect(await admin.read("User", id, "Name, IsActive, Department")).toEqual({
      Name: "Ann New",
      IsActive: true,
      Department: "Sales",
    });
    expect((await admin.post("/sobjects/User", { ...values, Username: "NEW@mock.org" })).status).toBe(400);
    expect(
      (await admin.post("/sobjects/User", { ...values, Username: "u2@mock.org", TimeZoneSidKey: "Mars" })).status,
    ).toBe(400);
    const user = new Client(shop.org, "new@mock.org");
    expect((await user.get("/sobjects")).status).toBe(200);
    await admin.update("User", id, { IsActive: false });
    expect((await user.get("/sobjects")).status).toBe(401);
    const clerk = new Client(shop.org, "clerk@mock.org");
    expect((await clerk.post("/sobjects/User", { ...values, Username: "u3@mock.org" })).status).toBeGreaterThanOrEqual(
      400,
    );
  });
});
