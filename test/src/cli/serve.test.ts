/** `order-sync serve` in this process: its pages, its answers to people, and how it stops. */
import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import type { ExitCode } from "../../../src/cli/surroundings.ts";
import { ENVIRONMENT, openShop, type Shop } from "./shop.ts";

const TOKEN = "token-of-the-pages";
/** Other suites share the machine; what is waited for comes within milliseconds on an idle one. */
const PATIENT = { timeout: 20_000, interval: 20 };
const WEBHOOK_SECRET = "secret-of-the-hook";

let shop: Shop;
let served: Served;

interface Served {
  readonly url: string;
  readonly lines: string[];
  stop(): Promise<ExitCode>;
}

beforeEach(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await served?.stop();
  await shop[Symbol.asyncDispose]();
});

/** Starts serving; `settings` are added to the configuration. */
async function serve(
  settings = "schedule: { every: 1h }",
  environment = ENVIRONMENT,
  replace: Readonly<Record<string, string>> = {},
  webhook = 'webhookSecret: "${HOOK}"',
): Promise<Served> {
  shop.configure({
    ...replace,
    "state:": `${settings}\nserve: { port: 0, token: "\${TOKEN}", ${webhook} }\nstate:`,
  });
  const stop = new AbortController();
  const lines: string[] = [];
  let errors = "";
  const ended = runProgram(["serve", "--config", shop.config], {
    environment: { ...environment, TOKEN, HOOK: WEBHOOK_SECRET },
    stdout: { write: (line: string) => lines.push(line) },
    stderr: {
      write: (text: string) => {
        errors += text;
      },
    },
    signal: stop.signal,
  });
  const url = await vi.waitFor(() => {
    const started = lines.map((line) => JSON.parse(line)).find((line) => line.url !== undefined);
    if (started === undefined) throw new Error(`not serving yet ${errors}`);
    return String(started.url);
  }, PATIENT);
  return {
    url,
    lines,
    stop: async () => {
      stop.abort(new Error("stopped by the test"));
      return await ended;
    },
  };
}

const finishedRuns = (): number => served.lines.filter((line) => line.includes('"run finished"')).length;

async function untilRuns(count: number): Promise<void> {
  await vi.waitFor(() => expect(finishedRuns()).toBeGreaterThanOrEqual(count), PATIENT);
}

const asScript = { authorization: `Bearer ${TOKEN}` };

