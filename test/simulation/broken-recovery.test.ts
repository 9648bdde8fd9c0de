/** The obvious rule of recovery, "landed when the record shows what was meant", is caught too. */
import { expect, it, vi } from "vitest";
import type { Recovery } from "../../src/sync/recover.ts";
import { drawScenario, emphasize } from "./scenario.ts";
import { play } from "./simulate.ts";

vi.mock("../../src/sync/recover.ts", async (load) => {
  const sound = await load<typeof import("../../src/sync/recover.ts")>();
  const recover: typeof sound.recover = (intent, present): Recovery => {
    const shows = JSON.stringify(present?.fields ?? null) === JSON.stringify(intent.after?.fields ?? null);
    return shows ? { kind: "landed", document: intent.after } : { kind: "notLanded" };
  };
  return { ...sound, recover };
});

/** This many seeds the simulation may need. */
const SEEDS_MAX = 600;

it("the simulation catches a recovery that takes an edit for a write that never landed", async () => {
  let caught: readonly string[] = [];
  let seed = 0;
  while (caught.length === 0 && seed < SEEDS_MAX) {
    seed += 1;
    const { violations } = await play(emphasize(drawScenario(seed), "crashes"));
    caught = [...new Set(violations.map(({ invariant }) => invariant))];
  }
  console.info(`obvious recovery: caught by ${caught.join(", ")} at seed ${seed}`);
  expect(caught).not.toEqual([]);
}, 120_000);
