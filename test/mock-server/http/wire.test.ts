/** What the wire looks like, for clients that are not jsforce: headers, bad input, methods, media types. */
import { connect } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";

const DATA = "/services/data/v62.0";

describe("the wire", () => {
  let org: MockOrg;
  let url: string;
  let token: string;
  const defects: unknown[] = [];

  beforeAll(async () => {
    org = await createMockOrg({ now: "2026-03-01T08:00:00Z", onDefect: (error) => defects.push(error) });
    ({ url, accessToken: token } = await org.listen());
  });

  afterAll(async () => {
    await org.close();
    expect(defects).toEqual([]);
  });

  it("a created record has its address, and JSON is compact", async () => {
    const response = await call("POST", "/sobjects/Account", { body: '{"Name":"A"}' });
    const text = await response.text();
    const { id } = JSON.parse(text) as { id: string };
    expect(response.status).toBe(201);
    expect(text).toBe(`{"id":"${id}","success":true,"errors":[]}`);
    expect(response.headers.get("location")).toBe(`${DATA}/sobjects/Account/${id}`);
    expect(response.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    expect(response.headers.get("sforce-limit-info")).toMatch(/^api-usage=\d+\/5000000$/);
  });

  it("the Date header is the org's time", async () => {
    const response = await call("GET", "/limits");
    expect(response.headers.get("date")).toBe("Sun, 01 Mar 2026 08:00:00 GMT");
  });

  it("204 has neither body nor content type", async () => {
    const id = await account();
    const response = await call("PATCH", `/sobjects/Account/${id}`, { body: '{"Name":"B"}' });
    expect(response.status).toBe(204);
    expect(response.headers.get("content-type")).toBeNull();
    expect(await response.text()).toBe("");
  });

  it.each([
    ["no token", {}],
    ["garbage", { authorization: "Bearer garbage" }],
    ["another scheme", { authorization: "Basic YTpi" }],
    ["a foreign token", { authorization: `Bearer 00D000000000001!${"A".repeat(96)}` }],
  ])("%s is 401 without limit information", async (_, headers) => {
    const response = await fetch(`${url}${DATA}/limits`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Token");
    expect(response.headers.get("sforce-limit-info")).toBeNull();
    expect(await response.json()).toEqual([{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]);
  });

  it("the scheme OAuth is as good as Bearer", async () => {
    const response = await fetch(`${url}${DATA}/limits`, { headers: { authorization: `OAuth ${token}` } });
    expect(response.status).toBe(200);
  });

  it.each([
    ["an unknown version", "/services/data/v99.0/limits"],
    ["a bad version", "/services/data/viAmABadVersion/limits"],
    ["a version without its zero", "/services/data/v62/limits"],
    ["a doubled slash", "/services/data/v62.0//limits"],
    ["an unknown resource", "/services/data/v62.0/nope"],
    ["a malformed escape", "/services/data/v62.0/sobjects/%E0%A4%A"],
  ])("%s does not exist", async (_, path) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]');
  });

  it("a slash too many in front is taken, as the Salesforce CLI sends it", async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}//services/data`, { headers })).status).toBe(200);
    expect((await fetch(`${url}//services/data/v62.0/limits`, { headers })).status).toBe(200);
    expect((await fetch(`${url}//services/oauth2/userinfo`, { headers })).status).toBe(200);
  });

  it.each([
    ["POST", 49, 50, "composite/graph", '{"graphs":[]}'],
    ["PATCH", 45, 46, "composite/sobjects/Account/Id", '{"records":[]}'],
    ["POST", 36, 37, "sobjects/Account/Id", '{"Name":"A"}'],
  ])("%s in version %d.0 does not exist yet, in %d.0 it does: %s", async (method, before, since, path, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const statusOf = async (version: number) =>
      (await fetch(`${url}/services/data/v${version}.0/${path}`, { method, headers, body })).status;
    expect(await statusOf(before)).toBe(404);
    expect(await statusOf(since)).toBeLessThan(300);
  });

  it.each([
    "/secur/frontdoor.jsp?sid=secret",
    "/services/apexrest/Orders/v1",
    "/services/Soap/s/62.0",
    "/services/oauth2/singleaccess",
  ])("%s is refused by name", async (path) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject([{ errorCode: "NOT_IMPLEMENTED" }]);
    expect(org.requests.at(-1)?.path).not.toContain("secret");
  });

  it("a client that reads deflate only gets it", async () => {
    const response = await call("GET", "/sobjects/Account/describe", { headers: { "accept-encoding": "deflate" } });
    expect(response.headers.get("content-encoding")).toBe("deflate");
    expect(await response.json()).toMatchObject({ name: "Account" });
  });

  it("a retired version is gone, a deprecated one warns", async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/services/data/v30.0/limits`, { headers })).status).toBe(410);
    expect((await fetch(`${url}/services/data/v40.0/limits`, { headers })).headers.get("warning")).toMatch(/^299 - "/);
    expect((await fetch(`${url}/services/data/v41.0/limits`, { headers })).headers.get("warning")).toBeNull();
  });

  it("a resource that real orgs have and this one has not is refused by name", async () => {
    const response = await call("GET", "/chatter/feeds");
    expect(response.status).toBe(501);
    expect(await response.json()).toEqual([
      { message: "/chatter is not supported by the mock org", errorCode: "NOT_IMPLEMENTED" },
    ]);
  });

  it.each([
    ["PATCH", "/sobjects/Account", "HEAD,GET,POST"],
    ["DELETE", "/composite", "HEAD,GET,POST"],
    ["POST", "/query", "HEAD,GET"],
    ["PUT", "/sobjects/Account/0015e0000000001AAA", "HEAD,GET,PATCH,DELETE"],
  ])("%s on %s is not allowed", async (method, path, allowed) => {
    const response = await call(method, path, { body: "{}" });
    expect(response.status).toBe(405);
    expect(await response.json()).toEqual([
      { errorCode: "METHOD_NOT_ALLOWED", message: `HTTP Method '${method}' not allowed. Allowed are ${allowed}` },
    ]);
  });

  it("POST with _HttpMethod stands for another method", async () => {
    const id = await account();
    const response = await call("POST", `/sobjects/Account/${id}?_HttpMethod=PATCH`, { body: '{"Name":"Overridden"}' });
    expect(response.status).toBe(204);
  });

  it.each([
    ["", "The HTTP entity body is required, but this request has no entity body."],
    [
      "{]",
      "Unexpected character (']' (code 93)): was expecting double-quote to start field name at [line:1, column:2]",
    ],
    [
      '{"Name":"A",}',
      "Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:13]",
    ],
    [
      '{"Name" "A"}',
      "Unexpected character ('\"' (code 34)): was expecting a colon to separate field name and value at [line:1, column:9]",
    ],
    ['{"Name":nope}', "Unrecognized token 'nope': was expecting ('true', 'false' or 'null') at [line:1, column:13]"],
    [
      '{"Name":\n"A"',
      "Unexpected end-of-input: expected close marker for Object (start marker at [line:1, column:1]) at [line:2, column:4]",
    ],
    [
      "[1 2]",
      "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries at [line:1, column:4]",
    ],
  ])("the body %j is refused in the parser's words", async (body, message) => {
    const response = await call("POST", "/sobjects/Account", { body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual([{ message, errorCode: "JSON_PARSER_ERROR" }]);
  });

  it.each([
    ["an array", "[]"],
    ["a text", '"Account"'],
    ["null", "null"],
    ["a number", "12"],
  ])("%s is no record", async (_, body) => {
    const response = await call("POST", "/sobjects/Account", { body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode: "JSON_PARSER_ERROR" }]);
  });

  it("invalid UTF-8 is refused", async () => {
    const bytes = Buffer.concat([Buffer.from('{"Name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const response = await call("POST", "/sobjects/Account", { body: bytes });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode: "JSON_PARSER_ERROR" }]);
  });

  it("a body nested too deep is refused", async () => {
    const body = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const response = await call("POST", "/sobjects/Account", { body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode: "JSON_PARSER_ERROR" }]);
  });

  it("a body of 20 MB is read and judged by its field", async () => {
    const response = await call("POST", "/sobjects/Account", {
      body: JSON.stringify({ Name: "x".repeat(20_000_000) }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode: "STRING_TOO_LONG", fields: ["Name"] }]);
  });

  it("of a key that stands twice the last one counts", async () => {
    const response = await call("POST", "/sobjects/Account", { body: '{"Name":"first","Name":"second"}' });
    const { id } = (await response.json()) as { id: string };
    const read = (await (await call("GET", `/sobjects/Account/${id}?fields=Name`)).json()) as { Name: string };
    expect(read.Name).toBe("second");
  });

  it("a media type that nobody reads is refused", async () => {
    const response = await call("POST", "/sobjects/Account", {
      body: "Name=A",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual([
      {
        message: "MediaType of 'application/x-www-form-urlencoded' is not supported by this resource",
        errorCode: "UNSUPPORTED_MEDIA_TYPE",
      },
    ]);
  });

  it("an address of 16,384 bytes is answered, a longer one is 414, longer headers are 431", async () => {
    const path = (bytes: number) => `/limits?x=${"a".repeat(bytes - DATA.length - "/limits?x=".length)}`;
    expect((await call("GET", path(15_000))).status).toBe(200);
    expect((await call("GET", path(16_385))).status).toBe(414);
    expect((await call("GET", path(15_000), { headers: { "x-padding": "a".repeat(2_000) } })).status).toBe(431);
  });

  it("Ids have 15 or 18 characters, and case matters", async () => {
    const id = await account();
    expect((await call("GET", `/sobjects/account/${id.slice(0, 15)}`)).status).toBe(200);
    expect((await call("GET", `/sobjects/Account/${id.toLowerCase()}`)).status).toBe(404);
  });

  it.each(["-1", "abc", "Robert'); DROP TABLE Account;--", "0015e00000000019"])(
    "the Id segment %j is taken for an external Id field",
    async (segment) => {
      const response = await call("GET", `/sobjects/Account/${encodeURIComponent(segment)}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual([
        {
          errorCode: "NOT_FOUND",
          message: `Provided external ID field does not exist or is not accessible: ${segment}`,
        },
      ]);
    },
  );

  it("an update of an Id with a wrong checksum or of another object is malformed", async () => {
    const body = '{"Name":"X"}';
    const wrong = await call("PATCH", "/sobjects/Account/001900K0001pPuOAAU", { body });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toEqual([
      {
        message: "Account ID: id value of incorrect type: 001900K0001pPuOAAU",
        errorCode: "MALFORMED_ID",
        fields: ["Id"],
      },
    ]);
    const foreign = await call("PATCH", `/sobjects/Order/${await account()}`, { body: "{}" });
    expect(await foreign.json()).toMatchObject([{ errorCode: "MALFORMED_ID", fields: ["Id"] }]);
  });

  it("HEAD has the headers and no body", async () => {
    const response = await call("HEAD", `/sobjects/Account/${await account()}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toMatch(/^"/);
    expect(await response.text()).toBe("");
  });

  it("conditions on accounts: the tag and the date of change decide", async () => {
    const id = await account();
    const path = `/sobjects/Account/${id}`;
    const etag = (await call("GET", path)).headers.get("etag") ?? "";
    const ask = async (method: string, headers: Record<string, string>) =>
      (await call(method, path, { headers, ...(method === "PATCH" ? { body: '{"Phone":"1"}' } : {}) })).status;
    expect(await ask("GET", { "if-none-match": etag })).toBe(304);
    expect(await ask("GET", { "if-none-match": '"other"' })).toBe(200);
    expect(await ask("GET", { "if-modified-since": "Sun, 01 Mar 2026 08:00:00 GMT" })).toBe(304);
    expect(await ask("GET", { "if-modified-since": "Sun, 01 Mar 2026 07:59:59 GMT" })).toBe(200);
    expect(await ask("GET", { "if-modified-since": "nonsense" })).toBe(200);
    expect(await ask("PATCH", { "if-match": '"other"' })).toBe(412);
    expect(await ask("PATCH", { "if-unmodified-since": "Sun, 01 Mar 2026 07:59:59 GMT" })).toBe(412);
    expect(await ask("PATCH", { "if-modified-since": "nonsense" })).toBe(400);
    expect(await ask("PATCH", { "if-match": `${etag.slice(0, -1)}-gzip"` })).toBe(204);
  });

  it("relationships lead to parents and to children", async () => {
    const id = await account();
    const created = await call("POST", "/sobjects/Contact", { body: JSON.stringify({ LastName: "C", AccountId: id }) });
    const contact = ((await created.json()) as { id: string }).id;
    const parent = await call("GET", `/sobjects/Contact/${contact}/Account?fields=Name`);
    const children = await call("GET", `/sobjects/Account/${id}/Contacts?fields=LastName`);
    const none = await call("GET", `/sobjects/Account/${id}/Parent`);
    const update = await call("PATCH", `/sobjects/Contact/${contact}/Account`, { body: '{"Name":"Through"}' });
    expect(await parent.json()).toMatchObject({ Name: "A", Id: id });
    expect(await children.json()).toMatchObject({ done: true, totalSize: 1, records: [{ LastName: "C" }] });
    expect(none.status).toBe(404);
    expect(update.status).toBe(204);
  });

  it("large answers are compressed for clients that read gzip, bodies may come compressed", async () => {
    const plain = await org.app.request(`${DATA}/sobjects`, { headers: { authorization: `Bearer ${token}` } });
    const packed = await org.app.request(`${DATA}/sobjects`, {
      headers: { authorization: `Bearer ${token}`, "accept-encoding": "gzip" },
    });
    const created = await call("POST", "/sobjects/Account", {
      body: gzipSync('{"Name":"Packed"}'),
      headers: { "content-encoding": "gzip" },
    });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    const unpacked = gunzipSync(Buffer.from(await packed.arrayBuffer()))
      .toString()
      .replaceAll(/http:[^"]*/g, "");
    expect(unpacked).toBe((await plain.text()).replaceAll(/http:[^"]*/g, ""));
    expect(created.status).toBe(201);
  });

  it("XML comes and goes where it is asked for", async () => {
    const created = await call("POST", "/sobjects/Account", {
      body: "<Account><Name>Ä &amp; B</Name><NumberOfEmployees>12</NumberOfEmployees></Account>",
      headers: { "content-type": "application/xml", accept: "application/xml" },
    });
    const text = await created.text();
    const id = /<id>(\w{18})<\/id>/.exec(text)?.[1] ?? "";
    const read = await call("GET", `/sobjects/Account/${id}?fields=Name,NumberOfEmployees,Phone`, {
      headers: { accept: "application/xml" },
    });
    const missing = await call("GET", "/sobjects/Nope", { headers: { accept: "application/xml" } });
    expect(created.status).toBe(201);
    expect(await read.text()).toContain(
      '<Name>Ä &amp; B</Name><NumberOfEmployees>12</NumberOfEmployees><Phone xsi:nil="true"/>',
    );
    expect(await missing.text()).toContain(
      "<Error><errorCode>NOT_FOUND</errorCode><message>The requested resource does not exist</message></Error>",
    );
  });

  it("an XML body with entities of its own is refused", async () => {
    const body = '<!DOCTYPE a [<!ENTITY x "y">]><Account><Name>&x;</Name></Account>';
    const response = await call("POST", "/sobjects/Account", { body, headers: { "content-type": "application/xml" } });
    expect(response.status).toBe(400);
  });

  it("a client that goes away in the middle of its body is no defect", async () => {
    const { port } = new URL(url);
    const head = [
      `POST ${DATA}/sobjects/Account HTTP/1.1`,
      "Host: localhost",
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      "Content-Length: 1000",
      "",
      '{"Name":"half',
    ];
    const before = org.requests.length;
    const socket = connect(Number(port), "127.0.0.1");
    await new Promise<void>((resolve) => socket.write(head.join("\r\n"), () => resolve()));
    await vi.waitFor(() => expect(org.apiUsage.used).toBeGreaterThan(0));
    socket.destroy();
    await vi.waitFor(() => expect(org.requests.length).toBe(before + 1));
    expect(org.requests.at(-1)).toMatchObject({ status: 400, errorCode: "CLIENT_ABORTED" });
    expect((await call("GET", "/limits")).status).toBe(200);
  });

  it("browsers on this machine may call, others may not", async () => {
    const preflight = (origin: string) =>
      fetch(`${url}${DATA}/limits`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "PATCH" },
      });
    const near = await preflight("http://localhost:3000");
    const far = await preflight("https://evil.example");
    expect(near.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(near.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(far.headers.get("access-control-allow-origin")).toBeNull();
  });

  async function account(): Promise<string> {
    const response = await call("POST", "/sobjects/Account", { body: '{"Name":"A"}' });
    return ((await response.json()) as { id: string }).id;
  }

  function call(
    method: string,
    path: string,
    options: { body?: string | Buffer; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { body, headers } = options;
    return fetch(`${url}${DATA}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body === undefined || body === "" ? {} : { body }),
    });
  }
});
