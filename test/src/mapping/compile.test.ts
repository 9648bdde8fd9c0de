import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileMapping, standardPriceBookKey } from "../../../src/mapping/compile.ts";
import { lineSelectList, selectList } from "../../../src/mapping/select.ts";
import { mappingSchema } from "../../../src/mapping/spec.ts";
import { orderMapping } from "../sync/order-world.ts";

const account = { collection: "customers", keyField: "ERP_Key__c", naturalKey: ["id"], fields: { Name: "name" } };

function problemsOf(input: unknown, functions = {}): readonly string[] {
  const result = compileMapping(input, { functions });
  return result.ok ? [] : result.problems.map((problem) => `${problem.path}: ${problem.message}`);
}

const withAccount = (change: object): unknown => ({ source: "erp", objects: { Account: { ...account, ...change } } });
const withField = (field: unknown): unknown => withAccount({ fields: { Site: field } });

describe("a compiled mapping", () => {
  it("has parents before children", () => {
    expect(orderMapping().objects.map((object) => object.object)).toEqual([
      "Account",
      "Product2",
      "PricebookEntry",
      "Order",
    ]);
  });

  it("publishes products and prices one way and does not poll them", () => {
    const mapping = orderMapping();
    expect(mapping.byObject.get("Product2")).toMatchObject({ watch: false });
    expect(mapping.byObject.get("Product2")?.fields[0]).toMatchObject({ direction: "toSalesforce" });
    expect(mapping.byObject.get("Order")).toMatchObject({ watch: true, policy: "salesforce" });
  });

  it("knows kinds, scales and fields that never change again", () => {
    const order = orderMapping().byObject.get("Order");
    const line = Object.fromEntries((order?.lines?.fields ?? []).map((field) => [field.field, field]));
    expect(line["Quantity"]).toMatchObject({ kind: "decimal", scale: null, keeps: { salesforce: 2 }, write: "always" });
    expect(line["PricebookEntryId"]).toMatchObject({ kind: "reference", write: "fixed" });
    expect(order?.fields.find((field) => field.field === "EffectiveDate")).toMatchObject({ kind: "date" });
  });

  it("selects parent keys, the status category and the provenance", () => {
    const order = orderMapping().byObject.get("Order");
    if (order === undefined) throw new Error("not mapped");
    expect(selectList(order)).toEqual(
      expect.arrayContaining([
        "ERP_Key__c",
        "AccountId",
        "Account.ERP_Key__c",
        "Status",
        "StatusCode",
        "LastModifiedDate",
        "LastModifiedById",
      ]),
    );
    expect(new Set(selectList(order)).size).toBe(selectList(order).length);
    expect(lineSelectList(order)).toEqual(
      expect.arrayContaining(["ERP_Key__c", "OrderId", "Order.ERP_Key__c", "PricebookEntry.ERP_Key__c", "Quantity"]),
    );
    expect(selectList(order)).not.toContain("Id");
  });

  it("gives the standard price book a well-known key", () => {
    expect(standardPriceBookKey({ source: "erp" })).toBe("erp:Pricebook2:standard");
  });
});

describe("the mapping's schema", () => {
  it("can be published as JSON Schema, descriptions included", () => {
    const schema = JSON.stringify(z.toJSONSchema(mappingSchema, { io: "input" }));
    expect(schema).toContain("Unique external-Id field of the sObject that holds the business key.");
  });
});

describe("a mistake in a mapping is named with its path, its value and the way out", () => {
  it.each<[string, unknown, string]>([
    ["a missing source", { objects: { Account: account } }, "mapping.source: "],
    [
      "a source in capitals",
      { source: "ERP", objects: { Account: account } },
      'mapping.source: must be lower case letters, digits, - and _, for example erp (it is "ERP")',
    ],
    ["no objects", { source: "erp", objects: {} }, "mapping.objects: is empty"],
    ["an unknown option", withAccount({ polcy: "salesforce" }), "mapping.objects.Account: Unrecognized key"],
    ["a wrong policy", withAccount({ policy: "oldest" }), '(it is "oldest")'],
    ["no fields", withAccount({ fields: {} }), "mapping.objects.Account.fields: is empty"],
    ["the key field mapped", withAccount({ fields: { ERP_Key__c: "id" } }), "is filled by the connector"],
    ["no source of a field", withField({ direction: "both" }), "needs exactly one of from, constant"],
    ["two sources of a field", withField({ from: "a", constant: "b" }), "it has 2"],
    ["a constant that flows back", withField({ constant: "x", direction: "both" }), "say toSalesforce"],
    [
      "an unknown field option",
      withField({ from: "a", knd: "text" }),
      "mapping.objects.Account.fields.Site: Unrecognized key",
    ],
    ["an unknown kind", withField({ from: "a", kind: "number" }), "mapping.objects.Account.fields.Site.kind"],
    ["a scale on a text", withField({ from: "a", scale: 2 }), "has a scale but is text"],
    [
      "a reference to an unmapped object",
      withField({ from: "a", reference: "Contact" }),
      "refers to Contact, which is not mapped",
    ],
    [
      "a reference with too few parts",
      withField({ from: ["a", "b"], reference: "Account" }),
      "whose natural key has 1 parts (id); from has 2",
    ],
    [
      "an unknown zone",
      withField({ from: "a", convert: { datetime: { zone: "Mars/Base" } } }),
      'has the zone "Mars/Base"',
    ],
    ["a wrong pattern", withField({ from: "a", convert: { date: { format: "dd.MM" } } }), "it needs yyyy, MM and dd"],
    [
      "a value that is true and false",
      withField({ from: "a", convert: { boolean: { true: ["J"], false: ["J"] } } }),
      "lists J as true and as false",
    ],
    ["an unknown function", withField({ from: "a", convert: { function: "shout" } }), 'names the function "shout"'],
    [
      "two fields that write the same",
      withAccount({ fields: { Name: "name", Site: "name" } }),
      "would both write the external field name",
    ],
  ])("%s", (_name, input, expected) => {
    expect(problemsOf(input).join("\n")).toContain(expected);
  });

  it("does not hide the next one", () => {
    const input = withAccount({
      fields: { Name: { constant: 1, from: "x" }, Site: { from: "a", reference: "Contact" } },
    });
    expect(problemsOf(input)).toHaveLength(2);
  });

  it("finds objects that refer to each other in a circle", () => {
    const contract = {
      ...account,
      collection: "contracts",
      fields: { AccountId: { reference: "Account", from: "customer" } },
    };
    const circle = {
      source: "erp",
      objects: {
        Account: { ...account, fields: { Main__c: { reference: "Contract", from: "main" } } },
        Contract: contract,
      },
    };
    expect(problemsOf(circle).join()).toContain("refer to each other in a circle: Account, Contract");
  });

  it("allows an object to refer to itself", () => {
    expect(
      problemsOf(withAccount({ fields: { Name: "name", ParentId: { reference: "Account", from: "parent" } } })),
    ).toEqual([]);
  });
});
