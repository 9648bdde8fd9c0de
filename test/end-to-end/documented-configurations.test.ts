/** Every configuration in examples/order-sync, run as it stands there: only the addresses of the systems are the test's. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import Database from "libsql";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../mock-server/index.ts";
import { listen } from "../../src/cli/listen.ts";
import { type Instruction, say } from "../src/cli/shop.ts";
import { keyFields } from "../support/erp-mapping.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

const PAGES = new URL("../../examples/order-sync/", import.meta.url);
const KEYS = { SF_CLIENT_ID: "mock-client", SF_CLIENT_SECRET: "mock-secret", SHOP_KEY: "key-of-the-shop" };
const TRIED = new Set<string>();

let folder: string;
let org: MockOrg;
let orgUrl: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-documented-"));
  org = await createMockOrg({ fields: keyFields() });
  orgUrl = (await org.listen()).url;
});

afterEach(async () => {
  await org.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The commands with a page's configuration; each text of `replace` must stand there. */
function commandsOf(page: string, replace: Readonly<Record<string, string>>, environment: Record<string, string> = {}) {
  TRIED.add(page);
  const written = readFileSync(new URL(page, PAGES), "utf8");
  const text = Object.entries({ "https://test.salesforce.com": orgUrl, ...replace }).reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, to);
  }, written);
  const config = join(folder, page);
  writeFileSync(config, text);
  return async (...args: readonly string[]): Promise<Instruction> =>
    await say([...args, "--config", config], { ...KEYS, ...environment });
}

/** Checks, runs, and runs once more at rest. */
async function expectRest(order: ReturnType<typeof commandsOf>): Promise<void> {
  const [check, first, second] = [await order("check"), await order("run"), await order("run")];
  expect(check).toMatchObject({ exit: 0 });
  expect(first).toMatchObject({ exit: 0 });
  expect(second).toMatchObject({ exit: 0 });
  expect(second.out).toMatch(/^ *0 documents written/m);
}

const names = (): readonly string[] =>
  org
    .records("Account")
    .all()
    .map(({ Name }) => String(Name))
    .sort();

const orders = (): readonly string[] =>
  org
    .records("Order")
    .all()
    .map(({ Status, TotalAmount }) => `${String(Status)} ${Number(TotalAmount)}`);

