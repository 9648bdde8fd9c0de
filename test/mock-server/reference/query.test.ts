/** Query and search over REST (reference: rest-api §8, soql §2, §9, §10, §12). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, DATA, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;
let order: string;
let item: string;

beforeAll(async () => {
  shop = await openShop();
  ({ admin } = shop);
  order = await draftOrder(shop);
  item = await orderItem(shop, order);
});

afterAll(() => shop.org.close());

const TAIL = "Please reference your WSDL or the describe call for the appropriate names.";

describe("answers", () => {
  it("nest parents and children, with attributes first", async () => {
    const { text } = await admin.query(
      `select statuscode, ACCOUNT.NAME, contract.ContractNumber, Account.Parent.Name,
         (SELECT quantity, Product2.Name FROM orderitems), (SELECT Id FROM Orders) from ORDER where id = '${order}'`,
    );
    const order0 = `{"type":"Order","url":"${DATA}/sobjects/Order/${order}"}`;
    const account = `{"type":"Account","url":"${DATA}/sobjects/Account/${shop.account}"}`;
    const line = `{"type":"OrderItem","url":"${DATA}/sobjects/OrderItem/${item}"}`;
    const product = `{"type":"Product2","url":"${DATA}/sobjects/Product2/${shop.product}"}`;
    expect(text).toBe(
      `{"totalSize":1,"done":true,"records":[{"attributes":${order0},"StatusCode":"Draft",` +
        `"Account":{"attributes":${account},"Name":"Acme","Parent":null},"Contract":null,` +
        `"OrderItems":{"totalSize":1,"done":true,"records":[{"attributes":${line},"Quantity":2.0,` +
        `"Product2":{"attributes":${product},"Name":"Widget"}}]},"Orders":null}]}`,
    );
  });

  it("a polymorphic parent by plain path is a Name", async () => {
    const { body } = await admin.query(`SELECT Owner.Name FROM Order WHERE Id = '${order}'`);
    expect(body.records[0].Owner.attributes).toEqual({
      type: "Name",
      url: expect.stringMatching(new RegExp(`^${DATA}/sobjects/User/005\\w{15}$`)),
    });
  });

  it.each([
    ["SELECT COUNT() FROM Order", '{"totalSize":1,"done":true,"records":[]}'],
    ["SELECT Id FROM Order WHERE Name = 'none'", '{"totalSize":0,"done":true,"records":[]}'],
    [
      "SELECT COUNT(Id) FROM Order",
      '{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":1}]}',
    ],
    [
      "SELECT Status, COUNT(Id), SUM(TotalAmount) total FROM Order GROUP BY Status",
      '{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"Status":"Draft","expr0":1,"total":998.0}]}',
    ],
  ])("%s", async (soql, text) => {
    expect((await admin.query(soql)).text).toBe(text);
  });

  it.each([
    "SELECT Status, COUNT(Id), SUM(TotalAmount) FROM Order GROUP BY Status",
    "SELECT CALENDAR_YEAR(EffectiveDate) y, CALENDAR_MONTH(EffectiveDate) m, SUM(TotalAmount) FROM Order WHERE StatusCode='Activated' GROUP BY CALENDAR_YEAR(EffectiveDate), CALENDAR_MONTH(EffectiveDate)",
    "SELECT Account.Name, SUM(TotalAmount) FROM Order WHERE StatusCode='Activated' GROUP BY Account.Name ORDER BY SUM(TotalAmount) DESC",
    "SELECT Product2.Name, SUM(Quantity), SUM(TotalPrice) FROM OrderItem WHERE Order.StatusCode='Activated' GROUP BY Product2.Name",
    "SELECT Id FROM Order WHERE StatusCode='Activated' AND Status NOT IN ('Shipped','Completed')",
    "SELECT Id FROM Order WHERE StatusCode='Draft' AND CreatedDate < LAST_N_DAYS:30",
    "SELECT IsReductionOrder, SUM(TotalAmount) FROM Order WHERE StatusCode='Activated' GROUP BY IsReductionOrder",
    "SELECT CALENDAR_MONTH(convertTimezone(ActivatedDate)) m, COUNT(Id) n FROM Order GROUP BY CALENDAR_MONTH(convertTimezone(ActivatedDate))",
  ])("the analysis %s runs", async (soql) => {
    expect((await admin.query(soql)).status).toBe(200);
  });

  it("+ stands for a blank", async () => {
    expect((await admin.get("/query/?q=SELECT+Id+FROM+Order+LIMIT+1")).body.totalSize).toBe(1);
  });
});

describe("refusals", () => {
  it.each<[string, string, string, string]>([
    ["no q", "/query", "MALFORMED_QUERY", "A query string has to be specified"],
    ["an empty q", "/query?q=", "MALFORMED_QUERY", "SOQL statements cannot be empty or null"],
    ["a blank q", "/queryAll?q=%20+", "MALFORMED_QUERY", "SOQL statements cannot be empty or null"],
    ["no keyword", "/query?q=SELEKT", "MALFORMED_QUERY", "unexpected token: 'SELEKT'"],
    [
      "an unknown field",
      "/query?q=SELECT+Foo+FROM+Account",
      "INVALID_FIELD",
      "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'. If you " +
        `are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${TAIL}`,
    ],
    [
      "an unknown object",
      "/query?q=select+count()+from+XYZZY",
      "INVALID_TYPE",
      "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not " +
        `supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${TAIL}`,
    ],
    [
      "a bad Id",
      "/query?q=SELECT+Id+FROM+Account+WHERE+Id='foo'",
      "INVALID_QUERY_FILTER_OPERATOR",
      "invalid ID field: foo",
    ],
    [
      "a far offset",
      "/query?q=SELECT+Id+FROM+Account+OFFSET+2001",
      "NUMBER_OUTSIDE_VALID_RANGE",
      "Maximum SOQL offset allowed",
    ],
    ["a wrong locator", "/query/01gB000003OCxSPIA1-2000", "INVALID_QUERY_LOCATOR", "invalid query locator"],
    ["a word as locator", "/query/nonsense", "INVALID_QUERY_LOCATOR", "invalid query locator"],
    ["a negative place", "/query/01gB000003OCxSPIA1--1", "INVALID_QUERY_LOCATOR", "invalid query locator"],
    ["no search", "/search", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."],
    [
      "no braces",
      "/search?q=FIND+acme",
      "MALFORMED_SEARCH",
      "No search term found. The search term must be enclosed in braces.",
    ],
    ["one character", "/search?q=FIND+{a}", "INVALID_SEARCH", "search term must be longer than one character: a"],
  ])("%s", async (_, path, code, message) => {
    const { status, body } = await admin.get(path);
    expect(status).toBe(400);
    expect(Object.keys(body[0])).toEqual(["message", "errorCode"]);
    expect(body[0].errorCode).toBe(code);
    expect(body[0].message).toContain(message);
  });
});

describe("pages", () => {
  it("have the size that a client wants, clamped, and a locator with the place of the next row", async () => {
    const many = await openShop();
    for (let batch = 0; batch < 3; batch += 1) {
      const records = Array.from({ length: 200 }, (_, at) => ({
        attributes: { type: "Product2" },
        Name: `P ${batch * 200 + at}`,
      }));
      await many.admin.post("/composite/sobjects", { records });
    }
    const soql = encodeURIComponent("SELECT Name FROM Product2 WHERE Name LIKE 'P %' ORDER BY Id");
    const first = await many.admin.get(`/query?q=${soql}`, { "sforce-query-options": "batchSize=200" });
    expect(Object.keys(first.body)).toEqual(["totalSize", "done", "nextRecordsUrl", "records"]);
    expect(first.body).toMatchObject({ totalSize: 600, done: false });
    expect(first.body.nextRecordsUrl).toMatch(new RegExp(`^${DATA}/query/01g\\w{15}-200$`));
    expect(first.body.records.length).toBe(200);
    const second = await many.admin.get(first.body.nextRecordsUrl);
    expect(second.body.nextRecordsUrl).toMatch(/-400$/);
    expect(second.body.records[0].Name).toBe("P 200");
    const third = await many.admin.get(second.body.nextRecordsUrl.replace("/query/", "/queryAll/"));
    expect([third.body.done, third.body.nextRecordsUrl, third.body.records.length]).toEqual([true, undefined, 200]);
    const tiny = await many.admin.get(`/query?q=${soql}`, { "sforce-query-options": "batchSize=1" });
    expect(tiny.body.records.length).toBe(200);
    const huge = await many.admin.get(`/query?q=${soql}`, { "sforce-query-options": "batchSize=5000" });
    expect(huge.body.records.length).toBe(600);
    await many.org.close();
  });
});

describe("explain", () => {
  it("tells plans and reads nothing", async () => {
    const { status, body } = await admin.get(
      `/query?explain=${encodeURIComponent("SELECT Id FROM Order WHERE AccountId = null")}`,
    );
    expect(status).toBe(200);
    expect(Object.keys(body.plans[0]).sort()).toEqual([
      "cardinality",
      "fields",
      "leadingOperationType",
      "notes",
      "relativeCost",
      "sobjectCardinality",
      "sobjectType",
    ]);
    expect((await admin.get("/query?explain=SELEKT")).body[0].errorCode).toBe("MALFORMED_QUERY");
  });
});

describe("search", () => {
  it("finds words in the objects that were named", async () => {
    const { status, text } = await admin.get(
      `/search?q=${encodeURIComponent("FIND {acm*} IN NAME FIELDS RETURNING Account(Name), Product2(Id, Name)")}`,
    );
    expect([status, text]).toEqual([
      200,
      `{"searchRecords":[{"attributes":{"type":"Account","url":"${DATA}/sobjects/Account/${shop.account}"},"Name":"Acme"}]}`,
    ]);
  });

  it("is a bare list before version 37", async () => {
    const { body } = await admin.get(
      `/services/data/v36.0/search?q=${encodeURIComponent("FIND {Acme} RETURNING Account")}`,
    );
    expect(body).toEqual([
      {
        attributes: { type: "Account", url: `/services/data/v36.0/sobjects/Account/${shop.account}` },
        Id: shop.account,
      },
    ]);
  });

  it("with parameters answers the same in both forms", async () => {
    const expected = {
      searchRecords: [
        {
          attributes: { type: "Account", url: `${DATA}/sobjects/Account/${shop.account}` },
          Id: shop.account,
          Name: "Acme",
        },
      ],
    };
    const get = await admin.get(
      "/parameterizedSearch?q=acme&sobject=Account&Account.fields=Id,Name&Account.limit=10&in=ALL&overallLimit=100",
    );
    expect(get.body).toEqual(expected);
    const post = await admin.post("/parameterizedSearch", {
      q: "acme",
      sobjects: [{ name: "Account", fields: ["Id", "Name"], where: "Name != null", orderBy: "Name", limit: 5 }],
      overallLimit: 100,
    });
    expect(post.body).toEqual(expected);
    expect((await admin.get("/parameterizedSearch?sobject=Account")).status).toBe(400);
    expect((await admin.post("/parameterizedSearch", { q: 1 })).status).toBe(400);
  });

  it("order products are not searched", async () => {
    const answer = await admin.get(`/search?q=${encodeURIComponent("FIND {acme} RETURNING OrderItem(Id)")}`);
    expect(answer.status).toBe(400);
  });
});

describe("the guard", () => {
  it("a query longer than an address goes into a composite", async () => {
    const soql = `SELECT Id FROM Account WHERE Name IN (${Array.from({ length: 900 }, (_, at) => `'account ${at}'`).join()})`;
    const direct = await admin.get(`/query?q=${"x".repeat(16_400)}`);
    expect(direct.status).toBe(414);
    const { body } = await admin.post("/composite", {
      compositeRequest: [{ method: "GET", referenceId: "q", url: `${DATA}/query?q=${encodeURIComponent(soql)}` }],
    });
    expect(body.compositeResponse[0].httpStatusCode).toBe(200);
  });

  it("a statement of more than 100,000 characters is refused", async () => {
    const soql = `SELECT Id FROM Account WHERE Name = '${"x".repeat(100_001)}'`;
    const { body } = await admin.post("/composite", {
      compositeRequest: [{ method: "GET", referenceId: "q", url: `${DATA}/query?q=${encodeURIComponent(soql)}` }],
    });
    expect(body.compositeResponse[0].body).toEqual(fault("MALFORMED_QUERY", expect.any(String) as unknown as string));
  });
});
