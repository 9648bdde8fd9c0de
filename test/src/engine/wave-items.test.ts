import { describe, expect, it } from "vitest";
import type { Nomination } from "../../../src/engine/read/nominations.ts";
import { WaveItems } from "../../../src/engine/run/wave-items.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import type { RecordId } from "../../../src/model/key.ts";

const KEY = businessKey("erp", "Order", ["1"]);
const named = (facts: Partial<Nomination> = {}): Nomination => ({
  key: KEY,
  recordId: null,
  deletedOn: null,
  ...facts,
});

describe("the items of a wave", () => {
  it("hold a document that two feeds name once, with the external spelling of its key", () => {
    const items = new WaveItems();
    items.add(named(), "salesforce");
    items.add(named({ naturalKeys: [[" 1"]] }), "external");
    expect(items.take()).toEqual([{ nomination: named({ naturalKeys: [[" 1"]] }), feed: "salesforce" }]);
  });

  it("keep evidence of a deletion that comes later, behind the first mention", () => {
    const items = new WaveItems();
    items.add(named({ deletedOn: "salesforce" }), "salesforce");
    items.add(named({ deletedOn: "external", naturalKeys: [["1"]] }), "external");
    items.add(named({ deletedOn: "external", naturalKeys: [["1"]] }), "external");
    expect(items.take().map(({ nomination, feed }) => [feed, nomination.deletedOn])).toEqual([
      ["salesforce", "salesforce"],
      ["external", "external"],
    ]);
  });

  it("hold records without a key by their Id", () => {
    const items = new WaveItems();
    const stranger = { key: null, recordId: "801000000000001AAA" as RecordId, deletedOn: null };
    items.add(stranger, "salesforce");
    items.add(stranger, "salesforce");
    items.add(named(), "salesforce");
    expect(items.size).toBe(2);
  });

  it("are gone once they were taken", () => {
    const items = new WaveItems();
    items.add(named(), "waiting");
    items.take();
    items.add(named(), "external");
    expect(items.take()).toHaveLength(1);
    expect(items.take()).toEqual([]);
  });
});
