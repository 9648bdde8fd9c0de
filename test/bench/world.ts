/**
 * The world of the connector's benchmarks: an ERP in SQLite with customers and released orders, a mapping, the connector's
 * own parts around them, and a mock org in a process of its own.
 */
import { join } from "node:path";
import Database from "libsql";
import { randomId } from "../../src/engine/context/context.ts";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import { openSqlExternal } from "../../src/external/sql/adapter.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../src/external/sql/config.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import { SalesforceConfig } from "../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../src/salesforce/org.ts";
import { openStateStore } from "../../src/state/open.ts";
import { compiled, erpMapping } from "../support/erp-mapping.ts";
import { type OrgProcess, startOrgProcess } from "../support/org-process.ts";

/** Where a mock org is, and how to get in. */
export type OrgAddress = Pick<OrgProcess, "url" | "accessToken">;

/** How much is in the ERP. */
export interface ErpSize {
  readonly accounts: number;
  readonly orders: number;
  readonly linesPerOrder: number;
}

/** Moves the clock of a mock org. */
export async function advanceClock({ url }: OrgAddress, minutes: number): Promise<void> {
  const answer = await fetch(`${url}/_mock/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance: { minutes } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

type Collections = SqlConfigInput["collections"];

/** The tables of `fillErp`. */
const SHOP: Collections = {
  customers: { table: "customers", key: ["no"] },
  products: { table: "products", key: ["sku"] },
  prices: { table: "products", key: ["sku"] },
  orders: { table: "orders", key: ["no"], lines: { table: "lines", parentKey: ["order_no"], key: ["line_no"] } },
};

/** The ports of a run between the ERP in a folder and an org; the state is made beside the ERP. */
export async function openPorts(
  org: OrgAddress,
  folder: string,
  mapping: Mapping,
  collections: Collections = SHOP,
): Promise<EnginePorts> {
  const erp = join(folder, "erp.db");
  const config = sqlConfigSchema.parse({
    kind: "sql",
    name: "erp",
    url: `file:${erp}`,
    collections,
  });
  await installChangeLog(config);
  const state = await openStateStore(`file:${join(folder, "state.db")}`);
  await state.migrate();
  return {
    mapping,
    state,
    external: openSqlExternal(config),
    salesforce: createSalesforceOrg(
      SalesforceConfig.parse({
        loginUrl: org.url,
        auth: { kind: "accessToken", accessToken: org.accessToken, instanceUrl: org.url },
      }),
    ),
    nowMs: Date.now,
    newId: randomId,
    observe: () => {},
  };
}

/** Makes the ERP in a folder. */
export function fillErp(folder: string, { accounts, orders, linesPerOrder }: ErpSize): void {
  const database = new Database(join(folder, "erp.db"));
  database.exec(`
    CREATE TABLE customers (no TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT, price TEXT);
    CREATE TABLE orders (no TEXT PRIMARY KEY, customer_no TEXT, date TEXT, state TEXT);
    CREATE TABLE lines (order_no TEXT, line_no INTEGER, sku TEXT, quantity INTEGER, price TEXT,
      PRIMARY KEY (order_no, line_no));
    INSERT INTO products VALUES ('ANVIL', 'Anvil', '10.00');`);
  database.transaction(() => {
    const customer = database.prepare("INSERT INTO customers VALUES (?, ?)");
    for (let index = 0; index < accounts; index++) customer.run(`C${index}`, `Customer ${index}`);
    const order = database.prepare("INSERT INTO orders VALUES (?, ?, '2026-08-01', 'released')");
    const line = database.prepare("INSERT INTO lines VALUES (?, ?, 'ANVIL', ?, '9.50')");
    for (let index = 0; index < orders; index++) {
      order.run(`O${index}`, `C${index % accounts}`);
      for (let at = 0; at < linesPerOrder; at++) line.run(`O${index}`, at, 1 + ((index * linesPerOrder + at) % 7));
    }
  })();
  database.close();
}

/** Accounts, products with their price, and orders with lines; no more fields than `fillErp` fills. */
export function benchMapping(): Mapping {
  return compiled(
    erpMapping({
      Account: { fields: { Phone: null, BillingCity: null } },
      Order: { fields: { Description: null } },
    }),
  );
}

/** A mock org in a process of its own, for as long as `work` needs it. */
export async function withOrg<T>(sourceDir: string, work: (org: OrgAddress) => Promise<T>): Promise<T> {
  const org = await startOrgProcess(sourceDir, "--daily-calls", "1000000");
  try {
    return await work(org);
  } finally {
    await org.stop();
  }
}
