/** Every route with every kind of bad input: the answer is a refusal, never a defect, and the org goes on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";

const PATHS = [
  "",
  "/sobjects",
  "/sobjects/Account",
  "/sobjects/Account/describe",
  "/sobjects/Account/describe/layouts",
  "/sobjects/Account/describe/compactLayouts",
  "/sobjects/Account/updated",
  "/sobjects/Account/deleted?start=x&end=y",
  "/sobjects/Account/0015e0000000001AAA",
  "/sobjects/Account/8015e0000000001AAA",
  "/sobjects/Account/Id",
  "/sobjects/Account/Id/0015e0000000001AAA",
  "/sobjects/Account/Name/A",
  "/sobjects/Account/0015e0000000001AAA/Owner/Profile",
  "/sobjects/Account/0015e0000000001AAA?fields=Nope,,Name",
  "/sobjects/Order/'%20OR%201=1--",
  "/query",
  "/query?q=",
  "/query?q=SELECT",
  "/query?q=SELECT+Id+FROM+Account+WHERE+Name='\\'%20OR%20''='",
  "/query?explain=nonsense",
  "/query/01g000000000000AAA-2000",
  "/query/nonsense",
  "/queryAll?q=DELETE+FROM+Account",
  "/search?q=FIND+{}",
  "/search?q=FIND+{aa}+RETURNING+Account(Nope+WHERE",
  "/parameterizedSearch?q=aa&sobject=Nope",
  "/recent?limit=-1",
  "/limits",
  "/limits/recordCount?sObjects=,,",
  "/composite",
  "/composite/batch",
  "/composite/graph",
  "/composite/tree/Account",
  "/composite/tree/Nope",
  "/composite/sobjects",
  "/composite/sobjects?ids=,x,,",
  "/composite/sobjects/Account",
  "/composite/sobjects/Account?ids=x&fields=Nope",
  "/composite/sobjects/Account/Id",
  "/jobs/ingest",
  "/jobs/ingest/7505e0000000001AAA",
  "/jobs/ingest/7505e0000000001AAA/batches",
  "/jobs/ingest/7505e0000000001AAA/successfulResults",
  "/jobs/query",
  "/jobs/query/x/results?maxRecords=-1",
  "/jobs/nonsense",
  "/__proto__",
  "/sobjects/__proto__",
  "/sobjects/constructor/describe",
] as const;

const BODIES: readonly (readonly [string, string])[] = [
  ["application/json", ""],
  ["application/json", "{}"],
  ["application/json", "[]"],
  ["application/json", "null"],
  ["application/json", '"text"'],
  ["application/json", "{"],
  ["application/json", '{"records":null,"compositeRequest":{},"batchRequests":1,"graphs":"x"}'],
  ["application/json", '{"records":[null],"compositeRequest":[null],"batchRequests":[null],"graphs":[null]}'],
  ["application/json", '{"records":[{}],"compositeRequest":[{}],"batchRequests":[{}],"graphs":[{}]}'],
  [
    "application/json",
    '{"records":[{"attributes":{"type":"__proto__","referenceId":"a"},"__proto__":1,"Contacts":{"records":{}}}],"compositeRequest":[{"method":"GET","url":"//","referenceId":"a"}],"batchRequests":[{"method":"GET","url":"x"}],"graphs":[{"graphId":"a","compositeRequest":[{"method":"POST","url":"/services/data/v62.0/sobjects/","referenceId":"a"}]}]}',
  ],
  ["application/json", '{"Name":{"a":{"b":[1]}},"AccountId":["x"],"__proto__":{"x":1},"constructor":1}'],
  ["application/json", '{"object":"__proto__","operation":"insert","query":1}'],
  ["application/xml", "<a"],
  ["application/xml", "<Account><Name><b/></Name></Account>"],
  ["text/plain", "x"],
  ["multipart/form-data; boundary=B", "--B--"],
  ["text/csv", '"'],
];

const METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"] as const;

describe("bad input", () => {
  let org: MockOrg;
  const defects: unknown[] = [];

  beforeAll(async () => {
    org = await createMockOrg({ onDefect: (error) => defects.push(error) });
  });

  afterAll(() => org.close());

  it.each(PATHS)("%j answers every method and body with a refusal or a result", async (path) => {
    const calls = METHODS.flatMap((method) =>
      (method === "GET" || method === "HEAD" ? BODIES.slice(0, 1) : BODIES).map(([type, body]) => ({
        method,
        type,
        body,
      })),
    );
    const statuses = await Promise.all(
      calls.map(async ({ method, type, body }) => {
        const response = await org.app.request(`/services/data/v62.0${path}`, {
          method,
          headers: { authorization: `Bearer ${org.openSession()}`, "content-type": type },
          ...(body === "" ? {} : { body }),
        });
        return { method, body, status: response.status, text: await response.text() };
      }),
    );
    const wrong = statuses.filter(({ status, text }) => status === 500 || text.includes("    at "));
    expect({ wrong, defects }).toEqual({ wrong: [], defects: [] });
  });

  it.each(["/services/Soap/u/62.0", "/services/Soap/c/62.0", "/services/Soap/u/1.0", "/services/Soap/u/x"])(
    "SOAP at %s answers nonsense with a fault",
    async (path) => {
      for (const body of ["", "x", "<a/>", "<se:Envelope/>", "<Envelope><Body/></Envelope>", '{"a":1}']) {
        const response = await org.app.request(path, { method: "POST", body, headers: { "content-type": "text/xml" } });
        expect(response.status).toBe(500);
        expect(await response.text()).toContain("<soapenv:Fault>");
      }
      expect(defects).toEqual([]);
    },
  );

  it("the org goes on afterwards", async () => {
    const headers = { authorization: `Bearer ${org.openSession()}` };
    expect((await org.app.request("/services/data/v62.0/limits", { headers })).status).toBe(200);
  });
});
