import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/mapping/compile.ts";
import type { FieldFacts, ObjectFacts, PreflightFacts } from "../../../src/mapping/facts.ts";
import type { Mapping } from "../../../src/mapping/mapping.ts";
import { describedObjects, preflight } from "../../../src/mapping/preflight.ts";
import { refineMapping } from "../../../src/mapping/refine.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../../../src/model/external-facts.ts";

function field(name: string, change: Partial<FieldFacts> = {}): FieldFacts {
  return {
    name,
    type: "string",
    length: 80,
    precision: 0,
    scale: 0,
    nillable: true,
    createable: true,
    updateable: true,
    calculated: false,
    externalId: false,
    unique: false,
    referenceTo: [],
    relationshipName: null,
    restrictedValues: null,
    ...change,
  };
}

const KEY_FIELD = field("ERP_Key__c", { length: 255, externalId: true, unique: true });

function object(name: string, fields: readonly FieldFacts[], change: Partial<ObjectFacts> = {}): ObjectFacts {
  return {
    name,
    createable: true,
    updateable: true,
    deletable: true,
    fields: [field("Id", { type: "id" }), KEY_FIELD, ...fields],
    ...change,
  };
}

function facts(objects: readonly ObjectFacts[], change: Partial<PreflightFacts> = {}): PreflightFacts {
  return { objects, statuses: {}, collections: [], ...change };
}

