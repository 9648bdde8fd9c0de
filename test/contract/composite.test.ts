/** The composite resources through jsforce's request. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

interface Subresponse {
  readonly body: unknown;
  readonly httpHeaders: Record<string, string>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

const SOBJECTS = "/services/data/v62.0/sobjects";

describe("composite through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
  });

  afterAll(() => client.org.close());

  it("later subrequests use what earlier ones answered, in addresses and in bodies", async () => {
    const responses = await composite([
      { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "account", body: { Name: "A & B" } },
      {
        method: "POST",
        url: `${SOBJECTS}/Contact`,
        referenceId: "contact",
        body: { LastName: "Of @{account.id}", AccountId: "@{account.id}" },
      },
      { method: "GET", url: `${SOBJECTS}/Contact/@{contact.id}?fields=LastName,AccountId`, referenceId: "read" },
      {
        method: "GET",
        url: "/services/data/v62.0/query?q=SELECT+Name+FROM+Account+WHERE+Id='@{read.AccountId}'",
        referenceId: "query",
      },
      {
        method: "PATCH",
        url: `${SOBJECTS}/Contact/@{contact.id}`,
        referenceId: "copy",
        body: { FirstName: "@{query.records[0].Name}" },
      },
    ]);
    const id = idOf(responses[0]?.body as { id: string });
    expect(responses.map((response) => response.httpStatusCode)).toEqual([201, 201, 200, 200, 204]);
    expect(responses[0]).toEqual({
      body: { id, success: true, errors: [] },
      httpHeaders: { Location: `${SOBJECTS}/Account/${id}` },
      httpStatusCode: 201,
      referenceId: "account",
    });
    expect(responses[2]?.body).toMatchObject({ LastName: `Of ${id}`, AccountId: id });
    expect(responses[3]?.body).toMatchObject({ records: [{ Name: "A & B" }] });
    expect(responses[4]).toEqual({ body: null, httpHeaders: {}, httpStatusCode: 204, referenceId: "copy" });
  });

  it("without allOrNone the others stay, and dependents of a failure are refused", async () => {
    const responses = await composite([
      { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "good", body: { Name: "Stays" } },
      { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "bad", body: {} },
      {
        method: "POST",
        url: `${SOBJECTS}/Contact`,
        referenceId: "child",
        body: { LastName: "X", AccountId: "@{bad.id}" },
      },
    ]);
    expect(responses.map((response) => response.httpStatusCode)).toEqual([201, 400, 400]);
    expect(responses[1]?.body).toEqual([
      { message: "Required fields are missing: [Name]", errorCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] },
    ]);
    expect(responses[2]?.body).toEqual([
      { errorCode: "PROCESSING_HALTED", message: "Invalid reference specified. No value for bad.id found in bad." },
    ]);
    expect(await count("Stays")).toBe(1);
  });

  it("with allOrNone one failure undoes everything and halts the others", async () => {
    const responses = await composite(
      [
        { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "first", body: { Name: "Undone" } },
        { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "bad", body: {} },
        { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "last", body: { Name: "Undone" } },
      ],
      { allOrNone: true },
    );
    const halted = [
      {
        errorCode: "PROCESSING_HALTED",
        message: "The transaction was rolled back since another operation in the same transaction failed.",
      },
    ];
    expect(responses.map((response) => response.httpStatusCode)).toEqual([400, 400, 400]);
    expect(responses[0]?.body).toEqual(halted);
    expect(responses[1]?.body).toMatchObject([{ errorCode: "REQUIRED_FIELD_MISSING" }]);
    expect(responses[2]?.body).toEqual(halted);
    expect(await count("Undone")).toBe(0);
  });

  it("with allOrNone a collection that fails in part brings the request down", async () => {
    const records = [{ Name: "Partly" }, {}].map((record) => ({ attributes: { type: "Account" }, ...record }));
    const responses = await composite(
      [
        { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "single", body: { Name: "Partly" } },
        { method: "POST", url: "/services/data/v62.0/composite/sobjects", referenceId: "many", body: { records } },
      ],
      { allOrNone: true },
    );
    expect(responses[1]?.body).toMatchObject([
      { success: false, errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK" }] },
      { success: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING" }] },
    ]);
    expect(await count("Partly")).toBe(0);
  });

  it("a forward reference has no value", async () => {
    const [response] = await composite([
      { method: "GET", url: `${SOBJECTS}/Account/@{later.id}`, referenceId: "early" },
      { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "later", body: { Name: "Later" } },
    ]);
    expect(response?.body).toMatchObject([{ errorCode: "PROCESSING_HALTED" }]);
  });

  it("25 subrequests are taken, 26 are not", async () => {
    const requests = Array.from({ length: 26 }, (_, index) => ({
      method: "GET",
      url: `${SOBJECTS}/Account/describe`,
      referenceId: `r${index}`,
    }));
    expect((await composite(requests.slice(0, 25))).length).toBe(25);
    expect((await refusal(composite(requests))).errorCode).toBe("LIMIT_EXCEEDED");
  });

  it("five queries are taken, six are not", async () => {
    const requests = Array.from({ length: 6 }, (_, index) => ({
      method: "GET",
      url: "/services/data/v62.0/query?q=SELECT+Id+FROM+Order",
      referenceId: `q${index}`,
    }));
    expect((await composite(requests.slice(0, 5))).length).toBe(5);
    expect((await refusal(composite(requests))).errorCode).toBe("LIMIT_EXCEEDED");
  });

  it("a reference id with a hyphen refuses the whole request", async () => {
    const error = await refusal(
      composite([{ method: "POST", url: `${SOBJECTS}/Account`, referenceId: "a-b", body: { Name: "Hyphen" } }]),
    );
    expect(error.message).toBe(
      "Provided referenceId ('a-b') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').",
    );
    expect(await count("Hyphen")).toBe(0);
  });

  it("headers that are inherited may not be given", async () => {
    const error = await refusal(
      composite([
        { method: "GET", url: `${SOBJECTS}/Account/describe`, referenceId: "a", httpHeaders: { Accept: "text/html" } },
      ]),
    );
    expect(error.message).toContain("Accept");
  });

  it("a composite counts as one API call, a batch as one for each of its requests", async () => {
    const usage = client.org.apiUsage;
    const before = usage.used;
    await composite([
      { method: "GET", url: `${SOBJECTS}/Account/describe`, referenceId: "a" },
      { method: "GET", url: `${SOBJECTS}/Order/describe`, referenceId: "b" },
    ]);
    const afterComposite = usage.used;
    await batch([
      { method: "GET", url: "v62.0/sobjects/Account/describe" },
      { method: "GET", url: "v62.0/limits" },
      { method: "GET", url: "v62.0/sobjects/Order" },
    ]);
    expect([afterComposite - before, usage.used - afterComposite]).toEqual([1, 3]);
  });

  it("a batch goes on after a failure unless it shall halt", async () => {
    const requests = [
      { method: "POST", url: "v62.0/sobjects/Account", richInput: { Name: "Batch" } },
      { method: "POST", url: "v62.0/sobjects/Account", richInput: {} },
      { method: "GET", url: "v62.0/query?q=SELECT+COUNT()+FROM+Account+WHERE+Name='Batch'" },
    ];
    const going = await batch(requests);
    const halting = await batch(requests, { haltOnError: true });
    expect(going.hasErrors).toBe(true);
    expect(going.results.map((result) => result.statusCode)).toEqual([201, 400, 200]);
    expect(going.results[2]?.result).toMatchObject({ totalSize: 1 });
    expect(halting.results.map((result) => result.statusCode)).toEqual([201, 400, 412]);
    expect(halting.results[2]?.result).toMatchObject([{ errorCode: "BATCH_PROCESSING_HALTED" }]);
  });

  it("a tree creates parents and children, roots first", async () => {
    const answer = await client.conn.requestPost<{
      hasErrors: boolean;
      results: { referenceId: string; id: string }[];
    }>("/composite/tree/Account", {
      records: [
        {
          attributes: { type: "Account", referenceId: "a1" },
          Name: "Tree",
          Contacts: { records: [{ attributes: { type: "Contact", referenceId: "c1" }, LastName: "Leaf" }] },
        },
        { attributes: { type: "Account", referenceId: "a2" }, Name: "Shrub" },
      ],
    });
    expect(answer.hasErrors).toBe(false);
    expect(answer.results.map((result) => result.referenceId)).toEqual(["a1", "a2", "c1"]);
    const leaf = await client.conn.sobject("Contact").retrieve(answer.results[2]?.id ?? "");
    expect(leaf).toMatchObject({ AccountId: answer.results[0]?.id });
  });

  it("a tree with one bad record creates nothing and names it", async () => {
    const response = await post("/composite/tree/Account", {
      records: [
        { attributes: { type: "Account", referenceId: "ok" }, Name: "Felled" },
        { attributes: { type: "Account", referenceId: "bad" } },
      ],
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      hasErrors: true,
      results: [
        {
          referenceId: "bad",
          errors: [
            { statusCode: "REQUIRED_FIELD_MISSING", message: "Required fields are missing: [Name]", fields: ["Name"] },
          ],
        },
      ],
    });
    expect(await count("Felled")).toBe(0);
  });

  it("a row that was modified since is not written, by a header of its subrequest", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Before" }));
    const { SystemModstamp } = await client.conn.sobject("Account").retrieve(id);
    const read = new Date(Date.parse(String(SystemModstamp))).toUTCString();
    client.org.clock.advance({ seconds: 1 });
    const patch = (referenceId: string): object => ({
      method: "PATCH",
      url: `${SOBJECTS}/Account/${id}`,
      referenceId,
      body: { Name: referenceId },
      httpHeaders: { "If-Unmodified-Since": read },
    });

    const responses = await composite([patch("first"), patch("second")]);

    expect(responses.map((response) => response.httpStatusCode)).toEqual([204, 412]);
    expect(await client.conn.sobject("Account").retrieve(id)).toMatchObject({ Name: "first" });
  });

  it("a collection reads records in the call that writes them, as they were before", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Before" }));
    const collections = "/services/data/v62.0/composite/sobjects";
    const [read, written] = await composite([
      {
        method: "POST",
        url: `${collections}/Account`,
        referenceId: "read",
        body: { ids: [id, "001000000000000AAA"], fields: ["Id", "Name", "LastModifiedById"] },
      },
      {
        method: "PATCH",
        url: collections,
        referenceId: "write",
        body: { allOrNone: false, records: [{ attributes: { type: "Account" }, id, Name: "After" }] },
      },
    ]);
    expect(read?.body).toMatchObject([{ Id: id, Name: "Before" }, null]);
    expect(written?.body).toMatchObject([{ id, success: true }]);
  });

  it("a graph reads chosen fields of a record before it writes it", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Before" }));
    const url = `${SOBJECTS}/Account/${id}`;
    const { graphs } = await client.conn.requestPost<{
      graphs: { isSuccessful: boolean; graphResponse: { compositeResponse: Subresponse[] } }[];
    }>("/composite/graph", {
      graphs: [
        {
          graphId: "g1",
          compositeRequest: [
            { method: "GET", url: `${url}?fields=Id,Name`, referenceId: "read" },
            { method: "PATCH", url, referenceId: "write", body: { Name: "After" } },
          ],
        },
      ],
    });
    expect(graphs[0]?.isSuccessful).toBe(true);
    expect(graphs[0]?.graphResponse.compositeResponse[0]?.body).toMatchObject({ Id: id, Name: "Before" });
  });

  it("each graph stands or falls alone", async () => {
    const graph = (graphId: string, name: string, second: object) => ({
      graphId,
      compositeRequest: [
        { method: "POST", url: `${SOBJECTS}/Account`, referenceId: "a", body: { Name: name } },
        { method: "POST", url: `${SOBJECTS}/Contact`, referenceId: "c", body: { AccountId: "@{a.id}", ...second } },
      ],
    });
    const { graphs } = await client.conn.requestPost<{
      graphs: { graphId: string; isSuccessful: boolean; graphResponse: { compositeResponse: Subresponse[] } }[];
    }>("/composite/graph", { graphs: [graph("g1", "Graph 1", { LastName: "One" }), graph("g2", "Graph 2", {})] });
    expect(graphs.map(({ graphId, isSuccessful }) => [graphId, isSuccessful])).toEqual([
      ["g1", true],
      ["g2", false],
    ]);
    expect(graphs[1]?.graphResponse.compositeResponse.map((response) => response.body)).toMatchObject([
      [{ errorCode: "PROCESSING_HALTED" }],
      [{ errorCode: "REQUIRED_FIELD_MISSING" }],
    ]);
    expect([await count("Graph 1"), await count("Graph 2")]).toEqual([1, 0]);
  });

  it("after fifteen failed graphs the remaining ones are not tried", async () => {
    const graph = (index: number, body: object) => ({
      graphId: `g${index}`,
      compositeRequest: [{ method: "POST", url: `${SOBJECTS}/Account`, referenceId: "a", body }],
    });
    const failing = Array.from({ length: 15 }, (_, index) => graph(index, {}));
    const answer = await client.conn.requestPost<{ graphs: { isSuccessful: boolean }[] }>("/composite/graph", {
      graphs: [...failing, graph(15, { Name: "Never tried" })],
    });
    expect(answer.graphs.map((entry) => entry.isSuccessful)).toEqual(Array.from({ length: 16 }, () => false));
    expect(await count("Never tried")).toBe(0);
  });

  it("a graph takes rows only", async () => {
    const compositeRequest = [
      { method: "GET", url: "/services/data/v62.0/query?q=SELECT+Id+FROM+Order", referenceId: "q" },
    ];
    const error = await refusal(
      client.conn.requestPost("/composite/graph", { graphs: [{ graphId: "g", compositeRequest }] }),
    );
    expect(error.message).toContain("can't be used in a composite graph request");
  });

  async function composite(
    compositeRequest: readonly object[],
    options: { allOrNone?: boolean } = {},
  ): Promise<readonly Subresponse[]> {
    const answer = await client.conn.requestPost<{ compositeResponse: Subresponse[] }>("/composite", {
      ...options,
      compositeRequest,
    });
    return answer.compositeResponse;
  }

  function batch(batchRequests: readonly object[], options: { haltOnError?: boolean } = {}) {
    return client.conn.requestPost<{ hasErrors: boolean; results: { statusCode: number; result: unknown }[] }>(
      "/composite/batch",
      { ...options, batchRequests },
    );
  }

  function post(path: string, body: object): Promise<Response> {
    return fetch(`${client.url}/services/data/v62.0${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${client.conn.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async function count(name: string): Promise<number> {
    return (await client.conn.query(`SELECT Id FROM Account WHERE Name = '${name}'`)).totalSize;
  }
});
