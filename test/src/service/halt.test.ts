import { describe, expect, it } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import { waitForManualRun } from "../../../src/service/halt.ts";
import type { RunRecord } from "../../../src/state/port.ts";

function run(id: string, outcome: RunRecord["outcome"]): RunRecord {
  return { id, outcome, startedAtMs: 1, finishedAtMs: 2, apiCalls: 0, predictedCalls: 0, error: null, counts: {} };
}

/** A state whose newest run is another one at each look; the last one stays. */
function stateWith(looks: readonly (RunRecord | SyncError)[]) {
  let at = -1;
  return {
    looks: () => at + 1,
    runs: async () => {
      at = Math.min(at + 1, looks.length - 1);
      const look = looks[at];
      if (look instanceof SyncError) throw look;
      return look === undefined ? [] : [look];
    },
  };
}

describe("standing still", () => {
  it("ends when a run by hand went through, not when one failed or is under way", async () => {
    const state = stateWith([run("1", "failed"), run("2", "running"), run("2", "failed"), run("3", "done")]);
    await waitForManualRun(state, async () => {}, new AbortController().signal);
    expect(state.looks()).toBe(4);
  });

  it("outlives a state that cannot be read", async () => {
    const away = new SyncError("STATE_UNREACHABLE", "away");
    const state = stateWith([run("1", "failed"), away, run("2", "doneWithRefusals")]);
    await waitForManualRun(state, async () => {}, new AbortController().signal);
    expect(state.looks()).toBe(3);
  });

  it("ends when it is told to", async () => {
    const stop = new AbortController();
    const state = stateWith([run("1", "done"), run("1", "done")]);
    await waitForManualRun(state, async () => stop.abort(), stop.signal);
    expect(state.looks()).toBe(2);
  });
});