function account(fields: MappingInput["objects"][string]["fields"], change: object = {}): Mapping {
  const result = compileMapping({
    source: "erp",
    objects: { Account: { collection: "customers", keyField: "ERP_Key__c", naturalKey: ["id"], fields, ...change } },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.mapping;
}

const said = (mapping: Mapping, given: PreflightFacts): readonly string[] =>
  preflight(mapping, given).map((problem) => `${problem.place}: ${problem.message}`);

describe("a preflight", () => {
  it("names a key field that ignores case, unless the mapping does too", () => {
    const ignores = field("ERP_Key__c", { length: 255, externalId: true, unique: true, caseSensitive: false });
    const org = facts([
      object("Account", [field("Name")], { fields: [field("Id", { type: "id" }), ignores, field("Name")] }),
    ]);

    expect(said(account({ Name: "name" }), org)).toEqual([
      expect.stringMatching(/^mapping.objects.Account.keyField: ERP_Key__c ignores case.*keyCase: lower/),
    ]);
    expect(said(account({ Name: "name" }, { keyCase: "lower" }), org)).toEqual([]);
  });

  it("has nothing to say when all fits", () => {
    expect(said(account({ Name: "name" }), facts([object("Account", [field("Name")])]))).toEqual([]);
  });

  it("asks for the objects of the mapping, lines included", () => {
    expect(describedObjects(account({ Name: "name" }))).toEqual(["Account"]);
  });

  it.each<[string, MappingInput["objects"][string]["fields"], readonly FieldFacts[], string]>([
    [
      "a field that does not exist",
      { Nme: "name" },
      [field("Name")],
      "fields.Nme: Account.Nme does not exist or is hidden",
    ],
    [
      "a calculated field",
      { F__c: "f" },
      [field("F__c", { calculated: true, createable: false, updateable: false })],
      "is calculated by Salesforce",
    ],
    [
      "a field that may not be written",
      { F__c: "f" },
      [field("F__c", { createable: false, updateable: false })],
      "grant field-level Edit access",
    ],
    [
      "a number that is mapped as text",
      { F__c: "f" },
      [field("F__c", { type: "currency", scale: 2 })],
      "is mapped as text, but Salesforce has currency, so say kind: decimal",
    ],
    [
      "a reference without its object",
      { OwnerId: "o" },
      [field("OwnerId", { type: "reference", referenceTo: ["User"] })],
      "refers to User; say reference: User",
    ],
    [
      "too fine a scale",
      { F__c: { from: "f", kind: "decimal", scale: 4 } },
      [field("F__c", { type: "double", scale: 2 })],
      "keeps 2 digits after the point; say scale: 2",
    ],
    [
      "an unknown picklist value",
      { F__c: { from: "f", convert: { picklist: { a: "A", b: "B" } } } },
      [field("F__c", { type: "picklist", restrictedValues: ["A"] })],
      'can become "B", which the picklist does not have (A)',
    ],
    [
      "another relationship name",
      { P__c: { from: "p", reference: "Account", relationship: "Boss__r" } },
      [field("P__c", { type: "reference", referenceTo: ["Account"], relationshipName: "P__r" })],
      "say relationship: P__r",
    ],
  ])("finds %s", (_name, fields, described, expected) => {
    expect(said(account(fields), facts([object("Account", described)])).join("\n")).toContain(expected);
  });

  it.each<[string, Partial<FieldFacts>, string]>([
    ["is not an External ID", { externalId: false }, "tick External ID"],
    ["is not unique", { unique: false }, "tick Unique"],
    ["is no text", { type: "double" }, "must be a text field"],
    ["is too short", { length: 20 }, "make it at least 40"],
    ["is read-only", { updateable: false }, "grant field-level Edit access"],
  ])("finds a key field that %s", (_name, change, expected) => {
    const described = {
      ...object("Account", [field("Name")]),
      fields: [field("Id", { type: "id" }), field("Name"), { ...KEY_FIELD, ...change }],
    };
    expect(said(account({ Name: "name" }), facts([described])).join()).toContain(expected);
  });

  it("finds missing permissions and a missing object", () => {
    const mapping = account({ Name: "name" }, { delete: { salesforce: true } });
    const locked = object("Account", [field("Name")], { createable: false, updateable: false, deletable: false });
    expect(said(mapping, facts([locked]))).toHaveLength(3);
    expect(said(mapping, facts([])).join()).toContain("Account does not exist in the org or the user cannot see it");
  });

  it("finds external fields that do not exist", () => {
    const collections = [{ collection: "customers", fields: { id: { type: "integer" } } }];
    expect(
      said(account({ Name: "name" }), facts([object("Account", [field("Name")])], { collections })).join(),
    ).toContain('customers has no field "name" (id)');
  });

  describe("of what is written to the external system", () => {
    const described = object("Account", [field("Name"), field("Phone")]);
    const columns: Readonly<Record<string, ExternalFieldFacts>> = {
      id: { type: "integer", nullable: false },
      name: { type: "text", nullable: false },
      phone: { type: "text", nullable: true },
    };
    const found = (
      info: Omit<ExternalCollectionInfo, "collection">,
      extra: Parameters<typeof account>[1] = {},
      fields: Parameters<typeof account>[0] = { Name: "name", Phone: "phone" },
    ): readonly string[] =>
      said(
        account(fields, extra),
        facts([described], { collections: [{ collection: "customers", fields: columns, ...info }] }),
      );

    it("finds nothing where everything that must be filled is filled", () => {
      expect(found({}, { create: { external: true } })).toEqual([]);
    });

    it("names a column that a new record would leave empty, unless none is made there or it has a default", () => {
      const fields = { ...columns, region: { type: "text", nullable: false } };
      expect(found({ fields }, { create: { external: true } })).toEqual([
        expect.stringMatching(
          /^mapping.objects.Account: a new record needs a value in "region".*create.external to false/,
        ),
      ]);
      expect(found({ fields }, { create: { external: false } })).toEqual([]);
      const withDefault = { ...fields, region: { ...fields.region, hasDefault: true } };
      expect(found({ fields: withDefault }, { create: { external: true } })).toEqual([]);
      const computed = { ...fields, region: { ...fields.region, generated: true } };
      expect(found({ fields: computed }, { create: { external: true } })).toEqual([]);
    });

    it("names a computed column that would be written", () => {
      const fields = { ...columns, phone: { type: "text", nullable: true, generated: true } };
      expect(found({ fields })).toEqual([
        expect.stringMatching(/Account.fields.Phone: "phone" is computed .* make the field toSalesforce/),
      ]);
      expect(found({ fields }, { direction: "toSalesforce" })).toEqual([]);
    });

    it("tells a refusal where the mapping writes so, once where all writes are refused alike", () => {
      const all = { create: "the view cannot be written", update: "the view cannot be written" };
      expect(found({ refuses: all }, { create: { external: true } })).toEqual([
        "mapping.objects.Account: the view cannot be written; or set create.external to false and make every field toSalesforce",
      ]);
      expect(found({ refuses: { update: "no right" } })).toEqual([
        "mapping.objects.Account: no right; or make every field toSalesforce",
      ]);
      expect(found({ refuses: { delete: "no right" } })).toEqual([]);
      expect(found({ refuses: { delete: "no right" } }, { delete: { external: true } })).toHaveLength(1);
      expect(found({ refuses: { ...all, delete: "no right" } }, { direction: "toSalesforce" })).toEqual([]);
    });
  });

  it("finds statuses that the org lacks or keeps to itself, and fields that an order needs", () => {
    const result = compileMapping({
      source: "erp",
      objects: {
        Order: {
          collection: "orders",
          keyField: "ERP_Key__c",
          naturalKey: ["id"],
          draftStatus: "New",
          fields: { Status: { from: "s", convert: { picklist: { a: "Gone", b: "Canceled", c: "Draft" } } } },
        },
      },
    });
    if (!result.ok) throw new Error("mapping");
    const statuses = {
      Order: [
        { value: "Draft", category: "Draft" },
        { value: "Canceled", category: "Canceled" },
      ],
    };
    const described = object("Order", [field("Status", { type: "picklist" })]);
    const problems = said(result.mapping, facts([described], { statuses }));
    for (const expected of [
      'can become "Gone"',
      'can become "Canceled" of the category Canceled',
      '"New" is no status of the category Draft (Draft)',
      "leaves out AccountId",
      "leaves out EffectiveDate",
    ]) {
      expect(problems.join("\n")).toContain(expected);
    }
  });
});

describe("a refined mapping", () => {
  it("knows lengths, scales and create-only fields from the describe", () => {
    const mapping = account({ Name: "name", Total__c: { from: "t", kind: "decimal" }, Code__c: "c" });
    const described = object("Account", [
      field("Name", { length: 10 }),
      field("Total__c", { type: "currency", scale: 2 }),
      field("Code__c", { updateable: false }),
    ]);
    expect(refineMapping(mapping, [described]).byObject.get("Account")?.fields).toMatchObject([
      { field: "Name", length: 10 },
      { field: "Total__c", scale: null, keeps: { salesforce: 2, external: null } },
      { field: "Code__c", write: "fixed" },
    ]);
  });
});
