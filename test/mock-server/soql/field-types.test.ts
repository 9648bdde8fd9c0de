/** Field types that the standard objects lack: multi-select, case-sensitive keys, times, places, formulas. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { sum } from "../../../mock-server/schema/decimal.ts";
import type { FieldDefinition, FieldType, FieldValue } from "../../../mock-server/schema/definition.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import { runQuery } from "../../../mock-server/soql/query.ts";
import { createContext, createDataset } from "./dataset.ts";

function field(name: string, type: FieldType, more: Partial<FieldDefinition> = {}): FieldDefinition {
  const flags = { nillable: true, filterable: true, sortable: true, groupable: true, aggregatable: true, custom: true };
  return { name, label: name, type, ...flags, ...more };
}

const catalog = createCatalog([
  {
    name: "Part__c",
    label: "Part",
    labelPlural: "Parts",
    keyPrefix: "a00",
    queryable: true,
    custom: true,
    fields: [
      field("Id", "id", { custom: false }),
      field("Name", "string", { custom: false, nameField: true }),
      field("Colours__c", "multipicklist", { sortable: false, groupable: false }),
      field("Key__c", "string", { externalId: true, unique: true, caseSensitive: true }),
      field("Number__c", "double", { externalId: true, unique: true, precision: 18, scale: 0 }),
      field("Opens__c", "time", { groupable: false }),
      field("Price__c", "currency", { precision: 16, scale: 2, groupable: false }),
      field("Size__c", "picklist", {
        picklistValues: ["Small", "Medium", "Large"].map((value) => ({ value, label: `${value} size` })),
      }),
      field("Place__c", "location", { filterable: false, sortable: false }),
      field("Place__Latitude__s", "double", { compoundFieldName: "Place__c", scale: 6 }),
      field("Place__Longitude__s", "double", { compoundFieldName: "Place__c", scale: 6 }),
      field("Total__c", "double", { calculated: true, formula: "1" }),
    ],
  },
]);

function ask(records: readonly Readonly<Record<string, FieldValue>>[], soql: string): readonly unknown[] {
  const rows = records.map((record, n) => ({ Id: recordIdOf("a00", n), Name: `P${n}`, ...record }));
  const context = createContext(catalog, createDataset(catalog, { Part__c: rows }));
  return runQuery(soql, context).records.map(({ attributes: _attributes, ...rest }) =>
    Object.keys(rest).length === 1 ? Object.values(rest)[0] : rest,
  );
}

const where = (records: readonly Readonly<Record<string, FieldValue>>[], condition: string) =>
  ask(records, `SELECT Name FROM Part__c WHERE ${condition}`);

describe("a multi-select picklist", () => {
  const parts = ["red;green", "red", null, "green;blue;red"].map((Colours__c) => ({ Colours__c }));

  it("equals the same set in any order", () => {
    expect(where(parts, "Colours__c = 'green;red'")).toEqual(["P0"]);
    expect(where(parts, "Colours__c != 'green;red'")).toEqual(["P1", "P2", "P3"]);
  });

  it("includes all members of one of the lists, and excludes is the complement", () => {
    expect(where(parts, "Colours__c INCLUDES ('red;blue', 'green')")).toEqual(["P0", "P3"]);
    expect(where(parts, "Colours__c EXCLUDES ('red;blue', 'green')")).toEqual(["P1", "P2"]);
  });

  it("can neither be sorted nor grouped nor compared by order", () => {
    expect(() => ask(parts, "SELECT Name FROM Part__c ORDER BY Colours__c")).toThrow("can not be sorted");
    expect(() => ask(parts, "SELECT Colours__c FROM Part__c GROUP BY Colours__c")).toThrow("can not be grouped");
    expect(() => where(parts, "Colours__c > 'a'")).toThrow("INVALID_QUERY_FILTER_OPERATOR");
    expect(() => where(parts, "Colours__c LIKE 'a%'")).toThrow("INVALID_QUERY_FILTER_OPERATOR");
  });
});

describe("a case-sensitive key", () => {
  const parts = [{ Key__c: "a1" }, { Key__c: "A1" }];

  it("is found in its own spelling only, by index and by scan", () => {
    expect(where(parts, "Key__c = 'A1'")).toEqual(["P1"]);
    expect(where(parts, "Key__c LIKE 'A%'")).toEqual(["P1"]);
    expect(where(parts, "Key__c IN ('a1', 'B1')")).toEqual(["P0"]);
    expect(where(parts, "(NOT Key__c = 'A1')")).toEqual(["P0"]);
  });
});

describe("a number as external Id", () => {
  it("is found by its index", () => {
    expect(where([{ Number__c: 7 }, { Number__c: 8 }], "Number__c = 8")).toEqual(["P1"]);
    expect(where([{ Number__c: 7 }, { Number__c: 8 }], "Number__c IN (7, 7.5)")).toEqual(["P0"]);
  });
});

describe("a time", () => {
  const parts = [{ Opens__c: "09:00:00.000Z" }, { Opens__c: "13:30:00.000Z" }];

  it("compares with a time literal", () => {
    expect(where(parts, "Opens__c > 12:00:00Z")).toEqual(["P1"]);
    expect(where(parts, "Opens__c = 09:00:00.000Z")).toEqual(["P0"]);
  });

  it("refuses an hour that does not exist and a text", () => {
    expect(() => where(parts, "Opens__c = 25:00:00Z")).toThrow("Invalid time: 25:00:00Z");
    expect(() => where(parts, "Opens__c = '09:00'")).toThrow("must be of type time");
  });
});

describe("a picklist", () => {
  const parts = ["Large", "Small", "Huge", "Medium"].map((Size__c) => ({ Size__c }));

  it("sorts by the order of its values, strangers last", () => {
    expect(ask(parts, "SELECT Size__c FROM Part__c ORDER BY Size__c")).toEqual(["Small", "Medium", "Large", "Huge"]);
  });

  it("compares by label inside toLabel", () => {
    expect(where(parts, "toLabel(Size__c) = 'large SIZE'")).toEqual(["P0"]);
    expect(ask(parts.slice(0, 1), "SELECT toLabel(Size__c) FROM Part__c")).toEqual(["Large size"]);
  });
});

describe("a place", () => {
  const parts = [{ Place__Latitude__s: 52.5, Place__Longitude__s: 13.4 }, {}];

  it("is an object of its coordinates, or null", () => {
    expect(ask(parts, "SELECT Place__c FROM Part__c")).toEqual([{ latitude: 52.5, longitude: 13.4 }, null]);
  });

  it("sorts by distance and is far from nowhere", () => {
    const soql =
      "SELECT Name, DISTANCE(Place__c, GEOLOCATION(52.5,13.4), 'km') d FROM Part__c ORDER BY DISTANCE(Place__c, GEOLOCATION(52.5,13.4), 'km') NULLS LAST";
    expect(ask(parts, soql)).toEqual([
      { Name: "P0", d: 0 },
      { Name: "P1", d: null },
    ]);
  });
});

describe("a formula", () => {
  it("cannot be grouped", () => {
    expect(() => ask([], "SELECT Total__c FROM Part__c GROUP BY Total__c")).toThrow("can not be grouped");
  });
});

describe("a sum", () => {
  it("is exact for any amounts, small and large", () => {
    const amount = fc.oneof(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: -9e15, max: 9e15 }));
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 30 }), (cents) => {
        const parts = cents.map((cent) => ({ Price__c: cent / 100 }));
        expect(ask(parts, "SELECT SUM(Price__c) FROM Part__c")).toEqual([sum(parts.map((part) => part.Price__c))]);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it("divided by the count is the average", () => {
    expect(ask([{ Price__c: 0.1 }, { Price__c: 0.2 }, {}], "SELECT AVG(Price__c) FROM Part__c")).toEqual([0.15]);
  });
});
