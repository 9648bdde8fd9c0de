/** A seed is a name of a history: whoever plays it sees the same. */
import { expect, it } from "vitest";
import { drawScenario, type Emphasis, emphasize } from "./scenario.ts";
import { play } from "./simulate.ts";

it.each([3, 11])("plays seed %i twice alike, to the last word of what people and the connector did", async (seed) => {
  const told: string[][] = [[], []];
  const first = await play(drawScenario(seed), { trace: (line) => told[0]?.push(line) });
  const second = await play(drawScenario(seed), { trace: (line) => told[1]?.push(line) });
  expect(second).toEqual(first);
  expect(told[1]).toEqual(told[0]);
  expect(told[0]?.length).toBeGreaterThan(5);
});

it.each<Emphasis>(["lostReplies", "editsInside", "crashes"])(
  "breaks nothing where a history has more %s: what they show of a broken connector is no false alarm",
  async (emphasis) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { violations } = await play(emphasize(drawScenario(seed), emphasis));
      expect(violations, `seed ${seed}`).toEqual([]);
    }
  },
);

/** Seeds in which an earlier version broke an invariant, and what it was about. */
it.each([
  [6359545844, "a line that our lost write took away and that the ERP brings back"],
  [70000019, "an order that a user sets back to Draft in the run that reduces it"],
  [8300065384, "an account without a key that survives a merge, and whose row somebody holds"],
  [8300069257, "an order that is half way through Draft when its contract is deleted, and that is made again then"],
  [8100000404, "two accounts with keys that are merged into one without"],
])("stands seed %i: %s", async (seed) => {
  expect((await play(drawScenario(seed))).violations).toEqual([]);
});
