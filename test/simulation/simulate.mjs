/**
 * Plays seeds of the simulation: `npm run simulate -- --seeds 1000 --from 1`. Ends with 1 when a seed breaks an invariant
 * and prints its shrunk history and the line that replays it.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "1000" }, from: { type: "string", default: "1" } },
});
for (const [name, text] of Object.entries(values)) {
  if (!/^\d+$/.test(text)) {
    console.error(`--${name} must be a whole number, not "${text}"`);
    process.exit(2);
  }
}

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const startedMs = performance.now();
const { status } = spawnSync(process.execPath, [vitest, "run", "test/simulation/seeds-"], {
  cwd: join(import.meta.dirname, "../.."),
  env: { ...process.env, SIM_SEEDS: values.seeds, SIM_FROM: values.from },
  stdio: "inherit",
});
const last = Number(values.from) + Number(values.seeds) - 1;
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
console.log(`seeds ${values.from} to ${last}: ${status === 0 ? "nothing broken" : "broken"}, ${seconds} s`);
process.exit(status === 0 ? 0 : 1);
