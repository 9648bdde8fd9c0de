/**
 * A fleet for tests and measurements: a mock org as a process of its own, an ERP and a state in PostgreSQL, and any number
 * of workers, each with a gate of its own before the org and a name of its own in the database.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type ConfigInput, configSchema } from "../../src/config/schema.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import { type Running, startOrderSync } from "./child.ts";
import { compiled, erpMapping } from "./erp-mapping.ts";
import { type Gate, openGate } from "./gate.ts";
import { startOrgProcess, writeKeyFields } from "./org-process.ts";

/** How much the ERP holds: orders are spread over the customers, every second one is released, each has one line or two. */
export interface FleetSize {
  readonly customers: number;
  readonly products: number;
  readonly orders: number;
}

/** A worker and its gate. */
export interface FleetWorker extends Running {
  readonly name: string;
  readonly gate: Gate;
}

/** A running fleet. */
export interface Fleet extends AsyncDisposable {
  readonly stateUrl: string;
  readonly state: pg.Pool;
  readonly erp: pg.Pool;
  /** Starts `order-sync worker`; its connections carry the name as their application name. */
  worker(name: string): Promise<FleetWorker>;
  /** Starts any other command; `state` replaces the state's address. */
  command(args: readonly string[], state?: string): Running;
  /** Adds orders to the ERP, from the number after the last one on. */
  addOrders(count: number): Promise<void>;
  /** Makes every answer of the org slower, those to graph calls by a time of their own. */
  slow(delays: { readonly callMs: number; readonly graphMs: number }): Promise<void>;
  ask(soql: string): Promise<readonly Record<string, unknown>[]>;
  patch(record: string, fields: object): Promise<void>;
  /** What the org was asked since the last call of `forget`. */
  requests(): Promise<readonly OrgRequest[]>;
  forget(): Promise<void>;
}

/** One entry of the mock org's journal, as far as the tests look. */
export interface OrgRequest {
  readonly method: string;
  readonly path: string;
  readonly requestBody: unknown;
  readonly responseBody: unknown;
}

const MAPPING = erpMapping({
  Account: { fields: { Phone: null } },
  Product2: { fields: { ProductCode: "sku" } },
  Order: { fields: { EffectiveDate: "day", Description: null, PoNumber: "reference" }, lines: { naturalKey: ["pos"] } },
});

const TABLES = `
  create table customers (no text primary key, name text not null, city text);
  create table products (sku text primary key, name text not null, price numeric(12, 2) not null);
  create table orders (no text primary key, customer_no text not null, day date not null, state text not null,
    reference text);
  create table order_lines (no text not null, pos int not null, sku text not null, quantity numeric(10, 2) not null,
    price numeric(12, 2) not null, primary key (no, pos));`;

