/** Whether the values of a field fit both sides: zones, kinds, sizes. */
import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/mapping/compile.ts";
import type { ObjectFacts } from "../../../src/mapping/facts.ts";
import type { Mapping } from "../../../src/mapping/mapping.ts";
import { checkValues } from "../../../src/mapping/preflight-values.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../../../src/model/external-facts.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

type FieldInput = MappingInput["objects"][string]["fields"][string];

const MOMENT: ExternalFieldFacts = { type: "timestamp with time zone", kind: "moment" };
const LOCAL: ExternalFieldFacts = { type: "timestamp without time zone", kind: "localTime" };
const DATE: ExternalFieldFacts = { type: "date", kind: "date" };

describe("a field", () => {
  it.each<[string, FieldInput, ExternalFieldFacts, string]>([
    ["a moment as a date", { from: "x", kind: "date" }, MOMENT, "its day depends on the zone; say external.timeZone"],
    ["a local time as a moment", { from: "x", kind: "instant" }, LOCAL, "is a time without a zone"],
    [
      "a local time with a format only",
      { from: "x", convert: { datetime: { format: "yyyy-MM-dd HH:mm:ss" } } },
      LOCAL,
      "convert: { datetime: { zone: … } }",
    ],
    ["a date as a moment", { from: "x", kind: "instant" }, DATE, 'is mapped as instant, but "x" is date'],
    ["a date as a number", { from: "x", kind: "decimal" }, DATE, 'is mapped as decimal, but "x" is date'],
    [
      "a boolean as a number",
      { from: "x", kind: "decimal" },
      { type: "boolean", kind: "boolean" },
      'is mapped as decimal, but "x" is boolean',
    ],
  ])("that no record can get through is a problem: %s", (_what, input, facts, message) => {
    const found = problemsOf(input, facts);
    expect(found).toEqual([
      { place: "mapping.objects.Account.fields.F__c", message: expect.stringContaining(message) },
    ]);
  });

  it.each<[string, FieldInput, ExternalFieldFacts]>([
    [
      "with a zone of its own",
      { from: "x", direction: "toSalesforce", convert: { date: { zone: "Europe/Berlin" } } },
      MOMENT,
    ],
    ["a local time with a zone", { from: "x", convert: { datetime: { zone: "Europe/Berlin" } } }, LOCAL],
    ["a local time as its day", { from: "x", kind: "date" }, LOCAL],
    ["a moment", { from: "x", kind: "instant" }, MOMENT],
    [
      "a number that a converter reads as a date",
      { from: "x", convert: { date: { format: "yyyyMMdd" } } },
      { type: "integer", kind: "number" },
    ],
    ["a number as a boolean", { from: "x", kind: "boolean" }, { type: "integer", kind: "number" }],
    ["a type that tells nothing", { from: "x", kind: "instant" }, { type: "any" }],
  ])("fits: %s", (_what, input, facts) => {
    expect(problemsOf(input, facts)).toEqual([]);
  });

  it("that cannot be turned back is a warning, unless the mapping says that it flows one way", () => {
    const input = { concat: ["x", "y"] };
    expect(problemsOf(input, { type: "text" })).toMatchObject([
      { warning: true, message: expect.stringContaining("say direction: toSalesforce if that is meant") },
    ]);
    expect(problemsOf({ ...input, direction: "toSalesforce" }, { type: "text" })).toEqual([]);
  });

  it("needs no zone of its own where the external system has one", () => {
    expect(problemsOf({ from: "x", kind: "date" }, MOMENT, { zone: "Europe/Berlin" })).toEqual([]);
    expect(problemsOf({ from: "x", kind: "instant" }, LOCAL, { zone: "Europe/Berlin" })).toEqual([]);
  });

  it.each<[string, FieldInput, ExternalFieldFacts, readonly string[]]>([
    ["a longer text", "x", { type: "varchar(120)", kind: "text", length: 120 }, ["dead letter"]],
    ["a shorter text", "x", { type: "varchar(20)", kind: "text", length: 20 }, ['"x" only 20']],
    [
      "more decimals",
      { from: "x", kind: "decimal" },
      { type: "numeric(10,3)", kind: "number", precision: 10, scale: 3 },
      ["what Salesforce rounds is reported by the run"],
    ],
    [
      "fewer decimals",
      { from: "x", kind: "decimal" },
      { type: "integer", kind: "number", precision: 9, scale: 0 },
      ["what the external system rounds is reported by the run"],
    ],
    [
      "more digits",
      { from: "x", kind: "decimal" },
      { type: "numeric(20,2)", kind: "number", precision: 20, scale: 2 },
      ["up to 18 digits before the point"],
    ],
  ])("that some records may not get through is a warning: %s", (_what, input, facts, messages) => {
    const found = problemsOf(input, facts, { both: true });
    expect(found).toEqual(
      messages.map((message) => ({
        place: "mapping.objects.Account.fields.F__c",
        message: expect.stringContaining(message),
        warning: true,
      })),
    );
  });
});

