/**
 * One process of `npm run simulate`: plays its part of a range of seeds to the end, whatever it finds, and tells about
 * it in lines of JSON. Bundled and started by `simulate.mjs`.
 */
import { parseArgs } from "node:util";
import { drawScenario, EMPHASES, emphasize, UNTIDINESSES, untidy } from "./scenario.ts";
import { reportOf } from "./shrink.ts";
import { play } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    step: { type: "string", default: "1" },
    findings: { type: "string", default: "5" },
    emphasis: { type: "string" },
    world: { type: "string" },
  },
});
const emphasis = EMPHASES.find((name) => name === values.emphasis);
if (values.emphasis !== undefined && emphasis === undefined) {
  console.error(`--emphasis must be one of ${EMPHASES.join(", ")}, not "${values.emphasis}"`);
  process.exit(2);
}
const world = UNTIDINESSES.find((name) => name === values.world);
if (values.world !== undefined && world === undefined) {
  console.error(`--world must be one of ${UNTIDINESSES.join(", ")}, not "${values.world}"`);
  process.exit(2);
}
/** After this many seeds a process says how far it is. */
const PROGRESS_SEEDS = 500;

const tell = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const end = Number(values.from) + Number(values.seeds);
const tally = { seeds: 0, runs: 0, crashes: 0, failures: 0, raced: 0, findings: 0 };
let playing = Number(values.from);
// What breaks off the process itself is no finding of the judge's, and has to name its seed too.
process.on("uncaughtException", (error) => {
  console.error(`seed ${playing} broke the simulation itself:`, error);
  process.exit(1);
});
for (let seed = playing; seed < end; seed += Number(values.step)) {
  playing = seed;
  const drawn = world === undefined ? drawScenario(seed) : untidy(drawScenario(seed), world);
  const scenario = emphasis === undefined ? drawn : emphasize(drawn, emphasis);
  const played = await play(scenario);
  tally.seeds += 1;
  tally.runs += played.runs;
  tally.crashes += played.crashes;
  tally.failures += played.failures;
  tally.raced += played.raced;
  if (played.violations.length > 0) {
    tally.findings += 1;
    tell({ finding: await reportOf(scenario) });
    if (tally.findings >= Number(values.findings)) break;
  }
  if (tally.seeds % PROGRESS_SEEDS === 0) tell({ progress: tally });
}
tell({ tally });
