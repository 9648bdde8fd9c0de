/**
 * What the guarantees cost: the first load of 10,000 accounts and 10,000 orders with 30,000 lines from an ERP in SQLite into
 * a mock org in a process of its own, against a bare loop that sends the same rows by jsforce collections and remembers
 * nothing. What a run at rest costs afterwards, and what it costs to read records in the calls that update them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Connection } from "jsforce";
import Database from "libsql";
import { keyFieldMetadata } from "../../src/config/metadata.ts";
import { randomId } from "../../src/engine/context.ts";
import type { EnginePorts } from "../../src/engine/ports.ts";
import { runOnce } from "../../src/engine/run.ts";
import { openSqlExternal } from "../../src/external/sql/adapter.ts";
import { sqlConfigSchema } from "../../src/external/sql/config.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import { SalesforceConfig } from "../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../src/salesforce/org.ts";
import { openStateStore } from "../../src/state/open.ts";
import { type BenchRow, compared } from "./bench-row.ts";

const ACCOUNTS = 10_000;
const ORDERS = 10_000;
const LINES_PER_ORDER = 3;
const CHUNK = 200;
/** So many accounts and orders change at a time, to see what pre-images cost. */
const CHANGED = 2_000;
const KEY = "ERP_Key__c";

/** Runs everything; takes about half a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "connector-bench-"));
  try {
    const mapping = benchMapping();
    const sourceDir = join(folder, "sfdx");
    for (const file of keyFieldMetadata(mapping)) {
      mkdirSync(dirname(join(sourceDir, file.path)), { recursive: true });
      writeFileSync(join(sourceDir, file.path), file.text);
    }
    const bare = await withOrg(sourceDir, bareLoad);
    return await withOrg(sourceDir, (org) => syncedLoad(org, { folder, mapping, bare }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface OrgAddress {
  readonly url: string;
  readonly accessToken: string;
}

/** The loop that people write first: create, create, create, activate. Returns milliseconds. */
async function bareLoad({ url, accessToken }: OrgAddress): Promise<number> {
  const salesforce = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
  const { book, entry } = await priceOf(salesforce);
  const start = performance.now();
  const accounts = await create(salesforce, "Account", ACCOUNTS, (index) => ({
    Name: `Customer ${index}`,
    [KEY]: `a${index}`,
  }));
  const orders = await create(salesforce, "Order", ORDERS, (index) => ({
    AccountId: accounts[index % ACCOUNTS],
    EffectiveDate: "2026-08-01",
    Status: "Draft",
    Pricebook2Id: book,
    [KEY]: `o${index}`,
  }));
  await create(salesforce, "OrderItem", ORDERS * LINES_PER_ORDER, (index) => ({
    OrderId: orders[Math.floor(index / LINES_PER_ORDER)],
    PricebookEntryId: entry,
    Quantity: 1 + (index % 7),
    UnitPrice: 9.5,
    [KEY]: `l${index}`,
  }));
  for (let at = 0; at < orders.length; at += CHUNK) {
    await salesforce.sobject("Order").update(orders.slice(at, at + CHUNK).map((Id) => ({ Id, Status: "Activated" })));
  }
  return performance.now() - start;
}

async function create(
  salesforce: Connection,
  object: string,
  count: number,
  make: (index: number) => Record<string, unknown>,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (let at = 0; at < count; at += CHUNK) {
    const records = Array.from({ length: Math.min(CHUNK, count - at) }, (_, offset) => make(at + offset));
    for (const result of await salesforce.sobject(object).create(records)) {
      if (!result.success) throw new Error(JSON.stringify(result.errors));
      made.push(result.id);
    }
  }
  return made;
}

