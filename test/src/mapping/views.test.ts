import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/mapping/compile.ts";
import { externalView } from "../../../src/mapping/external-view.ts";
import type { ObjectMapping } from "../../../src/mapping/mapping.ts";
import { rootKeyOfLine, salesforceView } from "../../../src/mapping/salesforce-view.ts";
import { lineSelectList } from "../../../src/mapping/select.ts";
import { toExternalFields, toSalesforceFields } from "../../../src/mapping/write.ts";
import type { ExternalFields, ExternalRecord } from "../../../src/model/external-record.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { Fields } from "../../../src/model/value.ts";
import { orderMapping } from "../sync/order-world.ts";

const nobody = (): undefined => undefined;

function order(): ObjectMapping {
  const mapping = orderMapping().byObject.get("Order");
  if (mapping === undefined) throw new Error("not mapped");
  return mapping;
}

function external(fields: ExternalFields, lines?: ExternalRecord["lines"]): ExternalRecord {
  return {
    naturalKey: ["1"],
    fields,
    ...(lines === undefined ? {} : { lines }),
    version: "7",
    changedBy: "anna",
    changedAt: null,
  };
}

/** A mapping of one account field, and what it reads and writes. */
function field(
  spec: unknown,
  functions = {},
  object: object = {},
): { read(fields: ExternalFields): unknown; write(value: Fields[string]): unknown } {
  const result = compileMapping(
    {
      source: "erp",
      objects: {
        Account: { collection: "c", keyField: "K__c", naturalKey: ["id"], fields: { F__c: spec }, ...object },
      },
    },
    { functions },
  );
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const mapping = result.mapping.objects[0];
  if (mapping === undefined) throw new Error("not mapped");
  return {
    read: (fields) => {
      const reading = externalView(mapping, external(fields));
      if (reading.kind !== "view") return reading.kind;
      return reading.view.problems[0]?.reason ?? reading.view.document.fields["F__c"];
    },
    write: (value) => {
      const { fields, problems } = toExternalFields(mapping.fields, { F__c: value });
      return problems[0]?.reason ?? fields;
    },
  };
}

describe("an external record seen through the mapping", () => {
  it("becomes a canonical document with lines under their keys", () => {
    const lines = [{ naturalKey: ["11"], fields: { product: "p1", quantity: "2.00", price: "9.905", text: "" } }];
    const reading = externalView(
      order(),
      external({ customer: 5, ordered: "1996-07-04 00:00:00", po: " X ", note: "", state: "open" }, lines),
    );
    expect(reading).toMatchObject({
      kind: "view",
      view: {
        version: "7",
        problems: [],
        document: {
          key: "erp:Order:1",
          fields: {
            AccountId: "erp:Account:5",
            EffectiveDate: "1996-07-04",
            PoNumber: "X",
            Description: null,
            Status: "Draft",
          },
          lines: {
            "erp:OrderItem:1:11": {
              PricebookEntryId: "erp:PricebookEntry:p1",
              Quantity: "2",
              UnitPrice: "9.905",
              Description: null,
            },
          },
        },
      },
    });
  });

  it("keeps unknown apart from empty", () => {
    const reading = externalView(order(), external({ po: null }));
    expect(reading.kind === "view" && reading.view.document.fields).toEqual({ PoNumber: null });
    expect(reading.kind === "view" && reading.view.document.lines).toBeUndefined();
    expect(field("x", {}, { absent: "empty" }).read({})).toBeNull();
    expect(field("x", {}, { emptyTexts: ["NULL"] }).read({ x: "NULL" })).toBeNull();
  });

  it("reports values that cannot be read instead of guessing", () => {
    const lines = [
      { naturalKey: ["1"], fields: { quantity: "two" } },
      { naturalKey: ["1"], fields: { quantity: "2" } },
    ];
    const reading = externalView(order(), external({ ordered: "1996-02-30", state: "lost" }, lines));
    const problems = reading.kind === "view" ? reading.view.problems : [];
    expect(problems.map((problem) => `${problem.field} ${problem.value}`)).toEqual([
      "EffectiveDate 1996-02-30",
      "Status lost",
      "Quantity two",
      "ERP_Key__c 1",
    ]);
  });

  it("without a natural key is not named, and outside the filter it is left alone", () => {
    expect(externalView(order(), { ...external({}), naturalKey: [""] })).toMatchObject({ kind: "unkeyed" });
    const filtered = orderMapping({ filter: { external: { kind: ["A", "B"], hidden: { not: [true] } } } }).byObject.get(
      "Order",
    );
    if (filtered === undefined) throw new Error("not mapped");
    expect(externalView(filtered, external({ kind: "C" }))).toEqual({ kind: "filtered", key: "erp:Order:1" });
    expect(externalView(filtered, external({ kind: "A", hidden: true })).kind).toBe("filtered");
    expect(externalView(filtered, external({ kind: "A", hidden: false })).kind).toBe("view");
  });
});

