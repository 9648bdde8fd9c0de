import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignLanes } from "../../../src/workers/lanes.ts";

interface Document {
  readonly id: number;
  readonly names: readonly string[];
}

const namesOf = (document: Document): readonly string[] => document.names;

function orders(...accounts: readonly string[]): readonly Document[] {
  return accounts.map((account, id) => ({ id, names: [`Order ${id}`, `Account ${account}`] }));
}

function idsOf(lanes: readonly (readonly Document[])[]): readonly (readonly number[])[] {
  return lanes.map((lane) => lane.map(({ id }) => id));
}

describe("lanes", () => {
  it("are none where there is nothing to do", () => {
    expect(assignLanes([], namesOf, { lanesMax: 4, laneDocuments: 1 })).toEqual([]);
  });

  it("keep the orders of one account together and in their order", () => {
    const lanes = assignLanes(orders("a", "b", "a", "b", "c"), namesOf, { lanesMax: 8, laneDocuments: 2 });
    expect(idsOf(lanes)).toEqual([[0, 2], [1, 3], [4]]);
  });

  it("join accounts that one record refers to, directly or through others", () => {
    const moved = { id: 9, names: ["Order 9", "Account a", "Account b"] };
    const lanes = assignLanes([...orders("a", "b", "c"), moved], namesOf, { lanesMax: 8, laneDocuments: 1 });
    expect(idsOf(lanes)).toEqual([[0, 1, 9], [2]]);
  });

  it("are not made smaller than what is worth a lane", () => {
    const customers = Array.from({ length: 91 }, (_, id) => ({ id, names: [`Account ${id}`] }));
    expect(assignLanes(customers, namesOf, { lanesMax: 16, laneDocuments: 200 })).toHaveLength(1);
    expect(assignLanes(customers, namesOf, { lanesMax: 16, laneDocuments: 91 })).toHaveLength(1);
    expect(assignLanes(customers, namesOf, { lanesMax: 16, laneDocuments: 90 })).toHaveLength(2);
  });

  it("hold multiples of it when there is more for each", () => {
    const customers = Array.from({ length: 1_000 }, (_, id) => ({ id, names: [`Account ${id}`] }));
    const lanes = assignLanes(customers, namesOf, { lanesMax: 4, laneDocuments: 75 });
    expect(lanes.map((lane) => lane.length)).toEqual([300, 300, 300, 100]);
  });

  it("hold every document once, and never one parent in two lanes", () => {
    const names = fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 3 });
    const limits = fc.record({
      lanesMax: fc.integer({ min: 1, max: 6 }),
      laneDocuments: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 60 }), limits, (all, within) => {
        const items = all.map((parents, id): Document => ({ id, names: [`Order ${id}`, ...parents] }));
        const lanes = assignLanes(items, namesOf, within);
        const ids = lanes.flat().map(({ id }) => id);
        expect([...ids].sort((left, right) => left - right)).toEqual(items.map(({ id }) => id));
        expect(lanes.length).toBeLessThanOrEqual(within.lanesMax);
        const laneOf = new Map<string, number>();
        for (const [number, lane] of lanes.entries()) {
          expect(lane.length).toBeGreaterThan(0);
          for (const name of lane.flatMap(namesOf)) expect(laneOf.get(name) ?? number).toBe(number);
          for (const name of lane.flatMap(namesOf)) laneOf.set(name, number);
        }
      }),
    );
  });
});
