/** Bulk API 2.0 through jsforce, and by hand where jsforce does not reach. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, refusal, testOrg } from "./fixture.ts";

interface JobInfo {
  readonly id: string;
  readonly state: string;
  readonly errorMessage?: string;
  readonly numberRecordsProcessed: number;
  readonly numberRecordsFailed: number;
}

describe("Bulk 2.0 through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
    client.conn.bulk2.pollInterval = 5;
  });

  afterAll(() => client.org.close());

  it("loads and waits, and tells good rows from bad ones", async () => {
    const results = await client.conn.bulk2.loadAndWaitForResults({
      object: "Account",
      operation: "insert",
      input: [{ Name: 'A "quoted", name', BillingCity: "Köln" }, { BillingCity: "Ulm" }, { Name: "B" }],
    });
    expect(results.successfulResults).toMatchObject([
      { sf__Created: "true", Name: 'A "quoted", name', BillingCity: "Köln" },
      { sf__Created: "true", Name: "B" },
    ]);
    expect(results.failedResults).toMatchObject([
      {
        sf__Id: "",
        sf__Error: "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
        BillingCity: "Ulm",
      },
    ]);
    expect(results.unprocessedRecords).toEqual([]);
  });

  it("upserts by external Id, and says what was created", async () => {
    const load = (rows: Record<string, string>[]) =>
      client.conn.bulk2.loadAndWaitForResults({
        object: "Account",
        operation: "upsert",
        externalIdFieldName: "ERP_Key__c",
        input: rows,
      });
    await load([{ ERP_Key__c: "K1", Name: "One" }]);
    const { successfulResults } = await load([
      { ERP_Key__c: "K1", Name: "One again" },
      { ERP_Key__c: "K2", Name: "Two" },
    ]);
    expect(successfulResults.map((row) => row.sf__Created)).toEqual(["false", "true"]);
  });

  it("an empty cell leaves a field alone, #N/A clears it, a parent is found by its key", async () => {
    await runJob(
      { object: "Account", operation: "upsert", externalIdFieldName: "ERP_Key__c" },
      "ERP_Key__c,Name,Phone,Fax\nP,Parent,1,2\n",
    );
    await runJob(
      { object: "Account", operation: "upsert", externalIdFieldName: "ERP_Key__c" },
      "ERP_Key__c,Name,Phone,Fax\nP,,,#N/A\n",
    );
    const { info } = await runJob({ object: "Contact", operation: "insert" }, "LastName,Account.ERP_Key__c\nChild,P\n");
    const { records } = await client.conn.query(
      "SELECT Account.Name, Account.Phone, Account.Fax FROM Contact WHERE LastName = 'Child'",
    );
    expect(info).toMatchObject({ state: "JobComplete", numberRecordsProcessed: 1, numberRecordsFailed: 0 });
    expect(records[0]).toMatchObject({ Account: { Name: "Parent", Phone: "1", Fax: null } });
  });

  it("other delimiters and line endings are read and written back", async () => {
    const form = { object: "Account", operation: "insert", columnDelimiter: "SEMICOLON", lineEnding: "CRLF" };
    const { id } = await runJob(form, "Name;Phone\r\nSemi;1\r\n");
    const text = await (await call("GET", `/jobs/ingest/${id}/successfulResults`)).text();
    expect(text).toMatch(/^"sf__Id";"sf__Created";Name;Phone\r\n"001\w{15}";"true";"Semi";"1"\r\n$/);
  });

  it.each([
    ["an unknown column", "Name,Nope__c\nA,1\n", "InvalidBatch : Field name not found : Nope__c"],
    ["a byte order mark", "\uFEFFName\nA\n", "InvalidBatch : Field name not found : \uFEFFName"],
    ["the wrong line ending", "Name\r\nA\r\n", "LineEnding is invalid on user data. Current LineEnding setting is LF"],
    [
      "a column that stands there twice",
      "Name,name\nA,B\n",
      "InvalidBatch : Duplicate field name in the header : name",
    ],
    [
      "a row with a cell too many",
      "Name,Phone\nA,1\nB,2,3\n",
      "InvalidBatch : Failed to parse CSV: Invalid Record Length: expect 2, got 3 on line 3",
    ],
    ["an open quote", 'Name\n"A\n', /^InvalidBatch : Failed to parse CSV: Quote Not Closed/],
  ])("%s fails the job and leaves the rows unprocessed", async (_, csv, message) => {
    const { info } = await runJob({ object: "Account", operation: "insert" }, csv);
    expect(info).toMatchObject({ state: "Failed", numberRecordsProcessed: 0 });
    expect(info.errorMessage).toMatch(message);
  });

  it.each([
    [{ object: "Nope", operation: "insert" }, "INVALIDENTITY"],
    [{ object: "Account", operation: "merge" }, "INVALIDJOB"],
    [{ object: "Account", operation: "upsert" }, "INVALIDJOB"],
    [{ operation: "insert" }, "INVALIDJOB"],
    [{ object: "Account", operation: "insert", externalIdField: "ERP_Key__c" }, "JSON_PARSER_ERROR"],
  ])("a job like %j is refused", async (job, errorCode) => {
    const response = await call("POST", "/jobs/ingest", JSON.stringify(job));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode }]);
  });

  it("an external Id field that is none is refused in lower case", async () => {
    const job = client.conn.bulk2.createJob({ object: "Account", operation: "upsert", externalIdFieldName: "Website" });
    expect((await refusal(job.open())).message).toBe(
      "InvalidJob : Field name provided, website does not match an External ID, Salesforce Id, or indexed field for Account",
    );
  });

  it("a job takes its data once, and nothing after it was closed", async () => {
    const { id } = await open({ object: "Account", operation: "insert" });
    await put(id, "Name\nA\n");
    const second = await put(id, "Name\nB\n");
    await close(id);
    const third = await put(id, "Name\nC\n");
    expect([second.status, third.status]).toEqual([400, 400]);
    expect(await second.json()).toMatchObject([{ errorCode: "INVALIDJOBSTATE" }]);
  });

  it("an open job cannot be deleted, an aborted one can", async () => {
    const { id } = await open({ object: "Account", operation: "insert" });
    const early = await call("DELETE", `/jobs/ingest/${id}`);
    await call("PATCH", `/jobs/ingest/${id}`, '{"state":"Aborted"}');
    const late = await call("DELETE", `/jobs/ingest/${id}`);
    const gone = await call("GET", `/jobs/ingest/${id}`);
    expect(await early.json()).toMatchObject([{ errorCode: "API_ERROR" }]);
    expect([late.status, gone.status]).toEqual([204, 404]);
  });

  it("a finished job cannot be aborted", async () => {
    const { id } = await runJob({ object: "Account", operation: "insert" }, "Name\nA\n");
    const response = await call("PATCH", `/jobs/ingest/${id}`, '{"state":"Aborted"}');
    expect(await response.json()).toEqual([
      { message: "Aborting already Completed Job not allowed", errorCode: "INVALIDJOBSTATE" },
    ]);
  });

  it("a job without data completes with nothing", async () => {
    const { id } = await open({ object: "Account", operation: "insert" });
    await close(id);
    expect(await ended(id)).toMatchObject({ state: "JobComplete", numberRecordsProcessed: 0 });
  });

  it("an upsert without its key column fails as a whole", async () => {
    const job = { object: "Account", operation: "upsert", externalIdFieldName: "ERP_Key__c" };
    const { info } = await runJob(job, "Name\nA\n");
    expect(info.errorMessage).toBe("External ID was blank for Account. An External ID must be specified for upsert.");
  });

  it("who has the permission deletes for good, others are refused", async () => {
    const org = await testOrg({ users: [{ username: "clerk@mock.org" }] });
    const other = await connect(org);
    other.conn.bulk2.pollInterval = 5;
    const id = (await other.conn.sobject("Account").create({ Name: "H" })).id ?? "";
    const results = await other.conn.bulk2.loadAndWaitForResults({
      object: "Account",
      operation: "hardDelete",
      input: [{ Id: id }],
    });
    const left = await other.conn.query("SELECT Id FROM Account", { scanAll: true });
    other.conn.accessToken = org.openSession("clerk@mock.org");
    const refused = await refusal(other.conn.bulk2.createJob({ object: "Account", operation: "hardDelete" }).open());
    await org.close();
    expect(results.successfulResults).toMatchObject([{ sf__Id: id, sf__Created: "false" }]);
    expect(left.totalSize).toBe(0);
    expect(refused.errorCode).toBe("FEATURENOTENABLED");
  });

  it("lists jobs of both APIs, or of one", async () => {
    await client.conn.bulk.createJob("Account", "insert").open();
    const list = async (query: string) =>
      (await (await call("GET", `/jobs/ingest${query}`)).json()) as { done: boolean; records: { jobType: string }[] };
    const all = new Set((await list("")).records.map((job) => job.jobType));
    const classic = await list("?jobType=Classic");
    expect(all).toEqual(new Set(["V2Ingest", "Classic"]));
    expect(classic).toMatchObject({ done: true, records: [{ jobType: "Classic" }], nextRecordsUrl: null });
  });

  it("batches and query jobs of a day are counted, and refused when they are used up", async () => {
    const org = await testOrg({ limits: { DailyBulkApiBatches: 1, DailyBulkV2QueryJobs: 1 } });
    const other = await connect(org);
    other.conn.bulk2.pollInterval = 5;
    const load = () =>
      other.conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: [{ Name: "L" }] });
    await load();
    const second = await refusal(load());
    const soql = { operation: "query", query: "SELECT Id FROM Account" };
    await call("POST", "/jobs/query", JSON.stringify(soql), "application/json", other);
    const query = await call("POST", "/jobs/query", JSON.stringify(soql), "application/json", other);
    const limits = (await other.conn.limits()) as unknown as Record<string, { Remaining: number }>;
    org.clock.advance({ hours: 25 });
    other.conn.accessToken = org.openSession();
    const nextDay = await load();
    await org.close();
    expect(second.message).toContain("ApiBatchItems Limit exceeded.");
    expect(await query.json()).toMatchObject([{ errorCode: "EXCEEDEDQUOTA" }]);
    expect([limits["DailyBulkApiBatches"]?.Remaining, limits["DailyBulkV2QueryJobs"]?.Remaining]).toEqual([0, 0]);
    expect(nextDay.successfulResults).toHaveLength(1);
  });

  it("a multipart request creates, uploads and closes at once", async () => {
    const part = (name: string, type: string, content: string) =>
      `--B\r\nContent-Type: ${type}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
    const job = JSON.stringify({ object: "Account", operation: "insert", contentType: "CSV", lineEnding: "LF" });
    const body = `${part("job", "application/json", job)}${part("content", "text/csv", "Name\nMulti")}--B--`;
    const response = await call("POST", "/jobs/ingest", body, "multipart/form-data; boundary=B");
    const info = (await response.json()) as JobInfo;
    expect(info.state).toBe("UploadComplete");
    expect(await ended(info.id)).toMatchObject({
      state: "JobComplete",
      numberRecordsProcessed: 1,
      numberRecordsFailed: 0,
    });
  });

  it("with a pace the clock decides how far a job comes, and an abort leaves the rest unprocessed", async () => {
    const paced = await connect(await testOrg({ bulkPaceMs: 1000 }));
    const rows = Array.from({ length: 450 }, (_, index) => `Row ${index}`);
    const { id } = await open({ object: "Account", operation: "insert" }, paced);
    await put(id, `Name\n${rows.join("\n")}\n`, paced);
    await close(id, paced);
    const states: [string, number][] = [];
    for (const seconds of [0, 1, 1, 1]) {
      paced.org.clock.advance({ seconds });
      const info = await jobInfo(id, paced);
      states.push([info.state, info.numberRecordsProcessed]);
    }
    await call("PATCH", `/jobs/ingest/${id}`, '{"state":"Aborted"}', "application/json", paced);
    paced.org.clock.advance({ hours: 1 });
    const info = await jobInfo(id, paced);
    const left = await (await call("GET", `/jobs/ingest/${id}/unprocessedrecords`, undefined, undefined, paced)).text();
    await paced.org.close();
    expect(states).toEqual([
      ["UploadComplete", 0],
      ["InProgress", 0],
      ["InProgress", 200],
      ["InProgress", 400],
    ]);
    expect(info).toMatchObject({ state: "Aborted", numberRecordsProcessed: 400 });
    expect(left.trimEnd().split("\n").length).toBe(1 + 50);
  });

  it("queries become CSV, page by page", async () => {
    await client.conn.sobject("Product2").create(["P1", "P2", "P3"].map((Name) => ({ Name, IsActive: true })));
    const stream = await client.conn.bulk2.query(
      "SELECT Name, IsActive, CreatedBy.Username FROM Product2 ORDER BY Name",
    );
    const records = await stream.toArray();
    const { id } = await post("/jobs/query", { operation: "query", query: "SELECT Name FROM Product2 ORDER BY Name" });
    await queryEnded(id);
    const first = await call("GET", `/jobs/query/${id}/results?maxRecords=2`);
    const locator = first.headers.get("sforce-locator") ?? "";
    const last = await call("GET", `/jobs/query/${id}/results?maxRecords=2&locator=${locator}`);
    const pages = await (await call("GET", `/jobs/query/${id}/resultPages`)).json();
    expect(records[0]).toEqual({ Name: "P1", IsActive: "true", "CreatedBy.Username": "admin@mock.org" });
    expect(await first.text()).toBe('"Name"\n"P1"\n"P2"\n');
    expect(first.headers.get("sforce-numberofrecords")).toBe("2");
    expect(await last.text()).toBe('"Name"\n"P3"\n');
    expect(last.headers.get("sforce-locator")).toBe("null");
    expect(pages).toMatchObject({
      done: true,
      resultPages: [{ resultUrl: `/services/data/v62.0/jobs/query/${id}/results` }],
    });
  });

  it.each([
    ["SELECT COUNT(Id) FROM Account", "Aggregate functions and GROUP BY not supported in Bulk Query"],
    ["SELECT BillingAddress FROM Account", "Selecting compound data not supported in Bulk Query"],
    [
      "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
      "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
    ],
  ])("%s is refused", async (query, message) => {
    const response = await call("POST", "/jobs/query", JSON.stringify({ operation: "query", query }));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual([{ message, errorCode: "API_ERROR" }]);
  });

  async function runJob(job: object, csv: string): Promise<{ id: string; info: JobInfo }> {
    const { id } = await open(job);
    await put(id, csv);
    await close(id);
    return { id, info: await ended(id) };
  }

  function open(job: object, target: Client = client): Promise<JobInfo> {
    return post("/jobs/ingest", job, target);
  }

  function put(id: string, csv: string, target: Client = client): Promise<Response> {
    return call("PUT", `/jobs/ingest/${id}/batches`, csv, "text/csv", target);
  }

  async function close(id: string, target: Client = client): Promise<void> {
    await call("PATCH", `/jobs/ingest/${id}`, '{"state":"UploadComplete"}', "application/json", target);
  }

  async function jobInfo(id: string, target: Client = client): Promise<JobInfo> {
    return (await (await call("GET", `/jobs/ingest/${id}`, undefined, undefined, target)).json()) as JobInfo;
  }

  /** Without a pace a job ends between two requests or three; the bound only guards against a hanging test. */
  async function ended(id: string): Promise<JobInfo> {
    for (let tries = 0; tries < 100; tries += 1) {
      const info = await jobInfo(id);
      if (["JobComplete", "Failed", "Aborted"].includes(info.state)) return info;
    }
    throw new Error(`job ${id} does not end`);
  }

  async function queryEnded(id: string): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const info = (await (await call("GET", `/jobs/query/${id}`)).json()) as JobInfo;
      if (info.state === "JobComplete") return;
    }
    throw new Error(`job ${id} does not end`);
  }

  async function post(path: string, body: object, target: Client = client): Promise<JobInfo> {
    return (await (await call("POST", path, JSON.stringify(body), "application/json", target)).json()) as JobInfo;
  }

  function call(
    method: string,
    path: string,
    body?: string,
    contentType = "application/json",
    target: Client = client,
  ): Promise<Response> {
    return fetch(`${target.url}/services/data/v62.0${path}`, {
      method,
      headers: { authorization: `Bearer ${target.conn.accessToken}`, "content-type": contentType },
      ...(body === undefined ? {} : { body }),
    });
  }
});
