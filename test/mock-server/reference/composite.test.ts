/** The composite family (reference: rest-api §9, order-domain §14). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textField } from "../../../mock-server/setup/custom-fields.ts";
import { type Answer, activatedOrder, type Client, DATA, draftOrder, fault, openShop, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop({
    fields: {
      Account: [textField("Ext__c", { externalId: true, unique: true }), textField("Many__c", { externalId: true })],
    },
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

const ROLLED_BACK = {
  errorCode: "PROCESSING_HALTED",
  message: "The transaction was rolled back since another operation in the same transaction failed.",
};
const NOT_ALL_VALID = {
  statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
  message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
  fields: [],
};

const post = (referenceId: string, object: string, body: unknown): Record<string, unknown> => ({
  method: "POST",
  url: `${DATA}/sobjects/${object}`,
  referenceId,
  body,
});

const composite = (compositeRequest: readonly unknown[], options: Record<string, unknown> = {}): Promise<Answer> =>
  admin.post("/composite", { ...options, compositeRequest });

const count = async (soql: string): Promise<number> => (await admin.query(soql)).body.totalSize;

describe("/composite", () => {
  it("GET tells where the family lives", async () => {
    expect((await admin.get("/composite")).text).toBe(
      `{"tree":"${DATA}/composite/tree","batch":"${DATA}/composite/batch","sobjects":"${DATA}/composite/sobjects","graph":"${DATA}/composite/graph"}`,
    );
  });

  it("creates an order with a line and activates it, as storefronts do", async () => {
    const { status, text, body } = await composite(
      [
        post("newOrder", "Order", {
          AccountId: shop.account,
          Pricebook2Id: shop.book,
          EffectiveDate: "2026-08-01",
          Status: "Draft",
        }),
        post("line1", "OrderItem", {
          OrderId: "@{newOrder.id}",
          PricebookEntryId: shop.entry,
          Quantity: 2,
          UnitPrice: 499.0,
        }),
        {
          method: "PATCH",
          url: `${DATA}/sobjects/Order/@{newOrder.id}`,
          referenceId: "activate",
          body: { Status: "Activated" },
        },
      ],
      { allOrNone: true },
    );
    const [order, line] = body.compositeResponse;
    expect([status, text]).toEqual([
      200,
      `{"compositeResponse":[{"body":{"id":"${order.body.id}","success":true,"errors":[]},"httpHeaders":{"Location":"${DATA}/sobjects/Order/${order.body.id}"},"httpStatusCode":201,"referenceId":"newOrder"},` +
        `{"body":{"id":"${line.body.id}","success":true,"errors":[]},"httpHeaders":{"Location":"${DATA}/sobjects/OrderItem/${line.body.id}"},"httpStatusCode":201,"referenceId":"line1"},` +
        `{"body":null,"httpHeaders":{},"httpStatusCode":204,"referenceId":"activate"}]}`,
    ]);
    expect(await admin.read("Order", order.body.id, "StatusCode, TotalAmount")).toEqual({
      StatusCode: "Activated",
      TotalAmount: 998,
    });
  });

  it("an order cannot be born activated, with lines in the same request or not", async () => {
    const { body } = await composite(
      [
        post("o", "Order", {
          AccountId: shop.account,
          Pricebook2Id: shop.book,
          EffectiveDate: "2026-08-01",
          Status: "Activated",
        }),
        post("l", "OrderItem", { OrderId: "@{o.id}", PricebookEntryId: shop.entry, Quantity: 1, UnitPrice: 1 }),
      ],
      { allOrNone: true },
    );
    expect(body.compositeResponse.map((each: { httpStatusCode: number }) => each.httpStatusCode)).toEqual([400, 400]);
    expect(body.compositeResponse[0].body[0].errorCode).toBe("FAILED_ACTIVATION");
    expect(body.compositeResponse[1].body).toEqual([ROLLED_BACK]);
  });

  it("allOrNone: the culprit keeps its answer, all others are rolled back", async () => {
    const { status, body } = await composite(
      [post("a", "Account", { Name: "CA" }), post("b", "Account", {}), post("c", "Account", { Name: "CC" })],
      { allOrNone: true },
    );
    expect(status).toBe(200);
    expect(body.compositeResponse).toEqual([
      { body: [ROLLED_BACK], httpHeaders: {}, httpStatusCode: 400, referenceId: "a" },
      {
        body: fault("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
        httpHeaders: {},
        httpStatusCode: 400,
        referenceId: "b",
      },
      { body: [ROLLED_BACK], httpHeaders: {}, httpStatusCode: 400, referenceId: "c" },
    ]);
    expect(await count("SELECT Id FROM Account WHERE Name IN ('CA', 'CC')")).toBe(0);
  });

  it("without it independent ones go on, dependents are halted", async () => {
    const { body } = await composite([
      post("a", "Account", {}),
      post("b", "Contact", { LastName: "B", AccountId: "@{a.id}" }),
      post("c", "Account", { Name: "Free" }),
    ]);
    const [, b, c] = body.compositeResponse;
    expect([b.httpStatusCode, b.body[0].errorCode, Object.keys(b.body[0])]).toEqual([
      400,
      "PROCESSING_HALTED",
      ["errorCode", "message"],
    ]);
    expect(b.body[0].message).toBe("Invalid reference specified. No value for a.id found in a.");
    expect(c.httpStatusCode).toBe(201);
  });

  it("a reference goes into addresses, texts, queries and lists of fields", async () => {
    const { body } = await composite([
      post("a", "Account", { Name: "Ref" }),
      { method: "GET", referenceId: "q", url: `${DATA}/query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{a.id}'` },
      { method: "GET", referenceId: "r", url: `${DATA}/sobjects/Account/@{q.records[0].Id}?fields=Name` },
      post("c", "Account", { Name: "@{r.Name} & Sons", ParentId: "@{a.id}", Site: "@{r.Name}" }),
      { method: "GET", referenceId: "f", url: `${DATA}/sobjects/Account/@{c.id}?fields=Name,ParentId` },
    ]);
    expect(body.compositeResponse.map((each: { httpStatusCode: number }) => each.httpStatusCode)).toEqual([
      201, 200, 200, 201, 200,
    ]);
    expect(body.compositeResponse[4].body).toMatchObject({
      Name: "Ref & Sons",
      ParentId: body.compositeResponse[0].body.id,
    });
  });

  it("a record's null is substituted as null, a field that was not read is not", async () => {
    const { body } = await composite([
      { method: "GET", referenceId: "r", url: `${DATA}/sobjects/Account/${shop.account}?fields=Name,ParentId` },
      post("a", "Account", { Name: "N", ParentId: "@{r.ParentId}" }),
      post("b", "Account", { Name: "N", Site: "@{r.Site}" }),
      post("c", "Account", { Name: "N", Site: "@{r.name}" }),
    ]);
    expect(body.compositeResponse.map((each: { httpStatusCode: number }) => each.httpStatusCode)).toEqual([
      200, 201, 400, 400,
    ]);
  });

  it.each<[string, unknown, number]>([
    ["a forward reference", [post("a", "Account", { Name: "@{b.id}" }), post("b", "Account", { Name: "B" })], 200],
    ["an unknown reference", [post("a", "Account", { Name: "@{nope.id}" })], 200],
    ["the same name twice", [post("a", "Account", { Name: "A" }), post("a", "Account", { Name: "B" })], 400],
    ["a name with a hyphen", [post("a-b", "Account", { Name: "A" })], 400],
    ["a name that begins with an underscore", [post("_a", "Account", { Name: "A" })], 400],
    ["no name", [{ method: "GET", url: `${DATA}/limits` }], 400],
    [
      "a header that is inherited",
      [{ method: "GET", url: `${DATA}/limits`, referenceId: "a", httpHeaders: { Accept: "application/json" } }],
      400,
    ],
    ["a method in small letters", [{ method: "get", url: `${DATA}/sobjects`, referenceId: "a" }], 400],
    ["26 requests", Array.from({ length: 26 }, (_, at) => post(`a${at}`, "Account", { Name: "A" })), 400],
    ["25 requests", Array.from({ length: 25 }, (_, at) => post(`a${at}`, "Account", { Name: "A" })), 200],
    [
      "6 queries",
      Array.from({ length: 6 }, (_, at) => ({
        method: "GET",
        referenceId: `q${at}`,
        url: `${DATA}/query?q=SELECT+Id+FROM+User`,
      })),
      400,
    ],
    [
      "5 queries",
      Array.from({ length: 5 }, (_, at) => ({
        method: "GET",
        referenceId: `q${at}`,
        url: `${DATA}/query?q=SELECT+Id+FROM+User`,
      })),
      200,
    ],
    ["none", [], 200],
    ["no list", undefined, 400],
    ["a list of nothing", [null], 400],
  ])("%s", async (_, list, status) => {
    const answer = await admin.post("/composite", { compositeRequest: list });
    expect(answer.status).toBe(status);
  });

  it("a forward reference fails that subrequest alone", async () => {
    const { body } = await composite([post("a", "Account", { Name: "@{b.id}" }), post("b", "Account", { Name: "B" })]);
    expect(body.compositeResponse[0]).toMatchObject({
      httpStatusCode: 400,
      body: [{ errorCode: "PROCESSING_HALTED" }],
    });
    expect(body.compositeResponse[1].httpStatusCode).toBe(201);
  });

  it.each(["https://example.com/", "/services/apexrest/x", "v62.0/limits", ""])(
    "the address %j is refused",
    async (url) => {
      const { status, body } = await composite([{ method: "GET", url, referenceId: "a" }]);
      expect(status === 400 || body.compositeResponse[0].httpStatusCode >= 400).toBe(true);
    },
  );

  it("a bad name is reported with its letters", async () => {
    const { body } = await composite([post("Link-xyz", "Account", { Name: "A" })]);
    expect(body[0].message).toBe(
      "Provided referenceId ('Link-xyz') must start with a letter or a number, and it can contain only letters, " +
        "numbers and underscores ('_').",
    );
  });

  it("before version 52 only the dependents of a bad name fail", async () => {
    const { status, body } = await admin.post("/services/data/v51.0/composite", {
      compositeRequest: [{ ...post("a-b", "Account", { Name: "A" }), url: "/services/data/v51.0/sobjects/Account" }],
    });
    expect([status, body.compositeResponse[0].referenceId, body.compositeResponse[0].httpStatusCode]).toEqual([
      200,
      "a-b",
      201,
    ]);
  });

  it("conditions and validators pass through", async () => {
    const first = await composite([
      { method: "GET", referenceId: "r", url: `${DATA}/sobjects/Account/${shop.account}?fields=Name` },
    ]);
    const { ETag } = first.body.compositeResponse[0].httpHeaders;
    expect(ETag).toMatch(/^"/);
    const second = await composite([
      {
        method: "GET",
        referenceId: "r",
        url: `${DATA}/sobjects/Account/${shop.account}?fields=Name`,
        httpHeaders: { "If-None-Match": ETag },
      },
    ]);
    expect(second.body.compositeResponse[0]).toMatchObject({ body: null, httpStatusCode: 304 });
  });

  it("a nested collection obeys the outer allOrNone", async () => {
    const { body } = await composite(
      [
        {
          method: "POST",
          referenceId: "c",
          url: `${DATA}/composite/sobjects`,
          body: {
            allOrNone: false,
            records: [{ attributes: { type: "Account" }, Name: "Nested" }, { attributes: { type: "Account" } }],
          },
        },
        post("a", "Account", { Name: "Nested" }),
      ],
      { allOrNone: true },
    );
    expect(await count("SELECT Id FROM Account WHERE Name = 'Nested'")).toBe(0);
    expect(body.compositeResponse.length).toBe(2);
  });

  it("counts as one call", async () => {
    const used = (answer: Answer): number =>
      Number(/api-usage=(\d+)/.exec(answer.headers.get("sforce-limit-info") ?? "")?.[1]);
    const before = used(await admin.get("/limits"));
    const after = await composite([post("a", "Account", { Name: "A" }), post("b", "Account", { Name: "B" })]);
    expect(used(after)).toBe(before + 1);
  });
});

describe("/composite/batch", () => {
  it("answers each in order; later ones see earlier ones", async () => {
    const { status, text } = await admin.post("/composite/batch", {
      batchRequests: [
        { method: "PATCH", url: `v62.0/sobjects/Account/${shop.account}`, richInput: { Site: "Batch" } },
        { method: "GET", url: `v61.0/sobjects/Account/${shop.account}?fields=Site` },
        { method: "GET", url: "v62.0/sobjects/Account/001000000000999AAA" },
      ],
    });
    expect([status, text]).toEqual([
      200,
      `{"hasErrors":true,"results":[{"statusCode":204,"result":null},` +
        `{"statusCode":200,"result":{"attributes":{"type":"Account","url":"/services/data/v61.0/sobjects/Account/${shop.account}"},"Site":"Batch","Id":"${shop.account}"}},` +
        '{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]}]}',
    ]);
  });

  it("halts when asked to", async () => {
    const { body } = await admin.post("/composite/batch", {
      haltOnError: true,
      batchRequests: [
        { method: "GET", url: "v62.0/sobjects/Nope" },
        { method: "POST", url: "v62.0/sobjects/Account", richInput: { Name: "Never" } },
      ],
    });
    expect(body.results[1]).toEqual({
      statusCode: 412,
      result: [{ errorCode: "BATCH_PROCESSING_HALTED", message: "Batch processing halted per request" }],
    });
    expect(await count("SELECT Id FROM Account WHERE Name = 'Never'")).toBe(0);
  });

  it("counts every request", async () => {
    const used = (answer: Answer): number =>
      Number(/api-usage=(\d+)/.exec(answer.headers.get("sforce-limit-info") ?? "")?.[1]);
    const before = used(await admin.get("/limits"));
    const answer = await admin.post("/composite/batch", {
      batchRequests: Array.from({ length: 4 }, () => ({ method: "GET", url: "v62.0/limits" })),
    });
    expect(used(answer)).toBe(before + 4);
  });
});

describe("/composite/tree", () => {
  it("saves roots, then children", async () => {
    const { status, body } = await admin.post("/composite/tree/Account", {
      records: [
        {
          attributes: { type: "Account", referenceId: "ref1" },
          name: "T1",
          Contacts: { records: [{ attributes: { type: "Contact", referenceId: "ref2" }, lastname: "C1" }] },
        },
        { attributes: { type: "Account", referenceId: "ref4" }, name: "T2" },
      ],
    });
    expect(status).toBe(201);
    expect(body.hasErrors).toBe(false);
    expect(body.results.map((each: { referenceId: string }) => each.referenceId)).toEqual(["ref1", "ref4", "ref2"]);
    expect(Object.keys(body.results[0])).toEqual(["referenceId", "id"]);
    expect((await admin.read("Contact", body.results[2].id, "AccountId")).AccountId).toBe(body.results[0].id);
  });

  it("is all or nothing, and names the culprits alone", async () => {
    const { status, text } = await admin.post("/composite/tree/Account", {
      records: [
        {
          attributes: { type: "Account", referenceId: "ref1" },
          Name: "Tree",
          Contacts: {
            records: [{ attributes: { type: "Contact", referenceId: "ref2" }, LastName: "C", Email: "123" }],
          },
        },
      ],
    });
    expect([status, text]).toEqual([
      400,
      '{"hasErrors":true,"results":[{"referenceId":"ref2","errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address: 123","fields":["Email"]}]}]}',
    ]);
    expect(await count("SELECT Id FROM Account WHERE Name = 'Tree'")).toBe(0);
  });

  it.each<[string, unknown]>([
    ["no attributes", [{ Name: "A" }]],
    ["no referenceId", [{ attributes: { type: "Account" }, Name: "A" }]],
    ["another type", [{ attributes: { type: "Contact", referenceId: "r" }, LastName: "A" }]],
    [
      "201 records",
      Array.from({ length: 201 }, (_, at) => ({ attributes: { type: "Account", referenceId: `r${at}` }, Name: "A" })),
    ],
    ["a name twice", ["r", "r"].map((referenceId) => ({ attributes: { type: "Account", referenceId }, Name: "A" }))],
    [
      "an unknown relationship",
      [{ attributes: { type: "Account", referenceId: "r" }, Name: "A", Nopes: { records: [] } }],
    ],
  ])("%s is refused", async (_, records) => {
    expect((await admin.post("/composite/tree/Account", { records })).status).toBe(400);
  });

  it("an order comes with its lines", async () => {
    const { status, body } = await admin.post("/composite/tree/Order", {
      records: [
        {
          attributes: { type: "Order", referenceId: "o" },
          AccountId: shop.account,
          Pricebook2Id: shop.book,
          EffectiveDate: "2026-08-01",
          Status: "Draft",
          OrderItems: {
            records: [
              {
                attributes: { type: "OrderItem", referenceId: "l" },
                PricebookEntryId: shop.entry,
                Quantity: 1,
                UnitPrice: 2,
              },
            ],
          },
        },
      ],
    });
    expect(status).toBe(201);
    expect(await admin.read("Order", body.results[0].id, "TotalAmount")).toEqual({ TotalAmount: 2 });
  });
});

describe("/composite/sobjects", () => {
  const account = (values: Record<string, unknown>): Record<string, unknown> => ({
    attributes: { type: "Account" },
    ...values,
  });

  it("saves what it can, in order", async () => {
    const { status, body } = await admin.post("/composite/sobjects", {
      records: [
        account({ Name: "S1" }),
        account({}),
        { attributes: { type: "Contact" }, LastName: "L" },
        account({ Foo: 1 }),
      ],
    });
    expect(status).toBe(200);
    expect(body.map((each: { success: boolean }) => each.success)).toEqual([true, false, true, false]);
    expect(Object.keys(body[0])).toEqual(["id", "success", "errors"]);
    expect(body[1]).toEqual({
      success: false,
      errors: [
        { statusCode: "REQUIRED_FIELD_MISSING", message: "Required fields are missing: [Name]", fields: ["Name"] },
      ],
    });
    expect(body[3].errors[0]).toEqual({
      statusCode: "INVALID_FIELD",
      message: "No such column 'Foo' on sobject of type Account",
      fields: [],
    });
  });

  it("allOrNone undoes the good ones", async () => {
    const { status, body } = await admin.post("/composite/sobjects", {
      allOrNone: true,
      records: [account({ Name: "Good" }), account({})],
    });
    expect(status).toBe(200);
    expect(body[0]).toEqual({ success: false, errors: [NOT_ALL_VALID] });
    expect(await count("SELECT Id FROM Account WHERE Name = 'Good'")).toBe(0);
  });

  it("updates by id or Id", async () => {
    const id = await admin.create("Account", { Name: "U" });
    const { body } = await admin.patch("/composite/sobjects", {
      records: [
        account({ id, Site: "1" }),
        account({ Id: id, Site: "2" }),
        account({ id: "001000000000999AAA", Site: "3" }),
      ],
    });
    expect(body.slice(0, 2)).toEqual([
      { id, success: true, errors: [] },
      { id, success: true, errors: [] },
    ]);
    expect(body[2]).toEqual({
      id: "001000000000999AAA",
      success: false,
      errors: [{ statusCode: "INVALID_CROSS_REFERENCE_KEY", message: "invalid cross reference id", fields: [] }],
    });
    expect(await admin.read("Account", id, "Site")).toEqual({ Site: "2" });
  });

  it("upserts tell what was created", async () => {
    const first = await admin.patch("/composite/sobjects/Account/Ext__c", {
      records: [account({ Name: "X1", Ext__c: "x1" }), account({ Ext__c: "x2" })],
    });
    expect(first.body[0]).toEqual({ id: first.body[0].id, success: true, errors: [], created: true });
    expect(Object.keys(first.body[0])).toEqual(["id", "success", "errors", "created"]);
    expect([first.body[1].success, first.body[1].errors[0].statusCode]).toEqual([false, "REQUIRED_FIELD_MISSING"]);
    const second = await admin.patch("/composite/sobjects/Account/Ext__c", {
      records: [account({ Name: "X1b", Ext__c: "X1" })],
    });
    expect(second.body).toEqual([{ id: first.body[0].id, success: true, errors: [], created: false }]);
  });

  it("a key that stands twice in one request fails both", async () => {
    const { body } = await admin.patch("/composite/sobjects/Account/Ext__c", {
      records: [
        account({ Name: "D", Ext__c: "dup" }),
        account({ Name: "D", Ext__c: "DUP" }),
        account({ Name: "E", Ext__c: "one" }),
      ],
    });
    expect(body.map((each: { success: boolean }) => each.success)).toEqual([false, false, true]);
    expect(body[0].errors[0]).toEqual({
      statusCode: "DUPLICATE_VALUE",
      message: "Duplicate external id specified: dup",
      fields: [],
    });
  });

  it("a key of several records is refused", async () => {
    const a = await admin.create("Account", { Name: "M", Many__c: "m" });
    const b = await admin.create("Account", { Name: "M", Many__c: "m" });
    const { body } = await admin.patch("/composite/sobjects/Account/Many__c", {
      records: [account({ Name: "N", Many__c: "m" })],
    });
    expect(body[0].errors[0]).toMatchObject({
      statusCode: "DUPLICATE_EXTERNAL_ID",
      message: `Many__c: more than one record found for external id field: [${a}, ${b}]`,
    });
  });

  it("deletes a list, in which each stands for itself", async () => {
    const id = await admin.create("Account", { Name: "Del" });
    const { body } = await admin.delete(`/composite/sobjects?ids=${id},${id},001RM000003oLrB000`);
    expect(body[0]).toEqual({ id, success: true, errors: [] });
    expect(body[1].errors[0].statusCode).toBe("ENTITY_IS_DELETED");
    expect(body[2].errors).toEqual([
      { statusCode: "MALFORMED_ID", message: "malformed id 001RM000003oLrB000", fields: [] },
    ]);
  });

  it("retrieves in the order of the Ids and of the fields, null for what is not there", async () => {
    const { text } = await admin.get(
      `/composite/sobjects/Account?ids=001000000000999AAA,${shop.account}&fields=name,id`,
    );
    expect(text).toBe(
      `[null,{"attributes":{"type":"Account","url":"${DATA}/sobjects/Account/${shop.account}"},"Name":"Acme","Id":"${shop.account}"}]`,
    );
    const posted = await admin.post("/composite/sobjects/Account", { ids: [shop.account], fields: ["Name"] });
    expect(posted.body[0].Name).toBe("Acme");
    expect((await admin.get(`/composite/sobjects/Account?ids=${shop.account}&fields=Nope`)).status).toBe(400);
  });

  it.each<[string, string, unknown, string | undefined]>([
    [
      "POST",
      "201 records",
      { records: Array.from({ length: 201 }, () => account({ Name: "A" })) },
      "EXCEEDED_ID_LIMIT",
    ],
    ["POST", "no records", {}, undefined],
    ["POST", "records without a type", { records: [{ Name: "A" }] }, undefined],
    [
      "POST",
      "a JSON error in a record",
      { records: [account({ Name: "A", NumberOfEmployees: "x" })] },
      "JSON_PARSER_ERROR",
    ],
    [
      "POST",
      "eleven chunks",
      {
        records: Array.from({ length: 11 }, (_, at) => ({
          attributes: { type: at % 2 ? "Account" : "Contact" },
          Name: "A",
          LastName: "L",
        })),
      },
      undefined,
    ],
  ])("%s with %s is 400 for all", async (method, _, body, code) => {
    const answer = await admin.call(method, "/composite/sobjects", body);
    expect(answer.status).toBe(400);
    if (code !== undefined) expect(answer.body[0].errorCode).toBe(code);
  });

  it("lines of an order are summed once each", async () => {
    const order = await draftOrder(shop);
    const line = {
      attributes: { type: "OrderItem" },
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 0.1,
    };
    await admin.post("/composite/sobjects", { records: Array.from({ length: 200 }, () => line) });
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 20 });
  });
});

describe("/composite/graph", () => {
  it("each graph stands for itself", async () => {
    const { status, body } = await admin.post("/composite/graph", {
      graphs: [
        {
          graphId: "1",
          compositeRequest: [
            post("a", "Account", { Name: "G1" }),
            post("b", "Contact", { LastName: "L", AccountId: "@{a.id}" }),
          ],
        },
        { graphId: "2", compositeRequest: [post("a", "Account", { Name: "G2" }), post("b", "Contact", {})] },
      ],
    });
    expect(status).toBe(200);
    expect(Object.keys(body.graphs[0])).toEqual(["graphId", "graphResponse", "isSuccessful"]);
    expect(body.graphs.map((graph: { isSuccessful: boolean }) => graph.isSuccessful)).toEqual([true, false]);
    const [halted, culprit] = body.graphs[1].graphResponse.compositeResponse;
    expect(halted).toEqual({ body: [ROLLED_BACK], httpHeaders: {}, httpStatusCode: 400, referenceId: "a" });
    expect(culprit.body[0].errorCode).toBe("REQUIRED_FIELD_MISSING");
    expect(await count("SELECT Id FROM Account WHERE Name IN ('G1', 'G2')")).toBe(1);
  });

  it("after more than 14 failures the rest is halted", async () => {
    const graphs = Array.from({ length: 17 }, (_, at) => ({
      graphId: `g${at}`,
      compositeRequest: [post("a", "Account", at === 16 ? { Name: "Late" } : {})],
    }));
    const { body } = await admin.post("/composite/graph", { graphs });
    const codes = body.graphs.map(
      (graph: { graphResponse: { compositeResponse: { body: { errorCode: string }[] }[] } }) =>
        graph.graphResponse.compositeResponse[0]?.body[0]?.errorCode,
    );
    expect(codes.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => "REQUIRED_FIELD_MISSING"));
    expect(codes[16]).toBe("PROCESSING_HALTED");
    expect(await count("SELECT Id FROM Account WHERE Name = 'Late'")).toBe(0);
  });

  it.each<[string, unknown]>([
    [
      "a query",
      [
        {
          graphId: "1",
          compositeRequest: [{ method: "GET", referenceId: "q", url: `${DATA}/query?q=SELECT+Id+FROM+User` }],
        },
      ],
    ],
    ["a dot in its name", [{ graphId: "1.1", compositeRequest: [post("a", "Account", { Name: "A" })] }]],
    [
      "40 characters in its name",
      [{ graphId: "x".repeat(40), compositeRequest: [post("a", "Account", { Name: "A" })] }],
    ],
    [
      "a name twice",
      ["1", "1"].map((graphId) => ({ graphId, compositeRequest: [post("a", "Account", { Name: "A" })] })),
    ],
  ])("%s is refused", async (_, graphs) => {
    const { status, body } = await admin.post("/composite/graph", { graphs });
    const refused = status === 400 || body.graphs.every((graph: { isSuccessful: boolean }) => !graph.isSuccessful);
    expect(refused).toBe(true);
  });

  it("76 graphs are too many", async () => {
    const graphs = Array.from({ length: 76 }, (_, at) => ({
      graphId: `${at}`,
      compositeRequest: [post("a", "Account", { Name: "A" })],
    }));
    expect((await admin.post("/composite/graph", { graphs })).status).toBe(400);
  });

  it("an order with its lines and its activation is one", async () => {
    const { order } = await activatedOrder(shop);
    const { body } = await admin.post("/composite/graph", {
      graphs: [
        {
          graphId: "order",
          compositeRequest: [
            {
              method: "PATCH",
              referenceId: "reopen",
              url: `${DATA}/sobjects/Order/${order}`,
              body: { Status: "Draft" },
            },
            post("line", "OrderItem", { OrderId: order, PricebookEntryId: shop.entry, Quantity: 1, UnitPrice: 2 }),
            {
              method: "PATCH",
              referenceId: "close",
              url: `${DATA}/sobjects/Order/${order}`,
              body: { Status: "Activated" },
            },
          ],
        },
      ],
    });
    expect(body.graphs[0].isSuccessful).toBe(true);
    expect(await admin.read("Order", order, "StatusCode, TotalAmount")).toEqual({
      StatusCode: "Activated",
      TotalAmount: 1000,
    });
  });
});