async function priceOf(salesforce: Connection): Promise<{ readonly book: string; readonly entry: string }> {
  const found = await salesforce.query<{ readonly Id: string }>("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
  const book = found.records[0]?.Id ?? "";
  const [product = ""] = await create(salesforce, "Product2", 1, () => ({ Name: "Anvil", IsActive: true }));
  const price = { Pricebook2Id: book, Product2Id: product, UnitPrice: 10, IsActive: true };
  const [entry = ""] = await create(salesforce, "PricebookEntry", 1, () => price);
  return { book, entry };
}

async function syncedLoad(
  org: OrgAddress,
  { folder, mapping, bare }: { readonly folder: string; readonly mapping: Mapping; readonly bare: number },
): Promise<readonly BenchRow[]> {
  const ports = await openPorts(org, folder, mapping);
  try {
    const start = performance.now();
    const first = await runOnce(ports, { holder: "bench" });
    const loaded = performance.now() - start;
    if (first.held.length > 0) throw new Error(JSON.stringify(first.held[0]));
    // The second run meets the echo of the first; the third one rests.
    await runOnce(ports, { holder: "bench" });
    // Some minutes later the overlap of the watermark holds nothing any more. The connector knows the org's time from its
    // last answer, so after a jump of the clock it takes one run to follow.
    for (let round = 0; round < 3; round++) {
      await advanceClock(org, 5);
      await runOnce(ports, { holder: "bench" });
    }
    const resting = performance.now();
    const rest = await runOnce(ports, { holder: "bench" });
    const rested = performance.now() - resting;
    const guards = await preImageCost(ports, join(folder, "erp.db"));
    const lowerBound = Math.ceil(ACCOUNTS / 1_000) + 2 + Math.ceil(ORDERS / 75);
    return [
      compared("first load, against a bare loop without any guarantee", loaded, bare, 3, "ms"),
      compared(
        "write calls of the first load, against the least possible",
        first.predictedWriteCalls,
        lowerBound,
        1.2,
        "calls",
      ),
      figure("a run at rest", rested, 1_000, "ms"),
      figure("API calls of a run at rest", rest.apiCalls, 1, "calls"),
      figure("documents written by a run at rest", rest.writes, 0, "docs"),
      ...guards,
    ];
  } finally {
    await ports.external.close();
    await ports.state.close();
    await ports.salesforce.close();
  }
}

/** Changes some accounts and a line of some activated orders, without and with reading before writing. */
async function preImageCost(ports: EnginePorts, erp: string): Promise<readonly BenchRow[]> {
  const change = async (preImages: boolean): Promise<{ readonly ms: number; readonly calls: number }> => {
    const database = new Database(erp);
    database.exec(`
      UPDATE customers SET name = name || '.' WHERE rowid <= ${CHANGED};
      UPDATE lines SET quantity = quantity + 1 WHERE line = 0 AND rowid <= ${CHANGED * LINES_PER_ORDER};`);
    database.close();
    const start = performance.now();
    const { predictedWriteCalls: calls, writes } = await runOnce(ports, { holder: "bench", preImages });
    if (writes !== 2 * CHANGED) throw new Error(`${writes} documents were written`);
    return { ms: performance.now() - start, calls };
  };
  // By turns, and the best of each: the machine may be busy.
  const [off, on, offAgain, onAgain] = [
    await change(false),
    await change(true),
    await change(false),
    await change(true),
  ];
  const [without, read] = [Math.min(off.ms, offAgain.ms), Math.min(on.ms, onAgain.ms)];
  return [
    compared("changes with pre-images, against without", read, without, 1.5, "ms"),
    compared("write calls of changes with pre-images, against without", on.calls, off.calls, 1.25, "calls"),
  ];
}

async function advanceClock({ url }: OrgAddress, minutes: number): Promise<void> {
  const answer = await fetch(`${url}/_mock/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance: { minutes } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function openPorts(org: OrgAddress, folder: string, mapping: Mapping): Promise<EnginePorts> {
  const erp = join(folder, "erp.db");
  fillErp(erp);
  const config = sqlConfigSchema.parse({
    kind: "sql",
    name: "erp",
    url: `file:${erp}`,
    collections: {
      customers: { table: "customers", key: ["no"] },
      products: { table: "products", key: ["sku"] },
      prices: { table: "products", key: ["sku"] },
      orders: { table: "orders", key: ["no"], lines: { table: "lines", parentKey: ["order_no"], key: ["line"] } },
    },
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

function fillErp(file: string): void {
  const database = new Database(file);
  database.exec(`
    CREATE TABLE customers (no TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT, price TEXT);
    CREATE TABLE orders (no TEXT PRIMARY KEY, customer TEXT, day TEXT, state TEXT);
    CREATE TABLE lines (order_no TEXT, line INTEGER, sku TEXT, quantity INTEGER, price TEXT, PRIMARY KEY (order_no, line));
    INSERT INTO products VALUES ('ANVIL', 'Anvil', '10.00');`);
  database.transaction(() => {
    const customer = database.prepare("INSERT INTO customers VALUES (?, ?)");
    for (let index = 0; index < ACCOUNTS; index++) customer.run(`C${index}`, `Customer ${index}`);
    const order = database.prepare("INSERT INTO orders VALUES (?, ?, '2026-08-01', 'released')");
    const line = database.prepare("INSERT INTO lines VALUES (?, ?, 'ANVIL', ?, '9.50')");
    for (let index = 0; index < ORDERS; index++) {
      order.run(`O${index}`, `C${index % ACCOUNTS}`);
      for (let at = 0; at < LINES_PER_ORDER; at++) line.run(`O${index}`, at, 1 + ((index * 3 + at) % 7));
    }
  })();
  database.close();
}

function benchMapping(): Mapping {
  const compiled = compileMapping({
    source: "erp",
    objects: {
      Account: { collection: "customers", keyField: KEY, naturalKey: ["no"], fields: { Name: "name" } },
      Product2: {
        collection: "products",
        keyField: KEY,
        naturalKey: ["sku"],
        fields: { Name: "name", IsActive: { constant: true } },
      },
      PricebookEntry: {
        collection: "prices",
        keyField: KEY,
        naturalKey: ["sku"],
        fields: {
          Product2Id: { from: "sku", reference: "Product2" },
          Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
          UnitPrice: "price",
          IsActive: { constant: true },
        },
      },
      Order: {
        collection: "orders",
        keyField: KEY,
        naturalKey: ["no"],
        onActivated: "reopen",
        fields: {
          AccountId: { from: "customer", reference: "Account" },
          Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
          EffectiveDate: "day",
          Status: { from: "state", convert: { picklist: { draft: "Draft", released: "Activated" } } },
        },
        lines: {
          keyField: KEY,
          naturalKey: ["line"],
          fields: {
            PricebookEntryId: { from: "sku", reference: "PricebookEntry" },
            Quantity: "quantity",
            UnitPrice: "price",
          },
        },
      },
    },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.mapping;
}

/** A mock org in a process of its own, for as long as `work` needs it. */
async function withOrg<T>(sourceDir: string, work: (org: OrgAddress) => Promise<T>): Promise<T> {
  const args = [
    "dist/mock-server/bin.js",
    "start",
    "--port",
    "0",
    "--source-dir",
    sourceDir,
    "--daily-calls",
    "1000000",
    "--json",
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    if (child.stdout === null) throw new Error("The mock org has no output");
    const lines = createInterface({ input: child.stdout });
    const line = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      child.once("exit", (code) => reject(new Error(`The mock org ended with ${code}`)));
    });
    // The shape of the ready line is documented.
    return await work(JSON.parse(line) as OrgAddress);
  } finally {
    child.kill("SIGTERM");
  }
}

function figure(name: string, measured: number, target: number, unit: string): BenchRow {
  return { name, unit, measured, baseline: null, ratio: null, target };
}
