import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { applyCustomization, type CustomizedSchema } from "../../../mock-server/schema/customize.ts";
import type { FieldDefinition } from "../../../mock-server/schema/definition.ts";
import type { SourceFile } from "../../../mock-server/schema/metadata/component.ts";
import { readCustomization } from "../../../mock-server/schema/metadata/customization.ts";
import { MetadataError } from "../../../mock-server/schema/metadata/problem.ts";

function xml(root: string, body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://soap.sforce.com/2006/04/metadata">${body}</${root}>`;
}

function field(name: string, body: string): SourceFile {
  const path = `force-app/objects/Order/fields/${name}.field-meta.xml`;
  return { path, text: xml("CustomField", `<fullName>${name}</fullName><label>${name}</label>${body}`) };
}

function rule(name: string, formula: string): SourceFile {
  const path = `force-app/objects/Order/validationRules/${name}.validationRule-meta.xml`;
  const body = `<fullName>${name}</fullName><active>true</active><errorConditionFormula>${formula}</errorConditionFormula>`;
  return { path, text: xml("ValidationRule", `${body}<errorMessage>No</errorMessage>`) };
}

/** One formula that cannot work, two that need it, and their neighbors that can. */
const FILES = [
  field("Score__c", "<type>Text</type><formula>PREDICT(Name)</formula>"),
  field("Rank__c", "<type>Text</type><formula>Score__c &amp; '!'</formula>"),
  field("Title__c", "<type>Text</type><formula>UPPER(Name)</formula>"),
  field("Due__c", "<type>Date</type><defaultValue>NEXTWEEK()</defaultValue>"),
  rule("Ranked", "ISBLANK(Rank__c)"),
  rule("Named", "ISBLANK(Title__c)"),
];

function orderField(schema: CustomizedSchema, name: string): FieldDefinition | undefined {
  return schema.definitions.find((each) => each.name === "Order")?.fields.find((each) => each.name === name);
}

describe("formulas that cannot be evaluated", () => {
  const schema = applyCustomization(STANDARD_OBJECTS, readCustomization(FILES), "leaveOut");

  it("are left out with the fields and rules that need them; what works stays", () => {
    expect(orderField(schema, "Score__c")).toBeUndefined();
    expect(orderField(schema, "Rank__c")).toBeUndefined();
    expect(orderField(schema, "Title__c")).toMatchObject({ formula: "UPPER(Name)" });
    expect(schema.validationRules.map((each) => each.name)).toEqual(["Named"]);
  });

  it("leave a field whose default they are without a default", () => {
    expect(orderField(schema, "Due__c")).toMatchObject({ type: "date" });
    expect(orderField(schema, "Due__c")).not.toHaveProperty("defaultFormula");
  });

  it("are named with the reason, each once", () => {
    expect(schema.remarks.map((each) => `${each.element}: ${each.reason}`).toSorted()).toEqual([
      "Due__c/defaultValue: the function NEXTWEEK is not supported; left out",
      expect.stringMatching(/^Rank__c\/formula: the function PREDICT is not supported: .*; left out$/),
      expect.stringMatching(/^Ranked\/errorConditionFormula: the function PREDICT is not supported: .*; left out$/),
      expect.stringMatching(/^Score__c\/formula: the function PREDICT is not supported: .*; left out$/),
    ]);
  });

  it("are refused all together where nothing may be left out", () => {
    let refused: unknown;
    try {
      applyCustomization(STANDARD_OBJECTS, readCustomization(FILES));
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(MetadataError);
    expect(refused instanceof MetadataError ? refused.problems.length : 0).toBe(4);
  });
});
