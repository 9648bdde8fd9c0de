/** The partner SOAP API: through jsforce as far as it goes, by hand for the calls that other clients make. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

let client: Client;

beforeAll(async () => {
  client = await connect(await testOrg());
});

afterAll(() => client.org.close());

describe("conn.soap", () => {
  it("creates one record, and says its Id", async () => {
    const result = await client.conn.soap.create({ type: "Account", Name: "A <&> \"B\" 'C'", NumberOfEmployees: 5 });
    const account = await client.conn.sobject("Account").retrieve(idOf(result));
    expect(result).toMatchObject({ success: true, errors: [] });
    expect(account).toMatchObject({ Name: "A <&> \"B\" 'C'", NumberOfEmployees: 5 });
  });

  it("creates several, and tells good rows from bad ones", async () => {
    const results = await client.conn.soap.create([
      { type: "Account", Name: "S1" },
      { type: "Account", Phone: "1" },
      { type: "Contact", LastName: "S3" },
    ]);
    expect(results.map((result) => result.success)).toEqual([true, false, true]);
    expect(results[1]).toMatchObject({
      id: null,
      errors: [
        { fields: ["Name"], message: "Required fields are missing: [Name]", statusCode: "REQUIRED_FIELD_MISSING" },
      ],
    });
  });

  it("updates: a null goes through fieldsToNull and clears the field", async () => {
    const id = idOf(await client.conn.soap.create({ type: "Account", Name: "U", Phone: "1", Fax: "2" }));
    const result = await client.conn.soap.update({ type: "Account", Id: id, Phone: null, Fax: "3" });
    expect(result.success).toBe(true);
    expect(await client.conn.sobject("Account").retrieve(id)).toMatchObject({ Phone: null, Fax: "3" });
  });

  it("upserts by external Id and by Id", async () => {
    const first = await client.conn.soap.upsert("ERP_Key__c", { type: "Account", ERP_Key__c: "UP1", Name: "One" });
    const again = await client.conn.soap.upsert("ERP_Key__c", [{ type: "Account", ERP_Key__c: "UP1", Name: "Two" }]);
    const byId = await client.conn.soap.upsert("Id", { type: "Account", Id: idOf(first), Name: "Three" });
    expect(first).toMatchObject({ created: true, success: true });
    expect(again).toMatchObject([{ created: false, success: true, id: idOf(first) }]);
    expect(byId).toMatchObject({ created: false, success: true, id: idOf(first) });
    expect(await client.conn.sobject("Account").retrieve(idOf(first))).toMatchObject({ Name: "Three" });
  });

  it("deletes and brings back", async () => {
    const id = idOf(await client.conn.soap.create({ type: "Account", Name: "D" }));
    const deleted = await client.conn.soap.delete([id, "nonsense"]);
    const gone = await refusal(client.conn.sobject("Account").retrieve(id));
    const undeleted = await client.conn.soap.undelete([id]);
    expect(deleted).toMatchObject([
      { success: true, id },
      { success: false, errors: [{ statusCode: "MALFORMED_ID", message: "malformed id nonsense" }] },
    ]);
    expect(gone.errorCode).toBe("NOT_FOUND");
    expect(undeleted).toMatchObject([{ success: true, id }]);
    expect(await client.conn.sobject("Account").retrieve(id)).toMatchObject({ Name: "D" });
  });

  it("merges accounts", async () => {
    const ids = (await client.conn.soap.create(["M1", "M2"].map((Name) => ({ type: "Account", Name })))).map(idOf);
    const result = await client.conn.soap.merge({
      masterRecord: { type: "Account", Id: ids[0], Phone: "9" },
      recordToMergeIds: [ids[1]],
    } as never);
    expect(result).toMatchObject({ success: true, id: ids[0], mergedRecordIds: [ids[1]] });
    expect(await client.conn.sobject("Account").retrieve(ids[0] ?? "")).toMatchObject({ Phone: "9" });
  });

  it("tells the time and the user", async () => {
    const { timestamp } = await client.conn.soap.getServerTimestamp();
    const user = await client.conn.soap.getUserInfo();
    expect(timestamp).toBe("2026-03-01T08:00:00.000Z");
    expect(user).toMatchObject({ userName: "admin@mock.org", organizationId: client.org.org.id, roleId: null });
  });

  it("refuses convertLead by name", async () => {
    const error = await refusal(client.conn.soap.convertLead({ leadId: "00Q5e0000000001AAA" } as never));
    expect(error.errorCode).toBe("sf:INVALID_OPERATION");
    expect(error.message).toBe("INVALID_OPERATION: SOAP operation convertLead is not supported by the mock org");
  });
});

describe("partner calls by hand", () => {
  it("a query gives typed records, parents, children and a locator", async () => {
    const account = idOf(await client.conn.sobject("Account").create({ Name: "Q", AnnualRevenue: 12 }));
    await client.conn.sobject("Contact").create([
      { LastName: "Q1", AccountId: account },
      { LastName: "Q2", AccountId: account },
    ]);
    const soql =
      "SELECT Id, Name, AnnualRevenue, Phone, Owner.Username, (SELECT LastName FROM Contacts ORDER BY LastName) " +
      "FROM Account WHERE Name = 'Q'";
    const xml = await soap("query", `<queryString>${soql}</queryString>`);
    expect(xml).toContain('<done>true</done><queryLocator xsi:nil="true"/>');
    expect(xml).toContain(
      `<records xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id>${account}</sf:Id><sf:Id>${account}</sf:Id><sf:Name>Q</sf:Name>` +
        '<sf:AnnualRevenue>12.0</sf:AnnualRevenue><sf:Phone xsi:nil="true"/>',
    );
    expect(xml).toContain(
      '<sf:Owner xsi:type="sf:sObject"><sf:type>User</sf:type><sf:Id xsi:nil="true"/><sf:Username>admin@mock.org</sf:Username></sf:Owner>',
    );
    expect(xml).toContain('<sf:Contacts xsi:type="QueryResult"><done>true</done>');
    expect(xml).toContain("<sf:LastName>Q1</sf:LastName>");
    expect(xml).toContain("<size>1</size></result></queryResponse>");
  });

  it("queryMore gives the next page of the batch size that the header asked for", async () => {
    const rows = Array.from({ length: 250 }, (_, at) => ({ LastName: `Page ${String(at).padStart(3, "0")}` }));
    await client.conn.sobject("Contact").create(rows, { allowRecursive: true });
    const header = "<QueryOptions><batchSize>200</batchSize></QueryOptions>";
    const soql = "SELECT LastName FROM Contact WHERE LastName LIKE 'Page %' ORDER BY LastName";
    const first = await soap("query", `<queryString>${soql}</queryString>`, { header });
    const locator = /<queryLocator>(01g\w{15}-200)<\/queryLocator>/.exec(first)?.[1] ?? "";
    const second = await soap("queryMore", `<queryLocator>${locator}</queryLocator>`);
    expect([first.match(/<records /g)?.length, second.match(/<records /g)?.length]).toEqual([200, 50]);
    expect(second).toContain("<done>true</done>");
    expect(second).toContain("<sf:LastName>Page 249</sf:LastName>");
  });

  it("an aggregate names the type of its values", async () => {
    const xml = await soap("query", "<queryString>SELECT COUNT(Id) n FROM Account WHERE Name = 'none'</queryString>");
    expect(xml).toContain('xsi:type="xsd:int">0</sf:n>');
  });

  it("retrieve keeps the order of the Ids, nil for the unknown", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "R" }));
    const input = `<fieldList>Name, BillingAddress</fieldList><sObjectType>Account</sObjectType><ids>0015e0000zzzzzz</ids><ids>${id.slice(0, 15)}</ids>`;
    expect(await soap("retrieve", input)).toContain(
      `<retrieveResponse><result xsi:nil="true"/><result xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id>${id}</sf:Id>` +
        '<sf:Name>R</sf:Name><sf:BillingAddress xsi:nil="true"/>',
    );
  });

  it("an all-or-none header undoes everything", async () => {
    const xml = await soap(
      "create",
      "<sObjects><type>Account</type><Name>Never</Name></sObjects><sObjects><type>Account</type></sObjects>",
      { header: "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>" },
    );
    const { totalSize } = await client.conn.query("SELECT Id FROM Account WHERE Name = 'Never'");
    expect(xml).toContain("<statusCode>ALL_OR_NONE_OPERATION_ROLLED_BACK</statusCode>");
    expect(totalSize).toBe(0);
  });

  it("a parent is named by its external Id", async () => {
    await client.conn.sobject("Account").create({ Name: "Parent", ERP_Key__c: "PAR" });
    const xml = await soap(
      "create",
      "<sObjects><type>Contact</type><LastName>Child</LastName><Account><type>Account</type><ERP_Key__c>PAR</ERP_Key__c></Account></sObjects>",
    );
    const { records } = await client.conn.query("SELECT Account.Name FROM Contact WHERE LastName = 'Child'");
    expect(xml).toContain("<success>true</success>");
    expect(records[0]).toMatchObject({ Account: { Name: "Parent" } });
  });

  it("describes objects: flags, fields, picklists, relationships; nothing without a value", async () => {
    const [one, several, all] = [
      await soap("describeSObject", "<sObjectType>Order</sObjectType>"),
      await soap("describeSObjects", "<sObjectType>Order</sObjectType><sObjectType>Account</sObjectType>"),
      await soap("describeGlobal", ""),
    ];
    expect(one).toContain("<name>Order</name>");
    expect(one).toContain("<type>picklist</type>");
    expect(one).toContain("<value>Draft</value>");
    expect(one).toContain("<childSObject>OrderItem</childSObject>");
    expect(one).not.toContain("xsi:nil");
    expect(several.match(/<keyPrefix>/g)?.length).toBe(2);
    expect(all).toContain("<maxBatchSize>200</maxBatchSize>");
    expect(all).toContain("<name>OrderItem</name>");
  });

  it("getUpdated and getDeleted answer as REST does", async () => {
    const kept = idOf(await client.conn.sobject("Product2").create({ Name: "kept" }));
    const dropped = idOf(await client.conn.sobject("Product2").create({ Name: "dropped" }));
    await client.conn.sobject("Product2").destroy(dropped);
    client.org.clock.advance({ minutes: 2 });
    const span =
      "<sObjectType>Product2</sObjectType><startDate>2026-03-01T07:55:00.000Z</startDate><endDate>2026-03-01T08:02:00.000Z</endDate>";
    const [updated, deleted] = [await soap("getUpdated", span), await soap("getDeleted", span)];
    expect(updated).toContain(`<ids>${kept}</ids><latestDateCovered>2026-03-01T08:0`);
    expect(deleted).toContain(
      `<deletedRecords><deletedDate>2026-03-01T08:00:00.000Z</deletedDate><id>${dropped}</id></deletedRecords>`,
    );
  });

  it("every call counts, and the answer says how many there were", async () => {
    const { used } = client.org.apiUsage;
    const xml = await soap("describeGlobal", "");
    expect(client.org.apiUsage.used).toBe(used + 1);
    expect(xml).toContain(`<limitInfo><current>${used + 1}</current>`);
  });

  it.each([
    ["query", "<queryString>SELECT Nope FROM Account</queryString>", "INVALID_FIELD", "InvalidFieldFault"],
    ["query", "<queryString>SELECT FROM</queryString>", "MALFORMED_QUERY", "MalformedQueryFault"],
    ["queryMore", "<queryLocator>x</queryLocator>", "INVALID_QUERY_LOCATOR", "InvalidQueryLocatorFault"],
    ["describeSObject", "<sObjectType>Nope</sObjectType>", "INVALID_TYPE", "InvalidSObjectFault"],
    ["create", "<sObjects><type>Nope</type></sObjects>", "INVALID_TYPE", "InvalidSObjectFault"],
    ["emptyRecycleBin", "", "INVALID_OPERATION", "UnexpectedErrorFault"],
    ["__proto__", "", "XML_PARSER_ERROR", "UnexpectedErrorFault"],
  ])("%s %s is a fault", async (operation, input, code, element) => {
    const xml = await soap(operation, input, { status: 500 });
    expect(xml).toContain(`<faultcode>sf:${code}</faultcode>`);
    expect(xml).toContain(`<sf:${element} xsi:type="sf:${element}"><sf:exceptionCode>${code}</sf:exceptionCode>`);
  });

  it("201 records are one too many", async () => {
    const input = "<sObjects><type>Account</type><Name>x</Name></sObjects>".repeat(201);
    expect(await soap("create", input, { status: 500 })).toContain("EXCEEDED_ID_LIMIT");
    expect(await soap("delete", "<ids>0015e0000000001AAA</ids>".repeat(201), { status: 500 })).toContain(
      "EXCEEDED_ID_LIMIT",
    );
  });

  it("the enterprise API refuses data calls by name", async () => {
    expect(await soap("query", "<queryString>x</queryString>", { status: 500, kind: "c" })).toContain(
      "SOAP operation query of the enterprise API is not supported by the mock org",
    );
  });
});

async function soap(
  operation: string,
  input: string,
  { header = "", status = 200, kind = "u" }: { header?: string; status?: number; kind?: string } = {},
): Promise<string> {
  const message =
    '<?xml version="1.0" encoding="UTF-8"?><se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns="urn:partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<se:Header><SessionHeader><sessionId>${client.conn.accessToken}</sessionId></SessionHeader>${header}</se:Header>` +
    `<se:Body><${operation}>${input}</${operation}></se:Body></se:Envelope>`;
  const response = await fetch(`${client.url}/services/Soap/${kind}/62.0`, {
    method: "POST",
    headers: { "content-type": "text/xml", SOAPAction: '""' },
    body: message,
  });
  expect(response.status).toBe(status);
  return response.text();
}
