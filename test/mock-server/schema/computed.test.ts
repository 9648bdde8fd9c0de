import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { formatAutoNumber } from "../../../mock-server/schema/auto-number.ts";
import { createCatalog, type SObjectType } from "../../../mock-server/schema/catalog.ts";
import { defaultFormulas, formulaFields, validationRules } from "../../../mock-server/schema/computed.ts";
import type { FieldDefinition, FieldValue, Row, SummaryDefinition } from "../../../mock-server/schema/definition.ts";
import type { FormulaContext } from "../../../mock-server/schema/formula.ts";
import type { ValidationRule } from "../../../mock-server/schema/metadata/customization.ts";
import { rollUp } from "../../../mock-server/schema/roll-up.ts";

const custom: readonly FieldDefinition[] = [
  { name: "Day__c", label: "Day", type: "date", defaultFormula: "NOW()" },
  { name: "Due__c", label: "Due", type: "date", defaultFormula: "TODAY() + 14" },
  { name: "Share__c", label: "Share", type: "percent", precision: 5, scale: 1, defaultFormula: "0.25" },
  {
    name: "Net__c",
    label: "Net",
    type: "currency",
    precision: 18,
    scale: 2,
    formula: "TotalAmount / 1.2",
    calculated: true,
  },
];
const catalog = createCatalog(
  STANDARD_OBJECTS.map((object) =>
    object.name === "Order" ? { ...object, fields: [...object.fields, ...custom] } : object,
  ),
);
const context: FormulaContext = { nowMs: Date.parse("2026-08-01T09:30:00Z"), user: {}, timeZone: "UTC" };
const nobody = (): undefined => undefined;

function typeOf(name: string): SObjectType {
  const type = catalog.object(name);
  if (type === undefined) throw new Error(`No object ${name}`);
  return type;
}

function rule(more: Partial<ValidationRule>): ValidationRule {
  const given = { path: "p", object: "Order", name: "R", active: true, message: "No", field: undefined };
  return { ...given, formula: "ISBLANK(PoNumber)", ...more };
}

describe("defaults on insert", () => {
  it("are formulas where the field has one", () => {
    const values = defaultFormulas(typeOf("Order"), catalog).map((each) => [
      each.field.name,
      each.value({}, nobody, context),
    ]);
    expect(Object.fromEntries(values)).toEqual({ Day__c: "2026-08-01", Due__c: "2026-08-15", Share__c: 25 });
  });
});

describe("formula fields", () => {
  it("are computed from the row and rounded to their scale", () => {
    const [net] = formulaFields(typeOf("Order"), catalog);
    expect(net?.field.name).toBe("Net__c");
    expect(net?.value({ TotalAmount: 100 }, nobody, context)).toBe(83.33);
  });
});

describe("validation rules", () => {
  it("are those of the object that are active, by name", () => {
    const rules = [
      rule({ name: "B" }),
      rule({ name: "A" }),
      rule({ name: "C", active: false }),
      rule({ object: "Account" }),
    ];
    expect(validationRules(rules, typeOf("Order"), catalog).map((each) => each.rule.name)).toEqual(["A", "B"]);
  });

  it("are violated where their formula is true", () => {
    const [check] = validationRules([rule({})], typeOf("Order"), catalog);
    expect(check?.isViolated({ PoNumber: null }, nobody, context)).toBe(true);
    expect(check?.isViolated({ PoNumber: "4711" }, nobody, context)).toBe(false);
  });

  it("must have been checked when they were loaded", () => {
    expect(() => validationRules([rule({ formula: "NOPE()" })], typeOf("Order"), catalog)).toThrow(/NOPE/);
  });
});

describe("a roll-up", () => {
  const children: readonly Row[] = [
    { Quantity: 0.1, ServiceDate: "2026-08-03", Description: "a" },
    { Quantity: 0.2, ServiceDate: "2026-08-01", Description: "b" },
    { Quantity: 5, ServiceDate: null, Description: null },
  ];

  function roll(summary: Partial<SummaryDefinition>, rows = children): FieldValue {
    const whole = {
      operation: "sum",
      childObject: "OrderItem",
      foreignKey: "OrderId",
      field: "Quantity",
      filters: [],
    } as const;
    return rollUp({ ...whole, ...summary }, typeOf("OrderItem"), rows);
  }

  it.each<[string, Partial<SummaryDefinition>, FieldValue]>([
    ["sums exactly", {}, 5.3],
    ["counts", { operation: "count" }, 3],
    ["finds the earliest date", { operation: "min", field: "ServiceDate" }, "2026-08-01"],
    ["finds the latest date", { operation: "max", field: "ServiceDate" }, "2026-08-03"],
    ["sums what is less", { filters: [{ field: "Quantity", operation: "lessThan", value: "0.2" }] }, 0.1],
    [
      "counts one of several values",
      { operation: "count", filters: [{ field: "Description", operation: "equals", value: "a, b" }] },
      2,
    ],
    [
      "counts what is empty",
      { operation: "count", filters: [{ field: "Description", operation: "equals", value: "" }] },
      1,
    ],
    [
      "leaves out an empty value from comparisons",
      { operation: "count", filters: [{ field: "ServiceDate", operation: "lessOrEqual", value: "2026-08-03" }] },
      2,
    ],
  ])("%s", (_, summary, expected) => {
    expect(roll(summary)).toBe(expected);
  });

  it("of no children is 0, and has no smallest value", () => {
    expect([roll({}, []), roll({ operation: "count" }, []), roll({ operation: "min" }, [])]).toEqual([0, 0, null]);
  });
});

describe("an auto-number", () => {
  const now = Date.parse("2026-08-01T00:00:00Z");

  it.each([
    ["{00000000}", 100, "00000100"],
    ["ORD-{YYYY}-{MM}-{0000}", 42, "ORD-2026-08-0042"],
    ["{YY}{DD}-{0}", 12345, "2601-12345"],
  ])("of %s with %d is %s", (format, value, text) => {
    expect(formatAutoNumber({ format, start: 1 }, value, now)).toBe(text);
  });
});
