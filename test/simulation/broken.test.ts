/** Each connector that is broken in a known way is caught within a bounded number of seeds. */
import { describe, expect, it } from "vitest";
import { BROKEN } from "./broken.ts";
import { drawScenario } from "./scenario.ts";
import { play } from "./simulate.ts";

/** So many seeds the simulation may need. */
const SEEDS_MAX = 600;

describe("the simulation catches a connector that", () => {
  it.each(Object.entries(BROKEN))(
    "%s",
    async (name, breaking) => {
      let caught: readonly string[] = [];
      let seed = 0;
      while (caught.length === 0 && seed < SEEDS_MAX) {
        seed += 1;
        const { violations } = await play(drawScenario(seed), { breaking });
        caught = [...new Set(violations.map(({ invariant }) => invariant))];
      }
      console.info(`${name}: ${caught.length === 0 ? "not caught" : `caught by ${caught.join(", ")} at seed ${seed}`}`);
      expect(caught).not.toEqual([]);
    },
    60_000,
  );
});
