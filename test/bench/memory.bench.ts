/**
 * Memory does not grow with the number of records: the peak of the connector's process at 10,000 and at 100,000 records,
 * each loaded for the first time and then swept, from an ERP in SQLite into a mock org in a process of its own.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOnce } from "../../src/engine/run/run.ts";
import { sweep } from "../../src/engine/sweep/sweep.ts";
import { writeKeyFields } from "../support/org-process.ts";
import { type BenchRow, compared } from "./bench-row.ts";
import { benchMapping, type ErpSize, fillErp, type OrgAddress, openPorts, withOrg } from "./world.ts";

/** Accounts, orders and three lines for each order: five records for each account. */
const SMALL = sizeOf(10_000);
const LARGE = sizeOf(100_000);
/** The garbage collector lets a longer run grow a little further. */
const GROWTH_MAX = 1.5;

interface Peaks {
  /** Largest resident set in megabytes so far, after the load and after the sweep. */
  readonly load: number;
  readonly sweep: number;
}

/** Runs everything; takes some minutes. */
export async function run(): Promise<readonly BenchRow[]> {
  const small = await peaksOf(SMALL);
  const large = await peaksOf(LARGE);
  return [
    compared(
      "peak memory of a first load of 100,000 records, against 10,000",
      large.load,
      small.load,
      GROWTH_MAX,
      "MB",
    ),
    compared("peak memory with a sweep of 100,000 records, against 10,000", large.sweep, small.sweep, GROWTH_MAX, "MB"),
  ];
}

function sizeOf(records: number): ErpSize {
  return { accounts: records / 5, orders: records / 5, linesPerOrder: 3 };
}

async function peaksOf(size: ErpSize): Promise<Peaks> {
  const folder = mkdtempSync(join(tmpdir(), "memory-bench-"));
  try {
    const sourceDir = writeKeyFields(folder, benchMapping());
    fillErp(folder, size);
    return await withOrg(sourceDir, (org) => inChild(org, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The connector alone in a process, so that nothing else counts. */
async function inChild(org: OrgAddress, folder: string): Promise<Peaks> {
  const script = "const { load } = await import(process.argv[1]); await load(JSON.parse(process.argv[2]));";
  const args = ["--input-type=module", "-e", script, import.meta.url, JSON.stringify({ org, folder })];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the connector ended with ${String(code)}: ${out}`);
  // Written by `load`, a few lines below.
  return JSON.parse(out) as Peaks;
}

/** The work of the child. */
export async function load({ org, folder }: { readonly org: OrgAddress; readonly folder: string }): Promise<void> {
  const ports = await openPorts(org, folder, benchMapping());
  const first = await runOnce(ports, { holder: "bench" });
  if (first.unsynced.length > 0) throw new Error(JSON.stringify(first.unsynced[0]));
  const loaded = peak();
  await sweep(ports, { holder: "bench" });
  const peaks: Peaks = { load: loaded, sweep: peak() };
  process.stdout.write(JSON.stringify(peaks));
  await ports.external.close();
  await ports.state.close();
  await ports.salesforce.close();
}

function peak(): number {
  return process.resourceUsage().maxRSS / 1024;
}
