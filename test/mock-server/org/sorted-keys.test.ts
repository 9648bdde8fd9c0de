import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashIndex } from "../../../mock-server/org/hash-index.ts";
import { lowerBound, SortedKeys } from "../../../mock-server/org/sorted-keys.ts";

describe("sorted keys", () => {
  it("know while every key came above the earlier ones", () => {
    const { keys, add } = keysOverSet();

    add("a", "b", "d");
    expect(keys.alwaysAscending).toBe(true);
    add("c");
    expect(keys.alwaysAscending).toBe(false);
    expect(keys.ordered()).toEqual(["a", "b", "c", "d"]);
  });

  it("stay in order through hundreds of keys in any order, which come and go between reads", () => {
    const step = fc.record({ key: fc.nat(400), kind: fc.constantFrom("add", "add", "remove", "read") });
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 900 }), (steps) => {
        const { keys, present, add, remove } = keysOverSet();
        const expectSame = () => {
          const live = keys.ordered().filter((key) => present.has(key));
          expect(live).toEqual([...present].sort());
        };
        for (const { key, kind } of steps) {
          if (kind === "add") add(`k${key}`);
          else if (kind === "remove") remove(`k${key}`);
          else if (key < 20) expectSame();
        }
        expectSame();
        expect(new Set(keys.ordered()).size).toBe(keys.ordered().length);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("do not pile up when one key comes and goes without a read", () => {
    const { keys, add, remove } = keysOverSet();
    add("m");

    for (let round = 0; round < 10_000; round += 1) {
      add("a");
      remove("a");
    }

    expect(keys.ordered().length).toBeLessThan(200);
  });
});

describe("the lower bound", () => {
  it.each([
    ["a", 0],
    ["b", 0],
    ["c", 1],
    ["d", 1],
    ["e", 2],
  ])("of %s among b and d is %i", (key, at) => {
    expect(lowerBound(["b", "d"], key)).toBe(at);
  });
});

describe("a hash index", () => {
  it("answers as a map of sorted lists does, from one Id a key to hundreds", () => {
    const step = fc.record({ key: fc.nat(2), id: fc.nat(60), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const index = new HashIndex();
        const model = new Map<number, Set<string>>([0, 1, 2].map((key) => [key, new Set()]));
        for (const { key, id, add } of steps) {
          const name = `id${String(id).padStart(2, "0")}`;
          const ids = model.get(key) ?? new Set();
          const had = ids.size > 0;
          if (add) expect(index.add(key, name)).toBe(!had);
          else expect(index.remove(key, name)).toBe(ids.size === 1 && ids.has(name));
          if (add) ids.add(name);
          else ids.delete(name);
          expect(index.ids(key)).toEqual([...ids].sort());
          expect(index.has(key)).toBe(ids.size > 0);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

function keysOverSet(): {
  keys: SortedKeys;
  present: Set<string>;
  add: (...keys: readonly string[]) => void;
  remove: (key: string) => void;
} {
  const present = new Set<string>();
  const keys = new SortedKeys((key) => present.has(key));
  return {
    keys,
    present,
    add: (...added) => {
      for (const key of added) {
        const isNew = !present.has(key);
        present.add(key);
        if (isNew) keys.add(key);
      }
    },
    remove: (key) => {
      if (present.delete(key)) keys.remove();
    },
  };
}
