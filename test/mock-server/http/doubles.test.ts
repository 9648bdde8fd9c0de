/** Doubles look as the platform writes them, on every protocol: clients of other languages tell `2.0` from `2`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { wireDouble, wireJson } from "../../../mock-server/schema/wire-double.ts";

const DATA = "/services/data/v62.0";

let org: MockOrg;
let token: string;
let account: string;

beforeAll(async () => {
  org = await createMockOrg();
  token = org.openSession();
  const created = await call("POST", "/sobjects/Account", {
    Name: "A",
    AnnualRevenue: 12_345_678,
    NumberOfEmployees: 12_345_678,
    BillingLatitude: 53,
    BillingLongitude: 9.5,
  });
  account = (JSON.parse(created) as { id: string }).id;
  await call("POST", "/sobjects/Account", { Name: "B", AnnualRevenue: 0.33333333 });
});
afterAll(async () => {
  await org.close();
});

async function call(method: string, path: string, body?: unknown, accept = "application/json"): Promise<string> {
  const response = await org.app.request(path.startsWith("/services") ? path : `${DATA}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", accept },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await response.text();
}

const query = async (soql: string): Promise<string> => await call("GET", `/query?q=${encodeURIComponent(soql)}`);

describe("a double on the wire", () => {
  it("has a decimal point or an exponent in a record, and an integer has neither", async () => {
    const text = await call("GET", `/sobjects/Account/${account}`);
    expect(text).toContain('"AnnualRevenue":1.2345678E7,');
    expect(text).toContain('"NumberOfEmployees":12345678,');
    expect(text).toContain('"BillingLatitude":53.0,"BillingLongitude":9.5,');
    expect(text).toContain('"latitude":53.0,"longitude":9.5,');
  });

  it("looks the same in queries, lists of records, composites and pretty prints", async () => {
    expect(await query("SELECT AnnualRevenue, BillingAddress FROM Account ORDER BY Name LIMIT 1")).toMatch(
      /"AnnualRevenue":1\.2345678E7,"BillingAddress":\{.*"latitude":53\.0,/,
    );
    expect(await call("GET", `/composite/sobjects/Account?ids=${account}&fields=AnnualRevenue`)).toContain(
      '"AnnualRevenue":1.2345678E7',
    );
    const compositeRequest = [
      { method: "GET", referenceId: "a", url: `${DATA}/sobjects/Account/${account}?fields=AnnualRevenue` },
      {
        method: "GET",
        referenceId: "b",
        url: `${DATA}/query?q=SELECT+Id+FROM+Account+WHERE+AnnualRevenue=@{a.AnnualRevenue}`,
      },
    ];
    const composite = await call("POST", "/composite", { compositeRequest });
    expect(composite).toContain('"AnnualRevenue":1.2345678E7');
    expect(composite).toContain('"totalSize":1');
  });

  it("looks the same in aggregates: an average is one, a count is none", async () => {
    const soql =
      "SELECT COUNT(Id) n, SUM(AnnualRevenue) s, AVG(NumberOfEmployees) a, MAX(NumberOfEmployees) m FROM Account";
    expect(await query(soql)).toContain('"n":2,"s":1.234567833333333E7,"a":1.2345678E7,"m":12345678');
  });

  it("looks the same in XML", async () => {
    const text = await call("GET", `/sobjects/Account/${account}`, undefined, "application/xml");
    expect(text).toContain("<AnnualRevenue>1.2345678E7</AnnualRevenue><NumberOfEmployees>12345678<");
  });

  it("looks the same in files of Bulk API 2.0", async () => {
    const soql = "SELECT Name, AnnualRevenue, NumberOfEmployees FROM Account ORDER BY Name";
    const { id } = JSON.parse(await call("POST", "/jobs/query", { operation: "query", query: soql })) as { id: string };
    await org.settle();
    expect(await call("GET", `/jobs/query/${id}/results`, undefined, "text/csv")).toBe(
      '"Name","AnnualRevenue","NumberOfEmployees"\n"A","1.2345678E7","12345678"\n"B","0.33333333",""\n',
    );
  });

  it("looks the same in SOAP, where a function tells its type", async () => {
    const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>${token}</sessionId></SessionHeader></e:Header><e:Body><query xmlns="urn:partner.soap.sforce.com"><queryString>SELECT Name, SUM(AnnualRevenue) s FROM Account GROUP BY Name ORDER BY Name</queryString></query></e:Body></e:Envelope>`;
    const response = await org.app.request("/services/Soap/u/62.0", {
      method: "POST",
      headers: { "content-type": "text/xml", soapaction: '""' },
      body: envelope,
    });
    expect(await response.text()).toContain('xsi:type="xsd:double">1.2345678E7</sf:s>');
  });

  it("is still a plain number for whoever reads results without the wire", () => {
    const body = { a: wireDouble(2), b: wireDouble(2.5), c: wireDouble(1e-4) };
    expect(JSON.stringify(body)).toBe('{"a":2,"b":2.5,"c":0.0001}');
    expect(wireJson(body)).toBe('{"a":2.0,"b":2.5,"c":1.0E-4}');
    expect(Number(body.a) + 1).toBe(3);
  });

  it.each([
    [10, "10.0"],
    [1e7, "1.0E7"],
    [12345678.9, "1.23456789E7"],
    [0.0001, "1.0E-4"],
    [0, "0.0"],
    [-2.5, "-2.5"],
    [9_999_999, "9999999.0"],
    [999_999_999_999_999_900, "9.999999999999999E17"],
  ])("%d is %s", (value, text) => {
    expect(wireJson([wireDouble(value)])).toBe(`[${text}]`);
  });
});

describe("a number that is stored", () => {
  it("keeps the digits that it came with, and so do totals, unless the org rounds", async () => {
    const at = "SELECT AnnualRevenue FROM Account WHERE Name = 'B'";
    expect(await query(at)).toContain('"AnnualRevenue":0.33333333');
    await using rounding = await createMockOrg({ settings: { roundStoredNumbers: true } });
    const headers = { authorization: `Bearer ${rounding.openSession()}`, "content-type": "application/json" };
    const body = JSON.stringify({ Name: "B", AnnualRevenue: 10.5 });
    await rounding.app.request(`${DATA}/sobjects/Account`, { method: "POST", headers, body });
    const read = await rounding.app.request(`${DATA}/query?q=${encodeURIComponent(at)}`, { headers });
    expect(await read.text()).toContain('"AnnualRevenue":11.0');
  });
});
