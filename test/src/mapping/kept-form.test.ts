/** What a system makes of a value that was sent to it, told from what a user makes of it. */
import { describe, expect, it } from "vitest";
import { isKeptForm, mayBeKeptOtherwise } from "../../../src/mapping/kept-form.ts";
import type { FieldMapping } from "../../../src/mapping/mapping.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import type { Side, Value } from "../../../src/model/value.ts";
import { compiled, erpMapping } from "../../support/erp-mapping.ts";

type FieldInput = MappingInput["objects"][string]["fields"][string];

describe("a value that came back otherwise", () => {
  it.each<[string, FieldInput, Side, Value, Value]>([
    ["rounded up", { from: "x", kind: "decimal" }, "salesforce", "1.125", "1.13"],
    ["rounded to the even neighbor", { from: "x", kind: "decimal" }, "salesforce", "1.125", "1.12"],
    ["cut", { from: "x", kind: "decimal" }, "salesforce", "1.129", "1.12"],
    ["rounded to a whole number", { from: "x", kind: "decimal" }, "salesforce", "19.9", "20"],
    ["cut toward zero", { from: "x", kind: "decimal" }, "salesforce", "-0.004", "0"],
    ["a negative one rounded", { from: "x", kind: "decimal" }, "external", "-1.125", "-1.13"],
    ["through a double", { from: "x", kind: "decimal" }, "salesforce", "123456789012345678", "123456789012345680"],
    [
      "through a double, with decimals",
      { from: "x", kind: "decimal" },
      "salesforce",
      "12345678901234.5678",
      "12345678901234.568",
    ],
    ["through a single", { from: "x", kind: "decimal" }, "external", "123456789.5", "123456790"],
    ["an address in small letters", "x", "salesforce", "Anna.Berg@Example.COM", "anna.berg@example.com"],
    ["rich text escaped", "x", "salesforce", "Smith & Sons", "Smith &amp; Sons"],
    ["choices in the picklist's order", "x", "salesforce", "b;a", "a;b"],
    ["control characters left out", "x", "salesforce", "a\u0000b", "ab"],
    ["blanks that do not break", "x", "salesforce", "a\u00a0b", "a b"],
    ["composed letters", "x", "salesforce", "A\u030angstro\u0308m", "\u00c5ngstr\u00f6m"],
    [
      "a time without seconds",
      { from: "x", convert: { datetime: { format: "yyyy-MM-dd HH:mm", zone: "Europe/Berlin" } } },
      "external",
      "2026-03-02T10:15:30Z",
      "2026-03-02T10:15:00Z",
    ],
    [
      "an hour that the clocks repeat",
      { from: "x", convert: { datetime: { zone: "Europe/Berlin" } } },
      "external",
      "2026-10-25T01:30:00Z",
      "2026-10-25T00:30:00Z",
    ],
    ["a JSON document in a JSON column", "x", "external", '{"b":2,"a":[1, 2]}', '{"a": [1, 2], "b": 2}'],
    ["more lines than fields", { addressLines: ["a", "b"] }, "external", "1\n2\n3", "1\n2, 3"],
  ])("is no edit: %s", (_what, input, side, sent, shown) => {
    const field = fieldOf(input);
    expect(mayBeKeptOtherwise(field, side, sent)).toBe(true);
    expect(isKeptForm(field, side, sent, shown)).toBe(true);
  });

  it("is no edit: an hour that the clocks repeat, in a column without a zone", () => {
    const field: FieldMapping = { ...fieldOf({ from: "x", kind: "instant" }), zone: "Europe/Berlin" };
    const [sent, shown] = ["2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"];
    expect(mayBeKeptOtherwise(field, "external", sent)).toBe(true);
    expect(isKeptForm(field, "external", sent, shown)).toBe(true);
    expect(isKeptForm(field, "salesforce", sent, shown)).toBe(false);
    expect(isKeptForm(field, "external", shown, sent)).toBe(false);
    expect(mayBeKeptOtherwise(field, "external", "2026-10-25T02:30:00Z")).toBe(false);
  });

  it.each<[string, FieldInput, Side, Value, Value]>([
    ["another amount", { from: "x", kind: "decimal" }, "salesforce", "1.125", "1.14"],
    ["more digits", { from: "x", kind: "decimal" }, "salesforce", "1.12", "1.125"],
    ["another sign", { from: "x", kind: "decimal" }, "salesforce", "1.125", "-1.13"],
    ["the neighbor of a whole number", { from: "x", kind: "decimal" }, "external", "20", "21"],
    ["rounded further than the field does", { from: "x", kind: "decimal", scale: 3 }, "salesforce", "1.1254", "1.13"],
    ["emptied", { from: "x", kind: "decimal" }, "salesforce", "1.125", null],
    ["another text", "x", "salesforce", "Smith & Sons", "Smith & Daughters"],
    ["other capitals in a name", "x", "salesforce", "Smith & sons", "Smith & Sons"],
    ["another JSON document", "x", "external", '{"a":1}', '{"a":2}'],
    ["no JSON any more", "x", "external", '{"a":1}', '{"a":1'],
    ["another case of a text in the ERP", "x", "external", "anna@example.com", "ANNA@example.com"],
  ])("is an edit: %s", (_what, input, side, sent, shown) => {
    expect(isKeptForm(fieldOf(input), side, sent, shown)).toBe(false);
  });

  it.each<[FieldInput, Side, Value]>([
    [{ from: "x", kind: "decimal", scale: 2 }, "salesforce", "19.9"],
    [{ from: "x", kind: "decimal" }, "salesforce", "19"],
    ["x", "salesforce", "Blauer See Delikatessen\nForsterstr. 57"],
    ["x", "external", "Anna@Example.com"],
    ["x", "external", "[draft] call back"],
    [{ from: "x", convert: { datetime: { zone: "Europe/Berlin" } } }, "external", "2026-03-02T10:15:30Z"],
  ])("is not expected where everything is known to be kept: %j on %s", (input, side, value) => {
    expect(mayBeKeptOtherwise(fieldOf(input), side, value)).toBe(false);
  });
});

function fieldOf(input: FieldInput): FieldMapping {
  const mapping = compiled(erpMapping({ Account: { fields: { F__c: input } } }));
  const field = mapping.byObject.get("Account")?.fields.find((each) => each.field === "F__c");
  if (field === undefined) throw new Error("the field is mapped");
  return field;
}
