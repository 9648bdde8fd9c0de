/**
 * Every route with every kind of bad input: the answer is a refusal or a result, never a defect, and the org goes on.
 *
 * The addresses come from the router's own tables, so a new route is tried without anybody adding it here.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AdminHost } from "../../../mock-server/admin/routes.ts";
import { BULK_ROUTES } from "../../../mock-server/bulk/job-resources.ts";
import type { ConsoleHost } from "../../../mock-server/console/host.ts";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { createAdminApp } from "../../../mock-server/mock-org/admin-app.ts";
import { RESOURCES } from "../../../mock-server/mock-org/app.ts";
import { DATA_CALLS } from "../../../mock-server/soap/answer.ts";
import { METADATA_CALLS } from "../../../mock-server/soap/metadata-calls.ts";
import { TOOLING_ROUTES } from "../../../mock-server/tooling/resources.ts";

const PATTERNS = [...RESOURCES, ...BULK_ROUTES, ...TOOLING_ROUTES].map(([pattern]) => pattern);

/** What is in place of a pattern's names: things that exist, things of another kind, and things that should not be. */
const FILLINGS: readonly Readonly<Record<string, string>>[] = [
  { object: "Account", other: "0015e0000000001AAA", query: "" },
  {
    object: "Order",
    other: "0015e0000000001",
    query: "?q=SELECT+Id+FROM+Account+WHERE+Name='\\'%20OR%20''='&fields=Nope,,Name",
  },
  { object: "__proto__", other: "'%20OR%201=1--", query: "?ids=,x,,&start=x&end=y&limit=-1&maxRecords=-1&locator=!!" },
  { object: "%00", other: "constructor", query: "?q=FIND+{}&explain=1&sObjects=,,&queryLocator=-1&_HttpMethod=NOPE" },
];

const JSON_TYPE = "application/json";
const EMPTY = [JSON_TYPE, ""] as const;