async function post(path: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) {
  return await fetch(`${served.url}${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
    redirect: "manual",
  });
}

/** A request as bytes, for what `fetch` would not send. Gives the status of the answer. */
async function rawRequest(text: string): Promise<number> {
  const { hostname, port } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

/** What a client gets wrong, piece by piece. */
const WRONG = {
  path: fc.constantFrom(
    "/",
    "/conflicts",
    "/conflicts/nope",
    "/conflicts/%E0%A4%A",
    "/conflicts/%00",
    "/dead-letters/retry",
    "/dead-letters/discard",
    "/records",
    "/records/%",
    "/sign-in",
    "/sign-out",
    "/webhook",
    "/plan/x",
    "/api/status",
    "/api/%2e%2e/x",
    "/metrics",
    "/healthz",
    "/readyz",
    "//evil.example.com/",
    "/__proto__",
    `/${"x".repeat(3000)}`,
  ),
  query: fc.constantFrom(
    "",
    "?done=constructor",
    "?done=%00",
    "?key=%E0%A4%A",
    "?key=%00",
    "?key=a&key=b",
    "?%",
    "?key='%20or%201=1",
    `?key=${"y".repeat(3000)}`,
  ),
  method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
  type: fc.constantFrom(
    "",
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=B",
    "x/y; z",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=klingon",
  ),
  body: fc.oneof(
    fc.constantFrom(
      "",
      "{",
      "--B",
      '--B\r\nContent-Disposition: form-data; name="key"\r\n\r\nx',
      "key=%E0%A4%A&object=%00",
      "winner=nobody",
      "winner=salesforce",
      "all=yes&all=no",
      "__proto__=x&key=constructor",
      "a".repeat(10_000),
    ),
    fc.string({ maxLength: 50 }),
  ),
  signed: fc.boolean(),
};

describe("serve", () => {
  it.each<[string, RequestInit & { readonly path: string }, number, RegExp]>([
    [
      "a body that is too long",
      { path: "/webhook", method: "POST", body: "x".repeat(1_000_001) },
      413,
      /longer than 1000000 bytes/,
    ],
    [
      "a long body without a length",
      {
        path: "/dead-letters/retry",
        method: "POST",
        body: ReadableStream.from([Buffer.alloc(1_000_001)]),
        duplex: "half",
      } as never,
      413,
      /longer than/,
    ],
    [
      "JSON in place of a form",
      {
        path: "/conflicts/x",
        method: "POST",
        body: "{}",
        headers: { ...asScript, "content-type": "application/json" },
      },
      415,
      /send a form/,
    ],
    [
      "a form that breaks off",
      {
        path: "/conflicts/x",
        method: "POST",
        body: "--B",
        headers: { ...asScript, "content-type": "multipart/form-data; boundary=B" },
      },
      400,
      /cannot be read/,
    ],
    [
      "a conflict that there is not",
      { path: "/conflicts/x", method: "POST", body: new URLSearchParams({ winner: "external" }), headers: asScript },
      404,
      /NOT_FOUND/,
    ],
    [
      "a winner that is no side",
      { path: "/conflicts/x", method: "POST", body: new URLSearchParams({ winner: "me" }), headers: asScript },
      400,
      /winner must be/,
    ],
    [
      "a dead letter that there is not",
      { path: "/dead-letters/discard", method: "POST", body: new URLSearchParams({ key: "x" }), headers: asScript },
      404,
      /NOT_FOUND/,
    ],
    ["a method that a path has not", { path: "/conflicts", method: "DELETE" }, 404, /404/],
  ])("answers %s with what is wrong", async (_name, { path, ...request }, status, text) => {
    served = await serve();

    const answer = await fetch(`${served.url}${path}`, request);

    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(text);
  });

  it("never answers a client's mistake with an error of its own", async () => {
    served = await serve();
    await untilRuns(1);

    await fc.assert(
      fc.asyncProperty(fc.record(WRONG), async ({ path, query, method, type, body, signed }) => {
        const answer = await fetch(`${served.url}${path}${query}`, {
          method,
          redirect: "manual",
          headers: { ...(signed ? asScript : {}), ...(type === "" ? {} : { "content-type": type }) },
          ...(method === "GET" || body === "" ? {} : { body }),
        });
        await answer.arrayBuffer();
        expect(answer.status).toBeLessThan(500);
      }),
      { seed: 8, numRuns: 300 },
    );
    expect(await rawRequest(`GET / HTTP/1.1\r\nHost: x\r\nBig: ${"z".repeat(40_000)}\r\n\r\n`)).toBe(431);
    expect(await rawRequest("GET /%%% HTTP/1.1\r\nHost: a b c\r\nConnection: close\r\n\r\n")).toBeLessThan(500);
    expect(await rawRequest("NOPE\r\n\r\n")).toBe(400);
  });

  it("runs at once, shows the state, and is healthy and ready", async () => {
    served = await serve();
    await untilRuns(1);

    const text = await (await fetch(served.url)).text();
    const status = (await (await fetch(`${served.url}/api/status`)).json()) as { objects: { linked: number }[] };

    expect(text).toContain("Idle");
    expect(status.objects.map((object) => object.linked)).toEqual([2, 2, 2, 2]);
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
  });

  it("gives metrics of records, runs, calls, lag and what waits", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    served = await serve();
    await untilRuns(1);

    const text = await (await fetch(`${served.url}/metrics`)).text();

    expect(text).toContain('order_sync_records_total{object="Order",side="salesforce",action="activate"} 1');
    expect(text).toContain('order_sync_runs_total{outcome="doneWithRefusals",code=""} 1');
    expect(text).toMatch(/order_sync_lag_seconds\{object="Account",side="salesforce"\} \d/);
    expect(text).toMatch(/order_sync_api_calls_day \d+/);
    expect(text).toMatch(/order_sync_org_api_calls_remaining \d+/);
    expect(text).toContain('order_sync_waiting{object="Order",kind="dead_letter"} 1');
  });

  it("runs on its schedule, one run after the other", async () => {
    served = await serve("schedule: { every: 50ms }");

    await untilRuns(3);

    const events = served.lines
      .map((line) => JSON.parse(line).msg)
      .filter((msg) => /^run (started|finished)$/.test(msg));
    expect(events.slice(0, 4)).toEqual(["run started", "run finished", "run started", "run finished"]);
  });

  it("a signed webhook wakes it, an unsigned one does not", async () => {
    served = await serve();
    await untilRuns(1);
    const body = '{"changed":"O-1"}';
    const signature = `sha256=${createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex")}`;

    const unsigned = await fetch(`${served.url}/webhook`, { method: "POST", body });
    const signed = await fetch(`${served.url}/webhook`, {
      method: "POST",
      body,
      headers: { "x-signature-256": signature },
    });
    await untilRuns(2);

    expect(unsigned.status).toBe(401);
    expect(signed.status).toBe(202);
  });

  it("listens for change events, which start a run, and shows that it does", async () => {
    served = await serve("schedule: { every: 1h, changeEvents: true }");

    // The second run looks for what had changed before somebody listened.
    await untilRuns(2);
    const { service } = (await (await fetch(`${served.url}/api/status`)).json()) as { service: object };
    const metrics = await (await fetch(`${served.url}/metrics`)).text();

    expect(service).toMatchObject({ changeEvents: [{ channel: "/data/ChangeEvents", kind: "listening" }] });
    expect(metrics).toContain('order_sync_change_events_listening{channel="/data/ChangeEvents"} 1');
  });

  it("sweeps at the times of its own, and tells how much the feeds had missed", async () => {
    const { url } = (served = await serve('schedule: { every: 1s, sweep: "* * * * * *" }'));

    await expect
      .poll(async () => await (await fetch(`${url}/metrics`)).text(), { timeout: 20_000 })
      .toContain("order_sync_sweep_missed 0");
  });

  it("a webhook of a system that signs in its own way wakes it", async () => {
    const webhook = 'webhook: { secret: "${HOOK}", header: x-shop-hmac-sha256, encoding: base64, prefix: "" }';
    served = await serve(undefined, undefined, undefined, webhook);
    await untilRuns(1);
    const signature = createHmac("sha256", WEBHOOK_SECRET).update("{}").digest("base64");
    const headers = { "x-shop-hmac-sha256": signature };

    const answer = await fetch(`${served.url}/webhook`, { method: "POST", body: "{}", headers });
    await untilRuns(2);

    expect(answer.status).toBe(202);
  });

  it("changes nothing for whoever does not know the token", async () => {
    served = await serve();
    await untilRuns(1);

    expect((await post("/run", {}, {})).status).toBe(403);
    expect(
      (await post("/dead-letters/discard", { key: "x", object: "Order" }, { authorization: "Bearer no" })).status,
    ).toBe(403);
    expect((await post("/sign-in", { token: "wrong" }, {})).status).toBe(403);
  });

  it("a person signs in by cookie, and only forms of our own pages count", async () => {
    served = await serve();
    await untilRuns(1);
    const signedIn = await post("/sign-in", { token: TOKEN }, {});
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const text = await (await fetch(served.url, { headers: { cookie } })).text();
    const mark = /name="mark" value="([^"]+)"/.exec(text)?.[1] ?? "";

    expect(signedIn.headers.get("set-cookie")).toMatch(/HttpOnly.*SameSite=Strict/i);
    expect((await post("/run", {}, { cookie, origin: served.url })).status).toBe(403);
    expect((await post("/run", { mark }, { cookie, origin: "http://evil.example" })).status).toBe(403);
    expect((await post("/run", { mark }, { cookie, origin: served.url })).status).toBe(303);
    await untilRuns(2);
  });

  it("a conflict is answered between two runs, and the next run carries it out", async () => {
    await shop.order("run");
    const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Ærø Boats'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "+45 SF" });
    shop.erp("UPDATE customers SET phone = '+45 ERP' WHERE no = 'C-1'");
    served = await serve();
    await untilRuns(1);

    const page = await (await fetch(`${served.url}/conflicts`)).text();
    const id = /action="\/conflicts\/(\w+)"/.exec(page)?.[1] ?? "";
    const answered = await post(`/conflicts/${id}`, { winner: "salesforce" }, asScript);
    await post("/run", {}, asScript);
    await untilRuns(2);

    expect(page).toContain("+45 SF");
    expect(page).toContain("+45 ERP");
    expect(answered.status).toBe(303);
    expect(shop.erp("SELECT phone FROM customers WHERE no = 'C-1'")).toEqual([{ phone: "+45 SF" }]);
  });

  it("shows a plan without writing, and the history of a record", async () => {
    served = await serve();
    await untilRuns(1);
    shop.erp("UPDATE customers SET city = 'Ærøskøbing' WHERE no = 'C-1'");

    await post("/plan", {}, asScript);
    const plan = await (await fetch(`${served.url}/plan`)).text();
    const history = await (await fetch(`${served.url}/records?key=${encodeURIComponent("erp:Order:O-1")}`)).text();

    expect(plan).toContain("<strong>1 document</strong>");
    expect(plan).toContain("Ærøskøbing");
    expect(await shop.ask("SELECT BillingCity FROM Account WHERE Name = 'Ærø Boats'")).toMatchObject([
      { BillingCity: "Marstal" },
    ]);
    expect(history).toContain("activate");
  });

  it("values of records cannot become markup", async () => {
    shop.erp("UPDATE customers SET name = '<script>alert(1)</script>' WHERE no = 'C-1'");
    served = await serve();
    await untilRuns(1);

    const response = await fetch(`${served.url}/records?key=${encodeURIComponent("erp:Account:C-1")}`);
    const text = await response.text();

    expect(text).toContain("&lt;script&gt;alert(1)");
    expect(text).not.toContain("<script>alert(1)");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("wrong credentials stop the schedule, because repeating them would lock the user", async () => {
    served = await serve("schedule: { every: 50ms }", { SF_PASSWORD: "wrong-password" });

    await vi.waitFor(async () => expect((await fetch(`${served.url}/readyz`)).status).toBe(503), PATIENT);
    const failures = served.lines.filter((line) => line.includes('"code":"SALESFORCE_LOGIN"'));
    const page = await (await fetch(served.url)).text();

    expect(failures).toHaveLength(1);
    expect(page).toContain("Stands still");
    expect(served.lines.join("")).not.toContain("wrong-password");
  });

  it("writes nothing before its first run passes the check, says what does not fit, and goes on when it does", async () => {
    served = await serve("schedule: { every: 50ms }", ENVIRONMENT, { "BillingCity: city": "BillingCity: town" });
    await vi.waitFor(async () => expect((await fetch(`${served.url}/readyz`)).status).toBe(503), PATIENT);

    const { trouble } = (await (await fetch(`${served.url}/readyz`)).json()) as { trouble: string };
    const written = await shop.ask("SELECT Id FROM Account WHERE ERP_Key__c != null");
    shop.erp("ALTER TABLE customers ADD COLUMN town TEXT");
    await untilRuns(1);

    expect(trouble).toMatch(/MAPPING_INVALID: .*so nothing was written[^]*town/);
    expect(written).toEqual([]);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
  });

  it("outlives runs that fail, and says why", async () => {
    shop.configure({});
    served = await serve("schedule: { every: 50ms }");
    await untilRuns(1);

    await shop.org.close();
    await vi.waitFor(async () => expect((await fetch(`${served.url}/readyz`)).status).toBe(503), PATIENT);

    expect(await (await fetch(served.url)).text()).toMatch(/SALESFORCE_UN(REACHABLE|AVAILABLE): http/);
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
  });

  it("notices that its state file was deleted, instead of writing into a file that nobody will find", async () => {
    served = await serve();
    await untilRuns(1);

    rmSync(join(shop.folder, "state.db"));
    await post("/run", {}, asScript);
    await vi.waitFor(async () => expect((await fetch(`${served.url}/readyz`)).status).toBe(503), PATIENT);

    expect(served.lines.join("")).toContain("was deleted or replaced while it is in use");
    expect(finishedRuns()).toBe(1);
  });

  it("stops at once when nothing runs, with exit code 0", async () => {
    served = await serve();
    await untilRuns(1);
    const startedAt = performance.now();

    expect(await served.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("a port in use and an open address without a token are usage errors", async () => {
    served = await serve();
    const { port } = new URL(served.url);

    expect(await shop.order("serve", "--port", port)).toMatchObject({ exit: 2 });
    shop.configure({ "state:": "serve: { host: 0.0.0.0 }\nstate:" });
    expect(await shop.order("serve")).toMatchObject({ exit: 2, err: expect.stringContaining("serve.token") });
  });
});
