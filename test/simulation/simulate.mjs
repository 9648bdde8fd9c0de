/**
 * Plays seeds of the simulation on all processors: `npm run simulate -- --seeds 1000 --from 1`. Goes on after a seed
 * that breaks an invariant, prints its shrunk history and the line that replays it, and ends with 1. With `--emphasis
 * lostReplies` (or `editsInside`, `crashes`) each history has more of one kind of accident; with `--world messy` (or
 * `upset`, `unruly`) the ERP is a database with odd keys and the connector's own adapter in front of it.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    processes: { type: "string", default: String(availableParallelism()) },
    findings: { type: "string", default: "5" },
    emphasis: { type: "string" },
    world: { type: "string" },
  },
});
const { emphasis, world, ...numbers } = values;
for (const [name, text] of Object.entries(numbers)) {
  if (!/^\d+$/.test(text)) {
    console.error(`--${name} must be a whole number, not "${text}"`);
    process.exit(2);
  }
}
const [from, seeds, processes] = [values.from, values.seeds, values.processes].map(Number);
const startedMs = performance.now();
const root = join(import.meta.dirname, "../..");
const file = join(root, `dist/simulation/play-range-${process.pid}.mjs`);
const bundle = await rolldown({
  input: join(import.meta.dirname, "play-range.ts"),
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  logLevel: "silent",
});
await bundle.write({ dir: dirname(file), entryFileNames: `play-range-${process.pid}.mjs`, codeSplitting: false });
await bundle.close();

const emphasized = [
  ...(emphasis === undefined ? [] : ["--emphasis", emphasis]),
  ...(world === undefined ? [] : ["--world", world]),
];
const total = {};
const children = new Set();
/** Progress is told about so often in all. */
const PROGRESS_LINES = 20;
let toldSeeds = 0;
const progress = new Map();

/** Plays every n-th seed in a process of its own. */
async function playPart(part) {
  const options = ["--seeds", String(seeds - part), "--from", String(from + part), "--step", String(processes)];
  const child = spawn(
    process.execPath,
    // Histories make much garbage that lives for a moment only.
    ["--max-semi-space-size=32", file, ...options, "--findings", values.findings, ...emphasized],
    { stdio: ["ignore", "pipe", "inherit"], cwd: root },
  );
  children.add(child);
  const ended = new Promise((resolve) => {
    child.on("close", resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) hear(part, JSON.parse(line));
  if ((await ended) !== 0) throw new Error(`the process of part ${part} broke off`);
}

function hear(part, line) {
  if (line.finding !== undefined) console.log(`\n${line.finding}\n`);
  if (line.tally !== undefined)
    for (const [name, count] of Object.entries(line.tally)) total[name] = (total[name] ?? 0) + count;
  if (line.progress === undefined) return;
  progress.set(part, line.progress.seeds);
  const played = [...progress.values()].reduce((sum, count) => sum + count, 0);
  if (played - toldSeeds < seeds / PROGRESS_LINES) return;
  toldSeeds = played;
  console.log(`${played} of ${seeds} seeds, ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
}

// Nobody would hear what children find that outlive this process.
process.on("exit", () => {
  for (const child of children) child.kill();
  rmSync(file, { force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
await Promise.all(Array.from({ length: Math.min(processes, seeds) }, (_, part) => playPart(part)));
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
const verdict = total.findings === 0 ? "nothing broken" : `${total.findings} broken`;
console.log(`seeds ${from} to ${from + seeds - 1}: ${verdict}, ${seconds} s ${JSON.stringify(total)}`);
process.exit(total.findings === 0 ? 0 : 1);
