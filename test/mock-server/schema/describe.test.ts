import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog, restrictCatalog, type SObjectType } from "../../../mock-server/schema/catalog.ts";
import {
  type DescribeContext,
  describeField,
  describeGlobal,
  describeObject,
  describeSummary,
} from "../../../mock-server/schema/describe.ts";

const catalog = createCatalog(STANDARD_OBJECTS);
const context: DescribeContext = { catalog, apiVersion: 62, host: "https://acme.my.salesforce.com" };

function typeOf(name: string, from = catalog): SObjectType {
  const type = from.object(name);
  if (type === undefined) throw new Error(`No object ${name}`);
  return type;
}

function fieldOf(object: string, name: string) {
  const found = describeObject(typeOf(object), context).fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`No field ${object}.${name}`);
  return found;
}

const FIELD_KEYS =
  "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive " +
  "compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate " +
  "dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable " +
  "filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText " +
  "label length mask maskType name nameField namePointing nillable permissionable picklistValues " +
  "polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName " +
  "relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique " +
  "updateable writeRequiresMasterRead";

const OBJECT_KEYS_V48 =
  "actionOverrides activateable childRelationships compactLayoutable createable custom customSetting deepCloneable " +
  "defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces feedEnabled fields hasSubtypes " +
  "implementedBy implementsInterfaces isInterface isSubtype keyPrefix label labelPlural layoutable listviewable " +
  "lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos " +
  "replicateable retrieveable searchLayoutable searchable supportedScopes triggerable undeletable updateable urls";

