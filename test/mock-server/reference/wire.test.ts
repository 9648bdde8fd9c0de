/** Headers, errors, Ids and values on the wire (reference: rest-api §1, §2, §4, §5, §10). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  checkboxField,
  dateField,
  datetimeField,
  lookupField,
  numberField,
  textField,
} from "../../../mock-server/setup/custom-fields.ts";
import { activatedOrder, type Client, DATA, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop({
    limits: { DailyApiRequests: 1000 },
    fields: {
      Account: [
        numberField("Big__c", { precision: 18, scale: 2 }),
        numberField("Small__c", { precision: 3, scale: 0 }),
        numberField("Key__c", { externalId: true, unique: true }),
        checkboxField("Flag__c"),
        dateField("Day__c"),
        datetimeField("When__c"),
        textField("Text__c", { length: 10 }),
        lookupField("Other__c", "Account"),
      ],
    },
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

describe("versions", () => {
  it("are listed without a session and without limits", async () => {
    const response = await shop.org.app.fetch(new Request("https://org.example/services/data"));
    expect([response.status, response.headers.get("sforce-limit-info")]).toEqual([200, null]);
    const list = (await response.json()) as { label: string; url: string; version: string }[];
    expect(list[0]).toEqual({ label: "Summer '14", url: "/services/data/v31.0", version: "31.0" });
    expect(list.at(-1)).toEqual({ label: "Summer '26", url: "/services/data/v67.0", version: "67.0" });
    expect(list.find((each) => each.version === "42.0")?.label).toBe("Spring ’18");
    expect(list.find((each) => each.version === "60.0")?.label).toBe("Spring '24");
    expect(list.find((each) => each.version === "62.0")?.label).toBe("Winter '25");
  });

  it.each(["viAmABadVersion", "v99.0", "v68.0"])("%s is not found", async (version) => {
    const answer = await admin.get(`/services/data/${version}/sobjects`);
    expect([answer.status, answer.text, answer.headers.get("sforce-limit-info")]).toEqual([
      404,
      '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
      null,
    ]);
  });

  it("a retired one is gone", async () => {
    expect((await admin.get("/services/data/v30.0/sobjects")).status).toBe(410);
  });

  it("a doubled slash is not found", async () => {
    const answer = await admin.get("/services/data/v42.0//sobjects/Account");
    expect([answer.status, answer.text]).toEqual([
      404,
      '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
    ]);
  });

  it("each has a map of resources", async () => {
    const { status, body } = await admin.get("");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      sobjects: `${DATA}/sobjects`,
      query: `${DATA}/query`,
      queryAll: `${DATA}/queryAll`,
      composite: `${DATA}/composite`,
      limits: `${DATA}/limits`,
      search: `${DATA}/search`,
      recent: `${DATA}/recent`,
      jobs: `${DATA}/jobs`,
    });
    expect(body.identity).toMatch(/^https:\/\/[^/]+\/id\/00D\w{15}\/005\w{15}$/);
  });
});

describe("errors", () => {
  it.each<[string, string, unknown, number, string]>([
    [
      "GET",
      "/nothing",
      undefined,
      404,
      '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      "",
      400,
      '[{"message":"The HTTP entity body is required, but this request has no entity body.","errorCode":"JSON_PARSER_ERROR"}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      { Id: "001000000000001AAA", Name: "A" },
      400,
      '[{"message":"The Id field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      { FavoritePet__c: 1 },
      400,
      `[{"message":"No such column 'FavoritePet__c' on sobject of type Account","errorCode":"INVALID_FIELD"}]`,
    ],
    [
      "POST",
      "/sobjects/Contact",
      { FirstName: " " },
      400,
      '[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      { Name: "A", CreatedDate: "2026-01-01T00:00:00Z", IsDeleted: true },
      400,
      '[{"message":"Unable to create/update fields: CreatedDate, IsDeleted. Please check the security settings of this field and verify that it is read/write for your profile or permission set.","errorCode":"INVALID_FIELD_FOR_INSERT_UPDATE","fields":["CreatedDate","IsDeleted"]}]',
    ],
    [
      "POST",
      "/sobjects/Contact",
      { LastName: "L", Email: "123" },
      400,
      '[{"message":"Email: invalid email address: 123","errorCode":"INVALID_EMAIL_ADDRESS","fields":["Email"]}]',
    ],
    [
      "GET",
      "/sobjects/Account/-1",
      undefined,
      404,
      '[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: -1"}]',
    ],
    [
      "PATCH",
      "/sobjects/Account/abc",
      {},
      404,
      '[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: abc"}]',
    ],
    [
      "DELETE",
      "/sobjects/Account/abc",
      undefined,
      404,
      '[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: abc"}]',
    ],
    [
      "PATCH",
      "/sobjects/Account/001900K0001pPuOAAU",
      { Name: "A" },
      400,
      '[{"message":"Account ID: id value of incorrect type: 001900K0001pPuOAAU","errorCode":"MALFORMED_ID","fields":["Id"]}]',
    ],
    [
      "PATCH",
      "/sobjects/Account/003000000000001AAA",
      { Name: "A" },
      400,
      '[{"message":"Account ID: id value of incorrect type: 003000000000001AAA","errorCode":"MALFORMED_ID","fields":["Id"]}]',
    ],
    [
      "GET",
      "/sobjects/Account/001000000000999AAA",
      undefined,
      404,
      '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
    ],
    [
      "GET",
      "/sobjects/Account/Namez/x",
      undefined,
      404,
      '[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: Namez"}]',
    ],
    [
      "DELETE",
      "/sobjects/Account/001000000000999AAA",
      undefined,
      404,
      '[{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":[]}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      { Name: "A", Big__c: [1] },
      400,
      '[{"message":"Cannot deserialize instance of double from START_ARRAY value [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]',
    ],
    [
      "POST",
      "/sobjects/Account",
      '{"Name":"A","When__c":"2017-10-17 00:00:00"}',
      400,
      '[{"message":"Cannot deserialize instance of datetime from VALUE_STRING value 2017-10-17 00:00:00 or request may be missing a required field at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]',
    ],
    ["POST", "/sobjects/Account", "{}}", 400, "JSON_PARSER_ERROR"],
    [
      "POST",
      "/sobjects/Account",
      '{"a":1,}',
      400,
      `[{"message":"Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:8]","errorCode":"JSON_PARSER_ERROR"}]`,
    ],
    ["POST", "/sobjects/Account", "[]", 400, "JSON_PARSER_ERROR"],
    ["POST", "/sobjects/Account", "1", 400, "JSON_PARSER_ERROR"],
    ["POST", "/sobjects/Account", "null", 400, "JSON_PARSER_ERROR"],
    [
      "POST",
      "/sobjects/Account",
      { Name: "A", Small__c: 1000 },
      400,
      '[{"message":"Small: value outside of valid range on numeric field: 1000.0","errorCode":"NUMBER_OUTSIDE_VALID_RANGE","fields":["Small__c"]}]',
    ],
    ["POST", "/sobjects/Account", { Name: "A", Flag__c: null }, 400, "JSON_PARSER_ERROR"],
    ["POST", "/sobjects/Account", { Name: "A", BillingAddress: { city: "B" } }, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"],
    ["PATCH", "/composite", {}, 405, "METHOD_NOT_ALLOWED"],
    ["DELETE", "/limits", undefined, 405, "METHOD_NOT_ALLOWED"],
  ])("%s %s %j", async (method, path, body, status, expected) => {
    const answer = await admin.call(method, path, body);
    const shown = expected.startsWith("[") ? answer.text : answer.body[0].errorCode;
    expect([answer.status, shown]).toEqual([status, expected]);
    expect(answer.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    expect(answer.headers.get("sforce-limit-info")).toMatch(/^api-usage=\d+\/1000$/);
  });

  it("a media type that is not supported is echoed", async () => {
    const answer = await admin.call("POST", "/sobjects/Account", "a", { "content-type": "multipart/related" });
    expect([answer.status, answer.body]).toEqual([
      415,
      [
        {
          message: "MediaType of 'multipart/related' is not supported by this resource",
          errorCode: "UNSUPPORTED_MEDIA_TYPE",
        },
      ],
    ]);
  });

  it("as XML they are Errors", async () => {
    const answer = await admin.get("/nothing", { accept: "application/xml" });
    expect(answer.text.replace(/ xmlns:xsi="[^"]*"/, "")).toContain(
      "<Errors><Error><errorCode>NOT_FOUND</errorCode><message>The requested resource does not exist</message></Error></Errors>",
    );
  });

  it("several faults of values come together, in the order of the body", async () => {
    const { status, body } = await admin.post("/sobjects/Account", {
      Text__c: "x".repeat(11),
      Name: "A",
      Small__c: 1e6,
    });
    expect(status).toBe(400);
    expect(body.map((each: { errorCode: string }) => each.errorCode)).toEqual([
      "STRING_TOO_LONG",
      "NUMBER_OUTSIDE_VALID_RANGE",
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["shape before names", { Foo: 1, When__c: "x" }, "JSON_PARSER_ERROR"],
    ["names before rights", { Foo: 1, IsDeleted: true }, "INVALID_FIELD"],
    ["rights before Ids", { IsDeleted: true, ParentId: "x" }, "INVALID_FIELD_FOR_INSERT_UPDATE"],
    ["Ids before what is required", { ParentId: "x" }, "MALFORMED_ID"],
    ["what is required before lengths", { Text__c: "x".repeat(11) }, "REQUIRED_FIELD_MISSING"],
    [
      "lengths before references",
      { Name: "A", Text__c: "x".repeat(11), ParentId: "001000000000999AAA" },
      "STRING_TOO_LONG",
    ],
  ])("are looked for in this order: %s", async (_, values, code) => {
    const answer = await admin.post("/sobjects/Account", values);
    expect(answer.body[0].errorCode).toBe(code);
  });
});

describe("requests", () => {
  it("names in addresses ignore letter case, Ids do not", async () => {
    expect((await admin.get(`/SOBJECTS/aCCount/${shop.account}`)).status).toBe(404);
    const answer = await admin.get(`/sobjects/aCCount/${shop.account}?fields=nAME`);
    expect(answer.body).toEqual({
      attributes: { type: "Account", url: `${DATA}/sobjects/Account/${shop.account}` },
      Name: "Acme",
      Id: shop.account,
    });
    expect((await admin.get(`/sobjects/Account/${shop.account.toLowerCase()}`)).status).toBe(404);
    expect((await admin.get(`/sobjects/Account/${shop.account.slice(0, 15)}`)).body.Id).toBe(shop.account);
  });

  it.each(["/sobjects/Account/", "/sobjects/", "/composite/", "/query/?q=SELECT+Id+FROM+Account", "/limits/"])(
    "a slash at the end of %s changes nothing",
    async (path) => {
      expect((await admin.get(path)).status).toBe(200);
    },
  );

  it("POST may stand for PATCH", async () => {
    const answer = await admin.post(`/sobjects/Account/${shop.account}?_HttpMethod=PATCH`, { Site: "S" });
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([204, "", null]);
    expect(await admin.read("Account", shop.account, "Site")).toEqual({ Site: "S" });
  });

  it("OAuth is another word for Bearer", async () => {
    const token = shop.org.openSession();
    const answer = await admin.get("/limits", { authorization: `OAuth ${token}` });
    expect(answer.status).toBe(200);
  });

  it("X-PrettyPrint indents", async () => {
    const answer = await admin.get("/composite", { "x-prettyprint": "1" });
    expect(answer.text).toMatch(/^\{\n {2}"tree"/);
  });

  it("a usual answer has the usual headers", async () => {
    const { headers } = await admin.get("/limits");
    expect(headers.get("cache-control")).toBe("no-cache,must-revalidate,max-age=0,no-store,private");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-sfdc-request-id") ?? "").toMatch(/^[0-9a-f]{32}$/);
    expect(headers.get("vary")).toContain("Accept-Encoding");
  });

  it("each call counts once, refused ones too", async () => {
    const used = async (path: string): Promise<number> =>
      Number(/api-usage=(\d+)/.exec((await admin.get(path)).headers.get("sforce-limit-info") ?? "")?.[1]);
    const first = await used("/limits");
    expect(await used("/nothing")).toBe(first + 1);
    expect(await used("/query?q=SELEKT")).toBe(first + 2);
    const { body } = await admin.get("/limits");
    expect(body.DailyApiRequests).toEqual({ Max: 1000, Remaining: 1000 - (first + 3) });
  });

  it("a used-up allowance is 403", async () => {
    const poor = await openShop({ limits: { DailyApiRequests: 10 } });
    let answer = await poor.admin.get("/limits");
    for (let calls = 0; calls < 12 && answer.status === 200; calls += 1) answer = await poor.admin.get("/limits");
    expect([answer.status, answer.text]).toEqual([
      403,
      '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
    ]);
    await poor.org.close();
  });

  it("recordCount counts what is known and drops the rest", async () => {
    const { body } = await admin.get("/limits/recordCount?sObjects=Product2,Nope,Pricebook2");
    expect(body).toEqual({
      sObjects: [
        { count: 1, name: "Product2" },
        { count: 2, name: "Pricebook2" },
      ],
    });
  });
});

describe("values", () => {
  it.each<[string, unknown, unknown]>([
    ["Text__c", "  a b  ", "a b"],
    ["Text__c", "   ", null],
    ["Text__c", "", null],
    ["Big__c", "12.5", 12.5],
    ["Big__c", 1.005, 1.005],
    ["Big__c", -1.005, -1.005],
    ["Big__c", 1e15, 1e15],
    ["Small__c", 12.4, 12.4],
    ["Small__c", 999, 999],
    ["Flag__c", "true", true],
    ["Flag__c", false, false],
    ["Day__c", "2026-02-28", "2026-02-28"],
    ["Day__c", "2026-02-28T00:00:00Z", "2026-02-28"],
    ["When__c", "2026-02-28T10:00:00Z", "2026-02-28T10:00:00.000+0000"],
    ["When__c", "2026-02-28T10:00:00.999Z", "2026-02-28T10:00:00.000+0000"],
    ["When__c", "2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00.000+0000"],
    ["When__c", "2026-02-28T10:00:00.000+0200", "2026-02-28T08:00:00.000+0000"],
    ["Description", "a\nb", "a\r\nb"],
    ["Industry", "Not in the list", "Not in the list"],
    ["NumberOfEmployees", 5, 5],
  ])("%s %j is read back as %j", async (field, value, expected) => {
    const id = await admin.create("Account", { Name: "V", [field]: value });
    expect(await admin.read("Account", id, field)).toEqual({ [field]: expected });
    const { body } = await admin.get(`/sobjects/Account/${id}?fields=${field}`);
    expect(body[field]).toEqual(expected);
  });

  it.each([
    ["Day__c", "2026-02-30"],
    ["Day__c", "2026-02-28 00:00:00"],
    ["Day__c", 5],
    ["When__c", "2026-02-28"],
    ["When__c", "2026-13-01T00:00:00Z"],
    ["Big__c", "x"],
    ["Big__c", true],
    ["Flag__c", "yes"],
    ["Text__c", 12],
    ["NumberOfEmployees", 1.5],
    ["Text__c", { a: 1 }],
  ])("%s %j is a JSON error", async (field, value) => {
    const answer = await admin.post("/sobjects/Account", { Name: "V", [field]: value });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, "JSON_PARSER_ERROR"]);
  });

  it("null clears", async () => {
    const id = await admin.create("Account", { Name: "V", Text__c: "a", Day__c: "2026-01-01", Other__c: shop.account });
    await admin.update("Account", id, { Text__c: null, Day__c: null, Other__c: null });
    expect(await admin.read("Account", id, "Text__c, Day__c, Other__c")).toEqual({
      Text__c: null,
      Day__c: null,
      Other__c: null,
    });
  });

  it("an address is an object, or null when all of it is empty", async () => {
    const id = await admin.create("Account", { Name: "V", BillingCity: "Bonn", BillingLatitude: 50.7 });
    expect(await admin.read("Account", id, "BillingAddress, ShippingAddress")).toEqual({
      BillingAddress: {
        city: "Bonn",
        country: null,
        geocodeAccuracy: null,
        latitude: 50.7,
        longitude: null,
        postalCode: null,
        state: null,
        street: null,
      },
      ShippingAddress: null,
    });
    const { body } = await admin.get(`/sobjects/Account/${id}`);
    expect(Object.keys(body.BillingAddress)).toEqual(Object.keys(body.BillingAddress).sort());
  });

  it("a 15-character Id is taken everywhere and comes back with 18", async () => {
    const short = shop.account.slice(0, 15);
    const id = await admin.create("Account", { Name: "V", ParentId: short });
    expect(await admin.read("Account", id, "ParentId")).toEqual({ ParentId: shop.account });
    const child = await admin.query(`SELECT Id FROM Account WHERE ParentId = '${short}'`);
    expect(child.body.records[0].Id).toBe(id);
    expect((await admin.query(`SELECT Id FROM Account WHERE Id IN ('${id.slice(0, 15)}')`)).body.totalSize).toBe(1);
    expect((await admin.get(`/composite/sobjects/Account?ids=${id.slice(0, 15)}&fields=Id`)).body[0].Id).toBe(id);
    expect((await admin.patch(`/sobjects/Account/Id/${id.slice(0, 15)}`, { Site: "S" })).body.id).toBe(id);
    const updated = await admin.patch("/composite/sobjects", {
      records: [{ attributes: { type: "Account" }, id: id.slice(0, 15), Site: "T" }],
    });
    expect(updated.body).toEqual([{ id, success: true, errors: [] }]);
    const order = await draftOrder(shop, { AccountId: short, Pricebook2Id: shop.book.slice(0, 15) });
    await orderItem(shop, order.slice(0, 15), { PricebookEntryId: shop.entry.slice(0, 15) });
    expect((await admin.get(`/sobjects/Order/${order.slice(0, 15)}/Account?fields=Name`)).body.Name).toBe("Acme");
    const deleted = await admin.delete(`/composite/sobjects?ids=${id.slice(0, 15)}`);
    expect(deleted.body).toEqual([{ id, success: true, errors: [] }]);
  });

  it("a full record begins as a real one does", async () => {
    const { body } = await admin.get(`/sobjects/Account/${shop.account}`);
    const keys = Object.keys(body);
    expect(keys.slice(0, 6)).toEqual(["attributes", "Id", "IsDeleted", "MasterRecordId", "Name", "Type"]);
    const audit = [
      "CreatedDate",
      "CreatedById",
      "LastModifiedDate",
      "LastModifiedById",
      "SystemModstamp",
      "LastActivityDate",
      "LastViewedDate",
      "LastReferencedDate",
    ];
    expect(keys.filter((key) => audit.includes(key))).toEqual(audit);
    expect(keys.at(-1)).toBe("Other__c");
  });

  it("stamps have whole seconds", async () => {
    const id = await admin.create("Account", { Name: "V" });
    const { CreatedDate, SystemModstamp } = await admin.read("Account", id, "CreatedDate, SystemModstamp");
    expect(CreatedDate).toBe("2026-03-01T08:00:00.000+0000");
    expect(SystemModstamp).toBe(CreatedDate);
  });
});

describe("conditions", () => {
  it("an account has a tag that changes with it", async () => {
    const id = await admin.create("Account", { Name: "T" });
    const first = await admin.get(`/sobjects/Account/${id}`);
    const tag = first.headers.get("etag") ?? "";
    expect(tag).toMatch(/^"[^"]+"$/);
    expect((await admin.get(`/sobjects/Account/${id}`, { "if-none-match": tag })).status).toBe(304);
    expect((await admin.get(`/sobjects/Account/${id}`, { "if-match": '"x"' })).status).toBe(412);
    const patch = (headers: Record<string, string>) =>
      admin.call("PATCH", `/sobjects/Account/${id}`, { Site: "S" }, headers);
    expect((await patch({ "if-none-match": tag })).status).toBe(412);
    expect((await patch({ "if-match": '"x"' })).status).toBe(412);
    expect((await patch({ "if-match": tag })).status).toBe(204);
    expect((await patch({ "if-match": tag })).status).toBe(412);
    expect((await admin.call("DELETE", `/sobjects/Account/${id}`, undefined, { "if-match": '"x"' })).status).toBe(204);
  });

  it("an order has none, but a date", async () => {
    const { order } = await activatedOrder(shop);
    const first = await admin.get(`/sobjects/Order/${order}`);
    expect(first.headers.get("etag")).toBeNull();
    const stamp = "Sun, 01 Mar 2026 08:00:00 GMT";
    expect((await admin.get(`/sobjects/Order/${order}`, { "if-modified-since": stamp })).status).toBe(304);
    const before = "Sun, 01 Mar 2026 07:59:59 GMT";
    expect((await admin.get(`/sobjects/Order/${order}`, { "if-modified-since": before })).status).toBe(200);
    expect((await admin.get(`/sobjects/Order/${order}`, { "if-unmodified-since": before })).status).toBe(412);
    const patch = (headers: Record<string, string>) =>
      admin.call("PATCH", `/sobjects/Order/${order}`, { Name: "N" }, headers);
    expect((await patch({ "if-unmodified-since": before })).status).toBe(412);
    expect((await patch({ "if-unmodified-since": "yesterday" })).status).toBe(400);
    expect((await patch({ "if-unmodified-since": stamp })).status).toBe(204);
    expect((await admin.get(`/sobjects/Order/${order}`, { "if-modified-since": "yesterday" })).status).toBe(200);
  });
});

describe("a number key", () => {
  it("is 123.0 on the wire or 123, which is the same number", async () => {
    const { body } = await admin.patch("/sobjects/Account/Key__c/123", { Name: "K" });
    expect(body.created).toBe(true);
    expect(await admin.read("Account", body.id, "Key__c")).toEqual({ Key__c: 123 });
    const again = await admin.post("/sobjects/Account", { Name: "K2", Key__c: 123 });
    expect([again.status, again.body]).toEqual([
      400,
      fault(
        "DUPLICATE_VALUE",
        `duplicate value found: Key__c duplicates value on record with id: ${String(body.id).slice(0, 15)}`,
        [],
      ),
    ]);
  });
});