describe("a choice", () => {
  const table = { from: "x", convert: { picklist: { a: "A", b: "B" } } };

  it("of the external system that the table lacks is warned about", () => {
    expect(choices(table, { type: "state", values: ["a", "b", "c"] }, null)).toEqual([
      expect.stringContaining('"x" can be "c", which does not fit Salesforce'),
    ]);
  });

  it("of the external system that the picklist lacks is warned about, also without a table", () => {
    expect(choices("x", { type: "state", values: ["A", "C"] }, ["A", "B"])).toEqual([
      expect.stringContaining('"x" can be "C"'),
      expect.stringContaining('F__c can be "B", which has no value in the external system'),
    ]);
  });

  it("of a picklist that has no way back is warned about, where it flows back", () => {
    expect(choices(table, { type: "text" }, ["A", "B", "C"])).toEqual([
      expect.stringContaining('F__c can be "C", which has no value in the external system'),
    ]);
    expect(choices({ ...table, direction: "toSalesforce" }, { type: "text" }, ["A", "B", "C"])).toEqual([]);
  });
});

describe("the policy newest", () => {
  it("needs the zone of a time of change that has none", () => {
    const policy = {
      place: "mapping.objects.Account.policy",
      message: expect.stringContaining("say external.timeZone"),
    };
    expect(newest({ name: "changed", ...LOCAL })).toEqual([policy]);
    expect(newest({ name: "changed", ...LOCAL }, "Europe/Berlin")).toEqual([]);
    expect(newest({ name: "changed", ...MOMENT })).toEqual([]);
  });

  it("is warned about where no field tells the time of change", () => {
    expect(newest(null)).toMatchObject([
      { warning: true, message: expect.stringContaining("tells no time of change") },
    ]);
  });
});

function problemsOf(
  input: FieldInput,
  facts: ExternalFieldFacts,
  { zone, both = false }: { readonly zone?: string; readonly both?: boolean } = {},
): ReturnType<typeof checkValues> {
  const mapping = compile(erpMapping({ Account: { fields: { F__c: input } } }), zone);
  const type =
    mapping.byObject.get("Account")?.fields.find(({ field }) => field === "F__c")?.kind === "text"
      ? "string"
      : "double";
  return check(mapping, { collection: "customers", fields: { x: facts } }, both ? [described(type)] : []);
}

/** What is warned about, by message. */
function choices(
  input: FieldInput,
  facts: ExternalFieldFacts,
  restrictedValues: readonly string[] | null,
): readonly string[] {
  const mapping = compile(erpMapping({ Account: { fields: { F__c: input } } }));
  const object = described("picklist");
  const objects = [{ ...object, fields: object.fields.map((field) => ({ ...field, length: 0, restrictedValues })) }];
  return check(mapping, { collection: "customers", fields: { x: facts } }, objects).map(({ message }) => message);
}

function newest(changedAt: ExternalCollectionInfo["changedAt"], zone?: string): ReturnType<typeof checkValues> {
  const mapping = compile(erpMapping({ Account: { policy: "newest" } }), zone);
  return check(mapping, { collection: "customers", changedAt: changedAt ?? null }, []);
}

function check(
  mapping: Mapping,
  info: ExternalCollectionInfo,
  objects: readonly ObjectFacts[],
): ReturnType<typeof checkValues> {
  const object = mapping.byObject.get("Account");
  if (object === undefined) throw new Error("accounts are mapped");
  return checkValues(object, "mapping.objects.Account", info, objects);
}

function compile(input: MappingInput, zone?: string): Mapping {
  const result = compileMapping(input, zone === undefined ? {} : { zone });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.mapping;
}

function described(type: string): ObjectFacts {
  const field = {
    name: "F__c",
    type,
    length: type === "string" ? 80 : 0,
    precision: 18,
    scale: 2,
    nillable: true,
    createable: true,
    updateable: true,
    calculated: false,
    externalId: false,
    unique: false,
    referenceTo: [],
    relationshipName: null,
    restrictedValues: null,
  };
  return { name: "Account", createable: true, updateable: true, deletable: true, fields: [field] };
}
