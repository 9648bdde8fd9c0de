/** What the console's pages cost with 10,000 calls in the journal, as a browser on the same machine waits for them. */
import { createConsole } from "../../mock-server/console/console.ts";
import { Journal } from "../../mock-server/http/journal.ts";
import { fillJournal, hostOf } from "../mock-server/console/host.ts";
import { Shop } from "../mock-server/dml/shop.ts";
import type { BenchRow } from "./bench-row.ts";

const CALLS = 10_000;
/** What the project promises. */
const PAGE_MS_MAX = 100;
const TRIES = 9;

export async function run(): Promise<readonly BenchRow[]> {
  const shop = new Shop();
  const journal = new Journal(CALLS, () => shop.org.catalog);
  const order = shop.insert("Order", { AccountId: shop.account, EffectiveDate: "2026-08-01", Status: "Draft" });
  fillJournal(shop, journal, CALLS);
  const app = createConsole(hostOf(shop, journal));
  const pages = {
    "requests, newest 100 of 10,000": "/_mock/",
    "requests, a search that looks at all 10,000": "/_mock/?find=nothing-like-it",
    "the life of an order, with 50 rehearsed saves": `/_mock/console/orders/${order}`,
  };
  const rows: BenchRow[] = [];
  for (const [name, path] of Object.entries(pages)) {
    const times: number[] = [];
    for (let count = 0; count < TRIES; count += 1) {
      const startedMs = performance.now();
      await (await app.request(path)).text();
      times.push(performance.now() - startedMs);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0;
    rows.push({
      name: `console: ${name}`,
      unit: "ms",
      measured: median,
      baseline: null,
      ratio: null,
      target: PAGE_MS_MAX,
    });
  }
  return rows;
}
