/** Faults of calls, as a client meets them. */
import { afterEach, describe, expect, it } from "vitest";
import type { CallMatch } from "../../../mock-server/faults/fault.ts";
import { createMockOrg, type Fault, type MockOrg } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

const orgs: MockOrg[] = [];

async function make(): Promise<MockOrg> {
  const org = await createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });
  orgs.push(org);
  return org;
}

afterEach(async () => {
  await Promise.all(orgs.splice(0).map((org) => org.close()));
});

describe("a fault of calls", () => {
  it.each<[Fault, number, unknown]>([
    [{ act: "maintenance" }, 503, expect.stringContaining("<html>")],
    [{ act: "status", status: 500 }, 500, [{ message: "Server too busy", errorCode: "SERVER_UNAVAILABLE" }]],
    [{ act: "status", status: 200, body: "<html>" }, 200, "<html>"],
    [{ act: "status", status: 420, body: { slow: true } }, 420, { slow: true }],
    [
      { act: "concurrent-limit" },
      403,
      [
        {
          message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
          errorCode: "REQUEST_LIMIT_EXCEEDED",
        },
      ],
    ],
    [
      { act: "request-limit" },
      403,
      [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }],
    ],
    [{ act: "session-expired" }, 401, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]],
  ])("%j answers in the platform's words", async (fault, status, body) => {
    const org = await make();
    org.faults.add(fault);
    const answer = await clientOf(org).get("/limits");
    expect(answer).toMatchObject({ status, body });
  });

  it.each(["(", "[a-", "Or der", "Acc.unt"])("that names the object %j is refused by name", async (object) => {
    const org = await make();
    expect(() => org.faults.add({ act: "status", status: 500, object })).toThrow(`the org has no object ${object}`);
  });

  it("the request limit leaves its calls and then tells the true counter", async () => {
    const org = await make();
    const client = clientOf(org);
    await client.get("/limits");
    const wall = org.faults.add({ act: "request-limit", remaining: 1 });
    const last = await client.get("/limits");
    const refused = await client.get("/limits");
    wall.remove();
    const after = await client.get("/limits");
    expect([last.status, refused.status, after.status]).toEqual([200, 403, 200]);
    expect(last.body).toMatchObject({ DailyApiRequests: { Max: 2, Remaining: 0 } });
    expect(refused.headers.get("sforce-limit-info")).toBe("api-usage=2/2");
    expect(after.headers.get("sforce-limit-info")).toBe("api-usage=3/5000000");
  });

  it("two request limits go away in any order", async () => {
    const org = await make();
    const first = org.faults.add({ act: "request-limit", remaining: 10 });
    const second = org.faults.add({ act: "request-limit", remaining: 5 });
    const standing = org.apiUsage.max;
    first.remove();
    const left = org.apiUsage.max;
    second.remove();
    expect([standing, left, org.apiUsage.max]).toEqual([5, 5, 5_000_000]);
  });

  it("a request limit that waits for a call puts up its wall there", async () => {
    const org = await make();
    const client = clientOf(org);
    org.faults.add({ act: "request-limit", operation: "query", nth: 2 });
    const statuses = [];
    for (const path of ["/query?q=SELECT+Id+FROM+User", "/limits", "/query?q=SELECT+Id+FROM+User", "/limits"])
      statuses.push((await client.get(path)).status);
    expect(statuses).toEqual([200, 200, 403, 403]);
  });

  it("a session that expires mid-run dies for good, and a new login goes on", async () => {
    const org = await make();
    const client = clientOf(org);
    org.faults.add({ act: "session-expired", nth: 2 });
    const statuses = [await client.get("/limits"), await client.get("/limits"), await client.get("/limits")];
    expect(statuses.map((answer) => answer.status)).toEqual([200, 401, 401]);
    expect((await clientOf(org).get("/limits")).status).toBe(200);
  });

  it("a lost reply comes after the commit, in process and on a port", async () => {
    const org = await make();
    org.faults.add({ act: "lost-reply", path: "/sobjects/*" });
    const { url, accessToken } = await org.listen();
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const post = (base: string) =>
      ({ method: "POST", headers, body: JSON.stringify({ Name: base }) }) satisfies RequestInit;
    const inProcess = await org.app.request("/services/data/v62.0/sobjects/Account", post("in process"));
    await expect(fetch(`${url}/services/data/v62.0/sobjects/Account`, post("port"))).rejects.toThrow();
    expect(inProcess.type).toBe("error");
    expect(
      org
        .records("Account")
        .all()
        .map((row) => row["Name"]),
    ).toEqual(["in process", "port"]);
    expect(org.requests.map(({ status, faults }) => [status, faults])).toEqual([
      [0, ["lost-reply #1"]],
      [0, ["lost-reply #1"]],
    ]);
  });

  it("a connection that is cut before leaves nothing behind", async () => {
    const org = await make();
    org.faults.add({ act: "cut-before", operation: "write" });
    const { url, accessToken } = await org.listen();
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const send = fetch(`${url}/services/data/v62.0/sobjects/Account`, {
      method: "POST",
      headers,
      body: '{"Name":"A"}',
    });
    await expect(send).rejects.toThrow();
    expect(org.records("Account").count()).toBe(0);
  });

  it("a duplicate delivery saves twice and costs two calls", async () => {
    const org = await make();
    org.faults.add({ act: "duplicate-delivery", operation: "create", times: 1 });
    const answer = await clientOf(org).send("POST", "/sobjects/Account", { Name: "Twice" });
    expect(answer.status).toBe(201);
    expect(org.records("Account").where({ Name: "Twice" })).toHaveLength(2);
    expect(org.apiCalls).toBe(2);
  });

  it("a delay answers late and rightly", async () => {
    const org = await make();
    org.faults.add({ act: "delay", ms: 25 });
    const startedMs = performance.now();
    const answer = await clientOf(org).get("/limits");
    expect(answer.status).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(20);
  });

  it("a lost locator ends an open query", async () => {
    const org = await make();
    for (let number = 0; number < 201; number += 1) org.given.account();
    const client = clientOf(org);
    const options = { "sforce-query-options": "batchSize=200" };
    const first = await client.get("/query?q=SELECT+Id+FROM+Account", options);
    org.faults.add({ act: "locator-lost", operation: "query-more" });
    const { nextRecordsUrl } = first.body as { nextRecordsUrl: string };
    expect(await client.get(nextRecordsUrl)).toMatchObject({
      status: 400,
      body: [{ errorCode: "INVALID_QUERY_LOCATOR" }],
    });
  });

  it("a long transaction holds back latestDateCovered and shows its rows late with an old stamp", async () => {
    const org = await make();
    const client = clientOf(org);
    org.faults.add({
      act: "long-transaction",
      holdMs: 600_000,
      write: [{ object: "Account", values: { Name: "Late" } }],
    });
    org.clock.advance({ minutes: 5 });
    const span = "start=2026-03-01T07:00:00Z&end=2026-03-01T09:00:00Z";
    const during = await client.get(`/sobjects/Account/updated?${span}`);
    org.clock.advance({ minutes: 5, seconds: 1 });
    const after = await client.get(`/sobjects/Account/updated?${span}`);
    const [late] = org.records("Account").where({ Name: "Late" });
    expect(during.body).toMatchObject({ ids: [], latestDateCovered: "2026-03-01T08:00:00.000+0000" });
    expect(after.body).toMatchObject({ ids: [late?.["Id"]], latestDateCovered: "2026-03-01T08:10:00.000+0000" });
    expect(late?.["SystemModstamp"]).toBe("2026-03-01T08:00:00.000+0000");
  });

  it("a long transaction that the org refuses is refused with its reason", async () => {
    const org = await make();
    const add = () => org.faults.add({ act: "long-transaction", write: [{ object: "Account", values: {} }] });
    expect(add).toThrow("the long transaction cannot write Account: REQUIRED_FIELD_MISSING");
    expect(org.faults.list()).toEqual([]);
  });
});

