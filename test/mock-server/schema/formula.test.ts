import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import type { FieldDefinition, ObjectDefinition, Row } from "../../../mock-server/schema/definition.ts";
import { compileFormula, type FormulaContext, FormulaError } from "../../../mock-server/schema/formula.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";

const custom: readonly FieldDefinition[] = [
  { name: "Rate__c", label: "Rate", type: "percent", precision: 5, scale: 2, nillable: true },
  { name: "Number__c", label: "Number", type: "double", precision: 18, scale: 2, nillable: true },
  { name: "Tags__c", label: "Tags", type: "multipicklist", nillable: true },
  { name: "Paid__c", label: "Paid", type: "boolean" },
  formulaField("Double__c", "Number__c * 2", { type: "double", precision: 18, scale: 1 }),
  formulaField("Loop__c", "Loop__c + 1", { type: "double", precision: 18, scale: 0 }),
];

const catalog = createCatalog(
  STANDARD_OBJECTS.map(
    (object): ObjectDefinition =>
      object.name === "Order" ? { ...object, fields: [...object.fields, ...custom] } : object,
  ),
);

const accountId = recordIdOf("001", 1);
const userId = recordIdOf("005", 1);
const profileId = recordIdOf("00e", 1);
const parents: Readonly<Record<string, Row>> = {
  [accountId]: { Id: accountId, Name: "Acme", OwnerId: userId },
  [userId]: { Id: userId, Name: "Ann Admin", ProfileId: profileId },
  [profileId]: { Id: profileId, Name: "System Administrator" },
};
const context: FormulaContext = {
  nowMs: Date.parse("2026-08-01T22:30:15.500Z"),
  user: parents[userId] ?? {},
  timeZone: "Europe/Vienna",
};

function formulaField(name: string, formula: string, more: Partial<FieldDefinition>): FieldDefinition {
  return { name, label: name, type: "string", calculated: true, nillable: true, formula, ...more };
}

function compile(text: string, result?: FieldDefinition) {
  const order = catalog.object("Order");
  if (order === undefined) throw new Error("No Order");
  return compileFormula(text, order, catalog, result);
}

function evaluate(text: string, row: Row = {}, more: Partial<FormulaContext> = {}, result?: FieldDefinition) {
  const compiled = compile(text, result);
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.evaluate(row, (_, id) => parents[id], { ...context, ...more });
}

