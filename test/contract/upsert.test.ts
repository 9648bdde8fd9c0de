/** Upsert by external Id through jsforce. */
import { Connection } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

describe("upsert through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
  });

  afterAll(() => client.org.close());

  it("creates first and updates afterwards, and says which", async () => {
    const accounts = client.conn.sobject("Account");
    const first = await accounts.upsert({ ERP_Key__c: "K-1", Name: "One" }, "ERP_Key__c");
    const second = await accounts.upsert({ ERP_Key__c: "K-1", Name: "One again" }, "ERP_Key__c");
    expect(first).toMatchObject({ success: true, created: true });
    expect(second).toEqual({ id: idOf(first), success: true, errors: [], created: false });
  });

  it("updates without a body before version 46.0", async () => {
    const conn = new Connection({
      instanceUrl: client.url,
      accessToken: client.conn.accessToken ?? "",
      version: "45.0",
    });
    await conn.sobject("Account").upsert({ ERP_Key__c: "K-2", Name: "Two" }, "ERP_Key__c");
    const second = await conn.request({
      method: "PATCH",
      url: "/services/data/v45.0/sobjects/Account/ERP_Key__c/K-2",
      body: JSON.stringify({ Name: "Two again" }),
      headers: { "content-type": "application/json" },
    });
    expect(second).toBeUndefined();
  });

  it("values arrive percent-encoded, case does not matter, a slash that was not encoded leads nowhere", async () => {
    const path = (value: string): string => `/services/data/v62.0/sobjects/Account/ERP_Key__c/${value}`;
    const created = await patch(path(encodeURIComponent("A/ö?#% 1")), { Name: "Odd key" });
    const read = (await client.conn.request(path(encodeURIComponent("a/ö?#% 1")))) as {
      Id: string;
      ERP_Key__c: string;
    };
    expect(read).toMatchObject({ Id: idOf(created), ERP_Key__c: "A/ö?#% 1" });
    expect((await refusal(client.conn.request(path("A/ö")))).errorCode).toBe("NOT_FOUND");
  });

  it("an array is one collections call with a created flag each", async () => {
    const results = await client.conn
      .sobject("Account")
      .upsert(
        [{ ERP_Key__c: "K-3", Name: "Three" }, { ERP_Key__c: "K-1", Name: "One more" }, { ERP_Key__c: "K-4" }],
        "ERP_Key__c",
      );
    expect(results.map((result) => result.success)).toEqual([true, true, false]);
    expect(results[0]).toMatchObject({ created: true });
    expect(results[1]).toMatchObject({ created: false });
    expect(results[2]?.errors[0]).toMatchObject({ statusCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] });
  });

  it("several records with one external Id are a choice and not an update", async () => {
    const contacts = client.conn.sobject("Contact");
    await contacts.create([
      { LastName: "A", Group_Key__c: "G" },
      { LastName: "B", Group_Key__c: "G" },
    ]);
    const error = await refusal(contacts.upsert({ Group_Key__c: "G", LastName: "C" }, "Group_Key__c"));
    expect(error.errorCode).toBe("MULTIPLE_CHOICES");
    expect(error.data).toEqual([
      expect.stringMatching(/^\/services\/data\/v62\.0\/sobjects\/Contact\/003\w{15}$/),
      expect.stringMatching(/^\/services\/data\/v62\.0\/sobjects\/Contact\/003\w{15}$/),
    ]);
  });

  it("updateOnly refuses to create", async () => {
    const path = "/services/data/v62.0/sobjects/Account/ERP_Key__c/never?updateOnly=true";
    expect((await refusal(patch(path, { Name: "Never" }))).errorCode).toBe("NOT_FOUND");
  });

  it("a parent is found by its external Id, or named when it is missing", async () => {
    const contacts = client.conn.sobject("Contact");
    const id = idOf(await contacts.create({ LastName: "Child", Account: { ERP_Key__c: "K-1" } }));
    const { records } = await client.conn.query<{ Account: { Name: string } }>(
      `SELECT Account.Name FROM Contact WHERE Id = '${id}'`,
    );
    const missing = await refusal(contacts.create({ LastName: "Orphan", Account: { ERP_Key__c: "none" } }));
    expect(records[0]?.Account.Name).toBe("One more");
    expect(missing.message).toBe("Foreign key external ID: none not found for field ERP_Key__c in entity Account");
  });

  it.each([
    [
      "a field that is no external Id",
      "Account/Phone/1",
      "NOT_FOUND",
      "Provided external ID field does not exist or is not accessible: Phone",
    ],
    [
      "the field in the body too",
      "Account/ERP_Key__c/K-1",
      "INVALID_FIELD",
      "The ERP_Key__c field should not be specified in the sobject data.",
    ],
  ])("%s is refused", async (_, path, errorCode, message) => {
    const error = await refusal(patch(`/services/data/v62.0/sobjects/${path}`, { Name: "X", ERP_Key__c: "K-9" }));
    expect(error).toMatchObject({ errorCode, message });
  });

  it("upsert by Id without an Id is an insert by POST and not allowed by PATCH", async () => {
    const created = await client.conn.request({
      method: "POST",
      url: "/services/data/v62.0/sobjects/Account/Id",
      body: JSON.stringify({ Name: "Through Id" }),
      headers: { "content-type": "application/json" },
    });
    const error = await refusal(client.conn.sobject("Account").upsert({ Name: "No Id" }, "Id"));
    expect(created).toMatchObject({ success: true, created: true });
    expect(error.errorCode).toBe("METHOD_NOT_ALLOWED");
  });

  function patch(url: string, body: object): Promise<{ id?: string }> {
    return client.conn.request({
      method: "PATCH",
      url,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  }
});
