/** Watermark, budget and delete guard: the small pure rules around a run. */
import { describe, expect, it } from "vitest";
import { allowCalls } from "../../../src/sync/budget.ts";
import {
  advance,
  decodeCursor,
  deletionsCovered,
  encodeCursor,
  horizon,
  minuteSpan,
  pollWindow,
} from "../../../src/sync/cursor.ts";
import type { Decision } from "../../../src/sync/decision.ts";
import { excessiveDeletes } from "../../../src/sync/delete-guard.ts";
import { World } from "./order-world.ts";

describe("the watermark", () => {
  it("survives being stored, and refuses what is not one", () => {
    expect(decodeCursor(encodeCursor({ at: "2026-01-01T00:00:00.25Z" }))).toEqual({ at: "2026-01-01T00:00:00.25Z" });
    expect(decodeCursor("2026-01-01T00:00:00Z")).toBeUndefined();
    expect(decodeCursor("w1:soon")).toBeUndefined();
  });

  it("goes no further than what the org covers, nor into the last moments", () => {
    const serverDate = "2026-01-01T12:00:00Z";
    expect(horizon({ latestDateCovered: "2026-01-01T11:40:00Z", serverDate })).toBe("2026-01-01T11:40:00Z");
    expect(horizon({ latestDateCovered: "2026-01-01T12:00:00Z", serverDate })).toBe("2026-01-01T11:59:58Z");
    expect(horizon({ latestDateCovered: null, serverDate })).toBe("2026-01-01T11:55:00Z");
  });

  it("reads an overlap again, and everything at first", () => {
    expect(pollWindow({ at: "2026-01-01T12:00:00Z" }, "2026-01-01T12:05:00Z")).toEqual({
      from: "2026-01-01T11:58:00Z",
      to: "2026-01-01T12:05:00Z",
    });
    expect(pollWindow(null, "2026-01-01T12:05:00Z").from).toBeNull();
  });

  it("never runs back, also when the org's clock does", () => {
    expect(advance({ at: "2026-01-01T12:00:00Z" }, "2026-01-01T11:00:00Z")).toEqual({ at: "2026-01-01T12:00:00Z" });
    expect(advance({ at: "2026-01-01T12:00:00Z" }, "2026-01-01T12:00:01Z")).toEqual({ at: "2026-01-01T12:00:01Z" });
    expect(advance(null, "2026-01-01T12:00:01Z")).toEqual({ at: "2026-01-01T12:00:01Z" });
  });

  it("knows when the deletion log is too short", () => {
    const log = { serverDate: "2026-01-20T00:00:00Z", earliestDateAvailable: null };
    expect(deletionsCovered({ at: "2026-01-05T00:00:00Z" }, log)).toBe(true);
    expect(deletionsCovered({ at: "2026-01-04T23:59:59Z" }, log)).toBe(false);
    expect(
      deletionsCovered({ at: "2026-01-19T00:00:00Z" }, { ...log, earliestDateAvailable: "2026-01-19T00:00:01Z" }),
    ).toBe(false);
    expect(deletionsCovered(null, log)).toBe(true);
  });

  it("asks for whole minutes that are far enough apart", () => {
    expect(minuteSpan("2026-01-01T12:00:30Z", "2026-01-01T12:00:40Z")).toEqual({
      start: "2026-01-01T12:00:00Z",
      end: "2026-01-01T12:02:00Z",
    });
    expect(minuteSpan("2026-01-01T12:00:30Z", "2026-01-01T12:07:01Z").end).toBe("2026-01-01T12:08:00Z");
  });
});

describe("the budget of calls", () => {
  const usage = { ownCalls: 90, orgUsed: 700, orgLimit: 1000 };

  it("allows up to its own limit and not one more", () => {
    const limits = { dailyCalls: 100, reserveShare: 0 };
    expect(allowCalls(limits, usage, 10)).toEqual({ kind: "allowed", callsLeft: 0 });
    expect(allowCalls(limits, usage, 11)).toMatchObject({ kind: "refused", callsLeft: 10 });
  });

  it("leaves the reserve to other applications", () => {
    const limits = { dailyCalls: null, reserveShare: 0.2 };
    expect(allowCalls(limits, usage, 100)).toEqual({ kind: "allowed", callsLeft: 0 });
    expect(allowCalls(limits, usage, 101)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("700 of 1000") as string,
    });
  });

  it("without any limit says so", () => {
    expect(
      allowCalls({ dailyCalls: null, reserveShare: 0.5 }, { ownCalls: 1, orgUsed: null, orgLimit: null }, 9),
    ).toEqual({ kind: "allowed", callsLeft: null });
  });
});

describe("the delete guard", () => {
  const world = new World();
  const blank = world.pass();
  const deletion: Decision = {
    ...blank,
    kind: "change",
    agreed: null,
    external: { opId: "x", collection: "orders", naturalKey: ["1"], change: { kind: "delete" }, expectedVersion: null },
  };

  it("allows the share and stops one above it", () => {
    const limits = { share: 0.1, freely: 2 };
    expect(
      excessiveDeletes(
        Array.from({ length: 10 }, () => deletion),
        { Order: 100 },
        limits,
      ),
    ).toEqual([]);
    expect(
      excessiveDeletes(
        Array.from({ length: 11 }, () => deletion),
        { Order: 100 },
        limits,
      ),
    ).toEqual([{ object: "Order", deletes: 11, known: 100, allowed: 10 }]);
  });

  it("always allows a few, and counts those made earlier in the run", () => {
    const limits = { share: 0.1, freely: 2 };
    expect(excessiveDeletes([deletion, deletion], { Order: 3 }, limits)).toEqual([]);
    expect(excessiveDeletes([deletion], { Order: 3 }, limits, { Order: 2 })).toHaveLength(1);
    expect(excessiveDeletes([blank], { Order: 3 }, { share: 0, freely: 0 })).toEqual([]);
  });
});