/** Bodies for every route that takes one. */
const BODIES: readonly (readonly [type: string, body: string])[] = [
  EMPTY,
  [JSON_TYPE, "{}"],
  [JSON_TYPE, "[]"],
  [JSON_TYPE, "null"],
  [JSON_TYPE, '"text"'],
  [JSON_TYPE, "{"],
  [JSON_TYPE, '{"Name":"a","Name":"b","name":"c","object":"Account","object":1}'],
  [JSON_TYPE, '{"records":null,"compositeRequest":{},"batchRequests":1,"graphs":"x"}'],
  [JSON_TYPE, '{"records":[null],"compositeRequest":[null],"batchRequests":[null],"graphs":[null]}'],
  [JSON_TYPE, '{"records":[{}],"compositeRequest":[{}],"batchRequests":[{}],"graphs":[{}],"ids":[{}],"fields":[1]}'],
  [
    JSON_TYPE,
    '{"records":[{"attributes":{"type":"__proto__","referenceId":"a"},"__proto__":1,"Contacts":{"records":{}}}],"compositeRequest":[{"method":"GET","url":"//","referenceId":"a"}],"batchRequests":[{"method":"GET","url":"x"}],"graphs":[{"graphId":"a","compositeRequest":[{"method":"POST","url":"/services/data/v62.0/sobjects/","referenceId":"a"}]}]}',
  ],
  [JSON_TYPE, '{"Name":{"a":{"b":[1]}},"AccountId":["x"],"__proto__":{"x":1},"constructor":1}'],
  [JSON_TYPE, `{"Name":"'; DROP TABLE Account; --","AccountId":"8015e0000000001","OwnerId":"0015e0000000001AAA"}`],
  [JSON_TYPE, '{"object":"__proto__","operation":"insert","query":1}'],
  ["application/xml", "<a"],
  ["application/xml", "<Account><Name><b/></Name></Account>"],
  ["application/xml", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ["text/plain", "x"],
  ["", "x"],
  ["multipart/form-data; boundary=B", "--B--"],
  ["text/csv", '"'],
];

const METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"] as const;
type Method = (typeof METHODS)[number];

const MEGABYTE = 1024 * 1024;

let org: MockOrg;
let token: string;
/** A session of another org, and one of this org that is over. */
let foreign: string;
let expired: string;
const defects: unknown[] = [];

beforeAll(async () => {
  org = await createMockOrg({ now: "2026-03-01T08:00:00.000Z", onDefect: (error) => defects.push(error) });
  expired = `Bearer ${org.openSession()}`;
  org.clock.advance({ hours: 3 });
  token = org.openSession();
  const other = await createMockOrg({ idSeed: 7 });
  foreign = `Bearer ${other.openSession()}`;
  await other.close();
});

afterAll(() => org.close());

afterEach(async () => {
  const limits = await call("GET", "/services/data/v62.0/limits");
  expect({ defects, status: limits.status }).toEqual({ defects: [], status: 200 });
});

describe("bad input", () => {
  it("finds the routes of all rooms", () => {
    expect(PATTERNS.length).toBeGreaterThan(70);
  });

  it.each(PATTERNS)("%j refuses nonsense in address and body", async (pattern) => {
    const calls = FILLINGS.flatMap((filling, at) =>
      METHODS.flatMap((method) =>
        (at === 0 && method !== "GET" && method !== "HEAD" ? BODIES : [EMPTY]).map(([type, body]) =>
          probe(method, addressOf(pattern, filling), body, type),
        ),
      ),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(isWrong)).toEqual([]);
  });

  it.each(PATTERNS)("%j lets nobody in without a session of this org that lives", async (pattern) => {
    const address = addressOf(pattern, FILLINGS[0] ?? {});
    const tokens = ["", "Bearer", "Bearer nonsense", foreign, `Basic ${token}`, expired];
    const statuses = await Promise.all(
      METHODS.flatMap((method) =>
        tokens.map(async (authorization) => (await call(method, address, { authorization })).status),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it.each(PATTERNS)("%j exists in no version that does not", async (pattern) => {
    const address = addressOf(pattern, FILLINGS[0] ?? {});
    const statusOf = async (version: string) => (await call("GET", address.replace("v62.0", version))).status;
    expect([await statusOf("v99.0"), await statusOf("v62"), await statusOf("latest"), await statusOf("v20.0")]).toEqual(
      [404, 404, 404, 410],
    );
  });

  const WRITING = [...RESOURCES, ...BULK_ROUTES, ...TOOLING_ROUTES].flatMap(([pattern, resource]) =>
    Object.keys(resource?.methods ?? {})
      .filter((method): method is Method => method !== "GET" && method !== "HEAD" && method !== "DELETE")
      .map((method) => [method, pattern] as const),
  );

  it.each(WRITING)("%s %j bears bodies that are no text, too deep or too long", async (method, pattern) => {
    const address = addressOf(pattern, FILLINGS[0] ?? {});
    const bodies: readonly (readonly [string, Uint8Array | string])[] = [
      [JSON_TYPE, Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d)],
      [JSON_TYPE, `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
      [JSON_TYPE, `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
      ["application/xml", `${"<a>".repeat(50_000)}${"</a>".repeat(50_000)}`],
      ["application/xml", Uint8Array.of(0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e)],
      ["text/csv", Uint8Array.of(0xff, 0xfe, 0x0a)],
    ];
    const answers = await Promise.all(bodies.map(([type, body]) => probe(method, address, body, type)));
    expect(answers.filter(isWrong)).toEqual([]);
  });

  it.each(["sobjects/Account", "composite/sobjects", "jobs/ingest"])("POST %j bears 20 MB", async (path) => {
    const body = `{"Name":"${"x".repeat(20 * MEGABYTE)}"}`;
    const answer = await probe("POST", `/services/data/v62.0/${path}`, body, JSON_TYPE);
    expect(isWrong(answer)).toBe(false);
  });

  it("more than the org takes is 413, compressed bodies counted as they will be", async () => {
    const tooLong = await probe("POST", "/services/data/v62.0/sobjects/Account", "x".repeat(51 * MEGABYTE), JSON_TYPE);
    expect(tooLong.status).toBe(413);
  });
});

/** Every other address that the app knows: logins, streaming, SOAP, the admin API. They come from the app itself. */
describe("bad input to what is no REST resource", () => {
  const STREAMING: readonly (readonly [type: string, body: string])[] = [
    [JSON_TYPE, '[{"channel":"/meta/connect"}]'],
    [JSON_TYPE, '[{"channel":"/meta/subscribe","clientId":"x","subscription":[null,"/data/*"]},{}]'],
    [JSON_TYPE, '[{"channel":"/meta/handshake","ext":1,"supportedConnectionTypes":"x"}]'],
    [JSON_TYPE, '[{"channel":{"a":1},"clientId":{},"id":[],"__proto__":{"x":1}}]'],
  ];
  const FORMS: readonly (readonly [type: string, body: string])[] = [
    ["application/x-www-form-urlencoded", ""],
    ["application/x-www-form-urlencoded", "grant_type=password&grant_type=refresh_token&username=%ff&password[]=1"],
    [
      "application/x-www-form-urlencoded",
      "grant_type=authorization_code&client_id=mock-client&code='--&redirect_uri=x",
    ],
    ["application/x-www-form-urlencoded", "grant_type=refresh_token&client_id=__proto__&refresh_token=constructor"],
    [
      "application/x-www-form-urlencoded",
      "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJhbGciOiJSUzI1NiJ9.e30.x",
    ],
    ["application/x-www-form-urlencoded", "grant_type=device&client_id=mock-client&code=x&response_type=device_code"],
    ["application/x-www-form-urlencoded", "token=%00&token_type_hint=x&user_code=%00&decision=deny"],
  ];
  const NO_TEXT = Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28);

  it("is refused, or answered, by every address that the app knows", async () => {
    const errors: unknown[] = [];
    await using other = await createMockOrg({
      now: "2026-03-01T08:00:00.000Z",
      onDefect: (error) => errors.push(error),
    });
    // The admin API and the console are mounted at the first call; only their addresses are looked at here.
    const shown = {} as AdminHost & ConsoleHost;
    const routes = [...other.app.routes, ...createAdminApp(shown, shown).routes];
    const paths = new Set(routes.map(({ path }) => path).filter((path) => !path.startsWith("/services/data/")));
    const addresses = [...paths].flatMap((path) =>
      ["x", "__proto__"].map((filling) => path.replaceAll(/:\w+|\*/g, filling)),
    );
    const wrong: unknown[] = [];
    for (const address of new Set(addresses)) {
      const authorization = `Bearer ${other.openSession()}`;
      for (const method of METHODS) {
        const all = [
          ...BODIES.filter((_, at) => at % 4 === 0),
          ...FORMS,
          ...STREAMING,
          [JSON_TYPE, NO_TEXT],
          ["text/xml", NO_TEXT],
        ] as const;
        for (const [type, body] of method === "POST" ? all : [EMPTY]) {
          const response = await other.app.request(address, {
            method,
            headers: { authorization, ...(type === "" ? {} : { "content-type": type }) },
            ...(body.length === 0 ? {} : { body }),
          });
          const stream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
          const text = stream ? "" : await response.text();
          await response.body?.cancel().catch(() => undefined);
          // A SOAP fault is 500 by its protocol.
          const fault = address.startsWith("/services/Soap/") && text.includes("<soapenv:Fault>");
          if ((response.status >= 500 && response.status !== 501 && !fault) || /\n\s+at /.test(text))
            wrong.push({ method, address, body, status: response.status, text: text.slice(0, 200) });
        }
      }
    }
    expect({ addresses: paths.size > 30, wrong, errors }).toEqual({ addresses: true, wrong: [], errors: [] });
  });

  it.each(["/services/oauth2/token", "/services/oauth2/revoke", "/services/Soap/u/60.0", "/cometd/62.0"])(
    "%s bears 20 MB and goes on",
    async (address) => {
      const answer = await probe("POST", address, "x".repeat(20 * MEGABYTE), "application/x-www-form-urlencoded");
      expect(answer.status === 413 || answer.status === 400 || answer.text.includes("<soapenv:Fault>")).toBe(true);
    },
  );
});

describe("bad input to SOAP", () => {
  const INPUTS = [
    "",
    "text",
    "<a><b/></a>",
    "<sObjects/>",
    "<sObjects>x</sObjects><sObjects/>",
    '<sObjects xsi:nil="true" xmlns:xsi="x"/>',
    "<sObjects><type>Account</type><Name><a/><a/></Name><fieldsToNull>Nope</fieldsToNull></sObjects>",
    "<sObjects><type>Account</type><Id>8015e0000000001</Id><Name>&#0;&#x41;</Name></sObjects>",
    "<externalIDFieldName>Nope</externalIDFieldName><sObjects><type>Account</type></sObjects>",
    "<ids/><ids>0015e0000000001</ids><ids><x/></ids>",
    "<queryString>'</queryString><queryLocator>'</queryLocator>",
    "<sObjectType>constructor</sObjectType><fieldList>,,</fieldList><ids>x</ids>",
    "<sObjectType>Account</sObjectType><startDate>x</startDate><endDate>y</endDate>",
    "<mergeRequests><masterRecord><type>Account</type></masterRecord></mergeRequests>",
    "<queries/><queries><type>Nope</type></queries>",
    "<type>CustomObject</type><fullNames/><fullNames>constructor</fullNames><fullNames>../x</fullNames>",
    '<metadata xsi:type="CustomObject" xmlns:xsi="x"/>',
    '<metadata xsi:type="CustomField" xmlns:xsi="x"><fullName>Account.X__c</fullName><label>a</label><type>x</type></metadata>',
    '<metadata xsi:type="Profile" xmlns:xsi="x"><fullName>Nope</fullName><objectPermissions/></metadata>',
    '<metadata xsi:type="PermissionSet" xmlns:xsi="x"><fullName>P</fullName><label>&lt;</label><fieldPermissions><field>x</field></fieldPermissions></metadata>',
  ];

  it.each([
    ...Object.keys(DATA_CALLS).map((operation) => ["u", operation] as const),
    ...Object.keys(METADATA_CALLS).map((operation) => ["m", operation] as const),
    ["u", "login"] as const,
    ["u", "nonsense"] as const,
    ["m", "deploy"] as const,
  ])("/services/Soap/%s %s answers nonsense with a result or a fault", async (kind, operation) => {
    const answers = await Promise.all(
      INPUTS.map(async (input) => {
        const header = `<Header><SessionHeader><sessionId>${token}</sessionId></SessionHeader></Header>`;
        const body = `<Envelope>${header}<Body><${operation}>${input}</${operation}></Body></Envelope>`;
        const answer = await probe("POST", `/services/Soap/${kind}/62.0`, body, "text/xml");
        return { ...answer, input };
      }),
    );
    const fits = ({ status, text }: Answer) =>
      status === 200 ? text.includes(`<${operation}Response`) : status === 500 && text.includes("<soapenv:Fault>");
    expect(answers.filter((answer) => !fits(answer) || answer.text.includes("UNKNOWN_EXCEPTION"))).toEqual([]);
  });

  it.each(["u/62.0", "c/62.0", "m/62.0", "u/1.0", "u/x", "m/99.0", "u/62.0/00D"])(
    "%s answers what is no message with a fault",
    async (path) => {
      const bodies = ["", "x", "<a/>", "<se:Envelope/>", "<Envelope><Body/></Envelope>", '{"a":1}', "<a>".repeat(5000)];
      for (const body of bodies) {
        const { status, text } = await probe("POST", `/services/Soap/${path}`, body, "text/xml");
        expect(status).toBe(500);
        expect(text).toContain("<soapenv:Fault>");
      }
      expect((await probe("GET", `/services/Soap/${path}`, "", "text/xml")).status).toBe(405);
    },
  );
});

describe("bad input to Bulk API 1.0", () => {
  const PATHS = [
    "job",
    "job/x",
    "job/7505e0000000001AAA/batch",
    "job/x/batch/y",
    "job/x/batch/y/result",
    "job/x/batch/y/result/z",
  ];

  it.each([...PATHS, "", "nonsense", "job/x/nonsense/y/z/a/b"])(
    "/%s answers with an error of its own",
    async (path) => {
      const answers = await Promise.all(
        METHODS.filter((method) => method !== "HEAD").flatMap((method) =>
          (method === "POST" ? BODIES : [EMPTY]).map(([type, body]) =>
            probe(method, `/services/async/62.0/${path}`, body, type, { "X-SFDC-Session": token }),
          ),
        ),
      );
      expect(answers.filter(({ status, text }) => status !== 400 || !text.includes("exceptionCode"))).toEqual([]);
    },
  );

  it.each(PATHS)("/%s lets nobody in without a session", async (path) => {
    const { status, text } = await probe("GET", `/services/async/62.0/${path}`, "", "text/xml", {
      "X-SFDC-Session": "x",
    });
    expect(status).toBe(400);
    expect(text).toContain("InvalidSessionId");
  });
});

interface Answer {
  readonly method: string;
  readonly address: string;
  readonly body: string;
  readonly status: number;
  readonly text: string;
}

/** 501 is the mock's own way of naming what it lacks; 500 and a stack are defects. */
function isWrong({ status, text }: Answer): boolean {
  return status === 500 || status < 200 || /\n\s+at /.test(text);
}

async function probe(
  method: Method,
  address: string,
  body: Uint8Array | string,
  type: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await call(
    method,
    address,
    {
      authorization: `Bearer ${token}`,
      ...(type === "" ? {} : { "content-type": type }),
      ...headers,
    },
    body,
  );
  const shown = typeof body === "string" ? body.slice(0, 80) : `${body.length} bytes`;
  return { method, address, body: shown, status: response.status, text: await response.text() };
}

async function call(
  method: Method,
  address: string,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
  body: Uint8Array | string = "",
): Promise<Response> {
  const sent = method === "GET" || method === "HEAD" || body.length === 0 ? {} : { body };
  return org.app.request(address, { method, headers, ...sent });
}

function addressOf(pattern: string, filling: Readonly<Record<string, string>>): string {
  const path = pattern.replaceAll(
    /\{(\w+)(?:\.\.\.)?\}/g,
    (_, name: string) => filling[name] ?? filling["other"] ?? "x",
  );
  return `/services/data/v62.0${path === "" ? "" : `/${path}`}${filling["query"] ?? ""}`;
}
