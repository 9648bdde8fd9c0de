/** Each connector that is broken in a known way is caught within a bounded number of seeds. */
import { describe, expect, it } from "vitest";
import { BROKEN, CAUGHT_BY, EMPHASIS, GREEDY } from "./broken.ts";
import { drawScenario, emphasize } from "./scenario.ts";
import { type PlayOptions, play } from "./simulate.ts";

const CASES: Readonly<Record<string, PlayOptions>> = {
  ...Object.fromEntries(Object.entries(BROKEN).map(([name, breaking]) => [name, { breaking }])),
  "asks nobody how many calls are left": GREEDY,
};

/** This many seeds the simulation may need. */
const SEEDS_MAX = 600;

describe("the simulation catches a connector that", () => {
  it.each(Object.entries(CASES))(
    "%s",
    async (name, options) => {
      const by = CAUGHT_BY[name];
      const emphasis = EMPHASIS[name];
      let caught: readonly string[] = [];
      let seed = 0;
      while (caught.length === 0 && seed < SEEDS_MAX) {
        seed += 1;
        const scenario = drawScenario(seed);
        const { violations } = await play(emphasis === undefined ? scenario : emphasize(scenario, emphasis), options);
        const found = [...new Set(violations.map(({ invariant }) => invariant))];
        if (by === undefined || found.includes(by)) caught = found;
      }
      console.info(`${name}: ${caught.length === 0 ? "not caught" : `caught by ${caught.join(", ")} at seed ${seed}`}`);
      expect(caught).not.toEqual([]);
    },
    60_000,
  );
});
