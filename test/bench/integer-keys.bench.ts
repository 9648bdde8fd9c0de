/**
 * A first run over a table whose key is a number: every row of 100,000 arrives, and the peak of the connector's process is
 * that of 10,000. What a sweep's own counting costs of the sweep.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import { runOnce } from "../../src/engine/run/run.ts";
import { sweep } from "../../src/engine/sweep/sweep.ts";
import { compiled, KEY_FIELD } from "../support/erp-mapping.ts";
import { writeKeyFields } from "../support/org-process.ts";
import { type BenchRow, compared } from "./bench-row.ts";
import { type OrgAddress, openPorts, withOrg } from "./world.ts";

const SMALL = 10_000;
const LARGE = 100_000;
const GROWTH_MAX = 1.2;
/**
 * V8 lets its young generation grow for the first minutes, up to 48 MB, however many rows there are. Held small, it leaves
 * what the rows cost.
 */
const YOUNG_HEAP = ["--max-semi-space-size=4"];
/** A sweep may spend this share of its time on counting. */
const COUNTING_MAX = 0.05;

interface Facts {
  /** Largest resident set in megabytes after the first run. */
  readonly peak: number;
  readonly arrived: number;
  readonly sweepMs: number;
  readonly countingMs: number;
}

/** Runs everything; takes some minutes. */
export async function run(): Promise<readonly BenchRow[]> {
  const small = await factsOf(SMALL);
  const large = await factsOf(LARGE);
  return [
    compared("rows of 100,000 with a number as key that arrive", large.arrived, LARGE, 1, "rows"),
    compared("peak memory of a first run of 100,000 rows, against 10,000", large.peak, small.peak, GROWTH_MAX, "MB"),
    compared("counting, of a sweep of 100,000 rows", large.countingMs, large.sweepMs, COUNTING_MAX, "ms"),
  ];
}

function mapping(): ReturnType<typeof compiled> {
  return compiled({
    source: "erp",
    objects: {
      Product2: {
        collection: "items",
        keyField: KEY_FIELD,
        naturalKey: ["id"],
        direction: "toSalesforce",
        fields: { Name: "name", IsActive: { constant: true } },
      },
    },
  });
}

async function factsOf(rows: number): Promise<Facts> {
  const folder = mkdtempSync(join(tmpdir(), "integer-keys-bench-"));
  try {
    const database = new Database(join(folder, "erp.db"));
    database.exec("create table items (id integer primary key, name text)");
    database.exec(`with recursive t(i) as (select 1 union all select i + 1 from t where i < ${String(rows)})
      insert into items select i, 'Item ' || i from t`);
    database.close();
    return await withOrg(writeKeyFields(folder, mapping()), (org) => inChild(org, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The connector alone in a process, so that nothing else counts. */
async function inChild(org: OrgAddress, folder: string): Promise<Facts> {
  const script = "const { load } = await import(process.argv[1]); await load(JSON.parse(process.argv[2]));";
  const args = [...YOUNG_HEAP, "--input-type=module", "-e", script, import.meta.url, JSON.stringify({ org, folder })];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the connector ended with ${String(code)}: ${out}`);
  // Written by `load`, a few lines below.
  return JSON.parse(out) as Facts;
}

/** The work of the child. */
export async function load({ org, folder }: { readonly org: OrgAddress; readonly folder: string }): Promise<void> {
  const ports = await openPorts(org, folder, mapping(), { items: { table: "items", key: ["id"] } });
  await runOnce(ports, { holder: "bench" });
  const peak = process.resourceUsage().maxRSS / 1024;
  const [count] = await ports.salesforce.query("SELECT COUNT(Id) n FROM Product2");
  const start = performance.now();
  const { counts } = await sweep(ports, { holder: "bench" });
  const sweepMs = performance.now() - start;
  if (counts.some(({ seen, counted }) => seen === null || seen !== counted)) throw new Error(JSON.stringify(counts));
  const facts: Facts = { peak, arrived: Number(count?.["n"]), sweepMs, countingMs: await countingMs(ports, folder) };
  process.stdout.write(JSON.stringify(facts));
  await ports.external.close();
  await ports.state.close();
  await ports.salesforce.close();
}

/** What a sweep asks beside its readings: the count of the table, and COUNT() of the object. */
async function countingMs(ports: EnginePorts, folder: string): Promise<number> {
  const database = new Database(join(folder, "erp.db"));
  const start = performance.now();
  database.prepare("select count(*), count(case when id is not null then 1 end) from items").all([]);
  await ports.salesforce.query("SELECT COUNT(Id) n FROM Product2");
  const spent = performance.now() - start;
  database.close();
  return spent;
}
