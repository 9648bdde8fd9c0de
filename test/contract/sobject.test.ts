/** jsforce's sobject helpers against rows. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

describe("rows through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
  });

  afterAll(() => client.org.close());

  it("creates, reads, updates and deletes one record", async () => {
    const accounts = client.conn.sobject("Account");
    const id = idOf(await accounts.create({ Name: "Käse & Söhne", BillingCity: "Ulm" }));
    await accounts.update({ Id: id, Name: "Käse GmbH" });
    const read = await accounts.retrieve(id);
    const deleted = await accounts.destroy(id);
    expect(read).toMatchObject({ Id: id, Name: "Käse GmbH", IsDeleted: false });
    expect(read["attributes"]).toEqual({ type: "Account", url: `/services/data/v62.0/sobjects/Account/${id}` });
    expect(read["BillingAddress"]).toMatchObject({ city: "Ulm", country: null });
    expect(deleted).toMatchObject({ id, success: true });
  });

  it("a deleted record is gone for reading, and says so when it is deleted again", async () => {
    const accounts = client.conn.sobject("Account");
    const id = idOf(await accounts.create({ Name: "Gone" }));
    await accounts.destroy(id);
    expect(await refusal(accounts.retrieve(id))).toMatchObject({
      errorCode: "NOT_FOUND",
      message: "The requested resource does not exist",
    });
    expect((await refusal(accounts.destroy(id))).errorCode).toBe("ENTITY_IS_DELETED");
  });

  it("reads only the fields that were asked for, and the Id", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Few", Phone: "1" }));
    const read = await client.conn.sobject("Account").retrieve(id, { fields: ["Name", "Phone"] });
    expect(Object.keys(read)).toEqual(["attributes", "Name", "Phone", "Id"]);
  });

  it("a required field that is missing is named", async () => {
    const error = await refusal(client.conn.sobject("Account").create({ Phone: "1" }));
    expect(error).toMatchObject({
      errorCode: "REQUIRED_FIELD_MISSING",
      message: "Required fields are missing: [Name]",
      data: { fields: ["Name"] },
    });
  });

  it("an unknown field is named", async () => {
    const error = await refusal(client.conn.sobject("Account").create({ Name: "A", FavoritePet__c: "cat" }));
    expect(error).toMatchObject({
      errorCode: "INVALID_FIELD",
      message: "No such column 'FavoritePet__c' on sobject of type Account",
    });
  });

  it("an unknown object does not exist", async () => {
    expect((await refusal(client.conn.sobject("Nope__c").create({ Name: "A" }))).errorCode).toBe("NOT_FOUND");
  });

  it("arrays go through the collections in one call each", async () => {
    const accounts = client.conn.sobject("Account");
    const created = await accounts.create([{ Name: "One" }, { Name: "Two" }]);
    const ids = created.map(idOf);
    const updated = await accounts.update(ids.map((Id, index) => ({ Id, Name: `Number ${index + 1}` })));
    const read = await accounts.retrieve(ids);
    const deleted = await accounts.destroy(ids);
    expect(updated).toEqual(ids.map((id) => ({ id, success: true, errors: [] })));
    expect(read.map((record) => record["Name"])).toEqual(["Number 1", "Number 2"]);
    expect(deleted.every((result) => result.success)).toBe(true);
  });

  it("an order runs through its life", async () => {
    const { conn } = client;
    const accountId = idOf(await conn.sobject("Account").create({ Name: "Buyer" }));
    const productId = idOf(await conn.sobject("Product2").create({ Name: "Bolt", IsActive: true }));
    const { records } = await conn.query<{ Id: string }>("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
    const pricebookId = records[0]?.Id ?? "";
    await conn.sobject("Pricebook2").update({ Id: pricebookId, IsActive: true });
    const entry = { Pricebook2Id: pricebookId, Product2Id: productId, UnitPrice: 2.5, IsActive: true };
    const entryId = idOf(await conn.sobject("PricebookEntry").create(entry));
    const orderId = idOf(
      await conn.sobject("Order").create({
        AccountId: accountId,
        EffectiveDate: "2026-03-01",
        Status: "Draft",
        Pricebook2Id: pricebookId,
      }),
    );
    expect((await refusal(conn.sobject("Order").update({ Id: orderId, Status: "Activated" }))).errorCode).toBe(
      "FAILED_ACTIVATION",
    );
    await conn
      .sobject("OrderItem")
      .create({ OrderId: orderId, PricebookEntryId: entryId, Quantity: 4, UnitPrice: 2.5 });
    await conn.sobject("Order").update({ Id: orderId, Status: "Activated" });
    expect(await conn.sobject("Order").retrieve(orderId)).toMatchObject({ StatusCode: "Activated", TotalAmount: 10 });
  });

  it("recent shows what was viewed on purpose", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Seen" }));
    await client.conn.request({
      method: "GET",
      url: `/services/data/v62.0/sobjects/Account/${id}`,
      headers: { "Sforce-Mru": "updateMru=true" },
    });
    expect(await client.conn.recent("Account", 1)).toMatchObject([{ Id: id, Name: "Seen" }]);
  });
});
