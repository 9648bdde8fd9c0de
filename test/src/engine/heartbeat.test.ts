import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startHeartbeat } from "../../../src/engine/lease/heartbeat.ts";
import { LeaseKeeper } from "../../../src/engine/lease/lease.ts";
import { openStateStore } from "../../../src/state/open.ts";
import type { StateStore } from "../../../src/state/port.ts";

const TTL_MS = 120_000;

describe("a lease", () => {
  let state: StateStore;

  beforeEach(async () => {
    state = await openStateStore(":memory:");
    await state.migrate();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  });

  afterEach(async () => {
    vi.useRealTimers();
    await state.close();
  });

  const take = (holder: string): Promise<LeaseKeeper> =>
    LeaseKeeper.take({ state, name: "run:erp", holder, ttlMs: TTL_MS, nowMs: Date.now });

  it("stays ours while one call takes longer than it lives", async () => {
    const lease = await take("one");
    const heartbeat = startHeartbeat(TTL_MS, () => lease.keep());
    for (let beat = 0; beat < 12; beat++) await vi.advanceTimersByTimeAsync(TTL_MS / 4);
    await expect(take("two")).rejects.toThrow("one is running this synchronization");
    heartbeat.stop();
    await lease.release();
  });

  it("is free for others when its holder gives no sign of life", async () => {
    await take("one");
    await vi.advanceTimersByTimeAsync(TTL_MS + 1);
    await expect(take("two")).resolves.toBeInstanceOf(LeaseKeeper);
  });

  it("is told lost as soon as somebody else has taken it", async () => {
    const lease = await take("one");
    const heartbeat = startHeartbeat(TTL_MS, () => lease.renew());
    await state.releaseLease(lease.lease);
    await vi.advanceTimersByTimeAsync(TTL_MS);
    await vi.waitFor(() => expect(heartbeat.lost.aborted).toBe(true));
    heartbeat.stop();
  });
});
