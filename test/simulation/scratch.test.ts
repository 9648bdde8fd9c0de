import { it } from "vitest";
import { playSeed } from "./simulate.ts";

it("plays", async () => {
  const from = Number(process.env["SIM_FROM"] ?? 1);
  const n = Number(process.env["SIM_SEEDS"] ?? 20);
  const max = Number(process.env["SIM_SHOW"] ?? 3);
  const excuses: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  let bad = 0,
    raced = 0,
    runs = 0,
    crashes = 0,
    failures = 0;
  const t = performance.now();
  for (let s = from; s < from + n; s += 1) {
    try {
      const p = await playSeed(s);
      raced += p.raced;
      runs += p.runs;
      crashes += p.crashes;
      failures += p.failures;
      for (const e of p.excuses) excuses[e] = (excuses[e] ?? 0) + 1;
    } catch (error) {
      bad += 1;
      const text = (error as Error).message;
      const kind = /breaks (\w+)/.exec(text)?.[1] ?? "crash " + text.slice(0, 60);
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      if (bad <= max) console.log(text.startsWith("seed") ? text : (error as Error).stack);
      if (bad > max * 4) break;
    }
  }
  console.log({ bad, kinds, raced, runs, crashes, failures, excuses, ms: Math.round(performance.now() - t) });
}, 600_000);
