import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { serve } from "@hono/node-server";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openHttpExternal } from "../../../src/external/http/adapter.ts";
import { type HttpConfigInput, httpConfigSchema } from "../../../src/external/http/config.ts";
import { openExternal } from "../../../src/external/open.ts";
import { drain, type ExternalDouble, externalContract, orderRow } from "./contract-suite.ts";
import { Shop, shopConfig } from "./shop.ts";

const HOST = "https://shop.example.com";
const abilities = { seesDeletes: true, deletes: true, restores: true };
const internet = setupServer();

function double(shop: Shop, external: ExternalDouble["external"]): ExternalDouble {
  return {
    external,
    put: async (order) => shop.put(order),
    remove: async (id) => shop.remove(id),
    stored: async (id) => shop.stored(id),
    backUp: async () => shop.backUp(),
  };
}

describe("over a real port", () => {
  const closing: (() => void)[] = [];

  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  externalContract("HTTP adapter (cursor pages, ETags, PATCH)", abilities, async () => {
    const shop = new Shop();
    const server = serve({ fetch: shop.app.fetch, port: 0, hostname: "127.0.0.1" });
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const config = httpConfigSchema.parse(shopConfig(`http://127.0.0.1:${port}/api`));
    return double(shop, await openExternal(config));
  });

  it("says that nobody listens, with the host and without a wait", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const waits: number[] = [];
    const config = httpConfigSchema.parse({ ...shopConfig(`http://127.0.0.1:${port}/api`), attempts: 3 });
    const external = openHttpExternal(config, { sleep: async (ms) => void waits.push(ms), random: () => 1 });

    await expect(external.read("orders", [["1"]])).rejects.toMatchObject({
      code: "EXTERNAL_UNREACHABLE",
      retry: "later",
      message: expect.stringMatching(
        new RegExp(`GET http://127.0.0.1:${port}/api/orders/1 cannot be reached: .*ECONNREFUSED`),
      ),
    });
    expect(waits).toEqual([500, 1000]);
  });

  it("does not know the fate of a write whose connection breaks after it was sent", async () => {
    const shop = new Shop();
    const server = createServer((request, response) => {
      if (request.method === "POST") request.socket.destroy();
      else response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const external = openHttpExternal(httpConfigSchema.parse(shopConfig(`http://127.0.0.1:${port}/api`)));

    const outcomes = await external.apply([create("1")]);

    expect(outcomes).toEqual([{ kind: "unknown", opId: "op-1", reason: expect.stringContaining("fetch failed") }]);
    expect(shop.requests).toEqual([]);
  });
});

describe("at a host on the internet", () => {
  beforeAll(() => internet.listen({ onUnhandledRequest: "error" }));
  afterEach(() => internet.resetHandlers());
  afterAll(() => internet.close());

  function online(shop: Shop): Shop {
    internet.use(http.all(`${HOST}/*`, ({ request }) => shop.app.fetch(request)));
    return shop;
  }

  /** The shop's API with settings of its own; waits take no time and are written down. */
  function client(facts: Partial<HttpConfigInput> = {}, nowMs = 0) {
    const waits: number[] = [];
    let now = nowMs;
    const sleep = async (ms: number): Promise<void> => {
      waits.push(ms);
      now += ms;
    };
    const config = httpConfigSchema.parse({ ...shopConfig(`${HOST}/api/`), ...facts });
    return { external: openHttpExternal(config, { sleep, now: () => now, random: () => 0.5 }), waits };
  }

  externalContract("HTTP adapter (numbered pages, content hash, PUT, OAuth)", abilities, async () => {
    const tokens = new Set<string>();
    const shop = online(new Shop({ header: "authorization", values: tokens }));
    // The shop accepts what its own token endpoint has given out.
    Object.defineProperty(shop, "tokens", { value: tokens });
    const base = shopConfig(`${HOST}/api`);
    const orders = base.collections["orders"];
    if (orders === undefined) throw new Error("the shop has orders");
    const config = httpConfigSchema.parse({
      ...base,
      auth: { kind: "oauth", tokenUrl: `${HOST}/oauth/token`, clientId: "shop", clientSecret: "shop-secret" },
      collections: {
        orders: {
          ...orders,
          list: {
            ...orders.list,
            items: "",
            paging: { kind: "page", parameter: "page", sizeParameter: "limit" },
          },
          update: { method: "PUT", path: "/orders/{id}", wrap: "/order" },
          version: { kind: "content" },
        },
      },
    });
    return double(shop, await openExternal(config));
  });

  describe("the HTTP adapter's requests", () => {
    it("are repeated after 5xx with growing pauses, and after 429 when the API says", async () => {
      const shop = online(new Shop());
      shop.put(orderRow("1"));
      shop.faults.push(
        () => new Response("<html>", { status: 500 }),
        () => new Response("", { status: 502 }),
        () => new Response("", { status: 429, headers: { "retry-after": "7" } }),
        () =>
          new Response("", {
            status: 503,
            headers: { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT", date: "Thu, 01 Jan 1970 00:00:20 GMT" },
          }),
      );
      const { external, waits } = client();

      expect(await external.read("orders", [["1"]])).toHaveLength(1);
      expect(waits).toEqual([250, 500, 7000, 10_000]);
    });

    it("end with a clear error when the allowed attempts are used up", async () => {
      const shop = online(new Shop());
      for (let attempt = 0; attempt < 3; attempt += 1) shop.faults.push(() => new Response("", { status: 500 }));
      const { external } = client({ attempts: 3 });
      await expect(external.read("orders", [["1"]])).rejects.toMatchObject({
        code: "EXTERNAL_UNREACHABLE",
        message: `GET ${HOST}/api/orders/1 cannot be reached: answer 500; check external.url and the network.`,
      });
      expect(shop.requests).toHaveLength(3);
    });

    it("rest until the reset when the rate limit shows nothing left", async () => {
      const shop = online(new Shop());
      const limited = (reset: string) => () =>
        Response.json(
          {},
          {
            status: 404,
            headers: {
              "x-ratelimit-remaining": "0",
              "x-ratelimit-reset": reset,
              date: "Thu, 01 Jan 2026 00:00:00 GMT",
            },
          },
        );
      shop.faults.push(limited("12"), limited(String(Date.parse("2026-01-01T00:00:05Z") / 1000)));
      const { external, waits } = client();

      await external.read("orders", [["1"]]);
      await external.read("orders", [["2"]]);
      await external.read("orders", [["3"]]);

      expect(waits).toEqual([12_000, 5000]);
    });

    it("end the run when the API asks for a long rest", async () => {
      const shop = online(new Shop());
      shop.faults.push(() => new Response("", { status: 429, headers: { "retry-after": "3600" } }));
      const { external, waits } = client();
      await expect(external.read("orders", [["1"]])).rejects.toMatchObject({
        code: "EXTERNAL_UNREACHABLE",
        message: expect.stringContaining("asks to wait 3600 s"),
      });
      expect(waits).toEqual([]);
    });

    it("carry the configured header or the user and password", async () => {
      const shop = online(new Shop());
      await client({ auth: { kind: "header", name: "X-Api-Key", value: "k-1" } }).external.read("orders", [["1"]]);
      await client({ auth: { kind: "basic", username: "änn", password: "p:w" } }).external.read("orders", [["1"]]);
      expect(shop.requests.map(({ headers }) => headers.get("x-api-key") ?? headers.get("authorization"))).toEqual([
        "k-1",
        `Basic ${Buffer.from("änn:p:w").toString("base64")}`,
      ]);
    });

    it("fetch one token for many requests and a new one when it is refused", async () => {
      const valid = new Set<string>();
      const shop = online(new Shop({ header: "authorization", values: valid }));
      Object.defineProperty(shop, "tokens", { value: valid });
      const auth = {
        kind: "oauth",
        tokenUrl: `${HOST}/oauth/token`,
        clientId: "c",
        clientSecret: "shop-secret",
      } as const;
      const { external } = client({ auth });

      await external.read("orders", [["1"], ["2"], ["3"], ["4"]]);
      const first = valid.size;
      shop.faults.push(() => new Response("", { status: 401 }));
      await external.read("orders", [["1"]]);

      expect([first, valid.size]).toEqual([1, 2]);
    });

    it("stop at credentials that are refused, without the secret in the message", async () => {
      online(new Shop({ header: "authorization", values: new Set() }));
      const auth = {
        kind: "oauth",
        tokenUrl: `${HOST}/oauth/token`,
        clientId: "c",
        clientSecret: "wrong-one",
      } as const;
      const oauth = client({ auth }).external.read("orders", [["1"]]);
      await expect(oauth).rejects.toMatchObject({ code: "EXTERNAL_REFUSED" });
      await expect(oauth).rejects.not.toThrow(/wrong-one/);
      const plain = client({ auth: { kind: "header", name: "authorization", value: "Bearer nope" } });
      await expect(plain.external.read("orders", [["1"]])).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringContaining("refuses the credentials (401)"),
      });
    });

    it("do not follow a redirect and name what is not JSON", async () => {
      internet.use(
        http.get(`${HOST}/api/orders/1`, () => HttpResponse.redirect("https://elsewhere.example.com/", 302)),
        http.get(`${HOST}/api/orders/2`, () => HttpResponse.html("<h1>Welcome</h1>")),
      );
      const { external } = client();
      await expect(external.read("orders", [["1"]])).rejects.toThrow(/redirect \(302\)/);
      await expect(external.read("orders", [["2"]])).rejects.toThrow(/not JSON/);
    });
  });

  describe("the HTTP adapter's writes", () => {
    it("are unknown after a lost reply, and not sent again", async () => {
      const shop = online(new Shop());
      shop.faults.push(
        () => undefined,
        () => "lose-reply",
      );
      const { external } = client();

      expect(await external.apply([create("1")])).toEqual([{ kind: "unknown", opId: "op-1", reason: "answer 502" }]);
      expect(shop.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
      expect(shop.stored("1")).toBeDefined();
      expect(await external.apply([create("1")])).toEqual([{ kind: "stale", opId: "op-1" }]);
    });

    it("are sent again with the same idempotency key, and done once", async () => {
      const shop = online(new Shop());
      shop.faults.push(
        () => undefined,
        () => "lose-reply",
      );
      const { external } = client({ idempotencyHeader: "Idempotency-Key" });

      expect((await external.apply([create("1")]))[0]?.kind).toBe("done");

      const posts = shop.requests.filter(({ method }) => method === "POST");
      expect(posts).toHaveLength(2);
      expect(posts[0]?.headers.get("idempotency-key")).toMatch(/^[0-9a-f]{36}$/);
      expect(posts[1]?.headers.get("idempotency-key")).toBe(posts[0]?.headers.get("idempotency-key"));
    });

    it("are repeated when the API did not take them", async () => {
      const shop = online(new Shop());
      shop.faults.push(
        () => undefined,
        () => new Response("", { status: 429, headers: { "retry-after": "1" } }),
      );
      const { external, waits } = client();
      expect((await external.apply([create("1")]))[0]?.kind).toBe("done");
      expect(waits).toEqual([1000]);
    });

    it("carry the ETag, so that the API itself refuses a record that moves in between", async () => {
      const shop = online(new Shop());
      shop.put(orderRow("1"));
      const { external } = client();
      const [record] = await external.read("orders", [["1"]]);
      // Moves after the adapter has looked once more.
      shop.faults.push(
        () => undefined,
        () => {
          shop.put(orderRow("1", { customer: "theirs" }));
          return undefined;
        },
      );

      const outcomes = await external.apply([
        {
          ...create("1"),
          expectedVersion: record?.version ?? null,
          change: { kind: "update", fields: { customer: "ours" } },
        },
      ]);

      expect(outcomes).toEqual([{ kind: "stale", opId: "op-1" }]);
      expect(shop.stored("1")?.customer).toBe("theirs");
      expect(shop.requests.at(-1)?.headers.get("if-match")).toBe('"1"');
    });

    it("send a version field back in its own type", async () => {
      const shop = online(new Shop());
      shop.put(orderRow("1"));
      const { external } = client({ collections: withOrders({ version: { kind: "field", pointer: "/rev" } }) });
      const [record] = await external.read("orders", [["1"]]);
      expect(record?.version).toBe("1");
      const update = { ...create("1"), change: { kind: "update", fields: { amount: "2" } } } as const;

      expect(await external.apply([{ ...update, expectedVersion: "1" }])).toEqual([
        { kind: "done", opId: "op-1", version: "2" },
      ]);
      shop.faults.push(
        () => undefined,
        () => {
          shop.put(orderRow("1"));
          return undefined;
        },
      );
      expect((await external.apply([{ ...update, expectedVersion: "2" }]))[0]?.kind).toBe("stale");
    });

    it("tell the API's own words when it refuses a record", async () => {
      const shop = online(new Shop());
      const { external } = client();
      const bad = { ...create("1"), change: { kind: "create", fields: { amount: "-1" } } } as const;
      expect(await external.apply([bad])).toEqual([
        { kind: "refused", opId: "op-1", reason: 'answer 422: {"error":"amount must be positive"}' },
      ]);
      expect(shop.stored("1")).toBeUndefined();
    });

    it("are refused by name where the configuration has no endpoint, or a value is no number", async () => {
      online(new Shop());
      const { external } = client({ collections: withOrders({ create: undefined }) });
      expect(await external.apply([create("1")])).toEqual([
        { kind: "refused", opId: "op-1", reason: 'collection "orders" has no `create` in the configuration' },
      ]);
      expect(await client().external.apply([{ ...create("A-1"), opId: "x" }])).toEqual([
        { kind: "refused", opId: "x", reason: 'field "id": "A-1" is no number' },
      ]);
    });

    it("tell what was done before the API went away", async () => {
      const shop = online(new Shop());
      const { external } = client({ attempts: 1 });
      const gone = () => new Response("", { status: 500 });
      // A create takes three requests: look, write, and nothing more, as the answer holds the ETag.
      shop.faults.push(
        () => undefined,
        () => undefined,
        gone,
      );
      const outcomes = await external.apply([
        create("1"),
        { ...create("2"), opId: "op-2" },
        { ...create("3"), opId: "op-3" },
      ]);
      expect(outcomes.map((outcome) => [outcome.opId, outcome.kind])).toEqual([
        ["op-1", "done"],
        ["op-2", "unknown"],
        ["op-3", "unknown"],
      ]);
    });
  });

  describe("the HTTP adapter's list", () => {
    it("asks from the highest time less the overlap, and is silent about what it has reported", async () => {
      const shop = online(new Shop());
      shop.put(orderRow("1"));
      shop.put(orderRow("2"));
      const { external } = client();
      const { cursor } = await drain(external, null);
      shop.requests.length = 0;

      expect((await drain(external, cursor)).changes).toEqual([]);

      const query = new URLSearchParams(shop.requests[0]?.query);
      expect(query.get("since")).toBe("2025-12-31T23:55:02.000Z");
    });

    it("finds a record that was committed late with an older time", async () => {
      const late = {
        id: 5,
        rev: 1,
        updatedAt: "2026-01-01T00:00:30Z",
        deleted: false,
        customer: {},
        amount: "1",
        lines: [],
      };
      const early = { ...late, id: 4, updatedAt: "2026-01-01T00:01:00Z" };
      const listed = [early];
      internet.use(http.get(`${HOST}/api/orders`, () => HttpResponse.json({ data: listed, meta: {} })));
      const { external } = client();
      const { cursor } = await drain(external, null);
      listed.push(late);
      expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["5"], deleted: false }]);
    });

    it("begins its round again when the API has forgotten the page's cursor", async () => {
      const shop = online(new Shop());
      for (const id of ["1", "2", "3"]) shop.put(orderRow(id));
      const { external } = client();
      const first = await external.changes("orders", null, 2);
      shop.faults.push(() => Response.json({ error: "cursor expired" }, { status: 410 }));

      const rest = await drain(external, first.cursor, 2);

      expect(rest.changes.map((change) => change.naturalKey)).toContainEqual(["3"]);
    });

    it("names a list, a key or a time that is not where the configuration points", async () => {
      const answers = [{ items: [] }, { data: [{ no: 1 }] }, { data: [{ id: 1 }] }];
      internet.use(http.get(`${HOST}/api/orders`, () => HttpResponse.json(answers.shift())));
      const { external } = client();
      await expect(external.changes("orders", null, 10)).rejects.toThrow(/no list at \/data; correct list.items/);
      await expect(external.changes("orders", null, 10)).rejects.toThrow(/shows no key at \/id/);
      await expect(external.changes("orders", null, 10)).rejects.toThrow(/shows no time at \/updatedAt/);
    });

    it.each([1, 2, 3, 7, 40])("names the list that runs in a circle of %i cursors", async (length) => {
      let calls = 0;
      internet.use(
        http.get(`${HOST}/api/orders`, ({ request }) => {
          calls += 1;
          const cursor = Number(new URL(request.url).searchParams.get("cursor") ?? "0");
          // Three pages lead into the circle.
          const next = cursor < 3 ? cursor + 1 : ((cursor - 3 + 1) % length) + 3;
          return HttpResponse.json({ data: [], meta: { next } });
        }),
      );
      const { external } = client();

      await expect(drain(external, null)).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringMatching(
          /^The list GET https:\/\/shop.example.com\/api\/orders has no end: page \d+ names a cursor that came before \(cursor=\d+\)/,
        ),
      });
      expect(calls).toBeLessThan(10 + 5 * length);
    });

    it("names an endless list, at the page that is one too many", async () => {
      internet.use(
        http.get(`${HOST}/api/orders`, ({ request }) => {
          const cursor = Number(new URL(request.url).searchParams.get("cursor") ?? "0");
          return HttpResponse.json({ data: [], meta: { next: cursor + 1 } });
        }),
      );
      const { list } = orderCollection();
      const { external } = client({ collections: withOrders({ list: { ...list, pagesMax: 20 } }) });

      await expect(drain(external, null)).rejects.toThrow(
        /has no end: page 20 names another one \(cursor=20\)\. .*raise list\.pagesMax/,
      );
    });

    describe("of numbered pages", () => {
      const numbered = (sizeMax = 2) => {
        const { list } = orderCollection();
        const paging = { kind: "page", parameter: "page", sizeParameter: "limit", sizeMax } as const;
        return client({ collections: withOrders({ list: { ...list, items: "", paging } }) }).external;
      };
      const record = (id: number) => ({ id, updatedAt: "2026-01-01T00:00:00Z" });

      it("is refused when every page is the same", async () => {
        internet.use(http.get(`${HOST}/api/orders`, () => HttpResponse.json([record(1), record(2)])));

        await expect(drain(numbered(), null)).rejects.toThrow(
          /page 2 is the same as the one before, whatever page says\. Correct list\.paging\.parameter/,
        );
      });

      it("is read to its end when the API gives fewer records a page than it is asked for", async () => {
        const all = [1, 2, 3, 4, 5].map(record);
        internet.use(
          http.get(`${HOST}/api/orders`, ({ request }) => {
            const page = Number(new URL(request.url).searchParams.get("page"));
            return HttpResponse.json(all.slice((page - 1) * 2, page * 2));
          }),
        );

        const { changes } = await drain(numbered(50), null);

        expect(changes.map(({ naturalKey }) => naturalKey[0])).toEqual(["1", "2", "3", "4", "5"]);
      });

      it("ends where the API has no such page", async () => {
        internet.use(
          http.get(`${HOST}/api/orders`, ({ request }) =>
            new URL(request.url).searchParams.get("page") === "1"
              ? HttpResponse.json([record(1)])
              : HttpResponse.json({ detail: "Invalid page." }, { status: 404 }),
          ),
        );

        expect((await drain(numbered(), null)).changes).toHaveLength(1);
      });

      it("ends where the API shows its last page again and again", async () => {
        internet.use(http.get(`${HOST}/api/orders`, () => HttpResponse.json([record(1)])));

        expect((await drain(numbered(50), null)).changes).toHaveLength(1);
      });
    });

    it("reports a record that stands twice in it at most twice, and reads it once", async () => {
      const record = { id: 1, updatedAt: "2026-01-01T00:00:00Z" };
      internet.use(http.get(`${HOST}/api/orders`, () => HttpResponse.json({ data: [record, record] })));
      const { external } = client();

      const { changes } = await drain(external, null);

      expect(new Set(changes.map(({ naturalKey }) => naturalKey[0]))).toEqual(new Set(["1"]));
    });
  });

  describe("an answer that nobody expects", () => {
    const answering = (answer: () => Response, facts: Partial<HttpConfigInput> = {}) => {
      internet.use(http.all(`${HOST}/api/*`, answer));
      return client({ attempts: 1, ...facts }).external;
    };
    const read = async (external: ReturnType<typeof answering>): Promise<unknown> =>
      await external.read("orders", [["1"]]);
    const html = (): Response =>
      new Response("<!DOCTYPE html>\n<title>Sign in</title>", {
        headers: { "content-type": "text/html; charset=utf-8" },
      });

    it.each<[string, () => Response, RegExp]>([
      [
        "a page for people",
        html,
        /GET \S+\/orders\/1 answers 200 with something that is not JSON \(text\/html: "<!DOCTYPE html> <title>/,
      ],
      ["JSON that is cut off", () => new Response('{"order":{"id":1,'), /not JSON .*or that is cut off/],
      [
        "an error with 200",
        () => Response.json({ error: "quota" }),
        /shows no record: answer 200: \{"error":"quota"\}/,
      ],
      [
        "a record without a key",
        () => Response.json({ order: { error: "quota" } }),
        /without a key at \/id.*\{"error":"quota"\}/,
      ],
      [
        "text in another charset than it says",
        () => new Response(Buffer.from('{"a":"\u00c6"}', "latin1")),
        /text that is not utf-8/,
      ],
      [
        "an unknown charset",
        () => new Response("{}", { headers: { "content-type": "application/json; charset=klingon" } }),
        /charset klingon/,
      ],
      [
        "another host",
        () => new Response(null, { status: 302, headers: { location: "https://evil.example.com/x?t=1" } }),
        /redirect \(302\) to https:\/\/evil\.example\.com, which is not followed/,
      ],
    ])("is named, with what was said: %s", async (_name, answer, message) => {
      await expect(read(answering(answer))).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringMatching(message),
      });
    });

    it("in the charset that it names is read", async () => {
      const body = Buffer.from('{"order":{"id":1,"amount":"\u00c6"}}', "latin1");
      const headers = { "content-type": "application/json; charset=ISO-8859-1" };
      const external = answering(() => new Response(body, { headers }));

      expect((await external.read("orders", [["1"]]))[0]?.fields["amount"]).toBe("\u00c6");
    });

    it.each([
      ["plain", (text: string) => new Response(text)],
      ["packed", (text: string) => new Response(gzipSync(text), { headers: { "content-encoding": "gzip" } })],
    ])("above the bound is named with its URL, the bound and the setting: %s", async (_name, answer) => {
      const text = JSON.stringify({ order: { id: 1, note: "x".repeat(10_000) } });
      const external = answering(() => answer(text), { answerBytesMax: 2048 });

      await expect(read(external)).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringMatching(
          /GET https:\/\/shop\.example\.com\/api\/orders\/1 answers with more than 2048 bytes, and external\.answerBytesMax is 2048/,
        ),
      });
    });

    it("above the bound to a write leaves its fate open", async () => {
      const external = answering(() => new Response("x".repeat(5000), { status: 201 }), { answerBytesMax: 2048 });
      internet.use(http.get(`${HOST}/api/orders/1`, () => HttpResponse.json({}, { status: 404 })));

      expect(await external.apply([create("1")])).toMatchObject([
        { kind: "unknown", reason: expect.stringContaining("answerBytesMax") },
      ]);
    });

    it("to a write, 200 with an error in it, is no success", async () => {
      const shop = online(new Shop());
      shop.put(orderRow("2"));
      const { external } = client({ collections: withOrders({ version: { kind: "content" } }) });
      const error = (): Response => Response.json({ error: "closed for today" });
      const change = { kind: "update", fields: { amount: "7.77" } } as const;
      const update = { opId: "op-2", collection: "orders", naturalKey: ["2"], expectedVersion: null, change };
      shop.faults.push(() => undefined, error);
      const made = await external.apply([create("1")]);
      shop.faults.push(() => undefined, error);
      const changed = await external.apply([update]);

      expect(made).toEqual([{ kind: "refused", opId: "op-1", reason: expect.stringContaining("closed for today") }]);
      expect(changed).toEqual([{ kind: "refused", opId: "op-2", reason: expect.stringContaining("changed nothing") }]);
    });
  });

  it("checks that the first records hold what the configuration points to", async () => {
    const shop = online(new Shop());
    shop.put(orderRow("1"));
    const { external } = client({
      collections: {
        ...withOrders({ fields: { customer: "/buyer/name", amount: "/amount" }, changedBy: "/editor" }),
        invoices: { key: ["/id"], list: { path: "/invoices" }, item: { path: "/invoices/{id}" } },
      },
    });
    expect(await external.check()).toEqual([
      {
        place: "external.collections.orders.fields.customer",
        message: expect.stringContaining("anything at /buyer/name"),
        warning: true,
      },
      {
        place: "external.collections.orders.changedBy",
        message: expect.stringContaining("anything at /editor"),
        warning: true,
      },
      {
        place: "external.collections.invoices",
        message: expect.stringContaining("GET https://shop.example.com/api/invoices refuses the list: answer 404"),
      },
    ]);
  });

  it("finds nothing wrong where the first record lacks an optional value", async () => {
    const shop = online(new Shop());
    shop.put({ ...orderRow("1"), customer: null, lines: [] });
    shop.put(orderRow("2"));
    internet.use(
      http.get(`${HOST}/api/orders/1`, () =>
        HttpResponse.json(
          { order: { id: 1, updatedAt: "2026-01-01T00:00:01.000Z", rev: 1 } },
          { headers: { etag: '"1"' } },
        ),
      ),
    );
    const { external } = client();

    expect(await external.check()).toEqual([]);
    expect((await external.read("orders", [["1"]]))[0]).toMatchObject({
      fields: { customer: null, amount: null },
      lines: [],
    });
  });
});