describe("converters", () => {
  it.each<[string, unknown, ExternalFields, unknown]>([
    ["a picklist", { from: "x", convert: { picklist: { "1": "One" } } }, { x: 1 }, "One"],
    [
      "a picklist that keeps others",
      { from: "x", convert: { picklist: { a: "A" }, otherwise: "keep" } },
      { x: "b" },
      "b",
    ],
    ["a picklist with a value for empty", { from: "x", convert: { picklist: { "": "None" } } }, { x: null }, "None"],
    ["a date pattern", { from: "x", convert: { date: { format: "dd.MM.yyyy" } } }, { x: "31.12.2026" }, "2026-12-31"],
    [
      "the date of a moment in a zone",
      { from: "x", convert: { date: { zone: "Europe/Berlin" } } },
      { x: "2026-06-30T22:30:00Z" },
      "2026-07-01",
    ],
    [
      "a local time",
      { from: "x", convert: { datetime: { zone: "Europe/Berlin" } } },
      { x: "2026-07-01 12:00" },
      "2026-07-01T10:00:00Z",
    ],
    [
      "a decimal comma",
      { from: "x", convert: { decimal: { decimalSeparator: ",", groupSeparator: "." } }, scale: 2 },
      { x: "1.234,50" },
      "1234.5",
    ],
    ["a boolean", { from: "x", convert: { boolean: { true: ["J"], false: ["N"] } } }, { x: "J" }, true],
    ["a concatenation", { concat: ["a", "b", "c"] }, { a: "x", b: null, c: "z" }, "x z"],
    ["address lines", { addressLines: ["a", "b"] }, { a: "Street 1", b: "Floor 2" }, "Street 1\nFloor 2"],
    [
      "a discount",
      { discounted: { price: "p", discount: "d" }, kind: "decimal", scale: 2 },
      { p: "18", d: "0.15" },
      "15.3",
    ],
    ["a constant", { constant: "EUR" }, {}, "EUR"],
  ])("%s is read", (_name, spec, fields, value) => {
    expect(field(spec).read(fields)).toBe(value);
  });

  it.each<[string, unknown, Fields[string], unknown]>([
    ["a picklist", { from: "x", convert: { picklist: { a: "A", b: "A" } } }, "A", { x: "a" }],
    ["a date pattern", { from: "x", convert: { date: { format: "dd.MM.yyyy" } } }, "2026-12-31", { x: "31.12.2026" }],
    [
      "a local time",
      { from: "x", convert: { datetime: { zone: "Europe/Berlin", format: "yyyyMMddHHmmss" } } },
      "2026-07-01T10:00:00Z",
      { x: "20260701120000" },
    ],
    ["a decimal comma", { from: "x", convert: { decimal: { decimalSeparator: "," } } }, "1234.5", { x: "1234,5" }],
    ["a boolean", { from: "x", convert: { boolean: { true: ["J"], false: ["N"] } } }, false, { x: "N" }],
    ["address lines", { addressLines: ["a", "b"] }, "1\n2\n3", { a: "1", b: "2, 3" }],
    ["an empty text", "x", null, { x: null }],
  ])("%s is written", (_name, spec, value, fields) => {
    expect(field(spec).write(value)).toEqual(fields);
  });

  it("refuse what they do not know, by name", () => {
    expect(field({ from: "x", convert: { picklist: { a: "A" } } }).read({ x: "q" })).toContain(
      "not in the picklist table (a)",
    );
    expect(field({ from: "x", convert: { picklist: { a: "A" } } }).write("Q")).toContain('"Q" has no external value');
    expect(field({ from: "x", convert: { decimal: { decimalSeparator: "," } } }).read({ x: "1.5" })).toContain(
      "has a point",
    );
    expect(field({ from: "x", convert: { datetime: {} } }).read({ x: "2026-07-01 12:00" })).toContain("has no offset");
  });

  it("call the user's functions both ways, and refuse the record when they throw", () => {
    const functions = {
      up: (text: unknown) => String(text).toUpperCase(),
      down: (text: unknown) => String(text).toLowerCase(),
      fail: () => {
        throw new Error("no such region");
      },
    };
    const both = field({ from: "x", convert: { function: { toSalesforce: "up", toExternal: "down" } } }, functions);
    expect([both.read({ x: "a" }), both.write("A")]).toEqual(["A", { x: "a" }]);
    expect(field({ from: "x", convert: { function: "fail" } }, functions).read({ x: 1 })).toContain("no such region");
  });
});

