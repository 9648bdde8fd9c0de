/**
 * What the mock org's heart costs: loading 100,000 orders with 300,000 lines through the whole save pipeline, copying such
 * an org, and one save with all order rules against a plain Map.
 */
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import type { SaveInput } from "../../mock-server/dml/port.ts";
import { save } from "../../mock-server/dml/save.ts";
import { frozenClock } from "../../mock-server/org/clock.ts";
import { createOrg, type MockOrgCore } from "../../mock-server/org/org.ts";
import type { Actor } from "../../mock-server/org/port.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import { type BenchRow, compared, medianTime } from "./bench-row.ts";

const ORDERS = 100_000;
const LINES_PER_ORDER = 3;
/** Rows per save call: what one sObject Collections request holds. */
const CHUNK = 200;

/** Runs everything; takes about half a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  const before = heapMegabytes();
  const shop = openShop();
  const start = performance.now();
  const orders = load(shop, ORDERS, (index) => ({
    object: "Order",
    values: {
      AccountId: shop.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      Pricebook2Id: shop.book,
      PoNumber: `PO-${index}`,
    },
  }));
  load(shop, ORDERS * LINES_PER_ORDER, (index) => ({
    object: "OrderItem",
    values: {
      OrderId: orders[Math.floor(index / LINES_PER_ORDER)],
      PricebookEntryId: shop.entry,
      Quantity: 2,
      UnitPrice: 499,
    },
  }));
  const seconds = (performance.now() - start) / 1000;
  const records = ORDERS * (1 + LINES_PER_ORDER);
  const heap = heapMegabytes() - before;
  return [
    figure("records per second through the pipeline", records / seconds, 20_000, "1/s", true),
    figure(`heap of ${records.toLocaleString("en")} records`, heap, 600, "MB"),
    figure(
      "fork",
      medianTime(5, 200, () => void shop.org.fork()),
      1_000,
    ),
    figure(
      "snapshot",
      medianTime(5, 200, () => void shop.org.snapshot()),
      1_000,
    ),
    figure("restore", restoreTime(shop.org), 1_000),
    ...singleSaves(shop, orders),
  ];
}

interface Shop {
  readonly org: MockOrgCore;
  readonly actor: Actor;
  readonly account: string;
  readonly book: string;
  readonly entry: string;
}

function openShop(): Shop {
  const org = createOrg({ definitions: STANDARD_OBJECTS, clock: frozenClock(Date.UTC(2026, 7, 1)), seed: 1 });
  const actor = org.actor("admin@mock.org");
  if (actor === undefined) throw new Error("A new org has its administrator");
  const insert = (object: string, values: SaveInput["values"]): string =>
    ids(org, actor, [{ object, values }])[0] ?? "";
  const account = insert("Account", { Name: "Acme" });
  const product = insert("Product2", { Name: "Anvil", IsActive: true });
  const book = org.transaction(actor, (tx) => String([...tx.rows("Pricebook2")][0]?.["Id"]));
  const entry = insert("PricebookEntry", { Pricebook2Id: book, Product2Id: product, UnitPrice: 500, IsActive: true });
  return { org, actor, account, book, entry };
}

function load(shop: Shop, count: number, make: (index: number) => SaveInput): readonly string[] {
  const made: string[] = [];
  for (let start = 0; start < count; start += CHUNK) {
    const length = Math.min(CHUNK, count - start);
    made.push(
      ...ids(
        shop.org,
        shop.actor,
        Array.from({ length }, (_, offset) => make(start + offset)),
      ),
    );
  }
  return made;
}

function ids(org: MockOrgCore, actor: Actor, records: readonly SaveInput[]): readonly string[] {
  const results = org.transaction(actor, (tx) => save(tx, { operation: "insert", records, allOrNone: false }));
  return results.map((result) => {
    if (!result.success) throw new Error(result.faults.map((fault) => fault.message).join("; "));
    return result.id;
  });
}

function singleSaves(shop: Shop, orders: readonly string[]): readonly BenchRow[] {
  const map = mapTable();
  // The same object: an order with all its fields.
  const [order] = shop.org.transaction(shop.actor, (tx) => [tx.get("Order", orders[0] ?? "")]);
  const put = medianTime(9, 2_000, (call) => map.put({ ...order, Id: orders[call] ?? "", PoNumber: `X-${call}` }));
  const update = medianTime(9, 2_000, (call) => {
    shop.org.transaction(shop.actor, (tx) =>
      save(tx, {
        operation: "update",
        records: [{ object: "Order", id: orders[call] ?? "", values: { PoNumber: `N-${call}` } }],
        allOrNone: false,
      }),
    );
  });
  const activate = medianTime(9, 2_000, (call) => {
    shop.org.transaction(shop.actor, (tx) =>
      save(tx, {
        operation: "update",
        records: [{ object: "Order", id: orders[50_000 + call] ?? "", values: { Status: "Activated" } }],
        allOrNone: false,
      }),
    );
  });
  return [
    compared("update of one order, against a Map with one unique index", update, put, 15),
    compared("activation of one order, against the same", activate, put, 15),
  ];
}

/** The plainest table there is: frozen rows by Id and by one unique field. */
function mapTable(): { put(row: Row): void } {
  const byId = new Map<unknown, Row>();
  const byPoNumber = new Map<unknown, unknown>();
  return {
    put(row) {
      const stored = Object.freeze(row);
      const owner = byPoNumber.get(stored["PoNumber"]);
      if (owner !== undefined && owner !== stored["Id"]) throw new Error("duplicate value");
      byId.set(stored["Id"], stored);
      byPoNumber.set(stored["PoNumber"], stored["Id"]);
    },
  };
}

function restoreTime(org: MockOrgCore): number {
  const snapshot = org.snapshot();
  return medianTime(5, 200, () => org.restore(snapshot));
}

function heapMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1_048_576;
}

function figure(name: string, measured: number, target: number, unit = "µs", atLeast = false): BenchRow {
  return { name, unit, measured, baseline: null, ratio: null, target, atLeast };
}