describe("the HTTP adapter's configuration", () => {
  it("refuses a placeholder that is no part of the key, and what is no pointer", () => {
    const unknown = httpConfigSchema.safeParse({
      ...shopConfig(HOST),
      collections: withOrders({ item: { path: "/orders/{number}" } }),
    });
    expect(unknown.error?.issues[0]).toMatchObject({
      path: ["collections", "orders", "item", "path"],
      message: "{number} is no part of the key; use {id}",
    });
    const pointer = httpConfigSchema.safeParse({
      ...shopConfig(HOST),
      collections: withOrders({ changedBy: "editor" }),
    });
    expect(pointer.success).toBe(false);
  });
});

function create(id: string) {
  const change = { kind: "create", fields: { amount: "1.00" } } as const;
  return { opId: "op-1", collection: "orders", naturalKey: [id], expectedVersion: null, change };
}

type Orders = HttpConfigInput["collections"][string];

function orderCollection(): Orders {
  const orders = withOrders({})["orders"];
  if (orders === undefined) throw new Error("the shop has orders");
  return orders;
}

function withOrders(facts: { readonly [Name in keyof Orders]?: Orders[Name] | undefined }): Record<string, Orders> {
  const { orders } = shopConfig(HOST).collections;
  return { orders: { ...orders, ...facts } as Orders };
}