describe("a formula", () => {
  it.each<[string, unknown]>([
    ["1 + 2 * 3", 7],
    ["0.1 + 0.2", 0.3],
    ["10 / 4", 2.5],
    ["2 ^ 3", 8],
    ['"a" & "b"', "ab"],
    ['IF(TRUE, "yes", "no")', "yes"],
    ['CASE("b", "a", 1, "b", 2, 0)', 2],
    ['CASE("z", "a", 1, "b", 2, 0)', 0],
    ['AND(TRUE, 1 < 2, NOT("a" = "A"))', true],
    ["OR(FALSE, 1 / 0 > 1) || TRUE", "error"],
    ["OR(TRUE, 1 / 0 > 1)", true],
    ['LEFT("order", 2) & RIGHT("order", 2) & MID("order", 3, 1)', "orerd"],
    ['FIND("d", "order") + LEN("order")', 8],
    ['SUBSTITUTE("a-b-c", "-", "+")', "a+b+c"],
    ['LPAD("7", 3, "0") & RPAD("7", 3, "0")', "007700"],
    ['CONTAINS("order", "rd") && BEGINS("order", "or")', true],
    ['REGEX("ERP-42", "ERP-[0-9]+")', true],
    ['REGEX("xERP-42", "ERP-[0-9]+")', false],
    ['VALUE("12.5") + VALUE("")', null],
    ["TEXT(12.50)", "12.5"],
    ["ROUND(2.345, 2)", 2.35],
    ["ROUND(1250, -2)", 1300],
    ["CEILING(-1.2)", -2],
    ["MFLOOR(-1.2)", -2],
    ["MOD(7, 3)", 1],
    ["MAX(1, 5, 3) - MIN(1, 5, 3)", 4],
    ["DATE(2026, 2, 28) + 1", "2026-03-01"],
    ["ADDMONTHS(DATE(2026, 1, 31), 1)", "2026-02-28"],
    ["ADDMONTHS(DATE(2026, 2, 28), 1)", "2026-03-31"],
    ["DATE(2026, 8, 3) - DATE(2026, 8, 1)", 2],
    ["WEEKDAY(DATE(2026, 8, 1))", 7],
    ["YEAR(DATE(2026, 8, 1)) * 100 + MONTH(DATE(2026, 8, 1))", 202608],
    ["TODAY()", "2026-08-02"],
    ["NOW()", "2026-08-01T22:30:15.000+0000"],
    ['/* a comment */ "not /* one */"', "not /* one */"],
    ["ISBLANK(NULL)", true],
    ['BLANKVALUE("", "empty")', "empty"],
  ])("%s is %j", (text, expected) => {
    const value = () => evaluate(text);
    if (expected === "error") expect(value).toThrow(FormulaError);
    else expect(value()).toEqual(expected);
  });

  it("reads the record's fields, a percent as a fraction and an Id with 15 characters", () => {
    expect(evaluate("Number__c * Rate__c", { Number__c: 80, Rate__c: 25 })).toBe(20);
    expect(evaluate("AccountId", { AccountId: accountId })).toBe(accountId.slice(0, 15));
    expect(evaluate("CASESAFEID(AccountId)", { AccountId: accountId })).toBe(accountId);
    expect(evaluate('ISPICKVAL(Status, "Draft") && INCLUDES(Tags__c, "b")', { Status: "Draft", Tags__c: "a;b" })).toBe(
      true,
    );
    expect(evaluate("EndDate > EffectiveDate", { EffectiveDate: "2026-08-01", EndDate: "2026-08-02" })).toBe(true);
  });

  it("goes on where a field is empty", () => {
    expect(evaluate("Number__c * 2")).toBeNull();
    expect(evaluate("Number__c > 5")).toBe(false);
    expect(evaluate('"x" & PoNumber')).toBe("x");
    expect(evaluate("Paid__c")).toBe(false);
    expect(evaluate("EndDate > EffectiveDate", { EffectiveDate: "2026-08-01", EndDate: null })).toBe(false);
  });

  it("travels to parents and the running user", () => {
    const row = { AccountId: accountId, OwnerId: userId };
    expect(evaluate("Account.Owner.Name", row)).toBe("Ann Admin");
    expect(evaluate("Owner.Name", row)).toBe("Ann Admin");
    expect(evaluate("Account.Name", { AccountId: null })).toBeNull();
    expect(evaluate('$Profile.Name = "System Administrator" && $User.Name = "Ann Admin"', row)).toBe(true);
  });

  it("knows the record before the save", () => {
    const previous = { Status: "Draft", Number__c: 1 };
    const row = { Status: "Activated", Number__c: 1 };
    expect(evaluate("ISCHANGED(Status)", row, { previous })).toBe(true);
    expect(evaluate("ISCHANGED(Number__c)", row, { previous })).toBe(false);
    expect(evaluate('ISPICKVAL(PRIORVALUE(Status), "Draft")', row, { previous })).toBe(true);
    expect(evaluate("ISNEW()", row, { previous })).toBe(false);
    expect(evaluate("ISNEW() && NOT(ISCHANGED(Status))", row)).toBe(true);
    expect(evaluate("PRIORVALUE(Number__c)", row)).toBe(1);
  });

  it("reads other formula fields, each rounded to its own scale", () => {
    expect(evaluate("Double__c + 1", { Number__c: 1.27 })).toBe(3.5);
  });

  it("gives a field of the declared type", () => {
    const percent = formulaField("P__c", "", { type: "percent", precision: 5, scale: 1 });
    const number = formulaField("N__c", "", { type: "double", precision: 18, scale: 0, blanksAsZero: true });
    expect(evaluate("1 / 3", {}, {}, percent)).toBe(33.3);
    expect(evaluate("Number__c + 1.5", {}, {}, number)).toBe(2);
    expect(evaluate("1 / Number__c", {}, {}, number)).toBeNull();
    expect(evaluate("Number__c = 1", {}, {}, formulaField("C__c", "", { type: "boolean" }))).toBe(false);
  });

  it("names the fields of its own object that it reads", () => {
    expect(compile("Account.Name & PoNumber & TEXT(Number__c)")).toMatchObject({
      ok: true,
      fields: ["AccountId", "PoNumber", "Number__c"],
    });
  });
});

describe("a formula that cannot be evaluated", () => {
  it.each([
    ["1 +", "Syntax error: an operand is missing at the end (line 1, column 4)"],
    ["NOSUCH(1)", "the function NOSUCH is not supported"],
    ["VLOOKUP(PoNumber, PoNumber, PoNumber)", "PoNumber is no field like $ObjectType.Object__c.Fields.Field__c"],
    ["Missing__c = 1", "the field Missing__c does not exist on Order"],
    ["Contract.Missing__c = 1", "the field Contract.Missing__c does not exist on Contract"],
    ["Nobody__r.Name", "Order has no relationship Nobody__r (Nobody__r.Name)"],
    ["$Setup.X__c.Y__c", "there is no hierarchical custom setting X__c"],
    ["LEFT(PoNumber)", "LEFT takes 2 arguments, not 1"],
    ["CASE(1, 2, 3)", /CASE takes/],
    ['REGEX(PoNumber, "(")', /pattern/],
    ["ISCHANGED(Account.Name)", "ISCHANGED needs a field of the record itself"],
    ["Loop__c", "refers to itself or nests too deep"],
    ["BillingAddress", /compound field/],
    [`"${"x".repeat(3900)}"`, "is longer than 3900 characters"],
  ])("is refused by name: %s", (text, reason) => {
    const compiled = compile(text);
    expect(compiled.ok ? "compiled" : compiled.reason).toMatch(reason);
  });
});
