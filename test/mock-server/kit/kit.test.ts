/** The test kit: builders, records, assertions, forks and time. */
import { describe, expect, it } from "vitest";
import { createMockOrg, forkOfEach, orgFixture } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

const make = () => createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });

describe("a builder", () => {
  it("makes an activated order with lines and everything that they need", async () => {
    await using org = await make();
    const order = org.given.order({ lines: 2, activated: true, PoNumber: "PO-1" });
    expect(order.record).toMatchObject({
      Status: "Activated",
      PoNumber: "PO-1",
      TotalAmount: 200,
      EffectiveDate: "2026-03-01",
    });
    expect(order.lines).toMatchObject([{ OrderId: order.Id }, { OrderId: order.Id }]);
  });

  it("takes products, quantities and prices of lines", async () => {
    await using org = await make();
    const product = org.given.product({ price: 7, Name: "Tea" });
    const order = org.given.order({ lines: [{ product, quantity: 3, unitPrice: 6.5 }] });
    expect(order.record).toMatchObject({ TotalAmount: 19.5 });
    expect(order.lines).toMatchObject([{ Product2Id: product.Id, Quantity: 3, ListPrice: 7 }]);
  });

  it("puts an order under a contract of its account", async () => {
    await using org = await make();
    const account = org.given.account();
    const contract = org.given.contract({ AccountId: account.Id, activated: true });
    const order = org.given.order({ AccountId: account.Id, ContractId: contract.Id, activated: true });
    expect(contract).toMatchObject({ Status: "Activated", EndDate: "2027-02-28" });
    expect(order.record).toMatchObject({ ContractId: contract.Id, StatusCode: "Activated" });
    expect(org.records("Account").count()).toBe(1);
  });

  it("passes on the org's refusal", async () => {
    await using org = await make();
    expect(() => org.given.order({ lines: 0, activated: true })).toThrow("An order must have at least one product.");
    expect(() => org.given.record("Nothing")).toThrow("INVALID_TYPE");
    expect(() => org.given.contact({ LastName: null })).toThrow("REQUIRED_FIELD_MISSING");
  });

  it("starts again after a reset", async () => {
    await using org = await make();
    org.given.order();
    org.reset();
    expect(org.given.order({ activated: true }).record).toMatchObject({ Status: "Activated" });
  });

  it("gives the same Ids for the same seed", async () => {
    await using one = await make();
    await using other = await make();
    expect(one.given.order().Id).toBe(other.given.order().Id);
  });
});

describe("records", () => {
  it("are read past permissions, live ones only", async () => {
    await using org = await make();
    const kept = org.given.account({ Name: "Kept" });
    const gone = org.given.account({ Name: "Gone" });
    await clientOf(org).send("DELETE", `/sobjects/Account/${gone.Id}`, undefined);
    const accounts = org.records<{ Id: string; Name: string }>("Account");
    expect(accounts.all()).toMatchObject([{ Name: "Kept" }]);
    expect(accounts.get(kept.Id).Name).toBe("Kept");
    expect(accounts.where({ Name: "Gone" })).toEqual([]);
    expect(() => accounts.get(gone.Id)).toThrow(`There is no Account ${gone.Id}`);
    expect(() => org.records("Nothing")).toThrow("The org has no object Nothing");
  });
});

describe("an assertion", () => {
  it("passes where the calls arrived and gives them back", async () => {
    await using org = await make();
    await clientOf(org).send("POST", "/sobjects/Account", { Name: "A" });
    const [entry] = org.expect.request({ method: "post", path: "/sobjects/Account", status: 201, body: { Name: "A" } });
    expect(entry?.changes).toHaveLength(1);
    org.expect.request({ path: /Account$/ }, { times: 1 });
    org.expect.noRequest({ method: "DELETE" });
    org.expect.apiCalls({ exactly: 1 });
    org.expect.apiCalls({ atMost: 1 });
    org.expect.nothingUnsupported();
  });

  it("fails with a list of what did arrive", async () => {
    await using org = await make();
    expect(() => org.expect.request({ method: "POST" })).toThrow("No call arrived.");
    await clientOf(org).query("SELECT Id FROM Nothing");
    expect(() => org.expect.request({ method: "POST" })).toThrow(
      'at least 1 calls {"method":"POST"} expected, 0 found. Calls that arrived:\n' +
        "  #1 GET /services/data/v62.0/query?q=SELECT Id FROM Nothing → 400 INVALID_TYPE",
    );
    expect(() => org.expect.noRequest({ status: 400 })).toThrow("0 calls");
    expect(() => org.expect.apiCalls({ exactly: 0 })).toThrow("0 API calls expected, 1 used");
    org.faults.add({ act: "maintenance", name: "down" });
    expect(() => org.expect.everyFaultApplied()).toThrow("These faults have not been applied: down");
    org.faults.clear();
    await clientOf(org).get("/analytics");
    expect(() => org.expect.nothingUnsupported()).toThrow("1 × /analytics is not supported by the mock org");
  });
});