describe("a fault for calls applies", () => {
  const applied = async (fault: CallMatch, paths: readonly string[]): Promise<readonly number[]> => {
    const org = await make();
    org.given.account();
    const client = clientOf(org);
    org.faults.add({ ...fault, act: "status", status: 599 });
    const statuses: number[] = [];
    for (const path of paths) statuses.push((await client.get(path)).status);
    return statuses.map((status) => (status === 599 ? 1 : 0));
  };
  const query = (object: string) => `/query?q=SELECT+Id+FROM+${object}`;

  it.each<[string, CallMatch, readonly string[], readonly number[]]>([
    ["at the nth call, once", { nth: 2 }, ["/limits", "/limits", "/limits"], [0, 1, 0]],
    [
      "from the nth call on, as often as said",
      { nth: 2, times: 2 },
      ["/limits", "/limits", "/limits", "/limits"],
      [0, 1, 1, 0],
    ],
    ["as often as said", { times: 1 }, ["/limits", "/limits"], [1, 0]],
    ["by the object of a query", { object: "order" }, [query("Account"), query("Order")], [0, 1]],
    [
      "by the object of a path",
      { object: "Account" },
      ["/sobjects/Account/describe", "/sobjects/Order/describe"],
      [1, 0],
    ],
    [
      "by a path below the version",
      { path: "/sobjects/*/describe" },
      ["/sobjects/Account/describe", "/sobjects"],
      [1, 0],
    ],
    ["by a whole path", { path: "/services/data/v62.0/limits" }, ["/limits", "/limits/recordCount"], [1, 0]],
    ["across segments with two stars", { path: "/sobjects/**" }, ["/sobjects/Account/describe", "/limits"], [1, 0]],
    ["by the operation", { operation: "describe" }, ["/sobjects/Account/describe", "/limits"], [1, 0]],
    ["by the kind of operation", { operation: "write" }, ["/limits"], [0]],
    ["by the user", { user: "Admin@Mock.org" }, ["/limits"], [1]],
    ["never for another user", { user: "somebody@mock.org" }, ["/limits"], [0]],
    [
      "by chance with a seed",
      { chance: 0.5, seed: 7 },
      Array.from({ length: 8 }, () => "/limits"),
      [1, 1, 0, 0, 0, 1, 1, 1],
    ],
    ["never with chance 0", { chance: 0 }, ["/limits"], [0]],
  ])("%s", async (_name, fault, paths, expected) => {
    expect(await applied(fault, paths)).toEqual(expected);
  });

  it("by an object that only the body names", async () => {
    const org = await make();
    const client = clientOf(org);
    org.faults.add({ act: "status", status: 599, object: "Account", path: "/composite/**" });
    const collection = (type: string, fields: object) => ({
      allOrNone: false,
      records: [{ attributes: { type }, ...fields }],
    });
    const other = await client.send("POST", "/composite/sobjects", collection("Product2", { Name: "P" }));
    const own = await client.send("POST", "/composite/sobjects", collection("Account", { Name: "A" }));
    expect([other.status, own.status]).toEqual([200, 599]);
    expect(org.records("Account").count()).toBe(0);
  });

  it("at the login too", async () => {
    const org = await make();
    org.faults.add({ act: "maintenance", operation: "login" });
    const response = await org.app.request("/services/oauth2/token", { method: "POST" });
    expect(response.status).toBe(503);
    expect(org.requests.at(-1)).toMatchObject({ status: 503, faults: ["maintenance #1"] });
  });

  it("not any more when it is removed, and a reset removes all", async () => {
    const org = await make();
    const client = clientOf(org);
    {
      using fault = org.faults.add({ act: "status", status: 599, name: "broken" });
      await client.get("/limits");
      expect([fault.name, fault.seen, fault.applied, fault.spent]).toEqual(["broken", 1, 1, false]);
    }
    expect((await client.get("/limits")).status).toBe(200);
    org.faults.add({ act: "maintenance" });
    org.reset();
    expect(org.faults.list()).toEqual([]);
    expect((await client.get("/limits")).status).toBe(200);
  });

  it("its own org only, not a fork", async () => {
    const org = await make();
    org.faults.add({ act: "maintenance" });
    const fork = org.fork();
    orgs.push(fork);
    expect((await clientOf(fork).get("/limits")).status).toBe(200);
  });
});

describe("a fault that is not right", () => {
  it.each<[unknown, string]>([
    [{}, "a fault needs an act; choose one of request-limit"],
    [{ act: "explode" }, 'there is no act "explode"; choose one of'],
    [null, "a fault needs an act"],
    [{ act: "delay" }, "the fault delay is not right: ms:"],
    [{ act: "delay", ms: -1 }, "ms: Too small"],
    [{ act: "maintenance", pfad: "/x" }, 'Unrecognized key: "pfad"'],
    [{ act: "maintenance", path: "composite" }, "path: a path begins with a slash"],
    [{ act: "maintenance", nth: 0 }, "nth: Too small"],
    [{ act: "maintenance", chance: 1.5 }, "chance: Too big"],
    [{ act: "maintenance", operation: "eat" }, "operation: Invalid option"],
    [{ act: "row-lock", object: "Acount" }, "object: the org has no object Acount"],
    [{ act: "row-lock", path: "/composite" }, 'Unrecognized key: "path"'],
    [{ act: "row-lock", account: "801000000000001" }, "account: an account's Id begins with 001"],
  ])("%j is refused and named", async (fault, message) => {
    const org = await make();
    expect(() => org.faults.add(fault as Fault)).toThrow(message);
  });
});
