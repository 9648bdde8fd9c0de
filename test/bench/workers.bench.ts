/**
 * What sharing the work costs and brings: the same orders sent by one process on SQLite, by one worker and by three workers
 * on PostgreSQL, each as a ratio to the first. Once with an org that answers at once, where the machine is the limit, and
 * once with one that takes its time, as a real org does: that is where workers help.
 *
 * Every figure is the time between start and end of the run that sent the orders, as the run itself recorded it; customers,
 * products and prices are there before.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunReport } from "../../src/engine/context/report.ts";
import type { RunRecord } from "../../src/state/port.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import type { BenchRow } from "./bench-row.ts";

const SIZE = { customers: 120, products: 20, orders: 0 };
const ORDERS = 900;
/** A graph call holds 75 orders with their lines; a real org takes seconds for one. */
const SLOW = { callMs: 150, graphMs: 2_000 };
const WAIT_MS = 180_000;
/** Runs with nothing to do; the quickest one counts. */
const RESTS = 2;

interface Figures {
  /** Seconds for the run that sent the orders. */
  readonly load: number;
  /** Seconds for a run with nothing to do. */
  readonly rest: number;
  readonly calls: number;
}

/** Runs everything; takes about two minutes. Throws where PostgreSQL cannot run. */
export async function run(): Promise<readonly BenchRow[]> {
  const postgres = await startPostgres();
  if (typeof postgres === "string") throw new Error(postgres);
  try {
    const rows: BenchRow[] = [];
    for (const slow of [false, true]) {
      const alone = await measure(postgres, { slow, workers: 0 });
      const one = await measure(postgres, { slow, workers: 1 });
      const three = await measure(postgres, { slow, workers: 3 });
      const org = slow ? "slow org" : "fast org";
      rows.push(
        row(`${ORDERS} orders, ${org}: one worker on PostgreSQL`, one.load, alone.load, slow ? 1.3 : null),
        row(`${ORDERS} orders, ${org}: three workers on PostgreSQL`, three.load, alone.load, slow ? 0.6 : null),
        row(`run at rest, ${org}: one worker on PostgreSQL`, one.rest, alone.rest, null),
        { ...row(`API calls, ${org}: three workers`, three.calls, alone.calls, 2), unit: "calls" },
      );
    }
    return rows;
  } finally {
    await postgres.stop();
  }
}

function row(name: string, measured: number, baseline: number, target: number | null): BenchRow {
  return { name, unit: "s", measured, baseline, ratio: measured / baseline, target };
}

async function measure(
  postgres: TestPostgres,
  { slow, workers }: { readonly slow: boolean; readonly workers: number },
): Promise<Figures> {
  const databases = { erpUrl: await postgres.database(), stateUrl: await postgres.database() };
  const fleet = await openFleet(databases, SIZE);
  // The bundler of the benchmarks leaves `await using` as it is, and Node 20 does not know it.
  try {
    return workers === 0 ? await alone(fleet, slow) : await together(fleet, slow, workers);
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

async function alone(fleet: Fleet, slow: boolean): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "order-sync-bench-"));
  const once = async (): Promise<RunReport> => {
    const ended = await fleet.command(["run", "--json"], `file:${join(folder, "state.db")}`).ended;
    if (ended.code !== 0) throw new Error(ended.err);
    return JSON.parse(ended.out) as RunReport;
  };
  try {
    await once();
    if (slow) await fleet.slow(SLOW);
    await fleet.addOrders(ORDERS);
    const load = await once();
    return figures(load, [await once(), await once()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function together(fleet: Fleet, slow: boolean, workers: number): Promise<Figures> {
  await Promise.all(Array.from({ length: workers }, (_, number) => fleet.worker(`worker-${number}`)));
  await until(fleet, (runs) => runs.length > 1);
  if (slow) await fleet.slow(SLOW);
  await fleet.addOrders(ORDERS);
  const runs = await until(fleet, (all) => all.some(sentOrders) && all.slice(all.findIndex(sentOrders)).length > RESTS);
  // The orders may come in the middle of a run's detection: only a run that sent all of them counts.
  const load = runs.find(sentOrders);
  if (load?.counts["Order salesforce create"] !== ORDERS) throw new Error("the orders came in two runs; measure again");
  return figures(load, runs.slice(-RESTS));
}

const sentOrders = (run: RunRecord): boolean => run.counts["Order salesforce create"] !== undefined;

async function until(fleet: Fleet, enough: (runs: readonly RunRecord[]) => boolean): Promise<readonly RunRecord[]> {
  const giveUpAt = performance.now() + WAIT_MS;
  for (;;) {
    const known = await fleet.state.query("select to_regclass('order_sync.run') as name");
    const { rows } =
      known.rows[0].name === null
        ? { rows: [] }
        : await fleet.state.query("select body from order_sync.run order by started_at_ms");
    const runs = rows
      .map(({ body }: { readonly body: string }) => JSON.parse(body) as RunRecord)
      .filter((one: RunRecord) => one.outcome !== "running");
    if (enough(runs)) return runs;
    if (performance.now() > giveUpAt) throw new Error("the workers did not finish");
    await delay(100);
  }
}

type Timed = Pick<RunRecord, "startedAtMs" | "finishedAtMs" | "apiCalls">;

function figures(load: Timed, rests: readonly Timed[]): Figures {
  const seconds = (one: Timed): number => ((one.finishedAtMs ?? 0) - one.startedAtMs) / 1_000;
  return { load: seconds(load), rest: Math.min(...rests.map(seconds)), calls: load.apiCalls };
}
