/**
 * What the guarantees cost: the first load of 10,000 accounts and 10,000 orders with 30,000 lines from an ERP in SQLite into
 * a mock org in a process of its own, against a bare loop that sends the same rows by jsforce collections and remembers
 * nothing. What a run at rest costs afterwards, and what it costs to read records in the calls that update them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "jsforce";
import Database from "libsql";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import { runOnce } from "../../src/engine/run/run.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import { KEY_FIELD } from "../support/erp-mapping.ts";
import { writeKeyFields } from "../support/org-process.ts";
import { type BenchRow, compared } from "./bench-row.ts";
import { advanceClock, benchMapping, fillErp, type OrgAddress, openPorts, withOrg } from "./world.ts";

const ACCOUNTS = 10_000;
const ORDERS = 10_000;
const LINES_PER_ORDER = 3;
const CHUNK = 200;
/** This many accounts and orders change at a time, to see what pre-images cost. */
const CHANGED = 2_000;

/** Runs everything; takes about half a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "connector-bench-"));
  try {
    const mapping = benchMapping();
    const sourceDir = writeKeyFields(folder, mapping);
    fillErp(folder, { accounts: ACCOUNTS, orders: ORDERS, linesPerOrder: LINES_PER_ORDER });
    const bare = await withOrg(sourceDir, bareLoad);
    return await withOrg(sourceDir, (org) => syncedLoad(org, { folder, mapping, bare }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The loop that people write first: create, create, create, activate. Returns milliseconds. */
async function bareLoad({ url, accessToken }: OrgAddress): Promise<number> {
  const salesforce = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
  const { book, entry } = await priceOf(salesforce);
  const start = performance.now();
  const accounts = await create(salesforce, "Account", ACCOUNTS, (index) => ({
    Name: `Customer ${index}`,
    [KEY_FIELD]: `a${index}`,
  }));
  const orders = await create(salesforce, "Order", ORDERS, (index) => ({
    AccountId: accounts[index % ACCOUNTS],
    EffectiveDate: "2026-08-01",
    Status: "Draft",
    Pricebook2Id: book,
    [KEY_FIELD]: `o${index}`,
  }));
  await create(salesforce, "OrderItem", ORDERS * LINES_PER_ORDER, (index) => ({
    OrderId: orders[Math.floor(index / LINES_PER_ORDER)],
    PricebookEntryId: entry,
    Quantity: 1 + (index % 7),
    UnitPrice: 9.5,
    [KEY_FIELD]: `l${index}`,
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
    if (first.unsynced.length > 0) throw new Error(JSON.stringify(first.unsynced[0]));
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
      UPDATE lines SET quantity = quantity + 1 WHERE line_no = 0 AND rowid <= ${CHANGED * LINES_PER_ORDER};`);
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

function figure(name: string, measured: number, target: number, unit: string): BenchRow {
  return { name, unit, measured, baseline: null, ratio: null, target };
}
