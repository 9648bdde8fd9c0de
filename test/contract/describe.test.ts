/** What jsforce learns about the org: describe, its cache, limits, identity. */
import { Connection } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, refusal, testOrg } from "./fixture.ts";

describe("describe and limits through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg({ limits: { DailyApiRequests: 1000 } }));
  });

  afterAll(() => client.org.close());

  it("the global describe lists the order objects with their prefixes", async () => {
    const { sobjects, maxBatchSize } = await client.conn.describeGlobal();
    const prefixes = Object.fromEntries(sobjects.map((object) => [object.name, object.keyPrefix]));
    expect(maxBatchSize).toBe(200);
    expect(prefixes).toMatchObject({
      Account: "001",
      Contract: "800",
      Order: "801",
      OrderItem: "802",
      Product2: "01t",
    });
  });

  it("describe tells a custom external Id", async () => {
    const { fields, name } = await client.conn.sobject("order").describe();
    expect(name).toBe("Order");
    expect(fields.find((field) => field.name === "ERP_Key__c")).toMatchObject({
      custom: true,
      externalId: true,
      idLookup: true,
      unique: true,
      type: "string",
      length: 80,
      byteLength: 240,
      nillable: true,
    });
  });

  it("jsforce's cache asks once", async () => {
    const before = client.org.apiUsage.used;
    await client.conn.describe$("Account");
    await client.conn.describe$("Account");
    expect(client.org.apiUsage.used - before).toBe(1);
  });

  it("an unchanged schema answers 304", async () => {
    const response = await get("/sobjects/Account/describe");
    const again = await get("/sobjects/Account/describe", {
      "if-modified-since": response.headers.get("last-modified") ?? "",
    });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });

  it("an unknown object is not described", async () => {
    expect((await refusal(client.conn.describe("Nope"))).errorCode).toBe("NOT_FOUND");
  });

  it("limits count the calls truly, and every answer tells", async () => {
    const limits = await client.conn.limits();
    expect(limits["DailyApiRequests"]).toEqual({ Max: 1000, Remaining: 1000 - client.org.apiUsage.used });
    expect(client.conn.limitInfo.apiUsage).toEqual({ used: client.org.apiUsage.used, limit: 1000 });
  });

  it("record counts leave unknown names out", async () => {
    expect(await client.conn.request("/limits/recordCount?sObjects=Organization,Nope")).toEqual({
      sObjects: [{ count: 1, name: "Organization" }],
    });
  });

  it("past the day's allowance calls are refused until a day has gone by", async () => {
    const { org } = client;
    const spare = org.fork();
    const { url, accessToken } = await spare.listen();
    const conn = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
    spare.apiUsage.max = 1;
    await conn.limits();
    const error = await refusal(conn.limits());
    spare.clock.advance({ hours: 25 });
    const next = new Connection({ instanceUrl: url, accessToken: spare.openSession(), version: "62.0" });
    const tomorrow = await next.limits();
    await spare.close();
    expect(error).toMatchObject({ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." });
    expect(tomorrow["DailyApiRequests"]).toEqual({ Max: 1, Remaining: 0 });
  });

  it("identity tells who is logged in", async () => {
    expect(await client.conn.identity()).toMatchObject({
      username: "admin@mock.org",
      organization_id: client.org.org.id,
      urls: { rest: `${client.url}/services/data/v{version}/` },
    });
  });

  it("the list of versions needs no session and costs nothing", async () => {
    const before = client.org.apiUsage.used;
    const response = await fetch(`${client.url}/services/data`);
    const versions = (await response.json()) as { label: string; version: string }[];
    expect(versions[0]).toEqual({ label: "Summer '14", url: "/services/data/v31.0", version: "31.0" });
    expect(versions.find((entry) => entry.version === "42.0")?.label).toBe("Spring ’18");
    expect(versions.at(-1)).toMatchObject({ label: "Summer '26", version: "67.0" });
    expect(response.headers.get("sforce-limit-info")).toBeNull();
    expect(client.org.apiUsage.used).toBe(before);
  });

  function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const authorization = `Bearer ${client.conn.accessToken}`;
    return fetch(`${client.url}/services/data/v62.0${path}`, { headers: { authorization, ...headers } });
  }
});
