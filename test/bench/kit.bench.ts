/**
 * What a test author pays: the first org of a process, a fork for each test, a reset, the journal.
 *
 * The first org is made in a process of its own, from the compiled package. The journal is weighed in process, over
 * `app.fetch`, with a mix of reads and writes.
 */
import { spawnSync } from "node:child_process";
import { createMockOrg, type MockOrg } from "salesforce-order-sync/mock-server";
import { type BenchRow, compared, medianTime } from "./bench-row.ts";

const NOW = "2026-03-01T08:00:00Z";
const DATA = "http://localhost/services/data/v62.0";

export async function run(): Promise<readonly BenchRow[]> {
  const demo = await createMockOrg({ seed: "demo", now: NOW });
  const bare = { ratio: null, baseline: null };
  const rows: BenchRow[] = [
    {
      name: "createMockOrg({ seed: demo }), first in its process",
      unit: "ms",
      measured: firstOrg(),
      target: 50,
      ...bare,
    },
    { name: "fork of the demo org", measured: medianTime(9, 500, () => void demo.fork()), target: 20, ...bare },
    { name: "reset of a fork that was changed", measured: resetTime(demo), target: 1_000, ...bare },
    await parallelTests(demo),
    await journalCost(),
  ];
  await demo.close();
  return rows;
}

/** The median of five processes, in milliseconds. */
function firstOrg(): number {
  const script = `
    const { createMockOrg } = await import("salesforce-order-sync/mock-server");
    const start = performance.now();
    await createMockOrg({ seed: "demo", now: "${NOW}" });
    console.log(performance.now() - start);`;
  const times = Array.from({ length: 5 }, () =>
    Number(spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).stdout),
  );
  return times.sort((a, b) => a - b)[2] ?? Number.NaN;
}

function resetTime(demo: MockOrg): number {
  const fork = demo.fork();
  return medianTime(5, 50, () => {
    fork.given.account();
    fork.reset();
  });
}

/** A hundred tests at once, a fork each, against the same number of saves and queries in one org. */
async function parallelTests(demo: MockOrg): Promise<BenchRow> {
  const each = async (org: MockOrg): Promise<void> => {
    const headers = { authorization: `Bearer ${org.openSession()}`, "content-type": "application/json" };
    const body = JSON.stringify({ Name: "A" });
    await (await org.app.request(`${DATA}/sobjects/Account`, { method: "POST", headers, body })).text();
    await (await org.app.request(`${DATA}/query?q=SELECT+Id+FROM+Account`, { headers })).text();
  };
  const time = async (orgOf: () => MockOrg): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const start = performance.now();
      await Promise.all(Array.from({ length: 100 }, () => each(orgOf())));
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[3] ?? Number.NaN;
  };
  const shared = demo.fork();
  const one = await time(() => shared);
  const forks = await time(() => demo.fork());
  return compared("100 tests at once: a fork each against one org for all", forks, one, 2, "ms");
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
