/** Shrinks a history that breaks something to its core, and reports it with the line that replays it. */
import { drawScenario, type Scenario } from "./scenario.ts";
import { type Played, type PlayOptions, play } from "./simulate.ts";

/** The shortest history found that still breaks the same invariant: steps, then disturbances, dropped one by one. */
export async function shrink(scenario: Scenario, options: PlayOptions = {}): Promise<Scenario> {
  const broken = await invariantsOf(scenario, options);
  let best = scenario;
  let shorter = true;
  let plays = 0;
  while (shorter && plays < SHRINK_PLAYS_MAX) {
    shorter = false;
    for (const candidate of smaller(best)) {
      plays += scenario.untidiness === undefined ? 1 : UNTIDY_PLAYS;
      if (plays > SHRINK_PLAYS_MAX) break;
      const found = await invariantsOf(candidate, options);
      if (![...found].some((invariant) => broken.has(invariant))) continue;
      best = candidate;
      shorter = true;
      break;
    }
  }
  return best;
}

/** A bound on the time that shrinking takes: about ten seconds. */
const SHRINK_PLAYS_MAX = 400;
/** An untidy history takes as long as this many tidy ones. */
const UNTIDY_PLAYS = 4;

async function invariantsOf(scenario: Scenario, options: PlayOptions): Promise<ReadonlySet<string>> {
  const { violations } = await play(scenario, options);
  return new Set(violations.map(({ invariant }) => invariant));
}

function* smaller(scenario: Scenario): Generator<Scenario> {
  const { steps } = scenario;
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    yield { ...scenario, steps: steps.filter((_, at) => at !== index) };
  }
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "run") continue;
    for (const part of ["disturbances", "wire"] as const) {
      for (let drop = step[part].length - 1; drop >= 0; drop -= 1) {
        const less = { ...step, [part]: step[part].filter((_, at) => at !== drop) };
        yield { ...scenario, steps: steps.map((each, at) => (at === index ? less : each)) };
      }
    }
  }
}

/** Plays the seed and, when it breaks something, throws a report with the shrunk history and the replay line. */
export async function playSeed(seed: number, options: PlayOptions = {}): Promise<Played> {
  const scenario = drawScenario(seed);
  const played = await play(scenario, options);
  if (played.violations.length === 0) return played;
  throw new Error(await reportOf(scenario, options));
}

/** What a broken history has to say: what it breaks, its core, and the line that replays it. */
export async function reportOf(scenario: Scenario, options: PlayOptions = {}): Promise<string> {
  const { emphasis, untidiness } = scenario;
  const core = await shrink(scenario, options);
  const lines: string[] = [];
  const { violations } = await play(core, { ...options, trace: (line) => lines.push(line) });
  return [
    `seed ${scenario.seed} breaks ${violations.map(({ invariant, what }) => `${invariant}: ${what}`).join("\n  ")}`,
    `shrunk to ${core.steps.length} of ${scenario.steps.length} steps, ${JSON.stringify(core.config)}`,
    ...lines,
    `replay: npm run simulate -- --seeds 1 --from ${scenario.seed}${emphasis === undefined ? "" : ` --emphasis ${emphasis}`}${untidiness === undefined ? "" : ` --world ${untidiness}`}`,
  ].join("\n");
}
