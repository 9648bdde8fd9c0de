/** The admin API under `/_mock/`, as a script or the console calls it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { clientOf, type MockClient } from "../../support/mock-client.ts";

let org: MockOrg;
let client: MockClient;

beforeEach(async () => {
  org = await createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });
  client = clientOf(org);
});

afterEach(() => org.close());

describe("the admin API", () => {
  it("tells how the org is", async () => {
    org.faults.add({ act: "maintenance", operation: "search" });
    await client.get("/limits");
    expect(await client.get("/_mock/health")).toMatchObject({
      status: 200,
      body: {
        status: "ok",
        orgId: org.org.id,
        now: "2026-03-01T08:00:00.000Z",
        state: "frozen",
        apiUsage: 1,
        faults: 1,
      },
    });
  });

  it("resets, keeping sessions", async () => {
    org.given.account();
    expect((await client.send("POST", "/_mock/reset", {})).status).toBe(204);
    expect(org.records("Account").count()).toBe(0);
    expect((await client.get("/limits")).status).toBe(200);
  });

  it("takes a snapshot under a name and goes back to it", async () => {
    org.given.account({ Name: "Before" });
    const taken = await client.send("POST", "/_mock/snapshots", { name: "start" });
    org.given.account({ Name: "After" });
    const restored = await client.send("POST", "/_mock/snapshots/start/restore", {});
    expect([taken.status, restored.status]).toEqual([201, 204]);
    expect(org.records("Account").all()).toMatchObject([{ Name: "Before" }]);
    expect((await client.get("/_mock/snapshots")).body).toEqual({ snapshots: ["start"] });
    expect((await client.send("DELETE", "/_mock/snapshots/start", undefined)).status).toBe(204);
    expect((await client.send("POST", "/_mock/snapshots/start/restore", {})).status).toBe(404);
    expect((await client.send("POST", "/_mock/snapshots", { name: "" })).status).toBe(400);
  });

  it.each([
    [{ advance: { days: 1 } }, { now: "2026-03-02T08:00:00.000Z", state: "frozen" }],
    [{ set: "2027-01-01T00:00:00Z" }, { now: "2027-01-01T00:00:00.000Z", state: "frozen" }],
    [{ settle: true }, { now: "2026-03-01T08:00:00.000Z", state: "frozen" }],
    [{ freeze: true }, { now: "2026-03-01T08:00:00.000Z", state: "frozen" }],
  ])("moves the clock by %j", async (change, expected) => {
    expect(await client.send("POST", "/_mock/clock", change)).toMatchObject({ status: 200, body: expected });
    expect((await client.get("/_mock/clock")).body).toEqual(expected);
  });

  it.each([[{}], [{ advance: {} }], [{ advance: { years: 1 } }], [{ set: "noon" }], [{ run: 1 }], ["x"], [null]])(
    "refuses the clock change %j with its usage",
    async (change) => {
      const answer = await client.send("POST", "/_mock/clock", change);
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining("Send one of") } });
    },
  );

  it("adds, lists and removes faults", async () => {
    const added = await client.send("POST", "/_mock/faults", { act: "status", status: 500, path: "/limits", times: 1 });
    await client.get("/limits");
    const listed = await client.get("/_mock/faults");
    const removed = await client.send("DELETE", "/_mock/faults/1", undefined);
    expect(added).toMatchObject({ status: 201, body: { id: 1, name: "status #1", applied: 0 } });
    expect(listed.body).toMatchObject({ faults: [{ id: 1, seen: 1, applied: 1, spent: true }] });
    expect(removed.status).toBe(204);
    expect((await client.send("DELETE", "/_mock/faults/1", undefined)).status).toBe(404);
  });

  it("refuses a fault that is not right, with its reason", async () => {
    const answer = await client.send("POST", "/_mock/faults", { act: "delay" });
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining("ms") } });
    expect((await client.send("POST", "/_mock/faults", undefined)).status).toBe(400);
  });

  it("opens a session for a user, to see with their eyes", async () => {
    const answer = await client.send("POST", "/_mock/sessions", { username: "admin@mock.org" });
    const { accessToken } = answer.body as { accessToken: string };
    const response = await org.app.request("/services/data/v62.0/limits", {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect([answer.status, response.status]).toEqual([201, 200]);
    expect((await client.send("POST", "/_mock/sessions", { username: "nobody" })).status).toBe(400);
  });

  it("names what it does not have", async () => {
    expect(await client.get("/_mock/nonsense")).toMatchObject({ status: 404, body: { error: expect.any(String) } });
  });
});

describe("records", () => {
  it("are exported as the files of a plan", async () => {
    const order = org.given.order({ lines: 1, activated: true, Name: "First" });
    const { body } = await client.get("/_mock/records");
    expect(body).toMatchObject({
      plan: expect.arrayContaining([{ sobject: "Order", saveRefs: true, resolveRefs: true, files: ["Order.json"] }]),
      files: {
        "Order.json": {
          records: [
            {
              attributes: { type: "Order", referenceId: "OrderRef1" },
              AccountId: "@AccountRef1",
              Pricebook2Id: "@StandardPricebook",
              Status: "Activated",
            },
          ],
        },
        "OrderItem.json": {
          records: [{ OrderId: "@OrderRef1", PricebookEntryId: "@PricebookEntryRef1", Quantity: 1 }],
        },
      },
    });
    expect(JSON.stringify(body)).not.toContain(order.Id);
  });

  it("of one object are exported as CSV, with quotes where they are needed", async () => {
    const account = org.given.account({ Name: 'A "big", one' });
    const { body } = await client.get("/_mock/records/account?format=csv");
    const [header, row] = String(body).split("\n");
    expect(header).toMatch(/^Id,Name,/);
    expect(row).toContain(`${account.Id},"A ""big"", one",`);
    expect((await client.get("/_mock/records/Nothing")).status).toBe(404);
    const answer = await client.get("/_mock/records?objects=Account,Nothing,None");
    expect(answer).toMatchObject({ status: 404, body: { error: "There is no object Nothing, None" } });
  });
});

describe("the guard of the admin API", () => {
  const post = (headers: Readonly<Record<string, string>>, base = "http://localhost") =>
    org.app.request(`${base}/_mock/reset`, { method: "POST", headers, body: "{}" });
  const json = { "content-type": "application/json" };

  it("refuses a form, which a page of a stranger could send", async () => {
    expect((await post({})).status).toBe(415);
    expect((await post({ "content-type": "text/plain" })).status).toBe(415);
    expect((await post({ ...json })).status).toBe(204);
    expect((await post({ "content-type": "application/json; charset=utf-8" })).status).toBe(204);
  });

  it.each([
    ["http://localhost", 204],
    ["http://evil.example", 403],
    ["http://localhost:3000", 403],
    ["null", 403],
  ])("answers the origin %s with %i", async (origin, status) => {
    expect((await post({ ...json, origin })).status).toBe(status);
  });

  it.each([
    ["http://127.0.0.1:4880", 204],
    ["http://[::1]:4880", 204],
    ["http://mock-org:4880", 204],
    ["https://acme.my.salesforce.com", 204],
    ["http://rebound.evil.example:4880", 403],
  ])("answers under the host of %s with %i", async (base, status) => {
    expect((await post(json, base)).status).toBe(status);
  });

  it("answers under a host that the org was told", async () => {
    await using own = await createMockOrg({ adminHosts: ["mock.intranet.example"] });
    const response = await own.app.request("http://mock.intranet.example/_mock/health");
    expect(response.status).toBe(200);
  });
});
