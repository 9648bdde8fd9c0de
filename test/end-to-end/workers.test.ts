/**
 * Many workers on one state: three processes share a first load; one is killed in the middle of a page while the org's
 * answer is on its way, another one loses its database connections. Later the coordinator is killed and the last worker is
 * told to end. After each of these both sides are counted and compared.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isBuilt } from "../support/child.ts";
import { type Fleet, type FleetWorker, type OrgRequest, openFleet } from "../support/fleet.ts";
import { startPostgres } from "../support/postgres.ts";

const postgres = isBuilt() ? await startPostgres() : "npm run build has not been run";
const skipped = typeof postgres === "string" ? ` (skipped: ${postgres})` : "";
const SIZE = { customers: 40, products: 12, orders: 480 };
/** Longer than anything here takes; where it is reached, the workers' own words are shown. */
const WAIT_MS = 25_000;

describe.skipIf(typeof postgres === "string")(`three workers on one PostgreSQL${skipped}`, () => {
  let fleet: Fleet;
  let workers: FleetWorker[];
  /** Keys in the call whose answer the killed worker never heard. */
  let doubtful: ReadonlySet<string>;

  beforeAll(async () => {
    if (typeof postgres === "string") return;
    fleet = await openFleet({ erpUrl: await postgres.database(), stateUrl: await postgres.database() }, SIZE);
    workers = await Promise.all(["worker-a", "worker-b", "worker-c"].map((name) => fleet.worker(name)));
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    if (typeof postgres !== "string") await postgres.stop();
  });

  it("lose, double and repeat nothing when one is killed in the middle of a page and another one is cut off", async () => {
    const killed = whenWritingOrders("after", (worker) => {
      worker.kill("SIGKILL");
    });
    const cut = killed.then((dead) => whenWritingOrders("before", (worker) => void cutConnections(worker), [dead]));
    const dead = await killed;
    const sentSoFar = await orderGraphs();
    const alone = await cut;
    workers = workers.filter((worker) => worker !== dead);
    // The org has answered, so its journal has the call; only this worker's answer was lost.
    doubtful = new Set(sentSoFar.flat());

    await rest();

    expect(await dead.ended).toMatchObject({ signal: "SIGKILL" });
    expect(alone.process.exitCode).toBeNull();
    await expectBothSidesAlike();
    expect(await journaled("recovered")).not.toBe(0);
    expect(await count("intent")).toBe(0);
    expect(await count("parked")).toBe(0);
  });

  it("sent each order once, except where nobody heard the answer", async () => {
    const times = new Map<string, number>();
    for (const key of (await orderGraphs()).flat()) times.set(key, (times.get(key) ?? 0) + 1);
    const repeated = [...times].filter(([, sent]) => sent > 1).map(([key]) => key);
    expect(times.size).toBe(SIZE.orders);
    expect(repeated.filter((key) => !doubtful.has(key))).toEqual([]);
  });

  it("go on when the coordinator is killed, and bring changes of both sides", async () => {
    await fleet.forget();
    const coordinator = await coordinating();
    await fleet.erp.query("update orders set reference = reference || ' b' where substr(no, 3)::int % 4 = 1");
    const drafts = await fleet.ask("SELECT Id FROM Order WHERE Status = 'Draft' ORDER BY ERP_Key__c LIMIT 20");
    for (const order of drafts) await fleet.patch(`Order/${String(order["Id"])}`, { EffectiveDate: "2026-05-01" });
    await amidWrites();
    coordinator.kill("SIGKILL");
    workers = workers.filter((worker) => worker !== coordinator);

    await rest();

    await expectBothSidesAlike();
    const { rows } = await fleet.erp.query("select count(*)::int as n from orders where day = '2026-05-01'");
    expect(rows).toEqual([{ n: drafts.length }]);
    expect(await fleet.ask("SELECT Id FROM Order WHERE PoNumber LIKE '% b'")).toHaveLength(SIZE.orders / 4);
  });

  it("sweep while a sweep is pending, and so find what no feed has named", async () => {
    await fleet.erp.query(
      `begin;
       update orders set reference = 'unheard' where no = (select min(no) from orders);
       delete from order_sync_feed.changes where xid = pg_current_xact_id();
       commit`,
    );
    await rest();
    expect(await fleet.ask("SELECT Id FROM Order WHERE PoNumber = 'unheard'")).toEqual([]);
    await fleet.state.query(
      "insert into order_sync.feed_cursor (feed, position) values ('sweep:pending', '2026-03-02T08:00:00.000Z')",
    );

    await patiently(async () => ((await pendingSweep()) === "" ? true : undefined));

    await expectBothSidesAlike();
  });

  it("leave within ten seconds when told to end, and a single process goes on", async () => {
    await fleet.erp.query("update orders set reference = reference || ' c'");
    await amidWrites();
    const start = performance.now();
    for (const worker of workers) worker.kill("SIGTERM");
    const ends = await Promise.all(workers.map((worker) => worker.ended));
    const tookMs = performance.now() - start;

    const run = await fleet.command(["run", "--json"]).ended;
    const again = await fleet.command(["run", "--json"]).ended;

    expect(ends.map((end) => end.code)).toEqual([0]);
    expect(tookMs).toBeLessThan(10_000);
    expect(run).toMatchObject({ code: 0 });
    expect(JSON.parse(again.out)).toMatchObject({ writes: 0, recovered: 0, unsynced: [] });
    await expectBothSidesAlike();
  });

  /** Resolves with the first worker that writes orders, once something was done to it. */
  async function whenWritingOrders(
    when: "before" | "after",
    act: (worker: FleetWorker) => void,
    except: readonly FleetWorker[] = [],
  ): Promise<FleetWorker> {
    return await new Promise((resolve) => {
      let done = false;
      for (const worker of workers.filter((candidate) => !except.includes(candidate))) {
        worker.gate.watch((event) => {
          if (done || event.when !== when || !event.path.includes("/composite/graph")) return;
          // The coordinator has a test of its own.
          if (when === "after" && isCoordinating(worker)) return;
          done = true;
          act(worker);
          resolve(worker);
        });
      }
    });
  }

  /** Ends the worker's connections, old and new, for a while. */
  async function cutConnections(worker: FleetWorker): Promise<void> {
    for (let round = 0; round < 25; round += 1) {
      await fleet.state.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [
        worker.name,
      ]);
      await delay(20);
    }
  }

  function isCoordinating(worker: FleetWorker): boolean {
    const roles = worker.said.err.match(/"kind":"coordinating","on":(true|false)/g) ?? [];
    return roles.at(-1)?.endsWith("true") === true;
  }

  async function coordinating(): Promise<FleetWorker> {
    return await patiently(async () => workers.find(isCoordinating));
  }

  /** Waits until some worker is about to write orders, or is writing them. */
  async function amidWrites(): Promise<void> {
    await patiently(async () => ((await count("intent")) > 0 ? true : undefined), 2);
  }

  /** Waits for a run that found nothing to do. */
  async function rest(): Promise<void> {
    const before = (await finishedRuns()).length;
    await patiently(async () => {
      const runs = (await finishedRuns()).slice(before);
      const last = runs.at(-1);
      return last?.outcome === "done" && Object.keys(last.counts).length === 0 ? true : undefined;
    });
  }

  async function patiently<Result>(look: () => Promise<Result | undefined>, everyMs = 50): Promise<Result> {
    const giveUpAt = performance.now() + WAIT_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > giveUpAt) {
        throw new Error(workers.map((worker) => `${worker.name}:\n${worker.said.err.slice(-3_000)}`).join("\n\n"));
      }
      await delay(everyMs);
    }
  }

  async function finishedRuns(): Promise<readonly { outcome: string; counts: Record<string, number> }[]> {
    const known = await fleet.state.query("select to_regclass('order_sync.run') as name");
    if (known.rows[0].name === null) return [];
    const { rows } = await fleet.state.query("select body from order_sync.run order by started_at_ms, id");
    return rows
      .map((row: { body: string }) => JSON.parse(row.body))
      .filter((run: { outcome: string }) => run.outcome !== "running");
  }

  async function pendingSweep(): Promise<string | undefined> {
    const { rows } = await fleet.state.query(
      "select position from order_sync.feed_cursor where feed = 'sweep:pending'",
    );
    return rows[0]?.position;
  }

  async function count(table: string): Promise<number> {
    return (await fleet.state.query(`select count(*)::int as n from order_sync.${table}`)).rows[0].n;
  }

  async function journaled(event: string): Promise<number> {
    const { rows } = await fleet.state.query("select count(*)::int as n from order_sync.journal where event = $1", [
      event,
    ]);
    return rows[0].n;
  }

  /** The order keys of every graph call that the org has in its journal. */
  async function orderGraphs(): Promise<readonly (readonly string[])[]> {
    return (await fleet.requests()).filter(({ path }) => path.includes("/composite/graph")).map(orderKeys);
  }

  /** Every customer, product, order and line of the ERP once in the org, with its values, and nothing else. */
  async function expectBothSidesAlike(): Promise<void> {
    const orders = await fleet.ask(
      "SELECT ERP_Key__c, Account.ERP_Key__c, EffectiveDate, PoNumber, Status FROM Order ORDER BY ERP_Key__c",
    );
    const wanted = await fleet.erp.query(
      `select 'erp:Order:' || no as key, 'erp:Account:' || customer_no as account, day::text as day, reference,
         case state when 'released' then 'Activated' else 'Draft' end as status from orders`,
    );
    const shown = orders.map((order) => ({
      key: order["ERP_Key__c"],
      account: (order["Account"] as { ERP_Key__c: string }).ERP_Key__c,
      day: order["EffectiveDate"],
      reference: order["PoNumber"],
      status: order["Status"],
    }));
    const byKey = (left: { readonly key: unknown }, right: { readonly key: unknown }): number =>
      String(left.key) < String(right.key) ? -1 : 1;
    expect(shown.sort(byKey)).toEqual(wanted.rows.sort(byKey));
    const lines = await fleet.ask("SELECT ERP_Key__c, Product2.ProductCode, Quantity, UnitPrice FROM OrderItem");
    const wantedLines = await fleet.erp.query(
      "select 'erp:OrderItem:' || no || ':' || pos as key, sku, quantity::float8, price::float8 from order_lines",
    );
    const line = (row: readonly unknown[]): string => JSON.stringify(row);
    expect(
      lines
        .map((item) =>
          line([
            item["ERP_Key__c"],
            (item["Product2"] as { ProductCode: string }).ProductCode,
            item["Quantity"],
            item["UnitPrice"],
          ]),
        )
        .sort(),
    ).toEqual(wantedLines.rows.map((row) => line([row.key, row.sku, row.quantity, row.price])).sort());
    expect(await fleet.ask("SELECT Id FROM Account")).toHaveLength(SIZE.customers);
    expect(await fleet.ask("SELECT Id FROM Product2")).toHaveLength(SIZE.products);
  }
});

function orderKeys(request: OrgRequest): readonly string[] {
  const text = JSON.stringify(request.requestBody);
  return [...new Set([...text.matchAll(/sobjects\/Order\/ERP_Key__c\/([^"?]+)/g)].map(([, key = ""]) => key))];
}