describe("a describe", () => {
  it("has the object keys of a captured answer, in alphabetical order", () => {
    const answer = describeObject(typeOf("Account"), { ...context, apiVersion: 48 });
    expect(Object.keys(answer)).toEqual(OBJECT_KEYS_V48.split(" "));
  });

  it("has four keys more in newer versions", () => {
    const answer = describeObject(typeOf("OrderHistory"), context);
    expect(answer).toMatchObject({
      associateEntityType: "History",
      associateParentEntity: "Order",
      dataTranslationEnabled: false,
      sobjectDescribeOption: "FULL",
      keyPrefix: null,
    });
  });

  it("has the same 57 keys for every field of every object", () => {
    const keys = new Set(
      catalog.objects.flatMap((type) =>
        type.fields.map((field) => Object.keys(describeField(field, type.name)).join(" ")),
      ),
    );
    expect([...keys]).toEqual([FIELD_KEYS]);
    expect(FIELD_KEYS.split(" ")).toHaveLength(57);
  });

  it.each([
    ["Order", "Id", { type: "id", soapType: "tns:ID", length: 18, byteLength: 18, label: "Order ID", idLookup: true }],
    [
      "Order",
      "AccountId",
      { soapType: "tns:ID", referenceTo: ["Account"], relationshipName: "Account", namePointing: false },
    ],
    ["Order", "OwnerId", { referenceTo: ["Group", "User"], polymorphicForeignKey: true, namePointing: true }],
    ["Order", "PoNumber", { soapType: "xsd:string", length: 80, byteLength: 240, permissionable: true }],
    ["Order", "BillingStreet", { length: 255, byteLength: 765, extraTypeInfo: "plaintextarea", groupable: true }],
    [
      "Order",
      "Description",
      { length: 32000, byteLength: 96000, filterable: false, sortable: false, groupable: false },
    ],
    [
      "Order",
      "IsReductionOrder",
      { soapType: "xsd:boolean", defaultValue: false, nillable: false, defaultedOnCreate: true, aggregatable: false },
    ],
    ["Account", "NumberOfEmployees", { soapType: "xsd:int", digits: 8, precision: 0, length: 0 }],
    ["Order", "BillingLatitude", { soapType: "xsd:double", precision: 18, scale: 15, groupable: false }],
    ["Account", "AnnualRevenue", { soapType: "xsd:double", precision: 18, scale: 0 }],
    ["Order", "EffectiveDate", { soapType: "xsd:date", nillable: false, createable: true, defaultedOnCreate: false }],
    ["Order", "SystemModstamp", { soapType: "xsd:dateTime", permissionable: false, groupable: false }],
    ["Order", "BillingAddress", { soapType: "urn:address", queryByDistance: true, filterable: true, sortable: false }],
    ["Order", "BillingCity", { compoundFieldName: "BillingAddress" }],
    [
      "Order",
      "OrderNumber",
      { autoNumber: true, nameField: true, idLookup: true, groupable: false, createable: false },
    ],
    ["Account", "Name", { compoundFieldName: "Name", extraTypeInfo: "switchablepersonname", permissionable: false }],
  ])("derives %s.%s", (object, field, expected) => {
    expect(fieldOf(object, field)).toMatchObject(expected);
  });

  it("lists picklist values with their five keys", () => {
    expect(fieldOf("Contract", "Status").picklistValues[2]).toEqual({
      active: true,
      defaultValue: true,
      label: "Draft",
      validFor: null,
      value: "Draft",
    });
  });

  it("lists child relationships with both delete flags", () => {
    const children = describeObject(typeOf("Account"), context).childRelationships;
    expect(children.find((child) => child.childSObject === "Order")).toEqual({
      cascadeDelete: true,
      childSObject: "Order",
      deprecatedAndHidden: false,
      field: "AccountId",
      junctionIdListNames: [],
      junctionReferenceTo: [],
      relationshipName: "Orders",
      restrictedDelete: true,
    });
    expect(children.find((child) => child.relationshipName === "ChildAccounts")).toMatchObject({
      cascadeDelete: false,
      restrictedDelete: false,
    });
  });

  it("always has the master record type", () => {
    const layout = "/services/data/v62.0/sobjects/Order/describe/layouts/012000000000000AAA";
    expect(describeObject(typeOf("Order"), context).recordTypeInfos).toEqual([
      {
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: "Master",
        master: true,
        name: "Master",
        recordTypeId: "012000000000000AAA",
        urls: { layout },
      },
    ]);
  });

  it("has the twelve links of a business object", () => {
    const { urls } = describeObject(typeOf("Account"), context);
    expect(Object.keys(urls)).toHaveLength(12);
    expect(urls).toMatchObject({
      rowTemplate: "/services/data/v62.0/sobjects/Account/{ID}",
      uiNewRecord: "https://acme.my.salesforce.com/001/e",
    });
  });

  it("shows a user only what the user may see and do", () => {
    const seen = restrictCatalog(catalog, {
      object: (object) => object.name !== "Contract",
      field: (_, field) => field.name !== "PoNumber",
    });
    const rights = {
      object: () => ({ create: false, edit: true, delete: false }),
      canEditField: (_: string, field: string) => field !== "Name",
    };
    const answer = describeObject(typeOf("Order", seen), { ...context, catalog: seen, rights });
    const flags = (name: string) => answer.fields.find((field) => field.name === name)?.updateable;
    expect(answer).toMatchObject({ createable: false, updateable: true, deletable: false, undeletable: false });
    expect([flags("PoNumber"), flags("Name"), flags("PoDate")]).toEqual([undefined, false, true]);
  });
});

describe("the list of objects", () => {
  it("has one element an object with the keys of a captured answer", () => {
    const answer = describeGlobal({ ...context, apiVersion: 48 });
    expect(answer).toMatchObject({ encoding: "UTF-8", maxBatchSize: 200 });
    expect(answer.sobjects).toHaveLength(STANDARD_OBJECTS.length);
    expect(Object.keys(answer.sobjects[0] ?? {}).join(" ")).toBe(
      "activateable createable custom customSetting deepCloneable deletable deprecatedAndHidden feedEnabled " +
        "hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable " +
        "replicateable retrieveable searchable triggerable undeletable updateable urls",
    );
  });

  it.each([
    ["Account", { activateable: false, searchable: true, undeletable: true, mergeable: true, mruEnabled: true }],
    ["Contract", { activateable: true, mergeable: false }],
    ["Order", { activateable: true, undeletable: true, keyPrefix: "801", labelPlural: "Orders" }],
    ["OrderItem", { searchable: false, undeletable: false, triggerable: true, mruEnabled: false, createable: true }],
    ["PricebookEntry", { searchable: false, undeletable: false, triggerable: false, mruEnabled: true }],
    ["User", { deletable: false, undeletable: false, searchable: true }],
    ["OrderStatus", { createable: false, updateable: false, deletable: false, queryable: true, layoutable: false }],
  ])("carries the flags of %s", (name, expected) => {
    expect(describeSummary(typeOf(name), context)).toMatchObject(expected);
  });
});