describe("a Salesforce record seen through the mapping", () => {
  const record = {
    Id: "801000000000001AAA",
    SystemModstamp: "2026-01-01T00:00:00.000+0000",
    ERP_Key__c: "erp:Order:1",
    AccountId: "001000000000001AAA",
    Account: { ERP_Key__c: "erp:Account:5" },
    EffectiveDate: "1996-07-04",
    Status: "Activated",
    StatusCode: "Activated",
    LastModifiedDate: "2026-01-01T00:00:00.000+0000",
    LastModifiedById: "005",
    OrderItems: {
      records: [
        {
          Id: "802000000000001AAA",
          ERP_Key__c: "erp:OrderItem:1:11",
          Quantity: 2,
          UnitPrice: 9.9,
          LastModifiedDate: "2026-01-02T00:00:00.000+0000",
          LastModifiedById: "006",
        },
        { Id: "802000000000002AAA", ERP_Key__c: null, Quantity: 1 },
      ],
    },
  };

  it("looks like the external one", () => {
    expect(salesforceView(order(), record, nobody)).toMatchObject({
      kind: "view",
      view: {
        keyed: true,
        statusCategory: "Activated",
        foreignLineIds: ["802000000000002AAA"],
        lineIds: { "erp:OrderItem:1:11": "802000000000001AAA" },
        provenance: { by: "006", at: "2026-01-02T00:00:00Z" },
        document: {
          key: "erp:Order:1",
          fields: { AccountId: "erp:Account:5", EffectiveDate: "1996-07-04", Status: "Activated" },
          lines: { "erp:OrderItem:1:11": { Quantity: "2", UnitPrice: "9.9" } },
        },
      },
    });
  });

  it("that was polled without its lines does not seem to have lost them", () => {
    const { OrderItems: _lines, ...polled } = record;
    const reading = salesforceView(order(), polled, nobody);
    expect(reading.kind === "view" && reading.view.document.lines).toBeUndefined();
  });

  it("with reduction orders shows the quantity that is left, and no reduction order itself", () => {
    const reducing = orderMapping({ onActivated: "reduce" }).byObject.get("Order");
    if (reducing === undefined) throw new Error("not mapped");
    const [line] = record.OrderItems.records;
    const reduced = { ...record, OrderItems: { records: [{ ...line, Quantity: 5, AvailableQuantity: 3 }] } };
    const reading = salesforceView(reducing, reduced, nobody);
    const lines = reading.kind === "view" ? Object.values(reading.view.document.lines ?? {}) : [];
    expect(lines).toMatchObject([{ Quantity: "3" }]);
    expect(salesforceView(reducing, { ...record, IsReductionOrder: true }, nobody).kind).toBe("foreign");
    expect(lineSelectList(reducing)).toContain("AvailableQuantity");
  });

  it("with a parent that is not ours does not seem to have none", () => {
    const orphan = { ...record, Account: { ERP_Key__c: null } };
    const reading = salesforceView(order(), orphan, nobody);
    expect(reading.kind === "view" && reading.view.document.fields["AccountId"]).toBe(
      "salesforce:Account:001000000000001AAA",
    );
    const linked = salesforceView(order(), orphan, () => "erp:Account:9" as BusinessKey);
    expect(linked.kind === "view" && linked.view.document.fields["AccountId"]).toBe("erp:Account:9");
  });

  it("without a key gets one from its link or from its Id", () => {
    const unkeyed = { ...record, ERP_Key__c: null };
    expect(salesforceView(order(), unkeyed, nobody)).toMatchObject({
      view: { keyed: false, document: { key: "erp:Order:801000000000001AAA" } },
    });
    expect(salesforceView(order(), { ...record, ERP_Key__c: "shop:Order:1" }, nobody)).toMatchObject({
      kind: "foreign",
    });
  });

  it("names its document by a polled line", () => {
    const row = { OrderId: "801000000000001AAA", Order: { ERP_Key__c: "erp:Order:1" } };
    expect(rootKeyOfLine(order(), row, nobody)).toBe("erp:Order:1");
    expect(
      rootKeyOfLine(order(), { OrderId: "801", Order: { ERP_Key__c: null } }, () => "erp:Order:7" as BusinessKey),
    ).toBe("erp:Order:7");
  });
});

describe("values on their way to Salesforce", () => {
  it("are numbers where a double holds them, else texts; parents are Ids or keys", () => {
    const lines = order().lines?.fields ?? [];
    const values = { Quantity: "2.5", UnitPrice: "12345678901234567.89", PricebookEntryId: "erp:PricebookEntry:p1" };
    expect(toSalesforceFields(lines, values, () => ({ kind: "linked", recordId: "01u" as RecordId })).fields).toEqual({
      Quantity: 2.5,
      UnitPrice: "12345678901234567.89",
      PricebookEntryId: "01u",
    });
    expect(toSalesforceFields(lines, values, () => ({ kind: "keyed" })).fields["PricebookEntryId"]).toEqual({
      kind: "byKey",
      relationship: "PricebookEntry",
      keyField: "ERP_Key__c",
      key: "erp:PricebookEntry:p1",
    });
    expect(toSalesforceFields(lines, values, () => ({ kind: "absent" })).unresolved).toMatchObject([
      { field: "PricebookEntryId", state: "absent" },
    ]);
  });
});
