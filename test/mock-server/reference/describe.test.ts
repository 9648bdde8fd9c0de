/** What describe tells (reference: order-domain §1, rest-api §6). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textField } from "../../../mock-server/setup/custom-fields.ts";
import { type Client, DATA, openShop, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop({
    fields: {
      Order: [textField("Ext__c", { externalId: true, unique: true, required: true }), textField("Plain__c")],
    },
  });
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

interface Described {
  readonly fields: readonly Record<string, unknown>[];
  readonly childRelationships: readonly Record<string, unknown>[];
  readonly [flag: string]: unknown;
}

const describes = new Map<string, Described>();

async function describeOf(object: string): Promise<Described> {
  const known = describes.get(object) ?? ((await admin.get(`/sobjects/${object}/describe`)).body as Described);
  describes.set(object, known);
  return known;
}

async function fieldOf(object: string, name: string): Promise<Record<string, unknown>> {
  const { fields } = await describeOf(object);
  const field = fields.find((each) => each["name"] === name);
  if (field === undefined) throw new Error(`describe of ${object} lacks ${name}`);
  return field;
}

const SUMMARY_KEYS =
  "activateable associateEntityType associateParentEntity createable custom customSetting dataTranslationEnabled " +
  "deepCloneable deletable deprecatedAndHidden feedEnabled hasSubtypes idEnabled isInterface isSubtype keyPrefix label " +
  "labelPlural layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable " +
  "undeletable updateable urls";
const DESCRIBE_KEYS =
  "actionOverrides activateable associateEntityType associateParentEntity childRelationships compactLayoutable " +
  "createable custom customSetting dataTranslationEnabled deepCloneable defaultImplementation deletable " +
  "deprecatedAndHidden extendedBy extendsInterfaces feedEnabled fields hasSubtypes implementedBy implementsInterfaces " +
  "isInterface isSubtype keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable mruEnabled " +
  "name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos replicateable retrieveable searchLayoutable " +
  "searchable sobjectDescribeOption supportedScopes triggerable undeletable updateable urls";
const FIELD_KEYS =
  "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive " +
  "compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate " +
  "dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable " +
  "filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText " +
  "label length mask maskType name nameField namePointing nillable permissionable picklistValues " +
  "polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName " +
  "relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique " +
  "updateable writeRequiresMasterRead";

describe("describe of change events", () => {
  it.each([["/sobjects/AccountChangeEvent/describe"], ["/sobjects/AccountChangeEvent"]])(
    "%s is refused by name, because nobody saw what an org answers",
    async (path) => {
      expect(await admin.get(path)).toMatchObject({
        status: 501,
        body: [
          {
            errorCode: "NOT_IMPLEMENTED",
            message: "Describe of the change event AccountChangeEvent is not supported by the mock org",
          },
        ],
      });
    },
  );

  it("of an object that does not exist is not found", async () => {
    expect(await admin.get("/sobjects/NothingChangeEvent/describe")).toMatchObject({ status: 404 });
  });
});

describe("the global describe", () => {
  it("lists objects under their envelope, with the keys of a summary", async () => {
    const { status, body } = await admin.get("/sobjects");
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["encoding", "maxBatchSize", "sobjects"]);
    expect([body.encoding, body.maxBatchSize]).toEqual(["UTF-8", 200]);
    const account = body.sobjects.find((each: { name: string }) => each.name === "Account");
    expect(Object.keys(account).sort().join(" ")).toBe(SUMMARY_KEYS);
    expect(account.urls).toMatchObject({
      rowTemplate: `${DATA}/sobjects/Account/{ID}`,
      defaultValues: `${DATA}/sobjects/Account/defaultValues?recordTypeId&fields`,
      describe: `${DATA}/sobjects/Account/describe`,
      sobject: `${DATA}/sobjects/Account`,
    });
  });

  it.each([
    ["Account", "001", "searchable triggerable undeletable mruEnabled mergeable feedEnabled"],
    ["Contact", "003", "searchable triggerable undeletable mruEnabled mergeable feedEnabled"],
    ["Contract", "800", "activateable searchable triggerable undeletable mruEnabled"],
    ["Order", "801", "activateable searchable triggerable undeletable mruEnabled"],
    ["OrderItem", "802", "triggerable"],
    ["Product2", "01t", "searchable triggerable undeletable mruEnabled"],
    ["Pricebook2", "01s", "searchable triggerable undeletable mruEnabled"],
    ["PricebookEntry", "01u", "mruEnabled"],
    ["User", "005", "searchable triggerable mruEnabled feedEnabled"],
  ])("the flags of %s", async (object, keyPrefix, flags) => {
    const described = await describeOf(object);
    const asked = "activateable searchable triggerable undeletable mruEnabled mergeable feedEnabled".split(" ");
    const set = asked.filter((flag) => described[flag] === true);
    expect(described["keyPrefix"]).toBe(keyPrefix);
    // Whether orders and price books have feeds depends on the org.
    const org = new Set(["Contract", "Order", "OrderItem", "Product2"]);
    expect(set.filter((flag) => !(flag === "feedEnabled" && org.has(object))).join(" ")).toBe(flags);
    for (const flag of ["queryable", "replicateable", "retrieveable", "updateable", "createable", "layoutable"]) {
      expect([flag, described[flag]]).toEqual([flag, true]);
    }
    expect(described["deletable"]).toBe(object !== "User");
    expect(described["custom"]).toBe(false);
  });

  it.each(["OrderStatus", "ContractStatus", "OrderHistory", "AccountHistory"])("%s is read-only", async (object) => {
    const described = await describeOf(object);
    const flags = ["createable", "updateable", "deletable", "undeletable", "searchable", "triggerable", "layoutable"];
    expect(flags.filter((flag) => described[flag] !== false)).toEqual([]);
    expect(described["keyPrefix"]).toBeNull();
  });

  it.each([
    ["describe", "/sobjects/Order/describe"],
    ["the global describe", "/sobjects"],
  ])("%s answers If-Modified-Since", async (_, path) => {
    const first = await admin.get(path);
    const stamp = first.headers.get("last-modified");
    expect(stamp).not.toBeNull();
    const same = await admin.get(path, { "if-modified-since": stamp ?? "" });
    expect([same.status, same.text]).toEqual([304, ""]);
    const old = await admin.get(path, { "if-modified-since": "Wed, 3 Jul 2024 19:43:31 GMT" });
    expect(old.status).toBe(200);
    const malformed = await admin.get(path, { "if-modified-since": "yesterday" });
    expect(malformed.status).toBe(200);
  });

  it("a changed setting or right is a modification", async () => {
    const other = await openShop({ users: [{ username: "user@mock.org" }] });
    const path = "/sobjects/Contract/describe";
    const stampOf = async (): Promise<string> => (await other.admin.get(path)).headers.get("last-modified") ?? "";
    const isSince = async (stamp: string): Promise<number> =>
      (await other.admin.get(path, { "if-modified-since": stamp })).status;
    const first = await stampOf();
    expect(await isSince(first)).toBe(304);
    other.org.org.configure({ autoCalculateEndDate: false });
    expect(await isSince(first)).toBe(200);
    const second = await stampOf();
    const { body } = await other.admin.query("SELECT Id FROM Profile WHERE Name = 'System Administrator'");
    const user = await other.admin.query("SELECT Id FROM User WHERE Username = 'user@mock.org'");
    await other.admin.update("User", user.body.records[0].Id, { ProfileId: body.records[0].Id });
    expect(await isSince(second)).toBe(200);
    await other.org.close();
  });
});

describe("an object's describe", () => {
  it.each(["Account", "Order", "OrderItem", "PricebookEntry", "OrderHistory"])("%s has all keys", async (object) => {
    const described = await describeOf(object);
    expect(Object.keys(described).sort().join(" ")).toBe(DESCRIBE_KEYS);
    for (const field of described.fields) expect(Object.keys(field).sort().join(" ")).toBe(FIELD_KEYS);
    for (const child of described.childRelationships) {
      expect(Object.keys(child).sort().join(" ")).toBe(
        "cascadeDelete childSObject deprecatedAndHidden field junctionIdListNames junctionReferenceTo " +
          "relationshipName restrictedDelete",
      );
    }
  });

  it("has the Master record type", async () => {
    const { recordTypeInfos } = await describeOf("Order");
    expect(recordTypeInfos).toEqual([
      expect.objectContaining({
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: "Master",
        master: true,
        name: "Master",
        recordTypeId: "012000000000000AAA",
        urls: { layout: `${DATA}/sobjects/Order/describe/layouts/012000000000000AAA` },
      }),
    ]);
  });

  it.each([
    ["Account", "Order", "AccountId", "Orders", true, true],
    ["Account", "Contract", "AccountId", "Contracts", true, true],
    ["Account", "Contact", "AccountId", "Contacts", true, false],
    ["Account", "Opportunity", "AccountId", "Opportunities", true, false],
    ["Account", "Asset", "AccountId", "Assets", true, false],
    ["Account", "Asset", "AssetProvidedById", "ProvidedAssets", false, false],
    ["Account", "Asset", "AssetServicedById", "ServicedAssets", false, false],
    ["Account", "Account", "ParentId", "ChildAccounts", false, false],
    ["Account", "AccountHistory", "AccountId", "Histories", true, false],
    ["Contract", "Order", "ContractId", "Orders", true, false],
    ["Contract", "ContractHistory", "ContractId", "Histories", true, false],
    ["Order", "OrderItem", "OrderId", "OrderItems", true, false],
    ["Order", "Order", "OriginalOrderId", "Orders", false, true],
    ["Order", "OrderHistory", "OrderId", "Histories", true, false],
    ["Order", "OrderShare", "OrderId", "Shares", true, false],
    ["OrderItem", "OrderItem", "OriginalOrderItemId", "ChildOrderItems", false, false],
    ["OrderItem", "OrderItemHistory", "OrderItemId", "Histories", true, false],
    ["Product2", "PricebookEntry", "Product2Id", "PricebookEntries", true, true],
    ["Product2", "OrderItem", "Product2Id", null, false, true],
    ["Product2", "Asset", "Product2Id", "Assets", false, true],
    ["Pricebook2", "PricebookEntry", "Pricebook2Id", "PricebookEntries", true, false],
    ["Pricebook2", "Order", "Pricebook2Id", "Orders", false, true],
    ["Pricebook2", "Contract", "Pricebook2Id", "Contracts", false, true],
    ["Pricebook2", "Opportunity", "Pricebook2Id", "Opportunities", false, true],
    ["PricebookEntry", "OrderItem", "PricebookEntryId", "OrderItems", false, true],
    ["PricebookEntry", "PricebookEntryHistory", "PricebookEntryId", "Histories", true, false],
    ["Contact", "Order", "BillToContactId", null, false, true],
    ["Contact", "Order", "ShipToContactId", null, false, true],
    ["Contact", "Order", "CustomerAuthorizedById", null, false, true],
    ["Contact", "Contract", "CustomerSignedId", "ContractsSigned", false, true],
    ["Contact", "Asset", "ContactId", "Assets", true, false],
    ["User", "Contract", "CompanySignedId", "ContractsSigned", false, false],
  ])("%s has %s.%s as %s (cascade %s, restricted %s)", async (object, child, field, name, cascade, restricted) => {
    const { childRelationships } = await describeOf(object);
    const found = childRelationships.find((each) => each["childSObject"] === child && each["field"] === field);
    expect(found).toMatchObject({ relationshipName: name, cascadeDelete: cascade, restrictedDelete: restricted });
  });

  it.each([
    [
      "Order",
      "Id",
      {
        type: "id",
        soapType: "tns:ID",
        length: 18,
        byteLength: 18,
        idLookup: true,
        defaultedOnCreate: true,
        label: "Order ID",
      },
    ],
    [
      "Order",
      "AccountId",
      {
        type: "reference",
        soapType: "tns:ID",
        length: 18,
        byteLength: 18,
        nillable: true,
        referenceTo: ["Account"],
        relationshipName: "Account",
      },
    ],
    ["Order", "PoNumber", { type: "string", soapType: "xsd:string", length: 80, byteLength: 240 }],
    [
      "Order",
      "BillingStreet",
      {
        type: "textarea",
        length: 255,
        byteLength: 765,
        extraTypeInfo: "plaintextarea",
        filterable: true,
        groupable: true,
      },
    ],
    [
      "Order",
      "Description",
      {
        type: "textarea",
        length: 32000,
        byteLength: 96000,
        extraTypeInfo: "plaintextarea",
        filterable: false,
        sortable: false,
        groupable: false,
        aggregatable: false,
      },
    ],
    [
      "Order",
      "IsReductionOrder",
      {
        type: "boolean",
        soapType: "xsd:boolean",
        length: 0,
        defaultValue: false,
        nillable: false,
        defaultedOnCreate: true,
      },
    ],
    ["Account", "NumberOfEmployees", { type: "int", soapType: "xsd:int", digits: 8, length: 0, groupable: true }],
    [
      "Order",
      "BillingLatitude",
      { type: "double", soapType: "xsd:double", precision: 18, scale: 15, groupable: false },
    ],
    [
      "Order",
      "TotalAmount",
      { type: "currency", soapType: "xsd:double", precision: 18, scale: 2, groupable: false, aggregatable: true },
    ],
    ["Account", "AnnualRevenue", { type: "currency", precision: 18, scale: 0 }],
    ["Order", "EffectiveDate", { type: "date", soapType: "xsd:date", length: 0, groupable: true, nillable: false }],
    ["Order", "ActivatedDate", { type: "datetime", soapType: "xsd:dateTime", groupable: false }],
    [
      "Order",
      "BillingAddress",
      { type: "address", soapType: "urn:address", queryByDistance: true, filterable: true, sortable: false },
    ],
    [
      "Order",
      "OrderNumber",
      {
        type: "string",
        length: 30,
        autoNumber: true,
        nameField: true,
        idLookup: true,
        groupable: false,
        defaultedOnCreate: true,
        createable: false,
      },
    ],
    ["Contract", "ContractNumber", { autoNumber: true, nameField: true, idLookup: true }],
    ["OrderItem", "OrderItemNumber", { autoNumber: true, nameField: true, idLookup: true }],
    [
      "Account",
      "Name",
      {
        nillable: false,
        compoundFieldName: "Name",
        extraTypeInfo: "switchablepersonname",
        permissionable: false,
        nameField: true,
      },
    ],
    ["Product2", "Name", { idLookup: true }],
    ["Pricebook2", "Name", { idLookup: true }],
    [
      "Account",
      "OwnerId",
      { referenceTo: ["User"], polymorphicForeignKey: false, namePointing: false, defaultedOnCreate: true },
    ],
    ["Contract", "OwnerId", { referenceTo: ["User"], polymorphicForeignKey: false }],
    ["Order", "OwnerId", { referenceTo: ["Group", "User"], polymorphicForeignKey: true, namePointing: true }],
    ["Order", "CreatedDate", { permissionable: false }],
    ["Order", "PoNumber", { permissionable: true }],
    [
      "Order",
      "Status",
      {
        restrictedPicklist: true,
        picklistValues: [
          { active: true, defaultValue: false, label: "Draft", validFor: null, value: "Draft" },
          { active: true, defaultValue: false, label: "Activated", validFor: null, value: "Activated" },
        ],
      },
    ],
    [
      "Order",
      "Ext__c",
      {
        custom: true,
        externalId: true,
        idLookup: true,
        unique: true,
        caseSensitive: false,
        nillable: false,
        defaultedOnCreate: false,
        createable: true,
      },
    ],
    ["Order", "Plain__c", { custom: true, externalId: false, idLookup: false, unique: false, nillable: true }],
    ["Order", "Pricebook2Id", { defaultedOnCreate: true }],
    ["OrderItem", "UnitPrice", { nillable: true }],
  ])("%s.%s", async (object, name, expected) => {
    expect(await fieldOf(object, name)).toMatchObject(expected);
  });

  it("the categories of orders and contracts", async () => {
    const values = async (object: string): Promise<unknown> =>
      ((await fieldOf(object, "StatusCode"))["picklistValues"] as { value: string }[]).map((each) => each.value);
    expect(await values("Order")).toEqual(["Draft", "Activated", "Canceled", "Expired", "Superseded"]);
    expect(await values("Contract")).toEqual(
      expect.arrayContaining(["Draft", "InApproval", "Activated", "Terminated", "Expired"]),
    );
  });

  it("OrderStatus and ContractStatus have a row for each value", async () => {
    const { body } = await admin.query(
      "SELECT ApiName, MasterLabel, StatusCode, SortOrder, IsDefault FROM OrderStatus ORDER BY SortOrder",
    );
    expect(body.records).toMatchObject([
      { ApiName: "Draft", MasterLabel: "Draft", StatusCode: "Draft", SortOrder: 1, IsDefault: false },
      { ApiName: "Activated", MasterLabel: "Activated", StatusCode: "Activated", SortOrder: 2, IsDefault: false },
    ]);
    const contracts = await admin.query("SELECT ApiName FROM ContractStatus WHERE IsDefault = true");
    expect(contracts.body.records.map((row: { ApiName: string }) => row.ApiName)).toEqual(["Draft"]);
  });

  it("basic information is the summary and the recent records", async () => {
    const { status, body } = await admin.get("/sobjects/order");
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["objectDescribe", "recentItems"]);
    expect(body.objectDescribe.name).toBe("Order");
    for (const method of ["PATCH", "PUT", "DELETE"]) {
      const answer = await admin.call(method, "/sobjects/Order", method === "DELETE" ? undefined : {});
      expect([answer.status, answer.text]).toEqual([
        405,
        `[{"errorCode":"METHOD_NOT_ALLOWED","message":"HTTP Method '${method}' not allowed. Allowed are HEAD,GET,POST"}]`,
      ]);
    }
  });
});
