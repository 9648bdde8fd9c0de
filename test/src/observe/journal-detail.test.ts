import { describe, expect, it } from "vitest";
import { isEmptyChange, reasonsIn } from "../../../src/observe/journal-detail.ts";

describe("the detail of a journal entry", () => {
  it("has reasons where every part has a code and a message", () => {
    const obstacle = { code: "VALUE_INVALID", message: '"lost" is not in the table', field: "Status" };
    expect(reasonsIn([obstacle])).toEqual([{ code: "VALUE_INVALID", message: '"lost" is not in the table' }]);
    expect(reasonsIn([obstacle, { field: "Status" }])).toBeNull();
    expect(reasonsIn([])).toBeNull();
    expect(reasonsIn("text")).toBeNull();
  });

  it("has changes that show nothing: a field that a new record leaves empty", () => {
    expect(isEmptyChange({ field: "Description", to: null })).toBe(true);
    expect(isEmptyChange({ field: "Description", from: null, to: null })).toBe(true);
    expect(isEmptyChange({ field: "Description", from: "old", to: null })).toBe(false);
    expect(isEmptyChange({ field: "Done", to: false })).toBe(false);
  });
});