describe("a documented configuration", () => {
  it("order-sync.yaml syncs an ERP in SQLite", async () => {
    const erp = new Database(join(folder, "erp.db"));
    erp.exec(`
      CREATE TABLE customers (customer_no TEXT PRIMARY KEY, name TEXT NOT NULL, city TEXT, phone TEXT);
      CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, list_price TEXT NOT NULL);
      CREATE TABLE orders (order_no TEXT PRIMARY KEY, customer_no TEXT NOT NULL, order_date TEXT NOT NULL,
        customer_ref TEXT, state TEXT NOT NULL);
      CREATE TABLE order_lines (order_no TEXT NOT NULL, line_no INTEGER NOT NULL, sku TEXT NOT NULL,
        quantity TEXT NOT NULL, unit_price TEXT NOT NULL, PRIMARY KEY (order_no, line_no));
      INSERT INTO customers VALUES ('C-1', 'Boats', 'Marstal', NULL);
      INSERT INTO products VALUES ('P-1', 'Oar', '19.90');
      INSERT INTO orders VALUES ('O-1', 'C-1', '2026-03-02', 'PO-7', 'released');
      INSERT INTO order_lines VALUES ('O-1', 1, 'P-1', '4', '18.50');`);
    erp.close();
    const order = commandsOf("order-sync.yaml", {});

    expect(await order("init", "--install-change-log", "--metadata-dir", join(folder, "md"))).toMatchObject({
      exit: 0,
    });

    await expectRest(order);
    expect(orders()).toEqual(["Activated 74"]);
  });

  it("files-csv.yaml reads orders with their lines from an ERP's exports, and sends customers back", async () => {
    const exports: Readonly<Record<string, string>> = {
      customers: "no;name;city\r\nC-1;\u00c6r\u00f8 Boats;Marstal\r\n",
      products: "sku;name\r\nP-1;Oar\r\n",
      prices: "sku;price\r\nP-1;19,90\r\n",
      orders: "op;no;customer;date;state;line;sku;quantity;price\r\nU;O-1;C-1;02.03.2026;released;1;P-1;4;18,50\r\n",
    };
    for (const [name, text] of Object.entries(exports)) {
      mkdirSync(join(folder, "exchange", name, "in"), { recursive: true });
      writeFileSync(join(folder, "exchange", name, "in", `${name}-1.csv`), Buffer.from(text, "latin1"));
    }
    const order = commandsOf("files-csv.yaml", {});

    await expectRest(order);
    expect(names()).toEqual(["\u00c6r\u00f8 Boats"]);
    expect(orders()).toEqual(["Activated 74"]);

    const [account] = org.records("Account").all();
    await patch(`Account/${String(account?.["Id"])}`, { BillingCity: "\u00c5rhus" });
    expect(await order("run")).toMatchObject({ exit: 0 });
    const out = join(folder, "exchange", "customers", "out");
    expect(readFileSync(join(out, readdirSync(out)[0] ?? ""), "latin1")).toBe(
      "no;name;city\nC-1;\u00c6r\u00f8 Boats;\u00c5rhus\n",
    );
  });

  it("files-ndjson.yaml reads what happened, once its marker is there", async () => {
    const inbox = join(folder, "exchange", "customers", "in");
    mkdirSync(inbox, { recursive: true });
    writeFileSync(
      join(inbox, "customers-1.ndjson"),
      '{"op":"put","no":"C-1","name":"Boats","city":"Marstal"}\n{"op":"put","no":"C-2","name":"Mills"}\n',
    );
    writeFileSync(join(inbox, "customers-1.ndjson.done"), "");

    await expectRest(commandsOf("files-ndjson.yaml", {}));
    expect(names()).toEqual(["Boats", "Mills"]);
  });

  it("http.yaml syncs a shop's API", async () => {
    const shop = new Map<string, object>([
      // The first one has no address.
      ["C-1", { id: "C-1", name: "Boats", updatedAt: "2026-01-01T00:00:00Z", deleted: false }],
      [
        "C-2",
        { id: "C-2", name: "Mills", address: { city: "Lodz" }, updatedAt: "2026-01-02T00:00:00Z", deleted: false },
      ],
    ]);
    const app = new Hono();
    app.use(async (c, next) => (c.req.header("x-api-key") === KEYS.SHOP_KEY ? await next() : c.json({}, 401)));
    app.get("/api/customers", (c) => c.json({ data: [...shop.values()], next: null }));
    app.get("/api/customers/:id", (c) => {
      const found = shop.get(c.req.param("id"));
      return found === undefined ? c.json({ error: "not found" }, 404) : c.json({ data: found });
    });
    app.patch("/api/customers/:id", async (c) => {
      const change = await c.req.json<object>();
      shop.set(c.req.param("id"), { ...shop.get(c.req.param("id")), ...change, updatedAt: "2026-01-03T00:00:00Z" });
      return c.json({});
    });
    await using server = await listen(app.fetch, "127.0.0.1", 0);
    const order = commandsOf("http.yaml", { "https://shop.example.com": server.url });

    await expectRest(order);
    expect(names()).toEqual(["Boats", "Mills"]);

    const account = org.records("Account").where({ Name: "Boats" })[0];
    await patch(`Account/${String(account?.["Id"])}`, { Name: "Boats & Oars" });
    expect(await order("run")).toMatchObject({ exit: 0 });
    expect(shop.get("C-1")).toMatchObject({ name: "Boats & Oars" });
  });

  describe("of an ERP in PostgreSQL", () => {
    let postgres: TestPostgres | string;

    beforeAll(async () => {
      postgres = await startPostgres();
    }, 120_000);
    afterAll(async () => {
      if (typeof postgres !== "string") await postgres.stop();
    });

    it("postgres.yaml syncs customers with integer keys", async (test) => {
      TRIED.add("postgres.yaml");
      if (typeof postgres === "string") return test.skip(postgres);
      const url = await postgres.scratch();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE SCHEMA sales;
        CREATE TABLE sales.customer (id integer PRIMARY KEY, name text NOT NULL, city text, credit_limit numeric(12,2));
        INSERT INTO sales.customer VALUES (9, 'Boats', NULL, 1000.50), (10, 'Mills', 'Lodz', NULL)`);
      await client.end();
      const order = commandsOf("postgres.yaml", {}, { ERP_URL: url });

      expect(await order("init", "--install-change-log", "--metadata-dir", join(folder, "md"))).toMatchObject({
        exit: 0,
      });

      await expectRest(order);
      expect(names()).toEqual(["Boats", "Mills"]);
    });
  });

  it("is any of the folder", () => {
    expect([...TRIED].sort()).toEqual(
      readdirSync(PAGES)
        .filter((name) => name.endsWith(".yaml"))
        .sort(),
    );
  });
});

async function patch(path: string, fields: object): Promise<void> {
  const answer = await fetch(`${orgUrl}/services/data/v62.0/sobjects/${path}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${org.openSession()}`, "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  expect(answer.status).toBe(204);
}
