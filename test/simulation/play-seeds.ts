/** Plays a range of seeds and counts what happened in them; the environment may widen the range. */
import { playSeed } from "./shrink.ts";
import type { PlayOptions } from "./simulate.ts";

/** What a range of seeds came to. */
export interface Tally {
  readonly seeds: number;
  readonly runs: number;
  readonly crashes: number;
  readonly failures: number;
  /** Edits that fell between a read and its write, and for which nobody has a pre-image. */
  readonly raced: number;
  /** Such edits that were found in pre-images. */
  readonly concurrentEdits: number;
}

/** The seeds of one of `shards` test files: `SIM_FROM` and `SIM_SEEDS` say which, by default the first 250. */
export function seedsOf(shard: number, shards: number): readonly number[] {
  const from = Number(process.env["SIM_FROM"] ?? 1);
  const count = Number(process.env["SIM_SEEDS"] ?? 250);
  return Array.from({ length: count }, (_, index) => from + index).filter((seed) => seed % shards === shard);
}

/** Plays the seeds; throws the report of the first one that breaks an invariant. */
export async function playSeeds(seeds: readonly number[], options: PlayOptions = {}): Promise<Tally> {
  const tally = { seeds: 0, runs: 0, crashes: 0, failures: 0, raced: 0, concurrentEdits: 0 };
  for (const seed of seeds) {
    const played = await playSeed(seed, options);
    tally.seeds += 1;
    tally.runs += played.runs;
    tally.crashes += played.crashes;
    tally.failures += played.failures;
    tally.raced += played.raced;
    tally.concurrentEdits += played.concurrentEdits;
  }
  return tally;
}
