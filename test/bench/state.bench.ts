/**
 * What the choice of the state's database costs: the same first load and the same run at rest with SQLite and PostgreSQL.
 *
 * Everything stands on one machine, the mock org included, so the figures say what the connector adds, not what
 * Salesforce takes. The PostgreSQL of the tests runs without fsync.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { createMockOrg } from "../../mock-server/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import { runOnce } from "../../src/engine/run/run.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import { openPorts, runOptions } from "../../src/service/open.ts";
import { writeShopConfig } from "../src/cli/shop-config.ts";
import { keyFields } from "../support/erp-mapping.ts";
import { startPostgres } from "../support/postgres.ts";
import { type BenchRow, compared } from "./bench-row.ts";

const ORDERS = 2_000;

/** Two rows: the first load of 2,000 orders of two lines, and a run at rest. */
export async function run(): Promise<readonly BenchRow[]> {
  const postgres = await startPostgres();
  if (typeof postgres === "string") throw new Error(postgres);
  try {
    // The first one warms the code up.
    await measure("file:state.db");
    const sqlite = await measure("file:state.db");
    const other = await measure(await postgres.database());
    return [
      compared(`first load of ${ORDERS} orders: state in PostgreSQL ÷ SQLite`, other.loadMs, sqlite.loadMs, null, "ms"),
      compared("run at rest: state in PostgreSQL ÷ SQLite", other.restMs, sqlite.restMs, null, "ms"),
    ];
  } finally {
    await postgres.stop();
  }
}

async function measure(stateUrl: string): Promise<{ readonly loadMs: number; readonly restMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "state-bench-"));
  const org = await createMockOrg({ fields: keyFields() });
  try {
    const { url } = await org.listen();
    fillErp(join(folder, "erp.db"));
    const config = join(folder, "order-sync.yaml");
    writeShopConfig(config, url, { "file:state.db": stateUrl });
    const loaded = await loadConfig(config, { SF_PASSWORD: "mock-password" });
    if (loaded.config.external.kind === "sql") await installChangeLog(loaded.config.external);
    const open = await openPorts(loaded);
    try {
      const request = { holder: "bench", ...runOptions(loaded.config) };
      const loadMs = await time(() => runOnce(open.ports, request));
      await runOnce(open.ports, request);
      const restMs = await time(() => runOnce(open.ports, request));
      return { loadMs, restMs };
    } finally {
      await open[Symbol.asyncDispose]();
    }
  } finally {
    await org.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function fillErp(file: string): void {
  const database = new Database(file);
  database.exec(`
    CREATE TABLE customers (no TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT, city TEXT);
    CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, price TEXT NOT NULL);
    CREATE TABLE orders (no TEXT PRIMARY KEY, customer_no TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE order_lines (no TEXT NOT NULL, pos INTEGER NOT NULL, sku TEXT NOT NULL, quantity TEXT NOT NULL,
      price TEXT NOT NULL, PRIMARY KEY (no, pos));
    INSERT INTO products VALUES ('P-1', 'Oar', '19.90'), ('P-2', 'Sail', '1250.00');
    BEGIN;`);
  const customer = database.prepare("INSERT INTO customers VALUES (?, ?, NULL, 'Marstal')");
  const order = database.prepare("INSERT INTO orders VALUES (?, ?, '2026-03-02', 'released')");
  const line = database.prepare("INSERT INTO order_lines VALUES (?, ?, ?, '2', '18.00')");
  for (let number = 0; number < ORDERS / 10; number += 1) customer.run(`C-${number}`, `Customer ${number}`);
  for (let number = 0; number < ORDERS; number += 1) {
    order.run(`O-${number}`, `C-${number % (ORDERS / 10)}`);
    line.run(`O-${number}`, 1, "P-1");
    line.run(`O-${number}`, 2, "P-2");
  }
  database.exec("COMMIT");
  database.close();
}