/** Opens a fleet without workers. `erpUrl` and `stateUrl` are empty PostgreSQL databases. */
export async function openFleet(
  databases: { readonly erpUrl: string; readonly stateUrl: string },
  size: FleetSize,
): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), "order-sync-fleet-"));
  const { erpUrl, stateUrl } = databases;
  const erp = new pg.Pool({ connectionString: erpUrl, max: 2 });
  const state = new pg.Pool({ connectionString: stateUrl, max: 2 });
  // The test cuts connections, and the server ends before the pools do.
  erp.on("error", () => undefined);
  state.on("error", () => undefined);
  await fillErp(erp, size);
  await installChangeLog(externalConfig(erpUrl));
  const org = await startOrgProcess(writeKeyFields(folder, compiled(MAPPING)), "--seed", "empty");
  const gates: Gate[] = [];
  const running: Running[] = [];
  const start = (args: readonly string[]): Running => {
    const started = startOrderSync(args, { SF_PASSWORD: org.password });
    running.push(started);
    return started;
  };
  const configure = (name: string, orgUrl: string, stateAt: string): string => {
    const file = join(folder, `${name}.json`);
    const config: ConfigInput = {
      salesforce: {
        loginUrl: orgUrl,
        auth: { kind: "password", username: org.username, password: "${SF_PASSWORD}" },
      },
      external: externalConfig(erpUrl),
      state: { url: stateAt },
      run: { leaseTtlMs: 10_000 },
      schedule: { every: "1s" },
      mapping: MAPPING,
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const rest = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { authorization: `Bearer ${org.accessToken}`, "content-type": "application/json" };
    const answer = await fetch(`${org.url}${path}`, { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  return {
    stateUrl,
    state,
    erp,
    async worker(name) {
      const gate = await openGate(org.url);
      gates.push(gate);
      const file = configure(name, gate.url, `${stateUrl}?application_name=${name}`);
      return { name, gate, ...start(["worker", "--json", "--config", file]) };
    },
    command: (args, stateAt = stateUrl) => {
      const file = configure(`command-${running.length}`, org.url, stateAt);
      return start([...args, "--config", file]);
    },
    addOrders: async (count) => await addOrders(erp, size, count),
    slow: async ({ callMs, graphMs }) => {
      await rest("/_mock/faults", { method: "POST", body: JSON.stringify({ act: "delay", ms: callMs }) });
      const graph = { act: "delay", operation: "graph", ms: graphMs };
      await rest("/_mock/faults", { method: "POST", body: JSON.stringify(graph) });
    },
    ask: async (soql) => {
      const rows: Record<string, unknown>[] = [];
      let path = `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`;
      while (path !== "") {
        const page = (await rest(path)) as { records: Record<string, unknown>[]; nextRecordsUrl?: string };
        rows.push(...page.records);
        path = page.nextRecordsUrl ?? "";
      }
      return rows;
    },
    patch: async (record, fields) => {
      await rest(`/services/data/v62.0/sobjects/${record}`, { method: "PATCH", body: JSON.stringify(fields) });
    },
    requests: async () => ((await rest("/_mock/requests")) as { requests: OrgRequest[] }).requests,
    forget: async () => {
      await rest("/_mock/requests", { method: "DELETE" });
    },
    async [Symbol.asyncDispose]() {
      for (const one of running) one.kill("SIGKILL");
      await Promise.all(running.map((one) => one.ended));
      for (const gate of gates) await gate[Symbol.asyncDispose]();
      await org.stop();
      await erp.end();
      await state.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function externalConfig(url: string) {
  const external = configSchema.shape.external.parse({
    kind: "sql",
    name: "erp",
    url,
    collections: {
      customers: { table: "customers", key: ["no"] },
      products: { table: "products", key: ["sku"] },
      prices: { table: "products", key: ["sku"] },
      orders: { table: "orders", key: ["no"], lines: { table: "order_lines", parentKey: ["no"], key: ["pos"] } },
    },
  });
  if (external.kind !== "sql") throw new TypeError("the fleet's ERP is a database");
  return external;
}

async function fillErp(erp: pg.Pool, { customers, products, orders }: FleetSize): Promise<void> {
  await erp.query(TABLES);
  await erp.query(
    "insert into customers select 'C-' || i, 'Customer ' || i, 'Town ' || i from generate_series(1, $1) i",
    [customers],
  );
  await erp.query("insert into products select 'P-' || i, 'Product ' || i, i + 0.5 from generate_series(1, $1) i", [
    products,
  ]);
  await addOrders(erp, { customers, products }, orders);
}

async function addOrders(erp: pg.Pool, size: Omit<FleetSize, "orders">, count: number): Promise<void> {
  const { rows } = await erp.query("select count(*)::int as n from orders");
  const [from, to] = [rows[0].n + 1, rows[0].n + count];
  await erp.query(
    `insert into orders select 'O-' || i, 'C-' || (i % $3 + 1), date '2026-03-01' + i % 28,
       case when i % 2 = 0 then 'released' else 'draft' end, 'PO ' || i from generate_series($1::int, $2::int) i`,
    [from, to, size.customers],
  );
  await erp.query(
    `insert into order_lines select 'O-' || i, p, 'P-' || ((i + p) % $3 + 1), i % 9 + 1, (i % 50) + 0.25 * p
     from generate_series($1::int, $2::int) i, generate_series(1, 1 + (i / $4) % 2) p`,
    [from, to, size.products, size.customers],
  );
}
