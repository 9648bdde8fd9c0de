/** Bulk API 1.0 through jsforce's `bulk`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, refusal, testOrg } from "./fixture.ts";

describe("Bulk 1.0 through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
    client.conn.bulk.pollInterval = 5;
  });

  afterAll(() => client.org.close());

  it("loads rows and tells each one's outcome in the order of the request", async () => {
    const rows = [{ Name: "One", Phone: "1" }, { Phone: "1" }, { Name: 'Three, "quoted"' }];
    const results = await client.conn.bulk.load("Account", "insert", rows);
    expect(results).toMatchObject([
      { success: true, errors: [] },
      { id: null, success: false, errors: ["REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"] },
      { success: true, errors: [] },
    ]);
  });

  it("upserts, updates and deletes", async () => {
    const upsert = { extIdField: "ERP_Key__c" };
    const [first] = await client.conn.bulk.load("Account", "upsert", upsert, [{ ERP_Key__c: "B1", Name: "First" }]);
    await client.conn.bulk.load("Account", "upsert", upsert, [{ ERP_Key__c: "B1", Name: "Again" }]);
    const Id = first?.id ?? "";
    expect(await client.conn.sobject("Account").retrieve(Id)).toMatchObject({ Name: "Again" });
    await client.conn.bulk.load("Account", "update", [{ Id, Name: "Third" }]);
    expect(await client.conn.sobject("Account").retrieve(Id)).toMatchObject({ Name: "Third" });
    await client.conn.bulk.load("Account", "delete", [{ Id }]);
    expect((await refusal(client.conn.sobject("Account").retrieve(Id))).errorCode).toBe("NOT_FOUND");
  });

  it("queries as CSV", async () => {
    await client.conn.sobject("Product2").create({ Name: "P", IsActive: true });
    const stream = await client.conn.bulk.query("SELECT Name, CreatedBy.Username FROM Product2");
    const records = await stream.toArray();
    expect(records).toEqual([{ Name: "P", "CreatedBy.Username": "admin@mock.org" }]);
  });

  it("a query of another object fails its batch with the reason", async () => {
    const { id } = await job({ operation: "query", object: "Account", contentType: "CSV" });
    const added = await send(`/job/${id}/batch`, "SELECT Id FROM Contact", "text/csv");
    const batchId = /<id>(751\w{15})<\/id>/.exec(await added.text())?.[1] ?? "";
    const info = await (await send(`/job/${id}/batch/${batchId}`)).json();
    expect(info).toMatchObject({
      state: "Failed",
      stateMessage: expect.stringContaining(
        "The root entity of the requested query (Contact) does not match",
      ) as string,
    });
  });

  it("a dead session is 400 with its own code, in XML", async () => {
    const response = await fetch(`${client.url}/services/async/62.0/job/750000000000000`, {
      headers: { "X-SFDC-Session": "garbage" },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(
      "<exceptionCode>InvalidSessionId</exceptionCode><exceptionMessage>Invalid session id</exceptionMessage>",
    );
  });

  it("JSON and XML batches are read, a closed job takes none", async () => {
    const json = await job({ operation: "insert", object: "Account", contentType: "JSON" });
    const added = await send(`/job/${json.id}/batch`, '[{"Name":"From JSON","NumberOfEmployees":3}]');
    const xmlJob = await job({ operation: "insert", object: "Account", contentType: "XML" });
    const rows = "<sObjects><sObject><Name>From XML</Name></sObject><sObject><Name>Also</Name></sObject></sObjects>";
    await send(`/job/${xmlJob.id}/batch`, rows, "application/xml");
    await send(`/job/${json.id}`, '{"state":"Closed"}');
    const late = await send(`/job/${json.id}/batch`, "[]");
    const { id } = (await added.json()) as { id: string };
    const result = await send(`/job/${json.id}/batch/${id}/result`);
    expect(await result.json()).toMatchObject([{ success: true, created: true, errors: [] }]);
    expect(await late.json()).toEqual({
      exceptionCode: "InvalidJobState",
      exceptionMessage: "Failed to create batch, since the Job is not Open. Current job state is 'Closed'",
    });
    const found = await client.conn.query("SELECT Id FROM Account WHERE Name LIKE 'From %' OR Name = 'Also'");
    expect(found.totalSize).toBe(3);
  });

  it("what is not supported is refused by name, and what does not fit in words of its own", async () => {
    const chunked = await fetch(`${client.url}/services/async/62.0/job`, {
      method: "POST",
      headers: {
        "X-SFDC-Session": client.conn.accessToken ?? "",
        "content-type": "application/json",
        "Sforce-Enable-PKChunking": "chunkSize=1000",
      },
      body: JSON.stringify({ operation: "query", object: "Account", contentType: "CSV" }),
    });
    const zip = await send("/job", JSON.stringify({ operation: "insert", object: "Account", contentType: "ZIP_CSV" }));
    const unknown = await send("/job", JSON.stringify({ operation: "insert", object: "Nope", contentType: "CSV" }));
    const nowhere = await send("/nowhere");
    expect(await chunked.json()).toEqual({
      exceptionCode: "FeatureNotEnabled",
      exceptionMessage: "PK chunking is not supported by the mock org",
    });
    expect(await zip.json()).toMatchObject({ exceptionCode: "InvalidJob" });
    expect(await unknown.json()).toMatchObject({ exceptionCode: "InvalidJob" });
    expect(await nowhere.json()).toMatchObject({ exceptionCode: "InvalidUrl" });
  });

  it("an aborted job leaves waiting batches unprocessed", async () => {
    const paced = await connect(await testOrg({ bulkPaceMs: 1000 }));
    const created = paced.conn.bulk.createJob("Account", "insert");
    await created.open();
    const batch = created.createBatch();
    batch.execute([{ Name: "never" }]);
    await new Promise((resolve) => batch.once("queue", resolve));
    const id = created.id;
    await created.abort();
    paced.org.clock.advance({ seconds: 10 });
    const response = await fetch(`${paced.url}/services/async/62.0/job/${id}/batch/${batch.id}`, {
      headers: { "X-SFDC-Session": paced.conn.accessToken ?? "" },
    });
    const xml = await response.text();
    const { totalSize } = await paced.conn.query("SELECT Id FROM Account");
    await paced.org.close();
    expect(xml).toContain("<state>NotProcessed</state>");
    expect(totalSize).toBe(0);
  });

  async function job(info: object): Promise<{ id: string }> {
    return (await (await send("/job", JSON.stringify(info))).json()) as { id: string };
  }

  function send(path: string, body?: string, contentType = "application/json"): Promise<Response> {
    return fetch(`${client.url}/services/async/62.0${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "X-SFDC-Session": client.conn.accessToken ?? "", "content-type": contentType },
      ...(body === undefined ? {} : { body }),
    });
  }
});
