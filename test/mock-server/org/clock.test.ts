import { describe, expect, it } from "vitest";
import { durationMs, frozenClock, ManualClock, wireInstant } from "../../../mock-server/org/clock.ts";
import { NOON_MS } from "./fixture.ts";

describe("a frozen clock", () => {
  it("stands still until it is moved, and moves by the sum of a duration's parts", () => {
    const clock = frozenClock(NOON_MS);

    clock.advance({ days: 1, hours: 2, minutes: 3, seconds: 4, ms: 5 });

    expect(clock.nowMs() - NOON_MS).toBe(93_784_005);
    expect(durationMs({ minutes: -1 })).toBe(-60_000);
  });

  it("can be set back", () => {
    const clock = frozenClock(NOON_MS);

    clock.set(NOON_MS - 1);

    expect(clock.nowMs()).toBe(NOON_MS - 1);
  });

  it("runs what falls due on the way in order of its instant, each at its own time", () => {
    const clock = frozenClock(NOON_MS);
    const heard: [string, number][] = [];
    const note = (name: string) => () => heard.push([name, clock.nowMs() - NOON_MS]);
    clock.at(NOON_MS + 2_000, note("second"));
    clock.at(NOON_MS + 1_000, note("first"));
    clock.at(NOON_MS + 2_000, note("third"));
    clock.at(NOON_MS + 3_001, note("not yet"));

    clock.advance({ seconds: 3 });

    expect(heard).toEqual([
      ["first", 1_000],
      ["second", 2_000],
      ["third", 2_000],
    ]);
    expect(clock.nextDueMs).toBe(NOON_MS + 3_001);
  });

  it("runs a task once, and not at all when it was taken back", () => {
    const clock = frozenClock(NOON_MS);
    const heard: string[] = [];
    clock.at(NOON_MS + 1, () => heard.push("kept"));
    const cancel = clock.at(NOON_MS + 1, () => heard.push("cancelled"));

    cancel();
    clock.advance({ ms: 1 });
    clock.settle();

    expect(heard).toEqual(["kept"]);
  });

  it("runs a task that another set for the same stretch", () => {
    const clock = frozenClock(NOON_MS);
    const heard: number[] = [];
    const again = (): void => {
      heard.push(clock.nowMs() - NOON_MS);
      clock.at(clock.nowMs() + 1_000, again);
    };
    clock.at(NOON_MS + 1_000, again);

    clock.advance({ seconds: 3 });

    expect(heard).toEqual([1_000, 2_000, 3_000]);
  });

  it("runs what is due already when it settles", () => {
    const clock = frozenClock(NOON_MS);
    const heard: string[] = [];
    clock.at(NOON_MS, () => heard.push("due"));

    clock.settle();

    expect(heard).toEqual(["due"]);
  });
});

describe("a running clock", () => {
  it("keeps its distance from real time when it is moved, and stops where it is frozen", () => {
    let realMs = 1_000;
    const clock = new ManualClock({ kind: "running", offsetMs: 0 }, () => realMs);

    clock.advance({ minutes: 1 });
    realMs = 2_000;
    expect(clock.nowMs()).toBe(62_000);

    clock.freeze();
    realMs = 9_000;
    expect(clock.nowMs()).toBe(62_000);

    clock.run();
    realMs = 10_000;
    expect(clock.nowMs()).toBe(63_000);
  });
});

describe("a stamp", () => {
  it("is cut to the second", () => {
    expect(wireInstant(NOON_MS + 999)).toBe("2026-01-05T12:00:00.000+0000");
  });
});
