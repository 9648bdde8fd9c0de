import { describe, expect, it } from "vitest";
import { createConsole } from "../../../mock-server/console/console.ts";
import { liveStream } from "../../../mock-server/console/live.ts";
import { Journal } from "../../../mock-server/http/journal.ts";
import { Shop } from "../dml/shop.ts";
import { fillJournal, hostOf } from "./host.ts";

/** Reads events until one fits. */
async function eventOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  fits: (state: State) => boolean,
): Promise<State> {
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the stream ended");
    const data = /^data: (.*)$/m.exec(decoder.decode(value))?.[1];
    const state = data === undefined ? undefined : (JSON.parse(data) as State);
    if (state !== undefined && fits(state)) return state;
  }
}

interface State {
  readonly requests: number;
  readonly now: string;
  readonly clock: string;
}

describe("the live state", () => {
  it("is reported at once, and again after a request", async () => {
    const shop = new Shop();
    const journal = new Journal();
    const response = await createConsole(hostOf(shop, journal)).request("/_mock/console/live");
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await eventOf(reader, () => true)).toMatchObject({ requests: 0, clock: "frozen" });
    fillJournal(shop, journal, 3);
    expect(await eventOf(reader, ({ requests }) => requests > 0)).toMatchObject({ requests: 3 });
    await reader.cancel();
  });

  it("tells of a moved clock, though nobody announces it", async () => {
    const shop = new Shop();
    const stream = liveStream(hostOf(shop), 5);
    const reader = (stream ?? new ReadableStream<Uint8Array>()).getReader();
    const { now } = await eventOf(reader, () => true);
    shop.org.clock.advance({ days: 1 });
    const later = await eventOf(reader, (state) => state.now !== now);
    expect(Date.parse(later.now) - Date.parse(now)).toBe(86_400_000);
    await reader.cancel();
  });

  it("refuses listeners beyond its bound and takes them again when others go", async () => {
    const host = hostOf(new Shop());
    const streams = Array.from({ length: 50 }, () => liveStream(host));
    expect(streams.every((stream) => stream !== undefined)).toBe(true);
    expect(liveStream(host)).toBeUndefined();
    await streams[0]?.cancel();
    const next = liveStream(host);
    expect(next).toBeDefined();
    for (const stream of [...streams.slice(1), next]) await stream?.cancel();
  });
});
