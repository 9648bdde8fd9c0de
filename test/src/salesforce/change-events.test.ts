import { describe, expect, it } from "vitest";
import { type ChangeEventState, listenForChanges } from "../../../src/salesforce/change-events.ts";
import type { ChannelListener } from "../../../src/salesforce/channel.ts";

const CHANNEL = "/data/ChangeEvents";

/** What the listener tells, on a clock that only sleeping moves. */
class ListenerBench {
  nowMs = 0;
  alarms: number[] = [];
  states: ChangeEventState[] = [];
  token: string | undefined = "first";
  opened: { readonly token: string | undefined; readonly listener: ChannelListener }[] = [];
  closed = 0;
  refusals: string[] = [];
  readonly #stop = new AbortController();
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  listen(): Promise<void> {
    return listenForChanges(
      {
        channels: [CHANNEL],
        objects: new Set(["Account", "Order"]),
        client: "order-sync",
        token: () => this.token,
        subscribe: async (_channel, listener) => {
          const refusal = this.refusals.shift();
          if (refusal !== undefined) throw new Error(refusal);
          this.opened.push({ token: this.token, listener });
          return {
            close: () => {
              this.closed += 1;
            },
          };
        },
        onChange: () => this.alarms.push(this.nowMs),
        onState: (_channel, state) => this.states.push(state),
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            const wake = (): void => {
              signal.removeEventListener("abort", wake);
              resolve();
            };
            this.#sleepers.push({ untilMs: this.nowMs + ms, wake });
            signal.addEventListener("abort", wake);
          }),
        random: () => 1,
        monotonicMs: () => this.nowMs,
      },
      this.#stop.signal,
    );
  }

  /** Lets so much time pass, sleeper by sleeper. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#sleepers.toSorted((a, b) => a.untilMs - b.untilMs)[0];
      if (next === undefined || next.untilMs > endMs) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.nowMs = Math.max(this.nowMs, next.untilMs);
      next.wake();
    }
    this.nowMs = endMs;
  }

  get listener(): ChannelListener {
    const last = this.opened.at(-1);
    if (last === undefined) throw new Error("nobody listens");
    return last.listener;
  }

  event(entityName: string, changeOrigin = ""): void {
    this.listener.onMessage({ payload: { ChangeEventHeader: { entityName, changeOrigin } }, event: { replayId: 1 } });
  }

  stop(): void {
    this.#stop.abort(new Error("the test is over"));
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

async function listening(change: (listener: ListenerBench) => void = () => {}): Promise<ListenerBench> {
  const listener = new ListenerBench();
  change(listener);
  void listener.listen();
  await listener.pass(5_000);
  return listener;
}

describe("listening for change events", () => {
  it("rings once when it begins, because what came before came without an event", async () => {
    const listener = await listening();
    expect(listener.alarms).toEqual([1_000]);
    expect(listener.states.at(-1)).toEqual({ kind: "listening", trouble: null });
    listener.stop();
  });

  it("rings once for many events, and not again at once", async () => {
    const listener = await listening();
    await listener.pass(60_000);
    listener.event("Account");
    listener.event("Order");
    await listener.pass(2_000);
    listener.event("Order");
    await listener.pass(30_000);
    expect(listener.alarms.slice(1)).toEqual([66_000, 76_000]);
    listener.stop();
  });

  it("sleeps through events of other objects and those of its own calls", async () => {
    const listener = await listening();
    listener.event("Lead");
    listener.event("Order", "com/salesforce/api/rest/62.0;client=order-sync");
    await listener.pass(60_000);
    expect(listener.alarms).toHaveLength(1);
    listener.stop();
  });

  it("rings for a gap, an overflow and a platform event", async () => {
    const listener = await listening();
    await listener.pass(60_000);
    listener.listener.onMessage({ payload: { Order_Number__c: "1" } });
    await listener.pass(20_000);
    listener.listener.onMessage({
      payload: { ChangeEventHeader: { entityName: "Order", changeType: "GAP_OVERFLOW" } },
    });
    await listener.pass(20_000);
    expect(listener.alarms).toHaveLength(3);
    listener.stop();
  });

  it("waits for the first login, which is left to the runs", async () => {
    const listener = await listening((one) => {
      one.token = undefined;
    });
    expect(listener.opened).toEqual([]);
    listener.token = "first";
    await listener.pass(1_000);
    expect(listener.opened).toHaveLength(1);
    listener.stop();
  });

  it("has a run started when its session ends, and goes on with the session that the run got", async () => {
    const listener = await listening();
    await listener.pass(60_000);
    listener.listener.onLost({ reason: "401::Authentication invalid", session: true });
    await listener.pass(0);
    expect(listener.states.at(-1)).toEqual({ kind: "lost", trouble: "401::Authentication invalid" });
    listener.token = "second";
    await listener.pass(10_000);

    expect(listener.opened.map(({ token }) => token)).toEqual(["first", "second"]);
    expect(listener.alarms.length).toBeGreaterThan(1);
    listener.stop();
  });

  it("tries ever more seldom while the org refuses it, and never logs in by itself", async () => {
    const listener = await listening((one) => {
      one.refusals = Array.from({ length: 100 }, () => "403::Organization total events daily limit exceeded");
    });
    await listener.pass(3_600_000);
    const attempts = 100 - listener.refusals.length;
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(25);
    expect(listener.alarms).toEqual([]);
    listener.stop();
  });

  it("opens a silent subscription again", async () => {
    const listener = await listening();
    await listener.pass(100_000);
    listener.listener.onSign();
    await listener.pass(140_000);
    expect(listener.opened).toHaveLength(1);
    await listener.pass(30_000);
    expect(listener.opened).toHaveLength(2);
    expect(listener.closed).toBe(1);
    listener.stop();
  });
});
