/** sObject rows, relationships and replication (reference: rest-api §7, change-events §1, §6.2). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textField } from "../../../mock-server/setup/custom-fields.ts";
import { Client, DATA, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop({
    fields: { Account: [textField("Ext__c", { externalId: true, unique: true })] },
    users: [{ username: "other@mock.org" }],
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

describe("rows", () => {
  it("HEAD answers as GET without a body", async () => {
    for (const path of ["/sobjects/Account", `/sobjects/Account/${shop.account}`, "/sobjects/Account/describe"]) {
      const answer = await admin.call("HEAD", path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, ""]);
    }
    expect((await admin.call("HEAD", "/sobjects/Account/001000000000999AAA")).status).toBe(404);
  });

  it("an empty update counts as one", async () => {
    const id = await admin.create("Account", { Name: "A" });
    shop.org.clock.advance({ seconds: 2 });
    expect((await admin.patch(`/sobjects/Account/${id}`, {})).status).toBe(204);
    expect(await admin.read("Account", id, "SystemModstamp")).toEqual({
      SystemModstamp: "2026-03-01T08:00:02.000+0000",
    });
  });

  it("an update names no Id", async () => {
    const id = await admin.create("Account", { Name: "A" });
    const answer = await admin.patch(`/sobjects/Account/${id}`, { Id: id, Name: "B" });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("INVALID_FIELD", "The Id field should not be specified in the sobject data."),
    ]);
  });

  it("unknown fields= are refused in SOQL's words", async () => {
    const answer = await admin.get(`/sobjects/Account/${shop.account}?fields=Name,Foo`);
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "INVALID_FIELD"]);
    expect(answer.body[0].message).toContain("ERROR at Row:1:Column:");
    expect(answer.body[0].message).toContain("No such column 'Foo' on entity 'Account'.");
  });

  it("a deleted record: read is not found, change and delete say deleted", async () => {
    const id = await admin.create("Account", { Name: "A" });
    expect((await admin.delete(`/sobjects/Account/${id}`)).status).toBe(204);
    const read = await admin.get(`/sobjects/Account/${id}`);
    expect(read.status).toBe(404);
    for (const answer of [
      await admin.patch(`/sobjects/Account/${id}`, { Name: "B" }),
      await admin.delete(`/sobjects/Account/${id}`),
    ]) {
      expect([answer.status, answer.body]).toEqual([404, fault("ENTITY_IS_DELETED", "entity is deleted", [])]);
    }
    const cross = await admin.post("/sobjects/Contact", { LastName: "L", AccountId: id });
    expect([cross.status, cross.body]).toEqual([400, fault("ENTITY_IS_DELETED", "entity is deleted", [])]);
  });

  it("upsert by Id: POST creates, PATCH with nothing after it is refused", async () => {
    const created = await admin.post("/sobjects/Account/Id", { Name: "A" });
    expect([created.status, created.text]).toEqual([
      201,
      `{"id":"${created.body.id}","success":true,"errors":[],"created":true}`,
    ]);
    expect((await admin.patch("/sobjects/Account/Id", { Name: "A" })).status).toBe(405);
    const updated = await admin.patch(`/sobjects/Account/Id/${created.body.id}`, { Name: "B" });
    expect([updated.status, updated.body.created]).toEqual([200, false]);
    expect((await admin.get(`/sobjects/Account/Id/${created.body.id}`)).body.Name).toBe("B");
  });

  it.each(["a/b", "a?b", "a#b", "a%b", "a b", "ä€", "a'b", "a+b", "a.b"])(
    "the key %s is found when encoded",
    async (key) => {
      const path = `/sobjects/Account/Ext__c/${encodeURIComponent(key)}`;
      expect((await admin.patch(path, { Name: "K" })).status).toBe(201);
      expect((await admin.patch(path, { Name: "K" })).status).toBe(200);
      expect((await admin.get(path)).body.Ext__c).toBe(key);
      expect((await admin.delete(path)).status).toBe(204);
    },
  );

  it("a body that repeats the key is refused", async () => {
    const answer = await admin.patch("/sobjects/Account/Ext__c/k", { Ext__c: "k", Name: "A" });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("INVALID_FIELD", "The Ext__c field should not be specified in the sobject data."),
    ]);
  });

  it("a key that was deleted may be used again", async () => {
    const first = await admin.patch("/sobjects/Account/Ext__c/again", { Name: "A" });
    await admin.delete(`/sobjects/Account/${first.body.id}`);
    const second = await admin.patch("/sobjects/Account/Ext__c/again", { Name: "B" });
    expect([second.status, second.body.created]).toEqual([201, true]);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it("an Id key that does not exist", async () => {
    const answer = await admin.patch("/sobjects/Account/Id/001000000000999AAA", { Name: "B" });
    expect([answer.status, answer.body]).toEqual([
      404,
      fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []),
    ]);
  });

  it("order numbers are keys too", async () => {
    const order = await draftOrder(shop);
    const { OrderNumber } = await admin.read("Order", order, "OrderNumber");
    expect((await admin.get(`/sobjects/Order/OrderNumber/${OrderNumber}`)).body.Id).toBe(order);
  });
});

describe("relationships", () => {
  it("lead to the parent, to its parent, and to children", async () => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order);
    const account = await admin.get(`/sobjects/OrderItem/${item}/Order/Account?fields=Name`);
    expect(account.body).toEqual({
      attributes: { type: "Account", url: `${DATA}/sobjects/Account/${shop.account}` },
      Name: "Acme",
      Id: shop.account,
    });
    const items = await admin.get(`/sobjects/Order/${order}/OrderItems?fields=Quantity`);
    expect(items.text.startsWith('{"done":true,"totalSize":1,"records":[')).toBe(true);
    expect(items.body.records[0]).toMatchObject({ Quantity: 2 });
    const empty = await admin.get(`/sobjects/Order/${order}/Orders`);
    expect([empty.status, empty.body]).toEqual([200, { done: true, totalSize: 0, records: [] }]);
    expect((await admin.get(`/sobjects/Order/${order}/Contract`)).status).toBe(404);
    expect((await admin.get(`/sobjects/Order/${order}/Nope`)).status).toBe(404);
    expect((await admin.patch(`/sobjects/Order/${order}/Account`, { Site: "R" })).status).toBe(204);
    expect((await admin.patch(`/sobjects/Order/${order}/OrderItems`, { Quantity: 1 })).status).toBe(405);
    const owner = await admin.get(`/sobjects/Order/${order}/Owner?fields=Username`);
    expect(owner.body.Username).toBe("admin@mock.org");
  });
});

describe("replication", () => {
  const span = (start: string, end: string): string =>
    `start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`;

  it("tells what changed and what vanished", async () => {
    const other = await openShop();
    const order = await draftOrder(other);
    const gone = await draftOrder(other);
    other.org.clock.advance({ minutes: 5 });
    await other.admin.delete(`/sobjects/Order/${gone}`);
    other.org.clock.advance({ minutes: 5 });
    other.org.clock.advance({ minutes: 5 });
    const window = span("2026-03-01T07:59:00+00:00", "2026-03-01T08:10:00+00:00");
    const updated = await other.admin.get(`/sobjects/Order/updated/?${window}`);
    expect(updated.body).toEqual({ ids: [order], latestDateCovered: "2026-03-01T08:10:00.000+0000" });
    const deleted = await other.admin.get(`/sobjects/Order/deleted/?${window}`);
    expect(Object.keys(deleted.body)).toEqual(["deletedRecords", "earliestDateAvailable", "latestDateCovered"]);
    expect(deleted.body.deletedRecords).toEqual([{ deletedDate: "2026-03-01T08:05:00.000+0000", id: gone }]);
    await other.org.close();
  });

  it("seconds are cut to the minute", async () => {
    const other = await openShop();
    other.org.clock.set(Date.parse("2026-03-01T09:00:30Z"));
    const id = await other.admin.create("Account", { Name: "A" });
    const ids = async (start: string, end: string): Promise<string[]> =>
      (await other.admin.get(`/sobjects/Account/updated?${span(start, end)}`)).body.ids;
    expect(await ids("2026-03-01T09:00:45Z", "2026-03-01T09:05:00Z")).toEqual([id]);
    expect(await ids("2026-03-01T08:50:00Z", "2026-03-01T09:00:59Z")).toEqual([]);
    await other.org.close();
  });

  it.each([
    ["updated", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "startDate cannot be more than 30 days ago"],
    [
      "updated",
      "2026-03-01T07:00:00Z",
      "2026-03-01T07:00:59Z",
      "endDate must be at least 1 minute greater than startDate",
    ],
    [
      "deleted",
      "2026-03-01T07:00:00Z",
      "2026-03-01T06:00:00Z",
      "endDate must be at least 1 minute greater than startDate",
    ],
  ])("/%s from %s to %s is refused", async (resource, start, end, message) => {
    const answer = await admin.get(`/sobjects/Order/${resource}/?${span(start, end)}`);
    expect([answer.status, answer.body]).toEqual([400, fault("INVALID_REPLICATION_DATE", message)]);
  });

  it("/deleted looks back 15 days", async () => {
    const answer = await admin.get(`/sobjects/Order/deleted/?${span("2026-02-10T00:00:00Z", "2026-03-01T00:00:00Z")}`);
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "INVALID_REPLICATION_DATE"]);
  });

  it("without both bounds, or with a bad one, it is 400", async () => {
    for (const query of [
      "",
      "?start=2026-03-01T00%3A00%3A00Z",
      "?start=a&end=b",
      "?start=2026-03-01T00:00:00+00:00&end=2026-03-01T01:00:00+00:00",
    ]) {
      expect([query, (await admin.get(`/sobjects/Order/updated/${query}`)).status]).toEqual([query, 400]);
    }
  });

  it("an object that is not replicated has none", async () => {
    const answer = await admin.get(
      `/sobjects/OrderStatus/updated/?${span("2026-03-01T00:00:00Z", "2026-03-01T07:00:00Z")}`,
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it("an open transaction holds back the horizon", async () => {
    const other = await openShop();
    const long = other.org.org.openLongTransaction();
    other.org.clock.advance({ minutes: 10 });
    const answer = await other.admin.get(
      `/sobjects/Order/updated/?${span("2026-03-01T07:00:00Z", "2026-03-01T08:10:00Z")}`,
    );
    expect(answer.body.latestDateCovered).toBe("2026-03-01T08:00:00.000+0000");
    long.rollback();
    await other.org.close();
  });

  it("the recycle bin is emptied after 15 days", async () => {
    const other = await openShop();
    const order = await draftOrder(other);
    await other.admin.delete(`/sobjects/Order/${order}`);
    other.org.clock.advance({ days: 14, hours: 23 });
    expect((await new Client(other.org).queryAll(`SELECT Id FROM Order WHERE Id = '${order}'`)).body.totalSize).toBe(1);
    other.org.clock.advance({ hours: 2 });
    const late = new Client(other.org);
    expect((await late.queryAll(`SELECT Id FROM Order WHERE Id = '${order}'`)).body.totalSize).toBe(0);
    const again = await late.delete(`/sobjects/Order/${order}`);
    expect([again.status, again.body[0].errorCode]).toEqual([404, "INVALID_CROSS_REFERENCE_KEY"]);
    await other.org.close();
  });
});

describe("recent records", () => {
  it("are those that a client marked", async () => {
    const id = await admin.create("Account", { Name: "R" });
    await admin.get(`/sobjects/Account/${id}`, { "sforce-mru": "updateMru=true" });
    const { body } = await admin.get("/recent?limit=1");
    expect(body).toEqual([
      { attributes: { type: "Account", url: `${DATA}/sobjects/Account/${id}` }, Id: id, Name: "R" },
    ]);
    const basic = await admin.get("/sobjects/Account");
    expect(basic.body.recentItems[0].Id).toBe(id);
  });

  it("leave the dates of the view, for this user", async () => {
    const id = await admin.create("Account", { Name: "R" });
    expect(await admin.read("Account", id, "LastViewedDate, LastReferencedDate")).toEqual({
      LastViewedDate: null,
      LastReferencedDate: null,
    });
    await admin.get(`/sobjects/Account/${id}`, { "sforce-mru": "updateMru=true" });
    const viewed = await admin.read("Account", id, "LastViewedDate, LastReferencedDate");
    expect(viewed.LastViewedDate).toMatch(/^2026-03-01T08:00:\d\d\.000\+0000$/);
    expect(viewed.LastReferencedDate).toBe(viewed.LastViewedDate);
    const { body } = await admin.query(
      "SELECT Id FROM Account WHERE LastViewedDate != null ORDER BY LastViewedDate DESC",
    );
    expect(body.records.map((row: { Id: string }) => row.Id)).toContain(id);
    const row = await admin.get(`/sobjects/Account/${id}`);
    expect(row.body.LastViewedDate).toBe(viewed.LastViewedDate);
    const other = new Client(shop.org, "other@mock.org");
    expect((await other.read("Account", id, "LastViewedDate")).LastViewedDate).toBeNull();
  });

  it("are moved by FOR VIEW and FOR REFERENCE, and forgotten by a reset", async () => {
    const other = await openShop();
    const { admin: user } = other;
    await user.query(`SELECT Id FROM Account WHERE Id = '${other.account}' FOR VIEW`);
    other.org.clock.advance({ seconds: 1 });
    await user.query(`SELECT Id FROM Account WHERE Id = '${other.account}' FOR REFERENCE`);
    await user.query(`SELECT Id FROM Product2 WHERE Id = '${other.product}' FOR REFERENCE`);
    expect(await user.read("Account", other.account, "LastViewedDate, LastReferencedDate")).toEqual({
      LastViewedDate: "2026-03-01T08:00:00.000+0000",
      LastReferencedDate: "2026-03-01T08:00:01.000+0000",
    });
    expect((await user.read("Product2", other.product, "LastViewedDate")).LastViewedDate).toBeNull();
    const recent = await user.get("/recent");
    expect(recent.body.map((row: { Id: string }) => row.Id)).toEqual([other.product, other.account]);
    other.org.reset();
    expect((await user.get("/recent")).body).toEqual([]);
    await other.org.close();
  });
});
