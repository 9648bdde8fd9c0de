/** A shop with a REST API, as a Hono application: the other side of the HTTP adapter's tests. */
import { Hono } from "hono";
import type { HttpConfigInput } from "../../../src/external/http/config.ts";
import type { OrderRow } from "./contract-suite.ts";

interface StoredOrder extends OrderRow {
  readonly rev: number;
  readonly updatedAt: string;
  readonly deleted: boolean;
}

/** How the shop answers one request otherwise than it would. */
export type ShopFault = (request: Request) => Response | "lose-reply" | undefined;

/** The shop and the way past its API. */
export class Shop {
  readonly app = new Hono();
  /** Requests in order: method, path and what matters of them. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly headers: Headers;
  }[] = [];
  /** Asked before each request, first come first served; undefined lets the request through. */
  readonly faults: ShopFault[] = [];
  readonly tokens = new Set<string>();
  readonly #orders = new Map<string, StoredOrder>();
  readonly #answered = new Map<string, { readonly status: number; readonly body: string }>();
  #clockMs = Date.parse("2026-01-01T00:00:00Z");

  constructor(secret?: { readonly header: string; readonly values: ReadonlySet<string> }) {
    this.app.use("/api/*", async (context, next) => {
      const { req } = context;
      this.requests.push({
        method: req.method,
        path: req.path,
        query: new URL(req.url).search,
        headers: req.raw.headers,
      });
      if (secret !== undefined && !secret.values.has(req.header(secret.header) ?? "")) {
        return context.json({ error: "unauthorized" }, 401);
      }
      const fault = this.faults.shift()?.(req.raw);
      if (fault instanceof Response) return fault;
      const name = req.header("idempotency-key");
      const answered = name === undefined ? undefined : this.#answered.get(name);
      if (answered !== undefined) return new Response(answered.body, { status: answered.status });
      await next();
      if (name !== undefined && context.res.status < 300) {
        this.#answered.set(name, { status: context.res.status, body: await context.res.clone().text() });
      }
      if (fault === "lose-reply") context.res = new Response("<html>Bad Gateway</html>", { status: 502 });
      return undefined;
    });
    this.app.get("/api/orders", (context) => {
      const since = context.req.query("since");
      const size = Number(context.req.query("limit") ?? 1000);
      const all = [...this.#orders.values()]
        .filter((order) => since === undefined || order.updatedAt >= since)
        .sort((a, b) => (a.updatedAt + a.id.padStart(9) < b.updatedAt + b.id.padStart(9) ? -1 : 1));
      const page = context.req.query("page");
      if (page !== undefined) {
        const start = (Number(page) - 1) * size;
        return context.json(all.slice(start, start + size).map(shown));
      }
      const start = Number(context.req.query("cursor") ?? 0);
      const next = start + size < all.length ? String(start + size) : null;
      return context.json({ data: all.slice(start, start + size).map(shown), meta: { next } });
    });
    this.app.get("/api/orders/:id", (context) => {
      const order = this.#orders.get(context.req.param("id"));
      if (order === undefined) return context.json({ error: "no such order" }, 404);
      return context.json({ order: shown(order) }, 200, { etag: `"${order.rev}"` });
    });
    this.app.post("/api/orders", async (context) => {
      const { order } = await context.req.json<{ order: ReturnType<typeof shown> }>();
      if (this.#alive(String(order.id))) return context.json({ error: "exists" }, 409);
      if (order.amount === "-1") return context.json({ error: "amount must be positive" }, 422);
      const made = this.#store(read(order));
      return context.json({ order: shown(made) }, 201, { etag: `"${made.rev}"` });
    });
    const update = async (request: Request, id: string): Promise<Response> => {
      const before = this.#orders.get(id);
      if (before === undefined || before.deleted) return Response.json({ error: "no such order" }, { status: 404 });
      const wanted = request.headers.get("if-match");
      if (wanted !== null && wanted !== `"${before.rev}"`) return new Response(null, { status: 412 });
      const { order } = (await request.json()) as { order: Partial<ReturnType<typeof shown>> };
      if (order.rev !== undefined && order.rev !== before.rev)
        return Response.json({ error: "moved" }, { status: 409 });
      const now = this.#store(read({ ...(request.method === "PUT" ? {} : shown(before)), ...order, id }));
      return Response.json({ order: shown(now) }, { headers: { etag: `"${now.rev}"` } });
    };
    this.app.patch("/api/orders/:id", (context) => update(context.req.raw, context.req.param("id")));
    this.app.put("/api/orders/:id", (context) => update(context.req.raw, context.req.param("id")));
    this.app.delete("/api/orders/:id", (context) => {
      const before = this.#orders.get(context.req.param("id"));
      if (before === undefined || before.deleted) return context.json({ error: "no such order" }, 404);
      const wanted = context.req.header("if-match");
      if (wanted !== undefined && wanted !== `"${before.rev}"`) return context.body(null, 412);
      this.#store({ ...before, deleted: true });
      return context.body(null, 204);
    });
    this.app.post("/oauth/token", async (context) => {
      const form = await context.req.parseBody();
      if (form["client_secret"] !== "shop-secret") return context.json({ error: "invalid_client" }, 401);
      const token = `token-${this.tokens.size + 1}`;
      this.tokens.add(`Bearer ${token}`);
      return context.json({ access_token: token, token_type: "Bearer", expires_in: 3600 });
    });
  }

  put(order: OrderRow): void {
    this.#store({ ...order, rev: 0, updatedAt: "", deleted: false });
  }

  remove(id: string): void {
    const before = this.#orders.get(id);
    if (before !== undefined) this.#store({ ...before, deleted: true });
  }

  stored(id: string): OrderRow | undefined {
    const order = this.#orders.get(id);
    if (order === undefined || order.deleted) return undefined;
    const lines = [...order.lines].sort((a, b) => Number(a.no) - Number(b.no));
    return { id, customer: order.customer, amount: order.amount, lines };
  }

  /** Gives what puts the orders back as they are now. */
  backUp(): () => Promise<void> {
    const kept = [...this.#orders];
    return async () => {
      this.#orders.clear();
      for (const [id, order] of kept) this.#orders.set(id, order);
    };
  }

  #alive(id: string): boolean {
    return this.#orders.get(id)?.deleted === false;
  }

  #store(order: StoredOrder): StoredOrder {
    this.#clockMs += 1000;
    const rev = (this.#orders.get(order.id)?.rev ?? 0) + 1;
    const made = { ...order, rev, updatedAt: new Date(this.#clockMs).toISOString() };
    this.#orders.set(order.id, made);
    return made;
  }
}

/** The shop's configuration: cursor pages, ETags, PATCH. */
export function shopConfig(url: string): HttpConfigInput {
  return {
    kind: "http",
    name: "shop",
    url,
    collections: {
      orders: {
        key: [{ pointer: "/id", as: "number" }],
        fields: { customer: "/customer/name", amount: "/amount" },
        lines: {
          pointer: "/lines",
          key: [{ pointer: "/no", as: "number" }],
          fields: { product: "/product", quantity: "/quantity" },
        },
        list: {
          path: "/orders",
          items: "/data",
          paging: { kind: "cursor", parameter: "cursor", next: "/meta/next", sizeParameter: "limit" },
          changedSince: { parameter: "since", pointer: "/updatedAt" },
          deleted: { pointer: "/deleted", equals: true },
        },
        item: { path: "/orders/{id}", data: "/order" },
        create: { path: "/orders", wrap: "/order" },
        update: { path: "/orders/{id}", wrap: "/order" },
        delete: { path: "/orders/{id}" },
        version: { kind: "etag" },
        changedAt: "/updatedAt",
      },
    },
  };
}

function shown(order: StoredOrder) {
  return {
    id: Number(order.id),
    rev: order.rev,
    updatedAt: order.updatedAt,
    deleted: order.deleted,
    customer: { name: order.customer },
    amount: order.amount,
    lines: order.lines.map((line) => ({ ...line, no: Number(line.no) })),
  };
}

function read(body: Partial<Omit<ReturnType<typeof shown>, "id">> & { id: number | string }): StoredOrder {
  return {
    id: String(body.id),
    customer: body.customer?.name ?? null,
    amount: body.amount ?? "0",
    lines: (body.lines ?? []).map((line) => ({ ...line, no: String(line.no) })),
    rev: 0,
    updatedAt: "",
    deleted: false,
  };
}
