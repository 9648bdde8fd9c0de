import { describe, expect, it } from "vitest";
import { businessKey } from "../../../src/model/business-key.ts";
import type { UnsettledEdit } from "../../../src/sync/decision.ts";
import { isKeptInSalesforce } from "../../../src/sync/kept.ts";
import { stillUnsettled } from "../../../src/sync/unsettled-edits.ts";
import { compiled, KEY_FIELD } from "../../support/erp-mapping.ts";

const mapping = compiled({
  source: "erp",
  objects: {
    PricebookEntry: {
      collection: "prices",
      keyField: KEY_FIELD,
      naturalKey: ["sku"],
      fields: { UnitPrice: "price", IsActive: { constant: true } },
    },
  },
}).objects[0];
const KEY = businessKey("erp", "PricebookEntry", ["1"]);
const EDIT: UnsettledEdit = { field: "UnitPrice", value: "41", ours: "9.99995", by: null, at: null };

describe("an edit that our write has replaced", () => {
  const shown = (price: string): readonly UnsettledEdit[] =>
    stillUnsettled(
      [EDIT],
      { object: "PricebookEntry", key: KEY, fields: { UnitPrice: price } },
      (edit, value) => mapping !== undefined && isKeptInSalesforce(mapping, edit, value),
    );

  it("stays hidden while Salesforce shows what we wrote, also where it has rounded that", () => {
    expect(shown("9.99995")).toEqual([EDIT]);
    expect(shown("10")).toEqual([EDIT]);
  });

  it("is hidden no more once somebody has written another value", () => {
    expect(shown("41")).toEqual([]);
    expect(shown("11")).toEqual([]);
  });
});