describe("a fork", () => {
  const it2 = it.extend(orgFixture(make));
  const seen: string[] = [];

  it2.for([1, 2, 3])("is each test's own (%i)", (number, { org }) => {
    seen.push(String(org.given.account({ Name: `Test ${number}` })["Name"]));
    expect(org.records("Account").count()).toBe(1);
    expect(seen).toHaveLength(number);
  });

  it("comes from one org that is made once", async () => {
    let made = 0;
    const fork = forkOfEach(() => {
      made += 1;
      return make();
    });
    await using one = await fork();
    await using other = await fork();
    one.given.account();
    expect([made, one.records("Account").count(), other.records("Account").count()]).toEqual([1, 1, 0]);
  });
});

describe("settling", () => {
  it("lets everything happen that is due", async () => {
    await using org = await make();
    const token = org.openSession();
    const account = org.given.account();
    await clientOf(org).send("DELETE", `/sobjects/Account/${account.Id}`, undefined);
    let rang = 0;
    org.clock.at(org.clock.nowMs() + 1_000, () => {
      rang += 1;
    });
    org.clock.advance({ days: 16 });
    await org.settle();
    expect(rang).toBe(1);
    expect(org.signIn.sessions.peek(token)).toBeUndefined();
    expect(org.org.transaction(org.org.systemActor, (tx) => tx.get("Account", account.Id))).toBeUndefined();
  });

  it("ends sessions and the life of query locators", async () => {
    await using org = await make();
    const client = clientOf(org);
    for (let at = 0; at < 201; at += 1) org.given.account();
    const page = await client.get("/query?q=SELECT+Id+FROM+Account", { "Sforce-Query-Options": "batchSize=200" });
    const { nextRecordsUrl } = page.body as { nextRecordsUrl: string };
    expect((await client.get(nextRecordsUrl)).status).toBe(200);
    org.clock.advance({ days: 2 });
    await org.settle();
    expect((await client.get(nextRecordsUrl)).body).toMatchObject([{ errorCode: "INVALID_SESSION_ID" }]);
    expect((await clientOf(org).get(nextRecordsUrl)).body).toMatchObject([{ errorCode: "INVALID_QUERY_LOCATOR" }]);
  });

  it("lets bulk jobs with a pace go as far as the clock", async () => {
    await using org = await createMockOrg({ now: "2026-03-01T08:00:00Z", bulkPaceMs: 60_000 });
    const client = clientOf(org);
    const job = await client.send("POST", "/jobs/query", { operation: "query", query: "SELECT Id FROM User" });
    const { id } = job.body as { id: string };
    await org.settle();
    expect((await client.get(`/jobs/query/${id}`)).body).toMatchObject({ state: "UploadComplete" });
    org.clock.advance({ minutes: 30 });
    await org.settle();
    expect((await client.get(`/jobs/query/${id}`)).body).toMatchObject({ state: "JobComplete" });
  });

  it("waits for bulk jobs", async () => {
    await using org = await make();
    const client = clientOf(org);
    const job = await client.send("POST", "/jobs/query", { operation: "query", query: "SELECT Id FROM User" });
    await org.settle();
    const { id } = job.body as { id: string };
    expect((await client.get(`/jobs/query/${id}`)).body).toMatchObject({ state: "JobComplete" });
  });
});
