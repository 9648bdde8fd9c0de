import { describe, expect, it } from "vitest";
import { keyPrefixOf, RECORD_COUNTER_MAX, recordIdOf, to15, to18 } from "../../../mock-server/schema/record-id.ts";

describe("a record Id", () => {
  it.each([
    ["012000000000000", "AAA"],
    ["001R00000064wdt", "IAA"],
    ["00Di0000000icUB", "EAY"],
    ["003D000000QV9n2", "IAD"],
    ["005i0000002MUqL", "AAW"],
    ["0014H00002x6HUh", "QAM"],
    ["00ei0000001CMKc", "AAO"],
    ["01gB000003OCxSP", "IA1"],
  ])("%s gets the suffix %s that real orgs give it", (id15, suffix) => {
    expect(to18(id15)).toBe(id15 + suffix);
    expect(to18(id15 + suffix)).toBe(id15 + suffix);
  });

  it("is refused where its checksum does not fit", () => {
    expect(to18("001900K0001pPuOAAU")).toBeUndefined();
    expect(to18("001900K0001pPuOACU")).toBe("001900K0001pPuOACU");
  });

  it.each(["", "001", "00100000000000", "0010000000000000", "0010000000000000AAAA", "00100000000000-"])(
    "is refused where its length or a character is wrong: %j",
    (text) => {
      expect(to18(text)).toBeUndefined();
    },
  );

  it("is made of prefix, instance and counter, and sorts by its counter", () => {
    const ids = [0, 1, 9, 10, 35, 36, 61, 62, 3844, RECORD_COUNTER_MAX].map((counter) => recordIdOf("801", counter));
    expect(ids[1]).toBe("8015e0000000001AAA");
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => to18(id) === id && keyPrefixOf(id) === "801" && to18(to15(id)) === id)).toBe(true);
  });

  it("is not made from a counter or a prefix out of bounds", () => {
    expect(() => recordIdOf("801", RECORD_COUNTER_MAX + 1)).toThrow(RangeError);
    expect(() => recordIdOf("801", -1)).toThrow(RangeError);
    expect(() => recordIdOf("801", 0.5)).toThrow(RangeError);
    expect(() => recordIdOf("80", 1)).toThrow(RangeError);
  });
});
