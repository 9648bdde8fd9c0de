/** One half of the seeds, so that the two halves run side by side. */
import { expect, it } from "vitest";
import { playSeeds, seedsOf } from "./play-seeds.ts";

const SECONDS_PER_SEED = 2;
const seeds = seedsOf(1, 2);

it(
  "breaks no invariant, whatever people, networks and crashes do",
  async () => {
    const tally = await playSeeds(seeds);
    console.info(`simulation ${JSON.stringify(tally)}`);
    expect(tally.seeds).toBe(seeds.length);
  },
  30_000 + seeds.length * SECONDS_PER_SEED * 1_000,
);
