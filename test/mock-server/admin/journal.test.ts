/** The journal: what arrived, what it did, and why. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  asCurl,
  asJsforce,
  asTest,
  createMockOrg,
  type JournalEntry,
  type MockOrg,
} from "../../../mock-server/index.ts";
import { clientOf, type MockClient } from "../../support/mock-client.ts";

let org: MockOrg;
let client: MockClient;

beforeEach(async () => {
  org = await createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });
  client = clientOf(org);
});

afterEach(() => org.close());

const last = (): JournalEntry => {
  const entry = org.requests.at(-1);
  if (entry === undefined) throw new Error("no call arrived");
  return entry;
};

describe("an entry of the journal", () => {
  it("has the query's access path and the rows that it read and returned", async () => {
    org.given.account({ Name: "A" });
    org.given.account({ Name: "B" });
    await client.query("SELECT Id FROM Account WHERE Name = 'B'");
    expect(last()).toMatchObject({
      status: 200,
      username: "admin@mock.org",
      apiCalls: 1,
      queries: [{ object: "Account", path: { kind: "scan" }, rowsRead: 2, rowsReturned: 1 }],
    });
  });

  it("has the records that it changed, before and after", async () => {
    const account = org.given.account({ Name: "Before" });
    await client.send("PATCH", `/sobjects/Account/${account.Id}`, { Name: "After" });
    expect(last().changes).toMatchObject([
      { object: "Account", id: account.Id, kind: "update", fields: { Name: { before: "Before", after: "After" } } },
    ]);
    expect(last().changes[0]?.fields).not.toHaveProperty("BillingCity");
  });

  it("has the rules that were asked, with the verdict and the fault of the broken one", async () => {
    const order = org.given.order({ lines: 0 });
    await client.send("PATCH", `/sobjects/Order/${order.Id}`, { Status: "Activated" });
    const broken = last().rules.filter((rule) => !rule.kept);
    expect(last().errorCode).toBe("FAILED_ACTIVATION");
    expect(broken).toMatchObject([
      { rule: "ORD-4", object: "Order", id: order.Id, fault: { code: "FAILED_ACTIVATION" } },
    ]);
    expect(last().rules.length).toBeGreaterThan(5);
    expect(last().changes).toEqual([]);
  });

  it("has the fields that the user's permissions hide", async () => {
    await using own = await createMockOrg({
      users: [{ username: "clerk@mock.org", profile: "Clerk" }],
      permissions: [
        {
          kind: "profile",
          name: "Clerk",
          userPermissions: ["ApiEnabled"],
          grant: {
            objects: {},
            otherObjects: { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true },
            fields: { "Account.Phone": { read: false, edit: false } },
            otherFields: { read: true, edit: true },
          },
        },
      ],
    });
    await clientOf(own, "clerk@mock.org").query("SELECT Id, Phone FROM Account");
    expect(own.requests.at(-1)).toMatchObject({ errorCode: "INVALID_FIELD", username: "clerk@mock.org" });
    await clientOf(own, "clerk@mock.org").query("SELECT Id FROM Account");
    expect(own.requests.at(-1)?.hiddenFields).toEqual(["Account.Phone"]);
    await clientOf(own).query("SELECT Id FROM Account");
    expect(own.requests.at(-1)?.hiddenFields).toEqual([]);
  });

  it("counts what a batch costs", async () => {
    const batchRequests = Array.from({ length: 3 }, () => ({ method: "GET", url: "v62.0/limits" }));
    await client.send("POST", "/composite/batch", { batchRequests });
    expect(last().apiCalls).toBe(org.apiCalls);
  });

  it("has no secret", async () => {
    await client.get("/limits?oauth_token=00Dsecret&x=1");
    await client.send("POST", "/sobjects/Account", {
      Name: "A",
      password: "secret",
      nested: { accessToken: "secret" },
    });
    await org.app.request("/services/oauth2/token?client_secret=secret", { method: "POST", body: "password=secret" });
    expect(JSON.stringify(org.requests)).not.toContain('secret"');
    expect(org.requests[0]?.path).toBe("/services/data/v62.0/limits?oauth_token=***&x=1");
    expect(org.requests[1]?.requestBody).toEqual({ Name: "A", password: "***", nested: { accessToken: "***" } });
  });

  it("tells of a large save by its first records and counts the rest", async () => {
    const records = Array.from({ length: 200 }, (_, at) => ({ attributes: { type: "Account" }, Name: `A${at}` }));
    const twice = [1, 2].map((at) => ({
      method: "POST",
      url: "/services/data/v62.0/composite/sobjects",
      referenceId: `r${at}`,
      body: { records },
    }));
    await client.send("POST", "/composite", { compositeRequest: twice });
    expect(last().changes).toHaveLength(200);
    expect(last().omitted.changes).toBe(200);
  });
});

describe("the journal", () => {
  it("keeps the newest entries and their numbers", async () => {
    await using small = await createMockOrg({ journalEntries: 2 });
    const own = clientOf(small);
    await own.get("/limits");
    await own.get("/limits");
    await own.get("/limits");
    expect(small.requests.map((entry) => entry.number)).toEqual([2, 3]);
    expect(small.journal.entry(1)).toBeUndefined();
  });

  it("is off where it keeps nothing", async () => {
    await using silent = await createMockOrg({ journalEntries: 0 });
    await clientOf(silent).get("/limits");
    expect(silent.requests).toEqual([]);
  });

  it("keeps its memory bounded however large the bodies are", async () => {
    const Description = "x".repeat(31_000);
    for (let at = 0; at < 5; at += 1) {
      const records = [1, 2].map(() => ({ attributes: { type: "Account" }, Name: "A", Description }));
      await client.send("POST", "/composite/sobjects", { records });
    }
    expect(org.requests).toHaveLength(5);
    await client.send("POST", "/sobjects/Account", { Name: "A", Description: "x".repeat(70_000) });
    expect(last().requestBody).toBeNull();
  });

  it("is paged by number", async () => {
    for (let at = 0; at < 5; at += 1) await client.get("/limits");
    const page = await client.get("/_mock/requests?after=2&limit=2");
    expect(page.body).toMatchObject({ count: 5, requests: [{ number: 4 }, { number: 5 }] });
    expect((await client.get("/_mock/requests/3")).body).toMatchObject({ number: 3 });
    expect((await client.get("/_mock/requests/9")).status).toBe(404);
    expect((await client.get("/_mock/requests?limit=0")).status).toBe(400);
  });

  it("tells a listener of each new entry", async () => {
    const seen: number[] = [];
    const stop = org.journal.onEntry((number) => seen.push(number));
    await client.get("/limits");
    stop();
    await client.get("/limits");
    expect(seen).toEqual([1]);
  });
});

describe("what the org does not have", () => {
  it("is listed by how much it is wanted, with the nearest thing that it has", async () => {
    await client.get("/analytics/reports");
    await client.get("/analytics/reports");
    await client.get("/sobject/Account");
    await org.app.request("/services/apexrest/orders");
    const compositeRequest = [{ method: "GET", url: "/services/data/v62.0/ui-api/records", referenceId: "a" }];
    await client.send("POST", "/composite", { compositeRequest });
    const { unsupported } = (await client.get("/_mock/requests/unsupported")).body as {
      unsupported: readonly { what: string; count: number; nearest: string | null }[];
    };
    expect(unsupported.map(({ what, count, nearest }) => [what, count, nearest])).toEqual([
      ["/analytics is not supported by the mock org", 2, expect.stringContaining("GROUP BY")],
      ["No resource at /sobject/Account", 1, "/sobjects"],
      ["Apex REST is not supported by the mock org", 1, expect.stringContaining("org.app")],
      ["/ui-api is not supported by the mock org", 1, expect.stringContaining("/query")],
    ]);
  });

  it("may be added to the org by a test, such as an Apex class of the company", async () => {
    await org.app.request("/services/apexrest/orders");
    org.app.get("/services/apexrest/orders", (context) => context.json({ open: 3 }));

    const answer = await org.app.request("/services/apexrest/orders");

    expect(await answer.json()).toEqual({ open: 3 });
  });

  it("does not hold a record that is merely missing", async () => {
    await client.get("/sobjects/Account/001000000000001AAA");
    expect(org.journal.unsupported).toEqual([]);
  });
});

describe("an entry copied", () => {
  it("as curl is one shell command, quotes and all", async () => {
    await client.send("POST", "/sobjects/Account", { Name: "Ida's" });
    expect(asCurl(last())).toBe(
      [
        `curl -sS -X POST "$URL"'/services/data/v62.0/sobjects/Account'`,
        `-H "Authorization: Bearer $TOKEN"`,
        `-H 'Content-Type: application/json'`,
        `--data-binary '{"Name":"Ida'\\''s"}'`,
      ].join(" \\\n  "),
    );
  });

  it.each([
    ["GET", "/query?q=SELECT+Id+FROM+User", undefined, 'await connection.query("SELECT Id FROM User");'],
    ["GET", "/limits", undefined, "await connection.limits();"],
    ["GET", "/sobjects/Account/describe", undefined, 'await connection.sobject("Account").describe();'],
    ["POST", "/sobjects/Account", { Name: "A" }, 'await connection.sobject("Account").create({"Name":"A"});'],
    ["DELETE", "/sobjects/Account/001x", undefined, 'await connection.sobject("Account").destroy("001x");'],
    [
      "PATCH",
      "/sobjects/Account/001x",
      { Name: "A" },
      'await connection.sobject("Account").update({"Id":"001x","Name":"A"});',
    ],
    [
      "PATCH",
      "/sobjects/Account/Key__c/7",
      { Name: "A" },
      'await connection.sobject("Account").upsert({"Name":"A","Key__c":"7"}, "Key__c");',
    ],
    [
      "POST",
      "/composite",
      { a: 1 },
      'await connection.request({ method: "POST", url: "/services/data/v62.0/composite", body: JSON.stringify({"a":1}), headers: { "content-type": "application/json" } });',
    ],
  ])("as jsforce: %s %s", async (method, path, body, expected) => {
    await client.send(method, path, body);
    expect(asJsforce(last())).toBe(expected);
  });

  it("as a test expects the answer that was given", async () => {
    await client.send("POST", "/sobjects/Account", {});
    const text = asTest(last());
    expect(text).toContain(
      'it("POST /services/data/v62.0/sobjects/Account is answered with 400 REQUIRED_FIELD_MISSING"',
    );
    expect(text).toContain("body: JSON.stringify({}),");
    expect((await client.get("/_mock/requests/1/test")).body).toBe(text);
    expect((await client.get("/_mock/requests/1/poem")).status).toBe(404);
  });
});
