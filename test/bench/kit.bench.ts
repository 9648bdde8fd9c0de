/**
 * What a test author pays: the first org of a process, a fork for each test, a hundred tests at once, a reset, the journal.
 *
 * The first org is made in a process of its own, from the compiled package. The journal is weighed in process, over
 * `app.fetch`, with a mix of reads and writes.
 */
import { spawnSync } from "node:child_process";
import { createAdaptorServer } from "@hono/node-server";
import { Connection } from "jsforce";
import { createMockOrg, type MockOrg } from "mock-org";
import { type BenchRow, compared, medianTime } from "./bench-row.ts";

const NOW = "2026-03-01T08:00:00Z";
const DATA = "http://localhost/services/data/v62.0";

export async function run(): Promise<readonly BenchRow[]> {
  const demo = await createMockOrg({ seed: "demo", now: NOW });
  const bare = { ratio: null, baseline: null };
  const rows: BenchRow[] = [
    firstOrg(),
    { name: "fork of the demo org", measured: medianTime(9, 500, () => void demo.fork()), target: 20, ...bare },
    { name: "reset of a fork that was changed", measured: resetTime(demo), target: 1_000, ...bare },
    await parallelTests(demo),
    await journalCost(),
  ];
  await demo.close();
  return rows;
}

/**
 * The first org of a process, in milliseconds, against the start of bare Node: at most as long, which is 50 ms on a machine
 * that starts Node in 50 ms. In turns, a pair at a time, so that a slow machine is slow for both.
 */
function firstOrg(): BenchRow {
  const script = `
    const { createMockOrg } = await import("mock-org");
    const start = performance.now();
    await createMockOrg({ seed: "demo", now: "${NOW}" });
    console.log(performance.now() - start);`;
  const node = (args: readonly string[]): string => spawnSync(process.execPath, args, { encoding: "utf8" }).stdout;
  const pairs = Array.from({ length: 9 }, () => {
    const start = performance.now();
    node(["-e", "0"]);
    const bare = performance.now() - start;
    return { bare, org: Number(node(["--input-type=module", "-e", script])) };
  });
  const middle = pairs.sort((one, other) => one.org / one.bare - other.org / other.bare)[4];
  const { org, bare } = middle ?? { org: Number.NaN, bare: 1 };
  return compared("createMockOrg({ seed: demo }), first in its process, against bare Node's start", org, bare, 1, "ms");
}

function resetTime(demo: MockOrg): number {
  const fork = demo.fork();
  return medianTime(5, 50, () => {
    fork.given.account();
    fork.reset();
  });
}

/**
 * A hundred tests at once, each with a fork on a port of its own and jsforce, against the same tests where each has a
 * plain `Map` behind the same listener: what jsforce, sockets and JSON cost is in both.
 */
async function parallelTests(demo: MockOrg): Promise<BenchRow> {
  const onForks = (): Promise<void> =>
    hundred(async () => {
      const org = demo.fork();
      await clientTest(await org.listen());
      await org.close();
    });
  const onMaps = (): Promise<void> =>
    hundred(async () => {
      const server = createAdaptorServer({ fetch: plainObjects() });
      const port = await new Promise<number>((resolve) => {
        server.listen(0, "127.0.0.1", () => resolve(Number(Object(server.address()).port)));
      });
      await clientTest({ url: `http://127.0.0.1:${port}`, accessToken: "none" });
      await new Promise((resolve) => server.close(resolve));
    });
  // In turns, a pair at a time: other work of the machine then weighs on both alike.
  const pairs: { readonly forks: number; readonly maps: number }[] = [];
  for (let round = 0; round < 9; round += 1) pairs.push({ maps: await timeOf(onMaps), forks: await timeOf(onForks) });
  const middle = pairs.slice(2).sort((one, other) => one.forks / one.maps - other.forks / other.maps)[3];
  const { forks, maps } = middle ?? { forks: Number.NaN, maps: 1 };
  return compared("100 tests at once through jsforce: a fork each against plain objects", forks, maps, 2, "ms");
}

/** What a test of a client does: it makes an account and an order, changes the order, reads both, takes the order away. */
async function clientTest({ url, accessToken }: { readonly url: string; readonly accessToken: string }): Promise<void> {
  const salesforce = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
  const account = await salesforce.sobject("Account").create({ Name: "A" });
  const draft = { AccountId: account.id, EffectiveDate: "2026-03-01", Status: "Draft" };
  const { id = "" } = await salesforce.sobject("Order").create(draft);
  await salesforce.sobject("Order").update({ Id: id, PoNumber: "PO-1" });
  await salesforce.query(`SELECT Id, PoNumber, Account.Name FROM Order WHERE AccountId = '${account.id}'`);
  await salesforce.sobject("Account").retrieve(account.id ?? "");
  await salesforce.sobject("Order").destroy(id);
}

/** As much of an org as `clientTest` asks for, out of plain objects: no schema, no rules, no query language. */
function plainObjects(): (request: Request) => Promise<Response> {
  const records = new Map<string, Record<string, unknown>>();
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [object = "", id = ""] = pathname.split("/").slice(5);
    if (request.method === "GET" && searchParams.has("q")) {
      const wanted = searchParams.get("q")?.split("'")[1];
      const found = [...records.values()].filter((record) => record["AccountId"] === wanted);
      return Response.json({ totalSize: found.length, done: true, records: found });
    }
    if (request.method === "GET") return Response.json(records.get(id));
    if (request.method === "DELETE") records.delete(id);
    else {
      const body: unknown = await request.json();
      const saved = id === "" ? `001${String(records.size).padStart(15, "0")}` : id;
      records.set(saved, { attributes: { type: object }, Id: saved, ...records.get(id), ...Object(body) });
      if (id === "") return Response.json({ id: saved, success: true, errors: [] }, { status: 201 });
    }
    return new Response(null, { status: 204 });
  };
}

async function hundred(test: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: 100 }, test));
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Calls with the journal on against calls with it off, in turns. */
async function journalCost(): Promise<BenchRow> {
  const on = await createMockOrg({ seed: "demo", now: NOW });
  const off = await createMockOrg({ seed: "demo", now: NOW, journalEntries: 0 });
  const calls = async (org: MockOrg): Promise<number> => {
    const headers = { authorization: `Bearer ${org.openSession()}`, "content-type": "application/json" };
    const id = org.given.account().Id;
    const start = performance.now();
    for (let call = 0; call < 400; call += 1) {
      const write = call % 4 === 0;
      const init = write ? { method: "PATCH", headers, body: JSON.stringify({ Phone: String(call) }) } : { headers };
      const path = write
        ? `/sobjects/Account/${id}`
        : call % 2 === 0
          ? `/sobjects/Account/${id}`
          : "/query?q=SELECT+Id,Name+FROM+Order+LIMIT+20";
      await (await org.app.request(`${DATA}${path}`, init)).text();
    }
    return performance.now() - start;
  };
  // In turns, a pair at a time: other work of the machine then weighs on both alike.
  const pairs: { readonly on: number; readonly off: number }[] = [];
  for (let round = 0; round < 41; round += 1) {
    const pair = round % 2 === 0 ? { on: await calls(on), off: await calls(off) } : undefined;
    if (pair !== undefined) pairs.push(pair);
    else {
      const without = await calls(off);
      pairs.push({ on: await calls(on), off: without });
    }
  }
  const middle = pairs.sort((one, other) => one.on / one.off - other.on / other.off)[20] ?? { on: 1, off: 1 };
  return compared("400 calls: journal on against off", middle.on, middle.off, 1.1, "ms");
}
