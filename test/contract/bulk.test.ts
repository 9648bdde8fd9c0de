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
    const chunked = await chunkedJob("parent=Account");
    const zip = await send("/job", JSON.stringify({ operation: "insert", object: "Account", contentType: "ZIP_CSV" }));
    const unknown = await send("/job", JSON.stringify({ operation: "insert", object: "Nope", contentType: "CSV" }));
    const nowhere = await send("/nowhere");
    expect(await chunked.json()).toEqual({
      exceptionCode: "InvalidJob",
      exceptionMessage: "The parent of PK chunking is not supported by the mock org",
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

  it("queries give JSON and XML too, where the Id stands twice or is empty", async () => {
    await client.conn.sobject("Contract").create({ AccountId: client.org.given.account({ Name: "A & B" }).Id });
    const json = await queryResult("JSON", "SELECT Account.Name, ContractTerm FROM Contract");
    const xml = await queryResult("XML", "SELECT Id, Account.Name, ContractTerm FROM Contract");
    expect(JSON.parse(json.text)).toEqual([
      {
        attributes: {
          type: "Contract",
          url: expect.stringMatching(/^\/services\/data\/v62\.0\/sobjects\/Contract\/800/),
        },
        Account: { attributes: expect.objectContaining({ type: "Account" }), Name: "A & B" },
        ContractTerm: null,
      },
    ]);
    expect(json.type).toBe("application/json;charset=UTF-8");
    expect(xml.text).toMatch(
      /<queryResult xmlns="http:\/\/www\.force\.com\/2009\/06\/asyncapi\/dataload" xmlns:xsi="[^"]+"><records xsi:type="sObject"><type>Contract<\/type><Id>(800\w{15})<\/Id><Id>\1<\/Id><Account xsi:type="sObject"><type>Account<\/type><Id xsi:nil="true"\/><Name>A &amp; B<\/Name><\/Account><ContractTerm xsi:nil="true"\/><\/records><\/queryResult>$/,
    );
  });

  it("PK chunking makes a batch of each range of Ids and processes all of them but the first", async () => {
    const accounts = Array.from({ length: 5 }, (_, at) => client.org.given.account({ Name: `Chunk ${at}`, Site: "x" }));
    const startRow = accounts[0]?.Id ?? "";
    const { id } = (await (await chunkedJob(`chunkSize=2; startRow=${startRow}`)).json()) as { id: string };
    await send(`/job/${id}/batch`, "SELECT Id FROM Account WHERE Site = 'x' OR Site = 'y'", "text/csv");
    await client.org.settle();
    const batches = (await (await send(`/job/${id}/batch`)).json()) as {
      batchInfo: readonly { id: string; state: string }[];
    };
    const rows = await Promise.all(
      batches.batchInfo.slice(1).map(async (batch) => {
        const [resultId] = (await (await send(`/job/${id}/batch/${batch.id}/result`)).json()) as [string];
        return (await (await send(`/job/${id}/batch/${batch.id}/result/${resultId}`)).text())
          .trim()
          .split("\n")
          .slice(1);
      }),
    );
    expect(batches.batchInfo.map(({ state }) => state)).toEqual([
      "NotProcessed",
      "Completed",
      "Completed",
      "Completed",
    ]);
    expect(rows.map((chunk) => chunk.length)).toEqual([2, 2, 1]);
    expect(rows.flat()).toEqual(accounts.map((account) => `"${account.Id}"`));
    const second = await send(`/job/${id}/batch/${batches.batchInfo[2]?.id}/request`);
    expect(await second.text()).toBe(
      `SELECT Id FROM Account WHERE (Site = 'x' OR Site = 'y') AND Id >= '${accounts[2]?.Id.slice(0, 15)}' AND Id < '${accounts[4]?.Id.slice(0, 15)}'`,
    );
  });

  it("a query with a clause after WHERE cannot be chunked", async () => {
    const { id } = (await (await chunkedJob("true")).json()) as { id: string };
    await send(`/job/${id}/batch`, "SELECT Id FROM Account ORDER BY Name", "text/csv");
    await client.org.settle();
    const { batchInfo } = (await (await send(`/job/${id}/batch`)).json()) as { batchInfo: readonly object[] };
    expect(batchInfo).toMatchObject([
      { state: "Failed", stateMessage: expect.stringContaining("PK chunking works only with queries") },
    ]);
  });

  /** Runs a query and fetches its one result. */
  async function queryResult(
    contentType: "JSON" | "XML",
    soql: string,
  ): Promise<{ text: string; type: string | null }> {
    const { id } = await job({ operation: "query", object: "Contract", contentType });
    const added = await send(`/job/${id}/batch`, soql, "application/json");
    const batch = (await added.json()) as { id: string };
    await client.org.settle();
    const [resultId] = (await (await send(`/job/${id}/batch/${batch.id}/result`)).json()) as [string];
    const response = await send(`/job/${id}/batch/${batch.id}/result/${resultId}`);
    return { text: await response.text(), type: response.headers.get("content-type") };
  }

  function chunkedJob(chunking: string): Promise<Response> {
    return fetch(`${client.url}/services/async/62.0/job`, {
      method: "POST",
      headers: {
        "X-SFDC-Session": client.conn.accessToken ?? "",
        "content-type": "application/json",
        "Sforce-Enable-PKChunking": chunking,
      },
      body: JSON.stringify({ operation: "query", object: "Account", contentType: "CSV" }),
    });
  }

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
