/** What a test author does with a mock org: in process, on a port, forks, snapshots, faults, the journal. */
import { afterEach, describe, expect, it } from "vitest";
import { createMockOrg, type FaultHook, type MockOrg, type MockOrgOptions } from "../../../mock-server/index.ts";

const DATA = "/services/data/v62.0";
const JSON_TYPE = { "content-type": "application/json" };

describe("a mock org", () => {
  const orgs: MockOrg[] = [];

  afterEach(async () => {
    await Promise.all(orgs.splice(0).map((org) => org.close()));
  });

  it("answers in process without a port", async () => {
    const org = await make();
    const response = await call(org, "POST", "/sobjects/Account", { Name: "A" });
    expect(response.status).toBe(201);
  });

  it("answers under login.salesforce.com and sends clients to its own host", async () => {
    const org = await make({ myDomain: "acme" });
    const response = await org.app.request("https://login.salesforce.com/services/oauth2/token", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "password",
        username: "admin@mock.org",
        password: "mock-password",
        client_id: "mock-client",
        client_secret: "mock-secret",
      }).toString(),
    });
    expect(await response.json()).toMatchObject({ instance_url: "https://acme.my.salesforce.com" });
  });

  it("forks share the past and not the future", async () => {
    const org = await make();
    await call(org, "POST", "/sobjects/Account", { Name: "Before" });
    const fork = org.fork();
    orgs.push(fork);
    await call(org, "POST", "/sobjects/Account", { Name: "After" });
    await call(fork, "POST", "/sobjects/Account", { Name: "Beside" });
    expect(await names(org)).toEqual(["After", "Before"]);
    expect(await names(fork)).toEqual(["Before", "Beside"]);
  });

  it("reset goes back to the beginning and keeps sessions alive", async () => {
    const org = await make();
    const { url, accessToken } = await org.listen();
    await call(org, "POST", "/sobjects/Account", { Name: "Gone" });
    await fetch(`${url}/_mock/reset`, { method: "POST", headers: JSON_TYPE });
    const headers = { authorization: `Bearer ${accessToken}` };
    expect(org.requests).toEqual([]);
    expect((await fetch(`${url}${DATA}/limits`, { headers })).status).toBe(200);
    expect(await names(org)).toEqual([]);
  });

  it("a snapshot brings records and clock back", async () => {
    const org = await make();
    const snapshot = org.snapshot();
    org.clock.advance({ days: 3 });
    await call(org, "POST", "/sobjects/Account", { Name: "Later" });
    org.restore(snapshot);
    expect(await names(org)).toEqual([]);
    expect(new Date(org.clock.nowMs()).toISOString()).toBe("2026-03-01T08:00:00.000Z");
  });

  it("the demo company has customers, prices, contracts, drafts and activated orders", async () => {
    const org = await make({ seed: "demo" });
    const statuses = await query(
      org,
      "SELECT Status, COUNT(Id) n, SUM(TotalAmount) FROM Order GROUP BY Status ORDER BY Status",
    );
    const accounts = await query<{ Name: string }>(org, "SELECT Name FROM Account WHERE BillingCity = '京都'");
    expect(statuses.length).toBeGreaterThanOrEqual(4);
    expect(accounts.map((account) => account.Name)).toEqual(["株式会社さくら"]);
    org.reset();
    expect((await query(org, "SELECT Id FROM Contract WHERE StatusCode = 'Activated'")).length).toBe(4);
  });

  it("two orgs with the same seed give the same Ids", async () => {
    const [one, other] = await Promise.all([make({ idSeed: "s" }), make({ idSeed: "s" })]);
    const id = async (org: MockOrg) =>
      (await json<{ id: string }>(await call(org, "POST", "/sobjects/Account", { Name: "A" }))).id;
    expect(await id(one)).toBe(await id(other));
  });

  it("the journal tells calls, users and refusals, and no secrets", async () => {
    const org = await make();
    await call(org, "POST", "/sobjects/Account", { Name: "A" });
    await call(org, "POST", "/sobjects/Account", {});
    await org.app.request(`/id/${org.org.id}/x?oauth_token=${org.openSession()}&format=json`);
    await org.app.request("/services/oauth2/token?password=secret", { method: "POST" });
    expect(org.requests).toMatchObject([
      {
        number: 1,
        at: "2026-03-01T08:00:00.000Z",
        method: "POST",
        path: `${DATA}/sobjects/Account`,
        status: 201,
        username: "admin@mock.org",
        errorCode: null,
        requestBody: { Name: "A" },
      },
      { number: 2, status: 400, errorCode: "REQUIRED_FIELD_MISSING" },
      { status: 404 },
      { status: 400 },
    ]);
    expect(JSON.stringify(org.requests)).not.toMatch(/secret|00D\w{12}!/);
  });

  it("the journal is bounded", async () => {
    const org = await make({ journalEntries: 2 });
    for (const name of ["A", "B", "C"]) await call(org, "POST", "/sobjects/Account", { Name: name });
    expect(org.requests.map((entry) => entry.number)).toEqual([2, 3]);
  });

  it("a fault before the work answers in its place", async () => {
    const org = await make();
    org.faultHook = hook({
      before: () => ({
        kind: "answer",
        result: { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "Server too busy" }] },
      }),
    });
    const response = await call(org, "POST", "/sobjects/Account", { Name: "Never" });
    org.faultHook = undefined;
    expect(response.status).toBe(503);
    expect(await names(org)).toEqual([]);
  });

  it("a reply that is lost after the commit leaves the record, over the wire and in process", async () => {
    const org = await make();
    const { url, accessToken } = await org.listen();
    org.faultHook = hook({ after: () => ({ kind: "drop" }) });
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const lost = fetch(`${url}${DATA}/sobjects/Account`, { method: "POST", headers, body: '{"Name":"Wire"}' });
    await expect(lost).rejects.toThrow("fetch failed");
    expect((await call(org, "POST", "/sobjects/Account", { Name: "Process" })).type).toBe("error");
    org.faultHook = undefined;
    expect(await names(org)).toEqual(["Process", "Wire"]);
  });

  it("a request that the network repeats is executed twice", async () => {
    const org = await make();
    org.faultHook = hook({ before: () => ({ kind: "twice" }) });
    await call(org, "POST", "/sobjects/Account", { Name: "Twin" });
    org.faultHook = undefined;
    expect(await names(org)).toEqual(["Twin", "Twin"]);
  });

  it("a user who becomes inactive is out at once", async () => {
    const org = await make({ users: [{ username: "clerk@mock.org", profile: "System Administrator" }] });
    const token = org.openSession("clerk@mock.org");
    const before = await call(org, "GET", "/limits", undefined, token);
    const found = await query<{ Id: string }>(org, "SELECT Id FROM User WHERE Username = 'clerk@mock.org'");
    await call(org, "PATCH", `/sobjects/User/${found[0]?.Id}`, { IsActive: false });
    const after = await call(org, "GET", "/limits", undefined, token);
    expect([before.status, after.status]).toEqual([200, 401]);
  });

  it("the clock can be read and moved over the wire", async () => {
    const org = await make();
    const move = (body: string) => org.app.request("/_mock/clock", { method: "POST", headers: JSON_TYPE, body });
    const moved = await move('{"advance":{"days":1,"minutes":30}}');
    const wrong = await move('{"advance":{"years":1}}');
    expect(await moved.json()).toEqual({ now: "2026-03-02T08:30:00.000Z", state: "frozen" });
    expect(wrong.status).toBe(400);
    expect(await json(await org.app.request("/_mock/health"))).toMatchObject({ status: "ok", orgId: org.org.id });
  });

  it("an administrator can end all sessions", async () => {
    const org = await make();
    const token = org.openSession();
    await org.app.request("/_mock/sessions", { method: "DELETE" });
    expect((await call(org, "GET", "/limits", undefined, token)).status).toBe(401);
  });

  it("sixteen clients at once get sixteen right answers", async () => {
    const org = await make();
    const { url, accessToken } = await org.listen();
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const ids = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const body = JSON.stringify({ Name: `Client ${index}` });
        const created = await fetch(`${url}${DATA}/sobjects/Account`, { method: "POST", headers, body });
        const { id } = await json<{ id: string }>(created);
        const read = await json<{ Name: string }>(await fetch(`${url}${DATA}/sobjects/Account/${id}`, { headers }));
        return read.Name === `Client ${index}`;
      }),
    );
    expect(ids.every(Boolean)).toBe(true);
  });

  async function make(options: MockOrgOptions = {}): Promise<MockOrg> {
    const org = await createMockOrg({ now: "2026-03-01T08:00:00Z", ...options });
    orgs.push(org);
    return org;
  }

  function hook(parts: Partial<FaultHook>): FaultHook {
    return { before: () => undefined, after: () => undefined, ...parts };
  }

  async function call(
    org: MockOrg,
    method: string,
    path: string,
    body?: object,
    token: string = org.openSession(),
  ): Promise<Response> {
    return org.app.request(`${DATA}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function query<T>(org: MockOrg, soql: string): Promise<readonly T[]> {
    const answer = await json<{ records: T[] }>(await call(org, "GET", `/query?q=${encodeURIComponent(soql)}`));
    return answer.records;
  }

  async function names(org: MockOrg): Promise<readonly string[]> {
    const records = await query<{ Name: string }>(org, "SELECT Name FROM Account ORDER BY Name");
    return records.map((record) => record.Name);
  }

  async function json<T>(response: Response): Promise<T> {
    return (await response.json()) as T;
  }
});
